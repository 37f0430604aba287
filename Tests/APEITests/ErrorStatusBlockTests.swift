// Records: the bytes of the specification's tables, read back, and hostile bytes.

import APEI
import Arm
import Bytes
import Support
import Testing

/// Registers whose values say which they are.
struct NumberedContexts: ProcessorContextRegisters {
  var types: [ProcessorContextType] = [.general, .el1, .el2]

  func provides(_ type: ProcessorContextType) -> Bool { types.contains(type) }
  func register(_ index: Int, of type: ProcessorContextType) -> UInt64 {
    UInt64(type.rawValue) << 56 | UInt64(index)
  }
}

/// A block as the firmware writes it: processor section, then memory section.
func sampleBlock(size: Int = 4096) throws(ByteError) -> [UInt8] {
  var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0xee, count: size))
  let time = Timestamp(secondsSince1970: 951_827_696)
  var entry = DataEntry(severity: .recoverable, timestamp: time, fruText: "node 1")
  try block.append(
    ProcessorSection(mpidr: 0x8000_0003, midr: 0x414f_d0c1),
    ProcessorErrorInformation(
      .bus,
      detail: ProcessorErrorDetail(transaction: 1, operation: 3, level: nil, state: .recoverable),
      virtualAddress: 0xffff_8000_1234_5678, physicalAddress: 0x1_2345_6780),
    contexts: NumberedContexts(), entry)
  entry.flags = [.primary, .propagated]
  entry.fruText = nil
  try block.append(
    MemorySection(
      physicalAddress: 0x1_2345_6780, granule: 64, kind: .multiBitECC,
      status: SectionErrorStatus(.poisoned)), entry)
  let finished = try block.finish()
  var bytes = block.sink
  #expect(bytes[0..<4] == [0, 0, 0, 0], "BlockStatus stays clear until it is published")
  bytes.store(finished.blockStatus, at: 0)
  return Array(bytes[0..<finished.byteCount])
}

