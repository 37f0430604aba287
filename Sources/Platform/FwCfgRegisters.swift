// The firmware configuration device, fw_cfg: its registers, its items, a transfer's descriptor, an entry of its
// directory, and the files in it that our firmware looks for. QEMU, docs/specs/fw_cfg.rst. Registers,
// descriptors and the directory are big-endian, items little-endian.

/// The registers by their offset.
public enum FwCfgRegister {
  /// The bytes of the selected item.
  public static let data: UInt64 = 0x00
  /// Selects an item.
  public static let selector: UInt64 = 0x08
  /// Where a transfer's descriptor is; reads as `signature`.
  public static let dmaAddress: UInt64 = 0x10
  /// The low half of it: a write starts the transfer.
  public static let dmaAddressLow: UInt64 = 0x14
  /// Bytes of all registers.
  public static let size: UInt64 = 0x18

  /// "QEMU CFG", in memory order; the first item is its first four letters.
  public static let signature: UInt64 = 0x4746_4320_554D_4551
}

/// The items by their key. QEMU, include/standard-headers/linux/qemu_fw_cfg.h.
public enum FwCfgKey {
  /// "QEMU".
  public static let signature: UInt16 = 0x00
  /// What the device can do, `FwCfgFeature`.
  public static let identification: UInt16 = 0x01
  /// 16 bytes.
  public static let uuid: UInt16 = 0x02
  /// Bytes of RAM, 64 bits.
  public static let ramSize: UInt16 = 0x03
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
  /// The file directory: the number of files in 32 bits, then an entry of each, `FwCfgFile`.
  public static let fileDirectory: UInt16 = 0x19
  /// The first file.
  public static let firstFile: UInt16 = 0x20
  /// Most files.
  public static let fileCount: UInt16 = 0x20
}

/// The bits of the identification.
public enum FwCfgFeature {
  /// The data register works.
  public static let data: UInt32 = 1 << 0
  /// DMA works.
  public static let dma: UInt32 = 1 << 1
}

/// A transfer's descriptor, FWCfgDmaAccess, by offset: 16 bytes.
public enum FwCfgDescriptor {
  /// What to do, `FwCfgControl`; afterwards 0, or its error bit.
  public static let control: UInt64 = 0
  /// How many bytes.
  public static let byteCount: UInt64 = 4
  /// Where, 64 bits.
  public static let address: UInt64 = 8
  /// Bytes of a descriptor.
  public static let size: UInt64 = 16
}

/// The bits of a descriptor's first word; the key to select is in its upper half.
public enum FwCfgControl {
  /// It went wrong.
  public static let error: UInt32 = 1 << 0
  /// Read the item.
  public static let read: UInt32 = 1 << 1
  /// Skip bytes of it.
  public static let skip: UInt32 = 1 << 2
  /// Select an item first.
  public static let select: UInt32 = 1 << 3
  /// Write the item.
  public static let write: UInt32 = 1 << 4
  /// Where the key is.
  public static let keyShift: UInt32 = 16
}

/// An entry of the directory, by offset.
public enum FwCfgFile {
  /// Its size, 32 bits.
  public static let byteCount: UInt64 = 0
  /// Its key, 16 bits; two reserved bytes follow.
  public static let key: UInt64 = 4
  /// Its name, which ends with a zero byte.
  public static let name: UInt64 = 8
  /// Bytes of a name.
  public static let nameSize: UInt64 = 56
  /// Bytes of an entry.
  public static let size: UInt64 = 64
}

/// What our firmware is told by files: their names, and the words in them. The first is what no such file says.
public enum FirmwareSetting {
  /// Four words, of which the last may be empty.
  public typealias Words = (StaticString, StaticString, StaticString, StaticString)

  /// How an operating system is told of SErrors: through the error device, or by sources of their own.
  public static var serror: StaticString { "opt/faultline/serror" }
  /// What it may say.
  public static var serrorWords: Words { ("event", "sei", "", "") }
  /// Who takes External aborts and SErrors: EL3, or the levels below.
  public static var aborts: StaticString { "opt/faultline/aborts" }
  /// What it may say.
  public static var abortWords: Words { ("el3", "direct", "", "") }
  /// How an operating system is told of events; the words are those of APEI's `EventNotification`.
  public static var events: StaticString { "opt/faultline/events" }
  /// How many seconds a kernel has to end its run after a fatal error, in decimal digits.
  public static var watchdog: StaticString { "opt/faultline/watchdog" }
}
