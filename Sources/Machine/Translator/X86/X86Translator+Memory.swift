// Loads and stores: one look into the data TLB, and a step where it misses.
//
// The look is that of `TLBTable.hostForRead` and `hostForWrite`, and it is all that guards the host: code
// reaches no address but an entry's addend plus an address whose page the entry's tag is.

import Arm

extension X86Translator {
  /// The address of an access, in AX.
  private func address(_ k: Int, _ o: Operation, _ mode: MemoryAccess.Mode) {
    switch mode {
    case .offset, .preIndex:
      let x = use(o.rn)
      if o.immediate == 0 {
        x86.mov(.ax, x)
      } else {
        x86.lea(.ax, x, Int32(truncatingIfNeeded: o.immediate))
      }
    case .postIndex: x86.mov(.ax, use(o.rn))
    case .literal:
      x86.load(.ax, .bx, Self.offset(ContextWord.page))
      x86.lea(.ax, .ax, Int32(truncatingIfNeeded: o.immediate) + Int32((first + k) * 4))
    case .register:
      let x = use(o.rn)
      let shift = UInt8(o.extra & 7)
      if o.extra >> 8 & 3 == 3, shift <= 3 {
        x86.lea(.ax, x, use(o.rm), shift)
      } else {
        _ = extended(o)
        x86.alu(.add, .ax, x, w: true)
      }
    }
  }

  /// CX: the offset of the entry for the address in AX.
  private func findEntry() {
    x86.mov(.cx, .ax, w: false)
    x86.shift(.shr, .cx, 7, w: false)
    x86.alu(.and, .cx, imm: Int32((TLB.entryCount - 1) * 32), w: false)
  }

  /// Looks up the address in AX for `size` bytes that may be unaligned. AX + CX is the host's address.
  private func lookUp(_ size: Int32, isStore: Bool) -> Sites {
    var sites = Sites()
    findEntry()
    // The last byte: an access across the end of the page carries into the tag and misses.
    if size == 1 { x86.mov(.dx, .ax) } else { x86.lea(.dx, .ax, size - 1) }
    x86.alu(.and, .dx, imm: -4096, w: true)
    x86.alu(
      .cmp, .dx, .r12, .cx, isStore ? TLBEntry.writeTagOffset : TLBEntry.readTagOffset)
    sites.append(x86.jump(.ne))
    x86.load(
      .cx, .r12, .cx, TLBEntry.addendOffset, size: 3, isSigned: false, to64: true)
    return sites
  }

  /// Looks up the address in AX for an access that must be aligned to `size` bytes: with the same
  /// compare, since no tag has a bit below bit 11. AX is the host's address afterwards.
  func lookUpAligned(_ size: Int32, read: Bool, write: Bool) -> Sites {
    var sites = Sites()
    findEntry()
    x86.mov(.dx, .ax)
    x86.alu(.and, .dx, imm: -4096 | (size - 1), w: true)
    if read {
      x86.alu(.cmp, .dx, .r12, .cx, TLBEntry.readTagOffset)
      sites.append(x86.jump(.ne))
    }
    if write {
      x86.alu(.cmp, .dx, .r12, .cx, TLBEntry.writeTagOffset)
      sites.append(x86.jump(.ne))
    }
    x86.alu(.add, .ax, .r12, .cx, TLBEntry.addendOffset)
    return sites
  }

  /// The base after an access with write-back; AX is the address of the access.
  private func writeBase(_ o: Operation, _ mode: MemoryAccess.Mode) {
    guard mode == .preIndex || mode == .postIndex else { return }
    let base = use(o.rn)
    if mode == .preIndex {
      x86.mov(base, .ax)
    } else {
      x86.lea(base, .ax, Int32(truncatingIfNeeded: o.immediate))
    }
    commit(o.rn)
  }

  /// A load or store of general registers.
  func emit(_ k: Int, _ o: Operation, _ access: MemoryAccess) {
    // The interpreter says what a base that is transferred becomes.
    if access.writesBase, o.rn == o.rd || access.isPair && o.rn == o.ra { return step(k) }
    if access.mode != .literal { _ = use(o.rn) }
    if access.mode == .register { _ = use(o.rm) }
    if access.isStore { emitStore(k, o, access) } else { emitLoad(k, o, access) }
  }

