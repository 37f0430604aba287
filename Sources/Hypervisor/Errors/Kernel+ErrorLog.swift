// What the console shows of an error record: Linux's lines (drivers/firmware/efi/cper.c,
// cper-arm.c), so that whoever reads Linux's log reads this one.

import APEI
import Arm

extension Kernel {
  /// Writes a record.
  func log(_ block: ErrorStatusBlock, source: UInt16, number: UInt64) {
    func line(_ parts: LogPart...) {
      log([.text("{"), .decimal(number), .text("}[Hardware Error]: ")] + parts)
    }
    line(
      "Hardware error from APEI Generic Hardware Error Source: ", .decimal(UInt64(source)))
    if block.severity == .corrected {
      line("It has been corrected by h/w and requires no further action")
    }
    line("event severity: ", .text(Self.name(block.severity)))
    var index = 0
    for entry in block.entries {
      if let time = entry.timestamp {
        line(
          time.isPrecise ? " precise tstamp: " : " imprecise tstamp: ", .decimal(Int(time.year)),
          "-", Self.two(time.month), "-", Self.two(time.day), " ", Self.two(time.hour), ":",
          Self.two(time.minute), ":", Self.two(time.second))
      }
      line(" Error ", .decimal(index), ", type: ", .text(Self.name(entry.severity)))
      if entry.validationBits & 2 != 0 {
        var text = entry.fruText
        while text.last == 0 { text.removeLast() }
        line(" fru_text: ", .bytes(text))
      }
      switch entry.payload {
      case .memory(let section): memory(section, line)
      case .processor(let section): processor(section, line)
      case .other: line("  section type: unknown")
      }
      index += 1
    }
  }

  private static func two(_ value: UInt8) -> LogPart {
    .digits(UInt64(value / 10 * 16 + value % 10), 2)
  }

  private static func name(_ severity: ErrorSeverity?) -> StaticString {
    switch severity {
    case .recoverable: "recoverable"
    case .fatal: "fatal"
    case .corrected: "corrected"
    case ErrorSeverity.none?: "info"
    case nil: "unknown"
    }
  }

  private func memory(_ section: MemorySection, _ line: (LogPart...) -> Void) {
    line("  section_type: memory error")
    if let status = section.status {
      line("   error_status: ", .hex(status.rawValue, digits: 16))
    }
    if let address = section.physicalAddress {
      line("  physical_address: ", .hex(address, digits: 16))
    }
    if let mask = section.physicalAddressMask {
      line("  physical_address_mask: ", .hex(mask, digits: 16))
    }
    if let type = section.errorType {
      line("  error_type: ", .decimal(UInt64(type)), ", ", .text(Self.name(section.kind)))
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

  private func processor(
    _ section: DecodedProcessorSection, _ line: (LogPart...) -> Void
  ) {
    line("  section_type: ARM processor error")
    line("  MIDR: ", .hex(section.section.midr, digits: 16))
    if let mpidr = section.section.mpidr {
      line("  Multiprocessor Affinity Register (MPIDR): ", .hex(mpidr, digits: 16))
    }
    if section.validationBits & 4 != 0 {
      line("  running state: ", .hex(UInt64(section.runningState)))
    }
    var index = 0
    for information in section.information {
      line("  Error info structure ", .decimal(index), ":")
      if let count = information.multipleError {
        line("   num errors: ", .decimal(UInt64(count) + 1))
      }
      line("   error_type: ", .hex(UInt64(information.type), digits: 2))
      if let detail = information.detail {
        line("   error_info: ", .hex(detail, digits: 16))
      }
      if let address = information.virtualAddress {
        line("   virtual fault address: ", .hex(address, digits: 16))
      }
      if let address = information.physicalAddress {
        line("   physical fault address: ", .hex(address, digits: 16))
      }
      index += 1
    }
  }
}
