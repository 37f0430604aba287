// Sections as tables. UEFI 2.10, N.2.4 to N.2.11; Arm DEN0085; CXL 3.0 and the vendors' drivers in
// Linux for theirs.

import APEI

extension Layout {
  static let memory2 = Layout(
    "memory section 2", Memory2Layout.size,
    [
      Row(Memory2Layout.validation, .hexadecimal),
      Row(Memory2Layout.errorStatus, .hexadecimal, .words(Names.errorStatus), valid: 0),
      Row(Memory2Layout.physicalAddress, .hexadecimal, valid: 1),
      Row(Memory2Layout.mask, .hexadecimal, valid: 2),
      Row(Memory2Layout.node, valid: 3), Row(Memory2Layout.card, valid: 4),
      Row(Memory2Layout.module, valid: 5), Row(Memory2Layout.bank, valid: 6),
      Row(Memory2Layout.device, valid: 7), Row(Memory2Layout.row, valid: 8),
      Row(Memory2Layout.column, valid: 9), Row(Memory2Layout.rank, valid: 10),
      Row(Memory2Layout.bitPosition, valid: 11), Row(Memory2Layout.chipId, valid: 12),
      Row(
        Memory2Layout.errorType, .decimal, .names(Names.memoryError), valid: 13,
        nameKey: "errorTypeName"),
      Row(
        Memory2Layout.status, .decimal,
        .names { $0 == 0 ? "corrected" : $0 == 1 ? "uncorrected" : nil }, valid: 14),
      Row(Memory2Layout.reserved, .reserved),
      Row(Memory2Layout.requestor, .hexadecimal, valid: 15),
      Row(Memory2Layout.responder, .hexadecimal, valid: 16),
      Row(Memory2Layout.target, .hexadecimal, valid: 17),
      Row(Memory2Layout.cardHandle, valid: 18), Row(Memory2Layout.moduleHandle, valid: 19),
    ])

  static let pcie = Layout(
    "PCIe section", PCIeLayout.size,
    [
      Row(PCIeLayout.validation, .hexadecimal),
      Row(
        PCIeLayout.portType, .decimal,
        .names { value in
          switch value {
          case 0: "PCIe end point"
          case 1: "legacy PCI end point"
          case 4: "root port"
          case 5: "upstream switch port"
          case 6: "downstream switch port"
          case 7: "PCIe to PCI/PCI-X bridge"
          case 8: "PCI/PCI-X to PCIe bridge"
          case 9: "root complex integrated end point"
          case 10: "root complex event collector"
          default: nil
          }
        }, valid: 0, nameKey: "portTypeName"),
      Row(PCIeLayout.version, .hexadecimal, .words(Names.revision), valid: 1),
      Row("command", 16, 2, .hexadecimal, valid: 2), Row("status", 18, 2, .hexadecimal, valid: 2),
      Row(PCIeLayout.reserved, .reserved),
      Row(PCIeLayout.deviceId, .structure(.pcieDevice), valid: 3),
      Row(PCIeLayout.serialNumber, .hexadecimal, valid: 4),
      Row("bridgeSecondaryStatus", 48, 2, .hexadecimal, valid: 5),
      Row("bridgeControl", 50, 2, .hexadecimal, valid: 5),
      Row(PCIeLayout.capability, .data, valid: 6),
      Row(PCIeLayout.aer, .structure(.advancedErrorReporting), valid: 7),
    ])

  static let pcieDevice = Layout(
    "PCIe device", 16,
    [
      Row("vendor", 0, 2, .hexadecimal), Row("device", 2, 2, .hexadecimal),
      Row("class", 4, 3, .hexadecimal), Row("function", 7, 1), Row("deviceNumber", 8, 1),
      Row("segment", 9, 2), Row("bus", 11, 1), Row("secondaryBus", 12, 1),
      Row("slot", 13, 2, .decimal, .words { "slot \($0 >> 3)" }), Row("reserved", 15, 1, .reserved),
    ])

