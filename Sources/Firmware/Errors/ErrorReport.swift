// One error, as EL3 found it: what made EL3 look, and what the records held. Small and flat, so that
// many of them need no heap, and the block for the operating system is composed from it only when
// that block is free.

import Arm

/// What EL3 knows of one error.
@safe public struct ErrorReport {
  /// How many record readings a report holds.
  public static var capacity: Int { 4 }

  /// What made EL3 look at the records.
  public var origin = ErrorOrigin.leftOver
  /// Counts the reports since reset: no two have the same.
  public var sequence: UInt32 = 0
  /// CNTPCT_EL0 at that moment.
  public var timestamp: UInt64 = 0
  /// MPIDR_EL1 of the core that read the records: the one that took the exception, if one has.
  public var affinity: UInt64 = 0
  /// MIDR_EL1 of that core.
  public var identification: UInt64 = 0
  /// The line of RAM that an aborted access went to, if that is known.
  public private(set) var accessedLine: UInt64?
  /// Whether errors were lost: more records than fit, a full queue, or a storm.
  public var hasLostErrors = false
  /// Whether it is for who only prints it after a reset: a fatal error ends nothing more.
  var isPast = false
  /// How many of the readings are in use.
  public var readingCount: Int { Int(count) }
  // A byte, and nothing of a reading here: copies of a report lie on the stack of the error path.
  private var count: UInt8 = 0
  // Invariant: `capacity` initialized readings in memory that outlives the report.
  private let storage: UnsafeMutablePointer<ErrorRecordReading>

  /// An empty report with room for its readings.
  @unsafe init(readings: UnsafeMutablePointer<ErrorRecordReading>) { unsafe storage = readings }

  /// A record as it was read, in the order of their indices. Inlined, so that nobody who asks for a field has a
  /// copy of all of it on the stack.
  @inline(__always) public func reading(_ index: Int) -> ErrorRecordReading {
    precondition(index >= 0 && index < readingCount)
    return unsafe storage[index]
  }

  /// Starts over with what made EL3 look, no records yet.
  mutating func begin<P: FirmwarePlatform>(
    _ platform: P, _ origin: ErrorOrigin, sequence: UInt32
  ) {
    count = 0
    hasLostErrors = false
    accessedLine = nil
    isPast = false
    self.sequence = sequence
    timestamp = platform.read(.cntpctEL0)
    affinity = platform.read(.mpidrEL1)
    identification = platform.read(.midrEL1)
    self.origin = origin
  }

  /// Adds the selected record, if there is room.
  mutating func add<P: FirmwarePlatform>(
    _ index: UInt16, _ status: ErrorStatus, _ records: ErrorRecords<P>
  ) {
    guard readingCount < Self.capacity else {
      hasLostErrors = true
      return
    }
    unsafe records.fill(&storage[readingCount], index, status)
    count += 1
  }

  /// Adds the line that an access went to when it was aborted, unless a record names it. The memory
  /// node has one record for all cores: what this core has met may have been read by another, or
  /// have found the record taken and left OF.
  mutating func addAccess(line: UInt64) {
    accessedLine = line
    for index in 0..<readingCount where reading(index).isNonSecure {
      if let known = reading(index).physicalAddress, CacheLine.start(of: known) == line { return }
    }
    guard readingCount < Self.capacity else {
      hasLostErrors = true
      return
    }
    unsafe storage[readingCount] = ErrorRecordReading(
      abortedAt: line, isRestartable: origin.coreState == .restartable)
    count += 1
  }

  /// Counts the corrected errors that the records hold.
  mutating func count(in known: inout CorrectedErrors) {
    for index in 0..<readingCount where reading(index).status.highestState == .corrected {
      let hasPage = reading(index).isNonSecure && !reading(index).isOfInterconnect
      let address = hasPage ? reading(index).physicalAddress : nil
      if known.count(
        reading(index).correctedCount, of: reading(index).index, at: address, now: timestamp)
      {
        unsafe storage[index].isOverThreshold = true
      }
    }
  }

  /// Whether nothing but corrected errors is in it.
  var isCorrected: Bool { highestState == .corrected && !isCritical }

  /// Whether nothing but corrected errors is in it, of pages that have not too many of them.
  var isOnlyCount: Bool {
    var result = isCorrected
    for index in 0..<readingCount where reading(index).isOverThreshold { result = false }
    return result
  }

  /// Whether all that it says is that one line is bad, and that no core took an exception for it.
  func isOnly(line: UInt64) -> Bool {
    switch origin {
    case .interrupt, .parked: break
    case .abort, .systemError, .abandoned, .leftOver: return false
    }
    for index in 0..<readingCount
    where reading(index).physicalAddress.map({ CacheLine.start(of: $0) }) != line
      || !reading(index).isNonSecure || reading(index).isOfInterconnect
    {
      return false
    }
    return readingCount > 0
  }

  /// Whether a reading of a record held just this.
  func says(_ index: UInt16, _ status: ErrorStatus, _ address: UInt64) -> Bool {
    for known in 0..<readingCount
    where reading(known).index == index && reading(known).status == status
      && reading(known).address.rawValue == address
    {
      return true
    }
    return false
  }

  /// The highest state of all records; the syndrome of a record belongs to its highest state only
  /// (RASSA 2.4.3.5), so that is what counts. Nil when there is no record.
  public var highestState: ErrorState? {
    var highest: ErrorState?
    for index in 0..<readingCount {
      guard let state = reading(index).status.highestState else { continue }
      if let known = highest, known >= state { continue }
      highest = state
    }
    return highest
  }

  /// Whether a record tells of a critical error: its node may not work any more.
  var isCritical: Bool {
    var result = false
    for index in 0..<readingCount {
      result = result || reading(index).status.isSet(ErrorStatus.ci)
    }
    return result
  }

  /// Whether nobody may go on: the core is lost, or a record is uncontainable or critical. What a run before
  /// has left behind stops nobody.
  public var isFatal: Bool {
    origin != .leftOver
      && (origin.isCoreLost || highestState == .uncontainable || isCritical)
  }

  /// Whether somebody should look at it before anything else: it is not corrected, and has not been
  /// left by a run before.
  var isUrgent: Bool { origin != .leftOver && (isFatal || highestState?.isUncorrected == true) }

  /// Whether a record names memory of the Secure world, which no lower level can use: the error is
  /// EL3's own, whoever is told of it. Corrected and deferred ones cost nothing.
  public var isOfSecureMemory: Bool {
    for index in 0..<readingCount {
      let reading = reading(index)
      if reading.physicalAddress != nil, reading.isSecure,
        reading.status.highestState?.isUncorrected == true
      {
        return true
      }
    }
    return false
  }
}
