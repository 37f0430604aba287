// Platform memory section. UEFI 2.10, N.2.5; sections of UEFI 2.2 end after the error type.

import APEI

extension Layout {
  /// The fields that count only if their bit is set, in the order of their bits.
  static let memorySection = Layout(
    "memory section", MemorySectionLayout.size,
    [
      Row(
        MemorySectionLayout.errorStatus, .hexadecimal, .words(Names.errorStatus), valid: 0),
      Row(MemorySectionLayout.physicalAddress, .hexadecimal, valid: 1),
      Row(MemorySectionLayout.mask, .hexadecimal, valid: 2),
      Row(MemorySectionLayout.node, valid: 3), Row(MemorySectionLayout.card, valid: 4),
      Row(MemorySectionLayout.module, valid: 5), Row(MemorySectionLayout.bank, valid: 6),
      Row(MemorySectionLayout.device, valid: 7), Row(MemorySectionLayout.row, valid: 8),
      Row(MemorySectionLayout.column, valid: 9), Row(MemorySectionLayout.bitPosition, valid: 10),
      Row(MemorySectionLayout.requestor, .hexadecimal, valid: 11),
      Row(MemorySectionLayout.responder, .hexadecimal, valid: 12),
      Row(MemorySectionLayout.target, .hexadecimal, valid: 13),
      Row(MemorySectionLayout.errorType, .decimal, .names(Names.memoryError), valid: 14),
      Row(MemorySectionLayout.rank, valid: 15), Row(MemorySectionLayout.cardHandle, valid: 16),
      Row(MemorySectionLayout.moduleHandle, valid: 17),
    ])

  /// The same, as far as UEFI 2.2 had it.
  static let memorySection22 = Layout(
    "memory section", MemorySectionLayout.oldSize,
    memorySection.rows.filter { $0.offset + $0.size <= MemorySectionLayout.oldSize })
}

extension Decoder {
  mutating func memorySection(at start: Int, before end: Int) {
    guard has(MemorySectionLayout.validation.size, at: start, before: end) else {
      remark(
        .malformed, "memory section", at: start, "{d} bytes: it has 80, or 73 before UEFI 2.3",
        UInt64(end - start))
      report.data("data", bytes, at: start, count: end - start)
      return
    }
    let valid = load(MemorySectionLayout.validation, at: start)
    report.hexadecimal(MemorySectionLayout.validation.name, valid, at: start)
    report.derived("sectionLength", end - start)
    let layout: Layout =
      end - start == MemorySectionLayout.oldSize ? .memorySection22 : .memorySection
    report.object("valid", "")
    let isWhole = fields(layout, at: start, before: end, valid: valid)
    report.end()
    report.names(
      "notValid",
      layout.rows.filter { row in row.valid.map { valid >> UInt64($0) & 1 == 0 } ?? false }.map(
        \.name),
      "not valid")
    guard isWhole else { return }
    if valid >> 14 & 1 != 0 {
      report.derived(
        "errorTypeName",
        Names.memoryError(load(MemorySectionLayout.errorType, at: start)) ?? "unknown")
    }
    if valid >> 18 & 15 != 0, end - start >= MemorySectionLayout.extended.end {
      extendedFields(valid, at: start)
    }
    checkMemory(valid, at: start, before: end)
  }

  /// The byte that UEFI 2.3.1 and later added, and the halves of the bank. Bits 18 to 21.
  private mutating func extendedFields(_ valid: UInt64, at start: Int) {
    let value = load(MemorySectionLayout.extended, at: start)
    let place = start + MemorySectionLayout.extended.offset
    report.decimal(MemorySectionLayout.extended.name, value, at: place)
    if valid >> 18 & 1 != 0 {
      report.decimal(
        "fullRow", (value & 3) << 16 | load(MemorySectionLayout.row, at: start),
        at: start + MemorySectionLayout.row.offset, "row with its bits 17:16")
    }
    let bank = start + MemorySectionLayout.bank.offset
    if valid >> 19 & 1 != 0 { report.decimal("bankGroup", load(bank + 1, 1), at: bank + 1) }
    if valid >> 20 & 1 != 0 { report.decimal("bankAddress", load(bank, 1), at: bank) }
    if valid >> 21 & 1 != 0 { report.decimal("chipId", value >> 5, at: place) }
  }

  private mutating func checkMemory(_ valid: UInt64, at start: Int, before end: Int) {
    func has(_ bit: UInt64) -> Bool { valid >> bit & 1 != 0 }
    require(
      valid >> 22 == 0, "memory section", at: start, "reserved bits {x} of validation are set",
      valid & ~0x3F_FFFF)
    require(
      !(has(8) && has(18)), "memory section", at: start, "both forms of the row are valid")
    require(
      !has(2) || has(1), "memory section", at: start, "an address mask without an address")
    if has(2) {
      let mask = load(MemorySectionLayout.mask, at: start)
      require(
        mask != 0 && ~mask & (~mask &+ 1) == 0, "memory section",
        at: start + MemorySectionLayout.mask.offset, "the address mask {x} has a hole", mask)
    }
    if has(0) {
      // Its bits 15:8.
      let place = start + MemorySectionLayout.errorStatus.offset + 1
      let type = load(place, 1)
      require(
        Names.errorStatusType(type) != nil, "memory section", at: place,
        "error status type {d} is reserved", type)
    }
    require(
      end - start == MemorySectionLayout.size || end - start == MemorySectionLayout.oldSize,
      "memory section", at: start,
      "{d} bytes: it has 80, or 73 before UEFI 2.3", UInt64(end - start))
  }
}
