// Loads and stores: one look into the data TLB, and a step where it misses.
//
// The look is that of `TLBTable.hostForRead` and `hostForWrite`, and it is all that guards the host: code
// reaches no address but an entry's addend plus an address whose page the entry's tag is. It keeps the flags.

import Arm

extension A64Translator {
  /// The address of an access: in its base where it is just that, else in X16.
  private func findAddress(
    _ k: Int, _ o: Operation, _ mode: MemoryAccess.Mode
  ) -> A64Register {
    let immediate = Int(Int64(bitPattern: o.immediate))
    switch mode {
    case .offset where immediate == 0, .postIndex: return use(o.rn)
    case .offset, .preIndex: a64.add(Self.place, use(o.rn), constant: immediate)
    case .literal:
      read(Self.place, ContextWord.page)
      a64.add(Self.place, Self.place, constant: (first + k) * 4 + immediate)
    case .register:
      a64.extended(
        .add, Self.place, use(o.rn), use(o.rm), option: UInt32(o.extra >> 8 & 7),
        amount: UInt32(o.extra & 7), w: true)
    }
    return Self.place
  }

  /// X17: the entry for an address.
  private func findEntry(_ address: A64Register) {
    let last = 11 + UInt32(TLB.entryCount.trailingZeroBitCount)
    a64.bitfield(.unsigned, .x17, address, r: 12, s: last, w: true)
    a64.alu(.add, .x17, Self.dataTLB, .x17, amount: 5, w: true)
  }

  /// The jump for when X2 is not the tag at an offset of the entry.
  private func compareTag(_ offset: Int32) -> JumpSite {
    a64.load(.x1, .x17, offset)
    a64.alu(.eor, .x1, .x1, .x2, w: true)
    return a64.jump(ifNotZero: .x1, w: true)
  }

  /// Looks up an address for `size` bytes that may be unaligned. With X17 added it is the host's.
  private func lookUp(_ address: A64Register, _ size: Int, isStore: Bool) -> Sites {
    findEntry(address)
    // The last byte: an access across the end of the page carries into the tag and misses.
    if size == 1 {
      a64.logical(.and, .x2, address, mask: ~0xFFF, w: true)
    } else {
      a64.add(.x2, address, constant: size - 1)
      a64.logical(.and, .x2, .x2, mask: ~0xFFF, w: true)
    }
    let site = compareTag(isStore ? TLBEntry.writeTagOffset : TLBEntry.readTagOffset)
    a64.load(.x17, .x17, TLBEntry.addendOffset)
    return Sites(site)
  }

  /// Looks up the address in X16 for an access that must be aligned to `size` bytes: with the same
  /// compare, since no tag has a bit below bit 11. X16 is the host's address afterwards.
  func lookUpAligned(_ size: Int, read: Bool, write: Bool) -> Sites {
    var sites = Sites()
    findEntry(Self.place)
    a64.logical(.and, .x2, .x16, mask: ~0xFFF | UInt64(size - 1), w: true)
    if read { sites.append(compareTag(TLBEntry.readTagOffset)) }
    if write { sites.append(compareTag(TLBEntry.writeTagOffset)) }
    a64.load(.x17, .x17, TLBEntry.addendOffset)
    a64.alu(.add, .x16, .x16, .x17, w: true)
    return sites
  }

  /// The base after an access with write-back.
  private func writeBase(_ o: Operation, _ mode: MemoryAccess.Mode) {
    guard mode == .preIndex || mode == .postIndex else { return }
    let base = use(o.rn)
    if mode == .preIndex {
      a64.mov(base, Self.place)
    } else {
      a64.add(base, base, constant: Int(Int64(bitPattern: o.immediate)))
    }
    commit(o.rn)
  }

  /// A load or store of general registers.
  func emit(_ k: Int, _ o: Operation, _ access: MemoryAccess) {
    // The interpreter says what a base that is transferred becomes.
    if access.writesBase, o.rn == o.rd || access.isPair && o.rn == o.ra { return step(k) }
    if access.mode != .literal { _ = use(o.rn) }
    if access.mode == .register { _ = use(o.rm) }
    let t = access.isStore ? use(o.rd) : define(o.rd)
    let second = !access.isPair ? .zr : access.isStore ? use(o.ra) : define(o.ra)
    let spill = dirtyRegisters()
    let address = findAddress(k, o, access.mode)
    let size = 1 << Int(access.size)
    let sites = lookUp(address, access.isPair ? 2 * size : size, isStore: access.isStore)
    if access.isPair {
      a64.alu(.add, .x17, address, .x17, w: true)
      transferPair(t, second, access)
    } else if access.isStore {
      a64.store(t, address, .x17, size: access.size)
    } else {
      a64.load(
        t, address, .x17, size: access.size, isSigned: access.isSigned, to64: access.to64)
    }
    if !access.isStore {
      commit(o.rd)
      if access.isPair { commit(o.ra) }
    }
    writeBase(o, access.mode)
    finish(k, sites, spill)
  }

  /// At the address in X17.
  private func transferPair(_ t: A64Register, _ second: A64Register, _ access: MemoryAccess) {
    // A load of one register twice is CONSTRAINED UNPREDICTABLE: here the second one counts.
    let isTwice = !access.isStore && t == second
    a64.pair(
      isLoad: !access.isStore, isTwice ? .x1 : t, second, .x17, 0, size: access.size,
      isSigned: access.isSigned)
  }

  // MARK: FP and Advanced SIMD registers

  /// LDR, STR, LDP and STP of SIMD&FP registers. V0 is scratch.
  func emitVectorAccess(_ k: Int, _ o: Operation) {
    let (mode, isLoad, isPair) = o.vectorAccess
    if mode != .literal { _ = use(o.rn) }
    if mode == .register { _ = use(o.rm) }
    let spill = dirtyRegisters()
    var sites = Sites(guardZero(ContextWord.isFloatingPointTrapped))
    let address = findAddress(k, o, mode)
    let size = 1 << Int(o.ra)
    sites.append(lookUp(address, isPair ? 2 * size : size, isStore: !isLoad))
    a64.alu(.add, .x17, address, .x17, w: true)
    transfer(o.rd, 0, isLoad: isLoad, size: o.ra)
    if isPair { transfer(o.rm, Int32(size), isLoad: isLoad, size: o.ra) }
    writeBase(o, mode)
    finish(k, sites, spill)
  }

  /// Moves a vector register from or to [X17 + offset]. What is loaded is extended with zeros; what is less
  /// than a whole register goes by way of X1.
  private func transfer(_ register: UInt8, _ offset: Int32, isLoad: Bool, size: UInt8) {
    let word = StateWord.vectors + Int(register) * 2
    if size == 4 {
      let place = Self.vector(register)
      a64.vector(isLoad: true, 0, isLoad ? .x17 : Self.state, isLoad ? offset : place)
      a64.vector(isLoad: false, 0, isLoad ? Self.state : .x17, isLoad ? place : offset)
    } else if isLoad {
      a64.load(.x1, .x17, offset, size: size)
      write(.x1, word)
      write(.zr, word + 1)
    } else {
      read(.x1, word)
      a64.store(.x1, .x17, offset, size: size)
    }
  }

  /// The displacement of a vector register.
  static func vector(_ register: UInt8) -> Int32 {
    offset(StateWord.vectors + Int(register) * 2)
  }
}
