// Loads and stores: the fast path through the TLB, and everything else behind one call.

import Arm

extension Core {
  // The fast paths. Each is one compare and an add when the TLB hits.

  @inline(__always) func load64(
    _ address: UInt64, _ tlb: TLBTable, _ position: inout Position
  )
    throws(GuestException) -> UInt64
  {
    if let pointer = unsafe tlb.readable(address, 8) {
      return unsafe pointer.loadUnaligned(as: UInt64.self)
    }
    let value = try loadSlow(address, 8, position)
    if wantsToLeave { position.limit = position.cursor }
    return value
  }

  @inline(__always) func load32(
    _ address: UInt64, _ tlb: TLBTable, _ position: inout Position
  )
    throws(GuestException) -> UInt64
  {
    if let pointer = unsafe tlb.readable(address, 4) {
      return UInt64(unsafe pointer.loadUnaligned(as: UInt32.self))
    }
    let value = try loadSlow(address, 4, position)
    if wantsToLeave { position.limit = position.cursor }
    return value
  }

  @inline(__always) func load16(
    _ address: UInt64, _ tlb: TLBTable, _ position: inout Position
  )
    throws(GuestException) -> UInt64
  {
    if let pointer = unsafe tlb.readable(address, 2) {
      return UInt64(unsafe pointer.loadUnaligned(as: UInt16.self))
    }
    let value = try loadSlow(address, 2, position)
    if wantsToLeave { position.limit = position.cursor }
    return value
  }

  @inline(__always) func load8(
    _ address: UInt64, _ tlb: TLBTable, _ position: inout Position
  )
    throws(GuestException) -> UInt64
  {
    if let pointer = unsafe tlb.readable(address, 1) {
      return UInt64(unsafe pointer.load(as: UInt8.self))
    }
    let value = try loadSlow(address, 1, position)
    if wantsToLeave { position.limit = position.cursor }
    return value
  }

  @inline(__always) func store64(
    _ address: UInt64, _ value: UInt64, _ tlb: TLBTable, _ position: inout Position
  ) throws(GuestException) {
    if let pointer = unsafe tlb.writable(address, 8) {
      unsafe pointer.storeBytes(of: value, as: UInt64.self)
    } else {
      try storeSlow(address, 8, value, position)
      if wantsToLeave { position.limit = position.cursor }
    }
  }

  @inline(__always) func store32(
    _ address: UInt64, _ value: UInt64, _ tlb: TLBTable, _ position: inout Position
  ) throws(GuestException) {
    if let pointer = unsafe tlb.writable(address, 4) {
      unsafe pointer.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
    } else {
      try storeSlow(address, 4, value, position)
      if wantsToLeave { position.limit = position.cursor }
    }
  }

  @inline(__always) func store16(
    _ address: UInt64, _ value: UInt64, _ tlb: TLBTable, _ position: inout Position
  ) throws(GuestException) {
    if let pointer = unsafe tlb.writable(address, 2) {
      unsafe pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
    } else {
      try storeSlow(address, 2, value, position)
      if wantsToLeave { position.limit = position.cursor }
    }
  }

  @inline(__always) func store8(
    _ address: UInt64, _ value: UInt64, _ tlb: TLBTable, _ position: inout Position
  ) throws(GuestException) {
    if let pointer = unsafe tlb.writable(address, 1) {
      unsafe pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
    } else {
      try storeSlow(address, 1, value, position)
      if wantsToLeave { position.limit = position.cursor }
    }
  }

  @inline(never) private func loadSlow(
    _ address: UInt64, _ size: Int, _ position: Position
  )
    throws(GuestException) -> UInt64
  {
    synchronize(position)
    let value = try load(address, size: size, dataContext)
    wantsToLeave = needsToLeave
    return value
  }

  @inline(never) private func storeSlow(
    _ address: UInt64, _ size: Int, _ value: UInt64, _ position: Position
  ) throws(GuestException) {
    synchronize(position)
    try store(address, size: size, value, dataContext)
    wantsToLeave = needsToLeave
  }

  // The slow paths, for any context.

  /// Loads `size` (1, 2, 4 or 8) bytes at the current privilege, zero-extended; unaligned allowed.
  func load(_ address: UInt64, size: Int) throws(GuestException) -> UInt64 {
    let value = try load(address, size: size, dataContext)
    wantsToLeave = needsToLeave
    return value
  }

