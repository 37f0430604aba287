// Checks an Arm RAS node section: the layout of Arm DEN0085, and what the RAS System Architecture says of
// the registers in it.

#if !hasFeature(Embedded)
import Arm
import Bytes

extension ErrorStatusBlockChecker {
  func checkNode(
    _ entry: DecodedEntry, _ body: some ByteSource, at start: Int, _ findings: inout Findings
  ) {
    guard case .errorNode(let section) = entry.payload else {
      return findings.require(
        false, at: start, "an Arm RAS node section whose parts do not fit into it")
    }
    func value(_ field: ByteField) -> UInt64 {
      var value: UInt64 = 0
      for index in 0..<min(field.size, 8) {
        value |= UInt64(body.byte(at: field.offset + index)) << UInt64(8 * index)
      }
      return value
    }
    let revision = value(ArmRASNodeLayout.revision)
    findings.require(
      revision == UInt64(ErrorNodeSection.revision), at: start, "revision \(revision), not 1")
    findings.require(
      section.component != nil, at: start + ArmRASNodeLayout.componentType.offset,
      "component type \(section.componentType)")
    findings.require(
      value(ArmRASNodeLayout.reserved) == 0 && value(ArmRASNodeLayout.reserved1) == 0,
      at: start + ArmRASNodeLayout.reserved.offset, "reserved bytes that are not zero")
    findings.require(
      !section.records.isEmpty, at: start + ArmRASNodeLayout.descriptorCount.offset,
      "no error records")
    let records = Int(value(ArmRASNodeLayout.descriptorOffset))
    let end = records + section.records.count * ErrorRecordDescriptor.size
    findings.require(
      records >= ErrorNodeSection.fixedSize, at: start + ArmRASNodeLayout.descriptorOffset.offset,
      "error records at \(records), inside the fixed part")
    let auxiliary = Int(value(ArmRASNodeLayout.auxiliaryOffset))
    findings.require(
      auxiliary == 0 || auxiliary >= end && auxiliary < body.byteCount,
      at: start + ArmRASNodeLayout.auxiliaryOffset.offset,
      "auxiliary data at \(auxiliary), not behind the records")
    findings.require(
      auxiliary != 0 || end == body.byteCount, at: start + ArmRASNodeLayout.descriptorCount.offset,
      "\(body.byteCount - end) bytes behind the records")
    findings.require(
      section.instanceFormat <= 3, at: start + ArmRASNodeLayout.ipInstanceFormat.offset,
      "IP instance format \(section.instanceFormat) is not defined")
    findings.require(
      section.component != .processor || section.instanceFormat == 0,
      at: start + ArmRASNodeLayout.ipInstanceFormat.offset,
      "a processor that is not named by its MPIDR_EL1")
    for (number, record) in section.records.enumerated() {
      check(record, at: start + records + number * ErrorRecordDescriptor.size, &findings)
    }
  }

  private func check(
    _ record: ErrorRecordDescriptor, at offset: Int, _ findings: inout Findings
  ) {
    let status = record.status
    findings.require(
      record.architecture & 0xF <= 1, at: offset + ArmRASDescriptorLayout.architecture.offset,
      "RAS System Architecture \(record.architecture & 0xF) is not defined")
    findings.require(
      status.isSet(ErrorStatus.v), at: offset + ArmRASDescriptorLayout.status.offset,
      "a record that is not valid (STATUS.V)")
    findings.require(
      status.highestState != nil, at: offset + ArmRASDescriptorLayout.status.offset,
      "a record of no error: STATUS \(hex(status.rawValue))")
    findings.require(
      status.isSet(ErrorStatus.av) || record.address == 0,
      at: offset + ArmRASDescriptorLayout.address.offset,
      "an address that is not valid (STATUS.AV)")
    let others = record.misc0 | record.misc1 | record.misc2 | record.misc3
    findings.require(
      status.isSet(ErrorStatus.mv) || others == 0, at: offset + ArmRASDescriptorLayout.misc0.offset,
      "MISC registers that are not valid (STATUS.MV)")
    findings.require(
      record.architecture != ErrorRecordDescriptor.version1p0 || record.misc2 | record.misc3 == 0,
      at: offset + ArmRASDescriptorLayout.misc2.offset, "MISC2 or MISC3 of a node that has none")
  }
}
#endif
