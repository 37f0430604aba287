// QEMU's firmware configuration device: numbered items and named files of bytes that firmware
// reads, by a data register or by DMA. QEMU, docs/specs/fw_cfg.rst.
//
// Surprising: the registers are big-endian (a little-endian core byte-swaps what it writes), the
// data register is a string of bytes that comes in memory order at any width, and DMA is
// Non-secure: it does not reach secure RAM.

import Arm
import Platform

/// The firmware configuration device.
public final class FwCfg: Device {
  /// All that changes while the machine runs.
  public struct State: DeviceState {
    /// The selected item; nil after a key beyond the last possible one.
    var selected: UInt16? = 0
    /// Next byte of the item.
    var offset = 0
    /// The DMA address register: what was written to its high half.
    var dmaAddress: UInt64 = 0

    /// A device in reset.
    public init() {}

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      hash.combine(selected.map { UInt64($0) } ?? .max)
      hash.combine(offset)
      hash.combine(dmaAddress)
    }
  }

  /// All that changes while the machine runs.
  public var state = State()
  /// The items, by key.
  ///
  /// Configuration: it does not change while the machine runs.
  private var items: [UInt16: [UInt8]] = [:]
  /// The files, sorted by name; their keys follow from the order.
  private var files: [(name: String, data: [UInt8])] = []

  /// The device of a machine that boots nothing yet.
  public init(coreCount: Int) {
    items[FwCfgKey.signature] = FwCfg.bytes(
      UInt32(truncatingIfNeeded: FwCfgRegister.signature))
    items[FwCfgKey.identification] = FwCfg.bytes(FwCfgFeature.data | FwCfgFeature.dma)
    items[FwCfgKey.uuid] = [UInt8](repeating: 0, count: 16)
    items[FwCfgKey.noGraphic] = FwCfg.bytes(UInt16(0))
    items[FwCfgKey.coreCount] = FwCfg.bytes(UInt16(coreCount))
    items[FwCfgKey.bootMenu] = FwCfg.bytes(UInt16(0))
    addFile("bios-geometry", [])
    addFile("bootorder", [])
    addFile("etc/boot-fail-wait", FwCfg.bytes(UInt32.max))
  }

  /// An integer as items hold it, little-endian.
  static func bytes<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    (0..<MemoryLayout<I>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  /// Offers a kernel to the firmware, as `-kernel`, `-initrd` and `-append` do.
  ///
  /// - Parameters:
  ///   - kernel: The kernel's file.
  ///   - initrd: The initrd's file, or nil.
  ///   - commandLine: The command line, without a zero byte.
  public func setKernel(_ kernel: [UInt8], initrd: [UInt8]?, commandLine: String) {
    items[FwCfgKey.kernelSize] = FwCfg.bytes(UInt32(truncatingIfNeeded: kernel.count))
    items[FwCfgKey.kernelData] = kernel
    items[FwCfgKey.initrdSize] = FwCfg.bytes(UInt32(truncatingIfNeeded: initrd?.count ?? 0))
    items[FwCfgKey.initrdData] = initrd ?? []
    let text = Array(commandLine.utf8) + [0]
    items[FwCfgKey.commandLineSize] = FwCfg.bytes(UInt32(text.count))
    items[FwCfgKey.commandLineData] = text
  }

  /// Adds a file, or replaces the one with the same name.
  ///
  /// - Returns: False if the directory is full or the name is longer than 55 bytes.
  @discardableResult
  public func addFile(_ name: String, _ data: [UInt8]) -> Bool {
    guard name.utf8.count < Int(FwCfgFile.nameSize) else { return false }
    if let index = files.firstIndex(where: { $0.name == name }) {
      files[index].data = data
    } else {
      guard files.count < Int(FwCfgKey.fileCount) else { return false }
      files.append((name, data))
      files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    items[FwCfgKey.fileDirectory] = directory
    for (index, file) in files.enumerated() {
      items[FwCfgKey.firstFile + UInt16(index)] = file.data
    }
    return true
  }

  /// The directory: the number of files, then size, key, reserved and name of each; big-endian.
  private var directory: [UInt8] {
    var bytes = FwCfg.bytes(UInt32(files.count).byteSwapped)
    for (index, file) in files.enumerated() {
      bytes += FwCfg.bytes(UInt32(file.data.count).byteSwapped)
      bytes += FwCfg.bytes((FwCfgKey.firstFile + UInt16(index)).byteSwapped)
      bytes += [0, 0]
      bytes += Array(file.name.utf8)
      bytes += [UInt8](repeating: 0, count: Int(FwCfgFile.nameSize) - file.name.utf8.count)
    }
    return bytes
  }

  private func select(_ key: UInt16) {
    state.offset = 0
    state.selected = key & 0x3FFF < FwCfgKey.firstFile + FwCfgKey.fileCount ? key : nil
  }

  private var item: [UInt8] {
    guard let selected = state.selected else { return [] }
    // Bit 14, the old write channel, does not change what is selected; bit 15 selects items of
    // the architecture, of which Arm has none.
    return items[selected & ~0x4000] ?? []
  }

  /// Forgets what was selected.
  func reset() { state = State() }

  /// Reads 1, 2, 4 or 8 bytes at an offset; `unmapped` for an access that QEMU's device refuses.
  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64 {
    switch offset {
    case FwCfgRegister.data:
      let item = item
      var value: UInt64 = 0
      for index in 0..<size where state.offset < item.count {
        value |= UInt64(item[state.offset]) << UInt64(index * 8)
        state.offset += 1
      }
      return value
    case FwCfgRegister.dmaAddress..<FwCfgRegister.size:
      let shifted = FwCfgRegister.signature >> ((offset - FwCfgRegister.dmaAddress) * 8)
      return size == 8 ? shifted : shifted & ((1 << UInt64(size * 8)) - 1)
    default: throw .unmapped
    }
  }

  /// Writes 1, 2, 4 or 8 bytes at an offset; `unmapped` for an access that QEMU's device refuses.
  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    switch (offset, size) {
    // The data register has been read-only since QEMU 2.4: writes are accepted and ignored.
    case (FwCfgRegister.data, _): return
    case (FwCfgRegister.selector, 2): select(UInt16(truncatingIfNeeded: value).byteSwapped)
    case (FwCfgRegister.dmaAddress, 4):
      state.dmaAddress = UInt64(UInt32(truncatingIfNeeded: value).byteSwapped) << 32
    case (FwCfgRegister.dmaAddressLow, 4):
      let address = state.dmaAddress | UInt64(UInt32(truncatingIfNeeded: value).byteSwapped)
      state.dmaAddress = 0
      transfer(PhysicalAddress(address), host)
    case (FwCfgRegister.dmaAddress, 8):
      state.dmaAddress = 0
      transfer(PhysicalAddress(value.byteSwapped), host)
    default: throw .unmapped
    }
  }

  // MARK: DMA

  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  /// Performs the transfer that a descriptor (control, length, address; big-endian) describes and
  /// writes the result, 0 or the error bit, to its control word.
  ///
  /// Poison in the descriptor and memory that is not there are errors.
  private func transfer(_ descriptor: PhysicalAddress, _ host: DeviceHost) {
    var result: UInt32 = 0
    do throws(BusFault) {
      let bytes = try host.readMemory(descriptor, count: Int(FwCfgDescriptor.size))
      var words = (0..<4).map { index in
        bytes[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      let control = words.removeFirst()
      if control & FwCfgControl.select != 0 { select(UInt16(control >> FwCfgControl.keyShift)) }
      let target = UInt64(words[1]) << 32 | UInt64(words[2])
      if control & FwCfgControl.read != 0 {
        try readItem(to: target, count: UInt64(words[0]), host)
      } else if control & FwCfgControl.write != 0 {
        // No item can be written.
        if words[0] > 0 { result = FwCfgControl.error }
      } else if control & FwCfgControl.skip != 0 {
        skip(UInt64(words[0]))
      }
    } catch {
      result = FwCfgControl.error
    }
    let bytes = FwCfg.bytes(result.byteSwapped)
    // If even the answer cannot be delivered there is nobody to tell.
    try? host.writeMemory(descriptor, bytes[...])
  }

  private func readItem(
    to target: UInt64, count: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    let item = item
    let available = min(UInt64(max(item.count - state.offset, 0)), count)
    let start = state.offset
    try host.writeMemory(
      PhysicalAddress(target),
      item[min(start, item.count)..<min(start, item.count) + Int(available)])
    state.offset += Int(available)
    // Beyond its end an item reads as zeros.
    var done = available
    while done < count {
      let piece = min(count - done, UInt64(FwCfg.zeros.count))
      try host.writeMemory(PhysicalAddress(target &+ done), FwCfg.zeros[..<Int(piece)])
      done += piece
    }
  }

  private func skip(_ count: UInt64) {
    state.offset += Int(min(UInt64(max(item.count - state.offset, 0)), count))
  }
}
