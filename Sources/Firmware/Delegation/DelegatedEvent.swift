// Which events there are: one that a PE signals to another, two that tell of hardware errors, and places
// for events that a client makes of interrupts of its own. Arm DEN 0054, 4.2 and 5.1.
//
// An event is a row. Private ones come first: each PE has a registration of its own for them.

import Arm

/// An event of the software delegated exception interface.
public struct DelegatedEvent: Equatable, Sendable {
  /// Its row.
  let row: Int

  /// How many rows are private.
  static var privateCount: Int { 4 }
  /// How many rows there are.
  static var count: Int { 9 }
  /// How many interrupts of each type can be bound.
  static var slotsOfEachType: Int { 3 }

  /// Corrected, deferred and latent errors: shared, normal.
  public static let errors = DelegatedEvent(row: 4)
  /// Uncorrected errors: shared, critical.
  public static let criticalErrors = DelegatedEvent(row: 5)
  /// What SDEI_EVENT_SIGNAL raises: private, normal.
  static let signaled = DelegatedEvent(row: 0)

  init(row: Int) { self.row = row }

  /// The event of a number; nil for one that is not there.
  public init?(number: UInt32) {
    switch number {
    case SDEI.signaledEvent: row = 0
    case 1000...1002: row = 1 + Int(number - 1000)
    case 800, 801: row = 4 + Int(number - 800)
    case 2000...2002: row = 6 + Int(number - 2000)
    default: return nil
    }
  }

  /// Its number.
  public var number: UInt32 {
    switch row {
    case 0: SDEI.signaledEvent
    case 1...3: 1000 + UInt32(row - 1)
    case 4, 5: 800 + UInt32(row - 4)
    default: 2000 + UInt32(row - 6)
    }
  }

  /// Whether it has one registration, and one handler runs at a time.
  public var isShared: Bool { row >= Self.privateCount }
  /// Whether it interrupts a handler of normal priority.
  public var isCritical: Bool { self == .criticalErrors }
  /// Whether it has to be bound to an interrupt before it can be registered.
  public var isBindable: Bool { slot != nil }

  /// What kind of event it is.
  var kind: SDEI.EventKind {
    SDEI.EventKind(isShared: isShared, isCritical: isCritical, isSignaled: self == .signaled)
  }

  /// Which binding is its; nil if it needs none.
  var slot: Int? {
    switch row {
    case 1...3: row - 1
    case 6...8: row - 6 + Self.slotsOfEachType
    default: nil
    }
  }

  /// The event of a binding.
  init(slot: Int) {
    row = slot < Self.slotsOfEachType ? slot + 1 : slot - Self.slotsOfEachType + 6
  }
}
