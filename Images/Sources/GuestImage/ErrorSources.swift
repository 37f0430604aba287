// The guest's side of firmware-first errors: finds the sources in the HEST, reads a record when an
// exception or an interrupt says that there is one, says what it reads, and acknowledges it.
// ACPI 6.5, 18.3.2.7 and 18.3.2.8.

import APEI
import Arm
import Boot
import Bytes
import GuestKernelEntry

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
        var line = Line("source ")
        line.decimal("", UInt64(source.sourceID))
        line.text(" has no memory")
        line.print()
        continue
      }
      if let acknowledge = source.acknowledge, acknowledge.register.accessByteCount != nil {
        _ = memory.bytes(at: PhysicalAddress(acknowledge.register.address), count: 8)
      }
      state.sources.append(source)
      var line = Line("source ")
      line.decimal("", UInt64(source.sourceID))
      line.text(source.acknowledge == nil ? " ghes" : " ghesv2")
      line.text(" told by ")
      line.text(name(source.notification.kind))
      line.hex(" block ", block.rawValue)
      line.decimal(" length ", UInt64(source.blockLength))
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
        var line = Line("acknowledged source ")
        line.decimal("", UInt64(source.sourceID))
        line.print()
      }
    }
    state.records += UInt64(claim.records)
    return claim
  }

  private static func read(_ source: ErrorSource, _ bytes: Memory, _ claim: inout Claim) {
    var line = Line("record source ")
    line.decimal("", UInt64(source.sourceID))
    guard let record = try? ErrorStatusBlock.decode(bytes) else {
      line.text(" cannot be decoded")
      line.print()
      claim.records += 1
      return
    }
    line.text(" severity ")
    line.text(name(record.severity))
    line.decimal(" sections ", UInt64(record.entries.count))
    line.hex(" status ", UInt64(record.blockStatus))
    line.print()
    claim.records += 1
    claim.severity = claim.severity.worse(record.severity ?? .fatal)
    for entry in record.entries { section(entry, &claim) }
  }

  private static func section(_ entry: DecodedEntry, _ claim: inout Claim) {
    var line = Line("section ")
    line.text(SectionType.name(of: entry.sectionType) ?? "unknown")
    line.text(" severity ")
    line.text(name(entry.severity))
    var address: UInt64?
    switch entry.payload {
    case .memory(let section):
      address = section.physicalAddress
      if let address { line.hex(" address ", address) }
      if let mask = section.physicalAddressMask { line.hex(" mask ", mask) }
      if let type = section.errorType { line.decimal(" type ", UInt64(type)) }
    case .processor(let section):
      if let mpidr = section.section.mpidr { line.hex(" mpidr ", mpidr) }
      if let first = section.information.first {
        line.hex(" type ", UInt64(first.type))
        if let virtual = first.virtualAddress { line.hex(" virtual ", virtual) }
        address = first.physicalAddress
        if let address { line.hex(" address ", address) }
      }
    case .other: break
    }
    claim.address = claim.address ?? address
    if let address, address & ~0xFFF == state.wantedPage { state.sawWantedPage = true }
    line.print()
  }

  static func name(_ severity: ErrorSeverity?) -> StaticString {
    switch severity {
    case .recoverable: "recoverable"
    case .fatal: "fatal"
    case .corrected: "corrected"
    case .some(.none): "informational"
    case nil: "unknown"
    }
  }
}
