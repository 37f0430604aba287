// What the console shows of an error record: Linux's lines (drivers/firmware/efi/cper.c,
// cper-arm.c), so that whoever reads Linux's log reads this one.

import APEI
import Arm

extension HardwareErrors {
  /// Writes a record.
  func log(_ block: ErrorStatusBlock, source: UInt16) {
    field("Hardware error from APEI Generic Hardware Error Source: ", .decimal(UInt64(source)))
    if block.severity == .corrected {
      field("It has been corrected by h/w and requires no further action")
    }
    field("event severity: ", .text(Self.name(block.severity)))
    var index = 0
    for entry in block.entries {
      if let time = entry.timestamp { timestamp(time) }
      beginField(" Error ", .decimal(index))
      kernel.put(", type: ")
      kernel.put(.text(Self.name(entry.severity)))
      kernel.endLine()
      if entry.validationBits & 2 != 0 {
        var text = entry.fruText
        while text.last == 0 { text.removeLast() }
        field(" fru_text: ", .bytes(text))
      }
      switch entry.payload {
      case .memory(let section): memory(section)
      case .processor(let section): processor(section)
      case .errorNode, .other: unknown(entry)
      }
      index += 1
    }
  }

  // A record has some thirty kinds of lines: each is a call, not code for building a list.

  /// Begins a line of the record that came last.
  @inline(never)
  private func beginField(_ name: StaticString, _ value: LogPart?) {
    kernel.beginLine()
    kernel.put("{")
    kernel.put(.decimal(recordCount))
    kernel.put("}[Hardware Error]: ")
    kernel.put(.text(name))
    if let value { kernel.put(value) }
  }

  /// A whole line.
  @inline(never)
  private func field(_ name: StaticString, _ value: LogPart? = nil) {
    beginField(name, value)
    kernel.endLine()
  }

  /// A whole line with a hexadecimal number, if there is one.
  @inline(never)
  private func field(_ name: StaticString, _ value: UInt64?, digits: Int = 16) {
    if let value { field(name, .hex(value, digits: digits)) }
  }

  private func timestamp(_ time: Timestamp) {
    beginField(
      time.isPrecise ? " precise tstamp: " : " imprecise tstamp: ", .decimal(Int(time.year)))
    two("-", time.month)
    two("-", time.day)
    two(" ", time.hour)
    two(":", time.minute)
    two(":", time.second)
    kernel.endLine()
  }

  @inline(never)
  private func two(_ before: StaticString, _ value: UInt8) {
    kernel.put(.text(before))
    kernel.put(.digits(UInt64(value / 10 * 16 + value % 10), 2))
  }

  /// Linux's words, which are not all `ErrorSeverity.name`'s: drivers/firmware/efi/cper.c.
  private static func name(_ severity: ErrorSeverity?) -> StaticString {
    switch severity {
    case .recoverable: "recoverable"
    case .fatal: "fatal"
    case .corrected: "corrected"
    case ErrorSeverity.none?: "info"
    case nil: "unknown"
    }
  }

  /// A section that nothing is done with: Linux's words, without the bytes.
  @inline(never)
  private func unknown(_ entry: DecodedEntry) {
    let type = entry.sectionType
    beginField("  section type: unknown, ", .digits(UInt64(type.data1), 8))
    kernel.put("-")
    kernel.put(.digits(UInt64(type.data2), 4))
    kernel.put("-")
    kernel.put(.digits(UInt64(type.data3), 4))
    kernel.put("-")
    kernel.put(.digits(type.data4 >> 48, 4))
    kernel.put("-")
    kernel.put(.digits(type.data4 & 0xffff_ffff_ffff, 12))
    kernel.endLine()
    field("  section length: ", .hex(UInt64(entry.dataLength)))
  }

  @inline(never)
  private func memory(_ section: MemorySection) {
    field("  section_type: memory error")
    field("   error_status: ", section.status?.rawValue)
    field("  physical_address: ", section.physicalAddress)
    field("  physical_address_mask: ", section.physicalAddressMask)
    if let type = section.errorType {
      beginField("  error_type: ", .decimal(UInt64(type)))
      kernel.put(", ")
      kernel.put(.text(Self.name(section.kind)))
      kernel.endLine()
    }
  }

  private static func name(_ kind: MemorySection.Kind?) -> StaticString {
    switch kind {
    case .unknown, nil: "unknown"
    case MemorySection.Kind.none?: "no error"
    case .singleBitECC: "single-bit ECC"
    case .multiBitECC: "multi-bit ECC"
    case .singleSymbolChipkill: "single-symbol chipkill ECC"
    case .multiSymbolChipkill: "multi-symbol chipkill ECC"
    case .masterAbort: "master abort"
    case .targetAbort: "target abort"
    case .parity: "parity error"
    case .watchdog: "watchdog timeout"
    case .invalidAddress: "invalid address"
    case .mirrorBroken: "mirror Broken"
    case .sparing: "memory sparing"
    case .scrubCorrected: "scrub corrected error"
    case .scrubUncorrected: "scrub uncorrected error"
    case .mapOut: "physical memory map-out event"
    }
  }

  @inline(never)
  private func processor(_ section: DecodedProcessorSection) {
    field("  section_type: ARM processor error")
    field("  MIDR: ", section.section.midr)
    field("  Multiprocessor Affinity Register (MPIDR): ", section.section.mpidr)
    if section.validationBits & 4 != 0 {
      field("  running state: ", UInt64(section.runningState), digits: 1)
    }
    var index = 0
    for information in section.information {
      beginField("  Error info structure ", .decimal(index))
      kernel.put(":")
      kernel.endLine()
      if let count = information.multipleError {
        field("   num errors: ", .decimal(UInt64(count) + 1))
      }
      field("   error_type: ", UInt64(information.type), digits: 2)
      field("   error_info: ", information.detail)
      field("   virtual fault address: ", information.virtualAddress)
      field("   physical fault address: ", information.physicalAddress)
      index += 1
    }
  }
}
