// The register contexts of an ARM processor error section. UEFI 2.10, N.2.4.4.2.

import APEI

/// Registers of a context type, in order. UEFI 2.10, tables N.23 to N.31.
enum ContextRegisters {
  static func name(_ type: UInt64) -> StaticString? {
    switch type {
    case 0: "AArch32 general registers"
    case 1: "AArch32 EL1"
    case 2: "AArch32 EL2"
    case 3: "AArch32 secure"
    case 4: "AArch64 general registers"
    case 5: "AArch64 EL1"
    case 6: "AArch64 EL2"
    case 7: "AArch64 EL3"
    case 8: "system registers by encoding"
    case 9: "128-bit translation table registers"
    default: nil
    }
  }

  /// The type that Linux prints as these words (drivers/firmware/efi/cper-arm.c).
  static func type(printed words: String) -> UInt64? {
    for (type, start) in [
      "AArch32 general", "AArch32 EL1", "AArch32 EL2", "AArch32 secure", "AArch64 general",
      "AArch64 EL1", "AArch64 EL2", "AArch64 EL3", "Misc",
    ].enumerated() where words.hasPrefix(start) {
      return UInt64(type)
    }
    return nil
  }

  static func names(_ type: UInt64) -> [StaticString] {
    switch type {
    case 0: general32
    case 1:
      [
        "DFAR", "DFSR", "IFAR", "ISR", "MAIR0", "MAIR1", "MIDR", "MPIDR", "NMRR", "PRRR", "SCTLR",
        "SPSR", "SPSR_abt", "SPSR_fiq", "SPSR_irq", "SPSR_svc", "SPSR_und", "TPIDRPRW", "TPIDRURO",
        "TPIDRURW", "TTBCR", "TTBR0", "TTBR1", "DACR",
      ]
    case 2:
      [
        "ELR_hyp", "HAMAIR0", "HAMAIR1", "HCR", "HCR2", "HDFAR", "HIFAR", "HPFAR", "HSR", "HTCR",
        "HTPIDR", "HTTBR", "SPSR_hyp", "VTCR", "VTTBR", "DACR32_EL2",
      ]
    case 3: ["SCTLR", "SPSR_mon"]
    case 4: general64
    case 5:
      [
        "ELR_EL1", "ESR_EL1", "FAR_EL1", "ISR_EL1", "MAIR_EL1", "MIDR_EL1", "MPIDR_EL1",
        "SCTLR_EL1", "SP_EL0", "SP_EL1", "SPSR_EL1", "TCR_EL1", "TPIDR_EL0", "TPIDR_EL1",
        "TPIDRRO_EL0", "TTBR0_EL1", "TTBR1_EL1",
      ]
    case 6:
      [
        "ELR_EL2", "ESR_EL2", "FAR_EL2", "HACR_EL2", "HCR_EL2", "HPFAR_EL2", "MAIR_EL2",
        "SCTLR_EL2", "SP_EL2", "SPSR_EL2", "TCR_EL2", "TPIDR_EL2", "TTBR0_EL2", "VTCR_EL2",
        "VTTBR_EL2",
      ]
    case 7:
      [
        "ELR_EL3", "ESR_EL3", "FAR_EL3", "MAIR_EL3", "SCTLR_EL3", "SP_EL3", "SPSR_EL3", "TCR_EL3",
        "TPIDR_EL3", "TTBR0_EL3",
      ]
    default: []
    }
  }

  /// AArch32 registers have 32 bits, those of Secure state and AArch64's 64.
  static func width(_ type: UInt64) -> Int { type <= 2 ? 4 : 8 }

  private static let general32: [StaticString] = [
    "R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14",
    "R15",
  ]
  private static let general64: [StaticString] = [
    "X0", "X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "X10", "X11", "X12", "X13", "X14",
    "X15", "X16", "X17", "X18", "X19", "X20", "X21", "X22", "X23", "X24", "X25", "X26", "X27",
    "X28", "X29", "X30", "SP",
  ]
}

