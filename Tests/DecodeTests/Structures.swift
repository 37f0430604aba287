// Structures of which no real input is at hand, built here by the specifications' tables: what is
// written at an offset is what is read there.

import APEI
import Foundation
import Testing

@testable import Decode

/// Bytes by offset.
struct Built {
  var bytes: [UInt8]
  init(_ count: Int) { bytes = [UInt8](repeating: 0, count: count) }

  mutating func put(_ value: UInt64, _ size: Int, at offset: Int) {
    for index in 0..<size {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }
  mutating func put(_ field: ByteField, _ value: UInt64, at base: Int = 0) {
    put(value, field.size, at: base + field.offset)
  }
  mutating func put(_ text: String, at offset: Int) {
    for (index, byte) in text.utf8.enumerated() { bytes[offset + index] = byte }
  }
  mutating func put(_ guid: GUID, at offset: Int) {
    put(UInt64(guid.data1), 4, at: offset)
    put(UInt64(guid.data2), 2, at: offset + 4)
    put(UInt64(guid.data3), 2, at: offset + 6)
    put(guid.data4.byteSwapped, 8, at: offset + 8)
  }

  /// A table whose header is right.
  static func table(_ signature: String, revision: UInt64 = 1, _ count: Int) -> Built {
    var table = Built(count)
    table.put(signature, at: 0)
    table.put(UInt64(count), 4, at: 4)
    table.put(revision, 1, at: 8)
    table.put("FLTLN ", at: 10)
    table.put("FAULTLIN", at: 16)
    return table
  }
  mutating func sum() {
    bytes[9] = 0
    bytes[9] = 0 &- bytes.reduce(0, &+)
  }
}

@Suite struct StructureTests {
  private func json(
    _ bytes: [UInt8], _ kind: DecoderKind? = nil, section: String? = nil
  ) throws -> JSON {
    try JSON(Decoding(bytes, DecodeRequest(kind: kind, style: .json, section: section)).bytes)
  }

  /// A processor node with a cache, system registers and two interrupts, then a memory node.
  static func errorSources(revision: UInt64) -> Built {
    let interface = revision == 1 ? 48 : 24 + 3 * 8 + 32
    let processor = 44 + 24 + interface + 24
    let memory = 44 + 4 + interface
    var table = Built.table("AEST", revision: revision, 36 + processor + memory)
    func node(_ offset: Int, _ type: UInt64, _ length: Int, _ data: Int, interrupts: UInt64) {
      table.put(ErrorNodeLayout.type, type, at: offset)
      table.put(ErrorNodeLayout.length, UInt64(length), at: offset)
      table.put(ErrorNodeLayout.dataOffset, 44, at: offset)
      table.put(ErrorNodeLayout.interfaceOffset, UInt64(44 + data), at: offset)
      table.put(ErrorNodeLayout.interruptOffset, UInt64(44 + data + interface), at: offset)
      table.put(ErrorNodeLayout.interruptCount, interrupts, at: offset)
      table.put(1_000_000, 8, at: offset + 20)
    }
    node(36, 0, processor, 24, interrupts: 2)
    table.put(3, 4, at: 36 + 44)
    table.put(0x128, 4, at: 36 + 44 + 16)
    table.put(2, 4, at: 36 + 44 + 24 + 20)
    for (index, number) in [17, 18].enumerated() {
      let place = 36 + 44 + 24 + interface + 12 * index
      table.put(UInt64(index), 1, at: place)
      table.put(1, 1, at: place + 3)
      table.put(UInt64(number), 4, at: place + 4)
    }
    let second = 36 + processor
    node(second, 1, memory, 4, interrupts: 0)
    table.put(7, 4, at: second + 44)
    table.put(1, 1, at: second + 48)
    table.put(0x3000_0000, 8, at: second + 48 + 8)
    table.sum()
    return table
  }

