// ESR_ELx: what happened, in one register. This file has the parts that all classes share; the
// ISS of each class is in `Syndrome+*.swift`, and what the values mean in words is in
// `SyndromeDescription*.swift` (host only).

/// A syndrome, ESR_ELx. Arm ARM D24.2, ESR_EL1.
public struct Syndrome: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A syndrome with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Second part of the ISS (FEAT_LS64 and later).
  public static let iss2 = Field("ISS2", 55, 32)
  /// Exception class.
  public static let ec = Field("EC", 31, 26)
  /// Instruction length: 1 for a 32-bit instruction, and for exceptions without one.
  public static let il = Field("IL", 25)
  /// Instruction-specific syndrome; its format depends on the class.
  public static let iss = Field("ISS", 24, 0)
  /// The fields of every syndrome.
  public static let fields = [iss2, ec, il, iss]

  /// A syndrome of a class, with its ISS; IL is 1 unless said otherwise.
  @inlinable public init(_ exceptionClass: ExceptionClass, iss: UInt64, il: Bool = true) {
    rawValue =
      UInt64(exceptionClass.rawValue) &<< 26 | (il ? 1 &<< 25 : 0) | (iss & Syndrome.iss.mask)
  }

  /// The exception class.
  @inlinable public var exceptionClass: ExceptionClass {
    get { ExceptionClass(rawValue: UInt8(truncatingIfNeeded: rawValue &>> 26)) }
    set { self[Syndrome.ec] = UInt64(newValue.rawValue) }
  }

  /// This syndrome as the target sees it: only bit 0 of the class of aborts and debug exceptions
  /// depends on whether the exception came from the target level itself.
  @inlinable public func taken(fromSameLevel: Bool) -> Syndrome {
    var copy = self
    copy.exceptionClass = exceptionClass.taken(fromSameLevel: fromSameLevel)
    return copy
  }
}
