// The runtime services of UEFI that we have: GetTime and SetTime, on the board's PL031. Linux has no
// driver that finds a PL031 by ACPI; what it has on every arm64 machine with EFI is rtc-efi, which calls
// these services. They are code that the kernel maps and calls at its own exception level, so the boot
// image brings some: instructions that run wherever they are put, without a stack and without data.
// UEFI 2.10, 8.3. Tests/BootTests/RuntimeServicesTests.swift has the same in assembly language; they
// are compared word by word.

import APEI
import Bytes
import Platform

/// Runtime services.
enum RuntimeServices {
  /// Bytes of the range that holds the services' table and code: one page of the largest kind.
  static let size: UInt64 = 0x1_0000
  /// EFI_RUNTIME_SERVICES_SUPPORTED of the properties table: GetTime and SetTime.
  static let supported: UInt32 = 0b11
  static let signature: UInt64 = 0x5652_4553_544e_5552  // "RUNTSERV"
  /// Bytes of EFI_RUNTIME_SERVICES: a header and 14 pointers.
  static let tableSize = 24 + serviceCount * 8
  static let serviceCount = 14
  /// Where GetTime, SetTime and what answers for all others begin in `code`, in bytes.
  static let entries: [3 of UInt64] = [0x000, 0x114, 0x264]

  /// The code. X0 to X12 and the flags change; X0 is the status.
  static let code: [156 of UInt32] = [
    // GetTime(X0 time, X1 capabilities): RTCDR, split into days, hours, minutes, seconds.
    0xB400_12C0, 0x52A1_2029, 0xB940_0122, 0x528A_3003, 0x72A0_0023, 0x1AC3_0844,
    0x1B03_8882, 0x5281_C203, 0x1AC3_0845, 0x1B03_88A2, 0x5280_0783, 0x1AC3_0846,
    0x1B03_88C2, 0x3900_1005, 0x3900_1406, 0x3900_1802, 0x3900_1C1F, 0xB900_081F,
    0xB900_0C1F,
    // The day counted from 0000-03-01: era of 400 years, then the day and the year of the era.
    0x529F_4D83, 0x72A0_0143, 0x0B03_0084, 0x5287_5623, 0x72A0_0043, 0x1AC3_0885,
    0x1B03_90A4, 0x5280_B687, 0x1AC7_0886, 0x4B06_0088, 0x5291_D587, 0x1AC7_0886,
    0x0B06_0108, 0x5100_0463, 0x1AC3_0886, 0x4B06_0108,
    // The day of the year, which begins in March, and the year.
    0x5280_2DA7, 0x1AC7_0908, 0x1B07_9104, 0x4B48_0884, 0x5280_0C87, 0x1AC7_0906,
    0x0B06_0084, 0x5280_3207, 0x1B07_20A8,
    // Month and day of it; January and February belong to the next year.
    0x0B04_0885, 0x1100_08A5, 0x5280_1327, 0x1AC7_08A5, 0x1B07_7CA6, 0x1100_08C6,
    0x5280_00A7, 0x1AC7_08C6, 0x4B06_0084, 0x1100_0484, 0x3900_0C04, 0x1100_0CA6,
    0x5100_24A7, 0x7100_28BF, 0x1A87_30C6, 0x1A88_3508, 0x3900_0806, 0x7900_0008,
    // Capabilities: 1 Hz, no drift, a set clears what is below a second.
    0xB400_00A1, 0x5280_0022, 0xB900_0022, 0xB900_043F, 0x3900_2022, 0xD280_0000,
    0xD65F_03C0,
    // SetTime(X0 time): year 1970 to 2106, month, the month's days, hour, minute, second.
    0xB400_0A20, 0x7940_0002, 0x3940_0803, 0x3940_0C04, 0x3940_1005, 0x3940_1406,
    0x3940_1807, 0x511E_C848, 0x7102_211F, 0x5400_0908, 0x5100_0468, 0x7100_2D1F,
    0x5400_08A8, 0x4A43_0C68, 0x1200_0108, 0x1100_7908, 0x7100_087F, 0x5400_0161,
    0x5280_0388, 0x7200_045F, 0x5400_0101, 0x5280_0C8A, 0x1ACA_084B, 0x1B0A_896A,
    0x3500_006A, 0x7200_057F, 0x5400_0041, 0x5280_03A8, 0x5100_0489, 0x6B08_013F,
    0x5400_0662, 0x7100_5CBF, 0x5400_0628, 0x7100_ECDF, 0x5400_05E8, 0x7100_ECFF,
    0x5400_05A8,
    // The day of a year that begins in March, then the days since 1970.
    0x7100_087F, 0x1A9F_87E8, 0x4B08_0042, 0x5100_0C68, 0x1100_246A, 0x1A88_9148,
    0x5280_132A, 0x1B0A_7D08, 0x1100_0908, 0x5280_00AA, 0x1ACA_0908, 0x0B08_0129,
    0x5280_2DAA, 0x1B0A_2449, 0x0B42_0929, 0x5280_0C8A, 0x1ACA_0848, 0x4B08_0129,
    0x0B48_0929, 0x529F_4D88, 0x72A0_0148, 0x4B08_0129,
    // Seconds; TimeZone is in minutes, 0x7FF says UTC; then RTCLR.
    0x528A_3008, 0x72A0_0028, 0x9B28_7D29, 0x5281_C208, 0x9BA8_24A9, 0x5280_0788,
    0x9BA8_24C9, 0x8B07_0129, 0x79C0_180A, 0x711F_FD5F, 0x5400_00C0, 0x1116_814B,
    0x5281_680C, 0x6B0C_017F, 0x5400_0108, 0x9B28_2549, 0xD360_FD28, 0xB500_00A8,
    0x52A1_2028, 0xB900_0909, 0xD280_0000, 0xD65F_03C0,
    // EFI_INVALID_PARAMETER.
    0xD280_0040, 0xF2F0_0000, 0xD65F_03C0,
    // EFI_UNSUPPORTED: every other service.
    0xD280_0060, 0xF2F0_0000, 0xD65F_03C0,
  ]
}

extension ByteWriter {
  /// Writes the table of the services and their code, for a range that begins at an address.
  mutating func runtimeServices(at address: UInt64) throws(ByteError) {
    let start = offset
    try u64(RuntimeServices.signature)
    try u32(EFI.revision)
    try u32(UInt32(RuntimeServices.tableSize))
    try u32(0)
    try u32(0)
    // GetTime and SetTime come first. UEFI 2.10, 4.5.1.
    let code = address + UInt64(RuntimeServices.tableSize)
    for service in 0..<RuntimeServices.serviceCount {
      try u64(code + RuntimeServices.entries[min(service, 2)])
    }
    try patch(try sink.crc32(start, count: RuntimeServices.tableSize), at: start + 16)
    for index in RuntimeServices.code.indices { try u32(RuntimeServices.code[index]) }
  }
}
