// How an error source calls: by abort, SError, interrupt or not at all.

import Bytes

/// How the operating system learns of a record. ACPI 6.5, 18.3.2.9, Hardware Error Notification.
public struct ErrorNotification: Equatable, Sendable {
  /// Size of the structure in bytes.
  public static let size = NotificationLayout.size

  /// The Type byte.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// The operating system looks every `pollInterval` milliseconds.
    case polled = 0
    /// Interrupt `vector` (GSIV).
    case external = 1
    /// Local interrupt.
    case local = 2
    /// The system control interrupt, through the error device PNP0C33.
    case sci = 3
    /// Non-maskable interrupt (x86).
    case nmi = 4
    /// Corrected machine-check interrupt (x86).
    case cmci = 5
    /// Machine check (x86).
    case mce = 6
    /// A GPIO or generic event device, through the error device PNP0C33.
    case gpio = 7
    /// Armv8 synchronous external abort.
    case sea = 8
    /// Armv8 SError. Linux does not know it and ignores such a source.
    case sei = 9
    /// An interrupt that reaches the error device PNP0C33.
    case gsiv = 10
    /// Software delegated exception; `vector` is the event number.
    case sdei = 11
  }

  /// The Type byte, known or not.
  public var type: UInt8
  /// The Length byte: 28.
  public var length: UInt8 = 28
  /// Which of the following the operating system may change.
  public var configurationWriteEnable: UInt16 = 0
  /// Milliseconds between looks.
  public var pollInterval: UInt32 = 0
  /// Interrupt or event.
  public var vector: UInt32 = 0
  /// Four thresholds: switch to polling, its window, error threshold, its window.
  public var switchToPollingThreshold: UInt32 = 0
  /// Milliseconds.
  public var switchToPollingWindow: UInt32 = 0
  /// Errors before a notification.
  public var errorThreshold: UInt32 = 0
  /// Milliseconds.
  public var errorThresholdWindow: UInt32 = 0

  /// What Type means, or nil if nothing known.
  public var kind: Kind? { Kind(rawValue: type) }

  /// A notification of a kind; `vector` for interrupts and events, `pollInterval` for polling.
  public init(_ kind: Kind, vector: UInt32 = 0, pollInterval: UInt32 = 0) {
    type = kind.rawValue
    self.vector = vector
    self.pollInterval = pollInterval
  }

  /// The notification at an offset.
  public init(_ source: some ByteSource, at offset: Int) throws(ByteError) {
    try source.require(Self.size, at: offset)
    type = try source.u8(at: offset + NotificationLayout.type.offset)
    length = try source.u8(at: offset + NotificationLayout.length.offset)
    configurationWriteEnable = try source.u16(
      at: offset + NotificationLayout.configurationWriteEnable.offset)
    pollInterval = try source.u32(at: offset + NotificationLayout.pollInterval.offset)
    vector = try source.u32(at: offset + NotificationLayout.vector.offset)
    switchToPollingThreshold = try source.u32(
      at: offset + NotificationLayout.switchToPollingThreshold.offset)
    switchToPollingWindow = try source.u32(
      at: offset + NotificationLayout.switchToPollingWindow.offset)
    errorThreshold = try source.u32(at: offset + NotificationLayout.errorThreshold.offset)
    errorThresholdWindow = try source.u32(
      at: offset + NotificationLayout.errorThresholdWindow.offset)
  }
}

extension ByteWriter {
  /// Writes a notification structure.
  public mutating func notification(_ value: ErrorNotification) throws(ByteError) {
    try u8(value.type)
    try u8(value.length)
    try u16(value.configurationWriteEnable)
    try u32(value.pollInterval)
    try u32(value.vector)
    try u32(value.switchToPollingThreshold)
    try u32(value.switchToPollingWindow)
    try u32(value.errorThreshold)
    try u32(value.errorThresholdWindow)
  }
}
