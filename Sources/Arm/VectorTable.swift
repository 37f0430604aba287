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

  /// The offset of an entry, when an exception from AArch64 state `origin` is taken to `target`.
  /// An AArch32 origin would add 0x200.
  @inlinable public static func offset(
    _ entry: Entry, from origin: ProcessState, to target: ExceptionLevel
  ) -> UInt64 {
    let group: UInt64 =
      if origin.exceptionLevel < target {
        0x400
      } else if origin.usesOwnStack {
        0x200
      } else {
        0
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
