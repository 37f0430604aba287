// A checker of all that a kernel is handed at an ACPI boot.

#if !hasFeature(Embedded)
import APEI
import Bytes
import DeviceTree

/// Physical memory that a checker looks at: a dump, a machine's RAM, a buffer in a test.
public protocol PhysicalBytes {
  /// The bytes of a range, or nil if there is no memory at all of it.
  func read(_ address: UInt64, count: Int) -> [UInt8]?
}

/// Follows what a kernel follows at an ACPI boot, and judges every structure on the way: the
/// device tree's /chosen, the EFI system table and memory map, RSDP, XSDT and each table.
public struct BootChecker<Bytes: PhysicalBytes> {
  let memory: Bytes

  /// A checker of what is in this memory.
  public init(_ memory: Bytes) { self.memory = memory }

  // MARK: Device tree and EFI

  /// What is wrong with everything that the device tree at an address leads to.
  public func check(deviceTree address: UInt64) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("device tree", at: offset, message))
    }
    guard let header = memory.read(address, count: 40), let size = try? header.bigEndian32(at: 4),
      let blob = memory.read(address, count: Int(size)), let tree = try? FDTReader(blob),
      let root = try? tree.root(), let chosen = try? tree.child("chosen", of: root)
    else {
      note(0, "there is no device tree with /chosen at \(text(address))")
      return findings
    }
    if address % 8 != 0 { note(0, "\(text(address)) is not a multiple of 8") }
    if size > 0x20_0000 { note(4, "\(size) bytes: Linux maps 2 MiB") }
    func property(_ name: StaticString) -> UInt64? {
      guard let found = try? tree.property(name, of: chosen) else {
        note(0, "/chosen has no \(name), which Linux requires")
        return nil
      }
      return found.value.byteCount == 4 ? found.u32.map(UInt64.init) : found.u64
    }
    let systemTable = property("linux,uefi-system-table")
    let mapStart = property("linux,uefi-mmap-start")
    let mapSize = property("linux,uefi-mmap-size")
    let step = property("linux,uefi-mmap-desc-size")
    let version = property("linux,uefi-mmap-desc-ver")
    _ = property("linux,uefi-secure-boot")
    if let version, version != 1 { note(0, "memory descriptor version \(version)") }
    var map: [Descriptor] = []
    if let mapStart, let mapSize, let step {
      findings += checkMemoryMap(mapStart, mapSize, step, into: &map)
    }
    if let systemTable { findings += check(systemTable: systemTable, map) }
    return findings
  }

  struct Descriptor: Equatable {
    var type: UInt32
    var range: MemoryRange
    /// Where the kernel maps it for the runtime services.
    var virtual: UInt64
    /// EFI_MEMORY_RUNTIME.
    var isRuntime: Bool
  }

  private func checkMemoryMap(
    _ start: UInt64, _ size: UInt64, _ step: UInt64, into map: inout [Descriptor]
  ) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: UInt64, _ message: String) {
      findings.append(Finding("EFI memory map", at: Int(clamping: offset), message))
    }
    guard step >= 40, step <= 4096, size % step == 0, size / step <= 4096,
      let bytes = memory.read(start, count: Int(size))
    else {
      note(0, "\(size) bytes at \(text(start)) are no table of \(step)-byte descriptors")
      return findings
    }
    var previous: UInt64 = 0
    for offset in stride(from: 0, to: size, by: Int(step)) {
      let place = Int(offset)
      guard let type = try? bytes.u32(at: place), let base = try? bytes.u64(at: place + 8),
        let virtual = try? bytes.u64(at: place + 16), let pages = try? bytes.u64(at: place + 24),
        let attributes = try? bytes.u64(at: place + 32)
      else { break }
      if type > 15 { note(offset, "memory type \(type)") }
      if base & 0xfff != 0 { note(offset + 8, "\(text(base)) is not a multiple of 4 KiB") }
      if base & 0xffff != 0 || pages & 0xf != 0 {
        note(offset + 8, "not on a 64 KiB boundary, as kernels with large pages need")
      }
      if pages == 0 || pages > 1 << 40 { note(offset + 24, "\(pages) pages") }
      if attributes & 0xf == 0 { note(offset + 32, "no cacheability") }
      if base < previous { note(offset + 8, "\(text(base)) overlaps or precedes what is before") }
      let range = MemoryRange(base: base, size: (pages & (1 << 40 - 1)) * 4096)
      map.append(
        Descriptor(
          type: type, range: range, virtual: virtual, isRuntime: attributes & EFI.runtime != 0))
      previous = range.end
    }
    if !map.contains(where: { $0.type == 7 }) { note(0, "no conventional memory") }
    return findings
  }

  private func check(systemTable address: UInt64, _ map: [Descriptor]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("EFI system table", at: offset, message))
    }
    guard let bytes = memory.read(address, count: 120), let signature = try? bytes.u64(at: 0),
      let revision = try? bytes.u32(at: 8), let size = try? bytes.u32(at: 12),
      let crc = try? bytes.u32(at: 16), let runtime = try? bytes.u64(at: 88),
      let count = try? bytes.u64(at: 104),
      let tables = try? bytes.u64(at: 112)
    else {
      note(0, "nothing at \(text(address))")
      return findings
    }
    if signature != EFI.systemTableSignature { note(0, "the signature is not IBI SYST") }
    if revision >> 16 != 2 { note(8, "revision \(revision >> 16).\(revision & 0xffff)") }
    if size != 120 { note(12, "header size \(size)") }
    var cleared = bytes
    for index in 16..<20 { cleared[index] = 0 }
    if (try? cleared.crc32(0, count: cleared.count)) != crc { note(16, "the CRC is wrong") }
    guard count <= 64, let entries = memory.read(tables, count: Int(count) * 24) else {
      note(104, "\(count) configuration tables at \(text(tables))")
      return findings
    }
    var rsdp: UInt64?
    for index in 0..<Int(count) {
      if let guid = try? entries.guid(at: index * 24), guid == EFI.acpi20 {
        rsdp = try? entries.u64(at: index * 24 + 16)
      }
    }
    guard let rsdp else {
      note(112, "no ACPI 2.0 configuration table")
      return findings
    }
    findings += check(rsdp: rsdp, map)
    if runtime != 0 { findings += check(runtimeServices: runtime, map) }
    if !map.contains(where: { $0.range.contains(address) && $0.type != 7 }) {
      note(0, "\(text(address)) is in memory that the kernel gives out")
    }
    return findings
  }

  // MARK: Tables

  /// What is wrong with the tables that an RSDP leads to.
  public func check(rsdp address: UInt64) -> [Finding] { check(rsdp: address, []) }

  private func check(rsdp address: UInt64, _ map: [Descriptor]) -> [Finding] {
    var findings = [Finding]()
    func note(_ subject: String, _ offset: Int, _ message: String) {
      findings.append(Finding(subject, at: offset, message))
    }
    guard let rsdp = memory.read(address, count: 36), let xsdtAddress = try? rsdp.u64(at: 24),
      let length = try? rsdp.u32(at: 20)
    else {
      note("RSDP", 0, "nothing at \(text(address))")
      return findings
    }
    if !rsdp.matches("RSD PTR ", at: 0) { note("RSDP", 0, "the signature is not RSD PTR") }
    if rsdp[15] < 2 { note("RSDP", 15, "revision \(rsdp[15]): no XSDT") }
    if length != 36 { note("RSDP", 20, "length \(length)") }
    if (try? rsdp.checksum(0, count: 20)) != 0 { note("RSDP", 8, "the first checksum is wrong") }
    if (try? rsdp.checksum(0, count: 36)) != 0 { note("RSDP", 32, "the checksum is wrong") }
    guard let xsdt = table(at: xsdtAddress) else {
      note("RSDP", 24, "no table at \(text(xsdtAddress))")
      return findings
    }
    findings += TableChecker().check(xsdt)
    if !xsdt.matches("XSDT", at: 0) { note("XSDT", 0, "the signature is not XSDT") }
    if (xsdt.count - 36) % 8 != 0 { note("XSDT", 4, "a fraction of an entry") }
    var names: [String: Int] = [:]
    var seen: Set<UInt64> = []
    for offset in stride(from: 36, to: xsdt.count - 7, by: 8) {
      guard let entry = try? xsdt.u64(at: offset) else { break }
      guard seen.insert(entry).inserted else {
        note("XSDT", offset, "\(text(entry)) is listed twice")
        continue
      }
      guard let bytes = table(at: entry) else {
        note("XSDT", offset, "no table at \(text(entry))")
        continue
      }
      let name = String(decoding: bytes[0..<4], as: UTF8.self)
      names[name, default: 0] += 1
      if !map.isEmpty, !map.contains(where: { $0.range.contains(entry) && $0.type != 7 }) {
        note(name, 0, "\(text(entry)) is in memory that the kernel gives out")
      }
      findings += check(table: bytes, name, map)
    }
    for required in ["FACP", "APIC", "GTDT"] where names[required] != 1 {
      note("XSDT", 36, "\(names[required] ?? 0) tables \(required), there must be one")
    }
    return findings
  }

  /// The bytes of the table at an address, as long as its header says.
  func table(at address: UInt64) -> [UInt8]? {
    guard let header = memory.read(address, count: 36), let length = try? header.u32(at: 4),
      length >= 36, length <= 0x100_0000
    else { return nil }
    return memory.read(address, count: Int(length))
  }

  private func check(table bytes: [UInt8], _ name: String, _ map: [Descriptor]) -> [Finding] {
    switch name {
    case "HEST": HESTChecker().check(bytes) + checkErrorRegion(bytes, map)
    case "FACP": TableChecker().check(bytes) + checkFADT(bytes)
    case "APIC": TableChecker().check(bytes) + InterruptTableChecker().checkMADT(bytes)
    case "GTDT": TableChecker().check(bytes) + InterruptTableChecker().checkGTDT(bytes)
    case "PPTT": TableChecker().check(bytes) + TopologyChecker().check(bytes)
    case "AEST": TableChecker().check(bytes) + ErrorNodeChecker().check(bytes)
    case "BERT": TableChecker().check(bytes) + checkBERT(bytes, map)
    case "EINJ", "ERST":
      TableChecker().check(bytes) + ActionTableChecker().check(bytes)
        + checkRegisters(bytes, name, map)
    default: TableChecker().check(bytes)
    }
  }

  private func checkFADT(_ bytes: [UInt8]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("FACP", at: offset, message))
    }
    guard bytes.count >= 268, let flags = try? bytes.u32(at: 112),
      let boot = try? bytes.u16(at: 129), let dsdt = try? bytes.u64(at: 140)
    else {
      note(4, "\(bytes.count) bytes: too short for revision 5.1 and later")
      return findings
    }
    if bytes[8] < 5 { note(8, "revision \(bytes[8]): Arm needs 5.1") }
    if flags >> 20 & 1 == 0 { note(112, "not a hardware-reduced platform") }
    if boot & 1 == 0 { note(129, "PSCI is not announced") }
    guard let table = table(at: dsdt) else {
      note(140, "no DSDT at \(text(dsdt))")
      return findings
    }
    findings += TableChecker().check(table)
    if !table.matches("DSDT", at: 0) { note(140, "\(text(dsdt)) is no DSDT") }
    return findings
  }

  /// The memory behind a HEST: the kernel maps it by the memory map's attributes, so it must be
  /// there, not given out, and the words must point to blocks inside memory.
  private func checkErrorRegion(_ bytes: [UInt8], _ map: [Descriptor]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("HEST", at: offset, message))
    }
    guard let table = try? HEST(bytes) else { return [] }
    var blocks: [MemoryRange] = []
    for (entry, offset) in zip(table.sources, table.offsets) {
      guard case .generic(let source) = entry else { continue }
      let location = source.statusAddress.address
      guard let word = memory.read(location, count: 8), let block = try? word.u64(at: 0) else {
        note(offset + 24, "no memory at the status address \(text(location))")
        continue
      }
      guard memory.read(block, count: Int(source.blockLength)) != nil else {
        note(offset + 24, "the block at \(text(block)) is not in memory")
        continue
      }
      let range = MemoryRange(base: block, size: UInt64(source.blockLength))
      if blocks.contains(where: { $0.base < range.end && range.base < $0.end }) {
        note(offset + 24, "the block at \(text(block)) overlaps another source's")
      }
      blocks.append(range)
      if !map.isEmpty, !map.contains(where: { $0.range.contains(block) && $0.type != 7 }) {
        note(offset + 24, "the block at \(text(block)) is in memory that the kernel gives out")
      }
    }
    return findings
  }

  private func checkBERT(_ bytes: [UInt8], _ map: [Descriptor]) -> [Finding] {
    guard bytes.count == 48, let length = try? bytes.u32(at: 36),
      let region = try? bytes.u64(at: 40)
    else { return [Finding("BERT", at: 4, "\(bytes.count) bytes, not 48")] }
    if length < 20 || memory.read(region, count: Int(length)) == nil {
      return [Finding("BERT", at: 40, "no region of \(length) bytes at \(text(region))")]
    }
    if isGivenOut(region, map) {
      return [Finding("BERT", at: 40, "the region is in memory that the kernel gives out")]
    }
    return []
  }

  /// Whether an address is in memory that the kernel gives out.
  private func isGivenOut(_ address: UInt64, _ map: [Descriptor]) -> Bool {
    map.contains { $0.range.contains(address) && $0.type == 7 }
  }

  /// Registers of EINJ and ERST are devices', or in memory that is nobody's: Linux requests them, and maps
  /// no other memory for them.
  private func checkRegisters(
    _ bytes: [UInt8], _ name: String, _ map: [Descriptor]
  ) -> [Finding] {
    var findings: [Finding] = []
    let size = InstructionEntryLayout.size
    for offset in stride(from: 48, to: bytes.count - size + 1, by: size) {
      guard let register = try? bytes.address(at: offset + 4), isGivenOut(register.address, map)
      else { continue }
      findings.append(
        Finding(
          name, at: offset + 4,
          "the register at \(text(register.address)) is in memory that the kernel gives out"))
    }
    return findings
  }

  func text(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

extension MemoryRange {
  /// Whether an address lies inside.
  func contains(_ address: UInt64) -> Bool { address >= base && address < end }
}
#endif
