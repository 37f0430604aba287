// What a dispatcher of the interface knows of an event beside its handler's state, and how it answers for
// that: the firmware for EL2, the VMM for its guest's EL1. Arm DEN 0054, 4.2 and 5.1.

extension SDEI {
  /// What an event is, whatever a client makes of it.
  public struct EventKind: Equatable, Sendable {
    /// Whether it has one registration, and one handler runs at a time; a private one has one for each PE.
    public var isShared: Bool
    /// Whether it interrupts a handler of normal priority.
    public var isCritical: Bool
    /// Whether SDEI_EVENT_SIGNAL raises it.
    public var isSignaled: Bool

    /// A kind.
    public init(isShared: Bool, isCritical: Bool, isSignaled: Bool) {
      self.isShared = isShared
      self.isCritical = isCritical
      self.isSignaled = isSignaled
    }

    /// What SDEI_EVENT_GET_INFO answers. The routing of a shared event is known once it is registered.
    public func information(_ which: UInt64, _ status: Status, _ routing: Routing) -> Int64 {
      let invalid = Result.invalidParameters.rawValue
      let information = Information(rawValue: UInt32(truncatingIfNeeded: which))
      switch information {
      case .type: return isShared ? 1 : 0
      case .signaled: return isSignaled ? 1 : 0
      case .priority: return isCritical ? 1 : 0
      case .routingMode, .routingAffinity:
        guard isShared else { return invalid }
        guard status.isSet(Status.registered) else { return Result.denied.rawValue }
        if information == .routingMode { return routing.isForOne ? 1 : 0 }
        return routing.isForOne ? Int64(routing.core) : invalid
      case nil: return invalid
      }
    }
  }

  /// Where a shared event goes.
  public struct Routing: Equatable, Sendable {
    /// Whether it goes to `core` alone.
    public var isForOne = false
    /// The PE; MPIDR_EL1.Aff0 is its number.
    public var core = 0

    /// To any PE.
    public init() {}

    /// What a call asks for; nil for flags or an affinity that are not valid.
    public init?(flags: UInt64, affinity: UInt64, coreCount: Int) {
      switch RoutingMode(rawValue: flags) {
      case .any: break
      case .one:
        guard let core = SDEI.core(affinity, of: coreCount) else { return nil }
        isForOne = true
        self.core = core
      case nil: return nil
      }
    }

    /// Whether a PE may take the event.
    @inlinable public func allows(_ core: Int) -> Bool { !isForOne || self.core == core }
  }

  /// The core of an affinity, nil if there is none. What MPIDR_EL1 has beside the four fields (U, MT, and bit
  /// 31, which is 1) is not looked at: callers pass all of it, as TF-A allows.
  public static func core(_ affinity: UInt64, of coreCount: Int) -> Int? {
    let fields = affinity & MultiprocessorAffinity.affinityMask
    return fields < UInt64(coreCount) ? Int(fields) : nil
  }

  /// Whether a handler, or what goes on after one, can be entered there: what is at the address is the
  /// client's own affair, as its exception vectors are.
  @inlinable public static func isEntry(_ address: UInt64) -> Bool {
    address != 0 && address & 3 == 0
  }
}
