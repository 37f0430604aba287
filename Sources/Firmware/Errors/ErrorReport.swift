// One abort, as EL3 found it: small and flat, so that a queue of them needs no heap and the block
// for the operating system is composed from it only when that block is free.

import Arm

/// What EL3 knows of one external abort or SError.
@safe public struct ErrorReport {
  /// How many record readings a report holds.
  public static var capacity: Int { 4 }

  /// Whether the report waits to be published.
  public var isWaiting = false
  /// The error source whose block it is for.
  public var source: UInt8 = 0
  /// Counts the reports since reset: no two have the same.
  public var sequence: UInt32 = 0
  /// CNTPCT_EL0 at the abort.
  public var timestamp: UInt64 = 0
  /// MPIDR_EL1 of the core.
  public var affinity: UInt64 = 0
  /// MIDR_EL1 of the core.
  public var identification: UInt64 = 0
  /// ESR_EL3.
  public var syndrome = Syndrome(rawValue: 0)
  /// FAR_EL3.
  public var faultAddress: UInt64 = 0
  /// Whether errors were lost: more records than fit, a full queue, or a storm.
  public var hasLostErrors = false
  /// How many of `readings` are in use.
  public private(set) var readingCount = 0
  // Invariant: `capacity` initialized readings in memory that outlives the report.
  private let storage: UnsafeMutablePointer<ErrorRecordReading>

  /// An empty report with room for its readings.
  @unsafe init(readings: UnsafeMutablePointer<ErrorRecordReading>) { unsafe storage = readings }

  /// A record as it was read, in the order of their indices.
  public func reading(_ index: Int) -> ErrorRecordReading {
    precondition(index >= 0 && index < readingCount)
    return unsafe storage[index]
  }

  /// Starts over with an abort: what its registers say, no records yet.
  mutating func begin<P: FirmwarePlatform>(
    _ platform: P, syndrome: Syndrome, faultAddress: UInt64, sequence: UInt32
  ) {
    readingCount = 0
    hasLostErrors = false
    self.sequence = sequence
    timestamp = platform.read(.cntpctEL0)
    affinity = platform.read(.mpidrEL1)
    identification = platform.read(.midrEL1)
    self.syndrome = syndrome
    self.faultAddress = faultAddress
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
    readingCount += 1
  }

  /// Adds the line that an access went to when it was aborted, unless a record names it. The memory
  /// node has one record for all cores: what this core has met may have been read by another, or
  /// have found the record taken and left OF.
  mutating func addAccess(line: UInt64) {
    for index in 0..<readingCount where reading(index).isNonSecure {
      if let known = reading(index).physicalAddress, known & ~63 == line { return }
    }
    guard readingCount < Self.capacity else {
      hasLostErrors = true
      return
    }
    let isRestartable = syndrome.synchronousErrorType == .restartable
    unsafe storage[readingCount] = ErrorRecordReading(
      abortedAt: line, isRestartable: isRestartable)
    readingCount += 1
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

  /// Whether the core's own state is lost, whatever the records say: SET or AET is "uncontainable",
  /// or AET is "unrecoverable" (Neoverse N1 erratum 1349291 makes the two alike).
  public var isCoreLost: Bool {
    switch syndrome.asynchronousErrorType ?? syndrome.synchronousErrorType {
    case .uncontainable, .unrecoverable: true
    case .restartable, .recoverable, .deferred, .corrected, nil: false
    }
  }

  /// Whether nobody may go on: the core is lost, or a record is uncontainable.
  public var isFatal: Bool { isCoreLost || highestState == .uncontainable }

  /// Whether a record names memory of the Secure world, which no lower level can use: the error is
  /// EL3's own, whoever is told of it. Corrected and deferred ones cost nothing.
  public var isOfSecureMemory: Bool {
    for index in 0..<readingCount {
      let reading = reading(index)
      if reading.physicalAddress != nil, !reading.isNonSecure,
        reading.status.highestState?.isUncorrected == true
      {
        return true
      }
    }
    return false
  }

  /// Whether the abort was synchronous.
  public var isSynchronous: Bool { syndrome.exceptionClass != .serror }
}