  static let uncorrectable = [
    Flag(0, "undefined"), Flag(4, "data link protocol error"), Flag(5, "surprise down"),
    Flag(12, "poisoned TLP received"), Flag(13, "flow control protocol error"),
    Flag(14, "completion timeout"), Flag(15, "completer abort"), Flag(16, "unexpected completion"),
    Flag(17, "receiver overflow"), Flag(18, "malformed TLP"), Flag(19, "ECRC error"),
    Flag(20, "unsupported request"), Flag(21, "ACS violation"),
    Flag(22, "uncorrectable internal error"),
    Flag(23, "MC blocked TLP"), Flag(24, "AtomicOp egress blocked"), Flag(25, "TLP prefix blocked"),
    Flag(26, "poisoned TLP egress blocked"), Flag(27, "DMWr egress blocked"),
    Flag(28, "IDE check failed"), Flag(29, "misrouted IDE TLP"), Flag(30, "PCRC check failed"),
    Flag(31, "TLP translation egress blocked"),
  ]
  static let correctable = [
    Flag(0, "receiver error"), Flag(6, "bad TLP"), Flag(7, "bad DLLP"),
    Flag(8, "replay number rollover"), Flag(12, "replay timer timeout"),
    Flag(13, "advisory non-fatal error"), Flag(14, "corrected internal error"),
    Flag(15, "header log overflow"),
  ]

  /// PCI Express Base Specification, 7.8.4.
  static let advancedErrorReporting = Layout(
    "advanced error reporting", 96,
    [
      Row("header", 0, 4, .hexadecimal),
      Row("uncorrectableStatus", 4, 4, .hexadecimal, .flags(uncorrectable)),
      Row("uncorrectableMask", 8, 4, .hexadecimal, .flags(uncorrectable)),
      Row("uncorrectableSeverity", 12, 4, .hexadecimal, .flags(uncorrectable)),
      Row("correctableStatus", 16, 4, .hexadecimal, .flags(correctable)),
      Row("correctableMask", 20, 4, .hexadecimal, .flags(correctable)),
      Row("capabilitiesAndControl", 24, 4, .hexadecimal, .words { "first error: bit \($0 & 31)" }),
      Row("headerLog", 28, 16, .data), Row("rootErrorCommand", 44, 4, .hexadecimal),
      Row("rootErrorStatus", 48, 4, .hexadecimal), Row("correctableSource", 52, 2, .hexadecimal),
      Row("uncorrectableSource", 54, 2, .hexadecimal), Row("prefixLog", 56, 16, .data),
      Row("rest", 72, 24, .data),
    ])

  static let processorGeneric = Layout(
    "generic processor section", 192,
    [
      Row("validation", 0, 8, .hexadecimal),
      Row(
        "processorType", 8, 1, .decimal,
        .names { value in
          switch value {
          case 0: "IA32/X64"
          case 1: "IA64"
          case 2: "ARM"
          default: nil
          }
        }, valid: 0),
      Row(
        "isa", 9, 1, .decimal,
        .names { value in
          switch value {
          case 0: "IA32"
          case 1: "IA64"
          case 2: "X64"
          case 3: "A32/T32"
          case 4: "A64"
          default: nil
          }
        }, valid: 1),
      Row(
        "errorType", 10, 1, .decimal,
        .flags([Flag(0, "cache"), Flag(1, "TLB"), Flag(2, "bus"), Flag(3, "micro-architectural")]),
        valid: 2),
      Row(
        "operation", 11, 1, .decimal,
        .names { value in
          switch value {
          case 0: "unknown or generic"
          case 1: "data read"
          case 2: "data write"
          case 3: "instruction execution"
          default: nil
          }
        }, valid: 3),
      Row(
        "flags", 12, 1, .hexadecimal,
        .flags([
          Flag(0, "restartable"), Flag(1, "precise IP"), Flag(2, "overflow"), Flag(3, "corrected"),
        ]),
        valid: 4),
      Row("level", 13, 1, valid: 5), Row("reserved", 14, 2, .reserved),
      Row("version", 16, 8, .hexadecimal, .words(Names.midr), valid: 6),
      Row("brand", 24, 128, .letters, valid: 7),
      Row("processorId", 152, 8, .hexadecimal, valid: 8),
      Row("target", 160, 8, .hexadecimal, valid: 9),
      Row("requestor", 168, 8, .hexadecimal, valid: 10),
      Row("responder", 176, 8, .hexadecimal, valid: 11),
      Row("instructionPointer", 184, 8, .hexadecimal, valid: 12),
    ])

