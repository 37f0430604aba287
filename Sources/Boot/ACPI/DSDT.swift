// The Differentiated System Description Table: the devices that nothing can discover. It grants
// firmware-first error handling (_OSC) and connects the error interrupt to the error device
// PNP0C33, without which Linux leaves APEI sources of the GPIO and GSIV kinds silent.
// Tests/BootTests/TableTests.swift has the same in ACPI source language, which iasl compiles; they are
// compared byte for byte.

import APEI
import Bytes
import Platform

/// UUIDs of the _OSC method.
enum CapabilityUUID {
  /// Platform-wide capabilities. ACPI 6.5, 6.2.11.2.
  static let platform = GUID(0x0811_b06e, 0x4a27, 0x44f9, 0x8d60_3cbb_c22e_7b48)
  /// WHEA: what Linux and Windows ask to enable firmware-first errors.
  static let errors = GUID(0xed85_5e0c, 0x6c90, 0x47bf, 0xa62a_26de_0fc5_ad5c)
}

extension ByteWriter {
  /// Writes the DSDT of a machine with this many cores and virtio-mmio transports.
  mutating func dsdt(coreCount: Int, virtioCount: Int) throws(ByteError) {
    let table = try beginTable("DSDT", revision: 2)
    let scope = try beginScope("_SB")
    try capabilitiesMethod()
    for core in 0..<coreCount {
      let device = try beginDevice("C0", core)
      try amlName("_HID", string: "ACPI0007")
      try amlName("_UID", integer: UInt64(core))
      try endPackage(device)
    }
    let console = try beginDevice("COM0")
    try describe(.uart0)
    try endPackage(console)
    try errorDevices()
    for index in 0..<virtioCount {
      let transport = try beginDevice("VR", index)
      try describe(.virtio(index), index: index)
      try endPackage(transport)
    }
    try endPackage(scope)
    try endTable(table)
  }

  /// _OSC: of the platform capabilities only APEI (bit 4) is granted; asking for more sets
  /// "capabilities masked" (bit 4 of the first word), an unknown UUID "unrecognized UUID" (bit 2).
  private mutating func capabilitiesMethod() throws(ByteError) {
    let method = try beginMethod("_OSC", arguments: 4)
    try amlCreateDWordField(.arg3, offset: 0, "CDW1")
    let platform = try beginIf(.arg0, equals: CapabilityUUID.platform)
    try amlCreateDWordField(.arg3, offset: 4, "CDW2")
    try amlAnd("CDW2", 0x10, into: .local0)
    let masked = try beginIf(.local0, differsFrom: "CDW2")
    try amlOr("CDW1", 0x10)
    try amlStore(.local0, into: "CDW2")
    try endPackage(masked)
    try amlReturn(.arg3)
    try endPackage(platform)
    let errors = try beginIf(.arg0, equals: CapabilityUUID.errors)
    try amlReturn(.arg3)
    try endPackage(errors)
    try amlOr("CDW1", 0x04)
    try amlReturn(.arg3)
    try endPackage(method)
  }

  /// What is in a device of the board besides its name, from its row: _HID, _UID (`index` among
  /// devices of its kind), _CCA if its DMA is coherent, and _CRS with its wire.
  private mutating func describe(_ row: BoardDevice, index: Int = 0) throws(ByteError) {
    guard let hardwareID = row.hardwareID else { return }
    try amlName("_HID", string: hardwareID)
    try amlName("_UID", integer: UInt64(index))
    if row.binding?.isCoherent ?? false { try amlName("_CCA", integer: 1) }
    try amlResources(
      memory: UInt32(truncatingIfNeeded: row.base), size: UInt32(truncatingIfNeeded: row.size),
      interrupt: row.interrupt, isEdge: false)
  }

  /// The error device, and the generic event device that notifies it. ACPI 6.5, 18.3.2.7.2 and
  /// 5.6.9.
  private mutating func errorDevices() throws(ByteError) {
    let error = try beginDevice("ERRD")
    try amlName("_HID", string: "PNP0C33")
    try amlName("_UID", integer: 0)
    try endPackage(error)
    let event = try beginDevice("GED0")
    try amlName("_HID", string: "ACPI0013")
    try amlName("_UID", integer: 0)
    try amlResources(memory: 0, size: 0, interrupt: Interrupt.errorEvent, isEdge: true)
    let method = try beginMethod("_EVT", arguments: 1)
    let ours = try beginIf(.arg0, equals: UInt64(Interrupt.errorEvent))
    try amlNotify("ERRD", 0x80)
    try endPackage(ours)
    try endPackage(method)
    try endPackage(event)
  }
}