  /// Stores the low `size` (1, 2, 4 or 8) bytes at the current privilege; unaligned allowed.
  func store(_ address: UInt64, size: Int, _ value: UInt64) throws(GuestException) {
    try store(address, size: size, value, dataContext)
    wantsToLeave = needsToLeave
  }

  /// Whether SCTLR_ELx.A makes every unaligned access of a context fault.
  func isAlignmentChecked(_ context: TranslationContext) -> Bool {
    systemControl(of: context).isSet(SystemControl.a)
  }

  /// SCTLR_ELx of the regime a context translates in.
  func systemControl(of context: TranslationContext) -> SystemControl {
    switch context.level {
    case .el0: state.systemControl(isHost ? .sctlrEL2 : .sctlrEL1)
    case .el1: state.systemControl(.sctlrEL1)
    case .el2: state.systemControl(.sctlrEL2)
    case .el3: state.systemControl(.sctlrEL3)
    }
  }

  /// An Alignment fault of a data access. Arm ARM D24.2, ESR_EL1, DFSC 0b100001.
  func alignmentFault(_ address: UInt64, isWrite: Bool) -> GuestException {
    GuestException(
      .fault,
      Syndrome(.dataAbortLower, iss: UInt64(FaultStatus.alignment.rawValue))
        .with(Syndrome.wnr, isWrite ? 1 : 0), faultAddress: address)
  }

  /// Loads in a context, the low-addressed part of an access that crosses a page first.
  func load(
    _ address: UInt64, size: Int, _ context: TranslationContext
  ) throws(GuestException)
    -> UInt64
  {
    let misalignment = address & UInt64(size - 1)
    if misalignment == 0 { return try loadAligned(address, size, context) }
    if isAlignmentChecked(context) { throw alignmentFault(address, isWrite: false) }
    if (address & 0xFFF) + UInt64(size) > 0x1000 {
      let last = (address &+ UInt64(size)) & ~0xFFF
      let first = try translateCached(address, .read, context)
      let second = try translateCached(last, .read, context)
      if first.isDevice || second.isDevice { throw alignmentFault(address, isWrite: false) }
    } else if try translateCached(address, .read, context).isDevice {
      throw alignmentFault(address, isWrite: false)
    }
    var value: UInt64 = 0
    for offset in 0..<UInt64(size) {
      value |= try loadAligned(address &+ offset, 1, context) << (offset * 8)
    }
    return value
  }

  private func loadAligned(
    _ address: UInt64, _ size: Int, _ context: TranslationContext
  )
    throws(GuestException) -> UInt64
  {
    let translation = try translateCached(address, .read, context)
    if areWatchpointsActive { try checkWatchpoints(address, size: size, isWrite: false, context) }
    enterTLB(address, translation, context, isWrite: false)
    do throws(BusFault) {
      return try bus.read(
        translation.physicalAddress, size: size,
        BusAccess(core: index, isSecure: translation.isSecure))
    } catch {
      throw externalAbort(error, address, translation, isWrite: false)
    }
  }

  /// Stores in a context.
  func store(
    _ address: UInt64, size: Int, _ value: UInt64, _ context: TranslationContext
  )
    throws(GuestException)
  {
    let misalignment = address & UInt64(size - 1)
    if misalignment == 0 { return try storeAligned(address, size, value, context) }
    if isAlignmentChecked(context) { throw alignmentFault(address, isWrite: true) }
    if (address & 0xFFF) + UInt64(size) > 0x1000 {
      let last = (address &+ UInt64(size)) & ~0xFFF
      let first = try translateCached(address, .write, context)
      let second = try translateCached(last, .write, context)
      if first.isDevice || second.isDevice { throw alignmentFault(address, isWrite: true) }
    } else if try translateCached(address, .write, context).isDevice {
      throw alignmentFault(address, isWrite: true)
    }
    for offset in 0..<UInt64(size) {
      try storeAligned(address &+ offset, 1, value >> (offset * 8) & 0xFF, context)
    }
  }

