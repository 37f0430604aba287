// Moves, bitfields, shifts by a register, and what turns bits or bytes round.

import Arm

extension X86Translator {
  /// MOV (register) and ORR from zero.
  func emitMove(_ o: Operation, _ incoming: LiveFlags, w: Bool) {
    let m = use(o.rm)
    let d = define(o.rd)
    x86.mov(d, m, w: w)
    commit(o.rd)
    liveFlags = incoming
  }

  /// MOVZ, MOVN and ORR of an immediate from zero.
  func emitMoveImmediate(_ o: Operation, _ incoming: LiveFlags) {
    let d = define(o.rd)
    x86.mov(d, imm: o.immediate)
    commit(o.rd)
    liveFlags = incoming
  }

  /// MOVK.
  func emitMoveKeep(_ o: Operation, w: Bool) {
    let x = use(o.rn)
    x86.mov(.cx, imm: ~(0xFFFF << UInt64(o.extra)))
    x86.alu(.and, .cx, x, w: true)
    x86.mov(.ax, imm: o.immediate)
    x86.alu(.or, .cx, .ax, w: true)
    let d = define(o.rd)
    x86.mov(d, .cx, w: w)
    commit(o.rd)
  }

  /// ADR.
  func emitAddress(_ k: Int, _ o: Operation, _ incoming: LiveFlags) {
    let d = define(o.rd)
    x86.load(d, .bx, Self.offset(ContextWord.page))
    x86.lea(d, d, Int32((first + k) * 4) + Int32(truncatingIfNeeded: o.immediate))
    commit(o.rd)
    liveFlags = incoming
  }

  /// ADRP.
  func emitAddressPage(_ o: Operation, _ incoming: LiveFlags) {
    let d = define(o.rd)
    x86.mov(.cx, imm: o.immediate)
    x86.load(d, .bx, Self.offset(ContextWord.page))
    x86.lea(d, d, .cx, 0)
    commit(o.rd)
    liveFlags = incoming
  }

  /// UBFX and its kin: a shift to the right, then a mask.
  func emitUnsignedExtract(_ o: Operation, _ incoming: LiveFlags) {
    let x = use(o.rn)
    let d = define(o.rd)
    let width = UInt8(o.immediate.nonzeroBitCount)
    let shift = UInt8(o.extra)
    switch (shift, width) {
    case (0, 8):
      x86.movzx(d, x, size: 0)
      liveFlags = incoming
    case (0, 16):
      x86.movzx(d, x, size: 1)
      liveFlags = incoming
    case (0, 32):
      x86.mov(d, x, w: false)
      liveFlags = incoming
    default:
      x86.mov(d, x)
      if shift + width == 64 {
        x86.shift(.shr, d, shift, w: true)
      } else if shift + width == 32 {
        x86.shift(.shr, d, shift, w: false)
      } else {
        x86.shift(.shl, d, 64 - width - shift, w: true)
        x86.shift(.shr, d, 64 - width, w: true)
      }
    }
    commit(o.rd)
  }

  /// UBFIZ and its kin: a mask, then a shift to the left.
  func emitUnsignedInsert(_ o: Operation) {
    let x = use(o.rn)
    let d = define(o.rd)
    let width = UInt8(o.immediate.nonzeroBitCount)
    let shift = UInt8(o.extra)
    x86.mov(d, x)
    if shift + width == 64 {
      x86.shift(.shl, d, shift, w: true)
    } else if shift + width == 32 {
      x86.shift(.shl, d, shift, w: false)
    } else {
      x86.shift(.shl, d, 64 - width, w: true)
      if shift + width < 64 { x86.shift(.shr, d, 64 - width - shift, w: true) }
    }
    commit(o.rd)
  }

  /// SBFX, SBFIZ and their kin: a shift to the left, then one to the right.
  func emitSigned(_ o: Operation, _ incoming: LiveFlags, w: Bool) {
    let x = use(o.rn)
    let d = define(o.rd)
    if w, o.extra == 32, o.immediate == 32 {
      x86.movsx(d, x, size: 2)
      liveFlags = incoming
    } else {
      x86.mov(d, x)
      if o.extra != 0 { x86.shift(.shl, d, UInt8(o.extra), w: true) }
      if o.immediate != 0 { x86.shift(.sar, d, UInt8(o.immediate), w: true) }
      if !w { x86.mov(d, d, w: false) }
    }
    commit(o.rd)
  }

