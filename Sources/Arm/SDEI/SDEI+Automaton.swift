// The states of an event's handler, and what each call makes of them. Arm DEN 0054, 6.1.
//
//     unregistered ⇄ registered ⇄ enabled → enabled and running → ...
//
// A handler that is unregistered while it runs stays running, and nothing but its end is possible then:
// "unregister pending".

/// What changes the state of an event.
public enum EventAction: CaseIterable, Sendable {
  /// SDEI_EVENT_REGISTER.
  case register
  /// SDEI_EVENT_ENABLE.
  case enable
  /// SDEI_EVENT_DISABLE.
  case disable
  /// SDEI_EVENT_UNREGISTER.
  case unregister
  /// SDEI_EVENT_ROUTING_SET.
  case route
  /// The handler is entered.
  case deliver
  /// The handler has completed.
  case complete
}

extension SDEI.Status {
  /// The state after an action; nil where it is denied.
  public func after(_ action: EventAction) -> SDEI.Status? {
    let isRegistered = isSet(SDEI.Status.registered)
    switch action {
    case .register: return rawValue == 0 ? with(SDEI.Status.registered, 1) : nil
    case .enable: return isRegistered ? with(SDEI.Status.enabled, 1) : nil
    case .disable: return isRegistered ? without(SDEI.Status.enabled) : nil
    case .unregister:
      return isRegistered ? without(SDEI.Status.registered).without(SDEI.Status.enabled) : nil
    case .route: return self == SDEI.Status(rawValue: SDEI.Status.registered.mask) ? self : nil
    case .deliver:
      let isReady = isSet(SDEI.Status.enabled) && !isSet(SDEI.Status.running)
      return isReady ? with(SDEI.Status.running, 1) : nil
    case .complete: return isSet(SDEI.Status.running) ? without(SDEI.Status.running) : nil
    }
  }
}