  private func storeAligned(
    _ address: UInt64, _ size: Int, _ value: UInt64, _ context: TranslationContext
  ) throws(GuestException) {
    let translation = try translateCached(address, .write, context)
    if areWatchpointsActive { try checkWatchpoints(address, size: size, isWrite: true, context) }
    do throws(BusFault) {
      try bus.write(
        translation.physicalAddress, size: size, value,
        BusAccess(core: index, isSecure: translation.isSecure))
    } catch {
      throw externalAbort(error, address, translation, isWrite: true)
    }
    enterTLB(address, translation, context, isWrite: true)
  }

  /// Enters a page of ordinary memory into the fast TLB, for what its flags allow.
  func enterTLB(
    _ address: UInt64, _ translation: Translation, _ context: TranslationContext, isWrite: Bool
  ) {
    guard !translation.isDevice, !isAlignmentChecked(context), !areWatchpointsActive else { return }
    let page = PhysicalAddress(translation.physicalAddress.rawValue & ~0xFFF)
    guard let direct = unsafe bus.directPage(page, isSecure: translation.isSecure) else {
      return
    }
    let flags = unsafe direct.flags.pointee
    guard flags & (PageFlags.poisoned | PageFlags.watched) == 0 else { return }
    let isClean = flags & PageFlags.dirty == 0 || flags & PageFlags.hasCode != 0
    let isWritable = unsafe direct.isWritable && translation.isWritable && !isClean
    unsafe fastTLB.fill(
      TLBContext.index(context, state), address, host: direct.host, translation,
      isReadable: translation.isReadable, isWritable: isWritable)
  }

  /// The synchronous external abort of a data access that the bus did not complete.
  func externalAbort(
    _ fault: BusFault, _ address: UInt64, _ translation: Translation, isWrite: Bool
  ) -> GuestException {
    GuestException(
      fault, .dataAbort(.externalAbort, isWrite: isWrite, state: fault.state), faultAddress: address
    )
  }

  /// The context of LDTR and STTR: EL0's, unless UAO or a level without EL0 below it.
  var unprivilegedContext: TranslationContext {
    switch exceptionLevel {
    case .el1 where state.uao == 0: TranslationContext(level: .el0)
    case .el2 where isHost && state.uao == 0: TranslationContext(level: .el0)
    default: dataContext
    }
  }

  /// LDTR and its kin: `ra` is size << 2 | opc.
  func executeLoadUnprivileged(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    let size = 1 << Int(op.ra >> 2)
    let value = try load(state[x: op.rn] &+ op.immediate, size: size, unprivilegedContext)
    wantsToLeave = needsToLeave
    switch op.ra {
    case 0b0010: state[x: op.rd] = signExtend8(value)
    case 0b0011: state[x: op.rd] = signExtend8(value) & 0xFFFF_FFFF
    case 0b0110: state[x: op.rd] = signExtend16(value)
    case 0b0111: state[x: op.rd] = signExtend16(value) & 0xFFFF_FFFF
    case 0b1010: state[x: op.rd] = signExtend32(value)
    default: state[x: op.rd] = value
    }
  }

  /// STTR and its kin.
  func executeStoreUnprivileged(
    _ op: Operation, _ tlb: TLBTable, _ position: Position
  )
    throws(GuestException)
  {
    synchronize(position)
    try store(
      state[x: op.rn] &+ op.immediate, size: 1 << Int(op.ra >> 2), state[x: op.rd],
      unprivilegedContext)
    wantsToLeave = needsToLeave
  }

  /// DC ZVA: zeroes the 64-byte block around an address, curing poison.
  func zeroBlock(_ address: UInt64) throws(GuestException) {
    let start = address & ~63
    if let pointer = unsafe dataTLB.writable(start, 64) {
      unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
      return
    }
    let translation: Translation
    do throws(GuestException) {
      translation = try translateCached(start, .write, dataContext)
    } catch {
      var fault = error
      fault.faultAddress = address
      throw fault
    }
    if translation.isDevice { throw alignmentFault(address, isWrite: true) }
    do throws(BusFault) {
      try bus.zeroBlock(
        translation.physicalAddress, BusAccess(core: index, isSecure: translation.isSecure))
    } catch {
      throw externalAbort(error, address, translation, isWrite: true)
    }
    enterTLB(start, translation, dataContext, isWrite: true)
  }
}
