// The calls of the software delegated exception interface. Every argument comes from below and is checked;
// an entry is the client's own affair, as its exception vectors are, and must only be one that can be
// returned to. Arm DEN 0054, 5.1.

import Arm
import Platform

/// What a call needs to know of the machine.
struct DelegationCaller {
  /// The calling core.
  var core: Int
  /// How many cores there are.
  var coreCount: Int
  /// A bit for each core that is on.
  var coresOn: UInt32
}

extension DelegatedEvents {
  /// Handles a call, whose arguments are in X1 to X5: what it answers in X0; nil for a handler that has
  /// completed, whose context is that of what it had interrupted.
  @inline(never)
  func call<P: FirmwarePlatform>(
    _ platform: P, _ caller: DelegationCaller, _ features: ProcessorFeatures,
    _ context: inout LowerContext
  ) -> Int64? {
    guard isOffered,
      let function = SDEI.Function(rawValue: UInt32(truncatingIfNeeded: context.x[0]))
    else { return SDEI.Result.notSupported.rawValue }
    let core = caller.core
    switch function {
    case .version: return SDEI.version1Dot1
    case .peMask:
      defer { self[target: core].isMasked = true }
      return self[target: core].isMasked ? 0 : 1
    case .peUnmask:
      self[target: core].isMasked = false
      return 0
    case .features: return feature(context.x[1])
    case .eventContext: return savedRegister(context.x[1], core)
    case .eventComplete, .eventCompleteAndResume:
      return complete(
        platform, core, resumesAt: function == .eventComplete ? nil : context.x[1], features,
        &context)
    case .interruptBind: return bind(platform, core, context.x[1])
    case .privateReset: return reset(platform, core, isShared: false).rawValue
    case .sharedReset: return resetShared(platform, caller).rawValue
    case .eventRegister, .eventEnable, .eventDisable, .eventUnregister, .eventStatus,
      .eventGetInfo, .eventRoutingSet, .interruptRelease, .eventSignal:
      return callOfEvent(platform, function, caller, &context)
    }
  }

  @inline(never)
  private func callOfEvent<P: FirmwarePlatform>(
    _ platform: P, _ function: SDEI.Function, _ caller: DelegationCaller,
    _ context: inout LowerContext
  ) -> Int64 {
    let core = caller.core
    guard let event = DelegatedEvent(number: UInt32(truncatingIfNeeded: context.x[1])) else {
      return SDEI.Result.invalidParameters.rawValue
    }
    switch function {
    case .eventRegister:
      return register(platform, event, caller, &context).rawValue
    case .eventEnable: return change(platform, event, core, .enable).rawValue
    case .eventDisable: return change(platform, event, core, .disable).rawValue
    case .eventUnregister: return unregister(platform, event, core).rawValue
    case .eventStatus: return Int64(self[event, core: core].handler.status.rawValue)
    case .eventGetInfo:
      return event.kind.information(
        context.x[2], self[event, core: core].handler.status,
        self[event, core: core].handler.routing)
    case .eventRoutingSet:
      return route(platform, event, caller, flags: context.x[2], affinity: context.x[3]).rawValue
    case .interruptRelease: return release(event, caller).rawValue
    case .eventSignal: return signal(event, caller, affinity: context.x[2]).rawValue
    default: return SDEI.Result.notSupported.rawValue
    }
  }

  // MARK: Asking

  private func feature(_ number: UInt64) -> Int64 {
    switch SDEI.Feature(rawValue: UInt32(truncatingIfNeeded: number)) {
    case .bindSlots:
      Int64(DelegatedEvent.slotsOfEachType | DelegatedEvent.slotsOfEachType << 16)
    case .relativeMode: 0
    case nil: SDEI.Result.invalidParameters.rawValue
    }
  }

  private func savedRegister(_ number: UInt64, _ core: Int) -> Int64 {
    guard number < UInt64(SDEI.savedRegisterCount) else {
      return SDEI.Result.invalidParameters.rawValue
    }
    let depth = self[target: core].depth
    guard depth > 0 else { return SDEI.Result.denied.rawValue }
    return Int64(bitPattern: self[target: core].contexts[depth - 1].x[Int(number)])
  }

  // MARK: Registering

  @inline(never)
  private func register<P: FirmwarePlatform>(
    _ platform: P, _ event: DelegatedEvent, _ caller: DelegationCaller,
    _ context: inout LowerContext
  ) -> SDEI.Result {
    let core = caller.core
    guard
      let request = SDEI.Registration.Request(
        entry: context.x[2], argument: context.x[3], flags: context.x[4], affinity: context.x[5],
        coreCount: caller.coreCount)
    else { return .invalidParameters }
    guard self[event, core: core].handler.allows(.register) else { return .denied }
    if event.isBindable {
      guard let interrupt = interrupt(of: event) else { return .denied }
      let gic = SecureGIC(platform)
      guard gic.isNonSecure(interrupt, core), !gic.isActive(interrupt, core) else {
        return .denied
      }
      let priority = gic.take(interrupt, core)
      self[event, core: core].interruptPriority = priority
      if event.isShared {
        gic.route(interrupt, to: request.routing.isForOne ? request.routing.core : nil)
      }
    }
    return self[event, core: core].handler.register(request, event.kind)
  }

