// The sections with parts of their own: Arm RAS node (Arm DEN0085), CXL (UEFI 2.10, N.2.13 and
// N.2.14), PCI component (N.2.9) and NVIDIA's.

import APEI
import Arm

extension Layout {
  static let nodeSection = Layout(
    "Arm RAS node section", ArmRASNodeLayout.size,
    [
      Row(ArmRASNodeLayout.revision),
      Row(
        ArmRASNodeLayout.componentType, .decimal, .names(ErrorNodeLayout.name),
        nameKey: "componentTypeName"),
      Row(ArmRASNodeLayout.reserved, .reserved), Row(ArmRASNodeLayout.descriptorCount),
      Row(ArmRASNodeLayout.descriptorOffset), Row(ArmRASNodeLayout.auxiliaryOffset),
      Row(
        ArmRASNodeLayout.ipInstanceFormat, .decimal,
        .names { value in
          switch value {
          case 0: "PE"
          case 1: "system physical address"
          case 2: "local address"
          case 3: "SoC specific"
          default: nil
          }
        }, nameKey: "ipInstanceFormatName"),
      Row(
        ArmRASNodeLayout.ipTypeFormat, .decimal,
        .names { value in
          switch value {
          case 0: "PE"
          case 1: "SMMU or GIC IIDR"
          case 2: "PIDR"
          default: nil
          }
        }, nameKey: "ipTypeFormatName"),
      Row(ArmRASNodeLayout.reserved1, .reserved), Row(ArmRASNodeLayout.ipInstance, .data),
      Row(ArmRASNodeLayout.ipType, .data), Row(ArmRASNodeLayout.userData, .letters),
    ])

  static let nodeDescriptor = Layout(
    "error record", ArmRASDescriptorLayout.size,
    [
      Row(ArmRASDescriptorLayout.index),
      Row(
        ArmRASDescriptorLayout.architecture, .hexadecimal,
        .words { "architecture \($0 & 15), revision \($0 >> 4)" }),
      Row(ArmRASDescriptorLayout.reserved, .reserved),
      Row(ArmRASDescriptorLayout.feature, .hexadecimal),
      Row(ArmRASDescriptorLayout.control, .hexadecimal),
      Row(ArmRASDescriptorLayout.status, .hexadecimal, .words(ErrorStatusWords.summary)),
      Row(ArmRASDescriptorLayout.address, .hexadecimal),
      Row(ArmRASDescriptorLayout.misc0, .hexadecimal),
      Row(ArmRASDescriptorLayout.misc1, .hexadecimal),
      Row(ArmRASDescriptorLayout.misc2, .hexadecimal),
      Row(ArmRASDescriptorLayout.misc3, .hexadecimal),
    ])

  static let auxiliaryData = Layout(
    "auxiliary data", 16,
    [
      Row("version", 0, 1), Row("reserved", 1, 1, .reserved), Row("contextCount", 2, 2),
      Row("size", 4, 4), Row("keyValueOffset", 8, 4), Row("keyValueCount", 12, 2),
      Row("reserved1", 14, 2, .reserved),
    ])

  static let auxiliaryContext = Layout(
    "auxiliary context", 16,
    [
      Row("length", 0, 4), Row("flags", 4, 1, .decimal, .flags([Flag(0, "local address space")])),
      Row("reserved", 5, 1, .reserved), Row("registerCount", 6, 2), Row("addressSpaceId", 8, 2),
      Row("reserved1", 10, 6, .reserved),
    ])
}

extension Decoder {
  /// Arm RAS node: registers of error records, and auxiliary data.
  mutating func nodeSection(at start: Int, before end: Int) {
    guard fields(.nodeSection, at: start, before: end) else { return }
    let revision = load(ArmRASNodeLayout.revision, at: start)
    require(
      revision == 1, "Arm RAS node section", at: start, "revision {d}: 1 is known", revision)
    let count = load(ArmRASNodeLayout.descriptorCount, at: start)
    let offset = Int(load(ArmRASNodeLayout.descriptorOffset, at: start))
    require(
      offset >= ArmRASNodeLayout.size || count == 0, "Arm RAS node section",
      at: start + ArmRASNodeLayout.descriptorOffset.offset,
      "descriptors at {d}, inside the fixed part", UInt64(offset))
    let size = ArmRASDescriptorLayout.size
    report.list("records")
    var place = start + offset
    var number: UInt64 = 0
    while number < count {
      guard has(size, at: place, before: end) else {
        report.mark("truncated")
        remark(
          .malformed, "Arm RAS node section",
          at: start + ArmRASNodeLayout.descriptorCount.offset,
          "{d} records are announced, {d} fit into the section", count, number)
        break
      }
      report.item(at: place, "error record \(number)")
      fields(.nodeDescriptor, at: place, before: place + size)
      report.end()
      place += size
      number += 1
    }
    report.endList()
    let auxiliary = Int(load(ArmRASNodeLayout.auxiliaryOffset, at: start))
    if auxiliary != 0 { auxiliaryData(at: start + auxiliary, before: end) }
  }

