// Platform memory section. UEFI 2.10, N.2.5; sections of UEFI 2.2 end after the error type.

import APEI

extension Layout {
  /// The fields that count only if their bit is set, in the order of their bits.
  static let memorySection = Layout(
    "memory section", 80,
    [
      Row("errorStatus", 8, 8, .hexadecimal, .words(Names.errorStatus), valid: 0),
      Row("physicalAddress", 16, 8, .hexadecimal, valid: 1),
      Row("mask", 24, 8, .hexadecimal, valid: 2), Row("node", 32, 2, valid: 3),
      Row("card", 34, 2, valid: 4), Row("module", 36, 2, valid: 5), Row("bank", 38, 2, valid: 6),
      Row("device", 40, 2, valid: 7), Row("row", 42, 2, valid: 8), Row("column", 44, 2, valid: 9),
      Row("bitPosition", 46, 2, valid: 10), Row("requestor", 48, 8, .hexadecimal, valid: 11),
      Row("responder", 56, 8, .hexadecimal, valid: 12),
      Row("target", 64, 8, .hexadecimal, valid: 13),
      Row("errorType", 72, 1, .decimal, .names(Names.memoryError), valid: 14),
      Row("rankNumber", 74, 2, valid: 15), Row("cardHandle", 76, 2, valid: 16),
      Row("moduleHandle", 78, 2, valid: 17),
    ])

  /// The same, as far as UEFI 2.2 had it.
  static let memorySection22 = Layout(
    "memory section", 73, memorySection.rows.filter { $0.offset + $0.size <= 73 })
}

extension Decoder {
  mutating func memorySection(at start: Int, before end: Int) {
    guard has(8, at: start, before: end) else {
      remark(
        .malformed, "memory section", at: start, "{d} bytes: it has 80, or 73 before UEFI 2.3",
        UInt64(end - start))
      report.data("data", bytes, at: start, count: end - start)
      return
    }
    let valid = load(start, 8)
    report.hexadecimal("validation", valid, at: start)
    report.derived("sectionLength", end - start)
    let layout: Layout = end - start == 73 ? .memorySection22 : .memorySection
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
      report.derived("errorTypeName", Names.memoryError(load(start + 72, 1)) ?? "unknown")
    }
    if valid >> 18 & 15 != 0, end - start >= 74 { extendedFields(valid, at: start) }
    checkMemory(valid, at: start, before: end)
  }

  /// The byte that UEFI 2.3.1 and later added, and the halves of the bank. Bits 18 to 21.
  private mutating func extendedFields(_ valid: UInt64, at start: Int) {
    let value = load(start + 73, 1)
    report.decimal("extendedRow", value, at: start + 73)
    if valid >> 18 & 1 != 0 {
      report.decimal(
        "fullRow", (value & 3) << 16 | load(start + 42, 2), at: start + 42,
        "row with its bits 17:16")
    }
    if valid >> 19 & 1 != 0 { report.decimal("bankGroup", load(start + 39, 1), at: start + 39) }
    if valid >> 20 & 1 != 0 { report.decimal("bankAddress", load(start + 38, 1), at: start + 38) }
    if valid >> 21 & 1 != 0 { report.decimal("chipId", value >> 5, at: start + 73) }
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
      let mask = load(start + 24, 8)
      require(
        mask != 0 && ~mask & (~mask &+ 1) == 0, "memory section", at: start + 24,
        "the address mask {x} has a hole", mask)
    }
    if has(0) {
      let type = load(start + 9, 1)
      require(
        Names.errorStatusType(type) != nil, "memory section", at: start + 9,
        "error status type {d} is reserved", type)
    }
    require(
      end - start == 80 || end - start == 73, "memory section", at: start,
      "{d} bytes: it has 80, or 73 before UEFI 2.3", UInt64(end - start))
  }
}
