// Reading and clearing error records through ERRSELR_EL1 and ERX*_EL1. Arm IHI 0100 (RASSA), 2.4.
//
// Surprising: a record may take a new error between its reading and its clearing. The write that
// clears is then ignored by the hardware (it does not clear all that is set), V stays set, and the
// record is read again: no error is lost, and the loop is bounded so that a storm cannot hold EL3.

import Arm
import Platform

/// What one error record held when it was read.
public struct ErrorRecordReading: Equatable, Sendable {
  /// The index of what no record has said: an abort tells that its access met an error.
  public static var noRecord: UInt16 { .max }

  /// The record's index, ERRSELR_EL1.SEL, or `noRecord`.
  public var index: UInt16 = 0
  /// ERXSTATUS_EL1.
  public var status = ErrorStatus(rawValue: 0)
  /// ERXADDR_EL1; 0 unless STATUS.AV.
  public var address = ErrorAddress(rawValue: 0)
  /// ERXMISC0_EL1; 0 unless STATUS.MV.
  public var misc0: UInt64 = 0
  /// ERXMISC1_EL1; 0 unless STATUS.MV.
  public var misc1: UInt64 = 0
  /// ERXMISC2_EL1; 0 unless STATUS.MV and RASv1p1.
  public var misc2: UInt64 = 0
  /// ERXMISC3_EL1, the node's own timestamp; 0 unless STATUS.MV and RASv1p1.
  public var misc3: UInt64 = 0
  /// ERXFR_EL1.
  public var feature: UInt64 = 0
  /// ERXCTLR_EL1.
  public var control: UInt64 = 0
  /// REVIDR_EL1, of a record of the core's own node.
  public var revision: UInt64 = 0
  /// AIDR_EL1, in the same way.
  public var auxiliary: UInt64 = 0
  /// Whether the records are of version 1.1 of the RAS System Architecture: there are MISC2 and MISC3.
  public var isVersion1p1 = false

  /// How many corrected errors of this address the record counted.
  public var correctedCount: UInt64 = 1
  /// Whether it counted corrected errors of other addresses as well.
  public var hasOtherCorrected = false
  /// Whether there were too many corrected errors of this page.
  public var isOverThreshold = false

  /// Nothing read.
  public init() {}

  /// Whether it is the interconnect's: an address is that of a transfer, and the memory there is good.
  var isOfInterconnect: Bool { UInt64(index) == ErrorNode.interconnect }

  /// The physical address, when there is one: AV, not a virtual address (ADDR.VA), and not one that
  /// might be wrong (ADDR.AI).
  public var physicalAddress: UInt64? {
    guard status.isSet(ErrorStatus.av), !address.isSet(ErrorAddress.va),
      !address.isSet(ErrorAddress.ai)
    else { return nil }
    return address[ErrorAddress.paddr]
  }

  /// What an abort alone says: an uncorrected error at an address of the Non-secure world.
  init(abortedAt address: UInt64, isRestartable: Bool) {
    index = Self.noRecord
    status[ErrorStatus.v] = 1
    status[ErrorStatus.ue] = 1
    status[ErrorStatus.uet] = isRestartable ? 0b10 : 0b11
    status[ErrorStatus.av] = 1
    self.address[ErrorAddress.paddr] = address
    self.address[ErrorAddress.ns] = 1
  }

  /// Makes what MISC0 counted numbers of errors. A counter that is kept full counts nothing.
  mutating func count(_ feature: ErrorFeature) {
    correctedCount = 1
    hasOtherCorrected = false
    isOverThreshold = false
    guard status.highestState == .corrected, feature.isSet(ErrorFeature.ced),
      let counters = CorrectedErrorCounters(feature)
    else { return }
    correctedCount = max(counters.first.errors(in: misc0), 1)
    hasOtherCorrected = counters.other.map { $0.errors(in: misc0) > 0 } ?? false
  }

