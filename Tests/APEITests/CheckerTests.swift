// The checkers find each defect that is put into a good table, and nothing in a good one.

import APEI
import Bytes
import Testing

@Suite struct CheckerTests {
  static func hest() throws(ByteError) -> [UInt8] {
    var writer = ByteWriter([UInt8](repeating: 0, count: 1024))
    try writer.hest(ErrorRegion(base: 0x5f00_0000, sources: ErrorSourceTable(coreCount: 2)))
    return Array(writer.sink[0..<writer.offset])
  }

  /// Changes bytes of a table and makes its checksum right again.
  static func changed(_ table: [UInt8], _ offset: Int, _ bytes: [UInt8]) throws -> [UInt8] {
    var copy = table
    for (index, byte) in bytes.enumerated() { copy[offset + index] = byte }
    copy[9] &-= try copy.checksum(0, count: copy.count)
    return copy
  }

  @Test func nothingIsFoundInOurHEST() throws {
    let table = try Self.hest()
    #expect(table.count == 40 + 3 * 92)
    #expect(HESTChecker().check(table) == [])
    let decoded = try HEST(table)
    #expect(decoded.sources.count == 3)
    let region = ErrorRegion(base: 0x5f00_0000, sources: ErrorSourceTable(coreCount: 2))
    #expect(decoded.sources[2] == .generic(region.errorSource(2)))
  }

  @Test(arguments: [
    (4, [9] as [UInt8], "length"), (8, [0], "revision 0"), (0, [0x68], "signature"),
    (36, [2], "announced"), (40, [3], "unknown type"), (42, [1], "used twice"),
    (44, [9, 0], "related source 9"), (44, [0, 0], "related source 0"), (46, [1], "reserved"),
    (47, [2], "neither"), (48, [0], "preallocate"), (52, [0], "no sections"),
    (60, [2], "address space 2"), (61, [32], "whole 64-bit word"), (61, [65], "65 bits"),
    (62, [1], "64 bits at bit 1"), (63, [0], "access size 0"), (64, [0, 0, 0, 0], "address 0"),
    (64, [4], "not aligned"), (64, [8], "share the status address"), (73, [27], "length 27"),
    (74, [0x40], "reserved bits"), (72, [12], "type 12 is unknown"), (72, [9], "SEI"),
    (72, [4], "not for Arm"), (72, [0], "polled, but never"), (72, [1], "not an SPI"),
    (100, [19, 0, 0, 0], "no room for its header"), (100, [0, 0, 2, 0], "64 KiB"),
    (104, [3], "address space 3"), (108, [0, 0, 0, 0], "address 0"),
    (108, [0x20], "acknowledge register 0x5f000020 is used twice"),
    (124, [0], "sets nothing"), (116, [0xff], "keeps bits"), (105, [0], "0 bits"),
  ])
  func aDefectOfTheHESTIsFound(_ offset: Int, _ bytes: [UInt8], _ message: String) throws {
    let findings = HESTChecker().check(try Self.changed(try Self.hest(), offset, bytes))
    #expect(findings.contains { $0.message.contains(message) }, "\(findings)")
  }

  @Test func aWrongChecksumIsFound() throws {
    var table = try Self.hest()
    table[50] ^= 4
    #expect(HESTChecker().check(table).contains { $0.message.contains("sum up to") })
    #expect(HESTChecker().check([1, 2, 3]).count == 2)
  }

  @Test func nothingIsFoundInOurBlocks() throws {
    #expect(ErrorStatusBlockChecker().check(try sampleBlock()) == [])
    var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0, count: 512))
    try block.append(
      MemorySection(physicalAddress: 0x1000, granule: 64, kind: .singleBitECC),
      DataEntry(severity: .corrected, flags: .thresholdExceeded))
    try block.append(
      MemorySection(physicalAddress: 0x2000, kind: .singleBitECC), DataEntry(severity: .corrected))
    let finished = try block.finish(severalUncorrected: true, severalCorrected: true)
    #expect(finished.blockStatus == 0x2a)
    var bytes = block.sink
    bytes.store(finished.blockStatus, at: 0)
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
  }

  // Offsets: block 0, first entry 20, its section 92 (info at 132, contexts from 164), second
  // entry 708, its section 780.
  @Test(arguments: [
    (0, [0, 0] as [UInt8], "empty"), (0, [0x31], "announces 3"), (0, [0x22], "bit 0"),
    (0, [0x23], "bit 1"), (0, [0x2d], "several corrected"), (1, [0x40], "reserved bits"),
    (16, [1], "but the worst entry is recoverable"), (16, [9], "severity 9"),
    (4, [20, 0, 0, 0, 4], "overlaps the entries"), (4, [0x5c, 3, 0, 0, 4], "outside the block"),
    (12, [0xff, 0xff], "cannot be decoded"), (44, [0xff, 0xff], "cannot be decoded"),
    (20, [0], "is unknown"), (36, [7], "severity 7"), (40, [0, 1], "cannot be decoded"),
    (42, [0x0f], "reserved validation bits"), (84, [0x61], "is no time"),
    (64 + 19, [0x41], "goes on after its end"), (64, [0xff], "not ASCII"),
    (92, [0x17], "reserved validation bits"), (96, [0], "do not fit"),
    (100, [0x69], "section length"), (100, [0], "do not fit"), (104, [4], "affinity level 4"),
    (116, [0, 0, 0, 0], "no MIDR"),
    (124, [3], "running state"), (128, [1], "a PSCI state"), (132, [1], "version 1"),
    (133, [31], "31 bytes"), (134, [0x3c], "reserved validation bits of error"),
    (136, [0x01], "not of the encoding"), (136, [0], "not of the encoding"),
    (164, [1], "context version 1"), (166, [20], "type 20 is unknown"),
    (166, [7], "Secure state"), (168, [128], "bytes of registers"), (98, [2], "vendor data"),
    (707, [1], "not padded"), (780 + 3, [1], "reserved validation bits"),
    (780 + 72, [77], "memory error type 77"), (780 + 9, [99], "error status type 99"),
    (780 + 25, [0], "has a hole"), (780, [0x05], "without an address"),
  ])
  func aDefectOfABlockIsFound(_ offset: Int, _ bytes: [UInt8], _ message: String) throws {
    var block = try sampleBlock()
    for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
    let findings = ErrorStatusBlockChecker().check(block)
    #expect(findings.contains { $0.message.contains(message) }, "\(findings)")
  }

  @Test func aProcessorSectionWithoutErrorsIsFound() throws {
    var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0, count: 512))
    try block.append(
      ProcessorSection(mpidr: 1, midr: 2), ProcessorErrorInformation(.cache),
      DataEntry(severity: .fatal))
    let finished = try block.finish()
    var bytes = block.sink
    bytes.store(finished.blockStatus, at: 0)
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    #expect(!ErrorStatusBlockChecker(.bitmapFromBit0).check(Self.poked(bytes, 136, 0x10)).isEmpty)
    bytes[96] = 0
    let findings = ErrorStatusBlockChecker().check(bytes)
    #expect(findings.contains { $0.message == "no error information" })
    #expect(findings.contains { $0.message.contains("32 bytes of vendor data") })
  }

  static func poked(_ bytes: [UInt8], _ offset: Int, _ value: UInt8) -> [UInt8] {
    var copy = bytes
    copy[offset] = value
    return copy
  }
}
