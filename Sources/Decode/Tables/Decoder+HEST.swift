// Hardware Error Source Table. ACPI 6.5, 18.3.2. Sources follow one another; up to type 11 a source's
// length follows from its type, so that one unknown type hides all that follow.

import APEI

extension Layout {
  static let errorSourceTable = Layout(
    "HEST", HESTLayout.sources, [Row(HESTLayout.sourceCount)])

  private static let sourceHead = [
    Row(ErrorSourceLayout.type, .decimal, .names(Names.errorSource), nameKey: "name"),
    Row(ErrorSourceLayout.id),
  ]

  /// Generic Hardware Error Source; version 2 has an acknowledge register.
  static let genericSource = Layout(
    "GHES", ErrorSourceLayout.size1,
    sourceHead + [
      Row(ErrorSourceLayout.related, .hexadecimal, .words { $0 == 0xFFFF ? "none" : "" }),
      Row(ErrorSourceLayout.flags),
      Row(
        ErrorSourceLayout.enabled, .decimal, .names { $0 == 0 ? "no" : $0 == 1 ? "yes" : nil }),
      Row(ErrorSourceLayout.preallocate), Row(ErrorSourceLayout.maximumSections),
      Row(ErrorSourceLayout.maximumRawData),
      Row(ErrorSourceLayout.statusAddress, .structure(.genericAddress)),
      Row(ErrorSourceLayout.notification, .structure(.notification)),
      Row(ErrorSourceLayout.blockLength),
    ])
  static let genericSource2 = Layout(
    "GHESv2", ErrorSourceLayout.size2,
    genericSource.rows + [
      Row(ErrorSourceLayout.acknowledge, .structure(.genericAddress)),
      Row(ErrorSourceLayout.preserve, .hexadecimal), Row(ErrorSourceLayout.write, .hexadecimal),
    ])

  private static let sourceFlags = [
    Flag(0, "firmware first"), Flag(1, "global"), Flag(2, "GHES assist"),
  ]
  private static let nativeSource =
    sourceHead + [
      Row("reserved", 4, 2, .reserved),
      Row(ErrorSourceLayout.flags, .decimal, .flags(sourceFlags)), Row(ErrorSourceLayout.enabled),
      Row(ErrorSourceLayout.preallocate), Row(ErrorSourceLayout.maximumSections),
    ]
  private static let advancedReporting =
    nativeSource + [
      Row("bus", 16, 4, .decimal, .words { "bus \($0 & 0xFF), segment \($0 >> 8 & 0xFFFF)" }),
      Row("device", 20, 2), Row("function", 22, 2), Row("deviceControl", 24, 2, .hexadecimal),
      Row("reserved1", 26, 2, .reserved), Row("uncorrectableMask", 28, 4, .hexadecimal),
      Row("uncorrectableSeverity", 32, 4, .hexadecimal),
      Row("correctableMask", 36, 4, .hexadecimal),
      Row("advancedCapabilities", 40, 4, .hexadecimal),
    ]
  static let rootPort = Layout(
    "PCIe root port", NativeSourceLayout.rootPortSize,
    advancedReporting + [Row("rootErrorCommand", 44, 4, .hexadecimal)])
  static let endpoint = Layout("PCIe device", NativeSourceLayout.endpointSize, advancedReporting)
  static let bridge = Layout(
    "PCIe bridge", NativeSourceLayout.bridgeSize,
    advancedReporting + [
      Row("uncorrectableMask2", 44, 4, .hexadecimal),
      Row("uncorrectableSeverity2", 48, 4, .hexadecimal),
      Row("advancedCapabilities2", 52, 4, .hexadecimal),
    ])
  static let nonMaskable = Layout(
    "NMI", NativeSourceLayout.nonMaskableSize,
    sourceHead + [
      Row("reserved", 4, 4, .reserved), Row(ErrorSourceLayout.preallocate),
      Row(ErrorSourceLayout.maximumSections), Row(ErrorSourceLayout.maximumRawData),
    ])
  static let machineCheck = Layout(
    "machine check", NativeSourceLayout.machineCheckSize,
    nativeSource + [
      Row("globalCapability", 16, 8, .hexadecimal), Row("globalControl", 24, 8, .hexadecimal),
      Row(NativeSourceLayout.machineCheckBankCount), Row("reserved1", 33, 7, .reserved),
    ])
  static let correctedMachineCheck = Layout(
    "corrected machine check", NativeSourceLayout.correctedMachineCheckSize,
    nativeSource + [
      Row("notify", 16, NotificationLayout.size, .structure(.notification)),
      Row(NativeSourceLayout.correctedMachineCheckBankCount), Row("reserved1", 45, 3, .reserved),
    ])
  static let machineCheckBank = Layout(
    "bank", NativeSourceLayout.bankSize,
    [
      Row("bank", 0, 1), Row("clearStatus", 1, 1), Row("dataFormat", 2, 1),
      Row("reserved", 3, 1, .reserved), Row("controlRegister", 4, 4, .hexadecimal),
      Row("controlData", 8, 8, .hexadecimal), Row("statusRegister", 16, 4, .hexadecimal),
      Row("addressRegister", 20, 4, .hexadecimal), Row("miscRegister", 24, 4, .hexadecimal),
    ])

