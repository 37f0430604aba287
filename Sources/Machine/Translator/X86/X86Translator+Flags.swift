// Flags: how they come from the host's, and how conditions ask them.
//
// While the host's flags still are those of the last comparison, a condition uses them instead of the
// words of the state. C is written as a byte, and read as one.

import Arm

/// What the host's flags are those of.
enum LiveFlags {
  /// Nothing of the guest's.
  case none
  /// A subtraction: the host's carry is the inverse of C.
  case subtract
  /// An addition: the host's carry is C.
  case add
  /// A logical operation: C and V are 0.
  case logic
}

extension X86Translator {
  private static let n = offset(StateWord.n)
  private static let z = offset(StateWord.z)
  private static let c = offset(StateWord.c)
  private static let v = offset(StateWord.v)

  /// The host's condition after a subtraction, by the A64 one.
  private static func afterSubtraction(_ condition: Int) -> X86Condition {
    switch condition {
    case 0: .e
    case 1: .ne
    case 2: .ae
    case 3: .b
    case 4: .s
    case 5: .ns
    case 6: .o
    case 7: .no
    case 8: .a
    case 9: .be
    case 10: .ge
    case 11: .l
    case 12: .g
    default: .le
    }
  }

  /// The host's condition that holds where the A64 condition, 0 to 13, does. `incoming` is what the
  /// host's flags are those of; otherwise the words are asked, with CX and DX as scratch.
  func condition(_ condition: Int, _ incoming: LiveFlags) -> X86Condition {
    let isCarryAndZero = condition >> 1 == 4
    switch incoming {
    case .subtract:
      liveFlags = .subtract
      return Self.afterSubtraction(condition)
    case .add, .logic:
      if isCarryAndZero { break }
      liveFlags = incoming
      let host = Self.afterSubtraction(condition)
      // The carry is not inverted.
      return condition >> 1 == 1 ? host.inverted : host
    case .none: break
    }
    let isInverted = condition & 1 != 0
    switch condition >> 1 {
    case 0:
      x86.alu(.cmp, .bx, Self.z, imm: 0, w: true)
      return isInverted ? .ne : .e
    case 1:
      x86.cmp8(.bx, Self.c, imm: 0)
      return isInverted ? .e : .ne
    case 2:
      x86.alu(.cmp, .bx, Self.n, imm: 0, w: true)
      return isInverted ? .ge : .l
    case 3:
      x86.alu(.cmp, .bx, Self.v, imm: 0, w: true)
      return isInverted ? .ge : .l
    case 4:
      x86.alu(.cmp, .bx, Self.z, imm: 0, w: true)
      x86.set(.ne, .cx)
      x86.test8(.cx, .bx, Self.c)
      return isInverted ? .e : .ne
    case 5:
      x86.load(.cx, .bx, Self.n)
      x86.alu(.xor, .cx, .bx, Self.v, w: true)
      return isInverted ? .s : .ns
    default:
      x86.load(.cx, .bx, Self.n)
      x86.alu(.xor, .cx, .bx, Self.v, w: true)
      x86.shift(.shr, .cx, 63, w: true)
      x86.alu(.cmp, .bx, Self.z, imm: 0, w: true)
      x86.set(.e, .dx)
      x86.or8(.cx, .dx)
      return isInverted ? .ne : .e
    }
  }

  /// Writes the wanted flags of a result in `r`, whose flags the host has. CX is scratch.
  func storeFlags(_ kind: LiveFlags, _ r: X86Register, _ wanted: ConditionFlags, w: Bool) {
    if wanted.contains(.n) {
      if w {
        x86.store(r, .bx, Self.n)
      } else {
        x86.rorx(.cx, r, 32)
        x86.store(.cx, .bx, Self.n)
      }
    }
    if wanted.contains(.z) { x86.store(r, .bx, Self.z) }
    if wanted.contains(.c) {
      switch kind {
      case .subtract: x86.set(.ae, .bx, Self.c)
      case .add: x86.set(.b, .bx, Self.c)
      case .logic, .none: x86.store(imm: 0, .bx, Self.c)
      }
    }
    if wanted.contains(.v) {
      if kind == .logic {
        x86.store(imm: 0, .bx, Self.v)
      } else {
        x86.set(.o, .cx)
        x86.movzx(.cx, .cx, size: 0)
        x86.rorx(.cx, .cx, 1)
        x86.store(.cx, .bx, Self.v)
      }
    }
    liveFlags = kind
  }

