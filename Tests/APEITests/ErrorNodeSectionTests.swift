// Arm RAS node sections: the bytes of the specification's tables, read back, checked, and hostile bytes.

import APEI
import Arm
import Bytes
import Testing

@Suite struct ErrorNodeSectionTests {
  /// A corrected error of a memory controller with every register of a value of its own.
  static func descriptor(_ index: UInt32 = 1) -> ErrorRecordDescriptor {
    var record = ErrorRecordDescriptor(
      index: index, architecture: ErrorRecordDescriptor.version1p1)
    record.feature = 0x1122_3344_5566_7788
    record.control = 0x101
    record.status = ErrorStatus(rawValue: 0xC702_000C | 0b10 << 24)
    record.address = 0x8000_0000_5000_0040
    record.misc0 = 0xA0
    record.misc1 = 0xA1
    record.misc2 = 0xA2
    record.misc3 = 0xA3
    return record
  }

  /// A block with one section of a node, as it is published.
  static func block(
    _ section: ErrorNodeSection, _ records: [ErrorRecordDescriptor]
  ) throws(ByteError) -> [UInt8] {
    var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0xee, count: 512))
    try block.append(section, DataEntry(severity: .corrected))
    for record in records { try block.append(record) }
    let finished = try block.finish()
    var bytes = block.sink
    bytes.store(finished.blockStatus, at: 0)
    return Array(bytes[0..<finished.byteCount])
  }

  static func memory(_ count: Int = 1) -> ErrorNodeSection {
    ErrorNodeSection(
      component: .memory, instance: .registers(base: 0x0910_0000, pidr: 0x8877_6655_4433_2211),
      name: "memory", recordCount: count)
  }

  @Test func aMemoryNodeIsTheseBytes() throws {
    let bytes = try Self.block(Self.memory(), [Self.descriptor()])
    #expect(bytes.count == 20 + 72 + 80 + 72)
    var golden: [UInt8] = [1, 0, 0, 0] + [1, 0, 0, 0] + [1, 0, 0, 0] + [80, 0] + [0, 0]
    // Instance by address, type by PIDR.
    golden += [1, 2, 0, 0, 0, 0, 0, 0]
    golden += [0, 0, 0x10, 0x09, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
    // PIDR3 to 0, PIDR7 to 4.
    golden += [0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55] + [UInt8](repeating: 0, count: 16)
    golden += Array("memory".utf8) + [UInt8](repeating: 0, count: 10)
    // The record.
    golden += [1, 0, 0, 0] + [0x10, 0, 0, 0]
    golden += [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11] + [1, 1, 0, 0, 0, 0, 0, 0]
    golden += [0x0c, 0, 0x02, 0xc7, 0, 0, 0, 0] + [0x40, 0, 0, 0x50, 0, 0, 0, 0x80]
    for byte in 0xA0...0xA3 as ClosedRange<UInt8> { golden += [byte, 0, 0, 0, 0, 0, 0, 0] }
    #expect(Array(bytes[92...]) == golden)
  }

  @Test func aProcessorsNodeIsNamedByItsRegisters() throws {
    var writer = ByteWriter([UInt8](repeating: 0xee, count: 80))
    try writer.errorNodeSection(
      ErrorNodeSection(
        component: .processor, instance: .processor(mpidr: 1, midr: 2, revidr: 3, aidr: 4),
        name: "a name of more than 16 letters", recordCount: 0))
    #expect(writer.offset == 80)
    #expect(writer.sink[16..<24].allSatisfy { $0 == 0 })
    #expect(try [24, 32, 40, 48, 56].map { try writer.sink.u64(at: $0) } == [1, 0, 2, 3, 4])
    #expect(Array(writer.sink[64...]) == Array("a name of more t".utf8))
  }

  @Test func whatIsWrittenIsDecodedAndNothingIsFoundInIt() throws {
    for count in 1...3 {
      let records = (1...UInt32(count)).map { Self.descriptor($0) }
      let bytes = try Self.block(Self.memory(count), records)
      #expect(ErrorStatusBlockChecker().check(bytes) == [])
      guard
        case .errorNode(let section)? = try ErrorStatusBlock.decode(bytes).entries.first?.payload
      else {
        Issue.record("no section of a node")
        return
      }
      #expect(section.component == .memory)
      #expect(section.instanceFormat == 1 && section.instance == 0x0910_0000)
      #expect(section.records == records)
      let text = try ErrorStatusBlock.decode(bytes).lines()
      #expect(text.contains("    registers at 0x9100000"))
      #expect(text.contains("      ERR<1>MISC3 0x00000000000000a3"))
    }
  }

  @Test func aSectionThatDoesNotFitLeavesTheBlockAsItWas() throws {
    let whole = 20 + 72 + 80 + 2 * 72
    for size in 20..<whole {
      var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0, count: size))
      #expect(throws: ByteError.self) {
        try block.append(Self.memory(2), DataEntry(severity: .fatal))
      }
      #expect(try block.finish().byteCount == 20)
    }
  }

  // Offsets: section 92, record 172.
  @Test(arguments: [
    (92, [2] as [UInt8], "revision 2"), (96, [7], "component type 7"), (97, [1], "reserved bytes"),
    (100, [0], "no error records"), (100, [2], "do not fit"),
    (100, [0xff, 0xff, 0xff, 0xff], "do not"),
    (104, [72], "inside the fixed part"), (104, [0xff, 0xff], "do not fit"),
    (106, [90], "not behind the records"), (106, [0xff], "not behind"), (108, [4], "format 4"),
    (96, [0], "MPIDR_EL1"), (110, [1], "reserved bytes"), (176, [2], "Architecture 2"),
    (196, [0, 0, 0, 0x87], "not valid (STATUS.V)"), (196, [0, 0, 0, 0xc4], "no error"),
    (196, [0, 0, 0, 0x47], "STATUS.AV"), (196, [0, 0, 0, 0xc2], "STATUS.MV"),
    (176, [0], "MISC2 or MISC3"),
  ])
  func aDefectIsFound(_ offset: Int, _ change: [UInt8], _ message: String) throws {
    var bytes = try Self.block(Self.memory(), [Self.descriptor()])
    for (index, byte) in change.enumerated() { bytes[offset + index] = byte }
    let findings = ErrorStatusBlockChecker().check(bytes)
    #expect(findings.contains { $0.message.contains(message) }, "\(findings)")
  }

  @Test func everyTruncationIsDecodedOrRefused() throws {
    let bytes = try Self.block(Self.memory(2), [Self.descriptor(), Self.descriptor(2)])
    let body = Array(bytes[92...])
    for count in 0..<body.count {
      #expect(throws: ByteError.self) { try DecodedErrorNode(Array(body[..<count])) }
    }
    #expect(try DecodedErrorNode(body).records.count == 2)
  }
}