  private mutating func auxiliaryData(at start: Int, before end: Int) {
    report.object("auxiliary", at: start, "auxiliary data")
    defer { report.end() }
    guard fields(.auxiliaryData, at: start, before: end) else { return }
    let size = Int(load(start + 4, 4))
    if !has(size, at: start, before: end) {
      remark(
        .malformed, "auxiliary data", at: start + 4, "{d} bytes, {d} are there", UInt64(size),
        UInt64(end - start))
    }
    let limit = min(end, start + size)
    report.list("contexts")
    var place = start + 16
    for _ in 0..<Int(load(start + 2, 2)) {
      guard has(16, at: place, before: limit) else {
        report.mark("truncated")
        remark(.malformed, "auxiliary data", at: place, "a context is cut off")
        break
      }
      report.item(at: place, "context")
      fields(.auxiliaryContext, at: place, before: limit)
      let length = Int(load(place, 4))
      // Inside the context, so that contexts that overlap cannot multiply what is read.
      pairs(
        "registers", at: place + 16, count: Int(load(place + 6, 2)), keySize: 8,
        before: min(limit, place + max(16, length)))
      report.end()
      guard length >= 16 else { break }
      place += length
    }
    report.endList()
    pairs(
      "keyValues", at: start + Int(load(start + 8, 4)), count: Int(load(start + 12, 2)),
      keySize: 16,
      before: limit)
  }

  /// Pairs of a key, an address of 8 or a GUID of 16 bytes, and a value.
  private mutating func pairs(
    _ name: StaticString, at start: Int, count: Int, keySize: Int, before end: Int
  ) {
    report.list(name)
    defer { report.endList() }
    for number in 0..<count {
      let place = start + number * (keySize + 8)
      guard has(keySize + 8, at: place, before: end) else {
        report.mark("truncated")
        remark(
          .malformed, name, at: place, "{d} are announced, {d} are there", UInt64(count),
          UInt64(number))
        return
      }
      report.item("")
      if keySize == 16 {
        let isPartition =
          guid(at: place) == GUID(0xebb4_5182, 0xfb03, 0x4bf9, 0x9aca_8613_709f_d789)
        report.guid("key", bytes, at: place, isPartition ? "MPAM PARTID" : "")
      } else {
        report.hexadecimal("address", load(place, 8), at: place)
      }
      report.hexadecimal("value", load(place + keySize, 8), at: place + keySize)
      report.end()
    }
  }

  /// CXL protocol error: its DVSEC and its error log follow.
  mutating func protocolSection(at start: Int, before end: Int) {
    guard fields(.cxlProtocol, at: start, before: end, valid: load(start, 8)) else { return }
    var place = start + 116
    for (name, field) in [("dvsec", 108), ("errorLog", 110)] as [(StaticString, Int)] {
      let size = Int(load(start + field, 2))
      let given = min(size, end - place)
      if given < size {
        remark(
          .malformed, "CXL protocol section", at: start + field, "{s} has {d} bytes, {d} are there",
          UInt64(size), UInt64(given), detail: name.description)
      }
      if given > 0 { report.data(name, bytes, at: place, count: given) }
      place += given
    }
    if place < end { report.data("rest", bytes, at: place, count: end - place) }
  }

  /// CXL component event: the record of the CXL specification follows.
  mutating func componentSection(at start: Int, before end: Int) {
    guard fields(.cxlComponent, at: start, before: end, valid: load(start + 4, 8)) else { return }
    let length = load(start, 4)
    if length > UInt64(end - start) {
      remark(
        .malformed, "CXL component event", at: start, "a length of {d}, {d} bytes are there",
        length,
        UInt64(end - start))
    }
    if end > start + 32 { report.data("eventLog", bytes, at: start + 32, count: end - start - 32) }
  }

  /// PCI component error: addresses and values of its registers follow, first those in memory space.
  mutating func pciComponentSection(at start: Int, before end: Int) {
    let valid = load(start, 8)
    guard fields(.pciComponent, at: start, before: end, valid: valid) else { return }
    // Bits 2 and 3: the numbers of pairs are valid, bit 4: the pairs are.
    let memory = valid & 0x14 == 0x14 ? Int(load(start + 32, 4)) : 0
    let io = valid & 0x18 == 0x18 ? Int(load(start + 36, 4)) : 0
    var place = start + 40
    pairs("memoryRegisters", at: place, count: memory, keySize: 8, before: end)
    place += 16 * memory
    pairs("ioRegisters", at: place, count: io, keySize: 8, before: end)
    place += 16 * io
    if place < end { report.data("rest", bytes, at: place, count: end - place) }
  }

  /// NVIDIA: addresses and values of registers follow.
  mutating func registerSection(at start: Int, before end: Int) {
    guard fields(.nvidia, at: start, before: end) else { return }
    pairs(
      "registers", at: start + 32, count: Int(load(start + 22, 1)), keySize: 8, before: end)
    let used = start + 32 + Int(load(start + 22, 1)) * 16
    if used < end { report.data("rest", bytes, at: used, count: end - used) }
  }
}
