// A checker of EINJ and ERST: whether the instructions are ones that an interpreter knows, on registers that
// it can access, and whether each action that an operating system needs has some. ACPI 6.5, 18.5.1 and
// 18.6.1; Linux (drivers/acpi/apei/apei-base.c) takes no table with one instruction that it does not know.

import Bytes

#if !hasFeature(Embedded)
/// Checks tables of actions.
public struct ActionTableChecker: Sendable {
  /// A checker.
  public init() {}

  /// What is wrong with the table that fills a source.
  public func check(_ source: some ByteSource) -> [Finding] {
    let isInjection = (try? TableHeader(source))?.isSigned("EINJ") ?? false
    var findings = Findings(isInjection ? "EINJ" : "ERST")
    let first = InjectionTableLayout.entries
    let size = InstructionEntryLayout.size
    guard source.byteCount >= first,
      let headerSize = try? source.u32(at: InjectionTableLayout.headerSize.offset),
      let stated = try? source.u32(at: InjectionTableLayout.entryCount.offset)
    else {
      findings.require(
        false, at: TableHeaderLayout.length.offset,
        "\(source.byteCount) bytes: shorter than the header")
      return findings.list
    }
    findings.require(
      headerSize == 12 || headerSize == 48, at: InjectionTableLayout.headerSize.offset,
      "a header of \(headerSize) bytes, not 12 or 48")
    findings.require(
      Int(stated) * size == source.byteCount - first, at: InjectionTableLayout.entryCount.offset,
      "\(stated) entries, but there are \(source.byteCount - first) bytes of them")
    var actions = Set<UInt8>()
    for offset in stride(from: first, to: source.byteCount - size + 1, by: size) {
      if let action = check(entry: source, at: offset, isInjection, &findings) {
        actions.insert(action)
      }
    }
    let needed: [UInt8] =
      isInjection ? [1, 2, 3, 5, 6, 7] : [4, 5, 6, 7, 8, 9, 0xA, 0xD, 0xE, 0xF]
    for action in needed where !actions.contains(action) {
      let name =
        isInjection
        ? InjectionAction.name(UInt64(action)) : SerializationAction.name(UInt64(action))
      findings.require(false, at: first, "no instruction for \(name ?? "an action")")
    }
    return findings.list
  }

  /// What is wrong with a trigger table and nothing behind it.
  public func check(trigger source: some ByteSource) -> [Finding] {
    var findings = Findings("trigger table")
    guard let header = try? source.u32(at: TriggerTableLayout.headerSize.offset),
      let size = try? source.u32(at: TriggerTableLayout.tableSize.offset),
      let count = try? source.u32(at: TriggerTableLayout.entryCount.offset)
    else {
      findings.require(false, at: 0, "\(source.byteCount) bytes: shorter than the header")
      return findings.list
    }
    findings.require(
      header == TriggerTableLayout.size, at: TriggerTableLayout.headerSize.offset,
      "a header of \(header) bytes, not 16")
    findings.require(
      Int(size) == source.byteCount && size <= 4096, at: TriggerTableLayout.tableSize.offset,
      "\(size) bytes, there are \(source.byteCount), and a page is the most")
    findings.require(
      TriggerTableLayout.size + Int(count) * InstructionEntryLayout.size == Int(size),
      at: TriggerTableLayout.entryCount.offset, "\(count) entries")
    for offset in stride(
      from: TriggerTableLayout.size, to: source.byteCount - InstructionEntryLayout.size + 1,
      by: InstructionEntryLayout.size)
    {
      let action = check(entry: source, at: offset, true, &findings)
      findings.require(action == 0xFF, at: offset, "an action that is not TRIGGER_ERROR")
    }
    return findings.list
  }

  /// Checks an entry; its action.
  private func check(
    entry source: some ByteSource, at offset: Int, _ isInjection: Bool, _ findings: inout Findings
  ) -> UInt8? {
    let place = offset + InstructionEntryLayout.register.offset
    guard let action = try? source.u8(at: offset + InstructionEntryLayout.action.offset),
      let instruction = try? source.u8(at: offset + InstructionEntryLayout.instruction.offset),
      let flags = try? source.u8(at: offset + InstructionEntryLayout.flags.offset),
      let register = try? source.address(at: place),
      let value = try? source.u64(at: offset + InstructionEntryLayout.value.offset),
      let mask = try? source.u64(at: offset + InstructionEntryLayout.mask.offset)
    else { return nil }
    let isKnown =
      isInjection
      ? InjectionAction.name(UInt64(action)) != nil
        && InjectionAction.instruction(UInt64(instruction)) != nil
      : SerializationAction.name(UInt64(action)) != nil
        && SerializationAction.instruction(UInt64(instruction)) != nil
    findings.require(
      isKnown, at: offset, "action \(hex(action)), instruction \(hex(instruction)) are not known")
    findings.require(
      flags & ~1 == 0, at: offset + InstructionEntryLayout.flags.offset,
      "reserved flags \(hex(flags))")
    // NOOP has no register.
    guard instruction != 4 else { return action }
    guard let count = register.accessByteCount else {
      findings.require(false, at: place, "a register that cannot be accessed")
      return action
    }
    findings.require(
      (1...4).contains(register.accessSize), at: place + GenericAddressLayout.access.offset,
      "access size \(register.accessSize)")
    let bits: UInt64 = register.bitWidth >= 64 ? .max : (1 << UInt64(register.bitWidth)) - 1
    findings.require(
      value & ~bits == 0, at: offset + InstructionEntryLayout.value.offset,
      "\(hex(value)) does not fit \(count) bytes")
    findings.require(
      mask != 0, at: offset + InstructionEntryLayout.mask.offset, "a mask of no bits")
    return action
  }
}
#endif
