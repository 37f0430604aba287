// What an instruction throws when it does not complete: everything the exception entry needs.

import Arm

/// A synchronous exception that an instruction raised, before routing.
public struct GuestException: Error, Equatable, Sendable {
  /// What decides the routing. Arm ARM D1.4.
  public enum Kind: UInt8, Sendable {
    /// UNDEFINED: EC 0, to EL1, or EL2 when TGE.
    case undefined
    /// A trap whose target is known (`target`), e.g. EC 0x18 by HCR_EL2, or EC 0x07.
    case trap
    /// SVC.
    case supervisorCall
    /// HVC.
    case hypervisorCall
    /// SMC, to EL3 (a trap to EL2 is a `trap`).
    case secureMonitorCall
    /// Stage 1 MMU fault, alignment fault, PC or SP alignment, BRK, illegal state, ...: to the
    /// current EL, EL1 from EL0, EL2 when TGE.
    case fault
    /// Stage 2 MMU fault: to EL2.
    case stage2Fault
    /// Synchronous external abort: routed by SCR_EL3.EA, HCR_EL2.{TEA,TGE}, EL and stage.
    case externalAbort
    /// None of its own: the instruction is abandoned, for an SError that is pending.
    case systemError
    /// Debug exception (software step, breakpoint, watchpoint): MDCR_EL2.TDE, TGE.
    case debug
  }

  /// What decides the routing.
  public var kind: Kind
  /// The target, for `trap`.
  public var target: ExceptionLevel
  /// ESR_ELx as the target sees it, but for EC bit 0 of aborts (same or lower EL), which the
  /// exception entry sets: give EC 0x20 or 0x24.
  public var syndrome: UInt64
  /// FAR_ELx, when the kind of exception has one.
  public var faultAddress: UInt64
  /// The IPA, for stage 2 faults (HPFAR_EL2 is made from it) and for external aborts on a
  /// stage-2 walk.
  public var intermediateAddress: IntermediatePhysicalAddress
  /// Whether FAR is written.
  public var hasFaultAddress: Bool
  /// Whether HPFAR_EL2 is written when taken to EL2.
  public var hasIntermediateAddress: Bool
  /// Whether the abort was on a stage-2 translation (its walk, or a stage-1 walk's stage 2).
  public var isStage2: Bool

  /// An exception before routing.
  public init(
    _ kind: Kind, syndrome: UInt64 = 0, target: ExceptionLevel = .el1, faultAddress: UInt64? = nil,
    intermediateAddress: IntermediatePhysicalAddress? = nil, isStage2: Bool = false
  ) {
    self.kind = kind
    self.target = target
    self.syndrome = syndrome
    self.faultAddress = faultAddress ?? 0
    self.hasFaultAddress = faultAddress != nil
    self.intermediateAddress = intermediateAddress ?? IntermediatePhysicalAddress(0)
    self.hasIntermediateAddress = intermediateAddress != nil
    self.isStage2 = isStage2
  }

  /// What an access raises that the bus did not complete: an external abort, unless the core is
  /// told by an SError.
  init(_ fault: BusFault, _ syndrome: Syndrome, faultAddress: UInt64) {
    var syndrome = syndrome
    syndrome[Syndrome.fnv] = fault.hasFaultAddress ? 0 : 1
    self.init(
      fault.isSystemError ? .systemError : .externalAbort, syndrome: syndrome.rawValue,
      faultAddress: fault.hasFaultAddress ? faultAddress : nil)
  }

  /// An exception before routing that is no stage 2 fault.
  init(
    _ kind: Kind, _ syndrome: Syndrome, target: ExceptionLevel = .el1, faultAddress: UInt64? = nil
  ) {
    self.init(
      kind, syndrome: syndrome.rawValue, target: target, faultAddress: faultAddress)
  }

  /// UNDEFINED, with ESR EC 0 and IL 1.
  public static let undefined = GuestException(.undefined, Syndrome(.unknown, iss: 0))
}
