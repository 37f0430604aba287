// The header that all ACPI tables share, and tables that are little more than it: BERT and SDEI.

import APEI

extension Layout {
  /// The fields of a table header after the checksum. ACPI 6.5, 5.2.6.
  static let tableHeader = Layout(
    "table header", TableHeaderLayout.size,
    [
      Row(TableHeaderLayout.oem, .letters), Row(TableHeaderLayout.table, .letters),
      Row(TableHeaderLayout.oemRevision, .hexadecimal), Row(TableHeaderLayout.creator, .letters),
      Row(TableHeaderLayout.creatorRevision, .hexadecimal),
    ])

  static let facsSignature = Array("FACS".utf8)
  static let pointerSignature = Array("RSD PTR ".utf8)

  /// Firmware ACPI Control Structure: without a checksum and an OEM. ACPI 6.5, 5.2.10.
  static let facs = Layout(
    "FACS", 64,
    [
      Row("signature", 0, 4, .letters), Row("length", 4, 4),
      Row("hardwareSignature", 8, 4, .hexadecimal), Row("wakingVector", 12, 4, .hexadecimal),
      Row("globalLock", 16, 4, .hexadecimal), Row("flags", 20, 4, .hexadecimal),
      Row("wakingVector64", 24, 8, .hexadecimal), Row("version", 32, 1),
      Row("reserved", 33, 3, .reserved), Row("ospmFlags", 36, 4, .hexadecimal),
      Row("reserved1", 40, 24, .reserved),
    ])

  /// Root System Description Pointer. ACPI 6.5, 5.2.5.3.
  static let pointer = Layout(
    "RSDP", 36,
    [
      Row("signature", 0, 8, .letters), Row("checksum", 8, 1, .hexadecimal),
      Row("oem", 9, 6, .letters), Row("revision", 15, 1),
      Row("rsdtAddress", 16, 4, .hexadecimal), Row("length", 20, 4),
      Row("xsdtAddress", 24, 8, .hexadecimal), Row("extendedChecksum", 32, 1, .hexadecimal),
      Row("reserved", 33, 3, .reserved),
    ])

  /// The same before ACPI 2.0.
  static let pointer1 = Layout("RSDP", 20, pointer.rows.filter { $0.offset < 20 })

  static let bootErrorTable = Layout(
    "BERT", BootErrorTableLayout.size,
    [
      Row(
        BootErrorTableLayout.regionLength, .decimal, .words { "bytes" + ($0 == 0 ? ", none" : "") }),
      Row(
        BootErrorTableLayout.regionAddress, .hexadecimal,
        .words { $0 == 0 ? "no boot error region" : "physical address of an error status block" }),
    ])
}