extension Decoder {
  /// The contexts from an offset; gives where they end.
  mutating func contexts(at start: Int, from first: Int, before end: Int) -> Int {
    let count = Int(load(ProcessorSectionLayout.contextCount, at: start))
    report.list("contexts")
    defer { report.endList() }
    var offset = first
    for number in 0..<count {
      guard has(ProcessorContextLayout.size, at: offset, before: end) else {
        report.mark("truncated")
        remark(
          .malformed, "ARM processor section",
          at: start + ProcessorSectionLayout.contextCount.offset,
          "{d} contexts are announced, {d} fit into the section", UInt64(count), UInt64(number))
        return offset
      }
      guard let next = context(at: offset, before: end, number) else { return end }
      offset = next
    }
    return offset
  }

  /// One context; gives where the next starts, nil if this one reaches outside.
  private mutating func context(at offset: Int, before end: Int, _ number: Int) -> Int? {
    let version = load(ProcessorContextLayout.version, at: offset)
    let type = load(ProcessorContextLayout.type, at: offset)
    let size = load(ProcessorContextLayout.arraySize, at: offset)
    let typePlace = offset + ProcessorContextLayout.type.offset
    let sizePlace = offset + ProcessorContextLayout.arraySize.offset
    let array = offset + ProcessorContextLayout.size
    let name = ContextRegisters.name(type)
    report.item(at: offset, "context \(number): \(name?.description ?? "type \(type)")")
    defer { report.end() }
    report.decimal(ProcessorContextLayout.version.name, version, at: offset)
    report.decimal(
      ProcessorContextLayout.type.name, type, at: typePlace, name?.description ?? "reserved")
    if let name { report.derived("typeName", name) }
    report.decimal(ProcessorContextLayout.arraySize.name, size, at: sizePlace)
    require(version == 0, "context", at: offset, "version {d}: only 0 is defined", version)
    require(name != nil, "context", at: typePlace, "type {d} is reserved", type)
    guard size <= UInt64(end - array) else {
      report.derived("truncated", true)
      report.line("cut off: \(end - array) of \(size) bytes are there")
      remark(
        .malformed, "context", at: sizePlace, "{d} bytes of registers, {d} are there", size,
        UInt64(end - array))
      return nil
    }
    let names = ContextRegisters.names(type)
    require(
      names.isEmpty || size == UInt64(names.count * ContextRegisters.width(type))
        || type == 4 && size == 264, "context", at: sizePlace,
      "{d} bytes of registers, the type has {d}", size,
      UInt64(names.count * ContextRegisters.width(type)))
    registers(type, at: array, Int(size))
    return array + Int(size)
  }

  /// The registers of a type, as far as the bytes go.
  mutating func registers(_ type: UInt64, at offset: Int, _ size: Int) {
    let names = ContextRegisters.names(type)
    let width = ContextRegisters.width(type)
    if type == 8 { return encodedRegisters(at: offset, size) }
    guard !names.isEmpty else {
      if size > 0 { report.data("data", bytes, at: offset, count: size) }
      return
    }
    report.object("registers", "")
    for (index, name) in names.enumerated() where (index + 1) * width <= size {
      report.hexadecimal(name, load(offset + index * width, width), at: offset + index * width)
    }
    report.end()
    let known = min(size, names.count * width) / width * width
    if size > known { report.data("data", bytes, at: offset + known, count: size - known) }
  }

  /// Type 8: pairs of an encoding and a value. UEFI 2.10, table N.31.
  private mutating func encodedRegisters(at offset: Int, _ size: Int) {
    report.list("registers")
    var place = offset
    while place + 10 <= offset + size {
      let code = load(place, 2)
      report.item(
        "S\(2 + (code >> 14 & 1))_\(code >> 11 & 7)_C\(code >> 7 & 15)_C\(code >> 3 & 15)_\(code & 7)"
      )
      report.hexadecimal("encoding", code, at: place)
      report.hexadecimal("value", load(place + 2, 8), at: place + 2)
      report.end()
      place += 10
    }
    report.endList()
    require(
      size % 10 == 0, "context", at: max(0, offset - 4),
      "{d} bytes are no whole number of registers",
      UInt64(size))
  }
}
