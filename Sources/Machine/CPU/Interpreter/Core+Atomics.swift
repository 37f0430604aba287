// Exclusives, ordered accesses and atomics. Only one core executes at a time and a core's monitor
// is cleared when another one gets its turn, so that the monitor is an address and a size.

import Arm

extension Core {
  /// An aligned access is required: FEAT_LSE2 is not implemented.
  private func requireAlignment(
    _ address: UInt64, _ bytes: UInt64, isWrite: Bool
  )
    throws(GuestException)
  {
    if address & (bytes - 1) != 0 { throw alignmentFault(address, isWrite: isWrite) }
  }

  /// LDAR, LDAPR and their narrow forms.
  func executeLoadAcquire(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    try requireAlignment(address, (1 as UInt64) << UInt64(op.extra), isWrite: false)
    state[x: op.rd] = try load(address, size: 1 << Int(op.extra))
  }

  /// STLR and its narrow forms.
  func executeStoreRelease(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    try requireAlignment(address, (1 as UInt64) << UInt64(op.extra), isWrite: true)
    try store(address, size: 1 << Int(op.extra), state[x: op.rd])
  }

  /// LDXR, LDAXR and their narrow forms.
  func executeLoadExclusive(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    try requireAlignment(address, bytes, isWrite: false)
    let translation = try translateCached(address, .read, dataContext)
    let value = try load(address, size: Int(bytes))
    state.exclusiveAddress = translation.physicalAddress.rawValue
    state.exclusiveSize = bytes
    state[x: op.rd] = value
  }

  /// LDXP, LDAXP.
  func executeLoadExclusivePair(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    try requireAlignment(address, bytes * 2, isWrite: false)
    let translation = try translateCached(address, .read, dataContext)
    let first = try load(address, size: Int(bytes))
    let second = try load(address &+ bytes, size: Int(bytes))
    state.exclusiveAddress = translation.physicalAddress.rawValue
    state.exclusiveSize = bytes * 2
    state[x: op.rd] = first
    state[x: op.ra] = second
  }

  /// Whether a store exclusive to `address` may happen; leaves the monitor open.
  private func takeMonitor(_ address: UInt64, _ bytes: UInt64) throws(GuestException) -> Bool {
    let translation = try translateCached(address, .write, dataContext)
    let holds =
      state.exclusiveSize == bytes
      && state.exclusiveAddress == translation.physicalAddress.rawValue
    state.exclusiveSize = 0
    return holds
  }

  /// STXR, STLXR and their narrow forms; `rm` takes the status.
  func executeStoreExclusive(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    try requireAlignment(address, bytes, isWrite: true)
    let value = state[x: op.rd]
    let holds = try takeMonitor(address, bytes)
    if holds { try store(address, size: Int(bytes), value) }
    state[x: op.rm] = holds ? 0 : 1
  }

  /// STXP, STLXP.
  func executeStoreExclusivePair(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    try requireAlignment(address, bytes * 2, isWrite: true)
    let first = state[x: op.rd]
    let second = state[x: op.ra]
    let holds = try takeMonitor(address, bytes * 2)
    if holds {
      try store(address, size: Int(bytes), first)
      try store(address &+ bytes, size: Int(bytes), second)
    }
    state[x: op.rm] = holds ? 0 : 1
  }

  /// The old value of a read-modify-write whose permissions were checked as a whole. WnR is 0 for a
  /// fault that the read alone would have, as Alignment is. Arm ARM D24.2, ESR_EL1.
  private func loadForUpdate(
    _ address: UInt64, _ bytes: UInt64, _ tlb: TLBTable
  )
    throws(GuestException) -> UInt64
  {
    try requireAlignment(address, bytes, isWrite: false)
    if unsafe tlb.writable(address, bytes) == nil {
      _ = try translateCached(address, .atomic, dataContext)
    }
    return try load(address, size: Int(bytes))
  }

  /// CAS; `rm` is compared, `ra` takes what was found, `rd` is stored.
  func executeCompareAndSwap(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    let mask = UInt64.max >> (64 - bytes * 8)
    let found = try loadForUpdate(address, bytes, tlb)
    if found == state[x: op.rm] & mask {
      try store(address, size: Int(bytes), state[x: op.rd])
    }
    state[x: op.ra] = found
  }

  /// CASP: registers pairs from even `rm` and `rd`.
  func executeCompareAndSwapPair(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    let mask = UInt64.max >> (64 - bytes * 8)
    try requireAlignment(address, bytes * 2, isWrite: false)
    let first = try loadForUpdate(address, bytes, tlb)
    let second = try load(address &+ bytes, size: Int(bytes))
    let compareLow = registerOrZero(op.rm)
    let compareHigh = registerOrZero(op.rm + 1)
    if first == compareLow & mask, second == compareHigh & mask {
      try store(address, size: Int(bytes), registerOrZero(op.rd))
      try store(address &+ bytes, size: Int(bytes), registerOrZero(op.rd + 1))
    }
    state[x: op.rm] = first
    if op.rm + 1 != 31 { state[x: op.rm + 1] = second }
  }

  private func registerOrZero(_ number: UInt8) -> UInt64 { number == 31 ? 0 : state[x: number] }

  /// LDADD and its kin, SWP; `rd` takes the old value.
  func executeAtomic(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    let operand = state[x: op.rm]
    let old = try loadForUpdate(address, bytes, tlb)
    let shift = 64 - bytes * 8
    let signedOld = Int64(bitPattern: old << shift)
    let signedOperand = Int64(bitPattern: operand << shift)
    let new: UInt64 =
      switch op.opcode {
      case .atomicAdd: old &+ operand
      case .atomicClear: old & ~operand
      case .atomicExclusiveOr: old ^ operand
      case .atomicSet: old | operand
      case .atomicSignedMaximum: signedOld > signedOperand ? old : operand
      case .atomicSignedMinimum: signedOld < signedOperand ? old : operand
      case .atomicUnsignedMaximum: old << shift > operand << shift ? old : operand
      case .atomicUnsignedMinimum: old << shift < operand << shift ? old : operand
      default: operand
      }
    try store(address, size: Int(bytes), new)
    state[x: op.rd] = old
  }
}