  static let firmwareReference = Layout(
    "firmware error record reference", FirmwareReferenceLayout.size,
    [
      Row(
        FirmwareReferenceLayout.recordType, .decimal,
        .names { value in
          switch value {
          case 0: "IPF SAL error record"
          case 1: "SOC firmware error record, type 1"
          case 2: "SOC firmware error record, type 2"
          default: nil
          }
        }, nameKey: "recordTypeName"),
      Row(FirmwareReferenceLayout.revision), Row(FirmwareReferenceLayout.reserved, .reserved),
      Row(FirmwareReferenceLayout.recordId, .hexadecimal), Row(FirmwareReferenceLayout.form, .guid),
    ])

  static let pciBus = Layout(
    "PCI bus section", 72,
    [
      Row("validation", 0, 8, .hexadecimal),
      Row("errorStatus", 8, 8, .hexadecimal, .words(Names.errorStatus), valid: 0),
      Row(
        "errorType", 16, 2, .decimal,
        .names { value in
          switch value {
          case 0: "unknown or OEM specific"
          case 1: "data parity error"
          case 2: "system error"
          case 3: "master abort"
          case 4: "bus timeout"
          case 5: "master data parity error"
          case 6: "address parity error"
          case 7: "command parity error"
          default: nil
          }
        }, valid: 1),
      Row("busId", 18, 2, .decimal, .words { "bus \($0 & 0xFF), segment \($0 >> 8)" }, valid: 2),
      Row("reserved", 20, 4, .reserved), Row("busAddress", 24, 8, .hexadecimal, valid: 3),
      Row("busData", 32, 8, .hexadecimal, valid: 4),
      Row("busCommand", 40, 8, .hexadecimal, valid: 5),
      Row("requestor", 48, 8, .hexadecimal, valid: 6),
      Row("completer", 56, 8, .hexadecimal, valid: 7),
      Row("target", 64, 8, .hexadecimal, valid: 8),
    ])

  static let pciComponent = Layout(
    "PCI component section", 40,
    [
      Row("validation", 0, 8, .hexadecimal),
      Row("errorStatus", 8, 8, .hexadecimal, .words(Names.errorStatus), valid: 0),
      Row("vendor", 16, 2, .hexadecimal, valid: 1), Row("device", 18, 2, .hexadecimal, valid: 1),
      Row("class", 20, 3, .hexadecimal, valid: 1), Row("function", 23, 1, valid: 1),
      Row("deviceNumber", 24, 1, valid: 1), Row("bus", 25, 1, valid: 1),
      Row("segment", 26, 1, valid: 1), Row("reserved", 27, 5, .reserved),
      Row("memoryNumber", 32, 4, valid: 2), Row("ioNumber", 36, 4, valid: 3),
    ])

  static let dmarGeneric = Layout(
    "DMAr section", 32,
    [
      Row("requesterId", 0, 2, .hexadecimal), Row("segment", 2, 2),
      Row("faultReason", 4, 1), Row("accessType", 5, 1), Row("addressType", 6, 1),
      Row("architectureType", 7, 1), Row("deviceAddress", 8, 8, .hexadecimal),
      Row("reserved", 16, 16, .reserved),
    ])

  static let dmarIntel = Layout(
    "VT-d section", 144,
    [
      Row("version", 0, 1), Row("revision", 1, 1), Row("oem", 2, 6, .data),
      Row("capability", 8, 8, .hexadecimal), Row("extendedCapability", 16, 8, .hexadecimal),
      Row("globalCommand", 24, 4, .hexadecimal), Row("globalStatus", 28, 4, .hexadecimal),
      Row("faultStatus", 32, 4, .hexadecimal), Row("reserved", 36, 12, .reserved),
      Row("faultRecord", 48, 16, .data), Row("rootEntry", 64, 16, .data),
      Row("contextEntry", 80, 16, .data), Row("pageTableLevel6", 96, 8, .hexadecimal),
      Row("pageTableLevel5", 104, 8, .hexadecimal), Row("pageTableLevel4", 112, 8, .hexadecimal),
      Row("pageTableLevel3", 120, 8, .hexadecimal), Row("pageTableLevel2", 128, 8, .hexadecimal),
      Row("pageTableLevel1", 136, 8, .hexadecimal),
    ])

