// Checkers of the tables that describe processors: MADT, GTDT, PPTT.

#if !hasFeature(Embedded)
import APEI
import Arm
import Bytes

/// Checks MADT and GTDT. ACPI 6.5, 5.2.12 and 5.2.25.
public struct InterruptTableChecker: Sendable {
  /// A checker.
  public init() {}

  /// What is wrong with the structures of a MADT.
  public func checkMADT(_ bytes: [UInt8]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("APIC", at: offset, message))
    }
    var offset = 44
    var uids: Set<UInt32> = []
    var affinities: Set<UInt64> = []
    var distributors = 0
    var redistributors = 0
    while offset < bytes.count {
      guard offset + 2 <= bytes.count, bytes[offset + 1] >= 2,
        offset + Int(bytes[offset + 1]) <= bytes.count
      else {
        note(offset, "a structure reaches outside the table")
        return findings
      }
      let size = Int(bytes[offset + 1])
      switch (bytes[offset], size) {
      case (0x0b, 76...):
        let uid = (try? bytes.u32(at: offset + 8)) ?? 0
        let affinity = (try? bytes.u64(at: offset + 68)) ?? 0
        let flags = (try? bytes.u32(at: offset + 12)) ?? 0
        let maintenance = (try? bytes.u32(at: offset + 56)) ?? 0
        if !uids.insert(uid).inserted { note(offset + 8, "processor UID \(uid) is used twice") }
        if !affinities.insert(affinity).inserted {
          note(offset + 68, "MPIDR 0x\(String(affinity, radix: 16)) is used twice")
        }
        if affinity & ~MultiprocessorAffinity.affinityMask != 0 {
          note(offset + 68, "MPIDR has bits beside affinity")
        }
        if flags & 1 == 0 { note(offset + 12, "the core is not enabled") }
        if maintenance != 0, !(16..<32).contains(maintenance) {
          note(offset + 56, "maintenance interrupt \(maintenance) is not a PPI")
        }
      case (0x0c, 24):
        distributors += 1
        if bytes[offset + 20] != 3 { note(offset + 20, "GIC version \(bytes[offset + 20])") }
        if (try? bytes.u64(at: offset + 8)).map({ $0 & 0xffff == 0 }) != true {
          note(offset + 8, "the distributor is not on a 64 KiB boundary")
        }
      case (0x0e, 16):
        redistributors += 1
        let length = (try? bytes.u32(at: offset + 12)) ?? 0
        if UInt64(length) < UInt64(uids.count) * 0x2_0000 {
          note(offset + 12, "\(length) bytes are too few for the redistributors")
        }
      default:
        note(offset, "structure of type \(bytes[offset]) and \(size) bytes")
      }
      offset += size
    }
    if uids.isEmpty { note(36, "no cores") }
    if distributors != 1 { note(36, "\(distributors) distributors") }
    if redistributors == 0 { note(36, "no redistributors") }
    return findings
  }

  /// What is wrong with a GTDT.
  public func checkGTDT(_ bytes: [UInt8]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("GTDT", at: offset, message))
    }
    let minimum = bytes[8] >= 3 ? 104 : 96
    guard bytes.count >= minimum else {
      note(4, "\(bytes.count) bytes are too few for revision \(bytes[8])")
      return findings
    }
    var seen: Set<UInt32> = []
    for offset in [48, 56, 64, 72] + (minimum == 104 ? [96] : []) {
      let interrupt = (try? bytes.u32(at: offset)) ?? 0
      let flags = (try? bytes.u32(at: offset + 4)) ?? 0
      if !(16..<32).contains(interrupt) { note(offset, "interrupt \(interrupt) is not a PPI") }
      if !seen.insert(interrupt).inserted { note(offset, "interrupt \(interrupt) is used twice") }
      if flags & ~7 != 0 { note(offset + 4, "reserved flags \(flags)") }
    }
    return findings
  }
}

/// Checks a PPTT. ACPI 6.5, 5.2.30.
public struct TopologyChecker: Sendable {
  /// A checker.
  public init() {}

  /// What is wrong with the nodes and their references.
  public func check(_ bytes: [UInt8]) -> [Finding] {
    var findings = [Finding]()
    func note(_ offset: Int, _ message: String) {
      findings.append(Finding("PPTT", at: offset, message))
    }
    var types: [Int: UInt8] = [:]
    var offset = 36
    while offset < bytes.count {
      guard offset + 2 <= bytes.count, bytes[offset + 1] >= 20,
        offset + Int(bytes[offset + 1]) <= bytes.count
      else {
        note(offset, "a node reaches outside the table")
        return findings
      }
      types[offset] = bytes[offset]
      offset += Int(bytes[offset + 1])
    }
    var uids: Set<UInt32> = []
    for (offset, type) in types.sorted(by: { $0.key < $1.key }) {
      let size = Int(bytes[offset + 1])
      let parent = Int((try? bytes.u32(at: offset + 8)) ?? 0)
      switch type {
      case 0:
        let flags = (try? bytes.u32(at: offset + 4)) ?? 0
        let resources = Int((try? bytes.u32(at: offset + 16)) ?? 0)
        if size != 20 + resources * 4 { note(offset + 1, "\(size) bytes, \(resources) resources") }
        if parent != 0, types[parent] != 0 || parent >= offset {
          note(offset + 8, "parent \(parent) is no processor node before this one")
        }
        let uid = (try? bytes.u32(at: offset + 12)) ?? 0
        if flags & 2 != 0, !uids.insert(uid).inserted {
          note(offset + 12, "processor UID \(uid) is used twice")
        }
        for index in 0..<max(0, min(resources, (size - 20) / 4)) {
          let target = Int((try? bytes.u32(at: offset + 20 + index * 4)) ?? 0)
          if types[target] != 1 { note(offset + 20 + index * 4, "\(target) is no cache") }
        }
      case 1 where size >= 24:
        let total = UInt64((try? bytes.u32(at: offset + 12)) ?? 0)
        let sets = UInt64((try? bytes.u32(at: offset + 16)) ?? 0)
        let line = UInt64((try? bytes.u16(at: offset + 22)) ?? 0)
        if parent != 0, types[parent] != 1 { note(offset + 8, "\(parent) is no cache") }
        if total != sets * UInt64(bytes[offset + 20]) * line {
          note(offset + 12, "size \(total) is not sets times ways times line size")
        }
      default:
        note(offset, "node of type \(type) and \(size) bytes")
      }
    }
    if uids.isEmpty { note(36, "no processors") }
    return findings
  }
}
#endif