  /// BFI and BFXIL: some bits of one register among those of another.
  func emitBitfieldInsert(_ o: Operation, isExtract: Bool, w: Bool) {
    x86.mov(.ax, use(o.rn))
    if o.extra != 0 { x86.shift(isExtract ? .shr : .shl, .ax, UInt8(o.extra), w: true) }
    x86.mov(.cx, imm: o.immediate)
    x86.alu(.and, .ax, .cx, w: true)
    x86.not(.cx, w: true)
    x86.alu(.and, .cx, use(o.ra), w: true)
    x86.alu(.or, .cx, .ax, w: true)
    let d = define(o.rd)
    x86.mov(d, .cx, w: w)
    commit(o.rd)
  }

  /// EXTR.
  func emitExtract(_ o: Operation, w: Bool) {
    x86.mov(.ax, use(o.rm), w: w)
    let x = use(o.rn)
    if o.extra != 0 { x86.shrd(.ax, x, UInt8(o.extra), w: w) }
    let d = define(o.rd)
    x86.mov(d, .ax, w: w)
    commit(o.rd)
  }

  /// LSLV, LSRV, ASRV.
  func emitShift(_ o: Operation, _ incoming: LiveFlags, _ shift: X86Shift, w: Bool) {
    var x = use(o.rn)
    if x == .dx {
      // Both may be zero.
      x86.mov(.ax, x)
      x = .ax
    }
    let m = use(o.rm)
    let d = define(o.rd)
    x86.shiftx(shift, d, x, by: m, w: w)
    commit(o.rd)
    liveFlags = incoming
  }

  /// RORV.
  func emitRotate(_ o: Operation, w: Bool) {
    x86.mov(.ax, use(o.rn))
    x86.mov(.cx, use(o.rm))
    x86.shiftByCL(.ror, .ax, w: w)
    let d = define(o.rd)
    // A rotation by zero leaves the upper half as it is.
    x86.mov(d, .ax, w: w)
    commit(o.rd)
  }

  /// CLZ.
  func emitCountLeadingZeros(_ o: Operation, w: Bool) {
    let x = use(o.rn)
    let d = define(o.rd)
    x86.lzcnt(d, x, w: w)
    commit(o.rd)
  }

  /// REV: of 64 bits or of a word.
  func emitReverseBytes(_ o: Operation, w: Bool) {
    let x = use(o.rn)
    let d = define(o.rd)
    x86.mov(d, x)
    x86.bswap(d, w: w)
    commit(o.rd)
  }

  /// REV32: the bytes of each word.
  func emitReverseBytesOfWords(_ o: Operation) {
    let x = use(o.rn)
    let d = define(o.rd)
    x86.mov(d, x)
    x86.bswap(d, w: true)
    x86.rorx(d, d, 32)
    commit(o.rd)
  }

  /// RBIT: bytes are turned round by the host, bits inside them by masks.
  func emitReverseBits(_ o: Operation, w: Bool) {
    x86.mov(.ax, use(o.rn))
    x86.bswap(.ax, w: w)
    swapBits(4, 0x0F0F_0F0F_0F0F_0F0F)
    swapBits(2, 0x3333_3333_3333_3333)
    swapBits(1, 0x5555_5555_5555_5555)
    let d = define(o.rd)
    x86.mov(d, .ax, w: w)
    commit(o.rd)
  }

  /// REV16: the bytes of each 16 bits.
  func emitReverseBytesOfHalves(_ o: Operation, w: Bool) {
    x86.mov(.ax, use(o.rn), w: w)
    swapBits(8, 0x00FF_00FF_00FF_00FF)
    let d = define(o.rd)
    x86.mov(d, .ax)
    commit(o.rd)
  }

  /// AX = (AX >> n) & mask | (AX & mask) << n. CX and DX are scratch.
  private func swapBits(_ amount: UInt8, _ mask: UInt64) {
    x86.mov(.cx, imm: mask)
    x86.mov(.dx, .ax)
    x86.shift(.shr, .ax, amount, w: true)
    x86.alu(.and, .ax, .cx, w: true)
    x86.alu(.and, .dx, .cx, w: true)
    x86.shift(.shl, .dx, amount, w: true)
    x86.alu(.or, .ax, .dx, w: true)
  }
}
