// ARM processor error section. UEFI 2.10, N.2.4.4: a fixed part, error information structures,
// contexts, vendor data.
//
// Surprising: the counts and lengths inside are what broken firmware gets wrong most. Structures are
// read at their fixed stride, as Linux does, never at the length that one says of itself; a count
// that lies ends where the section ends. The type of an error has three encodings without a mark.

import APEI

extension Layout {
  static let processorSection = Layout(
    "ARM processor section", ProcessorSectionLayout.size,
    [
      Row(
        ProcessorSectionLayout.validation, .hexadecimal,
        .flags([
          Flag(0, "MPIDR"), Flag(1, "affinity level"), Flag(2, "running state"),
          Flag(3, "vendor information"),
        ])),
      Row(ProcessorSectionLayout.informationCount), Row(ProcessorSectionLayout.contextCount),
      Row(ProcessorSectionLayout.sectionLength),
      Row(ProcessorSectionLayout.affinityLevel, valid: 1),
      Row(ProcessorSectionLayout.reserved, .reserved),
      Row(ProcessorSectionLayout.mpidr, .hexadecimal, .words(Names.mpidr), valid: 0),
      Row(ProcessorSectionLayout.midr, .hexadecimal, .words(Names.midr)),
      Row(
        ProcessorSectionLayout.runningState, .decimal,
        .words { $0 & 1 != 0 ? "running" : "not running" }, valid: 2),
      Row(ProcessorSectionLayout.psciState, .hexadecimal, valid: 2),
    ])

  static let errorInformationHead = Layout(
    "error information", ProcessorErrorInformationLayout.type.end,
    [
      Row(ProcessorErrorInformationLayout.version), Row(ProcessorErrorInformationLayout.length),
      Row(
        ProcessorErrorInformationLayout.validation, .hexadecimal,
        .flags([
          Flag(0, "multiple"), Flag(1, "flags"), Flag(2, "error information"),
          Flag(3, "virtual address"), Flag(4, "physical address"),
        ])),
      Row(ProcessorErrorInformationLayout.type, .hexadecimal, .words(errorType)),
    ])

  static let errorInformation = Layout(
    "error information", ProcessorErrorInformationLayout.size,
    [
      Row(
        ProcessorErrorInformationLayout.multiple, .decimal,
        .words { $0 == 0 ? "single error" : $0 == 1 ? "several errors" : "\($0) errors" }, valid: 0),
      Row(
        ProcessorErrorInformationLayout.flags, .hexadecimal,
        .flags([Flag(0, "first"), Flag(1, "last"), Flag(2, "propagated"), Flag(3, "overflow")]),
        valid: 1),
      Row(ProcessorErrorInformationLayout.detail, .hexadecimal, valid: 2),
      Row(ProcessorErrorInformationLayout.virtualAddress, .hexadecimal, valid: 3),
      Row(ProcessorErrorInformationLayout.physicalAddress, .hexadecimal, valid: 4),
    ])

  /// What the three encodings make of a type. UEFI 2.9 counts, 2.9A and 2.10 (and Linux) have bits from
  /// bit 1, 2.10A and later bits from bit 0.
  private static let errorType: @Sendable (UInt64) -> String = { value in
    let kinds = ["cache", "TLB", "bus", "micro-architectural"]
    func bits(from low: UInt64) -> String? {
      guard value != 0, value & ~(15 << low) == 0 else { return nil }
      return kinds.enumerated().filter { value >> (low + UInt64($0.offset)) & 1 != 0 }
        .map(\.element).joined(separator: " and ")
    }
    let linux = bits(from: 1)
    let newest = bits(from: 0)
    let oldest = value < 4 ? kinds[Int(value)] : nil
    let readings =
      [
        (linux, "UEFI 2.10 and Linux"), (newest, "UEFI 2.10A and later"),
        (oldest, "UEFI 2.9 and before"),
      ]
      .compactMap { reading, source in reading.map { "\($0) (\(source))" } }
    return readings.isEmpty ? "reserved" : readings.joined(separator: ", ")
  }
}

extension Decoder {
  /// Size of an error information structure.
  private static var stride: Int { ProcessorErrorInformationLayout.size }

