// Which exception level takes an external abort or an SError. The machine asks when it delivers
// one, the firmware when it forges one: the claim "forged = hardware" begins here. No secure EL2
// (Armv8.2-A), no FEAT_DoubleFault2.

/// The routing of external aborts and SErrors.
public enum ExternalAbortRouting {
  /// Whether EL2 is enabled: in Non-secure state, there being no secure EL2.
  @inlinable public static func isEL2Enabled(_ scr: SecureConfiguration) -> Bool {
    scr.isSet(SecureConfiguration.ns)
  }

  /// The level that takes a synchronous external abort from `origin`. `isStage2` says that the
  /// abort was on a stage 2 walk. Arm ARM D20.4.4 (AArch64.Abort, SyncExternalAbortTarget).
  @inlinable public static func synchronousTarget(
    from origin: ExceptionLevel, scr: SecureConfiguration, hcr: HypervisorConfiguration,
    isStage2: Bool
  ) -> ExceptionLevel {
    if origin == .el3 || scr.isSet(SecureConfiguration.ea) { return .el3 }
    return synchronousTargetBelowEL3(
      from: origin, isEL2Enabled: isEL2Enabled(scr), hcr: hcr, isStage2: isStage2)
  }

  /// The level that would take a synchronous external abort from `origin` if SCR_EL3.EA were 0:
  /// where EL3 forges it. `origin` is EL0, EL1 or EL2; EL3 is answered with EL3.
  @inlinable public static func synchronousTargetBelowEL3(
    from origin: ExceptionLevel, isEL2Enabled: Bool, hcr: HypervisorConfiguration, isStage2: Bool
  ) -> ExceptionLevel {
    switch origin {
    case .el3: return .el3
    case .el2: return .el2
    case .el1:
      return isEL2Enabled && (hcr.isSet(HypervisorConfiguration.tea) || isStage2) ? .el2 : .el1
    case .el0:
      let toEL2 =
        hcr.isSet(HypervisorConfiguration.tea) || hcr.isSet(HypervisorConfiguration.tge)
        || isStage2
      return isEL2Enabled && toEL2 ? .el2 : .el1
    }
  }

  /// Where a physical SError goes, and whether it may be taken now.
  public struct ErrorTarget: Equatable, Sendable {
    /// The level that takes it.
    public var target: ExceptionLevel
    /// Whether it stays pending for now, by PSTATE.A or because its target is lower than the
    /// current level.
    public var isMasked: Bool

    /// A decision.
    @inlinable public init(target: ExceptionLevel, isMasked: Bool) {
      self.target = target
      self.isMasked = isMasked
    }
  }

  /// Where a physical SError goes that is pending while the PE is at `current` with PSTATE.A as
  /// given. Arm ARM D1.4.6 (asynchronous exception routing and masking), PhysicalSErrorTarget.
  @inlinable public static func errorTarget(
    at current: ExceptionLevel, isMaskSet: Bool, scr: SecureConfiguration,
    hcr: HypervisorConfiguration
  ) -> ErrorTarget {
    if scr.isSet(SecureConfiguration.ea) {
      let isMasked = current == .el3 && isMaskSet && !scr.isSet(SecureConfiguration.nmea)
      return ErrorTarget(target: .el3, isMasked: isMasked)
    }
    return errorTargetBelowEL3(
      at: current, isMaskSet: isMaskSet, isEL2Enabled: isEL2Enabled(scr), hcr: hcr)
  }

  /// Where a physical SError goes if SCR_EL3.EA is 0, or would go: where EL3 forges it, and
  /// whether it must not because the target has it masked.
  @inlinable public static func errorTargetBelowEL3(
    at current: ExceptionLevel, isMaskSet: Bool, isEL2Enabled: Bool, hcr: HypervisorConfiguration
  ) -> ErrorTarget {
    let isHost = isEL2Enabled && hcr.isHost
    let toEL2 =
      isEL2Enabled
      && (hcr.isSet(HypervisorConfiguration.tge) || hcr.isSet(HypervisorConfiguration.amo))
    let target: ExceptionLevel = toEL2 ? .el2 : .el1
    if target < current { return ErrorTarget(target: target, isMasked: true) }
    // PSTATE.A masks at the target itself, and in the application of a host (E2H and TGE).
    let isMaskable = target == .el1 || current == .el2 || isHost
    return ErrorTarget(target: target, isMasked: isMaskable && isMaskSet)
  }
}
