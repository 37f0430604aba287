// Data processing of integers. Each body leaves its result in the host register of its destination.

import Arm

extension X86Translator {
  /// Addition, subtraction and logic, as `Opcode.dataProcessing` describes them.
  func emit(_ k: Int, _ o: Operation, _ processing: DataProcessing, _ incoming: LiveFlags) {
    let w = processing.is64
    let flags = processing.setsFlags ? wanted[k] : nil
    let operation: X86Arithmetic =
      switch processing.kind {
      case .add: .add
      case .subtract: .sub
      case .and: .and
      case .or: .or
      case .exclusiveOr: .xor
      }
    switch processing.operand {
    case .immediate:
      if flags == nil, operation == .add || operation == .sub {
        let amount = Int32(truncatingIfNeeded: o.immediate)
        let x = use(o.rn)
        let d = define(o.rd)
        x86.lea(d, x, operation == .add ? amount : -amount, w: w)
        commit(o.rd)
        liveFlags = incoming
      } else {
        emit(operation, o, immediate: o.immediate, w: w, flags)
      }
    case .register:
      let m = use(o.rm)
      if flags == nil, operation == .add {
        let x = use(o.rn)
        let d = define(o.rd)
        x86.lea(d, x, m, 0, w: w)
        commit(o.rd)
        liveFlags = incoming
      } else {
        emit(operation, o, m, w: w, flags)
      }
    case .shifted:
      if flags == nil, operation == .add, o.extra >> 8 == 0, o.extra & 63 <= 3 {
        let x = use(o.rn)
        let m = use(o.rm)
        let d = define(o.rd)
        x86.lea(d, x, m, UInt8(o.extra & 63), w: w)
        commit(o.rd)
        liveFlags = incoming
      } else {
        emit(operation, o, shifted(o, w: w, isInverted: processing.isInverted), w: w, flags)
      }
    case .extended: emit(operation, o, extended(o), w: w, flags)
    }
  }

  private func emit(
    _ op: X86Arithmetic, _ o: Operation, _ b: X86Register, w: Bool, _ flags: ConditionFlags?
  ) {
    let x = use(o.rn)
    let d = define(o.rd)
    if d == x {
      x86.alu(op, d, b, w: w)
    } else if d == b {
      if op == .sub {
        x86.mov(.cx, x)
        x86.alu(op, .cx, b, w: w)
        x86.mov(d, .cx)
      } else {
        x86.alu(op, d, x, w: w)
      }
    } else {
      x86.mov(d, x)
      x86.alu(op, d, b, w: w)
    }
    commit(o.rd)
    if let flags { storeFlags(liveFlags(of: op), d, flags, w: w) }
  }

  private func emit(
    _ op: X86Arithmetic, _ o: Operation, immediate: UInt64, w: Bool, _ flags: ConditionFlags?
  ) {
    let x = use(o.rn)
    let d = define(o.rd)
    let signed = Int64(bitPattern: immediate)
    let fits = !w || signed >= Int64(Int32.min) && signed <= Int64(Int32.max)
    if !fits { x86.mov(.cx, imm: immediate) }
    x86.mov(d, x)
    if fits {
      x86.alu(op, d, imm: Int32(truncatingIfNeeded: immediate), w: w)
    } else {
      x86.alu(op, d, .cx, w: w)
    }
    commit(o.rd)
    if let flags { storeFlags(liveFlags(of: op), d, flags, w: w) }
  }

  private func liveFlags(of op: X86Arithmetic) -> LiveFlags {
    op == .sub ? .subtract : op == .add ? .add : .logic
  }

  /// A shifted operand, in AX.
  private func shifted(_ o: Operation, w: Bool, isInverted: Bool) -> X86Register {
    x86.mov(.ax, use(o.rm), w: w)
    let amount = UInt8(o.extra & (w ? 63 : 31))
    let shift: X86Shift =
      switch o.extra >> 8 & 3 {
      case 0: .shl
      case 1: .shr
      case 2: .sar
      default: .ror
      }
    if amount != 0 { x86.shift(shift, .ax, amount, w: w) }
    if isInverted { x86.not(.ax, w: w) }
    return .ax
  }

