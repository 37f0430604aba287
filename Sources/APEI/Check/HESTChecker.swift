// A checker of the HEST: whether its sources can be used as it says.

import Bytes

#if !hasFeature(Embedded)
/// Checks a HEST. ACPI 6.5, 18.3.2, and what Linux accepts.
public struct HESTChecker: Sendable {
  /// A checker.
  public init() {}

  /// What is wrong with the table that fills a source.
  public func check(_ source: some ByteSource) -> [Finding] {
    let common = TableChecker().check(source)
    guard let table = try? HEST(source) else {
      return common + [Finding("HEST", at: 0, "too short for a HEST")]
    }
    var findings = Findings("HEST")
    findings.list = common
    findings.require(table.header.isSigned("HEST"), at: 0, "the signature is not HEST")
    findings.require(
      table.end == Int(table.header.length), at: table.end,
      "an error source of unknown type or reaching outside the table")
    findings.require(
      table.sourceCount == UInt32(table.sources.count), at: HESTLayout.sourceCount.offset,
      "\(table.sourceCount) sources announced, \(table.sources.count) found")
    var seen: Set<UInt16> = []
    var statusAddresses: Set<UInt64> = []
    var acknowledgeAddresses: Set<UInt64> = []
    var highestTyped: UInt16 = 0
    let identifiers = Set(
      table.sources.map { entry in
        switch entry {
        case .generic(let item): item.sourceID
        case .other(_, let identifier): identifier
        }
      })
    for (entry, offset) in zip(table.sources, table.offsets) {
      switch entry {
      case .other(let type, let identifier):
        if type >= 12 {
          findings.require(
            type >= highestTyped, at: offset, "type \(type) after type \(highestTyped)")
          highestTyped = type
        } else {
          findings.require(
            seen.insert(identifier).inserted, at: offset + ErrorSourceLayout.id.offset,
            "source id \(identifier) is used twice")
        }
      case .generic(let item):
        findings.require(
          highestTyped == 0, at: offset, "a source of type 9 or 10 after one of type 12 or more")
        findings.require(
          seen.insert(item.sourceID).inserted, at: offset + ErrorSourceLayout.id.offset,
          "source id \(item.sourceID) is used twice")
        findings.require(
          item.relatedSourceID == 0xffff
            || identifiers.contains(item.relatedSourceID)
              && item.relatedSourceID != item.sourceID,
          at: offset + ErrorSourceLayout.related.offset,
          "related source \(item.relatedSourceID) does not exist")
        findings.require(
          statusAddresses.insert(item.statusAddress.address).inserted,
          at: offset + ErrorSourceLayout.statusAddress.offset + GenericAddressLayout.address.offset,
          "two sources share the status address \(hex(item.statusAddress.address))")
        if let acknowledge = item.acknowledge {
          findings.require(
            acknowledgeAddresses.insert(acknowledge.register.address).inserted
              && !statusAddresses.contains(acknowledge.register.address),
            at: offset + ErrorSourceLayout.acknowledge.offset + GenericAddressLayout.address.offset,
            "the acknowledge register \(hex(acknowledge.register.address)) is used twice")
        }
        check(item, at: offset, &findings)
      }
    }
    return findings.list
  }