  static let dmarAMD = Layout(
    "IOMMU section", 144,
    [
      Row("revision", 0, 1), Row("reserved", 1, 7, .reserved), Row("control", 8, 8, .hexadecimal),
      Row("status", 16, 8, .hexadecimal), Row("reserved1", 24, 8, .reserved),
      Row("eventLog", 32, 16, .data), Row("reserved2", 48, 16, .reserved),
      Row("deviceTableEntry", 64, 32, .data), Row("pageTableLevel6", 96, 8, .hexadecimal),
      Row("pageTableLevel5", 104, 8, .hexadecimal), Row("pageTableLevel4", 112, 8, .hexadecimal),
      Row("pageTableLevel3", 120, 8, .hexadecimal), Row("pageTableLevel2", 128, 8, .hexadecimal),
      Row("pageTableLevel1", 136, 8, .hexadecimal),
    ])

  static let ccix = Layout(
    "CCIX section", 16,
    [
      Row("length", 0, 4), Row("validation", 4, 8, .hexadecimal), Row("sourceId", 12, 1, valid: 0),
      Row("portId", 13, 1, valid: 1), Row("reserved", 14, 2, .reserved),
    ])

  static let fruMemoryPoison = Layout(
    "FRU memory poison section", 32,
    [
      Row("checksum", 0, 4, .hexadecimal), Row("validation", 4, 8, .hexadecimal),
      Row("architectureType", 12, 4), Row("architecture", 16, 8, .hexadecimal),
      Row("identifierType", 24, 4), Row("identifierLow", 28, 4, .hexadecimal),
    ])

  static let ampere = Layout(
    "Ampere section", 8,
    [Row("typeId", 0, 2), Row("subtypeId", 2, 2), Row("instanceId", 4, 4, .hexadecimal)])

  static let cxlProtocol = Layout(
    "CXL protocol section", 116,
    [
      Row("validation", 0, 8, .hexadecimal),
      Row(
        "agentType", 8, 1, .decimal,
        .names { value in
          switch value {
          case 0: "restricted CXL device"
          case 1: "restricted CXL host downstream port"
          case 2: "CXL device"
          case 3: "CXL logical device"
          case 4: "CXL fabric manager managed logical device"
          case 5: "CXL root port"
          case 6: "CXL downstream switch port"
          case 7: "CXL upstream switch port"
          default: nil
          }
        }, valid: 0, nameKey: "agentTypeName"),
      Row("reserved", 9, 7, .reserved), Row("agentAddress", 16, 8, .hexadecimal, valid: 1),
      Row("deviceId", 24, 16, .structure(.cxlDevice), valid: 2),
      Row("serialNumber", 40, 8, .hexadecimal, valid: 3),
      Row("capability", 48, 60, .data, valid: 4),
      Row("dvsecLength", 108, 2), Row("errorLogLength", 110, 2),
      Row("reserved1", 112, 4, .reserved),
    ])

  static let cxlDevice = Layout(
    "CXL device", 16,
    [
      Row("vendor", 0, 2, .hexadecimal), Row("device", 2, 2, .hexadecimal),
      Row("subsystemVendor", 4, 2, .hexadecimal), Row("subsystem", 6, 2, .hexadecimal),
      Row("class", 8, 2, .hexadecimal),
      Row("slot", 10, 2, .decimal, .words { "slot \($0 >> 3)" }), Row("reserved", 12, 4, .reserved),
    ])

  static let cxlComponent = Layout(
    "CXL component event", 32,
    [
      Row("length", 0, 4),
      Row(
        "validation", 4, 8, .hexadecimal,
        .flags([Flag(0, "device id"), Flag(1, "serial number"), Flag(2, "event log")])),
      Row("vendor", 12, 2, .hexadecimal, valid: 0), Row("device", 14, 2, .hexadecimal, valid: 0),
      Row("function", 16, 1, valid: 0), Row("deviceNumber", 17, 1, valid: 0),
      Row("bus", 18, 1, valid: 0), Row("segment", 19, 2, valid: 0),
      Row("slot", 21, 2, .decimal, .words { "slot \($0 >> 3)" }, valid: 0),
      Row("reserved", 23, 1, .reserved), Row("serialNumber", 24, 8, .hexadecimal, valid: 1),
    ])

  static let nvidia = Layout(
    "NVIDIA section", 32,
    [
      Row("signature", 0, 16, .letters), Row("errorType", 16, 2), Row("errorInstance", 18, 2),
      Row("severity", 20, 1, .decimal, .names(Names.severity), nameKey: "severityName"),
      Row("socket", 21, 1), Row("registerCount", 22, 1), Row("reserved", 23, 1, .reserved),
      Row("instanceBase", 24, 8, .hexadecimal),
    ])
}
