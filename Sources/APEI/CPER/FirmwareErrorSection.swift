// Firmware Error Record Reference: what a program that is no operating system has to say, in a form of its
// own that a GUID names. UEFI 2.10, N.2.10. Linux prints the GUID, and all of it as bytes and letters.
//
// Ours is what the firmware at EL3 said last, before an exception of its own ended the run.

import Bytes

/// The last words of EL3 firmware.
public struct FirmwareLastWords: Sendable {
  /// Names the form.
  public static let form = GUID(0x6c1a_7d52, 0x9e0b, 0x4f4e, 0x8a31_4661_756c_7421)
  /// Bytes of the section: the reference's own, and the words.
  public static let size = FirmwareReferenceLayout.size + 48 + reasonSize
  /// Bytes of the reason.
  static let reasonSize = 48

  /// In at most 48 letters.
  public var reason: StaticString
  /// The core.
  public var core: UInt32 = 0
  /// The slot of the vector table times 0x80; all ones for an SError that the exit found.
  public var vector: UInt32 = 0
  /// ESR_EL3.
  public var syndrome: UInt64 = 0
  /// FAR_EL3.
  public var faultAddress: UInt64 = 0
  /// ELR_EL3.
  public var returnAddress: UInt64 = 0
  /// SPSR_EL3.
  public var savedState: UInt64 = 0
  /// DISR_EL1.
  public var deferred: UInt64 = 0

  /// Words with a reason.
  public init(reason: StaticString) { self.reason = reason }
}

extension ByteWriter {
  /// Writes the payload of a Firmware Error Record Reference section.
  public mutating func lastWords(_ words: borrowing FirmwareLastWords) throws(ByteError) {
    try u8(2)  // SOC Firmware Error Record Type2
    try u8(2)  // revision: a GUID says the form
    try zeros(FirmwareReferenceLayout.reserved.size)
    try u64(0)
    try guid(FirmwareLastWords.form)
    try u32(words.core)
    try u32(words.vector)
    try u64(words.syndrome)
    try u64(words.faultAddress)
    try u64(words.returnAddress)
    try u64(words.savedState)
    try u64(words.deferred)
    try ascii(words.reason, count: FirmwareLastWords.reasonSize)
  }
}