  /// Whether the operating system may be told of the address: it is Non-secure (ADDR.NS).
  /// RASSA 2.4.5 makes addresses non-confidential, but a page of the Secure world is none of its
  /// business and it could only try to offline memory that it does not have.
  /// Nor is it told where NS itself might be wrong (ADDR.SI).
  public var isNonSecure: Bool {
    address.isSet(ErrorAddress.ns) && !address.isSet(ErrorAddress.si)
  }

  /// Whether the address is known to be one of the Secure world.
  public var isSecure: Bool {
    !address.isSet(ErrorAddress.ns) && !address.isSet(ErrorAddress.si)
  }
}

/// The error records of this core.
public struct ErrorRecords<P: FirmwarePlatform> {
  let platform: P
  /// ERRIDR_EL1.NUM; 0 without FEAT_RAS.
  public let count: UInt16
  private let hasFourMiscRegisters: Bool

  /// How often one record is read and cleared before its next error is left for the next entry.
  public static var attemptsPerRecord: Int { 4 }

  /// The records that the core can select. A core without FEAT_RAS has none, and its ERX* registers
  /// must not be touched: they are UNDEFINED.
  public init(_ platform: P, _ features: ProcessorFeatures) {
    self.platform = platform
    count = features.ras ? UInt16(truncatingIfNeeded: platform.read(.erridrEL1)) : 0
    hasFourMiscRegisters = features.rasV1p1
  }

  /// Turns error detection and the in-band response on, where FR says they can be controlled. What a
  /// reset has left in the records stays: they survive a warm one.
  public func enable() {
    for index in 0..<count {
      select(index)
      let feature = ErrorFeature(rawValue: platform.read(.erxfrEL1))
      guard feature[ErrorFeature.ed] == 0b10 else { continue }
      var control = ErrorControl(rawValue: platform.read(.erxctlrEL1))
      control[ErrorControl.ed] = 1
      if feature[ErrorFeature.ue] & 0b10 != 0 { control[ErrorControl.ue] = 1 }
      if feature[ErrorFeature.ue] == 0b11 { control[ErrorControl.wue] = 1 }
      platform.write(.erxctlrEL1, control.rawValue)
    }
    platform.synchronizeContext()
  }

  /// Whether some record holds an error.
  public var hasValid: Bool {
    var result = false
    forEachValid { _, _, _ in result = true }
    return result
  }

  /// Whether the core's own record holds an error.
  public var hasOwnValid: Bool {
    var result = false
    forEachValid { index, _, _ in result = result || UInt64(index) == ErrorNode.processor }
    return result
  }

  /// Whether a record holds an error that is none of these, a bit for each.
  func hasValid(besides records: UInt64) -> Bool {
    var result = false
    forEachValid { index, _, _ in
      result = result || index > 63 || records >> UInt64(index) & 1 == 0
    }
    return result
  }

  /// Whether some record names a place in Non-secure memory, or in Secure memory.
  func hasMemory(ofNonSecure isNonSecure: Bool) -> Bool {
    var result = false
    forEachValid { _, _, address in
      guard let address, !address.isSet(ErrorAddress.si) else { return }
      result = result || address.isSet(ErrorAddress.ns) == isNonSecure
    }
    return result
  }

  /// Clears all records: errors of the run before, where nobody can be told of them.
  public func discard() {
    forEachValid { _, status, _ in platform.write(.erxstatusEL1, status.clearingValue) }
    platform.synchronizeContext()
  }

  /// Clears the records of a line that the firmware has just mended. One that has taken another error
  /// as well (OF), or tells of a critical one, stays for the next entry.
  func clear(line: PhysicalAddress) {
    forEachValid { _, status, address in
      guard let address, !address.isSet(ErrorAddress.va), !status.isSet(ErrorStatus.of),
        !status.isSet(ErrorStatus.ci),
        CacheLine.start(of: address[ErrorAddress.paddr]) == line.rawValue
      else { return }
      platform.write(.erxstatusEL1, status.clearingValue)
    }
    platform.synchronizeContext()
  }

