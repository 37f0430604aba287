// The table of error sources: which there are, how each is told, whose it is, and what goes there.
// Firmware and VMM write their HEST from it, lay out their memory by it, and ask it where an error
// goes; nobody else counts sources. A source's identifier in the HEST is its place in the table.
//
// To add a source: Documentation/Recipes.md.

/// What a source is for: the rows of the table, in the order of the HEST.
public enum ErrorSourceKind: Int, CaseIterable, Sendable {
  /// Synchronous External aborts that a core took: the abort itself tells of the record.
  case synchronousAbort
  /// SErrors that a core took and the operating system sees: the SError tells. Linux ignores such
  /// sources, so that they are there only for who asked.
  case systemError
  /// Errors of events that are not corrected, where they are told apart: by a critical delegated
  /// exception.
  case criticalEvent
  /// Whatever no core takes an exception for, or has no source of its own: told by the interrupt of
  /// the error device.
  case event

  /// Whether every core has such a source of its own, so that none waits for another's handler.
  public var isOfEachCore: Bool {
    switch self {
    case .synchronousAbort, .systemError: true
    case .criticalEvent, .event: false
    }
  }

  /// How the operating system is told.
  public var notification: ErrorNotification {
    switch self {
    case .synchronousAbort: ErrorNotification(.sea)
    case .systemError: ErrorNotification(.sei)
    case .criticalEvent: ErrorNotification(.sdei)
    case .event: ErrorNotification(.gpio)
    }
  }
}

/// The error sources of one machine.
public struct ErrorSourceTable: Equatable, Sendable {
  /// The most sources that a table can have.
  public static let maximumCount = 256

  /// How many cores have sources of their own.
  public let coreCount: Int
  /// A bit for each kind that is there.
  private var kinds: UInt64 = 0
  /// How many sources there are.
  public private(set) var count = 0
  /// How the operating system is told of events.
  public var eventNotification = EventNotification.gpio
  /// INTID of the error device.
  public var eventInterrupt: UInt32 = 0
  /// The delegated exception that tells of events.
  public var delegatedEvent: UInt32 = 0
  /// The delegated exception that tells of critical ones.
  public var criticalDelegatedEvent: UInt32 = 0

  /// A source of synchronous aborts for each core and one of events: what every operating system
  /// knows. `coreCount` is at least 1.
  ///
  /// - Precondition: All of them are at most `maximumCount`.
  public init(coreCount: Int) {
    precondition(coreCount >= 1)
    self.coreCount = coreCount
    insert(.synchronousAbort)
    insert(.event)
  }

  /// The sources of the machine's firmware; those of SErrors for an operating system that claims
  /// errors where it takes them.
  public static func firmware(coreCount: Int, hasSystemErrors: Bool) -> ErrorSourceTable {
    var table = ErrorSourceTable(coreCount: coreCount)
    if hasSystemErrors { table.insert(.systemError) }
    return table
  }

  /// The sources that a virtual machine monitor gives its guest.
  public static func guest(coreCount: Int) -> ErrorSourceTable {
    ErrorSourceTable(coreCount: coreCount)
  }

  /// Adds the sources of a kind, in their place among the others.
  ///
  /// - Precondition: All of them are at most `maximumCount`.
  public mutating func insert(_ kind: ErrorSourceKind) {
    if !contains(kind) { count += kind.isOfEachCore ? coreCount : 1 }
    kinds |= 1 << UInt64(kind.rawValue)
    precondition(count <= Self.maximumCount)
  }

  /// Whether there are sources of a kind.
  public func contains(_ kind: ErrorSourceKind) -> Bool { kinds >> UInt64(kind.rawValue) & 1 != 0 }

  /// How many sources of a kind there are.
  private func count(of kind: ErrorSourceKind) -> Int {
    !contains(kind) ? 0 : kind.isOfEachCore ? coreCount : 1
  }

  /// The first source of a kind, or where it would be.
  private func start(of kind: ErrorSourceKind) -> Int {
    var start = 0
    var row = 0
    // Not `allCases`, which is an array: EL3 has no heap for one.
    while row < kind.rawValue, let earlier = ErrorSourceKind(rawValue: row) {
      start += count(of: earlier)
      row += 1
    }
    return start
  }

  /// The source for an error of a kind that a core met: the core's own; that of events if there is
  /// none.
  public func source(for kind: ErrorSourceKind, core: Int) -> Int {
    guard kind != .event, contains(kind), core >= 0, !kind.isOfEachCore || core < coreCount else {
      return start(of: .event)
    }
    return start(of: kind) + (kind.isOfEachCore ? core : 0)
  }

  /// How the operating system is told of a source.
  public func notification(of source: Int) -> ErrorNotification {
    switch kind(of: source) ?? .event {
    case .event:
      eventNotification.structure(interrupt: eventInterrupt, delegated: delegatedEvent)
    case .criticalEvent: ErrorNotification(.sdei, vector: criticalDelegatedEvent)
    case let kind: kind.notification
    }
  }

  /// Whether whoever publishes a record of a source has to raise the error device's interrupt.
  public func isToldByInterrupt(_ source: Int) -> Bool {
    notification(of: source).kind?.event == .notification
  }

  /// Whether whoever publishes a record of a source has to raise its delegated exception.
  public func isToldByDelegation(_ source: Int) -> Bool {
    notification(of: source).kind?.event == .delegated
  }

  /// The source for reports of a source that has no room, and whose notification is over: what tells of
  /// it tells of a report whenever it is published.
  public func source(after source: Int) -> Int {
    switch kind(of: source) ?? .event {
    case .synchronousAbort, .systemError: self.source(for: .criticalEvent, core: 0)
    case .criticalEvent, .event: source
    }
  }

  /// The source of events.
  public var events: Int { start(of: .event) }

  /// What a source is for; nil for one that is not in the table.
  public func kind(of source: Int) -> ErrorSourceKind? {
    var row = 0
    while let kind = ErrorSourceKind(rawValue: row) {
      let start = start(of: kind)
      if source >= start, source < start + count(of: kind) { return kind }
      row += 1
    }
    return nil
  }
}

/// A flag for each source of a table.
public struct ErrorSourceSet: Equatable, Sendable {
  private var words = InlineArray<4, UInt64>(repeating: 0)

  /// No flag set.
  public init() {}

  /// The flag of a source.
  ///
  /// - Precondition: The source is one of the first `ErrorSourceTable.maximumCount`.
  public subscript(source: Int) -> Bool {
    get { words[source >> 6] >> UInt64(source & 63) & 1 != 0 }
    set {
      let bit = UInt64(1) << UInt64(source & 63)
      if newValue { words[source >> 6] |= bit } else { words[source >> 6] &= ~bit }
    }
  }

  /// Whether the same flags are set.
  public static func == (a: ErrorSourceSet, b: ErrorSourceSet) -> Bool {
    for index in 0..<4 where a.words[index] != b.words[index] { return false }
    return true
  }
}
