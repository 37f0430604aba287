// The AT instructions and PAR_EL1. Arm ARM C5.4, D24.2 (PAR_EL1), AArch64.AT in J1.

import Arm

/// An AT instruction.
public enum AddressTranslation: UInt8, CaseIterable, Sendable {
  /// Stage 1, as EL1 (as EL2 in a host).
  case s1e1r, s1e1w
  /// Stage 1, as EL0.
  case s1e0r, s1e0w
  /// Stage 1, as EL1 with PSTATE.PAN (FEAT_PAN2).
  case s1e1rp, s1e1wp
  /// Stage 1, as EL2.
  case s1e2r, s1e2w
  /// Both stages, as EL1.
  case s12e1r, s12e1w
  /// Both stages, as EL0.
  case s12e0r, s12e0w
  /// Stage 1, as EL3.
  case s1e3r, s1e3w

  /// Whether the regime is that of EL2.
  var isEL2s: Bool { self == .s1e2r || self == .s1e2w }

  /// Whether the translation is for a store.
  var isWrite: Bool { rawValue & 1 != 0 }

  /// Whether stage 2 is left out.
  var isStage1Only: Bool {
    switch self {
    case .s12e1r, .s12e1w, .s12e0r, .s12e0w: false
    default: true
    }
  }

  /// Whose privilege the translation has.
  ///
  /// In a host, the EL1 forms are about EL2.
  func level(_ state: CoreState) -> ExceptionLevel {
    switch self {
    case .s1e0r, .s1e0w, .s12e0r, .s12e0w: .el0
    case .s1e2r, .s1e2w: .el2
    case .s1e3r, .s1e3w: .el3
    case .s1e1r, .s1e1w, .s1e1rp, .s1e1wp, .s12e1r, .s12e1w:
      state.scr.isSet(SecureConfiguration.ns) && state.hcr.isHost ? .el2 : .el1
    }
  }
}

extension TableWalker {
  /// Carries out an AT instruction: the value of PAR_EL1.
  ///
  /// - Throws: the Data Abort (CM = 1, WnR = 1) of an External abort on the walk, and, from EL1,
  ///   of a stage 2 fault on a stage 1 descriptor; every other fault is PAR_EL1's to report.
  func addressTranslate(
    _ operation: AddressTranslation, _ address: UInt64
  ) throws(GuestException) -> UInt64 {
    var walker = self
    walker.purpose = .observation
    let usesPAN = operation == .s1e1rp || operation == .s1e1wp
    do {
      let translation = try walker.translate(
        address, operation.isWrite ? .write : .read,
        TranslationRegime(operation.level(state), state),
        isPANEnabled: usesPAN && state.pan != 0, stage1Only: operation.isStage1Only)
      return Self.parEL1(translation)
    } catch {
      let isExceptionToEL2 = error.isStage1Walk && state.el == 1 && operation.isStage1Only
      if error.kind == .externalAbort || isExceptionToEL2 {
        throw error.exception(address, .cacheMaintenance, isWriteFault: true)
      }
      return Self.parEL1(error)
    }
  }

  /// PAR_EL1 of a success.
  private static func parEL1(_ translation: Translation) -> UInt64 {
    typealias PAR = TranslationResult
    var result = PAR(rawValue: PAR.reservedOnes)
    result[PAR.attr] = UInt64(translation.attributes)
    result.rawValue |= translation.physicalAddress.rawValue & PAR.pa.mask
    result[PAR.ns] = translation.isSecure ? 0 : 1
    result[PAR.sh] = UInt64(translation.shareability)
    return result.rawValue
  }

  /// PAR_EL1 of a fault.
  private static func parEL1(_ fault: TranslationFault) -> UInt64 {
    typealias PAR = TranslationResult
    var result = PAR(rawValue: PAR.reservedOnes | PAR.f.mask)
    result[PAR.s] = fault.isStage2 ? 1 : 0
    result[PAR.ptw] = fault.isStage1Walk ? 1 : 0
    result[PAR.fst] = UInt64(fault.status.rawValue)
    return result.rawValue
  }
}
