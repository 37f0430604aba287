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
      (try? source.u8(at: TableHeaderLayout.revision.offset)) == 1,
      at: TableHeaderLayout.revision.offset,
      "not of revision 1, which is all that is checked here")
    var claims: [Claim] = []
    var offset = TableHeaderLayout.size
    findings.require(offset < source.byteCount, at: offset, "no nodes")
    while offset < source.byteCount {
      guard let length = try? source.u16(at: offset + ErrorNodeLayout.length.offset),
        Int(length) >= ErrorNodeLayout.size,
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
    guard let type = try? source.u8(at: node + ErrorNodeLayout.type.offset),
      let reserved = try? source.u8(at: node + ErrorNodeLayout.reserved.offset),
      let reserved1 = try? source.u64(at: node + ErrorNodeLayout.reserved1.offset),
      let data = try? source.u32(at: node + ErrorNodeLayout.dataOffset.offset),
      let interface = try? source.u32(at: node + ErrorNodeLayout.interfaceOffset.offset),
      let array = try? source.u32(at: node + ErrorNodeLayout.interruptOffset.offset),
      let count = try? source.u32(at: node + ErrorNodeLayout.interruptCount.offset)
    else { return }
    guard ErrorNodeLayout.name(UInt64(type)) != nil else {
      findings.require(false, at: node, "type \(type) is not known")
      return
    }
    findings.require(
      reserved == 0 && reserved1 == 0, at: node + ErrorNodeLayout.reserved.offset,
      "reserved bytes are not 0")
    // What each part takes at least, in the order in which they must not overlap.
    let parts = [
      (UInt64(data), UInt64(Self.dataSize(type)), "data"),
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
    findings.require(
      end == UInt64(length), at: node + ErrorNodeLayout.length.offset,
      "\(length) bytes, \(end) are used")
    let processor =
      type == 0
      ? try? source.u32(at: node + Int(data) + ErrorNodeDataLayout.processorId.offset) : nil
    if type == 0 { check(processor: source, node + Int(data), &findings) }
    check(interface: source, node + Int(interface), processor, &claims, &findings)
    for index in 0..<Int(count) {
      let place = node + Int(array) + index * ErrorNodeInterruptLayout.size
      check(interrupt: source, place, isProcessor: type == 0, &findings)
    }
  }

  /// Bytes of the part of a node that depends on its type, at least.
  private static func dataSize(_ type: UInt8) -> Int {
    switch type {
    case 0: ErrorNodeDataLayout.processorSize + ErrorNodeDataLayout.genericSize
    case 1: ErrorNodeDataLayout.memorySize
    case 2: ErrorNodeDataLayout.smmuSize
    case 3: ErrorNodeDataLayout.vendor1Size
    case 4: ErrorNodeDataLayout.gicSize
    case 5: ErrorNodeDataLayout.pcieSize
    case 6: ErrorNodeDataLayout.proxySize
    default: 0
    }
  }

  private func check(
    processor source: some ByteSource, _ start: Int, _ findings: inout Findings
  ) {
    let resourcePlace = start + ErrorNodeDataLayout.resourceType.offset
    let reservedPlace = start + ErrorNodeDataLayout.processorReserved.offset
    let flagsPlace = start + ErrorNodeDataLayout.processorFlags.offset
    guard let resource = try? source.u8(at: resourcePlace),
      let reserved = try? source.u8(at: reservedPlace),
      let flags = try? source.u8(at: flagsPlace)
    else { return }
    findings.require(resource <= 2, at: resourcePlace, "resource type \(resource) is not known")
    findings.require(reserved == 0, at: reservedPlace, "a reserved byte is not 0")
    findings.require(flags & ~3 == 0, at: flagsPlace, "reserved flags \(hex(flags))")
  }

  private func check(
    interface source: some ByteSource, _ start: Int, _ processor: UInt32?,
    _ claims: inout [Claim], _ findings: inout Findings
  ) {
    let typePlace = start + ErrorNodeInterfaceLayout.type.offset
    let flagsPlace = start + ErrorNodeInterfaceLayout.flags.offset
    let addressPlace = start + ErrorNodeInterfaceLayout.address.offset
    let firstPlace = start + ErrorNodeInterfaceLayout.startIndex.offset
    let absentPlace = start + ErrorNodeInterfaceLayout.recordImplemented.offset
    guard let type = try? source.u8(at: typePlace), let flags = try? source.u32(at: flagsPlace),
      let address = try? source.u64(at: addressPlace), let first = try? source.u32(at: firstPlace),
      let count = try? source.u32(at: start + ErrorNodeInterfaceLayout.recordCount.offset),
      let absent = try? source.u64(at: absentPlace)
    else { return }
    findings.require(type <= 2, at: typePlace, "interface type \(type) is not known")
    findings.require(flags & ~3 == 0, at: flagsPlace, "reserved flags \(hex(flags))")
    findings.require(
      (type == 0) == (address == 0), at: addressPlace,
      "the address \(hex(address)) does not fit an interface of type \(type)")
    findings.require(
      address % (type == 1 ? 4096 : 64) == 0, at: addressPlace,
      "\(hex(address)) is not where a group, or a record, can be")
    guard count >= 1, UInt64(first) + UInt64(count) <= 64 else {
      findings.require(false, at: firstPlace, "\(count) records from \(first) on")
      return
    }
    let isShared = flags & 1 != 0
    findings.require(
      processor != nil || isShared || type != 0, at: flagsPlace,
      "records in system registers that belong to no processor, and are not shared")
    for record in first..<first + count {
      findings.require(
        absent >> UInt64(record) & 1 == 0 || count > 1, at: absentPlace,
        "its only record, \(record), is said not to be implemented")
      let claim = Claim(processor: isShared ? nil : processor, group: address, record: record)
      findings.require(
        !claims.contains(claim), at: firstPlace, "record \(record) belongs to another node as well")
      claims.append(claim)
    }
  }

  private func check(
    interrupt source: some ByteSource, _ start: Int, isProcessor: Bool,
    _ findings: inout Findings
  ) {
    let typePlace = start + ErrorNodeInterruptLayout.type.offset
    let flagsPlace = start + ErrorNodeInterruptLayout.flags.offset
    let numberPlace = start + ErrorNodeInterruptLayout.interrupt.offset
    guard let type = try? source.u8(at: typePlace), let flags = try? source.u8(at: flagsPlace),
      let number = try? source.u32(at: numberPlace)
    else { return }
    findings.require(type <= 1, at: typePlace, "interrupt type \(type) is not known")
    findings.require(flags & ~1 == 0, at: flagsPlace, "reserved flags \(hex(flags))")
    findings.require(
      number >= (isProcessor ? 16 : 32), at: numberPlace,
      "interrupt \(number) is not one that such a node can have")
  }
}
#endif
