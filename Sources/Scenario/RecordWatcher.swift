// Watching what firmware publishes, in the memory of the target: RSDP, XSDT, HEST, then each source's
// error status block, by the reader that our kernels use. Any firmware's: nothing here knows where
// ours puts its tables.
//
// Surprising: the RSDP is looked for in all of memory, as there is no UEFI to ask. A copy of its
// signature in a program is told apart by its checksum and by the HEST that it must lead to.

import APEI
import Arm
import Boot
import Bytes

/// The physical memory of a target, as a debugger reads it.
public struct TargetMemory<Subject: Target>: PhysicalReader {
  let target: Subject

  /// The memory of a target.
  public init(target: Subject) { self.target = target }

  /// The bytes of a range; nil where there is no memory.
  public func bytes(at address: PhysicalAddress, count: Int) -> [UInt8]? {
    target.read(address, count: count)
  }
}

/// What is known of the error status blocks of a target.
struct RecordWatcher: Equatable, Sendable {
  private var sources: [Source]?
  /// The search of all memory is not repeated for ever where firmware has no HEST.
  private var searchesLeft = 3

  private struct Source: Equatable, Sendable {
    var source: ErrorSource
    /// The record that was seen last; empty when it was taken.
    var last: [UInt8] = []
  }

  /// What happened to a block.
  enum Change: Equatable, Sendable {
    /// Firmware filled it.
    case published(PublishedRecord)
    /// The kernel took what was in the block of this source.
    case taken(source: UInt16, isPolled: Bool)
  }

  /// Looks for the sources, if they are not known yet.
  mutating func find(_ target: some Target) {
    guard sources == nil, searchesLeft > 0 else { return }
    searchesLeft -= 1
    let found = Self.locate(target)
    if !found.isEmpty { sources = found.map { Source(source: $0) } }
  }

  /// Where the blocks that are known are.
  func blocks(_ target: some Target) -> [Range<UInt64>] {
    let reader = ErrorSourceReader(TargetMemory(target: target))
    return (sources ?? []).compactMap { entry in
      reader.block(of: entry.source).map {
        $0.rawValue..<$0.rawValue + UInt64(entry.source.blockLength)
      }
    }
  }

  /// What happened since the last call, in its order.
  mutating func poll(_ target: some Target) -> [Change] {
    find(target)
    guard var list = sources else { return [] }
    let reader = ErrorSourceReader(TargetMemory(target: target))
    var changes: [Change] = []
    for index in list.indices {
      let source = list[index].source
      let taken = Change.taken(
        source: source.sourceID, isPolled: source.notification.kind == .polled)
      switch reader.contents(of: source) {
      case .record(let record):
        guard record != list[index].last else { continue }
        // Firmware fills a block only once the last record was taken from it (ACPI 6.5 18.3.2.8).
        if !list[index].last.isEmpty { changes.append(taken) }
        list[index].last = record
        changes.append(.published(PublishedRecord(block: record, source: source.sourceID)))
      case .empty where reader.block(of: source) != nil && !list[index].last.isEmpty:
        changes.append(taken)
        list[index].last = []
      case .empty, .unreadable: continue
      }
    }
    sources = list
    return changes
  }

  /// The generic sources of the RSDP that leads to a HEST; of the highest one, as firmware keeps its
  /// tables at the end of memory.
  private static func locate(_ target: some Target) -> [ErrorSource] {
    let step: UInt64 = 1 << 20
    let signature = Array("RSD PTR ".utf8)
    var end = target.memory.start + target.memory.size
    while end > target.memory.start {
      let start = max(end - min(step, end), target.memory.start)
      guard let bytes = target.read(PhysicalAddress(start), count: Int(end - start)) else {
        return []
      }
      for offset in bytes.signatureOffsets(signature).reversed() {
        let found = sources(rootPointer: start + UInt64(offset), target)
        if !found.isEmpty { return found }
      }
      end = start
    }
    return []
  }

  private static func sources(rootPointer: UInt64, _ target: some Target) -> [ErrorSource] {
    guard
      let tables = try? SystemTables(
        TargetMemory(target: target), rsdp: PhysicalAddress(rootPointer), acceptsWrongSums: true),
      let table = try? tables.table("HEST"), let errors = try? HEST(table)
    else { return [] }
    return errors.genericSources
  }
}

extension PublishedRecord {
  /// The record in an error status block. What is malformed is said to be so; what comes before it
  /// counts.
  init(block bytes: [UInt8], source: UInt16) {
    let decoded = try? ErrorStatusBlock.decodeWhatCanBe(bytes)
    self.init(
      source: source, severity: Verdict.Severity(decoded?.block.severity),
      physicalAddress: nil, sections: [])
    for entry in decoded?.block.entries ?? [] {
      switch entry.payload {
      case .memory(let section): add(section)
      case .processor(let section): add(section)
      case .errorNode(let section): add(section)
      case .other:
        let name = SectionType.name(of: entry.sectionType).map { "\($0)" }
        sections.append(.init("section", name ?? "of unknown type"))
      }
      if entry.flags.contains(.thresholdExceeded) {
        sections.append(.init("flags", "threshold exceeded"))
      }
    }
    if decoded == nil || decoded?.failure != nil { sections.append(.init("section", "malformed")) }
  }

  private mutating func add(_ section: MemorySection) {
    sections.append(.init("section", "memory"))
    if let address = section.physicalAddress { add(address) }
    if let mask = section.physicalAddressMask { sections.append(.init("mask", mask)) }
    if let type = section.errorType {
      sections.append(.init("type", section.kind.map { "\($0)" } ?? "reserved \(type)"))
    }
  }

  private mutating func add(_ section: DecodedProcessorSection) {
    sections.append(.init("section", "Arm processor"))
    if let mpidr = section.section.mpidr { sections.append(.init("mpidr", mpidr)) }
    for information in section.information {
      let type = ProcessorErrorTypeEncoding.bitmapFromBit1.type(of: information.type)
      sections.append(
        .init("error", type.map { $0.names.joined(separator: "+") } ?? "reserved"))
      if let virtual = information.virtualAddress { sections.append(.init("va", virtual)) }
      if let physical = information.physicalAddress { add(physical) }
    }
  }

  /// Which node, and what its records held: STATUS, and ADDR where it is valid.
  private mutating func add(_ section: DecodedErrorNode) {
    sections.append(.init("section", "Arm RAS node"))
    sections.append(
      .init("node", section.component.map { "\($0)" } ?? "reserved \(section.componentType)"))
    for record in section.records {
      sections.append(.init("record", "\(record.index)"))
      sections.append(.init("status", record.status.rawValue))
    }
  }

  private mutating func add(_ address: UInt64) {
    physicalAddress = physicalAddress ?? address
    sections.append(.init("pa", address))
  }
}

extension [UInt8] {
  /// Where the 8-byte signature stands on a multiple of 16.
  fileprivate func signatureOffsets(_ signature: [UInt8]) -> [Int] {
    var offsets: [Int] = []
    for offset in stride(from: 0, to: count - signature.count, by: 16)
    where self[offset] == signature[0] {
      if self[offset..<offset + signature.count].elementsEqual(signature) { offsets.append(offset) }
    }
    return offsets
  }
}