  @Test func registersOfAPCIComponentAreTakenApart() throws {
    var section = Built(40 + 3 * 16)
    section.put(0x1D, 8, at: 0)
    section.put(1, 4, at: 32)
    section.put(2, 4, at: 36)
    for pair in 0..<3 {
      section.put(0x1000 + UInt64(pair), 8, at: 40 + 16 * pair)
      section.put(0xAB_CDEF_0000 + UInt64(pair), 8, at: 48 + 16 * pair)
    }
    func decoded() throws -> JSON { try json(section.bytes, section: "pci-component") }
    let memory = try #require(try decoded()["memoryRegisters"]?.list)
    let io = try #require(try decoded()["ioRegisters"]?.list)
    #expect(memory.map { $0["address"]?.string } == ["0x1000"])
    #expect(io.map { $0["value"]?.string } == ["0xabcdef0001", "0xabcdef0002"])
    section.put(3, 4, at: 36)
    #expect(try decoded()["ioRegisters"]?.list?.count == 3)
    #expect(try decoded()["findings"]?[0]?["severity"]?.string == "malformed")
    // Pairs that are not valid are bytes.
    section.put(0x0D, 8, at: 0)
    #expect(try decoded()["memoryRegisters"]?.list?.isEmpty == true)
    #expect(try decoded()["rest"]?.string?.count == 96)
  }

  @Test(arguments: [1, 2] as [UInt64])
  func errorSourcesOfBothVersionsAreRead(revision: UInt64) throws {
    let table = Self.errorSources(revision: revision)
    let found = try json(table.bytes)
    #expect(found["kind"]?.string == "aest")
    #expect(found["findings"]?.list?.isEmpty == true, "\(found["findings"] ?? .null)")
    let nodes = try #require(found["nodes"]?.list)
    #expect(nodes.map { $0["typeName"]?.string } == ["processor", "memory"])
    #expect(nodes[0]["data"]?["processorId"]?.int == 3)
    #expect(nodes[0]["data"]?["cacheReference"]?.int == 0x128)
    #expect(nodes[0]["interface"]?["typeName"]?.string == "system registers")
    #expect(nodes[0]["interface"]?["recordCount"]?.int == 2)
    #expect(nodes[0]["interrupts"]?.list?.map { $0["interrupt"]?.int } == [17, 18])
    #expect(nodes[0]["interrupts"]?[1]?["typeName"]?.string == "error recovery")
    #expect(nodes[1]["data"]?["proximityDomain"]?.int == 7)
    #expect(nodes[1]["interface"]?["address"]?.string == "0x30000000")
    for cut in stride(from: 36, to: table.bytes.count, by: 7) {
      let part = Decoding(Array(table.bytes[..<cut]), DecodeRequest(style: .json))
      #expect(part.outcome == .malformed)
    }
  }

  @Test func anSDEITableIsItsHeader() throws {
    var table = Built.table("SDEI", 36)
    table.sum()
    let found = try json(table.bytes)
    #expect(found["kind"]?.string == "sdei")
    #expect(found["checksumRight"]?.bool == true)
    table.put(1, 1, at: 35)
    let broken = try json(table.bytes)
    #expect(broken["checksumRight"]?.bool == false)
    #expect(broken["findings"]?[0]?["offset"]?.int == 9)
  }

  /// What a section alone is taken for.
  @Test(
    arguments: [
      (SectionType.memory, 80, "memory error"), (SectionType.memory2, 96, "memory error 2"),
      (SectionType.pcie, 208, "PCIe error"),
      (SectionType.processorGeneric, 192, "general processor error"),
    ] as [(GUID, Int, String)])
  func aSectionAloneIsGuessed(guid: GUID, size: Int, name: String) throws {
    var section = Built(size)
    section.put(3, 8, at: 0)
    let found = try json(section.bytes)
    #expect(found["kind"]?.string == "cper")
    #expect(found["structure"]?.string == "section")
    #expect(found["typeName"]?.string == name)
    // The same in a block, by its GUID.
    var block = Built(20 + 72 + size)
    block.put(0x11, 4, at: 0)
    block.put(UInt64(72 + size), 4, at: 12)
    block.put(guid, at: 20)
    block.put(0x300, 2, at: 40)
    block.put(UInt64(size), 4, at: 44)
    for (index, byte) in section.bytes.enumerated() { block.bytes[92 + index] = byte }
    let inside = try json(block.bytes)
    #expect(inside["entries"]?[0]?["typeName"]?.string == name)
    #expect(inside["entries"]?[0]?["decoded"]?["bytes"]?.int == size)
    // The memory section's status has no type that is 0, and of its fields none is valid.
    let findings = inside["findings"]?.list ?? []
    #expect(
      findings.allSatisfy { $0["message"]?.string?.contains("error status type 0") == true },
      "\(findings)")
  }

