// Seed of the interrupt controller's outside: see the chapter's owner.

import Arm

/// What the CPU interface must know about the PE that accesses it or is to be signalled.
public struct InterruptView: Sendable {
  /// PSTATE.EL.
  public var level: ExceptionLevel
  /// Whether the PE is in Secure state (EL3 counts as Secure).
  public var isSecure: Bool
  /// SCR_EL3.
  public var scrEL3: UInt64
  /// HCR_EL2.
  public var hcrEL2: UInt64

  /// A view.
  public init(level: ExceptionLevel, isSecure: Bool, scrEL3: UInt64, hcrEL2: UInt64) {
    self.level = level
    self.isSecure = isSecure
    self.scrEL3 = scrEL3
    self.hcrEL2 = hcrEL2
  }
}

/// The interrupt inputs of a PE.
public struct InterruptSignals: Equatable, Sendable {
  /// Physical IRQ.
  public var irq = false
  /// Physical FIQ.
  public var fiq = false
  /// Virtual IRQ from the list registers (HCR_EL2.VI is not included).
  public var virtualIRQ = false
  /// Virtual FIQ from the list registers (HCR_EL2.VF is not included).
  public var virtualFIQ = false
}
