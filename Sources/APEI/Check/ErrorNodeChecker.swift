// A checker of the AEST: whether each node is whole, can be reached the way it says, and is told of once.
// Arm DEN0085, version 1.1; iasl before 2022 does not know the table, and Linux (7.2) does not read it.

import Bytes

#if !hasFeature(Embedded)
/// Checks an AEST of revision 1.
public struct ErrorNodeChecker: Sendable {
  /// A checker.
  public init() {}

  /// A record that a node claims.
  private struct Claim: Equatable {
    /// The processor whose it is alone; nil for a shared one.
    var processor: UInt32?
    /// Where the group is in memory; 0 for system registers.
    var group: UInt64
    var record: UInt32
  }

  /// What is wrong with the nodes of the table that fills a source.
  public func check(_ source: some ByteSource) -> [Finding] {
    var findings = Findings("AEST")
    findings.require(
      (try? source.u8(at: TableHeaderLayout.revision.offset)) == 1, at: 8,
      "not of revision 1, which is all that is checked here")
    var claims: [Claim] = []
    var offset = TableHeaderLayout.size
    findings.require(offset < source.byteCount, at: offset, "no nodes")
    while offset < source.byteCount {
      guard let length = try? source.u16(at: offset + 1), Int(length) >= ErrorNodeLayout.size,
        Int(length) <= source.byteCount - offset
      else {
        findings.require(
          false, at: offset, "a node that is cut off: \(source.byteCount - offset) bytes are left")
        break
      }
      check(node: source, offset, Int(length), &claims, &findings)
      offset += Int(length)
    }
    return findings.list
  }

  private func check(
    node source: some ByteSource, _ node: Int, _ length: Int, _ claims: inout [Claim],
    _ findings: inout Findings
  ) {
    guard let type = try? source.u8(at: node), let reserved = try? source.u8(at: node + 3),
      let reserved1 = try? source.u64(at: node + 28), let data = try? source.u32(at: node + 4),
      let interface = try? source.u32(at: node + 8), let array = try? source.u32(at: node + 12),
      let count = try? source.u32(at: node + 16)
    else { return }
    guard ErrorNodeLayout.name(UInt64(type)) != nil else {
      findings.require(false, at: node, "type \(type) is not known")
      return
    }
    findings.require(reserved == 0 && reserved1 == 0, at: node + 3, "reserved bytes are not 0")
    // What each part takes at least, in the order in which they must not overlap.
    let size = [0: 20, 1: 4, 2: 8, 3: 24, 4: 8, 5: 4, 6: 8][Int(type)] ?? 0
    let parts = [
      (UInt64(data), UInt64(size), "data"),
      (UInt64(interface), UInt64(ErrorNodeInterfaceLayout.version1Size), "interface"),
      (UInt64(array), UInt64(count) * UInt64(ErrorNodeInterruptLayout.size), "interrupts"),
    ]
    var end = UInt64(ErrorNodeLayout.size)
    for (start, bytes, name) in parts where bytes > 0 {
      findings.require(
        start >= end && start + bytes <= UInt64(length), at: node,
        "\(name) at \(start), \(bytes) bytes: not behind \(end), or not in the node's \(length)")
      end = max(end, start + bytes)
    }
    guard end <= UInt64(length) else { return }
    findings.require(end == UInt64(length), at: node + 1, "\(length) bytes, \(end) are used")
    let processor = type == 0 ? try? source.u32(at: node + Int(data)) : nil
    if type == 0 { check(processor: source, node + Int(data), &findings) }
    check(interface: source, node + Int(interface), processor, &claims, &findings)
    for index in 0..<Int(count) {
      let place = node + Int(array) + index * ErrorNodeInterruptLayout.size
      check(interrupt: source, place, isProcessor: type == 0, &findings)
    }
  }

  private func check(
    processor source: some ByteSource, _ place: Int, _ findings: inout Findings
  ) {
    guard let resource = try? source.u8(at: place + 4),
      let reserved = try? source.u8(at: place + 5),
      let flags = try? source.u8(at: place + 6)
    else { return }
    findings.require(resource <= 2, at: place + 4, "resource type \(resource) is not known")
    findings.require(reserved == 0, at: place + 5, "a reserved byte is not 0")
    findings.require(flags & ~3 == 0, at: place + 6, "reserved flags \(hex(flags))")
  }

  private func check(
    interface source: some ByteSource, _ place: Int, _ processor: UInt32?,
    _ claims: inout [Claim], _ findings: inout Findings
  ) {
    guard let type = try? source.u8(at: place), let flags = try? source.u32(at: place + 4),
      let address = try? source.u64(at: place + 8), let first = try? source.u32(at: place + 16),
      let count = try? source.u32(at: place + 20), let absent = try? source.u64(at: place + 24)
    else { return }
    findings.require(type <= 2, at: place, "interface type \(type) is not known")
    findings.require(flags & ~3 == 0, at: place + 4, "reserved flags \(hex(flags))")
    findings.require(
      (type == 0) == (address == 0), at: place + 8,
      "the address \(hex(address)) does not fit an interface of type \(type)")
    findings.require(
      address % (type == 1 ? 4096 : 64) == 0, at: place + 8,
      "\(hex(address)) is not where a group, or a record, can be")
    guard count >= 1, UInt64(first) + UInt64(count) <= 64 else {
      findings.require(false, at: place + 16, "\(count) records from \(first) on")
      return
    }
    let isShared = flags & 1 != 0
    findings.require(
      processor != nil || isShared || type != 0, at: place + 4,
      "records in system registers that belong to no processor, and are not shared")
    for record in first..<first + count {
      findings.require(
        absent >> UInt64(record) & 1 == 0 || count > 1, at: place + 24,
        "its only record, \(record), is said not to be implemented")
      let claim = Claim(processor: isShared ? nil : processor, group: address, record: record)
      findings.require(
        !claims.contains(claim), at: place + 16, "record \(record) belongs to another node as well")
      claims.append(claim)
    }
  }

  private func check(
    interrupt source: some ByteSource, _ place: Int, isProcessor: Bool,
    _ findings: inout Findings
  ) {
    guard let type = try? source.u8(at: place), let flags = try? source.u8(at: place + 3),
      let number = try? source.u32(at: place + 4)
    else { return }
    findings.require(type <= 1, at: place, "interrupt type \(type) is not known")
    findings.require(flags & ~1 == 0, at: place + 3, "reserved flags \(hex(flags))")
    findings.require(
      number >= (isProcessor ? 16 : 32), at: place + 4,
      "interrupt \(number) is not one that such a node can have")
  }
}
#endif