extension Decoder {
  /// Writes the common header and gives where the table ends in the bytes at hand; nil when there is
  /// no whole header.
  mutating func tableHeader() -> Int? {
    let size = TableHeaderLayout.size
    guard has(size, at: 0, before: bytes.count) else {
      remark(
        .malformed, "table header", at: 0, "{d} bytes are given, a table's header has {d}",
        UInt64(bytes.count), UInt64(size))
      if bytes.count >= TableHeaderLayout.signature.end { signature() }
      if bytes.count >= TableHeaderLayout.length.end {
        report.decimal(
          TableHeaderLayout.length.name, load(TableHeaderLayout.length, at: 0),
          at: TableHeaderLayout.length.offset)
      }
      report.derived("bytesGiven", bytes.count)
      return nil
    }
    let length = load(TableHeaderLayout.length, at: 0)
    let given = bytes.count
    signature()
    report.decimal(
      TableHeaderLayout.length.name, length, at: TableHeaderLayout.length.offset,
      "bytes; \(given) are given")
    report.decimal(
      TableHeaderLayout.revision.name, load(TableHeaderLayout.revision, at: 0),
      at: TableHeaderLayout.revision.offset)
    let end = Int(min(length, UInt64(bytes.count)))
    let isWhole = length <= UInt64(bytes.count) && length >= UInt64(size)
    var sum: UInt8 = 0
    for place in 0..<end { sum &+= bytes[place] }
    let checksum = load(TableHeaderLayout.checksum, at: 0)
    report.hexadecimal(
      TableHeaderLayout.checksum.name, checksum, at: TableHeaderLayout.checksum.offset,
      isWhole ? (sum == 0 ? "right" : "wrong") : "cannot be judged: bytes are missing")
    if isWhole { report.derived("checksumRight", sum == 0) } else { report.null("checksumRight") }
    fields(.tableHeader, at: 0, before: size)
    report.derived("bytesGiven", bytes.count)
    if length < UInt64(size) {
      remark(
        .malformed, "table header", at: TableHeaderLayout.length.offset,
        "a length of {d} is less than the header's {d}", length,
        UInt64(size))
      return nil
    }
    if !isWhole {
      remark(
        .malformed, "table header", at: TableHeaderLayout.length.offset,
        "the table has {d} bytes, {d} are given", length,
        UInt64(bytes.count))
    } else {
      require(
        sum == 0, "table header", at: TableHeaderLayout.checksum.offset,
        "checksum {x} is wrong, {x} would be right", checksum,
        UInt64(UInt8(truncatingIfNeeded: checksum) &- sum))
      if length < UInt64(bytes.count) {
        remark(
          .note, "table header", at: end, "{d} bytes after the table",
          UInt64(bytes.count) - length)
      }
    }
    return end
  }

  /// The letters of a table's signature.
  private mutating func signature() {
    report.letters(
      TableHeaderLayout.signature.name, bytes, at: TableHeaderLayout.signature.offset,
      count: TableHeaderLayout.signature.size)
  }

  /// Boot Error Record Table.
  mutating func bootErrorTable() {
    guard let end = tableHeader() else { return }
    guard fields(.bootErrorTable, at: 0, before: end) else { return }
    let length = load(BootErrorTableLayout.regionLength, at: 0)
    let address = load(BootErrorTableLayout.regionAddress, at: 0)
    require(
      end == BootErrorTableLayout.size, "BERT", at: TableHeaderLayout.length.offset,
      "{d} bytes, the table has 48", UInt64(end))
    require(
      (length == 0) == (address == 0), "BERT", at: BootErrorTableLayout.regionLength.offset,
      "a region of {d} bytes at {x}: both or neither are 0", length, address)
    require(
      length == 0 || length >= UInt64(ErrorStatusBlockLayout.size), "BERT",
      at: BootErrorTableLayout.regionLength.offset,
      "a region of {d} bytes has no room for an error status block", length)
  }

  /// Software Delegated Exception Interface table: its presence says all.
  mutating func delegatedExceptionTable() {
    guard let end = tableHeader() else { return }
    report.line("the interface is there; SMC or HVC, as FADT says of PSCI")
    require(
      end == TableHeaderLayout.size, "SDEI", at: TableHeaderLayout.length.offset,
      "{d} bytes, the table has 36", UInt64(end))
  }

  /// Any other table: its header. Two have none: the FACS, and the RSDP that leads to all.
  mutating func otherTable() {
    if bytes.starts(with: Layout.facsSignature) || bytes.starts(with: Layout.pointerSignature) {
      let layout: Layout =
        bytes[0] == 0x46 ? .facs : load(15, 1) < 2 ? .pointer1 : .pointer
      fields(layout, at: 0, before: bytes.count)
      report.derived("bytesGiven", bytes.count)
      if bytes[0] != 0x46 {
        let sum = bytes.prefix(20).reduce(0, &+)
        require(sum == 0, "RSDP", at: 8, "the first 20 bytes add up to {d}, not to 0", UInt64(sum))
      }
    } else if tableHeader() == nil {
      return
    }
    remark(
      .note, "", at: 0, "a table of another kind: only its header is explained; {s}",
      detail: "accepted are HEST, BERT, EINJ, ERST, SDEI and AEST")
  }
}
