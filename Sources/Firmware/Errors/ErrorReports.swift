// The reports themselves, in secure RAM. Which of them wait, and for what, is the queue's to know
// (APEI, ErrorQueue).
//
// They lie in memory that the caller provides and are only ever touched in place: an array inside
// this struct would be copied to the stack, all of it, whenever one element is looked at.

import APEI
import Arm

/// Which reports wait for the blocks of their sources: all sources together 16, and the one in hand.
public typealias WaitingReports = ErrorQueue<17>

/// Reports, by place.
@safe public struct ErrorReports {
  /// How many reports can wait.
  public static var capacity: Int { placeCount - 1 }

  /// A place for each report that waits, and one for the next: it may find its block free.
  static var placeCount: Int { WaitingReports.capacity }

  /// Bytes of memory that the reports need, at an alignment of 16.
  public static var storageSize: Int {
    placeCount
      * (MemoryLayout<ErrorReport>.stride
        + ErrorReport.capacity * MemoryLayout<ErrorRecordReading>.stride)
  }

  // Invariant: nil, or `placeCount` initialized reports in memory that outlives the value.
  private let reports: UnsafeMutablePointer<ErrorReport>?

  /// No room: every report is dropped.
  public init() { unsafe reports = nil }

  /// Reports in memory that must outlive the value; nil if there are less than `storageSize` bytes.
  @unsafe public init?(storage: UnsafeMutableRawBufferPointer) {
    guard let start = storage.baseAddress, storage.count >= Self.storageSize else { return nil }
    let count = Self.placeCount
    let reports = unsafe start.bindMemory(to: ErrorReport.self, capacity: count)
    let readings = unsafe (start + count * MemoryLayout<ErrorReport>.stride)
      .bindMemory(to: ErrorRecordReading.self, capacity: count * ErrorReport.capacity)
    for place in 0..<count {
      let own = unsafe readings + place * ErrorReport.capacity
      unsafe own.initialize(repeating: ErrorRecordReading(), count: ErrorReport.capacity)
      unsafe (reports + place).initialize(to: ErrorReport(readings: own))
    }
    unsafe self.reports = reports
  }

  /// Whether reports can be kept at all.
  var hasStorage: Bool { unsafe reports != nil }

  /// The report at a place, 0..<`placeCount`. Only where there is storage.
  subscript(place: Int) -> ErrorReport {
    @inline(__always) _read {
      precondition(place >= 0 && place < Self.placeCount)
      yield unsafe reports.unsafelyUnwrapped[place]
    }
    @inline(__always) nonmutating _modify {
      precondition(place >= 0 && place < Self.placeCount)
      yield unsafe &reports.unsafelyUnwrapped[place]
    }
  }
}
