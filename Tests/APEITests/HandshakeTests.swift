// The two sides of the handshake against each other: nothing lost, nothing twice, nothing half, at
// every cut; and against a side that lies.

import APEI
import Arm
import Bytes
import Support
import Testing

@Suite struct HandshakeTests {
  let region = ErrorRegion(base: 0x10_0000, sources: ErrorSourceTable(coreCount: 2))
  let memory: FakeSharedMemory

  init() throws {
    memory = FakeSharedMemory(base: region.base, size: Int(region.size))
    var writer = ByteWriter([UInt8](repeating: 0, count: Int(region.size)))
    try writer.errorRegion(region)
    memory.contents = writer.sink
  }

  var writer: ErrorSourceWriter<FakeSharedMemory> { ErrorSourceWriter(memory, region) }
  var reader: ErrorSourceReader<FakeSharedMemory> { ErrorSourceReader(memory) }

  /// Publishes a memory error at an address; false while the block is taken.
  func publish(_ address: UInt64, _ source: Int = 0) throws -> Bool {
    guard let block = writer.begin(source) else { return false }
    var status = try ErrorStatusBlockWriter(into: block)
    try status.append(
      MemorySection(physicalAddress: address), DataEntry(severity: .recoverable))
    return writer.finish(source, blockStatus: try status.finish().blockStatus)
  }

  func record(
    _ reader: ErrorSourceReader<FakeSharedMemory>, _ source: ErrorSource
  ) -> FakeSharedMemory.Window? {
    guard case .record(let bytes) = reader.contents(of: source) else { return nil }
    return bytes
  }

  /// Takes the record of a source as an operating system does: the address it names.
  func take(_ source: Int = 0) throws -> UInt64? {
    let entry = region.errorSource(source)
    guard let record = record(reader, entry) else { return nil }
    let block = try ErrorStatusBlock.decode(record)
    #expect(block.statedEntryCount == 1 && block.entries.count == 1)
    reader.acknowledge(entry)
    guard case .memory(let section)? = block.entries.first?.payload else { return nil }
    return section.physicalAddress
  }

  @Test func everyRecordIsReadOnceAndInOrder() throws {
    // Every sequence of ten turns of the two sides.
    for turns in 0..<1 << 10 {
      var next: UInt64 = 1
      var read: [UInt64] = []
      for turn in 0..<10 {
        if turns >> turn & 1 == 0 {
          if try publish(next) { next += 1 }
        } else if let address = try take() {
          read.append(address)
        }
      }
      if let address = try take() { read.append(address) }
      #expect(read == Array(1..<next))
    }
    #expect(memory.violations == 0)
  }

  @Test func whoLooksBetweenAnyTwoStoresSeesAWholeRecordOrNone() throws {
    #expect(try publish(1))
    #expect(try take() == 1)
    memory.storeCount = 0
    #expect(try publish(2))
    let stores = memory.storeCount
    #expect(stores > 20)
    #expect(try take() == 2)
    for cut in 0..<stores {
      var seen: UInt64?
      memory.storeCount = 0
      memory.beforeStore = { if $0 == cut { seen = try? take() } }
      #expect(try publish(3))
      memory.beforeStore = nil
      #expect(seen == nil, "\(cut)")
      #expect(try take() == 3)
    }
  }

  /// A core that stops half-way, for good, leaves a block that is free.
  @Test func aBlockThatWasBegunAndNotFinishedIsFree() throws {
    let block = try #require(writer.begin(0))
    _ = try ErrorStatusBlockWriter(into: block)
    #expect(writer.isFree(0))
    #expect(try take() == nil)
    #expect(try publish(5))
    #expect(try take() == 5)
  }

  @Test func memoryThatIsLostKeepsARecordFromBeingPublished() throws {
    for place in [region.acknowledgeLocation(0), region.block(0)] {
      memory.lost = [place]
      #expect(try !publish(1))
      memory.lost = []
      #expect(try take() == nil)
      #expect(try publish(2))
      #expect(try take() == 2)
    }
    // Lost after the block was begun.
    let block = try #require(writer.begin(0))
    _ = try ErrorStatusBlockWriter(into: block)
    memory.lost = [region.acknowledgeLocation(0)]
    #expect(!writer.finish(0, blockStatus: 0x11))
    #expect(try take() == nil)
  }

