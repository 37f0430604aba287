// The guest's side of firmware-first errors: finds the sources in the HEST, reads a record when an
// exception or an interrupt says that there is one, says what it reads, and acknowledges it.
// ACPI 6.5, 18.3.2.7 and 18.3.2.8.

import APEI
import Arm
import Boot
import Bytes
import GuestKernelEntry
import Text

/// What was found when the sources were looked at.
struct Claim {
  /// How many records.
  var records = 0
  /// The worst severity among them.
  var severity = ErrorSeverity.none
  /// The first physical address that a section states.
  var address: UInt64?
}

/// The HEST's sources.
enum ErrorSources {
  private static var memory: KernelMemory { KernelMemory() }
  private static var reader: ErrorSourceReader<KernelMemory> { ErrorSourceReader(memory) }

  /// Reads the HEST and says which sources there are.
  static func open(_ tables: SystemTables<KernelMemory>) throws(SystemTableError) {
    guard let table = try tables.table("HEST"), let hest = try? HEST(table) else {
      say("no error sources")
      return
    }
    for source in hest.enabledSources {
      // What is written for it must be readable at any moment: the memory is mapped here.
      guard let block = reader.block(of: source),
        memory.bytes(at: block, count: Int(source.blockLength)) != nil
      else {
        var line = Line(guest: "source ")
        line.add(decimal: UInt64(source.sourceID))
        line.add(" has no memory")
        line.print()
        continue
      }
      if let acknowledge = source.acknowledge, acknowledge.register.accessByteCount != nil {
        _ = memory.bytes(at: PhysicalAddress(acknowledge.register.address), count: 8)
      }
      state.sources.append(source)
      var line = Line(guest: "source ")
      line.add(decimal: UInt64(source.sourceID))
      line.add(source.acknowledge == nil ? " ghes" : " ghesv2")
      line.add(" told by ")
      line.add(name(source.notification.kind))
      line.add(" block ", hex: block.rawValue)
      line.add(" length ", decimal: UInt64(source.blockLength))
      line.print()
    }
  }

  private static func name(_ kind: ErrorNotification.Kind?) -> StaticString {
    switch kind {
    case .polled: "polling"
    case .external: "interrupt"
    case .sea: "sea"
    case .sei: "sei"
    case .sdei: "sdei"
    case .gpio, .gsiv, .sci: "event"
    default: "other"
    }
  }

  /// Reads what the sources that some events tell of have to say, prints and acknowledges it. With
  /// the lock.
  @discardableResult
  static func claim(_ wanted: (ErrorEvent) -> Bool) -> Claim {
    var claim = Claim()
    state.isReading = true
    defer { state.isReading = false }
    for source in state.sources {
      guard let event = source.notification.kind?.event, wanted(event),
        case .record(let record) = reader.contents(of: source)
      else { continue }
      let mark = guest_heap_mark()
      read(source, record, &claim)
      guest_heap_release(mark)
      if state.leavesRecord {
        state.leavesRecord = false
        say("record left unacknowledged")
        continue
      }
      reader.acknowledge(source)
      if source.acknowledge != nil {
        var line = Line(guest: "acknowledged source ")
        line.add(decimal: UInt64(source.sourceID))
        line.print()
      }
    }
    state.records += UInt64(claim.records)
    return claim
  }

  private static func read(_ source: ErrorSource, _ bytes: Memory, _ claim: inout Claim) {
    var line = Line(guest: "record source ")
    line.add(decimal: UInt64(source.sourceID))
    guard let record = try? ErrorStatusBlock.decode(bytes) else {
      line.add(" cannot be decoded")
      line.print()
      claim.records += 1
      return
    }
    line.add(" severity ")
    line.add(name(record.severity))
    line.add(" sections ", decimal: UInt64(record.entries.count))
    line.add(" status ", hex: UInt64(record.blockStatus))
    line.print()
    claim.records += 1
    claim.severity = claim.severity.worse(record.severity ?? .fatal)
    for entry in record.entries { section(entry, &claim) }
  }

  private static func section(_ entry: DecodedEntry, _ claim: inout Claim) {
    // What comes before the address, and behind it.
    var before = Line(SectionType.name(of: entry.sectionType) ?? "unknown")
    var behind = Line()
    before.add(" severity ")
    before.add(name(entry.severity))
    var address: UInt64?
    switch entry.payload {
    case .memory(let section):
      address = section.physicalAddress
      if let mask = section.physicalAddressMask { behind.add(" mask ", hex: mask) }
      if let type = section.errorType { behind.add(" type ", decimal: UInt64(type)) }
    case .processor(let section):
      if let mpidr = section.section.mpidr { before.add(" mpidr ", hex: mpidr) }
      if let first = section.information.first {
        before.add(" type ", hex: UInt64(first.type))
        if let virtual = first.virtualAddress { before.add(" virtual ", hex: virtual) }
        address = first.physicalAddress
      }
    case .errorNode, .other: break
    }
    claim.address = claim.address ?? address
    if let address, address & ~0xFFF == state.wantedPage { state.sawWantedPage = true }
    var line = Line()
    if let address {
      line.add(.recordSection, address) { (line, _) in line.add(before) }
    } else {
      line.add(.recordSectionNowhere) { (line, _) in line.add(before) }
    }
    line.add(behind)
    line.print()
  }

  static func name(_ severity: ErrorSeverity?) -> StaticString { severity?.name ?? "unknown" }
}