  /// The structure of a source type; nil for one that has none here.
  static func errorSource(_ type: UInt64) -> Layout? {
    switch type {
    case 0: machineCheck
    case 1, 11: correctedMachineCheck
    case 2: nonMaskable
    case 6: rootPort
    case 7: endpoint
    case 8: bridge
    case 9: genericSource
    case 10: genericSource2
    default: nil
    }
  }
}

extension Decoder {
  /// Hardware Error Source Table.
  mutating func errorSourceTable() {
    guard let end = tableHeader(), fields(.errorSourceTable, at: 0, before: end) else { return }
    let stated = load(HESTLayout.sourceCount, at: 0)
    report.list("sources")
    var offset = HESTLayout.sources
    var count: UInt64 = 0
    var sources = SourceSet()
    while count < stated, offset < end {
      guard let size = errorSource(at: offset, before: end, number: count, &sources) else { break }
      offset += size
      count += 1
    }
    report.endList()
    report.decimal("endOffset", UInt64(offset), "\(count) sources end here")
    if count < stated {
      remark(
        .malformed, "HEST", at: HESTLayout.sourceCount.offset,
        "{d} sources are announced, {d} could be read", stated, count)
    } else if offset < end {
      remark(
        .inconsistent, "HEST", at: offset, "{d} bytes after the last source", UInt64(end - offset))
    }
  }

  /// What must be unique in a table.
  private struct SourceSet {
    var identifiers: Set<UInt64> = []
    var statusAddresses: Set<UInt64> = []
    var highestTyped: UInt64 = 0
  }

  /// Writes one source and gives its size; nil when the next one cannot be found.
  private mutating func errorSource(
    at offset: Int, before end: Int, number: UInt64, _ sources: inout SourceSet
  ) -> Int? {
    guard has(4, at: offset, before: end) else {
      report.mark("truncated")
      remark(
        .malformed, "error source", at: offset, "{d} bytes of source {d} are given",
        UInt64(end - offset), number)
      return nil
    }
    let type = load(ErrorSourceLayout.type, at: offset)
    let id = load(ErrorSourceLayout.id, at: offset)
    let idPlace = offset + ErrorSourceLayout.id.offset
    let layout = Layout.errorSource(type)
    let stated = sourceSize(type, layout, at: offset)
    report.item(
      at: offset, "source \(number): \(Names.errorSource(type)?.description ?? "type \(type)")")
    defer { report.end() }
    report.derived("offset", offset)
    guard let size = stated, has(size, at: offset, before: end), size >= 4 else {
      report.decimal("type", type, at: offset, Names.errorSource(type)?.description ?? "unknown")
      if let name = Names.errorSource(type) { report.derived("name", name) }
      report.decimal(
        type >= 12 ? ErrorSourceLayout.length.name : ErrorSourceLayout.id.name, id, at: idPlace)
      if layout == nil, type < 12 {
        remark(
          .malformed, "error source", at: offset,
          "type {d} has no defined length: what follows cannot be found; Linux ignores the whole HEST",
          type)
        report.data("data", bytes, at: offset, count: min(end - offset, 4096))
      } else {
        report.derived("truncated", true)
        report.line("cut off: \(end - offset) bytes are given", at: offset)
        remark(
          .malformed, "error source", at: offset, "source {d} is cut off: {d} bytes are given",
          number, UInt64(end - offset))
      }
      return nil
    }
    if let layout {
      fields(layout, at: offset, before: offset + size)
      banks(type, at: offset, layout.size, size)
      require(
        sources.identifiers.insert(id).inserted, "error source", at: idPlace,
        "source id {d} is used twice", id)
      if type == 9 || type == 10 { check(genericSource: offset, type, &sources) }
    } else {
      report.decimal("type", type, at: offset, "newer than ACPI 6.5; Linux ignores the whole HEST")
      report.derived("name", "unknown")
      report.decimal(ErrorSourceLayout.length.name, UInt64(size), at: idPlace)
      report.data("data", bytes, at: offset + 4, count: size - 4)
      require(
        type >= sources.highestTyped, "error source", at: offset, "type {d} after type {d}", type,
        sources.highestTyped)
      sources.highestTyped = type
    }
    return size
  }

