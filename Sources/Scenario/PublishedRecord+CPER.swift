// Decoding an error status block: ACPI 6.5 18.3.2.7, UEFI 2.10 N.2.5 (memory), N.2.4.4 (Arm).

extension PublishedRecord {
  /// The record in a generic error status block; what is cut off reads as zero.
  init(block: [UInt8], source: UInt16) {
    self.init(
      source: source, severity: Verdict.Severity(cper: block.littleEndian(16, 4)),
      physicalAddress: nil, sections: [])
    var offset = 20
    let end = min(block.count, 20 + Int(block.littleEndian(12, 4)))
    while offset + 64 <= end {
      let guid = Array(block[offset..<offset + 16])
      let length = Int(block.littleEndian(offset + 24, 4))
      let header = block.littleEndian(offset + 20, 2) >= 0x0300 ? 72 : 64
      let body = Array(block[min(offset + header, end)..<min(offset + header + length, end)])
      if guid == PublishedRecord.memorySection {
        decode(memory: body)
      } else if guid == PublishedRecord.processorSection {
        decode(processor: body)
      } else {
        sections.append(.init("section", "of unknown type"))
      }
      offset += header + length
    }
  }

  /// A5BC1114-6F64-4EDE-B863-3E83ED7C83B1.
  static let memorySection: [UInt8] = [
    0x14, 0x11, 0xBC, 0xA5, 0x64, 0x6F, 0xDE, 0x4E, 0xB8, 0x63, 0x3E, 0x83, 0xED, 0x7C, 0x83, 0xB1,
  ]
  /// E19E3D16-BC11-11E4-9CAA-C2051D5D46B0.
  static let processorSection: [UInt8] = [
    0x16, 0x3D, 0x9E, 0xE1, 0x11, 0xBC, 0xE4, 0x11, 0x9C, 0xAA, 0xC2, 0x05, 0x1D, 0x5D, 0x46, 0xB0,
  ]

  private mutating func decode(memory body: [UInt8]) {
    let valid = body.littleEndian(0, 8)
    sections.append(.init("section", "memory"))
    if valid & 1 << 1 != 0 {
      let address = body.littleEndian(16, 8)
      physicalAddress = physicalAddress ?? address
      sections.append(.init("pa", address))
    }
    if valid & 1 << 2 != 0 { sections.append(.init("mask", body.littleEndian(24, 8))) }
    if valid & 1 << 14 != 0 {
      let names = [
        "unknown", "no error", "single-bit ECC", "multi-bit ECC", "single-symbol chipkill",
        "multi-symbol chipkill", "master abort", "target abort", "parity", "watchdog",
        "invalid address", "mirror broken", "sparing", "scrub corrected", "scrub uncorrected",
        "physical map-out",
      ]
      let type = Int(body.littleEndian(72, 1))
      sections.append(.init("type", type < names.count ? names[type] : "reserved \(type)"))
    }
  }

  private mutating func decode(processor body: [UInt8]) {
    sections.append(.init("section", "Arm processor"))
    if body.littleEndian(0, 4) & 1 != 0 {
      sections.append(.init("mpidr", body.littleEndian(16, 8)))
    }
    var offset = 40
    for _ in 0..<body.littleEndian(4, 2) where offset + 32 <= body.count {
      let valid = body.littleEndian(offset + 2, 2)
      // Bits 1 to 4, as UEFI 2.9A and 2.10 have them and Linux reads them.
      let types = ["cache", "TLB", "bus", "micro-architecture"]
      let bits = body.littleEndian(offset + 4, 1)
      let named = types.indices.filter { bits & 2 << UInt64($0) != 0 }.map { types[$0] }
      sections.append(.init("error", named.isEmpty ? "reserved" : named.joined(separator: "+")))
      if valid & 1 << 3 != 0 { sections.append(.init("va", body.littleEndian(offset + 16, 8))) }
      if valid & 1 << 4 != 0 {
        let address = body.littleEndian(offset + 24, 8)
        physicalAddress = physicalAddress ?? address
        sections.append(.init("pa", address))
      }
      offset += 32
    }
  }
}

extension Verdict.Severity {
  /// A CPER severity; values that UEFI does not define are taken as fatal, as Linux does.
  init(cper value: UInt64) {
    switch value {
    case 0: self = .recoverable
    case 2: self = .corrected
    case 3: self = .informational
    default: self = .fatal
    }
  }
}
