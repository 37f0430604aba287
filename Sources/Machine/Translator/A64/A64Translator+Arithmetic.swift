// Data processing of integers: each operation as the instruction it was decoded from, on the host's registers.

import Arm

extension A64Translator {
  /// Addition, subtraction and logic, as `Opcode.dataProcessing` describes them.
  func emit(_ k: Int, _ o: Operation, _ processing: DataProcessing) {
    let w = processing.is64
    let setsFlags = processing.setsFlags
    let operation: A64Arithmetic =
      switch processing.kind {
      case .add: setsFlags ? .adds : .add
      case .subtract: setsFlags ? .subs : .sub
      case .and: setsFlags ? .ands : .and
      case .or: .orr
      case .exclusiveOr: .eor
      }
    let x = use(o.rn)
    let m = processing.operand == .immediate ? .zr : use(o.rm)
    let d = define(o.rd)
    switch processing.operand {
    case .immediate:
      if processing.kind == .add || processing.kind == .subtract {
        a64.arithmetic(operation, d, x, imm: UInt32(truncatingIfNeeded: o.immediate), w: w)
      } else {
        a64.logical(operation, d, x, mask: o.immediate, w: w)
      }
    case .register: a64.alu(operation, d, x, m, w: w)
    case .shifted:
      a64.alu(
        operation, d, x, m, shift: UInt32(o.extra >> 8 & 3),
        amount: UInt32(o.extra & (w ? 63 : 31)),
        isInverted: processing.isInverted, w: w)
    case .extended:
      a64.extended(
        operation, d, x, m, option: UInt32(o.extra >> 8 & 7), amount: UInt32(o.extra & 7), w: w)
    }
    commit(o.rd)
    if setsFlags { haveFlags(wanted[k]) }
  }

  /// Two registers; `bits` are those of the instruction.
  func emitTwo(_ o: Operation, _ bits: UInt32, w: Bool) {
    let x = use(o.rn)
    let m = use(o.rm)
    let d = define(o.rd)
    a64.three(bits, d, x, m, w: w)
    commit(o.rd)
  }

  /// One register.
  func emitOne(_ o: Operation, _ bits: UInt32, w: Bool) {
    let x = use(o.rn)
    let d = define(o.rd)
    a64.three(bits, d, x, .x0, w: w)
    commit(o.rd)
  }

  /// Multiplication with a third register to add to or to subtract from.
  func emitMultiply(_ o: Operation, _ bits: UInt32, w: Bool) {
    let x = use(o.rn)
    let m = use(o.rm)
    let a = use(o.ra)
    let d = define(o.rd)
    a64.four(bits, d, x, m, a, w: w)
    commit(o.rd)
  }

  // MARK: Moves and bitfields

  /// MOV (register) and ORR from zero.
  func emitMove(_ o: Operation, w: Bool) {
    let m = use(o.rm)
    let d = define(o.rd)
    a64.mov(d, m, w: w)
    commit(o.rd)
  }

  /// MOVZ, MOVN and ORR of an immediate from zero.
  func emitMoveImmediate(_ o: Operation) {
    guard o.rd < CoreState.zeroRegister else { return }
    a64.mov(define(o.rd), imm: o.immediate)
    commit(o.rd)
  }

  /// MOVK.
  func emitMoveKeep(_ o: Operation, w: Bool) {
    guard o.rd < CoreState.zeroRegister else { return }
    let d = use(o.rd)
    let shift = UInt32(o.extra)
    a64.movk(d, UInt32(truncatingIfNeeded: o.immediate >> UInt64(shift)) & 0xFFFF, at: shift, w: w)
    commit(o.rd)
  }

  /// ADR.
  func emitAddress(_ k: Int, _ o: Operation) {
    guard o.rd < CoreState.zeroRegister else { return }
    let d = define(o.rd)
    read(d, ContextWord.page)
    a64.add(d, d, constant: (first + k) * 4 + Int(Int64(bitPattern: o.immediate)))
    commit(o.rd)
  }

  /// ADRP.
  func emitAddressPage(_ o: Operation) {
    guard o.rd < CoreState.zeroRegister else { return }
    let d = define(o.rd)
    read(d, ContextWord.page)
    a64.add(d, d, constant: Int(Int64(bitPattern: o.immediate)))
    commit(o.rd)
  }

  /// UBFX or UBFIZ: the decoder has said where the field is, and no bit above it.
  func emitUnsigned(_ o: Operation, isExtract: Bool) {
    let x = use(o.rn)
    let d = define(o.rd)
    let width = UInt32(o.immediate.nonzeroBitCount)
    let shift = UInt32(o.extra)
    if isExtract {
      a64.bitfield(.unsigned, d, x, r: shift, s: shift + width - 1, w: true)
    } else {
      a64.bitfield(.unsigned, d, x, r: (64 - shift) & 63, s: width - 1, w: true)
    }
    commit(o.rd)
  }

  /// SBFX or SBFIZ: a shift to the left and one to the right, by the decoder.
  func emitSigned(_ o: Operation, w: Bool) {
    let x = use(o.rn)
    let d = define(o.rd)
    let left = UInt32(o.extra)
    let right = UInt32(truncatingIfNeeded: o.immediate)
    let size: UInt32 = w ? 64 : 32
    a64.bitfield(.signed, d, x, r: (right &- left) & (size - 1), s: 63 - left, w: w)
    commit(o.rd)
  }

  /// BFI or BFXIL.
  func emitBitfieldInsert(_ o: Operation, isExtract: Bool, w: Bool) {
    guard o.rd < CoreState.zeroRegister else { return }
    let x = use(o.rn)
    let d = use(o.rd)
    let width = UInt32(o.immediate.nonzeroBitCount)
    let shift = UInt32(o.extra)
    let size: UInt32 = w ? 64 : 32
    if isExtract {
      a64.bitfield(.insert, d, x, r: shift, s: shift + width - 1, w: w)
    } else {
      a64.bitfield(.insert, d, x, r: (size - shift) & (size - 1), s: width - 1, w: w)
    }
    commit(o.rd)
  }

  /// EXTR.
  func emitExtract(_ o: Operation, w: Bool) {
    let x = use(o.rn)
    let m = use(o.rm)
    let d = define(o.rd)
    a64.extract(d, x, m, UInt32(o.extra), w: w)
    commit(o.rd)
  }
}
