// Exclusives, ordered accesses and atomics. Only one core executes at a time and a core's monitor
// is cleared when another one gets its turn, so that the monitor is an address and a size.
//
// Ordered accesses and atomics that are aligned and in the fast TLB need nothing else: all others go the
// slow way, which says what is wrong with them.

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
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    if address & (bytes - 1) == 0, let pointer = unsafe tlb.readable(address, bytes) {
      state[x: op.rd] = unsafe loadDirect(pointer, op.extra)
      return
    }
    synchronize(position)
    try requireAlignment(address, bytes, isWrite: false)
    state[x: op.rd] = try load(address, size: Int(bytes))
  }

  /// STLR and its narrow forms.
  func executeStoreRelease(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    if address & (bytes - 1) == 0, let pointer = unsafe tlb.writable(address, bytes) {
      return unsafe storeDirect(pointer, op.extra, state[x: op.rd])
    }
    synchronize(position)
    try requireAlignment(address, bytes, isWrite: true)
    try store(address, size: Int(bytes), state[x: op.rd])
  }

  /// LDXR, LDAXR and their narrow forms.
  func executeLoadExclusive(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    if loadExclusiveAtOnce(op, tlb) { return }
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
    if loadExclusivePairAtOnce(op, tlb) { return }
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
    takeMonitor(
      physical: try translateCached(address, .write, dataContext).physicalAddress.rawValue, bytes)
  }

  private func takeMonitor(physical: UInt64, _ bytes: UInt64) -> Bool {
    let holds = state.exclusiveSize == bytes && state.exclusiveAddress == physical
    state.exclusiveSize = 0
    return holds
  }

  /// STXR, STLXR and their narrow forms; `rm` takes the status.
  func executeStoreExclusive(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    if storeExclusiveAtOnce(op, tlb) { return }
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
    if storeExclusivePairAtOnce(op, tlb) { return }
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
    if compareAndSwapAtOnce(op, tlb) { return }
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
    if compareAndSwapPairAtOnce(op, tlb) { return }
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
    if updateAtOnce(op, tlb) { return }
    synchronize(position)
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    let operand = state[x: op.rm]
    let old = try loadForUpdate(address, bytes, tlb)
    try store(address, size: Int(bytes), updated(op.opcode, old, operand, bytes))
    state[x: op.rd] = old
  }

  /// What an atomic stores.
  @inline(__always) private func updated(
    _ opcode: Opcode, _ old: UInt64, _ operand: UInt64, _ bytes: UInt64
  ) -> UInt64 {
    let shift = 64 - bytes * 8
    let signedOld = Int64(bitPattern: old << shift)
    let signedOperand = Int64(bitPattern: operand << shift)
    return switch opcode {
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
  }

  // MARK: The fast path
  //
  // Each is the whole operation where its bytes are aligned and in the fast TLB; else nothing happens, and
  // it says false.

  /// LDXR, LDAXR and their narrow forms.
  @inline(__always) func loadExclusiveAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard address & (bytes - 1) == 0, let pointer = unsafe tlb.readable(address, bytes) else {
      return false
    }
    openMonitor(address, bytes, tlb)
    state[x: op.rd] = unsafe loadDirect(pointer, op.extra)
    return true
  }

  /// LDXP, LDAXP.
  @inline(__always) func loadExclusivePairAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard address & (bytes * 2 - 1) == 0, let pointer = unsafe tlb.readable(address, bytes * 2)
    else { return false }
    openMonitor(address, bytes * 2, tlb)
    let second = unsafe loadDirect(pointer + Int(bytes), op.extra)
    state[x: op.rd] = unsafe loadDirect(pointer, op.extra)
    state[x: op.ra] = second
    return true
  }

  /// STXR, STLXR and their narrow forms.
  @inline(__always) func storeExclusiveAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard address & (bytes - 1) == 0, let pointer = unsafe tlb.writable(address, bytes) else {
      return false
    }
    let holds = takeMonitor(physical: tlb.physical(address), bytes)
    if holds { unsafe storeDirect(pointer, op.extra, state[x: op.rd]) }
    state[x: op.rm] = holds ? 0 : 1
    return true
  }

  /// STXP, STLXP.
  @inline(__always) func storeExclusivePairAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let address = state[x: op.rn]
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard address & (bytes * 2 - 1) == 0, let pointer = unsafe tlb.writable(address, bytes * 2)
    else { return false }
    let holds = takeMonitor(physical: tlb.physical(address), bytes * 2)
    if holds {
      unsafe storeDirect(pointer, op.extra, state[x: op.rd])
      unsafe storeDirect(pointer + Int(bytes), op.extra, state[x: op.ra])
    }
    state[x: op.rm] = holds ? 0 : 1
    return true
  }

  /// CAS.
  @inline(__always) func compareAndSwapAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard let pointer = unsafe updatable(state[x: op.rn], bytes, tlb) else { return false }
    let found = unsafe loadDirect(pointer, op.extra)
    if found == state[x: op.rm] & UInt64.max >> (64 - bytes * 8) {
      unsafe storeDirect(pointer, op.extra, state[x: op.rd])
    }
    state[x: op.ra] = found
    return true
  }

  /// CASP.
  @inline(__always) func compareAndSwapPairAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard let pointer = unsafe updatable(state[x: op.rn], bytes * 2, tlb) else { return false }
    let mask = UInt64.max >> (64 - bytes * 8)
    let first = unsafe loadDirect(pointer, op.extra)
    let second = unsafe loadDirect(pointer + Int(bytes), op.extra)
    if first == registerOrZero(op.rm) & mask, second == registerOrZero(op.rm + 1) & mask {
      unsafe storeDirect(pointer, op.extra, registerOrZero(op.rd))
      unsafe storeDirect(pointer + Int(bytes), op.extra, registerOrZero(op.rd + 1))
    }
    state[x: op.rm] = first
    if op.rm + 1 != 31 { state[x: op.rm + 1] = second }
    return true
  }

  /// LDADD and its kin, SWP.
  @inline(__always) func updateAtOnce(_ op: Operation, _ tlb: TLBTable) -> Bool {
    let bytes = (1 as UInt64) << UInt64(op.extra)
    guard let pointer = unsafe updatable(state[x: op.rn], bytes, tlb) else { return false }
    let old = unsafe loadDirect(pointer, op.extra)
    unsafe storeDirect(pointer, op.extra, updated(op.opcode, old, state[x: op.rm], bytes))
    state[x: op.rd] = old
    return true
  }

  /// Opens the monitor for bytes whose page is in the fast TLB.
  @inline(__always) private func openMonitor(_ address: UInt64, _ bytes: UInt64, _ tlb: TLBTable) {
    state.exclusiveAddress = tlb.physical(address)
    state.exclusiveSize = bytes
  }

  /// The host's address of aligned bytes that may be read and written, nil when the slow path must see
  /// them.
  @inline(__always) @unsafe private func updatable(
    _ address: UInt64, _ bytes: UInt64, _ tlb: TLBTable
  ) -> UnsafeMutableRawPointer? {
    guard address & (bytes - 1) == 0, unsafe tlb.readable(address, bytes) != nil else { return nil }
    return unsafe tlb.writable(address, bytes)
  }

  /// 2^`size` bytes of memory, zero-extended.
  @inline(__always) @unsafe private func loadDirect(
    _ pointer: UnsafeMutableRawPointer, _ size: UInt16
  ) -> UInt64 {
    switch size {
    case 0: UInt64(unsafe pointer.load(as: UInt8.self))
    case 1: UInt64(unsafe pointer.load(as: UInt16.self))
    case 2: UInt64(unsafe pointer.load(as: UInt32.self))
    default: unsafe pointer.load(as: UInt64.self)
    }
  }

  /// Stores the low 2^`size` bytes of a value.
  @inline(__always) @unsafe private func storeDirect(
    _ pointer: UnsafeMutableRawPointer, _ size: UInt16, _ value: UInt64
  ) {
    switch size {
    case 0: unsafe pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
    case 1: unsafe pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
    case 2: unsafe pointer.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    default: unsafe pointer.storeBytes(of: value, as: UInt64.self)
    }
  }
}
