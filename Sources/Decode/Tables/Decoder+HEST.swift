// Hardware Error Source Table. ACPI 6.5, 18.3.2. Sources follow one another; up to type 11 a source's
// length follows from its type, so that one unknown type hides all that follow.

import APEI

extension Layout {
  static let errorSourceTable = Layout("HEST", 40, [Row("sourceCount", 36, 4)])

  private static let sourceHead = [
    Row("type", 0, 2, .decimal, .names(Names.errorSource), nameKey: "name"),
    Row("id", 2, 2),
  ]

  /// Generic Hardware Error Source; version 2 has an acknowledge register.
  static let genericSource = Layout(
    "GHES", 64,
    sourceHead + [
      Row("related", 4, 2, .hexadecimal, .words { $0 == 0xFFFF ? "none" : "" }),
      Row("flags", 6, 1),
      Row("enabled", 7, 1, .decimal, .names { $0 == 0 ? "no" : $0 == 1 ? "yes" : nil }),
      Row("preallocate", 8, 4), Row("maxSections", 12, 4), Row("maxRawData", 16, 4),
      Row("errorStatusAddress", 20, 12, .structure(.genericAddress)),
      Row("notify", 32, 28, .structure(.notification)), Row("blockLength", 60, 4),
    ])
  static let genericSource2 = Layout(
    "GHESv2", 92,
    genericSource.rows + [
      Row("readAck", 64, 12, .structure(.genericAddress)),
      Row("ackPreserve", 76, 8, .hexadecimal), Row("ackWrite", 84, 8, .hexadecimal),
    ])

  private static let sourceFlags = [
    Flag(0, "firmware first"), Flag(1, "global"), Flag(2, "GHES assist"),
  ]
  private static let nativeSource =
    sourceHead + [
      Row("reserved", 4, 2, .reserved), Row("flags", 6, 1, .decimal, .flags(sourceFlags)),
      Row("enabled", 7, 1), Row("preallocate", 8, 4), Row("maxSections", 12, 4),
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
    "PCIe root port", 48, advancedReporting + [Row("rootErrorCommand", 44, 4, .hexadecimal)])
  static let endpoint = Layout("PCIe device", 44, advancedReporting)
  static let bridge = Layout(
    "PCIe bridge", 56,
    advancedReporting + [
      Row("uncorrectableMask2", 44, 4, .hexadecimal),
      Row("uncorrectableSeverity2", 48, 4, .hexadecimal),
      Row("advancedCapabilities2", 52, 4, .hexadecimal),
    ])
  static let nonMaskable = Layout(
    "NMI", 20,
    sourceHead + [
      Row("reserved", 4, 4, .reserved), Row("preallocate", 8, 4), Row("maxSections", 12, 4),
      Row("maxRawData", 16, 4),
    ])
  static let machineCheck = Layout(
    "machine check", 40,
    nativeSource + [
      Row("globalCapability", 16, 8, .hexadecimal), Row("globalControl", 24, 8, .hexadecimal),
      Row("bankCount", 32, 1), Row("reserved1", 33, 7, .reserved),
    ])
  static let correctedMachineCheck = Layout(
    "corrected machine check", 48,
    nativeSource + [
      Row("notify", 16, 28, .structure(.notification)), Row("bankCount", 44, 1),
      Row("reserved1", 45, 3, .reserved),
    ])
  static let machineCheckBank = Layout(
    "bank", 28,
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
    let stated = load(36, 4)
    report.list("sources")
    var offset = 40
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
        .malformed, "HEST", at: 36, "{d} sources are announced, {d} could be read", stated, count)
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
    let type = load(offset, 2)
    let id = load(offset + 2, 2)
    let layout = Layout.errorSource(type)
    let stated = sourceSize(type, layout, at: offset)
    report.item(
      at: offset, "source \(number): \(Names.errorSource(type)?.description ?? "type \(type)")")
    defer { report.end() }
    report.derived("offset", offset)
    guard let size = stated, has(size, at: offset, before: end), size >= 4 else {
      report.decimal("type", type, at: offset, Names.errorSource(type)?.description ?? "unknown")
      if let name = Names.errorSource(type) { report.derived("name", name) }
      report.decimal(type >= 12 ? "length" : "id", id, at: offset + 2)
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
        sources.identifiers.insert(id).inserted, "error source", at: offset + 2,
        "source id {d} is used twice", id)
      if type == 9 || type == 10 { check(genericSource: offset, type, &sources) }
    } else {
      report.decimal("type", type, at: offset, "newer than ACPI 6.5; Linux ignores the whole HEST")
      report.derived("name", "unknown")
      report.decimal("length", UInt64(size), at: offset + 2)
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
    guard let layout else { return type >= 12 ? Int(load(offset + 2, 2)) : nil }
    switch type {
    case 0: return layout.size + Int(load(offset + 32, 1)) * Layout.machineCheckBank.size
    case 1, 11: return layout.size + Int(load(offset + 44, 1)) * Layout.machineCheckBank.size
    default: return layout.size
    }
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
    require(
      load(offset + 6, 1) == 0, subject, at: offset + 6, "flags {x} are reserved",
      load(offset + 6, 1))
    require(load(offset + 8, 4) > 0, subject, at: offset + 8, "no records to preallocate")
    require(load(offset + 12, 4) > 0, subject, at: offset + 12, "no sections per record")
    check(address: offset + 20, "errorStatusAddress")
    require(
      sources.statusAddresses.insert(load(offset + 24, 8)).inserted, subject, at: offset + 24,
      "the status address {x} is another source's too", load(offset + 24, 8))
    let length = load(offset + 60, 4)
    require(
      length >= 20, subject, at: offset + 60,
      "a block of {d} bytes has no room for its header: Linux rejects the source", length)
    require(
      length <= 65536, subject, at: offset + 60, "a block of {d} bytes: Linux reads 65536", length)
    let notify = load(offset + 32, 1)
    require(
      load(offset + 33, 1) == 28, subject, at: offset + 33,
      "the notification has 28 bytes, it says {d}", load(offset + 33, 1))
    let poll = load(offset + 36, 4)
    let vector = load(offset + 40, 4)
    switch notify {
    case 0:
      require(
        poll > 0, subject, at: offset + 36, "polled, without an interval: Linux disables it")
    case 9:
      remark(.note, subject, at: offset + 32, "no Linux knows the notification SEI")
    case 1, 10, 11:
      require(vector > 0, subject, at: offset + 40, "the notification needs a vector, which is 0")
    default: break
    }
    guard type == 10 else { return }
    check(address: offset + 64, "readAck")
    let width = load(offset + 65, 1)
    let preserve = load(offset + 76, 8)
    let write = load(offset + 84, 8)
    if width > 0, width < 64 {
      require(
        write >> width == 0, subject, at: offset + 84,
        "ackWrite {x} is wider than the register of {d} bits", write, width)
    }
    require(
      preserve & write == 0, subject, at: offset + 84,
      "ackWrite {x} sets bits that ackPreserve {x} keeps", write, preserve)
  }
}
