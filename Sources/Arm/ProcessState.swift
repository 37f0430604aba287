// PSTATE as SPSR_ELx holds it. Only the fields of an AArch64 image of Armv8.2-A and the few later
// ones that a decoder meets.

/// A PSTATE image, SPSR_ELx. Arm ARM C5.2, SPSR_EL1, and D1.5.
public struct ProcessState: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// An image with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Negative.
  public static let n = Field("N", 31)
  /// Zero.
  public static let z = Field("Z", 30)
  /// Carry.
  public static let c = Field("C", 29)
  /// Overflow.
  public static let v = Field("V", 28)
  /// Tag check override (FEAT_MTE).
  public static let tco = Field("TCO", 25)
  /// Data independent timing (FEAT_DIT).
  public static let dit = Field("DIT", 24)
  /// User access override (FEAT_UAO).
  public static let uao = Field("UAO", 23)
  /// Privileged access never (FEAT_PAN).
  public static let pan = Field("PAN", 22)
  /// Software step.
  public static let ss = Field("SS", 21)
  /// Illegal execution state.
  public static let il = Field("IL", 20)
  /// All interrupts mask (FEAT_NMI).
  public static let allint = Field("ALLINT", 13)
  /// Speculative store bypass safe (FEAT_SSBS).
  public static let ssbs = Field("SSBS", 12)
  /// Branch type (FEAT_BTI).
  public static let btype = Field("BTYPE", 11, 10)
  /// Debug exception mask.
  public static let d = Field("D", 9)
  /// SError mask.
  public static let a = Field("A", 8)
  /// IRQ mask.
  public static let i = Field("I", 7)
  /// FIQ mask.
  public static let f = Field("F", 6)
  /// Execution state: 0 AArch64, 1 AArch32; the top bit of M.
  public static let nRW = Field("nRW", 4)
  /// Exception level, M[3:2] of an AArch64 image.
  public static let el = Field("EL", 3, 2)
  /// Must be zero in an AArch64 image, M[1].
  public static let m1 = Field("M[1]", 1)
  /// Stack pointer selection, M[0] of an AArch64 image: 0 SP_EL0, 1 SP_ELx.
  public static let sp = Field("SP", 0)
  /// All fields.
  public static let fields = [
    n, z, c, v, tco, dit, uao, pan, ss, il, allint, ssbs, btype, d, a, i, f, nRW, el, m1, sp,
  ]
  /// D, A, I and F together.
  public static let daif = Field("DAIF", 9, 6)
  /// M[3:0] together.
  public static let mode = Field("M", 3, 0)

  /// An AArch64 image at `level` with all interrupts masked and nothing else set.
  @inlinable public init(level: ExceptionLevel, usesOwnStack: Bool = true) {
    rawValue = 0x3C0 | UInt64(level.rawValue) &<< 2 | (usesOwnStack && level != .el0 ? 1 : 0)
  }

  /// The level of an AArch64 image.
  @inlinable public var exceptionLevel: ExceptionLevel {
    ExceptionLevel(rawValue: UInt8(rawValue &>> 2 & 3)) ?? .el0
  }
  /// Whether the image is of AArch32 state.
  @inlinable public var isAArch32: Bool { isSet(ProcessState.nRW) }
  /// Whether SP_ELx is selected rather than SP_EL0.
  @inlinable public var usesOwnStack: Bool { isSet(ProcessState.sp) }
}