  /// Writes the wanted flags of four bits, N first: those of a conditional compare.
  private func store(flags: UInt8, _ wanted: ConditionFlags) {
    if wanted.contains(.n) { x86.store(imm: flags & 8 != 0 ? -1 : 0, .bx, Self.n) }
    if wanted.contains(.z) { x86.store(imm: flags & 4 != 0 ? 0 : 1, .bx, Self.z) }
    if wanted.contains(.c) { x86.store(imm: flags & 2 != 0 ? 1 : 0, .bx, Self.c) }
    if wanted.contains(.v) { x86.store(imm: flags & 1 != 0 ? -1 : 0, .bx, Self.v) }
  }

  // MARK: Operations that read flags

  /// ADC, SBC and those that set flags.
  func emitWithCarry(_ k: Int, _ o: Operation, isAdd: Bool, w: Bool) {
    x86.mov(.ax, use(o.rn))
    let m = use(o.rm)
    let d = define(o.rd)
    // The host borrows where C is 0.
    x86.cmp8(.bx, Self.c, imm: 1)
    if isAdd {
      x86.complementCarry()
      x86.alu(.adc, .ax, m, w: w)
    } else {
      x86.alu(.sbb, .ax, m, w: w)
    }
    x86.mov(d, .ax)
    commit(o.rd)
    if case .sets = opcodes[k].flagEffect {
      storeFlags(isAdd ? .add : .subtract, .ax, wanted[k], w: w)
    }
  }

  /// CCMP, CCMN.
  func emitConditionalCompare(
    _ k: Int, _ o: Operation, _ incoming: LiveFlags, isAdd: Bool, isImmediate: Bool, w: Bool
  ) {
    let number = Int(o.extra & 15)
    let x = use(o.rn)
    let isZero = !isImmediate && o.rm == CoreState.zeroRegister
    let m = isImmediate || isZero ? .dx : use(o.rm)
    var otherwise: JumpSite?
    if number < 14 { otherwise = x86.jump(condition(number, incoming).inverted) }
    // Asking for the condition may have used DX.
    if o.rn == CoreState.zeroRegister { x86.mov(.ax, imm: 0) } else { x86.mov(.ax, x) }
    let operation: X86Arithmetic = isAdd ? .add : .sub
    if isImmediate {
      x86.alu(operation, .ax, imm: Int32(truncatingIfNeeded: o.immediate), w: w)
    } else {
      if isZero { x86.mov(.dx, imm: 0) }
      x86.alu(operation, .ax, m, w: w)
    }
    storeFlags(isAdd ? .add : .subtract, .ax, wanted[k], w: w)
    guard let otherwise else { return }
    let done = x86.jump()
    x86.patch(otherwise)
    store(flags: o.ra, wanted[k])
    x86.patch(done)
    liveFlags = .none
  }

  /// What becomes of the second operand of a conditional select.
  enum Selection { case plain, incremented, inverted, negated }

  /// CSEL, CSINC, CSINV, CSNEG.
  func emitSelect(
    _ o: Operation, _ incoming: LiveFlags, _ selection: Selection, w: Bool
  ) {
    let number = Int(o.extra & 15)
    if number >= 14 {
      let x = use(o.rn)
      let d = define(o.rd)
      x86.mov(d, x, w: w)
      commit(o.rd)
      liveFlags = incoming
      return
    }
    let x = o.rn == CoreState.zeroRegister ? .cx : use(o.rn)
    let m = o.rm == CoreState.zeroRegister ? .dx : use(o.rm)
    // Asking for the condition may use CX and DX: the zeros come after it, and keep the flags.
    let holds = condition(number, incoming)
    let d = define(o.rd)
    if m == .dx { x86.mov(.dx, imm: 0) }
    x86.mov(.ax, m)
    switch selection {
    case .plain: break
    case .incremented: x86.lea(.ax, .ax, 1)
    case .inverted: x86.not(.ax, w: true)
    case .negated:
      x86.not(.ax, w: true)
      x86.lea(.ax, .ax, 1)
    }
    if x == .cx { x86.mov(.cx, imm: 0) }
    x86.cmov(holds, .ax, x, w: true)
    x86.mov(d, .ax, w: w)
    commit(o.rd)
  }
}