  @Test func whatIsLostOfASourceIsSaidToBeSo() throws {
    func isUnreadable(_ source: ErrorSource) -> Bool {
      if case .unreadable = reader.contents(of: source) { true } else { false }
    }
    let source = region.errorSource(0)
    #expect(try publish(1))
    for place in [region.statusAddressLocation(0), region.block(0)] {
      memory.lost = [place]
      #expect(isUnreadable(source))
    }
    memory.lost = []
    #expect(!isUnreadable(source))
    memory.lost = [region.acknowledgeLocation(0)]
    #expect(!reader.acknowledge(source))
    memory.lost = []
    #expect(reader.acknowledge(source))
  }

  @Test func anAcknowledgementChangesItsBitsAndNoOthers() throws {
    let word = region.acknowledgeLocation(0)
    memory.store64(PhysicalAddress(word), 0xdead_beef_0000_0001)
    #expect(try publish(1))
    #expect(memory.load64(PhysicalAddress(word)) == 0xdead_beef_0000_0000)
    #expect(try take() == 1)
    #expect(memory.load64(PhysicalAddress(word)) == 0xdead_beef_0000_0001)
    #expect(memory.load64(PhysicalAddress(word + 8)) == 1)
  }

  /// Of a register of 32 bits only those are accessed.
  @Test func aNarrowAcknowledgeRegisterHasItsNeighbourLeftAlone() throws {
    let word = region.acknowledgeLocation(0)
    var source = region.errorSource(0)
    source.acknowledge?.register = GenericAddress(memory32: word)
    source.acknowledge?.preserve = 0
    #expect(try publish(1))
    memory.store64(PhysicalAddress(word), 0x1122_3344_ffff_fff0)
    reader.acknowledge(source)
    #expect(memory.load64(PhysicalAddress(word)) == 0x1122_3344_0000_0001)
    #expect(memory.violations == 0)
  }

  @Test(
    arguments: [
      (0, 64, 0, 4, 0x1000, 8), (0, 32, 0, 3, 0x1004, 4), (0, 64, 0, 0, 0x1000, 8),
      (0, 32, 0, 0, 0x1000, 4), (0, 8, 8, 4, 0x1000, 8), (0, 8, 8, 3, 0x1000, 4),
      // Too small an access size for the register, as many tables have it.
      (0, 64, 0, 1, 0x1000, 8), (0, 32, 0, 2, 0x1000, 4), (0, 64, 0, 3, 0x1000, 8),
      (1, 64, 0, 4, 0x1000, nil), (0, 64, 0, 4, 0, nil), (0, 64, 0, 4, 0x1004, nil),
      (0, 32, 0, 3, 0x1002, nil), (0, 64, 1, 4, 0x1000, nil), (0, 8, 0, 1, 0x1000, nil),
      (0, 0, 0, 4, 0x1000, nil), (0, 64, 0, 5, 0x1000, nil), (0, 64, 0, 4, 1 << 52, nil),
      (0, 16, 24, 3, 0x1000, nil),
    ] as [(UInt8, UInt8, UInt8, UInt8, UInt64, Int?)])
  func aRegisterIsAccessedAsItsAddressSays(
    _ space: UInt8, _ width: UInt8, _ offset: UInt8, _ size: UInt8, _ address: UInt64,
    _ count: Int?
  ) {
    let register = GenericAddress(
      space: space, bitWidth: width, bitOffset: offset, accessSize: size, address: address)
    #expect(register.accessByteCount == count)
  }

