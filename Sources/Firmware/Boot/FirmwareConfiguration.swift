// fw_cfg: where QEMU and our board keep the kernel, the initrd and the command line. QEMU,
// docs/specs/fw_cfg.rst. Everything in it is big-endian when it goes through the DMA interface.
//
// The device reads its descriptor from the Non-secure address space: the descriptor cannot lie in
// secure RAM, where the firmware's variables are.

import APEI
import Arm
import Platform

/// Why something could not be read from fw_cfg.
public enum ConfigurationError: Error, Equatable, Sendable {
  /// There is no device, or one without DMA.
  case noDevice
  /// The device reported an error for this item.
  case transferFailed(key: UInt16)
  /// The file `opt/faultline/serror` says neither `event` nor `sei`.
  case unknownNotification
  /// The file `opt/faultline/aborts` says neither `el3` nor `direct`.
  case unknownRouting
  /// The file `opt/faultline/events` says neither `gpio` nor `gsiv` nor `polled` nor `sdei`.
  case unknownEvents
  /// The file `opt/faultline/watchdog` is no number of seconds up to `Watchdog.longest`.
  case unknownWatchdog
}

/// The fw_cfg device.
public struct FirmwareConfiguration<P: FirmwarePlatform> {
  let platform: P
  /// Where the DMA descriptor (16 bytes) and small items (8 more) may be put; Non-secure RAM.
  let scratch: PhysicalAddress

  /// The device; `scratch` is 32 bytes of Non-secure RAM that nobody else uses.
  ///
  /// - Throws: `noDevice` if the signature or the DMA feature bit is missing.
  public init(_ platform: P, scratch: PhysicalAddress) throws(ConfigurationError) {
    self.platform = platform
    self.scratch = scratch
    // Without DMA: select, then read bytes from the data register.
    let data = Self.register(FwCfgRegister.data)
    platform.store16(Self.register(FwCfgRegister.selector), FwCfgKey.signature.byteSwapped)
    for index in 0..<4
    where platform.load8(data)
      != UInt8(truncatingIfNeeded: FwCfgRegister.signature >> (8 * index))
    {
      throw .noDevice
    }
    platform.store16(Self.register(FwCfgRegister.selector), FwCfgKey.identification.byteSwapped)
    guard UInt32(platform.load8(data)) & FwCfgFeature.dma != 0 else { throw .noDevice }
  }

