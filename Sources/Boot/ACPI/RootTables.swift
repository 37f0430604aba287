// RSDP, XSDT and FADT: what leads to everything else.

import APEI
import Bytes

extension ByteWriter {
  /// Writes the Root System Description Pointer, revision 2. ACPI 6.5, 5.2.5.3.
  mutating func rsdp(xsdt: UInt64) throws(ByteError) {
    let start = offset
    try ascii("RSD PTR ")
    try u8(0)
    try ascii(TableOrigin.oemID, count: 6)
    try u8(2)
    try u32(0)
    try u32(36)
    try u64(xsdt)
    try u8(0)
    try zeros(3)
    // The first checksum covers the 20 bytes of ACPI 1.0, the second all 36.
    try patch(0 &- (try sink.checksum(start, count: 20)), at: start + 8)
    try patch(0 &- (try sink.checksum(start, count: 36)), at: start + 32)
  }

  /// Writes the Fixed ACPI Description Table of a hardware-reduced Arm machine whose firmware
  /// speaks PSCI: revision 6.3, 276 bytes. ACPI 6.5, 5.2.9.
  mutating func fadt(dsdt: UInt64, isPSCIByHVC: Bool) throws(ByteError) {
    let start = try beginTable("FACP", revision: 6)
    try zeros(112 - 36)
    try u32(1 << 20)  // HW_REDUCED_ACPI
    try zeros(129 - 116)
    try u16(isPSCIByHVC ? 3 : 1)  // ARM_BOOT_ARCH: PSCI_COMPLIANT, PSCI_USE_HVC
    try u8(3)  // minor version
    try zeros(140 - 132)
    try u64(dsdt)  // X_DSDT
    try zeros(276 - 148)
    try endTable(start)
  }
}