  @Test func memory2HasTheFieldsOfItsTable() throws {
    var section = Built(Memory2Layout.size)
    section.put(Memory2Layout.validation, 0x3F_FFFF)
    let values: [(ByteField, UInt64)] = [
      (Memory2Layout.physicalAddress, 0x1234_5678_9000), (Memory2Layout.row, 70_000),
      (Memory2Layout.chipId, 5), (Memory2Layout.errorType, 3), (Memory2Layout.status, 1),
      (Memory2Layout.moduleHandle, 0x1_0000),
    ]
    for (field, value) in values { section.put(field, value) }
    let found = try json(section.bytes, .cper, section: "memory2")
    for (field, value) in values {
      let written = found[field.name.description]
      #expect(
        written?.int == Int(value) || written?.string == "0x" + String(value, radix: 16),
        "\(field.name)")
    }
    #expect(found["errorTypeName"]?.string == "multi-bit ECC")
  }

  @Test func aNodeSectionCarriesErrorRecords() throws {
    var section = Built(80 + 72)
    section.put(ArmRASNodeLayout.revision, 1)
    section.put(ArmRASNodeLayout.descriptorCount, 1)
    section.put(ArmRASNodeLayout.descriptorOffset, 80)
    section.put("DRAM0", at: 64)
    section.put(ArmRASDescriptorLayout.status, 0x6400_000C, at: 80)
    let found = try json(section.bytes)
    #expect(found["typeName"]?.string == "ARM RAS")
    #expect(found["userData"]?.string == "DRAM0")
    #expect(found["records"]?[0]?["status"]?.string == "0x6400000c")
    let text = Decoding(section.bytes, DecodeRequest()).text
    #expect(text.contains("UC: Data value from (non-associative) external memory"))
  }

  @Test func sectionsThatAllLeadToTheSameBytesAreReadOnce() throws {
    let count = 200
    var record = Built(128 + 72 * count + 4000)
    record.put("CPER", at: 0)
    record.put(0xFFFF_FFFF, 4, at: 6)
    record.put(UInt64(count), 2, at: 10)
    record.put(UInt64(record.bytes.count), 4, at: 20)
    for index in 0..<count {
      let descriptor = 128 + 72 * index
      record.put(UInt64(128 + 72 * count), 4, at: descriptor)
      record.put(4000, 4, at: descriptor + 4)
    }
    let decoding = Decoding(record.bytes, DecodeRequest(style: .jsonLine))
    #expect(decoding.outcome == .malformed)
    #expect(decoding.bytes.count < 20 * record.bytes.count)
    #expect(decoding.text.contains("the sections overlap"))
  }

  @Test func whatIsOfAnotherKindIsSaid() {
    let table = Self.errorSources(revision: 1).bytes
    let decoding = Decoding(table, DecodeRequest(kind: .hest))
    #expect(decoding.outcome == .unrecognized)
    #expect(decoding.reason == "found an AEST table, not what hest is; decode aest explains it")
    var other = Built.table("XSDT", 44)
    other.sum()
    let unknown = Decoding(other.bytes, DecodeRequest())
    #expect(unknown.outcome == .unrecognized)
    #expect(unknown.reason.hasPrefix("found the ACPI table XSDT"))
  }
}