@Suite struct ErrorStatusBlockTests {
  @Test func aMemoryErrorIsTheseBytes() throws {
    var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0xee, count: 256))
    try block.append(
      MemorySection(
        physicalAddress: 0x8765_4321_0fc0, granule: 64, kind: .multiBitECC,
        status: SectionErrorStatus(.memory)),
      DataEntry(
        severity: .recoverable, flags: .primary,
        timestamp: Timestamp(
          year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 8, isPrecise: true),
        fruID: SectionType.pcie, fruText: "DIMM"))
    let finished = try block.finish()
    #expect(finished.blockStatus == 0x11)
    #expect(finished.byteCount == 172)
    #expect(finished.severity == .recoverable)
    // Block header: BlockStatus still 0, no raw data, 152 bytes of data, recoverable.
    var golden: [UInt8] =
      [0, 0, 0, 0] + [0, 0, 0, 0] + [0, 0, 0, 0] + [152, 0, 0, 0] + [0, 0, 0, 0]
    // Entry: section type A5BC1114-6F64-4EDE-B863-3E83ED7C83B1, mixed-endian.
    golden += [0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde, 0x4e]
    golden += [0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c, 0x83, 0xb1]
    golden += [0, 0, 0, 0] + [0x00, 0x03] + [7, 1] + [80, 0, 0, 0]
    // FRU id D995E954-BBC1-430F-AD91-B44DCB3C6F35, FRU text, time.
    golden += [0x54, 0xe9, 0x95, 0xd9, 0xc1, 0xbb, 0x0f, 0x43]
    golden += [0xad, 0x91, 0xb4, 0x4d, 0xcb, 0x3c, 0x6f, 0x35]
    golden += Array("DIMM".utf8) + [UInt8](repeating: 0, count: 16)
    golden += [0x08, 0x59, 0x23, 0x01, 0x29, 0x02, 0x24, 0x20]
    // Section: valid bits 0, 1, 2, 14; status type 4; address; mask.
    golden += [0x07, 0x40, 0, 0, 0, 0, 0, 0] + [0, 4, 0, 0, 0, 0, 0, 0]
    golden += [0xc0, 0x0f, 0x21, 0x43, 0x65, 0x87, 0, 0]
    golden += [0xc0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
    golden += [UInt8](repeating: 0, count: 40) + [3, 0, 0, 0, 0, 0, 0, 0]
    #expect(Array(block.sink[0..<172]) == golden)
    #expect(block.sink[172] == 0xee, "nothing is written behind the block")
  }

  @Test func aProcessorErrorIsTheseBytes() throws {
    var writer = ByteWriter([UInt8](repeating: 0xee, count: 128))
    try writer.processorSection(
      ProcessorSection(mpidr: 0x8000_0003, midr: 0x414f_d0c1),
      ProcessorErrorInformation(
        .bus,
        detail: ProcessorErrorDetail(transaction: 1, operation: 3, level: 2, state: .recoverable),
        virtualAddress: 0x1122_3344_5566_7788, physicalAddress: 0x99, flags: [.first, .last],
        multipleError: 0x0201),
      NoProcessorContext())
    #expect(writer.offset == 72)
    var golden: [UInt8] = [7, 0, 0, 0] + [1, 0] + [0, 0] + [72, 0, 0, 0] + [0, 0, 0, 0]
    golden += [3, 0, 0, 0x80, 0, 0, 0, 0] + [0xc1, 0xd0, 0x4f, 0x41, 0, 0, 0, 0]
    golden += [1, 0, 0, 0] + [0, 0, 0, 0]
    // Version 0, 32 bytes, five valid bits, bus in the bitmap that starts at bit 1.
    golden += [0, 32, 0x1f, 0, 0x08, 0x01, 0x02, 3]
    // Valid 0 to 6; data, data read, level 2, precise PC.
    golden += [0x7f, 0, 0x8d, 0x08, 0, 0, 0, 0]
    golden += [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11] + [0x99, 0, 0, 0, 0, 0, 0, 0]
    #expect(Array(writer.sink[0..<72]) == golden)
  }

  @Test func whatIsWrittenIsDecoded() throws {
    let bytes = try sampleBlock()
    let block = try ErrorStatusBlock.decode(bytes)
    #expect(block.blockStatus == 0x21)
    #expect(block.severity == .recoverable)
    #expect(block.entries.count == 2)
    let processor = try #require(block.entries.first)
    #expect(processor.timestamp?.description == "2000-02-29T12:34:56")
    guard case .processor(let section) = processor.payload else {
      Issue.record("not a processor section")
      return
    }
    #expect(section.section == ProcessorSection(mpidr: 0x8000_0003, midr: 0x414f_d0c1))
    #expect(section.information.count == 1)
    #expect(section.information.first?.virtualAddress == 0xffff_8000_1234_5678)
    #expect(section.contexts.map(\.kind) == [.el1, .el2, .general])
    #expect(section.contexts.map(\.registers.count) == [17, 15, 32])
    #expect(section.contexts.last?.registers.last == 0x0400_0000_0000_001f)
    #expect(section.contextOffsets == [72, 216, 344])
    #expect(section.vendorBytes == 0)
    guard case .memory(let memory) = block.entries.last?.payload else {
      Issue.record("not a memory section")
      return
    }
    #expect(memory.physicalAddress == 0x1_2345_6780)
    #expect(memory.physicalAddressMask == 0xffff_ffff_ffff_ffc0)
    #expect(memory.kind == .multiBitECC)
    #expect(block.entries.last?.flags == [.primary, .propagated])
  }

  @Test func everyMemoryFieldSurvives() throws {
    var section = MemorySection(physicalAddress: 1, granule: 4096, kind: .parity)
    section.node = 2
    section.card = 3
    section.module = 4
    section.bank = 5
    section.device = 6
    section.row = 7
    section.column = 8
    section.bitPosition = 9
    section.requestor = 10
    section.responder = 11
    section.target = 12
    section.rank = 13
    section.cardHandle = 14
    section.moduleHandle = 15
    section.extended = 0x20
    section.otherValidBits = 1 << 21
    section.status = SectionErrorStatus(.cache).with(SectionErrorStatus.overflow, 1)
    var writer = ByteWriter([UInt8](repeating: 0, count: 80))
    try writer.memorySection(section)
    #expect(writer.offset == MemorySection.size)
    #expect(try MemorySection(writer.sink) == section)
    #expect(section.validationBits == 0x23_ffff)
  }

  @Test func descriptionNamesWhatMatters() throws {
    let text = try ErrorStatusBlock.decode(try sampleBlock()).lines()
    #expect(text[0] == "error status block: recoverable, uncorrected, 2 sections")
    #expect(text.contains("  section: Arm processor, recoverable, 616 bytes"))
    #expect(text.contains("    error type bus"))
    #expect(text.contains("    FRU text node 1"))
    #expect(text.contains("    time 2000-02-29T12:34:56"))
    #expect(text.contains("      HCR_EL2 0x0600000000000004"))
    #expect(text.contains("      SP 0x040000000000001f"))
    #expect(text.contains("  section: platform memory, recoverable, 80 bytes"))
    #expect(text.contains("    physical address 0x123456780"))
    #expect(text.contains("    error status poisoned"))
    #expect(text.contains("    flags primary, propagated"))
  }

  @Test func aBlockThatDoesNotFitIsAnErrorAtEverySize() throws {
    let whole = try sampleBlock().count
    #expect(whole == 20 + 72 + 616 + 72 + 80)
    for size in 0..<whole {
      #expect(throws: ByteError.self) { try sampleBlock(size: size) }
    }
    #expect(try sampleBlock(size: whole).count == whole)
  }

  @Test func aSectionThatDoesNotFitLeavesTheBlockAsItWas() throws {
    var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0, count: 20 + 72 + 80 + 100))
    let entry = DataEntry(severity: .corrected)
    try block.append(MemorySection(physicalAddress: 64), entry)
    #expect(throws: ByteError.self) {
      try block.append(MemorySection(), DataEntry(severity: .fatal))
    }
    let finished = try block.finish()
    #expect(finished.blockStatus == 0x12)
    #expect(finished.severity == .corrected)
    #expect(finished.byteCount == 172)
  }

  @Test func hostileBlocksNeverCrashTheDecoder() throws {
    let good = try sampleBlock()
    var random = SeededRandom(seed: 7)
    var accepted = 0
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        // Mostly headers: that is where lengths and counts are.
        let place = Int.random(
          in: 0..<(Bool.random(using: &random) ? 140 : bytes.count), using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
      if let block = try? ErrorStatusBlock.decode(bytes) {
        accepted += 1
        _ = block.lines()
        _ = ErrorStatusBlockChecker().check(bytes)
      }
    }
    for size in 0..<good.count {
      #expect(throws: DecodeError.self) { try ErrorStatusBlock.decode(Array(good[0..<size])) }
    }
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      _ = try? ErrorStatusBlock.decode(bytes)
      _ = ErrorStatusBlockChecker().check(bytes)
      _ = try? HEST(bytes)
    }
    #expect(accepted > 100 && accepted < 3000)
  }
}
