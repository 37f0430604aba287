// Values and bits by name: those of ACPI 6.5, UEFI 2.10 and the Arm documents that several
// structures share, as Linux spells them where it prints them.

import APEI

enum Names {
  /// Error severity of ACPI and UEFI.
  static let severity: @Sendable (UInt64) -> StaticString? = { ErrorSeverity(number: $0)?.name }

  /// Flags of a CPER section.
  static let sectionFlags = [
    Flag(0, "primary"), Flag(1, "containment warning"), Flag(2, "reset"),
    Flag(3, "threshold exceeded"), Flag(4, "resource not accessible"), Flag(5, "latent error"),
    Flag(6, "propagated"), Flag(7, "overflow"),
  ]

  /// Flags of a CPER record.
  static let recordFlags: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 0: "none"
    case 1: "recovered"
    case 2: "error of a previous boot"
    case 4: "simulated"
    default: nil
    }
  }

  /// Address spaces of a generic address.
  static let addressSpace: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 0: "system memory"
    case 1: "system I/O"
    case 2: "PCI configuration"
    case 3: "embedded controller"
    case 4: "SMBus"
    case 5: "CMOS"
    case 6: "PCI BAR"
    case 7: "IPMI"
    case 8: "general-purpose I/O"
    case 9: "generic serial bus"
    case 10: "platform communications channel"
    case 11: "platform runtime mechanism"
    case 0x7F: "functional fixed hardware"
    default: value >= 0xC0 ? "OEM defined" : nil
    }
  }

  /// Access size of a generic address.
  static let accessSize: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 0: "undefined"
    case 1: "byte"
    case 2: "word"
    case 3: "doubleword"
    case 4: "quadword"
    default: nil
    }
  }

  /// How an error source notifies.
  static let notification: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 0: "polled"
    case 1: "external interrupt"
    case 2: "local interrupt"
    case 3: "SCI"
    case 4: "NMI"
    case 5: "CMCI"
    case 6: "MCE"
    case 7: "GPIO signal"
    case 8: "ARMv8 SEA"
    case 9: "ARMv8 SEI"
    case 10: "GSIV"
    case 11: "SDEI"
    case 12: "RISC-V SSE"
    default: nil
    }
  }

  /// Error sources of the HEST.
  static let errorSource: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 0: "IA-32 machine check exception"
    case 1: "IA-32 corrected machine check"
    case 2: "IA-32 NMI"
    case 6: "PCIe root port AER"
    case 7: "PCIe device AER"
    case 8: "PCIe bridge AER"
    case 9: "GHES"
    case 10: "GHESv2"
    case 11: "IA-32 deferred machine check"
    default: nil
    }
  }

  /// Memory error types.
  static let memoryError: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 0: "unknown"
    case 1: "no error"
    case 2: "single-bit ECC"
    case 3: "multi-bit ECC"
    case 4: "single-symbol chipkill ECC"
    case 5: "multi-symbol chipkill ECC"
    case 6: "master abort"
    case 7: "target abort"
    case 8: "parity error"
    case 9: "watchdog timeout"
    case 10: "invalid address"
    case 11: "mirror broken"
    case 12: "memory sparing"
    case 13: "scrub corrected error"
    case 14: "scrub uncorrected error"
    case 15: "physical memory map-out event"
    default: nil
    }
  }

  /// The type in an error status field.
  static let errorStatusType: @Sendable (UInt64) -> StaticString? = { value in
    switch value {
    case 1: "internal error"
    case 4: "storage error in memory"
    case 5: "storage error in a TLB"
    case 6: "storage error in a cache"
    case 7: "error in a functional unit"
    case 8: "self test error"
    case 9: "overflow or underflow of internal queues"
    case 16: "bus error"
    case 17: "virtual address not found"
    case 18: "improper access"
    case 19: "access to an address that nobody implements"
    case 20: "loss of lockstep"
    case 21: "response without a request"
    case 22: "parity error"
    case 23: "protocol error"
    case 24: "path error"
    case 25: "timeout"
    case 26: "poisoned data was read"
    default: nil
    }
  }

  /// An error status field in words. UEFI 2.10, N.2.12.
  static let errorStatus: @Sendable (UInt64) -> String = { value in
    var words = [errorStatusType(value >> 8 & 0xFF)?.description ?? "unknown error type"]
    let places: [(UInt64, String)] = [
      (16, "address"), (17, "control"), (18, "data"), (19, "detected by the responder"),
      (20, "detected by the requester"), (21, "first error"), (22, "overflow"),
    ]
    for (bit, word) in places where value >> bit & 1 != 0 { words.append(word) }
    return words.joined(separator: ", ")
  }

  /// A MIDR_EL1 in words: implementer and, where it is well known, the part.
  static let midr: @Sendable (UInt64) -> String = { value in
    if value == 0 { return "" }
    let implementer: String? =
      switch value >> 24 & 0xFF {
      case 0x41: "Arm"
      case 0x42: "Broadcom"
      case 0x43: "Cavium"
      case 0x46: "Fujitsu"
      case 0x48: "HiSilicon"
      case 0x4E: "NVIDIA"
      case 0x50: "Applied Micro"
      case 0x51: "Qualcomm"
      case 0x53: "Samsung"
      case 0x56: "Marvell"
      case 0x61: "Apple"
      case 0x6D: "Microsoft"
      case 0x70: "Phytium"
      case 0xC0: "Ampere"
      default: nil
      }
    guard let implementer else { return "unknown implementer" }
    let part = value >> 4 & 0xFFF
    let name: String? =
      value >> 24 & 0xFF != 0x41
      ? nil
      : [
        0xD03: "Cortex-A53", 0xD05: "Cortex-A55", 0xD07: "Cortex-A57", 0xD08: "Cortex-A72",
        0xD0B: "Cortex-A76", 0xD0C: "Neoverse N1", 0xD40: "Neoverse V1", 0xD42: "Cortex-A78AE",
        0xD49: "Neoverse N2", 0xD4F: "Neoverse V2", 0xD83: "Neoverse V3AE", 0xD84: "Neoverse V3",
        0xD8E: "Neoverse N3",
      ][part]
    return
      "\(implementer) \(name ?? "part 0x" + String(part, radix: 16)) "
      + "r\(value >> 20 & 15)p\(value & 15)"
  }

  /// An MPIDR_EL1 in words.
  static let mpidr: @Sendable (UInt64) -> String = { value in
    "affinity \(value >> 32 & 0xFF).\(value >> 16 & 0xFF).\(value >> 8 & 0xFF).\(value & 0xFF)"
  }

  /// A BCD revision of two bytes, minor first.
  static let revision: @Sendable (UInt64) -> String = { value in
    String(value >> 8, radix: 16) + "." + String(value & 0xFF, radix: 16)
  }
}

extension ErrorSeverity {
  /// The severity that a field's number stands for; nil for a reserved one.
  init?(number: UInt64) {
    guard let number = UInt32(exactly: number) else { return nil }
    self.init(rawValue: number)
  }
}