  @inline(never)
  private func change<P: FirmwarePlatform>(
    _ platform: P, _ event: DelegatedEvent, _ core: Int, _ action: EventAction
  ) -> SDEI.Result {
    let result = self[event, core: core].handler.change(action)
    if result == .success { listen(platform, event, core) }
    return result
  }

  /// Enables the bound interrupt of an event, or disables it: it stays disabled from when it was taken to
  /// the end of its handler, who stills its device.
  func listen<P: FirmwarePlatform>(_ platform: P, _ event: DelegatedEvent, _ core: Int) {
    let handler = self[event, core: core].handler
    guard handler.status.isSet(SDEI.Status.registered), let interrupt = interrupt(of: event) else {
      return
    }
    SecureGIC(platform).enable(interrupt, core, handler.allows(.deliver) && !handler.isPending)
  }

  @inline(never)
  func unregister<P: FirmwarePlatform>(
    _ platform: P, _ event: DelegatedEvent, _ core: Int
  ) -> SDEI.Result {
    let isRegistered = self[event, core: core].handler.allows(.unregister)
    let result = self[event, core: core].handler.unregister()
    if isRegistered, let interrupt = interrupt(of: event) {
      SecureGIC(platform).giveBack(
        interrupt, core, priority: self[event, core: core].interruptPriority)
    }
    return result
  }

  @inline(never)
  private func route<P: FirmwarePlatform>(
    _ platform: P, _ event: DelegatedEvent, _ caller: DelegationCaller, flags: UInt64,
    affinity: UInt64
  ) -> SDEI.Result {
    let core = caller.core
    guard event.isShared,
      let routing = SDEI.Routing(flags: flags, affinity: affinity, coreCount: caller.coreCount)
    else { return .invalidParameters }
    if event.isBindable, interrupt(of: event) == nil { return .invalidParameters }
    let result = self[event, core: core].handler.route(routing)
    if result == .success, let interrupt = interrupt(of: event) {
      SecureGIC(platform).route(interrupt, to: routing.isForOne ? routing.core : nil)
    }
    return result
  }

  /// Whether nobody has registered an event, or runs its handler.
  private func isUnused(_ event: DelegatedEvent, _ coreCount: Int) -> Bool {
    for core in 0..<coreCount where self[event, core: core].handler.status.rawValue != 0 {
      return false
    }
    return true
  }

  // MARK: Interrupts of the client's

  @inline(never)
  private func bind<P: FirmwarePlatform>(
    _ platform: P, _ core: Int, _ number: UInt64
  ) -> Int64 {
    let interrupt = UInt32(truncatingIfNeeded: number)
    let gic = SecureGIC(platform)
    guard interrupt >= 16, interrupt < gic.interruptCount else {
      return SDEI.Result.invalidParameters.rawValue
    }
    if let event = event(of: interrupt) { return Int64(event.number) }
    guard gic.isNonSecure(interrupt, core) else { return SDEI.Result.denied.rawValue }
    let first = interrupt < 32 ? 0 : DelegatedEvent.slotsOfEachType
    for slot in first..<(first + DelegatedEvent.slotsOfEachType) where self[binding: slot] == 0 {
      self[binding: slot] = interrupt
      return Int64(DelegatedEvent(slot: slot).number)
    }
    return SDEI.Result.outOfResource.rawValue
  }

  @inline(never)
  private func release(_ event: DelegatedEvent, _ caller: DelegationCaller) -> SDEI.Result {
    guard let slot = event.slot, self[binding: slot] != 0 else { return .invalidParameters }
    guard isUnused(event, caller.coreCount) else { return .denied }
    self[binding: slot] = 0
    return .success
  }

  // MARK: Signals and resets

  @inline(never)
  private func signal(
    _ event: DelegatedEvent, _ caller: DelegationCaller, affinity: UInt64
  ) -> SDEI.Result {
    guard event == .signaled, let target = SDEI.core(affinity, of: caller.coreCount) else {
      return .invalidParameters
    }
    guard caller.coresOn >> UInt32(target) & 1 != 0, !self[target: target].isMasked,
      self[event, core: target].handler.status.isSet(SDEI.Status.enabled)
    else { return .invalidParameters }
    self[event, core: target].handler.isPending = true
    return .success
  }

  /// Unregisters all events of a type; denied if a handler runs, whose event is then unregistered when it
  /// completes.
  @inline(never)
  private func reset<P: FirmwarePlatform>(
    _ platform: P, _ core: Int, isShared: Bool
  ) -> SDEI.Result {
    var result = SDEI.Result.success
    for row in 0..<DelegatedEvent.count {
      let event = DelegatedEvent(row: row)
      guard event.isShared == isShared else { continue }
      if unregister(platform, event, core) == .pending { result = .denied }
    }
    return result
  }

  @inline(never)
  private func resetShared<P: FirmwarePlatform>(
    _ platform: P, _ caller: DelegationCaller
  ) -> SDEI.Result {
    var result = reset(platform, caller.core, isShared: true)
    guard result == .success else { return result }
    for slot in 0..<(2 * DelegatedEvent.slotsOfEachType) where self[binding: slot] != 0 {
      if release(DelegatedEvent(slot: slot), caller) != .success { result = .denied }
    }
    return result
  }
}