  private func check(_ source: ErrorSource, at offset: Int, _ findings: inout Findings) {
    findings.require(
      source.flags == 0, at: offset + ErrorSourceLayout.flags.offset,
      "flags \(hex(source.flags)), reserved")
    findings.require(
      source.enabled <= 1, at: offset + ErrorSourceLayout.enabled.offset,
      "enabled is \(source.enabled), neither 0 nor 1")
    findings.require(
      source.recordsToPreallocate >= 1, at: offset + ErrorSourceLayout.preallocate.offset,
      "no records to preallocate")
    findings.require(
      source.maximumSections >= 1, at: offset + ErrorSourceLayout.maximumSections.offset,
      "no sections per record")
    let status = offset + ErrorSourceLayout.statusAddress.offset
    check(source.statusAddress, at: status, "error status address", &findings)
    findings.require(
      source.statusAddress.bitWidth == 64 && source.statusAddress.bitOffset == 0,
      at: status + GenericAddressLayout.width.offset,
      "the error status address is not a whole 64-bit word")
    check(source.notification, at: offset + ErrorSourceLayout.notification.offset, &findings)
    findings.require(
      source.blockLength >= ErrorStatusBlock.headerSize,
      at: offset + ErrorSourceLayout.blockLength.offset,
      "a block of \(source.blockLength) bytes has no room for its header")
    findings.require(
      source.blockLength <= 65536, at: offset + ErrorSourceLayout.blockLength.offset,
      "a block of \(source.blockLength) bytes: Linux reads 64 KiB")
    guard let acknowledge = source.acknowledge else { return }
    check(
      acknowledge.register, at: offset + ErrorSourceLayout.acknowledge.offset,
      "read acknowledge register", &findings)
    let width = UInt64(acknowledge.register.bitWidth)
    let mask: UInt64 = width >= 64 ? .max : (1 << width) - 1
    findings.require(
      acknowledge.write != 0, at: offset + ErrorSourceLayout.write.offset,
      "an acknowledgement that sets nothing")
    findings.require(
      acknowledge.write & ~mask == 0, at: offset + ErrorSourceLayout.write.offset,
      "the acknowledgement is wider than its register")
    findings.require(
      acknowledge.write & acknowledge.preserve == 0,
      at: offset + ErrorSourceLayout.preserve.offset,
      "the preserve mask \(hex(acknowledge.preserve)) keeps bits that the acknowledgement sets")
  }

  private func check(
    _ address: GenericAddress, at offset: Int, _ name: String, _ findings: inout Findings
  ) {
    findings.require(
      address.space <= 1, at: offset,
      "\(name): address space \(address.space); Linux takes memory (0) and I/O (1)")
    findings.require(
      (1...4).contains(address.accessSize), at: offset + GenericAddressLayout.access.offset,
      "\(name): access size \(address.accessSize)")
    let bits = 4 << Int(max(1, min(address.accessSize, 4)))
    findings.require(
      address.bitWidth > 0 && Int(address.bitWidth) + Int(address.bitOffset) <= bits,
      at: offset + GenericAddressLayout.width.offset,
      "\(name): \(address.bitWidth) bits at bit \(address.bitOffset) of a \(bits)-bit access")
    findings.require(
      address.address != 0, at: offset + GenericAddressLayout.address.offset, "\(name): address 0")
    findings.require(
      address.address % UInt64(bits / 8) == 0,
      at: offset + GenericAddressLayout.address.offset,
      "\(name): \(hex(address.address)) is not aligned to \(bits) bits")
  }

  private func check(
    _ notification: ErrorNotification, at offset: Int, _ findings: inout Findings
  ) {
    findings.require(
      notification.length == NotificationLayout.size,
      at: offset + NotificationLayout.length.offset,
      "notification: length \(notification.length), not 28")
    findings.require(
      notification.configurationWriteEnable & ~0x3f == 0,
      at: offset + NotificationLayout.configurationWriteEnable.offset,
      "notification: reserved bits in \(hex(notification.configurationWriteEnable))")
    guard let kind = notification.kind else {
      findings.require(
        false, at: offset, "notification: type \(notification.type) is unknown")
      return
    }
    switch kind {
    case .polled:
      findings.require(
        notification.pollInterval > 0, at: offset + NotificationLayout.pollInterval.offset,
        "notification: polled, but never")
    case .external, .gsiv:
      findings.require(
        notification.vector >= 32, at: offset + NotificationLayout.vector.offset,
        "notification: interrupt \(notification.vector) is not an SPI")
    case .sei:
      findings.require(false, at: offset, "notification: SEI, which Linux ignores")
    case .local, .nmi, .cmci, .mce:
      findings.require(
        false, at: offset, "notification: type \(notification.type) is not for Arm")
    case .sci, .gpio, .sea, .sdei: break
    }
  }
}
#endif
