// A checker of published error status blocks.

#if !hasFeature(Embedded)
import Arm
import Bytes

/// Checks an error status block that has been published. ACPI 6.5, 18.3.2.7.1; UEFI 2.10,
/// appendix N; and what Linux accepts.
public struct ErrorStatusBlockChecker: Sendable {
  /// How the Type byte of Arm processor errors is to be read.
  public var encoding: ProcessorErrorTypeEncoding

  /// A checker for an encoding; the default is what Linux reads.
  public init(_ encoding: ProcessorErrorTypeEncoding = .bitmapFromBit1) {
    self.encoding = encoding
  }

  private static let name = "error status block"

  /// What is wrong with the block at the start of a source.
  public func check(_ source: some ByteSource) -> [Finding] {
    let block: ErrorStatusBlock
    do throws(DecodeError) {
      block = try ErrorStatusBlock.decode(source)
    } catch {
      return [Finding(Self.name, at: 0, "cannot be decoded: \(error)")]
    }
    var findings = Findings(Self.name)
    checkHeader(block, source.byteCount, &findings)
    for entry in block.entries {
      check(entry, &findings)
      let start = entry.offset + entry.headerSize
      guard let body = try? source.slice(start, count: Int(entry.dataLength)) else { continue }
      if entry.sectionType == SectionType.memory {
        checkMemory(entry, body, at: start, &findings)
      } else if entry.sectionType == SectionType.processorArm {
        checkProcessor(entry, body, at: start, &findings)
      } else if entry.sectionType == SectionType.armRASNode {
        checkNode(entry, body, at: start, &findings)
      }
    }
    return findings.list
  }

  private func checkHeader(_ block: ErrorStatusBlock, _ size: Int, _ findings: inout Findings) {
    let status = ErrorStatusBlockLayout.blockStatus.offset
    findings.require(block.blockStatus != 0, at: status, "empty: BlockStatus is 0")
    findings.require(
      block.blockStatus >> 14 == 0, at: status,
      "reserved bits in BlockStatus \(hex(block.blockStatus))")
    findings.require(
      block.statedEntryCount == block.entries.count, at: status,
      "BlockStatus announces \(block.statedEntryCount) entries, there are \(block.entries.count)")
    findings.require(
      !block.entries.isEmpty, at: ErrorStatusBlockLayout.dataLength.offset, "no entries")
    let severities = block.entries.compactMap(\.severity)
    let worst = severities.reduce(ErrorSeverity.none) { $0.worse($1) }
    findings.require(
      block.severity != nil, at: ErrorStatusBlockLayout.severity.offset,
      "severity \(block.severityValue) is not defined")
    if let severity = block.severity, severities.count == block.entries.count {
      findings.require(
        severity == worst, at: ErrorStatusBlockLayout.severity.offset,
        "severity \(severity), but the worst entry is \(worst)")
    }
    let uncorrected = severities.contains { $0 == .recoverable || $0 == .fatal }
    findings.require(
      (block.blockStatus & 1 != 0) == uncorrected, at: status,
      "BlockStatus bit 0 and the entries disagree on an uncorrected error")
    findings.require(
      (block.blockStatus & 2 != 0) == severities.contains(.corrected), at: status,
      "BlockStatus bit 1 and the entries disagree on a corrected error")
    findings.require(
      block.blockStatus & 4 == 0 || block.blockStatus & 1 != 0, at: status,
      "several uncorrected errors, but not one")
    findings.require(
      block.blockStatus & 8 == 0 || block.blockStatus & 2 != 0, at: status,
      "several corrected errors, but not one")
    if block.rawDataLength != 0 {
      let start = UInt64(block.rawDataOffset)
      findings.require(
        start >= UInt64(ErrorStatusBlock.headerSize) + UInt64(block.dataLength),
        at: ErrorStatusBlockLayout.rawDataOffset.offset, "raw data overlaps the entries")
      findings.require(
        start + UInt64(block.rawDataLength) <= UInt64(size),
        at: ErrorStatusBlockLayout.rawDataLength.offset, "raw data outside the block")
    }
  }

  private func check(_ entry: DecodedEntry, _ findings: inout Findings) {
    let offset = entry.offset
    findings.require(
      SectionType.name(of: entry.sectionType) != nil, at: offset,
      "section type \(entry.sectionType) is unknown")
    findings.require(
      entry.severity != nil, at: offset + DataEntryLayout.severity.offset,
      "severity \(entry.severityValue) is not defined")
    findings.require(
      entry.validationBits & ~7 == 0, at: offset + DataEntryLayout.validation.offset,
      "reserved validation bits in \(hex(entry.validationBits))")
    findings.require(
      entry.timestampValue == nil || entry.timestamp != nil,
      at: offset + DataEntryLayout.timestamp.offset,
      "the timestamp \(hex(entry.timestampValue ?? 0)) is no time")
    findings.require(
      entry.validationBits & 4 == 0 || entry.headerSize == DataEntry.size,
      at: offset + DataEntryLayout.validation.offset,
      "a timestamp in an entry that has no room for one")
    findings.require(
      entry.fruText.drop { $0 != 0 }.allSatisfy { $0 == 0 },
      at: offset + DataEntryLayout.fruText.offset,
      "FRU text goes on after its end")
    findings.require(
      entry.fruText.prefix { $0 != 0 }.allSatisfy { (0x20..<0x7f).contains($0) },
      at: offset + DataEntryLayout.fruText.offset,
      "FRU text is not ASCII")
  }