  private func emitLoad(_ k: Int, _ o: Operation, _ access: MemoryAccess) {
    // What is discarded goes to AX, which holds the address: CX, which is used up, takes it.
    func load(_ register: X86Register, _ offset: Int32 = 0) {
      x86.load(
        register, .ax, .cx, offset, size: access.size, isSigned: access.isSigned, to64: access.to64)
    }
    let d = define(o.rd)
    let second = access.isPair ? define(o.ra) : .ax
    let spill = dirtyRegisters()
    address(k, o, access.mode)
    let sites = lookUp((access.isPair ? 2 : 1) << Int32(access.size), isStore: false)
    if access.isPair {
      if d != .ax { load(d) }
      if second != .ax { load(second, 1 << Int32(access.size)) }
      commit(o.ra)
    } else {
      load(d == .ax ? .cx : d)
    }
    commit(o.rd)
    writeBase(o, access.mode)
    finish(k, sites, spill)
  }

  private func emitStore(_ k: Int, _ o: Operation, _ access: MemoryAccess) {
    let zero = CoreState.zeroRegister
    let value = o.rd == zero ? .dx : use(o.rd)
    let second = !access.isPair || o.ra == zero ? .dx : use(o.ra)
    let spill = dirtyRegisters()
    address(k, o, access.mode)
    let sites = lookUp((access.isPair ? 2 : 1) << Int32(access.size), isStore: true)
    if value == .dx || access.isPair && second == .dx { x86.mov(.dx, imm: 0) }
    x86.store(value, .ax, .cx, size: access.size)
    if access.isPair {
      x86.store(second, .ax, .cx, 1 << Int32(access.size), size: access.size)
    }
    writeBase(o, access.mode)
    finish(k, sites, spill)
  }

  // MARK: FP and Advanced SIMD registers

  /// LDR, STR, LDP and STP of SIMD&FP registers, of 64 bits and more: the interpreter does the rest.
  func emitVectorAccess(_ k: Int, _ o: Operation) {
    let (mode, isLoad, isPair) = o.vectorAccess
    guard o.ra >= 3 else { return step(k) }
    if mode != .literal { _ = use(o.rn) }
    if mode == .register { _ = use(o.rm) }
    let spill = dirtyRegisters()
    var sites = Sites()
    sites.append(guardZero(ContextWord.isFloatingPointTrapped))
    address(k, o, mode)
    let size: Int32 = 1 << Int32(o.ra)
    sites.append(lookUp(isPair ? 2 * size : size, isStore: !isLoad))
    transfer(o.rd, 0, isLoad: isLoad, sizeLog2: o.ra)
    if isPair { transfer(o.rm, size, isLoad: isLoad, sizeLog2: o.ra) }
    writeBase(o, mode)
    finish(k, sites, spill)
  }

  /// Moves a vector register from or to [AX + CX + offset].
  private func transfer(_ register: UInt8, _ offset: Int32, isLoad: Bool, sizeLog2: UInt8) {
    let place = Self.vector(register)
    if sizeLog2 == 4 {
      if isLoad {
        x86.movups(.xmm0, .ax, .cx, offset)
        x86.movups(.bx, place, .xmm0)
      } else {
        x86.movups(.xmm0, .bx, place)
        x86.movups(.ax, .cx, offset, .xmm0)
      }
    } else if isLoad {
      x86.load(.dx, .ax, .cx, offset, size: 3, isSigned: false, to64: true)
      x86.store(.dx, .bx, place)
      x86.store(imm: 0, .bx, place + 8)
    } else {
      x86.load(.dx, .bx, place)
      x86.store(.dx, .ax, .cx, offset, size: 3)
    }
  }

  /// The displacement of a vector register's low half.
  static func vector(_ register: UInt8) -> Int32 {
    offset(StateWord.vectors + Int(register) * 2)
  }

  /// Compares a word with zero; the jump is taken if it is not.
  func guardZero(_ word: Int) -> JumpSite {
    x86.alu(.cmp, .bx, Self.offset(word), imm: 0, w: true)
    return x86.jump(.ne)
  }
}