  mutating func processorSection(at start: Int, before end: Int) {
    let valid = load(ProcessorSectionLayout.validation, at: start)
    guard fields(.processorSection, at: start, before: end, valid: valid) else { return }
    report.derived("givenLength", end - start)
    let length = load(ProcessorSectionLayout.sectionLength, at: start)
    let lengthPlace = start + ProcessorSectionLayout.sectionLength.offset
    if length > UInt64(end - start) {
      remark(
        .malformed, "ARM processor section", at: lengthPlace,
        "sectionLength {d} in a section of {d} bytes", length, UInt64(end - start))
    } else {
      require(
        length == UInt64(end - start), "ARM processor section", at: lengthPlace,
        "sectionLength {d} in a section of {d} bytes", length, UInt64(end - start))
    }
    if valid & 2 != 0 {
      let level = load(ProcessorSectionLayout.affinityLevel, at: start)
      require(
        level <= 3, "ARM processor section",
        at: start + ProcessorSectionLayout.affinityLevel.offset,
        "affinity level {d}: 0 to 3 are defined", level)
    }
    if valid & 4 != 0 {
      require(
        load(ProcessorSectionLayout.runningState, at: start) & 1 == 0
          || load(ProcessorSectionLayout.psciState, at: start) == 0, "ARM processor section",
        at: start + ProcessorSectionLayout.psciState.offset, "a PSCI state for a running processor")
    }
    require(
      load(ProcessorSectionLayout.midr, at: start) != 0, "ARM processor section",
      at: start + ProcessorSectionLayout.midr.offset, "no MIDR_EL1")
    var offset = errorInformation(at: start, before: end)
    offset = contexts(at: start, from: offset, before: end)
    let rest = end - offset
    report.derived("vendorBytes", rest)
    if rest > 0 {
      report.data("vendorData", bytes, at: offset, count: rest)
      require(
        valid & 8 != 0, "ARM processor section", at: offset,
        "{d} bytes of vendor data that are not marked valid", UInt64(rest))
    }
  }

  /// The error information structures; gives where they end.
  private mutating func errorInformation(at start: Int, before end: Int) -> Int {
    let count = Int(load(ProcessorSectionLayout.informationCount, at: start))
    let countPlace = start + ProcessorSectionLayout.informationCount.offset
    require(
      (1...255).contains(count), "ARM processor section", at: countPlace,
      "{d} errors: 1 to 255 are defined", UInt64(count))
    report.list("errorInfo")
    defer { report.endList() }
    var offset = start + ProcessorSectionLayout.size
    for number in 0..<count {
      guard has(Decoder.stride, at: offset, before: end) else {
        report.mark("truncated")
        remark(
          .malformed, "ARM processor section", at: countPlace,
          "{d} error information structures are announced, {d} fit into the section",
          UInt64(count), UInt64(number))
        break
      }
      report.item(at: offset, "error information \(number)")
      errorInformation(fieldsAt: offset)
      report.end()
      offset += Decoder.stride
    }
    return offset
  }

  /// The fields of one error information structure.
  private mutating func errorInformation(fieldsAt offset: Int) {
    let valid = load(ProcessorErrorInformationLayout.validation, at: offset)
    let end = offset + Decoder.stride
    fields(.errorInformationHead, at: offset, before: end)
    fields(.errorInformation, at: offset, before: end, valid: valid, absent: .null)
    let version = load(ProcessorErrorInformationLayout.version, at: offset)
    require(
      version == 0, "error information",
      at: offset + ProcessorErrorInformationLayout.version.offset, "version {d}: only 0 is defined",
      version)
    let length = load(ProcessorErrorInformationLayout.length, at: offset)
    require(
      length == UInt64(Decoder.stride), "error information",
      at: offset + ProcessorErrorInformationLayout.length.offset,
      "length {d} in a 32-byte structure", length)
    if valid & 4 != 0 {
      errorInformation(
        bits: load(ProcessorErrorInformationLayout.detail, at: offset),
        type: load(ProcessorErrorInformationLayout.type, at: offset))
    }
  }

  /// A bare error information structure, as Linux dumps it.
  mutating func loneErrorInformation() {
    report.derived("structure", "ARM error information")
    report.derived("bytesGiven", bytes.count)
    report.decimal("expectedLength", UInt64(Decoder.stride))
    guard has(Decoder.stride, at: 0, before: bytes.count) else {
      fields(.errorInformationHead, at: 0, before: bytes.count)
      return
    }
    let length = load(ProcessorErrorInformationLayout.length, at: 0)
    let valid = load(ProcessorErrorInformationLayout.validation, at: 0)
    errorInformation(fieldsAt: 0)
    var notes: [String] = []
    if length != UInt64(Decoder.stride) { notes.append("length \(length) in a 32-byte structure") }
    if valid & 0x1F == 0 {
      notes.append("no field valid")
      remark(
        .inconsistent, "error information", at: ProcessorErrorInformationLayout.validation.offset,
        "no field is valid")
    }
    if !notes.isEmpty { report.derived("note", notes.joined(separator: ", ")) }
    if bytes.count > Decoder.stride {
      remark(
        .note, "error information", at: Decoder.stride, "{d} bytes after the structure",
        UInt64(bytes.count - Decoder.stride))
    }
  }
}
