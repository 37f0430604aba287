// Where an exception enters: offsets from VBAR_ELx.

/// The vector table. Arm ARM D1.4.1.6.
public enum VectorTable {
  /// What is being taken; the raw value is the offset in a group.
  public enum Entry: UInt64, Sendable {
    /// Synchronous exception.
    case synchronous = 0x000
    /// IRQ or virtual IRQ.
    case irq = 0x080
    /// FIQ or virtual FIQ.
    case fiq = 0x100
    /// SError or virtual SError.
    case serror = 0x180
  }

  /// The size of a table, and the alignment of VBAR_ELx.
  public static let size: UInt64 = 0x800

  /// Where the entries begin that are for exceptions from the target's own level with SP_ELx; those
  /// with SP_EL0 are the first.
  public static let ownStack: UInt64 = 0x200
  /// Where the entries begin that are for exceptions from a lower level, if the level below the target
  /// is in AArch64 state.
  public static let lowerAArch64: UInt64 = 0x400
  /// The same, if it is in AArch32 state.
  public static let lowerAArch32: UInt64 = 0x600

  /// The offset of an entry, when an exception from `origin` is taken to `target`.
  ///
  /// AArch32 state is that of a lower level, and the target is EL1 or EL2. What decides then is the
  /// level below the target: EL0 itself for EL1 and for a host, EL1 for another EL2, which `hcr`,
  /// HCR_EL2, tells.
  @inlinable public static func offset(
    _ entry: Entry, from origin: ProcessState, to target: ExceptionLevel,
    hcr: HypervisorConfiguration = HypervisorConfiguration(rawValue: 0)
  ) -> UInt64 {
    let group: UInt64
    if origin.isAArch32 {
      let isNextLower = target == .el1 || hcr.isHost
      let isWide = !isNextLower && hcr.isSet(HypervisorConfiguration.rw)
      group = isWide ? lowerAArch64 : lowerAArch32
    } else if origin.exceptionLevel < target {
      group = lowerAArch64
    } else {
      group = origin.usesOwnStack ? ownStack : 0
    }
    return group | entry.rawValue
  }

  /// The entry for a synchronous external abort taken to `target`: SCR_EL3.EASE sends one that
  /// EL3 takes to the SError entry. Arm ARM D1.4.1.6 (FEAT_DoubleFault).
  @inlinable public static func externalAbortEntry(
    to target: ExceptionLevel, scr: SecureConfiguration
  ) -> Entry {
    target == .el3 && scr.isSet(SecureConfiguration.ease) ? .serror : .synchronous
  }
}
