// The Arm RAS node sections of a report: which node has told of an error, and every register of its record as
// EL3 has read it. By them errors of one node are told apart, and errors of two.
//
// Nothing of it is confidential: addresses, STATUS, counters and the time never are (RASSA 2.4.5), and
// MISC1 and MISC2 are what the node's maker has put there for whoever asks.

import APEI
import Arm
import Bytes
import Platform

extension ErrorReport {
  /// Adds a section for each node whose record was read, as far as there is room.
  @inline(never)
  func appendNodes<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, _ clock: FirmwareClock
  ) {
    var first = 0
    while first < readingCount {
      let index = reading(first).index
      var end = first + 1
      // A record that changed while it was cleared was read several times.
      while end < readingCount, reading(end).index == index { end += 1 }
      if index != ErrorRecordReading.noRecord {
        try? appendNode(&block, first..<end, index, clock)
      }
      first = end
    }
  }

  /// Adds the section of one node.
  @inline(never)
  private func appendNode<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, _ readings: Range<Int>, _ record: UInt16,
    _ clock: FirmwareClock
  ) throws(ByteError) {
    var severity = ErrorSeverity.none
    var flags: SectionFlags = []
    for index in readings {
      let status = reading(index).status
      severity = severity.worse(ErrorSeverity(status))
      flags.formUnion(SectionFlags(status, isConsumed: isConsumed(index)))
    }
    let entry = DataEntry(
      severity: self.severity(severity), flags: flags, timestamp: time(clock),
      fruID: unit(of: record))
    try block.append(node(of: record, readings), entry)
    for index in readings { try appendRecord(&block, index) }
  }

  /// The fixed part of a node's section. A record that is no shared node's is the core's own.
  private func node(of record: UInt16, _ readings: Range<Int>) -> ErrorNodeSection {
    guard let node = SharedErrorNode.node(of: UInt64(record)) else {
      return ErrorNodeSection(
        component: .processor,
        instance: .processor(
          mpidr: affinity & MultiprocessorAffinity.affinityMask, midr: identification,
          revidr: reading(readings.lowerBound).revision,
          aidr: reading(readings.lowerBound).auxiliary), name: "PE", recordCount: readings.count)
    }
    let component: ErrorNodeSection.Component =
      switch node.component {
      case .memory: .memory
      case .interconnect: .vendor
      }
    return ErrorNodeSection(
      component: component, instance: .registers(base: node.base, pidr: 0),
      name: node.name, recordCount: readings.count)
  }

  @inline(never)
  private func appendRecord<Sink: ByteSink>(
    _ block: inout ErrorStatusBlockWriter<Sink>, _ index: Int
  ) throws(ByteError) {
    let reading = reading(index)
    var record = ErrorRecordDescriptor(
      index: UInt32(reading.index),
      architecture: reading.isVersion1p1
        ? ErrorRecordDescriptor.version1p1 : ErrorRecordDescriptor.version1p0)
    record.feature = reading.feature
    record.control = reading.control
    record.status = reading.status
    record.address = reading.address.rawValue
    record.misc0 = reading.misc0
    record.misc1 = reading.misc1
    record.misc2 = reading.misc2
    record.misc3 = reading.misc3
    try block.append(record)
  }
}
