// Forging: what EL3 writes so that the world below sees an abort as if SCR_EL3.EA were 0 and the
// hardware had delivered it. A pure function of registers, so that a test can put every combination
// beside the hardware's own. Routing, vector and PSTATE are functions of the Arm room. The simulated
// hardware uses those of routing too, which is not circular for the tests: they have the Arm ARM's
// tables as oracle.
//
// The exception is forged even when the origin has PSTATE.A set: a synchronous abort cannot be
// masked, and the hardware has the same hazard for the interrupted exception entry.

import Arm

/// The registers that decide how an exception is forged.
public struct ForgingContext: Equatable, Sendable {
  /// SPSR_EL3: PSTATE of the world that was interrupted.
  public var origin: ProcessState
  /// ESR_EL3.
  public var syndrome: Syndrome
  /// FAR_EL3.
  public var faultAddress: UInt64
  /// ELR_EL3.
  public var returnAddress: UInt64
  /// HCR_EL2.
  public var hcr: HypervisorConfiguration
  /// SCR_EL3.
  public var scr: SecureConfiguration
  /// SCTLR_EL1.
  public var sctlrEL1: SystemControl
  /// SCTLR_EL2.
  public var sctlrEL2: SystemControl
  /// VBAR_EL1.
  public var vbarEL1: UInt64
  /// VBAR_EL2.
  public var vbarEL2: UInt64
  /// What the core has.
  public var features: ProcessorFeatures
  /// Whether the abort was on a stage 2 walk; S1PTW alone unless `isWalkAmbiguous` was resolved.
  public var isOnStage2Walk: Bool

  /// Whether the syndrome does not tell a stage 1 walk from a stage 2 walk for the access itself
  /// (DFSC 0x14 to 0x17 with S1PTW clear is either), and the target depends on it.
  public var isWalkAmbiguous: Bool {
    guard syndrome.exceptionClass.isAbort, syndrome.faultStatus.isExternalAbortOnWalk,
      !isOnStage2Walk, ExternalAbortRouting.isEL2Enabled(scr)
    else { return false }
    let hasStage2 =
      hcr.isSet(HypervisorConfiguration.vm) || hcr.isSet(HypervisorConfiguration.dc)
    let goesToEL2 =
      hcr.isSet(HypervisorConfiguration.tea) || hcr.isSet(HypervisorConfiguration.tge)
    return origin.originLevel <= .el1 && hasStage2 && !goesToEL2
  }

  /// The registers of this core, and what its exception to EL3 saved: SPSR_EL3, ESR_EL3, FAR_EL3
  /// and ELR_EL3.
  public init<P: FirmwarePlatform>(
    _ platform: P, origin: UInt64, syndrome: UInt64, faultAddress: UInt64, returnAddress: UInt64,
    _ features: ProcessorFeatures
  ) {
    self.origin = ProcessState(rawValue: origin)
    self.syndrome = Syndrome(rawValue: syndrome)
    self.faultAddress = faultAddress
    self.returnAddress = returnAddress
    hcr = HypervisorConfiguration(rawValue: platform.read(.hcrEL2))
    scr = SecureConfiguration(rawValue: platform.read(.scrEL3))
    sctlrEL1 = SystemControl(rawValue: platform.read(.sctlrEL1))
    sctlrEL2 = SystemControl(rawValue: platform.read(.sctlrEL2))
    vbarEL1 = platform.read(.vbarEL1)
    vbarEL2 = platform.read(.vbarEL2)
    self.features = features
    isOnStage2Walk = self.syndrome.isStage1WalkInStage2
  }

  /// A context with these registers.
  public init(
    origin: ProcessState, syndrome: Syndrome, faultAddress: UInt64, returnAddress: UInt64,
    hcr: HypervisorConfiguration, scr: SecureConfiguration, sctlrEL1: SystemControl,
    sctlrEL2: SystemControl, vbarEL1: UInt64, vbarEL2: UInt64, features: ProcessorFeatures
  ) {
    self.origin = origin
    self.syndrome = syndrome
    self.faultAddress = faultAddress
    self.returnAddress = returnAddress
    self.hcr = hcr
    self.scr = scr
    self.sctlrEL1 = sctlrEL1
    self.sctlrEL2 = sctlrEL2
    self.vbarEL1 = vbarEL1
    self.vbarEL2 = vbarEL2
    self.features = features
    isOnStage2Walk = syndrome.isStage1WalkInStage2
  }
}

/// An exception as the target is to see it.
public struct ForgedException: Equatable, Sendable {
  /// EL1 or EL2.
  public var target: ExceptionLevel
  /// ESR of the target.
  public var syndrome: Syndrome
  /// FAR of the target, or nil to leave it.
  public var faultAddress: UInt64?
  /// ELR of the target.
  public var returnAddress: UInt64
  /// SPSR of the target.
  public var savedState: ProcessState
  /// PSTATE in the handler: SPSR_EL3 for the return.
  public var state: ProcessState
  /// The handler's first instruction: ELR_EL3 for the return.
  public var vector: UInt64

