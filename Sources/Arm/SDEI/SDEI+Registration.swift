// A client's handler for an event, and what the calls make of it: the same for whoever dispatches, the firmware
// for EL2 or the VMM for its guest's EL1. What else a dispatcher does with a call (the interrupt of a bound
// event, say) it does around these. Arm DEN 0054, 5.1 and 6.1.

extension SDEI {
  /// The registration of an event: one for each PE where the event is private.
  public struct Registration: Sendable {
    /// Registered, enabled, running.
    public var status = Status(rawValue: 0)
    /// Whether the event waits for its handler.
    public var isPending = false
    /// Where a shared event goes.
    public var routing = Routing()
    /// The handler's first instruction.
    public var entry: UInt64 = 0
    /// What the handler gets as X1.
    public var argument: UInt64 = 0

    /// Nobody's.
    public init() {}

    /// What SDEI_EVENT_REGISTER asks for, checked.
    public struct Request: Equatable, Sendable {
      /// The handler's first instruction.
      public let entry: UInt64
      /// What the handler gets as X1.
      public let argument: UInt64
      /// Where a shared event goes.
      public let routing: Routing

      /// From X2 to X5 of the call; nil for an entry, flags or an affinity that are not valid.
      public init?(
        entry: UInt64, argument: UInt64, flags: UInt64, affinity: UInt64, coreCount: Int
      ) {
        guard SDEI.isEntry(entry),
          let routing = Routing(flags: flags, affinity: affinity, coreCount: coreCount)
        else { return nil }
        self.entry = entry
        self.argument = argument
        self.routing = routing
      }
    }

    /// Whether an action is possible in its state.
    @inlinable public func allows(_ action: EventAction) -> Bool { status.after(action) != nil }

    /// Changes the state alone: SDEI_EVENT_ENABLE, SDEI_EVENT_DISABLE, the end of a handler.
    public mutating func change(_ action: EventAction) -> Result {
      guard let status = status.after(action) else { return .denied }
      self.status = status
      return .success
    }

    /// SDEI_EVENT_REGISTER.
    public mutating func register(_ request: Request, _ kind: EventKind) -> Result {
      let result = change(.register)
      guard result == .success else { return result }
      entry = request.entry
      argument = request.argument
      routing = kind.isShared ? request.routing : Routing()
      return .success
    }

    /// SDEI_EVENT_UNREGISTER: pending where the handler still runs. Nothing of the registration stays.
    public mutating func unregister() -> Result {
      let isRunning = status.isSet(Status.running)
      guard let status = status.after(.unregister) else { return isRunning ? .pending : .denied }
      self = Registration()
      self.status = status
      return isRunning ? .pending : .success
    }

    /// SDEI_EVENT_ROUTING_SET of a shared event.
    public mutating func route(_ routing: Routing) -> Result {
      let result = change(.route)
      if result == .success { self.routing = routing }
      return result
    }

    /// Whether the event waits, and a PE that enters handlers may enter this one.
    public func isWaiting(for core: Int) -> Bool {
      isPending && allows(.deliver) && routing.allows(core)
    }

    /// The handler is entered; false if it cannot be.
    public mutating func deliver() -> Bool {
      guard change(.deliver) == .success else { return false }
      isPending = false
      return true
    }
  }
}