  /// Selects a record; ERX* may be read after the context synchronization.
  func select(_ index: UInt16) {
    platform.write(.errselrEL1, UInt64(index))
    platform.synchronizeContext()
  }

  /// Reads all valid records and clears them, into `report`.
  public func collect(into report: inout ErrorReport) {
    // What the abort recorded is seen after a context synchronization event (RASSA 2.4.6); the
    // exception to EL3 was one.
    for index in 0..<count {
      select(index)
      var attempts = Self.attemptsPerRecord
      while attempts > 0 {
        let status = ErrorStatus(rawValue: platform.read(.erxstatusEL1))
        guard status.isSet(ErrorStatus.v),
          !(report.origin.isLeftToOthers(index) && status.isToldInBand)
        else { break }
        report.add(index, status, self)
        platform.write(.erxstatusEL1, status.clearingValue)
        if status.isSet(ErrorStatus.ce) {
          resetCounters(ErrorFeature(rawValue: platform.read(.erxfrEL1)))
        }
        platform.synchronizeContext()
        attempts -= 1
      }
      if attempts == 0 { report.hasLostErrors = true }
    }
  }

  /// Reads STATUS and, where it is valid, ADDR of every valid record, and changes none.
  @inline(__always)
  public func forEachValid(_ body: (UInt16, ErrorStatus, ErrorAddress?) -> Void) {
    for index in 0..<count {
      select(index)
      let status = ErrorStatus(rawValue: platform.read(.erxstatusEL1))
      guard status.isSet(ErrorStatus.v) else { continue }
      let isAddressValid = status.isSet(ErrorStatus.av)
      body(
        index, status,
        isAddressValid ? ErrorAddress(rawValue: platform.read(.erxaddrEL1)) : nil)
    }
  }

  /// Clears the records that hold what `report` already says: an instruction of the firmware has
  /// met the same error again. A record that has taken another error since (OF) stays for the next
  /// entry.
  func clearRepetitions(of report: ErrorReport) {
    for index in 0..<count {
      select(index)
      let status = ErrorStatus(rawValue: platform.read(.erxstatusEL1))
      guard status.isSet(ErrorStatus.v) else { continue }
      let address = status.isSet(ErrorStatus.av) ? platform.read(.erxaddrEL1) : 0
      if report.says(index, status, address) {
        platform.write(.erxstatusEL1, status.clearingValue)
      }
    }
    platform.synchronizeContext()
  }

  /// What the selected record holds besides STATUS.
  func fill(_ reading: inout ErrorRecordReading, _ index: UInt16, _ status: ErrorStatus) {
    reading.index = index
    reading.status = status
    reading.address = ErrorAddress(
      rawValue: status.isSet(ErrorStatus.av) ? platform.read(.erxaddrEL1) : 0)
    reading.feature = platform.read(.erxfrEL1)
    reading.control = platform.read(.erxctlrEL1)
    let hasMisc = status.isSet(ErrorStatus.mv)
    reading.misc0 = hasMisc ? platform.read(.erxmisc0EL1) : 0
    reading.misc1 = hasMisc ? platform.read(.erxmisc1EL1) : 0
    reading.count(ErrorFeature(rawValue: reading.feature))
    reading.isVersion1p1 = hasFourMiscRegisters
    let isOwn = UInt64(index) == ErrorNode.processor
    reading.revision = isOwn ? platform.read(.revidrEL1) : 0
    reading.auxiliary = isOwn ? platform.read(.aidrEL1) : 0
    reading.misc2 = hasMisc && hasFourMiscRegisters ? platform.read(.erxmisc2EL1) : 0
    reading.misc3 = hasMisc && hasFourMiscRegisters ? platform.read(.erxmisc3EL1) : 0
  }
}