  /// The synchronous external abort of a context, delivered below EL3.
  public init(synchronousAbort context: ForgingContext) {
    let target = ExternalAbortRouting.synchronousTargetBelowEL3(
      from: context.origin.originLevel,
      isEL2Enabled: ExternalAbortRouting.isEL2Enabled(context.scr), hcr: context.hcr,
      isStage2: context.isOnStage2Walk)
    self.init(context, target: target, entry: .synchronous)
    faultAddress = context.syndrome.hasFaultAddress ? context.faultAddress : nil
  }

  /// The SError of a context, delivered to `target`, which does not have it masked.
  ///
  /// ESR.IESB says that an implicit error synchronization at the target's entry took it, which is
  /// not what happened: it is cleared.
  public init(serror context: ForgingContext, target: ExceptionLevel) {
    self.init(context, target: target, entry: .serror)
    if syndrome.asynchronousErrorType != nil { syndrome[Syndrome.iesb] = 0 }
  }

  /// UNDEFINED: EC 0, to EL1, or to EL2 from EL2 and from EL0 with TGE. Arm ARM D1.4.7.
  public init(undefined context: ForgingContext) {
    let origin = context.origin.originLevel
    let toEL2 =
      origin == .el2
      || origin == .el0 && ExternalAbortRouting.isEL2Enabled(context.scr)
        && context.hcr.isSet(HypervisorConfiguration.tge)
    var context = context
    context.syndrome = Syndrome(.unknown, iss: 0)
    self.init(context, target: toEL2 ? .el2 : .el1, entry: .synchronous)
  }

  private init(
    _ context: ForgingContext, target: ExceptionLevel, entry: VectorTable.Entry
  ) {
    self.target = target
    let sctlr = target == .el2 ? context.sctlrEL2 : context.sctlrEL1
    let level = context.origin.originLevel
    syndrome = context.syndrome.taken(fromSameLevel: level == target)
    faultAddress = nil
    returnAddress = context.returnAddress
    savedState = context.origin
    state = ProcessState.ofHandler(
      from: context.origin, at: target, sctlr: sctlr, hcr: context.hcr, context.features)
    let base = target == .el2 ? context.vbarEL2 : context.vbarEL1
    vector =
      (base & ~(VectorTable.size - 1))
      + VectorTable.offset(entry, from: context.origin, to: target, hcr: context.hcr)
  }

  /// Writes the target's registers; the context then returns into its handler.
  public func deliver<P: FirmwarePlatform>(_ platform: P, _ context: inout LowerContext) {
    if target == .el2 {
      platform.write(.esrEL2, syndrome.rawValue)
      if let faultAddress { platform.write(.farEL2, faultAddress) }
      platform.write(.elrEL2, returnAddress)
      platform.write(.spsrEL2, savedState.rawValue)
    } else {
      platform.write(.esrEL1, syndrome.rawValue)
      if let faultAddress { platform.write(.farEL1, faultAddress) }
      platform.write(.elrEL1, returnAddress)
      platform.write(.spsrEL1, savedState.rawValue)
    }
    context.elr = vector
    context.spsr = state.rawValue
  }
}

extension ProcessState {
  /// PSTATE in a handler at `target`, entered from `origin`. Of later architectures: tag checks are off in
  /// a handler (FEAT_MTE), and all interrupts are masked unless SCTLR_ELx.SPINTMASK says otherwise
  /// (FEAT_NMI).
  static func ofHandler(
    from origin: ProcessState, at target: ExceptionLevel, sctlr: SystemControl,
    hcr: HypervisorConfiguration, _ features: ProcessorFeatures
  ) -> ProcessState {
    var state = ExceptionEntry.processState(from: origin, to: target, sctlr: sctlr, hcr: hcr)
    if features.mte { state[ProcessState.tco] = 1 }
    if features.nmi { state[ProcessState.allint] = sctlr[SystemControl.spintmask] ^ 1 }
    return state
  }

  /// The level of an image; an AArch32 image from below EL3 is User mode (EL0), Hyp or EL1.
  var originLevel: ExceptionLevel {
    guard isAArch32 else { return exceptionLevel }
    switch self[ProcessState.mode] {
    case 0x0: return .el0
    case 0xa: return .el2
    default: return .el1
    }
  }
}

extension Syndrome {
  /// Whether an external abort was on the stage 2 walk for a stage 1 descriptor: S1PTW.
  var isStage1WalkInStage2: Bool { exceptionClass.isAbort && isSet(Syndrome.s1ptw) }

  /// Whether FAR holds the address: always but with FnV, which exists for status 0x10.
  var hasFaultAddress: Bool {
    !(self[Syndrome.fsc] == UInt64(FaultStatus.externalAbort.rawValue) && isSet(Syndrome.fnv))
  }
}
