// Structures that others contain.

import APEI

extension Layout {
  /// Generic Address Structure.
  static let genericAddress = Layout(
    "generic address", GenericAddressLayout.size,
    [
      Row(GenericAddressLayout.space, .decimal, .names(Names.addressSpace)),
      Row(GenericAddressLayout.width, .decimal, .words { "\($0) bits" }),
      Row(GenericAddressLayout.offset),
      Row(GenericAddressLayout.access, .decimal, .names(Names.accessSize)),
      Row(GenericAddressLayout.address, .hexadecimal),
    ])

  /// Hardware Error Notification. ACPI 6.5, 18.3.2.9.
  static let notification = Layout(
    "notification", NotificationLayout.size,
    [
      Row(NotificationLayout.type, .decimal, .names(Names.notification), nameKey: "name"),
      Row(NotificationLayout.length),
      Row(
        NotificationLayout.configurationWriteEnable, .hexadecimal,
        .flags([
          Flag(0, "type"), Flag(1, "poll interval"), Flag(2, "switch to polling threshold"),
          Flag(3, "switch to polling window"), Flag(4, "error threshold"),
          Flag(5, "error threshold window"),
        ])),
      Row(NotificationLayout.pollInterval),
      Row(NotificationLayout.vector),
      Row(NotificationLayout.switchToPollingThreshold),
      Row(NotificationLayout.switchToPollingWindow),
      Row(NotificationLayout.errorThreshold),
      Row(NotificationLayout.errorThresholdWindow),
    ])
}

extension Decoder {
  /// Rules that a generic address must keep for Linux to use it. ACPI 6.5, 5.2.3.2; linux
  /// drivers/acpi/apei/apei-base.c.
  mutating func check(address base: Int, _ subject: StaticString, needsAddress: Bool = true) {
    let space = load(GenericAddressLayout.space, at: base)
    let width = load(GenericAddressLayout.width, at: base)
    let shift = load(GenericAddressLayout.offset, at: base)
    let access = load(GenericAddressLayout.access, at: base)
    let address = load(GenericAddressLayout.address, at: base)
    require(
      !needsAddress || address != 0, subject, at: base + GenericAddressLayout.address.offset,
      "the address is 0")
    require(
      space <= 1 || Names.addressSpace(space) == nil, subject,
      at: base + GenericAddressLayout.space.offset,
      "address space {d}: Linux takes system memory and I/O only", space)
    if (1...4).contains(access) {
      let bits = UInt64(4) << access
      require(
        width + shift <= bits, subject, at: base + GenericAddressLayout.width.offset,
        "{d} bits do not fit into an access of {d} bits", width + shift, bits)
    }
    if needsAddress, space == 0, width >= 8 {
      require(
        address % max(1, min(8, width / 8)) == 0, subject,
        at: base + GenericAddressLayout.address.offset,
        "{x} is not a multiple of the register's {d} bytes", address, width / 8)
    }
  }
}
