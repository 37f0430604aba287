// The registers of the generic timer. Arm ARM D12.2.

/// CNTP_CTL_EL0 and its relatives.
public struct TimerControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Enable.
  public static let enable = Field("ENABLE", 0)
  /// The interrupt is masked.
  public static let imask = Field("IMASK", 1)
  /// Whether the condition is met. Read-only.
  public static let istatus = Field("ISTATUS", 2)
  /// All fields.
  public static let fields = [enable, imask, istatus]

  /// Whether the timer's interrupt comes with its condition: enabled, and not masked.
  @inlinable public var canInterrupt: Bool {
    only(TimerControl.enable | TimerControl.imask).rawValue == TimerControl.enable.mask
  }

  /// Whether the timer's interrupt is there.
  @inlinable public var isInterrupting: Bool { canInterrupt && isSet(TimerControl.istatus) }
}

/// CNTKCTL_EL1, and CNTHCTL_EL2 with HCR_EL2.E2H = 1.
///
/// CNTHCTL_EL2 with E2H = 0 is `CounterHypervisorControl`.
public struct CounterKernelControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// EL0 may read the physical counter.
  public static let el0pcten = Field("EL0PCTEN", 0)
  /// EL0 may read the virtual counter.
  public static let el0vcten = Field("EL0VCTEN", 1)
  /// Event stream enable.
  public static let evnten = Field("EVNTEN", 2)
  /// Which transition makes an event.
  public static let evntdir = Field("EVNTDIR", 3)
  /// The bit of the counter whose transitions make events.
  public static let evnti = Field("EVNTI", 7, 4)
  /// EL0 may use the virtual timer.
  public static let el0vten = Field("EL0VTEN", 8)
  /// EL0 may use the physical timer.
  public static let el0pten = Field("EL0PTEN", 9)
  /// EL1 may read the physical counter. CNTHCTL_EL2.
  public static let el1pcten = Field("EL1PCTEN", 10)
  /// EL1 may use the physical timer. CNTHCTL_EL2.
  public static let el1pten = Field("EL1PTEN", 11)
  /// All fields.
  public static let fields = [
    el0pcten, el0vcten, evnten, evntdir, evnti, el0vten, el0pten, el1pcten, el1pten,
  ]
}

/// CNTHCTL_EL2 with HCR_EL2.E2H = 0.
public struct CounterHypervisorControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// EL1 may read the physical counter.
  public static let el1pcten = Field("EL1PCTEN", 0)
  /// EL1 may use the physical timer.
  public static let el1pcen = Field("EL1PCEN", 1)
  /// Event stream enable.
  public static let evnten = Field("EVNTEN", 2)
  /// Which transition makes an event.
  public static let evntdir = Field("EVNTDIR", 3)
  /// The bit of the counter whose transitions make events.
  public static let evnti = Field("EVNTI", 7, 4)
  /// All fields.
  public static let fields = [el1pcten, el1pcen, evnten, evntdir, evnti]
}
