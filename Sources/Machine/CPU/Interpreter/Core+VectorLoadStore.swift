// Loads and stores of SIMD&FP registers. `ra` is log2 of the size of one register.

import Arm

extension Core {
  @inline(__always) private func loadVector(
    _ address: UInt64, _ sizeLog2: UInt8, _ tlb: TLBTable
  ) throws(GuestException) -> (UInt64, UInt64) {
    if sizeLog2 == 4 {
      if let pointer = unsafe tlb.readable(address, 16) {
        return unsafe (
          pointer.loadUnaligned(as: UInt64.self),
          pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
      }
      try checkQuadAlignment(address, .read)
      return (try load(address, size: 8), try load(address &+ 8, size: 8))
    }
    if sizeLog2 == 3, let pointer = unsafe tlb.readable(address, 8) {
      return (unsafe pointer.loadUnaligned(as: UInt64.self), 0)
    }
    return (try load(address, size: 1 << Int(sizeLog2)), 0)
  }

  @inline(__always) private func storeVector(
    _ address: UInt64, _ sizeLog2: UInt8, _ register: UInt8, _ tlb: TLBTable
  ) throws(GuestException) {
    let low = state[v: register, 0]
    if sizeLog2 == 4 {
      let high = state[v: register, 1]
      if let pointer = unsafe tlb.writable(address, 16) {
        unsafe pointer.storeBytes(of: low, as: UInt64.self)
        unsafe pointer.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        return
      }
      try checkQuadAlignment(address, .write)
      try store(address, size: 8, low)
      try store(address &+ 8, size: 8, high)
      return
    }
    if sizeLog2 == 3, let pointer = unsafe tlb.writable(address, 8) {
      unsafe pointer.storeBytes(of: low, as: UInt64.self)
      return
    }
    try store(address, size: 1 << Int(sizeLog2), low)
  }

  /// The alignment of a 128-bit access is that of 16 bytes, though it is made as two halves.
  private func checkQuadAlignment(_ address: UInt64, _ access: AccessKind) throws(GuestException) {
    guard address & 15 != 0 else { return }
    let isWrite = access == .write
    if isAlignmentChecked(dataContext) { throw alignmentFault(address, isWrite: isWrite) }
    if try translateCached(address, access, dataContext).isDevice {
      throw alignmentFault(address, isWrite: isWrite)
    }
  }

  @inline(__always) private func write(_ register: UInt8, _ value: (UInt64, UInt64)) {
    state[v: register, 0] = value.0
    state[v: register, 1] = value.1
  }

  func executeLoadLiteralVector(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    write(op.rd, try loadVector(position.pc &+ op.immediate, op.ra, tlb))
  }

  func executeLoadVector(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let base = state[x: op.rn]
    let address = op.extra == 2 ? base : base &+ op.immediate
    let value = try loadVector(address, op.ra, tlb)
    if op.extra != 0 { state[x: op.rn] = base &+ op.immediate }
    write(op.rd, value)
  }

  func executeStoreVector(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let base = state[x: op.rn]
    try storeVector(op.extra == 2 ? base : base &+ op.immediate, op.ra, op.rd, tlb)
    if op.extra != 0 { state[x: op.rn] = base &+ op.immediate }
  }

  func executeLoadVectorRegister(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn] &+ extend(state[x: op.rm], op.extra)
    write(op.rd, try loadVector(address, op.ra, tlb))
  }

  func executeStoreVectorRegister(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn] &+ extend(state[x: op.rm], op.extra)
    try storeVector(address, op.ra, op.rd, tlb)
  }

  func executeLoadVectorPair(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let base = state[x: op.rn]
    let address = op.extra == 2 ? base : base &+ op.immediate
    let first = try loadVector(address, op.ra, tlb)
    let second = try loadVector(address &+ (1 as UInt64) << UInt64(op.ra), op.ra, tlb)
    if op.extra != 0 { state[x: op.rn] = base &+ op.immediate }
    write(op.rd, first)
    write(op.rm, second)
  }

  func executeStoreVectorPair(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let base = state[x: op.rn]
    let address = op.extra == 2 ? base : base &+ op.immediate
    try storeVector(address, op.ra, op.rd, tlb)
    try storeVector(address &+ (1 as UInt64) << UInt64(op.ra), op.ra, op.rm, tlb)
    if op.extra != 0 { state[x: op.rn] = base &+ op.immediate }
  }
}