  private func checkMemory(
    _ entry: DecodedEntry, _ body: some ByteSource, at start: Int, _ findings: inout Findings
  ) {
    guard case .memory(let section) = entry.payload, body.byteCount == MemorySection.size else {
      findings.require(
        false, at: entry.offset + DataEntryLayout.dataLength.offset,
        "a memory section of \(body.byteCount) bytes, not 80")
      return
    }
    let valid = (try? body.u64(at: MemorySectionLayout.validation.offset)) ?? 0
    findings.require(valid >> 22 == 0, at: start, "reserved validation bits in \(hex(valid))")
    findings.require(
      valid & (1 << 8 | 1 << 18) != 1 << 8 | 1 << 18, at: start, "both forms of the row are valid")
    findings.require(
      section.errorType == nil || section.kind != nil,
      at: start + MemorySectionLayout.errorType.offset,
      "memory error type \(section.errorType ?? 0) is not defined")
    findings.require(
      section.status == nil || section.status?.kind != nil,
      at: start + MemorySectionLayout.errorStatus.offset,
      "error status type \(section.status?[SectionErrorStatus.type] ?? 0) is not defined")
    if let address = section.physicalAddress, let mask = section.physicalAddressMask {
      findings.require(
        mask != 0 && (~mask & (~mask &+ 1)) == 0, at: start + MemorySectionLayout.mask.offset,
        "the address mask \(hex(mask)) has a hole")
      _ = address
    }
    findings.require(
      section.physicalAddressMask == nil || section.physicalAddress != nil, at: start,
      "an address mask without an address")
  }

  private func checkProcessor(
    _ entry: DecodedEntry, _ body: some ByteSource, at start: Int, _ findings: inout Findings
  ) {
    guard case .processor(let section) = entry.payload else {
      findings.require(
        false, at: start, "an Arm processor section whose parts do not fit into it")
      return
    }
    findings.require(
      section.validationBits & ~0xf == 0, at: start,
      "reserved validation bits in \(hex(section.validationBits))")
    findings.require(
      !section.information.isEmpty, at: start + ProcessorSectionLayout.informationCount.offset,
      "no error information")
    findings.require(
      section.information.count <= 255, at: start + ProcessorSectionLayout.informationCount.offset,
      "more than 255 errors")
    findings.require(
      Int(section.sectionLength) == body.byteCount,
      at: start + ProcessorSectionLayout.sectionLength.offset,
      "section length \(section.sectionLength) in an entry of \(body.byteCount) bytes")
    findings.require(
      (section.section.affinityLevel ?? 0) <= 3,
      at: start + ProcessorSectionLayout.affinityLevel.offset,
      "affinity level \(section.section.affinityLevel ?? 0)")
    findings.require(
      section.section.midr != 0, at: start + ProcessorSectionLayout.midr.offset, "no MIDR_EL1")
    findings.require(
      section.runningState & ~1 == 0, at: start + ProcessorSectionLayout.runningState.offset,
      "reserved bits in the running state \(hex(section.runningState))")
    findings.require(
      section.section.isRunning != true || section.section.psciState == 0,
      at: start + ProcessorSectionLayout.psciState.offset,
      "a PSCI state for a running processor")
    findings.require(
      section.vendorBytes == 0 || section.validationBits & 8 != 0,
      at: start + ProcessorSectionLayout.sectionLength.offset,
      "\(section.vendorBytes) bytes of vendor data that are not marked valid")
    for (index, item) in section.information.enumerated() {
      let offset = start + ProcessorSection.fixedSize + index * ProcessorErrorInformation.size
      findings.require(item.version == 0, at: offset, "error information version \(item.version)")
      findings.require(
        item.length == ProcessorErrorInformation.size,
        at: offset + ProcessorErrorInformationLayout.length.offset,
        "error information of \(item.length) bytes, not 32")
      findings.require(
        item.otherValidBits == 0, at: offset + ProcessorErrorInformationLayout.validation.offset,
        "reserved validation bits of error information")
      findings.require(
        encoding.type(of: item.type) != nil,
        at: offset + ProcessorErrorInformationLayout.type.offset,
        "processor error type \(hex(item.type)) is not of the encoding \(encoding)")
      findings.require(
        (item.flags?.rawValue ?? 0) & ~0xf == 0,
        at: offset + ProcessorErrorInformationLayout.flags.offset, "reserved flags")
    }
    for (context, place) in zip(section.contexts, section.contextOffsets) {
      let offset = start + place
      findings.require(context.version == 0, at: offset, "context version \(context.version)")
      guard let kind = context.kind else {
        findings.require(
          false, at: offset + ProcessorContextLayout.type.offset,
          "context type \(context.type) is unknown")
        continue
      }
      findings.require(
        kind != .el3 && kind != .aarch32Secure, at: offset + ProcessorContextLayout.type.offset,
        "registers of Secure state in a record for Non-secure software")
      if let size = kind.arraySize {
        findings.require(
          Int(context.arraySize) == size || kind == .general && context.arraySize == 264,
          at: offset + ProcessorContextLayout.arraySize.offset,
          "\(context.arraySize) bytes of registers for type \(kind)")
      } else {
        findings.require(
          context.arraySize % 10 == 0, at: offset + ProcessorContextLayout.arraySize.offset,
          "\(context.arraySize) bytes are no whole number of registers")
      }
      let end = place + ProcessorContextLayout.size + Int(context.arraySize)
      let padded = place + ProcessorContextType.paddedSize(arraySize: Int(context.arraySize))
      findings.require(
        padded <= body.byteCount && (end..<padded).allSatisfy { body.byte(at: $0) == 0 },
        at: start + end, "the context is not padded with zeros to 16 bytes")
    }
  }
}
#endif