  @Test func everyKindOfNotificationBelongsToOneEventOrToNoArmMachine() {
    let events = ErrorNotification.Kind.allCases.map(\.event)
    #expect(
      events == [
        .poll, .notification, nil, .notification, nil, nil, nil, .notification, .synchronousAbort,
        .systemError, .notification, .delegated,
      ])
  }

  @Test func aRecordReachesNoFurtherThanItsBlock() throws {
    let big = FakeSharedMemory(base: 0x10_0000, size: 1 << 18)
    let reader = ErrorSourceReader(big)
    var source = region.errorSource(0)
    big.store64(PhysicalAddress(source.statusAddress.address), 0x11_0000)
    func put(_ values: [UInt32]) {
      for (index, value) in values.enumerated() {
        big.store32(PhysicalAddress(0x11_0000 + UInt64(index) * 4), value)
      }
    }
    for (header, blockLength, length) in [
      ([0x11, 0, 0, 100, 0], 4096, 120), ([0x11, 0, 0, 5000, 0], 4096, 4096),
      ([0x11, 0, 0, .max, 0], 4096, 4096), ([0x11, 200, 50, 100, 0], 4096, 250),
      ([0x11, 30, 50, 100, 0], 4096, 120), ([0x11, .max, .max, 100, 0], 4096, 4096),
      ([0x11, 0, 0, .max, 0], .max, 65536), ([0x11, 0, 0, 100, 0], 20, 20),
      ([0x11, 0, 0, 100, 0], 19, nil), ([0x11, 0, 0, 100, 0], 0, nil),
      ([0, 0, 0, 100, 0], 4096, nil),
    ] as [([UInt32], UInt32, Int?)] {
      put(header)
      source.blockLength = blockLength
      #expect(record(reader, source)?.byteCount == length)
    }
    for block in [0, 2, 1 << 60, 0x13_fff0, UInt64.max] {
      source.blockLength = 4096
      big.store64(PhysicalAddress(source.statusAddress.address), block)
      #expect(record(reader, source) == nil)
      reader.acknowledge(source)
    }
  }

  @Test func hostileSourcesAndBlocksAreReadWithoutHarm() throws {
    var random = SeededRandom(seed: 5)
    var table = ByteWriter([UInt8](repeating: 0, count: 1024))
    try table.hest(region)
    let good = Array(table.sink[0..<table.offset])
    let blocks = memory.contents
    for _ in 0..<3000 {
      var bytes = good
      memory.contents = blocks
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        bytes[Int.random(in: 36..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        memory.contents[Int.random(in: 0..<memory.contents.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      for place in 0..<24 where Bool.random(using: &random) {
        memory.contents[4096 + place] = .random(in: 0...255, using: &random)
      }
      guard let hest = try? HEST(bytes) else { continue }
      for source in hest.enabledSources {
        if let record = record(reader, source) {
          #expect(record.byteCount <= min(Int(source.blockLength), 65536))
          _ = try? ErrorStatusBlock.decode(record)
          _ = try? ErrorStatusBlock.decodeWhatCanBe(record)
        }
        reader.acknowledge(source)
      }
    }
  }

  @Test func whatComesBeforeAMalformedEntryIsDecoded() throws {
    var block = try ErrorStatusBlockWriter(into: [UInt8](repeating: 0, count: 4096))
    for address in [0x1000, 0x2000] as [UInt64] {
      try block.append(
        MemorySection(physicalAddress: address), DataEntry(severity: .recoverable))
    }
    let finished = try block.finish()
    var bytes = Array(block.sink[0..<finished.byteCount])
    let whole = try ErrorStatusBlock.decodeWhatCanBe(bytes)
    #expect(whole.failure == nil && whole.block.entries.count == 2)
    bytes[20 + 152 + 24] = 0xff  // the second entry's length
    let cut = try ErrorStatusBlock.decodeWhatCanBe(bytes)
    #expect(cut.failure == .entryOutside(offset: 172) && cut.block.entries.count == 1)
    #expect(throws: DecodeError.entryOutside(offset: 172)) { try ErrorStatusBlock.decode(bytes) }
    #expect(throws: DecodeError.self) {
      try ErrorStatusBlock.decodeWhatCanBe([1, 2, 3] as [UInt8])
    }
    // The block is longer than the bytes.
    let short = Array(bytes[0..<200])
    let first = try ErrorStatusBlock.decodeWhatCanBe(short)
    #expect(first.failure == .entryOutside(offset: 12) && first.block.entries.count == 1)
  }
}
