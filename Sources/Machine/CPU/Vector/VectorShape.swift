// How the operands of an encoding are laid out: what the decoder derives element size, lane count,
// shift or index from, and which reserved combinations make it UNDEFINED.

/// The element sizes an encoding allows.
struct ElementSizes: OptionSet, Sendable {
  let rawValue: UInt8
  static let b = ElementSizes(rawValue: 1)
  static let h = ElementSizes(rawValue: 2)
  static let s = ElementSizes(rawValue: 4)
  static let d = ElementSizes(rawValue: 8)
  static let bhs: ElementSizes = [.b, .h, .s]
  static let bhsd: ElementSizes = [.b, .h, .s, .d]
  static let hs: ElementSizes = [.h, .s]

  @inline(__always) func contains(size: Int) -> Bool { rawValue >> UInt8(size) & 1 != 0 }
}

/// The operand layout of an encoding.
enum VectorShape: Sendable {
  /// 128 bits as bytes, or an encoding without elements.
  case whole
  /// Elements of a fixed size, 64 or 128 bits by Q.
  case fixed(size: Int)
  /// Element size in bits 23:22, 64 or 128 bits by Q; a single 64-bit element is reserved.
  case vector(ElementSizes)
  /// One element, size in bits 23:22.
  case scalar(ElementSizes)
  /// Single or double by bit 22, 64 or 128 bits by Q.
  case float
  /// Half precision, 64 or 128 bits by Q.
  case half
  /// One single or double by bit 22.
  case floatScalar
  /// One half-precision number.
  case halfScalar
  /// Elements of size 23:22 reduced to one; two words are reserved.
  case across
  /// One number, format in bits 23:22 as 00 single, 01 double, 11 half.
  case floatType
  /// Narrow source elements (size in 23:22) from the low or high half by Q.
  case long(ElementSizes)
  /// As `long`, with one element.
  case longScalar(ElementSizes)
  /// FCVTL, FCVTN: 16 to 32 or 32 to 64 by bit 22, half by Q; size is the narrow one.
  case floatLong
  /// FCVTXN of one number: 64 to 32.
  case floatLongScalar
  /// One source element chosen by L:H:M; size in 23:22.
  case indexed(ElementSizes)
  case indexedScalar(ElementSizes)
  case indexedLong(ElementSizes)
  case indexedLongScalar(ElementSizes)
  /// One source element; single or double by bit 22, or half.
  case indexedFloat
  case indexedFloatScalar
  case indexedHalf
  case indexedHalfScalar
  /// Groups of four bytes; 32-bit index.
  case indexedDot
  /// immh:immb is twice the element size minus the shift.
  case shiftRight
  case shiftRightScalar
  /// immh:immb is the element size plus the shift.
  case shiftLeft
  case shiftLeftScalarD
  case shiftLeftScalar
  /// Right shifts that narrow; size is the narrow one, half by Q.
  case shiftNarrow
  case shiftNarrowScalar
  /// Left shift that widens.
  case shiftLong
  /// Fixed-point conversion with immh:immb as in a right shift.
  case fixedPoint
  case fixedPointScalar
  /// Element index in imm5, result 64 or 128 bits by Q.
  case copyElement
  case copyElementScalar
  case copyGeneral
  case moveToGeneral(ElementSizes)
  case insertElement
  case insertGeneral
  /// EXT.
  case extract
  /// cmode, op and abcdefgh; the expanded value is the operation's immediate.
  case modifiedImmediate
  /// FMOV (scalar, immediate).
  case floatImmediate
  /// Integer or fixed-point conversion with a general register: sf, and the format.
  case floatGeneral
  case floatGeneralFixed
  /// FMOV between general and FP registers: the size moved.
  case moveGeneral(size: Int)
  /// LD1-LD4, ST1-ST4 of whole registers: registers per structure, and repetitions.
  case multiple(structure: Int, repeats: Int)
  /// LD1-LD4, ST1-ST4 of one lane.
  case single(structure: Int, size: Int)
  /// LD1R-LD4R.
  case replicate(structure: Int)
}
