#if !hasFeature(Embedded)
// The runtime services that an EFI system table names: a kernel maps what the memory map marks as
// theirs, and nothing else.

import APEI
import Bytes

extension BootChecker {
  /// What is wrong with the services whose table is at an address.
  func check(runtimeServices address: UInt64, _ map: [Descriptor]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("EFI runtime services", at: offset, message))
    }
    for entry in map where entry.isRuntime && entry.virtual != entry.range.base {
      note(0, "\(text(entry.range.base)) is mapped at \(text(entry.virtual))")
    }
    guard let bytes = memory.read(address, count: RuntimeServices.tableSize),
      let signature = try? bytes.u64(at: 0), let size = try? bytes.u32(at: 12),
      let crc = try? bytes.u32(at: 16)
    else {
      note(0, "nothing at \(text(address))")
      return findings
    }
    if signature != RuntimeServices.signature { note(0, "the signature is not RUNTSERV") }
    if size != RuntimeServices.tableSize { note(12, "header size \(size)") }
    var cleared = bytes
    for index in 16..<20 { cleared[index] = 0 }
    if (try? cleared.crc32(0, count: cleared.count)) != crc { note(16, "the CRC is wrong") }
    func isMapped(_ address: UInt64, _ types: [EFIMemoryType]) -> Bool {
      map.contains { entry in
        entry.isRuntime && entry.range.contains(address)
          && types.contains { $0.rawValue == entry.type }
      }
    }
    if !isMapped(address, [.runtimeServicesCode]) { note(0, "\(text(address)) is not mapped") }
    for service in 0..<RuntimeServices.serviceCount {
      guard let entry = try? bytes.u64(at: 24 + service * 8) else { continue }
      if !isMapped(entry, [.runtimeServicesCode]) {
        note(24 + service * 8, "service \(service) at \(text(entry)) is not in code that is mapped")
      }
    }
    return findings
  }
}
#endif
