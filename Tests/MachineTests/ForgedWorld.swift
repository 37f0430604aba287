// The real firmware with a kernel of two instructions: it boots once, and every experiment starts
// from a snapshot of that moment. What the firmware published is read as the kernel would, through
// the RSDP and the HEST, by the reader that our kernels use.

import APEI
import Arm
import Boot
import Foundation
import Platform
import Support
import Testing

@testable import Machine

/// A board's memory, as a kernel that needs no translation sees it.
struct BoardMemory: SharedMemory {
  let bus: Bus

  func bytes(at address: PhysicalAddress, count: Int) -> [UInt8]? {
    bus.readBytes(address, count: count)
  }

  func load32(_ address: PhysicalAddress) -> UInt32? {
    load(address, 4).map { UInt32(truncatingIfNeeded: $0) }
  }

  func load64(_ address: PhysicalAddress) -> UInt64? { load(address, 8) }

  func store32(_ address: PhysicalAddress, _ value: UInt32) { store(address, UInt64(value), 4) }

  func store64(_ address: PhysicalAddress, _ value: UInt64) { store(address, value, 8) }

  func synchronize() {}

  private func load(_ address: PhysicalAddress, _ count: Int) -> UInt64? {
    guard let bytes = bus.readBytes(address, count: count) else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func store(_ address: PhysicalAddress, _ value: UInt64, _ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    bus.writeBytes(address, bytes)
  }
}

/// A board on which the built firmware has started a kernel.
final class ForgedWorld {
  /// Where `make images` leaves the firmware.
  static var firmwarePath: String { Checkout.path(".build/images/firmware.bin") }

  /// Why a world cannot be made.
  struct Unavailable: Error, CustomStringConvertible {
    var description: String
  }

  static let coreCount = 2

  let board: Board
  let world: ExternalAbortWorld
  /// SP_EL3 of the first core while nothing is in EL3: the end of its stack.
  let stackEnd: UInt64
  /// The error sources, as the HEST has them.
  let sources: [ErrorSource]

  /// The source of what is told through the error device: the last.
  var eventSource: Int { sources.count - 1 }

  /// Boots the firmware, to the kernel's WFI at EL2. `serror` is its setting of that name.
  init(serror: String? = nil) throws {
    guard let firmware = FileManager.default.contents(atPath: Self.firmwarePath) else {
      throw Unavailable(
        description: "there is no firmware at .build/images/firmware.bin: run `make images`")
    }
    board = try Board(
      BoardConfiguration(
        coreCount: Self.coreCount, ramSize: 128 << 20, firmware: [UInt8](firmware),
        kernel: Self.kernel,
        files: serror.map { ["opt/faultline/serror": Array($0.utf8)] } ?? [:]))
    let core = board.cores[0]
    let reason = board.run(instructions: 50_000_000)
    guard reason == .idle, core.state.el == 2, core.state.waiting == 1 else {
      throw Unavailable(
        description: "the firmware did not start the kernel: \(reason), "
          + String(decoding: board.takeConsoleOutput(), as: UTF8.self))
    }
    stackEnd = core.state[bankedSP: 3]
    sources = try Self.findSources(board)
    world = try ExternalAbortWorld(board, hasFirmware: true)
  }

  /// An arm64 Image: header, then WFI for ever.
  private static let kernel: [UInt8] = {
    var words: [UInt32] = [0x1400_0010, 0]  // B to the end of the header
    words += [0, 0, 0x1000, 0]  // text_offset, image_size
    words += [0b1010, 0, 0, 0, 0, 0, 0, 0]  // flags: little-endian, 4 KiB pages, anywhere
    words += [0x644D_5241, 0]  // "ARM\x64"
    words += [0xD503_207F, 0x17FF_FFFF]
    return words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } }
  }()

  // MARK: What the kernel reads

  private static func findSources(_ board: Board) throws -> [ErrorSource] {
    let memory = BoardMemory(bus: board.bus)
    let length = 2 << 20
    let start = MemoryMap.ram + board.bus.ramSize - UInt64(length)
    guard let bytes = memory.bytes(at: PhysicalAddress(start), count: length) else {
      throw Unavailable(description: "no RAM")
    }
    let signature = [UInt8]("RSD PTR ".utf8)
    for offset in stride(from: 0, to: length - signature.count, by: 16)
    where bytes[offset] == signature[0]
      && Array(bytes[offset..<offset + signature.count]) == signature
    {
      let root = PhysicalAddress(start + UInt64(offset))
      guard let tables = try? SystemTables(memory, rsdp: root),
        let table = try? tables.table("HEST"), let errors = try? HEST(table)
      else { continue }
      return errors.genericSources
    }
    throw Unavailable(description: "the firmware left no HEST")
  }

  /// The kernel's side of the error sources.
  var reader: ErrorSourceReader<BoardMemory> { ErrorSourceReader(BoardMemory(bus: board.bus)) }

  /// The bytes of the record in a source's block; none where it is empty.
  func block(_ source: Int) -> [UInt8] {
    guard case .record(let bytes) = reader.contents(of: sources[source]) else { return [] }
    return bytes
  }

  /// A record as the checker and the decoder see it, with what is wrong with it.
  struct Record {
    var findings: [String]
    var severity: ErrorSeverity?
    var processor: ProcessorSection?
    var information: [ProcessorErrorInformation] = []
    var memory: [MemorySection] = []
    var nodes: [DecodedErrorNode] = []
    var flags: [SectionFlags] = []
    var identifiers: [GUID] = []

    /// The physical addresses of the memory sections.
    var addresses: [UInt64] { memory.compactMap(\.physicalAddress) }
    /// Whether errors before or with this one were lost.
    var hasOverflowed: Bool { flags.contains { $0.contains(.overflow) } }
  }

  /// The record in a source's block; nil if it is empty.
  func record(_ source: Int) -> Record? {
    let bytes = block(source)
    if bytes.isEmpty { return nil }
    var record = Record(
      findings: ErrorStatusBlockChecker().check(bytes).map { "\($0)" })
    guard let block = try? ErrorStatusBlock.decode(bytes) else { return record }
    record.severity = block.severity
    for entry in block.entries {
      record.flags.append(entry.flags)
      if let identifier = entry.fruID { record.identifiers.append(identifier) }
      switch entry.payload {
      case .memory(let section): record.memory.append(section)
      case .processor(let section):
        record.processor = section.section
        record.information += section.information
      case .errorNode(let section): record.nodes.append(section)
      case .other: record.findings.append("a section of an unknown type")
      }
    }
    return record
  }

  /// Whether a block holds a record.
  func isPublished(_ source: Int) -> Bool { !block(source).isEmpty }

  /// The kernel has read the record of a source.
  func acknowledge(_ source: Int) { reader.acknowledge(sources[source]) }

  /// Whether the acknowledge word says that the block may be overwritten.
  func isAcknowledged(_ source: Int) -> Bool {
    guard let acknowledge = sources[source].acknowledge,
      let value = BoardMemory(bus: board.bus).load64(
        PhysicalAddress(acknowledge.register.address))
    else { return false }
    return acknowledge.isBlockFree(register: value)
  }
}
