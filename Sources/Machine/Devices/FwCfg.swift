// QEMU's firmware configuration device: numbered items and named files of bytes that firmware
// reads, by a data register or by DMA. QEMU, docs/specs/fw_cfg.rst.
//
// Surprising: the registers are big-endian (a little-endian core byte-swaps what it writes), the
// data register is a string of bytes that comes in memory order at any width, and DMA is
// Non-secure: it does not reach secure RAM.

import Arm

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

  /// Numbers of items.
  ///
  /// QEMU, include/standard-headers/linux/qemu_fw_cfg.h.
  public enum Key {
    /// "QEMU".
    public static let signature: UInt16 = 0x00
    /// Bit 0: the data register works, bit 1: DMA works.
    public static let identifier: UInt16 = 0x01
    /// 16 bytes.
    public static let uuid: UInt16 = 0x02
    /// Whether there is no display.
    public static let noGraphic: UInt16 = 0x04
    /// Number of cores, 16 bits.
    public static let coreCount: UInt16 = 0x05
    /// Size of the kernel, 32 bits.
    public static let kernelSize: UInt16 = 0x08
    /// Size of the initrd, 32 bits.
    public static let initrdSize: UInt16 = 0x0B
    /// Whether to show a boot menu.
    public static let bootMenu: UInt16 = 0x0E
    /// The kernel's file.
    public static let kernelData: UInt16 = 0x11
    /// The initrd's file.
    public static let initrdData: UInt16 = 0x12
    /// Size of the command line with its zero byte, 32 bits.
    public static let commandLineSize: UInt16 = 0x14
    /// The command line with its zero byte.
    public static let commandLineData: UInt16 = 0x15
    /// The file directory.
    public static let fileDirectory: UInt16 = 0x19
    /// Key of the first file.
    public static let firstFile: UInt16 = 0x20
    /// Most files.
    public static let fileCount: UInt16 = 0x20
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
    items[Key.signature] = Array("QEMU".utf8)
    items[Key.identifier] = FwCfg.bytes(UInt32(0b11))
    items[Key.uuid] = [UInt8](repeating: 0, count: 16)
    items[Key.noGraphic] = FwCfg.bytes(UInt16(0))
    items[Key.coreCount] = FwCfg.bytes(UInt16(coreCount))
    items[Key.bootMenu] = FwCfg.bytes(UInt16(0))
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
    items[Key.kernelSize] = FwCfg.bytes(UInt32(truncatingIfNeeded: kernel.count))
    items[Key.kernelData] = kernel
    items[Key.initrdSize] = FwCfg.bytes(UInt32(truncatingIfNeeded: initrd?.count ?? 0))
    items[Key.initrdData] = initrd ?? []
    let text = Array(commandLine.utf8) + [0]
    items[Key.commandLineSize] = FwCfg.bytes(UInt32(text.count))
    items[Key.commandLineData] = text
  }

  /// Adds a file, or replaces the one with the same name.
  ///
  /// - Returns: False if the directory is full or the name is longer than 55 bytes.
  @discardableResult
  public func addFile(_ name: String, _ data: [UInt8]) -> Bool {
    guard name.utf8.count <= 55 else { return false }
    if let index = files.firstIndex(where: { $0.name == name }) {
      files[index].data = data
    } else {
      guard files.count < Int(Key.fileCount) else { return false }
      files.append((name, data))
      files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    items[Key.fileDirectory] = directory
    for (index, file) in files.enumerated() { items[Key.firstFile + UInt16(index)] = file.data }
    return true
  }

  /// The directory: the number of files, then size, key, reserved and name of each; big-endian.
  private var directory: [UInt8] {
    var bytes = FwCfg.bytes(UInt32(files.count).byteSwapped)
    for (index, file) in files.enumerated() {
      bytes += FwCfg.bytes(UInt32(file.data.count).byteSwapped)
      bytes += FwCfg.bytes((Key.firstFile + UInt16(index)).byteSwapped)
      bytes += [0, 0]
      bytes += Array(file.name.utf8)
      bytes += [UInt8](repeating: 0, count: 56 - file.name.utf8.count)
    }
    return bytes
  }

  private func select(_ key: UInt16) {
    state.offset = 0
    state.selected = key & 0x3FFF < Key.firstFile + Key.fileCount ? key : nil
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
    case 0:
      let item = item
      var value: UInt64 = 0
      for index in 0..<size where state.offset < item.count {
        value |= UInt64(item[state.offset]) << UInt64(index * 8)
        state.offset += 1
      }
      return value
    case 0x10..<0x18:
      // "QEMU CFG", in memory order.
      let signature: UInt64 = 0x4746_4320_554D_4551
      let shifted = signature >> ((offset - 0x10) * 8)
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
    case (0, _): return
    case (8, 2): select(UInt16(truncatingIfNeeded: value).byteSwapped)
    case (0x10, 4):
      state.dmaAddress = UInt64(UInt32(truncatingIfNeeded: value).byteSwapped) << 32
    case (0x14, 4):
      let address = state.dmaAddress | UInt64(UInt32(truncatingIfNeeded: value).byteSwapped)
      state.dmaAddress = 0
      transfer(PhysicalAddress(address), host)
    case (0x10, 8):
      state.dmaAddress = 0
      transfer(PhysicalAddress(value.byteSwapped), host)
    default: throw .unmapped
    }
  }

  // MARK: DMA

  private enum Control {
    static let error: UInt32 = 1
    static let read: UInt32 = 2
    static let skip: UInt32 = 4
    static let select: UInt32 = 8
    static let write: UInt32 = 16
  }

  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  /// Performs the transfer that a descriptor (control, length, address; big-endian) describes and
  /// writes the result, 0 or the error bit, to its control word.
  ///
  /// Poison in the descriptor and memory that is not there are errors.
  private func transfer(_ descriptor: PhysicalAddress, _ host: DeviceHost) {
    var result: UInt32 = 0
    do throws(BusFault) {
      let bytes = try host.readMemory(descriptor, count: 16)
      var words = (0..<4).map { index in
        bytes[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      let control = words.removeFirst()
      if control & Control.select != 0 { select(UInt16(control >> 16)) }
      let target = UInt64(words[1]) << 32 | UInt64(words[2])
      if control & Control.read != 0 {
        try readItem(to: target, count: UInt64(words[0]), host)
      } else if control & Control.write != 0 {
        // No item can be written.
        if words[0] > 0 { result = Control.error }
      } else if control & Control.skip != 0 {
        skip(UInt64(words[0]))
      }
    } catch {
      result = Control.error
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
