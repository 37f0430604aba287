// How instructions name a system register or a system instruction.

/// The name of a system register or system instruction as instructions encode it: op0, op1, CRn,
/// CRm, op2 as bits [20:5] of MRS, MSR, SYS and SYSL have them.
public struct SystemRegisterEncoding: RawRepresentable, Hashable, Sendable {
  /// op0 at 15:14, op1 at 13:11, CRn at 10:7, CRm at 6:3, op2 at 2:0.
  public let rawValue: UInt16
  /// The encoding with these bits.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The encoding written `S<op0>_<op1>_C<crn>_C<crm>_<op2>`.
  @inlinable public init(_ op0: UInt8, _ op1: UInt8, _ crn: UInt8, _ crm: UInt8, _ op2: UInt8) {
    rawValue =
      UInt16(op0 & 3) &<< 14 | UInt16(op1 & 7) &<< 11 | UInt16(crn & 15) &<< 7
      | UInt16(crm & 15) &<< 3 | UInt16(op2 & 7)
  }

  /// The encoding whose op0, op1, CRn, CRm and op2 are hexadecimal digits of a number.
  @inlinable public init(digits: UInt32) {
    rawValue =
      UInt16(truncatingIfNeeded: digits &>> 16 & 3) &<< 14
      | UInt16(truncatingIfNeeded: digits &>> 12 & 7) &<< 11
      | UInt16(truncatingIfNeeded: digits &>> 8 & 15) &<< 7
      | UInt16(truncatingIfNeeded: digits &>> 4 & 15) &<< 3
      | UInt16(truncatingIfNeeded: digits & 7)
  }

  /// op0, op1, CRn, CRm and op2 as the hexadecimal digits of a number.
  @inlinable public var digits: UInt32 {
    UInt32(op0) &<< 16 | UInt32(op1) &<< 12 | UInt32(crn) &<< 8 | UInt32(crm) &<< 4 | UInt32(op2)
  }

  /// The other way to an EL1 or EL0 register that EL2 and EL3 have with HCR_EL2.E2H = 1: what is
  /// called <register>_EL12 or _EL02. Arm ARM D24.2, HCR_EL2.E2H.
  @inlinable public var hostAlias: SystemRegisterEncoding {
    SystemRegisterEncoding(rawValue: rawValue & ~(7 << 11) | 5 << 11)
  }

  /// op0.
  @inlinable public var op0: UInt8 { UInt8(rawValue &>> 14) }
  /// op1: by it an encoding's lowest exception level is chosen.
  @inlinable public var op1: UInt8 { UInt8(rawValue &>> 11) & 7 }
  /// CRn.
  @inlinable public var crn: UInt8 { UInt8(rawValue &>> 7 & 15) }
  /// CRm.
  @inlinable public var crm: UInt8 { UInt8(rawValue &>> 3 & 15) }
  /// op2.
  @inlinable public var op2: UInt8 { UInt8(rawValue & 7) }
}
