// Why a translation failed, before anybody decides whether it becomes a Data Abort, an
// Instruction Abort or a value of PAR_EL1. Arm ARM D8.15, ESR_ELx ISS encodings in D24.2.

import Arm

/// A failed translation.
struct TranslationFault: Error, Equatable {
  /// The class of fault; the raw value is DFSC[5:2].
  enum Kind: UInt8 {
    /// An address is wider than TCR_ELx.{I}PS, VTCR_EL2.PS or the implementation allow.
    case addressSize = 0b0000
    /// Nothing is mapped, or the registers allow no walk.
    case translation = 0b0001
    /// The Access flag is 0 and hardware does not manage it.
    case accessFlag = 0b0010
    /// The access is not permitted.
    case permission = 0b0011
    /// Synchronous External abort on a translation table walk or hardware update.
    case externalAbort = 0b0101
  }

  /// The class of fault.
  var kind: Kind
  /// Level of the lookup that failed, 0...3.
  var level: UInt8
  /// Whether stage 2 failed.
  var isStage2 = false
  /// Whether stage 2 failed for the address of a stage 1 descriptor (ISS.S1PTW).
  var isStage1Walk = false
  /// Whether the external abort is none, since the core is told by an SError.
  var isSystemError = false
  /// The IPA that stage 2 was asked for.
  var intermediateAddress = IntermediatePhysicalAddress(0)

  /// DFSC, IFSC or PAR_EL1.FST.
  var status: FaultStatus { FaultStatus(rawValue: kind.rawValue << 2 | level) }

  /// This external abort, told as the bus has it.
  func caused(by fault: BusFault) -> TranslationFault {
    var result = self
    result.isSystemError = fault.isSystemError
    return result
  }

  /// The exception that the fault raises for an access to a virtual address.
  ///
  /// SET is 0 and FnV is 0: a poisoned descriptor is a recoverable error (UER) at a known VA, and
  /// SET is RES0 for DFSC other than 0x10 anyway.
  ///
  /// - Parameters:
  ///   - address: what FAR_ELx gets; a tag in the top byte stays.
  ///   - access: decides the exception class, CM and WnR.
  ///   - isWriteFault: WnR of a `write` or `atomic`.
  /// - Returns: the exception before routing, without ISV.
  func exception(
    _ address: UInt64, _ access: AccessKind, isWriteFault: Bool
  ) -> GuestException {
    let syndrome: Syndrome
    switch access {
    case .execute:
      syndrome = .instructionAbort(status, isStage1Walk: isStage1Walk)
    case .read:
      syndrome = .dataAbort(status, isWrite: false, isStage1Walk: isStage1Walk)
    case .write, .atomic:
      syndrome = .dataAbort(status, isWrite: isWriteFault, isStage1Walk: isStage1Walk)
    case .cacheMaintenance, .cacheInvalidate:
      syndrome = .dataAbort(
        status, isWrite: true, isCacheMaintenance: true, isStage1Walk: isStage1Walk)
    }
    let kind: GuestException.Kind =
      isSystemError
      ? .systemError
      : self.kind == .externalAbort ? .externalAbort : isStage2 ? .stage2Fault : .fault
    return GuestException(
      kind, syndrome: syndrome.rawValue, faultAddress: address,
      intermediateAddress: isStage2 ? intermediateAddress : nil, isStage2: isStage2)
  }
}
