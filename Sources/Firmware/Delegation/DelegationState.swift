// What EL3 remembers of the software delegated exception interface: who has registered what, which PEs
// are masked, what was interrupted, which interrupts are bound. In memory that is taken once and for all:
// inside the monitor it would be copied to the stack with it.

import Arm

/// The registration of an event: one for each PE where the event is private.
struct EventRegistration {
  /// The client's handler, and its state.
  var handler = SDEI.Registration()
  /// The priority of a bound interrupt before it was EL3's.
  var interruptPriority: UInt8 = 0
}

/// What a handler has interrupted: it may use X0 to X17.
struct InterruptedContext {
  /// The row of the handler's event.
  var row = 0
  /// X0 to X17.
  var x = InlineArray<18, UInt64>(repeating: 0)
  /// Where it goes on.
  var elr: UInt64 = 0
  /// Its PSTATE.
  var spsr: UInt64 = 0
}

/// A PE as a target of events.
struct DelegationTarget {
  /// Whether no handler is entered: so is every PE that is turned on.
  var isMasked = true
  /// How many handlers run, one inside the other: a critical one in a normal one.
  var depth = 0
  /// What they have interrupted, outermost first.
  var contexts = InlineArray<2, InterruptedContext>(repeating: InterruptedContext())
}

/// All of it.
struct DelegationState {
  /// Those of the private events of each PE, then those of the shared events.
  var registrations = InlineArray<37, EventRegistration>(repeating: EventRegistration())
  var targets = InlineArray<8, DelegationTarget>(repeating: DelegationTarget())
  /// The INTID of each slot; 0 for none: SGI 0 cannot be bound.
  var bindings = InlineArray<6, UInt32>(repeating: 0)
}

/// The software delegated exception interface, if it is offered.
@safe public struct DelegatedEvents {
  // Invariant: nil, or one initialized state in memory that outlives the value.
  private let state: UnsafeMutablePointer<DelegationState>?

  /// An interface that is not there: every call answers NOT_SUPPORTED.
  public init() { unsafe state = nil }

  /// Bytes of memory that the interface needs, at an alignment of 16.
  public static var storageSize: Int { MemoryLayout<DelegationState>.stride }

  /// An interface with its state in memory that must outlive the value; nil if there are less than
  /// `storageSize` bytes.
  @unsafe public init?(storage: UnsafeMutableRawBufferPointer) {
    guard let start = storage.baseAddress, storage.count >= Self.storageSize else { return nil }
    let state = unsafe start.bindMemory(to: DelegationState.self, capacity: 1)
    unsafe state.initialize(to: DelegationState())
    unsafe self.state = state
  }

  /// Whether it is there.
  public var isOffered: Bool { unsafe state != nil }

  private static func place(_ event: DelegatedEvent, _ core: Int) -> Int {
    let row = event.row
    return row < DelegatedEvent.privateCount
      ? core * DelegatedEvent.privateCount + row
      : maximumCores * DelegatedEvent.privateCount + row - DelegatedEvent.privateCount
  }

  private static var maximumCores: Int { 8 }

  /// The registration of an event, on a core if it is private. Only where the interface is offered.
  subscript(event: DelegatedEvent, core core: Int) -> EventRegistration {
    @inline(__always) _read {
      yield unsafe state.unsafelyUnwrapped.pointee.registrations[Self.place(event, core)]
    }
    @inline(__always) nonmutating _modify {
      yield unsafe &state.unsafelyUnwrapped.pointee.registrations[Self.place(event, core)]
    }
  }

  /// A core as a target. Only where the interface is offered.
  subscript(target core: Int) -> DelegationTarget {
    @inline(__always) _read { yield unsafe state.unsafelyUnwrapped.pointee.targets[core] }
    @inline(__always) nonmutating _modify {
      yield unsafe &state.unsafelyUnwrapped.pointee.targets[core]
    }
  }

  /// The INTID that is bound to a slot; 0 for none. Only where the interface is offered.
  subscript(binding slot: Int) -> UInt32 {
    @inline(__always) get { unsafe state.unsafelyUnwrapped.pointee.bindings[slot] }
    @inline(__always) nonmutating set {
      unsafe state.unsafelyUnwrapped.pointee.bindings[slot] = newValue
    }
  }

  /// The interrupt that is bound to an event; nil for none.
  func interrupt(of event: DelegatedEvent) -> UInt32? {
    guard let slot = event.slot, self[binding: slot] != 0 else { return nil }
    return self[binding: slot]
  }

  /// The event that an interrupt is bound to.
  func event(of interrupt: UInt32) -> DelegatedEvent? {
    for slot in 0..<(2 * DelegatedEvent.slotsOfEachType)
    where interrupt != 0 && self[binding: slot] == interrupt {
      return DelegatedEvent(slot: slot)
    }
    return nil
  }
}
