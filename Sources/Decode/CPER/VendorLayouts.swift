// Sections of vendors as tables: Ampere Altra and HiSilicon after rasdaemon's decoders
// (non-standard-ampere.h, non-standard-hisilicon.c), NVIDIA Vera after libcper
// (cper-section-nvidia-events).

import APEI

extension Layout {
  // MARK: Ampere Altra

  private static let altraHead = [
    Row("type", 0, 1, .hexadecimal, .words { altraType($0 & 0x3F) + ", payload \($0 >> 6)" }),
    Row("subtype", 1, 1),
    Row(
      "instance", 2, 2, .hexadecimal,
      .words { "instance \($0 & 0x3FFF), socket \($0 >> 14)" }),
  ]
  /// By their payload: registers of an error record, of AER, of the PCIe data path, firmware's data.
  static let altra: [Layout] = [
    Layout(
      "Altra section", 48,
      altraHead + [
        Row("status", 4, 4, .hexadecimal, .words(ErrorStatusWords.summary)),
        Row("address", 8, 8, .hexadecimal), Row("misc0", 16, 8, .hexadecimal),
        Row("misc1", 24, 8, .hexadecimal), Row("misc2", 32, 8, .hexadecimal),
        Row("misc3", 40, 8, .hexadecimal),
      ]),
    Layout(
      "Altra section", 48,
      altraHead + [
        Row("uncorrectableStatus", 4, 4, .hexadecimal, .flags(uncorrectable)),
        Row("uncorrectableMask", 8, 4, .hexadecimal, .flags(uncorrectable)),
        Row("uncorrectableSeverity", 12, 4, .hexadecimal, .flags(uncorrectable)),
        Row("correctableStatus", 16, 4, .hexadecimal, .flags(correctable)),
        Row("correctableMask", 20, 4, .hexadecimal, .flags(correctable)),
        Row("rootErrorCommand", 24, 4, .hexadecimal), Row("rootErrorStatus", 28, 4, .hexadecimal),
        Row("errorSource", 32, 4, .hexadecimal), Row("reserved", 36, 12, .reserved),
      ]),
    Layout(
      "Altra section", 48,
      altraHead + [
        Row("correctedReport", 4, 4, .hexadecimal), Row("correctedLocation", 8, 4, .hexadecimal),
        Row("correctedAddress", 12, 4, .hexadecimal),
        Row("uncorrectedReport", 16, 4, .hexadecimal),
        Row("uncorrectedLocation", 20, 4, .hexadecimal),
        Row("uncorrectedAddress", 24, 4, .hexadecimal), Row("reserved", 28, 20, .reserved),
      ]),
    Layout(
      "Altra section", 48,
      altraHead + [
        Row("data0", 4, 4, .hexadecimal), Row("data1", 8, 8, .hexadecimal),
        Row("data2", 16, 8, .hexadecimal), Row("data3", 24, 8, .hexadecimal),
        Row("data4", 32, 8, .hexadecimal), Row("data5", 40, 8, .hexadecimal),
      ]),
  ]

  /// What an error is of.
  static func altraType(_ type: UInt64) -> String {
    let names: [UInt64: String] = [
      0: "CPM (processors)", 1: "MCU (memory)", 2: "mesh", 3: "2P link (Altra)",
      4: "2P link (Altra Max)", 5: "GIC", 6: "SMMU", 7: "PCIe AER", 8: "PCIe data path",
      9: "on-chip memory", 10: "SMpro", 11: "PMpro", 12: "Trusted Firmware", 13: "SMpro firmware",
      14: "PMpro firmware", 63: "BERT",
    ]
    return names[type] ?? "unknown type \(type)"
  }

  // MARK: HiSilicon

  static let hisilicon = Layout(
    "HiSilicon section", 32,
    [
      Row("validation", 0, 4, .hexadecimal), Row("version", 4, 1),
      Row(
        "soc", 5, 1, .decimal,
        .open { value in
          switch value {
          case 0: "Kunpeng 916"
          case 1: "Kunpeng 920"
          case 2: "Kunpeng 930"
          default: nil
          }
        }, valid: 0),
      Row("socket", 6, 1, valid: 1), Row("totem", 7, 1, valid: 2), Row("nimbus", 8, 1, valid: 3),
      Row("subsystem", 9, 1, valid: 4), Row("module", 10, 1, valid: 5),
      Row("submodule", 11, 1, valid: 6), Row("core", 12, 1, valid: 7), Row("port", 13, 1, valid: 8),
      Row("errorType", 14, 2, valid: 9), Row("pcieFunction", 16, 1, valid: 10),
      Row("pcieDevice", 17, 1, valid: 10), Row("pcieSegment", 18, 2, valid: 10),
      Row("pcieBus", 20, 1, valid: 10), Row("reserved", 21, 3, .reserved),
      Row("severity", 24, 1, .decimal, .names(Names.severity), valid: 11),
      Row("reserved1", 25, 3, .reserved), Row("registerBytes", 28, 4, valid: 12),
    ])

  // MARK: NVIDIA Vera

  static let nvidiaEvent = Layout(
    "NVIDIA event", 32,
    [
      Row("version", 0, 1), Row("contextCount", 1, 1),
      Row(
        "sourceDevice", 2, 1, .decimal,
        .open { value in
          switch value {
          case 0: "CPU"
          case 1: "GPU"
          case 2: "DPU"
          case 3: "NIC"
          case 4: "switch"
          case 5: "BMC"
          default: nil
          }
        }),
      Row("reserved", 3, 1, .reserved), Row("eventType", 4, 2, .hexadecimal),
      Row("eventSubtype", 6, 2, .hexadecimal), Row("linkId", 8, 8, .hexadecimal),
      Row("signature", 16, 16, .letters),
    ])
  static let nvidiaInformation = Layout(
    "NVIDIA event information", 3,
    [Row("version", 0, 2, .hexadecimal), Row("size", 2, 1)])
  /// What follows if the device is a CPU.
  static let nvidiaCPU = Layout(
    "NVIDIA event information", 32,
    [
      Row("socket", 3, 1), Row("architecture", 4, 4, .hexadecimal), Row("chipSerial", 8, 16, .data),
      Row("instanceBase", 24, 8, .hexadecimal),
    ])
  static let nvidiaContext = Layout(
    "NVIDIA event context", 16,
    [
      Row("size", 0, 4), Row("version", 4, 2), Row("reserved", 6, 2, .reserved),
      Row("dataFormat", 8, 2, .hexadecimal), Row("dataFormatVersion", 10, 2),
      Row("dataSize", 12, 4),
    ])
}