  private static func register(_ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.fwCfg + offset)
  }

  /// Copies `byteCount` bytes from an item, from its start, to Non-secure RAM.
  public func read(
    _ key: UInt16, to destination: PhysicalAddress, byteCount: UInt32
  ) throws(ConfigurationError) {
    guard byteCount > 0 else { return }
    let selection = UInt32(key) << FwCfgControl.keyShift | FwCfgControl.select
    let control = PhysicalAddress(scratch.rawValue + FwCfgDescriptor.control)
    platform.store32(control, (selection | FwCfgControl.read).byteSwapped)
    platform.store32(
      PhysicalAddress(scratch.rawValue + FwCfgDescriptor.byteCount), byteCount.byteSwapped)
    platform.store64(
      PhysicalAddress(scratch.rawValue + FwCfgDescriptor.address),
      destination.rawValue.byteSwapped)
    platform.cleanCaches(scratch, byteCount: FwCfgDescriptor.size)
    platform.synchronizeData()
    // The DMA address register starts the transfer when its low half is written.
    platform.store32(
      Self.register(FwCfgRegister.dmaAddress),
      UInt32(truncatingIfNeeded: scratch.rawValue >> 32).byteSwapped)
    platform.store32(
      Self.register(FwCfgRegister.dmaAddressLow),
      UInt32(truncatingIfNeeded: scratch.rawValue).byteSwapped)
    platform.synchronizeData()
    var left = UInt32.max
    while left > 0 {
      let state = platform.load32(control).byteSwapped
      if state == 0 { return }
      if state & FwCfgControl.error != 0 { break }
      left -= 1
    }
    throw .transferFailed(key: key)
  }

  /// The little-endian 32-bit item of a key.
  public func value32(_ key: UInt16) throws(ConfigurationError) -> UInt32 {
    let place = PhysicalAddress(scratch.rawValue + 16)
    platform.store32(place, 0)
    try read(key, to: place, byteCount: 4)
    return platform.load32(place)
  }

  /// The little-endian 16-bit item of a key.
  public func value16(_ key: UInt16) throws(ConfigurationError) -> UInt16 {
    let place = PhysicalAddress(scratch.rawValue + 16)
    platform.store32(place, 0)
    try read(key, to: place, byteCount: 2)
    return UInt16(truncatingIfNeeded: platform.load32(place))
  }

  /// The little-endian 64-bit item of a key.
  public func value64(_ key: UInt16) throws(ConfigurationError) -> UInt64 {
    let place = PhysicalAddress(scratch.rawValue + 16)
    platform.store64(place, 0)
    try read(key, to: place, byteCount: 8)
    return platform.load64(place)
  }

  /// The key and size of a file, nil if there is none of that name.
  public func file(
    _ name: StaticString
  ) throws(ConfigurationError) -> (key: UInt16, byteCount: UInt32)? {
    let place = BootArea.fileDirectory
    try read(FwCfgKey.fileDirectory, to: PhysicalAddress(place), byteCount: 4)
    let count = min(
      platform.load32(PhysicalAddress(place)).byteSwapped, BootArea.fileDirectoryLimit)
    try read(
      FwCfgKey.fileDirectory, to: PhysicalAddress(place),
      byteCount: 4 + count * UInt32(FwCfgFile.size))
    var entry = place + 4
    let end = entry + UInt64(count) * FwCfgFile.size
    while entry < end {
      if isName(name, at: entry + FwCfgFile.name) {
        let key = platform.load32(PhysicalAddress(entry + FwCfgFile.key)).byteSwapped >> 16
        let size = platform.load32(PhysicalAddress(entry + FwCfgFile.byteCount)).byteSwapped
        return (UInt16(truncatingIfNeeded: key), size)
      }
      entry += FwCfgFile.size
    }
    return nil
  }

  /// Whether the zero-terminated bytes at an address are a text.
  private func isName(_ text: StaticString, at address: UInt64) -> Bool {
    text.withUTF8Buffer { bytes in
      for index in bytes.indices {
        let letter = unsafe bytes[index]
        if platform.load8(PhysicalAddress(address + UInt64(index))) != letter { return false }
      }
      return platform.load8(PhysicalAddress(address + UInt64(bytes.count))) == 0
    }
  }

  /// How SErrors are to be told, from the file `opt/faultline/serror`: `event` (or no such file)
  /// through the error device, `sei` by sources of their own, one for each core.
  public func serrorNotification() throws(ConfigurationError) -> SErrorNotification {
    switch try choice(FirmwareSetting.serror, FirmwareSetting.serrorWords) {
    case 0: return .event
    case 1: return .sei
    default: throw .unknownNotification
    }
  }

  /// Whether External aborts and SErrors are left to the levels below, from the file
  /// `opt/faultline/aborts`: `el3` (or no such file) for no, `direct` for yes.
  public func leavesErrorsBelow() throws(ConfigurationError) -> Bool {
    switch try choice(FirmwareSetting.aborts, FirmwareSetting.abortWords) {
    case 0: return false
    case 1: return true
    default: throw .unknownRouting
    }
  }

  /// How the operating system is to be told of events, from the file `opt/faultline/events`: `gpio` (or no
  /// such file), `gsiv`, `polled` or `sdei`.
  public func eventNotification() throws(ConfigurationError) -> EventNotification {
    guard
      let number = try choice(FirmwareSetting.events, EventNotification.words),
      let notification = EventNotification(rawValue: UInt8(number))
    else { throw .unknownEvents }
    return notification
  }

  /// How many seconds a kernel has to end its run after a fatal error, in decimal digits in the file
  /// `opt/faultline/watchdog`: as many as it likes if there is no such file.
  public func watchdog() throws(ConfigurationError) -> Watchdog {
    guard let file = try file(FirmwareSetting.watchdog) else { return Watchdog() }
    let place = BootArea.fileDirectory
    guard 1...4 ~= file.byteCount else { throw .unknownWatchdog }
    try read(file.key, to: PhysicalAddress(place), byteCount: file.byteCount)
    var seconds: UInt64 = 0
    for index in 0..<UInt64(file.byteCount) {
      let digit = UInt64(platform.load8(PhysicalAddress(place + index))) &- 0x30
      guard digit < 10 else { throw .unknownWatchdog }
      seconds = seconds * 10 + digit
    }
    guard seconds <= Watchdog.longest else { throw .unknownWatchdog }
    return Watchdog(seconds: seconds)
  }

  /// Which of some words, of at most eight letters, a file says: 0 also if there is no such file, nil if
  /// none. Where there are only two the others are empty.
  private func choice(
    _ name: StaticString, _ words: FirmwareSetting.Words
  ) throws(ConfigurationError) -> Int? {
    guard let file = try file(name) else { return 0 }
    let place = BootArea.fileDirectory
    let size = min(file.byteCount, 8)
    platform.store64(PhysicalAddress(place), 0)
    platform.store64(PhysicalAddress(place + 8), 0)
    try read(file.key, to: PhysicalAddress(place), byteCount: size)
    if isName(words.0, at: place) { return 0 }
    if isName(words.1, at: place) { return 1 }
    if words.2.utf8CodeUnitCount > 0, isName(words.2, at: place) { return 2 }
    return words.3.utf8CodeUnitCount > 0 && isName(words.3, at: place) ? 3 : nil
  }
}

/// How the operating system is told of an SError that it takes.
public enum SErrorNotification: Equatable, Sendable {
  /// Through the error device, as everything asynchronous.
  case event
  /// By the SError itself: a source of type SEI for each core, which Linux ignores.
  case sei
}
