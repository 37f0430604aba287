// FPCR and FPSR: the fields of a PE without trapped exceptions and without AArch32. Arm ARM C5.2.

/// FPCR.
public struct FloatingPointControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Half precision is flushed to zero (FEAT_FP16).
  public static let fz16 = Field("FZ16", 19)
  /// Rounding: 0 to nearest, 1 towards plus infinity, 2 towards minus infinity, 3 towards zero.
  public static let rMode = Field("RMode", 23, 22)
  /// Single and double precision are flushed to zero.
  public static let fz = Field("FZ", 24)
  /// Default NaN.
  public static let dn = Field("DN", 25)
  /// Alternative half precision.
  public static let ahp = Field("AHP", 26)
  /// All fields.
  public static let fields = [fz16, rMode, fz, dn, ahp]
}

/// FPSR.
public struct FloatingPointStatus: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Invalid operation.
  public static let ioc = Field("IOC", 0)
  /// Division by zero.
  public static let dzc = Field("DZC", 1)
  /// Overflow.
  public static let ofc = Field("OFC", 2)
  /// Underflow.
  public static let ufc = Field("UFC", 3)
  /// Inexact.
  public static let ixc = Field("IXC", 4)
  /// Input denormal.
  public static let idc = Field("IDC", 7)
  /// Saturation of integers.
  public static let qc = Field("QC", 27)
  /// All fields.
  public static let fields = [ioc, dzc, ofc, ufc, ixc, idc, qc]
}
