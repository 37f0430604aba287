// ERST and EINJ, and EINJ's trigger table: lists of instructions that together are an action.
// ACPI 6.5, 18.5 and 18.6.

import APEI

extension Layout {
  static let serializationEntry = Layout.instructionEntry(
    SerializationAction.name, SerializationAction.instruction)
  static let injectionEntry = Layout.instructionEntry(
    InjectionAction.name, InjectionAction.instruction)

  private static func instructionEntry(
    _ action: @escaping @Sendable (UInt64) -> StaticString?,
    _ instruction: @escaping @Sendable (UInt64) -> StaticString?
  ) -> Layout {
    Layout(
      "entry", InstructionEntryLayout.size,
      [
        Row(InstructionEntryLayout.action, .decimal, .names(action), nameKey: "actionName"),
        Row(
          InstructionEntryLayout.instruction, .decimal, .names(instruction),
          nameKey: "instructionName"),
        Row(
          InstructionEntryLayout.flags, .decimal,
          .flags([Flag(0, "keep the register's other bits")])),
        Row(InstructionEntryLayout.reserved, .reserved),
        Row(InstructionEntryLayout.register, .structure(.genericAddress)),
        Row(InstructionEntryLayout.value, .hexadecimal),
        Row(InstructionEntryLayout.mask, .hexadecimal),
      ])
  }

  static let serializationTable = Layout(
    "ERST", SerializationTableLayout.entries,
    [
      Row(SerializationTableLayout.headerSize), Row(SerializationTableLayout.reserved, .reserved),
      Row(SerializationTableLayout.entryCount),
    ])

  static let injectionTable = Layout(
    "EINJ", InjectionTableLayout.entries,
    [
      Row(InjectionTableLayout.headerSize),
      Row(InjectionTableLayout.flags), Row(InjectionTableLayout.reserved, .reserved),
      Row(InjectionTableLayout.entryCount),
    ])

  static let triggerTable = Layout(
    "trigger table", TriggerTableLayout.size,
    [
      Row(TriggerTableLayout.headerSize), Row(TriggerTableLayout.revision),
      Row(TriggerTableLayout.tableSize), Row(TriggerTableLayout.entryCount),
    ])
}