  /// An extended operand, in AX.
  func extended(_ o: Operation) -> X86Register {
    let m = use(o.rm)
    switch o.extra >> 8 {
    case 3, 7: x86.mov(.ax, m)
    case 2: x86.mov(.ax, m, w: false)
    case 6: x86.movsx(.ax, m, size: 2)
    case 0: x86.movzx(.ax, m, size: 0)
    case 1: x86.movzx(.ax, m, size: 1)
    case 4: x86.movsx(.ax, m, size: 0)
    default: x86.movsx(.ax, m, size: 1)
    }
    let shift = UInt8(o.extra & 7)
    if shift != 0 { x86.shift(.shl, .ax, shift, w: true) }
    return .ax
  }

  // MARK: Multiplication and division

  /// MADD and MSUB.
  func emitMultiply(_ o: Operation, isAdd: Bool, w: Bool) {
    x86.mov(.ax, use(o.rn))
    x86.imul(.ax, use(o.rm), w: w)
    accumulate(o, isAdd: isAdd, w: w)
  }

  /// SMADDL, UMADDL, SMSUBL, UMSUBL.
  func emitMultiplyLong(_ o: Operation, isAdd: Bool, isSigned: Bool) {
    let x = use(o.rn)
    if isSigned { x86.movsx(.ax, x, size: 2) } else { x86.mov(.ax, x, w: false) }
    let m = use(o.rm)
    if isSigned { x86.movsx(.cx, m, size: 2) } else { x86.mov(.cx, m, w: false) }
    x86.imul(.ax, .cx, w: true)
    accumulate(o, isAdd: isAdd, w: true)
  }

  private func accumulate(_ o: Operation, isAdd: Bool, w: Bool) {
    let c = use(o.ra)
    if isAdd {
      let d = define(o.rd)
      x86.lea(d, .ax, c, 0, w: w)
    } else {
      x86.mov(.cx, c)
      x86.alu(.sub, .cx, .ax, w: w)
      let d = define(o.rd)
      x86.mov(d, .cx)
    }
    commit(o.rd)
  }

  /// SMULH and UMULH.
  func emitMultiplyHigh(_ o: Operation, isSigned: Bool) {
    x86.mov(.ax, use(o.rn))
    let m = use(o.rm)
    let d = define(o.rd)
    x86.group3(isSigned ? 5 : 4, m, w: true)
    x86.mov(d, .dx)
    commit(o.rd)
  }

  /// UDIV and SDIV: by zero is zero; the least number by -1, where the host traps, is itself.
  func emitDivide(_ o: Operation, isSigned: Bool, w: Bool) {
    x86.mov(.ax, use(o.rn))
    x86.mov(.cx, use(o.rm))
    let d = define(o.rd)
    x86.test(.cx, .cx, w: w)
    let isZero = x86.jump(.e)
    if isSigned {
      x86.alu(.cmp, .cx, imm: -1, w: w)
      let isMinusOne = x86.jump(.e)
      x86.signIntoDX(w: w)
      x86.group3(7, .cx, w: w)
      let done = x86.jump()
      x86.patch(isMinusOne)
      x86.neg(.ax, w: w)
      let negated = x86.jump()
      x86.patch(isZero)
      x86.mov(.ax, imm: 0)
      x86.patch(done)
      x86.patch(negated)
    } else {
      x86.mov(.dx, imm: 0)
      x86.group3(6, .cx, w: w)
      let done = x86.jump()
      x86.patch(isZero)
      x86.mov(.ax, imm: 0)
      x86.patch(done)
    }
    x86.mov(d, .ax)
    commit(o.rd)
  }
}