  /// A source's size: of its type, with its banks, or as it says itself.
  private func sourceSize(_ type: UInt64, _ layout: Layout?, at offset: Int) -> Int? {
    guard let layout else {
      return type >= 12 ? Int(load(ErrorSourceLayout.length, at: offset)) : nil
    }
    let count: ByteField
    switch type {
    case 0: count = NativeSourceLayout.machineCheckBankCount
    case 1, 11: count = NativeSourceLayout.correctedMachineCheckBankCount
    default: return layout.size
    }
    return layout.size + Int(load(count, at: offset)) * NativeSourceLayout.bankSize
  }

  private mutating func banks(_ type: UInt64, at offset: Int, _ fixed: Int, _ size: Int) {
    guard type == 0 || type == 1 || type == 11 else { return }
    report.list("banks")
    var place = offset + fixed
    while place < offset + size {
      report.item(at: place, "bank")
      fields(.machineCheckBank, at: place, before: offset + size)
      report.end()
      place += Layout.machineCheckBank.size
    }
    report.endList()
  }

  /// Rules for generic sources. ACPI 6.5, 18.3.2.7 and 18.3.2.8; linux drivers/acpi/apei/ghes.c.
  private mutating func check(
    genericSource offset: Int, _ type: UInt64, _ sources: inout SourceSet
  ) {
    let subject: StaticString = type == 9 ? "GHES" : "GHESv2"
    let flags = load(ErrorSourceLayout.flags, at: offset)
    require(
      flags == 0, subject, at: offset + ErrorSourceLayout.flags.offset, "flags {x} are reserved",
      flags)
    require(
      load(ErrorSourceLayout.preallocate, at: offset) > 0, subject,
      at: offset + ErrorSourceLayout.preallocate.offset, "no records to preallocate")
    require(
      load(ErrorSourceLayout.maximumSections, at: offset) > 0, subject,
      at: offset + ErrorSourceLayout.maximumSections.offset, "no sections per record")
    let status = offset + ErrorSourceLayout.statusAddress.offset
    check(address: status, ErrorSourceLayout.statusAddress.name)
    let address = load(GenericAddressLayout.address, at: status)
    require(
      sources.statusAddresses.insert(address).inserted, subject,
      at: status + GenericAddressLayout.address.offset,
      "the status address {x} is another source's too", address)
    let length = load(ErrorSourceLayout.blockLength, at: offset)
    let lengthPlace = offset + ErrorSourceLayout.blockLength.offset
    require(
      length >= UInt64(ErrorStatusBlockLayout.size), subject, at: lengthPlace,
      "a block of {d} bytes has no room for its header: Linux rejects the source", length)
    require(
      length <= 65536, subject, at: lengthPlace, "a block of {d} bytes: Linux reads 65536", length)
    check(notification: offset + ErrorSourceLayout.notification.offset, subject)
    guard type == 10 else { return }
    let register = offset + ErrorSourceLayout.acknowledge.offset
    check(address: register, ErrorSourceLayout.acknowledge.name)
    let width = load(GenericAddressLayout.width, at: register)
    let preserve = load(ErrorSourceLayout.preserve, at: offset)
    let write = load(ErrorSourceLayout.write, at: offset)
    let writePlace = offset + ErrorSourceLayout.write.offset
    if width > 0, width < 64 {
      require(
        write >> width == 0, subject, at: writePlace,
        "ackWrite {x} is wider than the register of {d} bits", write, width)
    }
    require(
      preserve & write == 0, subject, at: writePlace,
      "ackWrite {x} sets bits that ackPreserve {x} keeps", write, preserve)
  }

  /// Rules for how a generic source calls. ACPI 6.5, 18.3.2.9.
  private mutating func check(notification base: Int, _ subject: StaticString) {
    let length = load(NotificationLayout.length, at: base)
    require(
      length == UInt64(NotificationLayout.size), subject,
      at: base + NotificationLayout.length.offset, "the notification has 28 bytes, it says {d}",
      length)
    switch load(NotificationLayout.type, at: base) {
    case 0:
      require(
        load(NotificationLayout.pollInterval, at: base) > 0, subject,
        at: base + NotificationLayout.pollInterval.offset,
        "polled, without an interval: Linux disables it")
    case 9:
      remark(
        .note, subject, at: base + NotificationLayout.type.offset,
        "no Linux knows the notification SEI")
    case 1, 10, 11:
      require(
        load(NotificationLayout.vector, at: base) > 0, subject,
        at: base + NotificationLayout.vector.offset,
        "the notification needs a vector, which is 0")
    default: break
    }
  }
}