extension Decoder {
  /// Error Record Serialization Table.
  mutating func serializationTable() {
    guard let end = tableHeader(), fields(.serializationTable, at: 0, before: end) else { return }
    actions("ERST", .serializationEntry, end, SerializationAction.name)
    checkActions(
      "ERST", end, needed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15], SerializationAction.name)
  }

  /// Error Injection Table.
  mutating func injectionTable() {
    guard let end = tableHeader(), fields(.injectionTable, at: 0, before: end) else { return }
    actions("EINJ", .injectionEntry, end, InjectionAction.name)
    checkActions("EINJ", end, needed: [0, 1, 2, 3, 4, 5, 6, 7], InjectionAction.name)
  }

  /// The header's size and the entries.
  private mutating func actions(
    _ table: StaticString, _ layout: Layout, _ end: Int,
    _ name: @Sendable (UInt64) -> StaticString?
  ) {
    let headerSize = load(SerializationTableLayout.headerSize, at: 0)
    require(
      headerSize == 12 || headerSize == 48, table, at: SerializationTableLayout.headerSize.offset,
      "a header of {d} bytes: Linux takes 12 and 48", headerSize)
    entries(
      table, layout, from: SerializationTableLayout.entries, before: end,
      stated: load(SerializationTableLayout.entryCount, at: 0),
      countAt: SerializationTableLayout.entryCount.offset, name)
  }

  /// The entries of a table.
  private mutating func entries(
    _ table: StaticString, _ layout: Layout, from start: Int, before end: Int, stated: UInt64,
    countAt: Int, _ name: @Sendable (UInt64) -> StaticString?
  ) {
    let size = InstructionEntryLayout.size
    report.list("entries")
    var offset = start
    var count: UInt64 = 0
    while count < stated, has(size, at: offset, before: end) {
      entry(layout, at: offset, number: count, name)
      offset += size
      count += 1
    }
    let rest = max(0, end - offset)
    if count < stated {
      if rest > 0 { report.mark("truncated") }
      remark(
        .malformed, table, at: countAt, "{d} entries are announced, {d} are there", stated, count)
    } else if rest > 0 {
      remark(
        .inconsistent, table, at: offset, "{d} bytes after the last of {d} entries", UInt64(rest),
        count)
    }
    report.endList()
    report.derived("endOffset", offset)
  }

  private mutating func entry(
    _ layout: Layout, at offset: Int, number: UInt64, _ name: @Sendable (UInt64) -> StaticString?
  ) {
    let action = load(InstructionEntryLayout.action, at: offset)
    report.item(at: offset, "entry \(number): \(name(action)?.description ?? "unknown action")")
    report.derived("offset", offset)
    let flags = load(InstructionEntryLayout.flags, at: offset)
    report.derived("preserve", flags & 1 != 0)
    fields(layout, at: offset, before: offset + InstructionEntryLayout.size)
    report.end()
    let instruction = load(InstructionEntryLayout.instruction, at: offset)
    let register = offset + InstructionEntryLayout.register.offset
    let width = load(GenericAddressLayout.width, at: register)
    let mask = load(InstructionEntryLayout.mask, at: offset)
    let value = load(InstructionEntryLayout.value, at: offset)
    // NOOP and the instructions on variables do not touch the register.
    guard instruction <= 3 else { return }
    check(address: register, "register")
    if width > 0, width < 64 {
      require(
        mask >> width == 0, "entry", at: offset + InstructionEntryLayout.mask.offset,
        "the mask {x} is wider than the register of {d} bits", mask, width)
    }
    if instruction == 1 || instruction == 3 {
      require(
        value & ~mask == 0, "entry", at: offset + InstructionEntryLayout.value.offset,
        "the value {x} has bits outside the mask {x}", value, mask)
    }
  }

  /// Which actions a table must have, and whether they come more than once.
  private mutating func checkActions(
    _ table: StaticString, _ end: Int, needed: [UInt64], _ name: (UInt64) -> StaticString?
  ) {
    var seen: Set<UInt64> = []
    var offset = SerializationTableLayout.entries
    let count = load(SerializationTableLayout.entryCount, at: 0)
    let size = InstructionEntryLayout.size
    while has(size, at: offset, before: end),
      (offset - SerializationTableLayout.entries) / size < count
    {
      seen.insert(load(InstructionEntryLayout.action, at: offset))
      offset += size
    }
    for action in needed where !seen.contains(action) {
      remark(
        .inconsistent, table, at: SerializationTableLayout.entryCount.offset,
        "no entry for {s}, which Linux needs",
        detail: name(action)?.description ?? "")
    }
  }

  /// The table that GET_TRIGGER_ERROR_ACTION_TABLE leads to.
  mutating func triggerTable() {
    report.derived("structure", "EINJ trigger table")
    report.derived("bytesGiven", bytes.count)
    guard fields(.triggerTable, at: 0, before: bytes.count) else { return }
    let size = load(TriggerTableLayout.tableSize, at: 0)
    let count = load(TriggerTableLayout.entryCount, at: 0)
    if size > UInt64(bytes.count) {
      remark(
        .malformed, "trigger table", at: TriggerTableLayout.tableSize.offset,
        "the table has {d} bytes, {d} are given", size,
        UInt64(bytes.count))
    }
    let end = Int(min(size, UInt64(bytes.count)))
    let start = Int(min(load(TriggerTableLayout.headerSize, at: 0), UInt64(bytes.count)))
    require(
      start == TriggerTableLayout.size, "trigger table", at: TriggerTableLayout.headerSize.offset,
      "a header of {d} bytes, not 16", UInt64(start))
    entries(
      "trigger table", .injectionEntry, from: start, before: end, stated: count,
      countAt: TriggerTableLayout.entryCount.offset,
      InjectionAction.name)
  }
}
