// The kernel's half of the address space: physical memory and devices, mapped as they are needed at
// their physical address plus `linear_base()`. Nothing is mapped that nobody described, so nothing
// is speculated into.

import APEI
import Arm
import Boot
import Bytes
import CArch
import GuestKernelEntry

/// What memory is, for the translation.
enum MemoryKind {
  /// RAM.
  case normal
  /// Registers.
  case device
}

/// The attributes of this kernel's descriptors.
enum Attributes {
  private typealias Bit = TranslationDescriptor

  /// A table, or at level 3 a page.
  static var table: UInt64 { Bit.valid.mask | Bit.table.mask }
  /// A block.
  static var block: UInt64 { Bit.valid.mask }
  /// Byte 1 of MAIR_EL1, Normal (see boot.S); inner shareable, accessed.
  static var normal: UInt64 {
    Bit(rawValue: Bit.af.mask).with(Bit.attrIndx, 1).with(Bit.sh, 3).rawValue
  }
  /// Byte 0 of MAIR_EL1, Device-nGnRE; accessed.
  static var device: UInt64 { Bit.af.mask }
  /// EL0's too, of this address space alone, never executed by EL1.
  static var user: UInt64 { Bit.ap1.mask | Bit.ng.mask | Bit.pxn.mask }
  /// Not written.
  static var readOnly: UInt64 { Bit.ap2.mask }
  /// Never executed by EL0.
  static var uxn: UInt64 { Bit.uxn.mask }
  /// Never executed.
  static var executeNever: UInt64 { Bit.pxn.mask | Bit.uxn.mask }
}

/// The kernel's translation tables.
enum KernelMap {
  /// The next table of the image's own pool.
  nonisolated(unsafe) private static var next: UInt64 = 0

  /// Where mapped physical memory is.
  static func linear(_ physical: UInt64) -> UInt64 { linear_base() + physical }

  /// The physical address of something in the image.
  static func physical(ofImage address: UInt64) -> UInt64 {
    address - kernel_base() + image_base()
  }

  /// Where a translation table is: in the image or in the linear map.
  static func table(_ physical: UInt64) -> UInt64 {
    let base = image_base()
    let size = image_end() - kernel_base()
    return physical >= base && physical < base + size
      ? kernel_base() + physical - base : linear(physical)
  }

  /// A table of zeros: its physical address. The image's pool comes first, then frames.
  static func takeTable() -> UInt64 {
    if unsafe next == 0 { unsafe next = table_pool_start() }
    var physical: UInt64
    if unsafe next < table_pool_end() {
      physical = unsafe KernelMap.physical(ofImage: next)
      unsafe next += 4096
    } else {
      physical = state.frames.takePage()
    }
    zero(table(physical), 4096)
    return physical
  }

  /// Clears memory by words.
  static func zero(_ address: UInt64, _ count: UInt64) {
    for offset in stride(from: 0, to: count, by: 8) { store_64(address + offset, 0) }
  }

  /// Maps a range of physical memory; nil where it is out of reach, else where it is.
  @discardableResult
  static func map(_ start: UInt64, _ size: UInt64, _ kind: MemoryKind) -> UInt64? {
    guard size > 0, start < linear_size(), size <= linear_size() - start else { return nil }
    let attributes =
      Attributes.executeNever | (kind == .normal ? Attributes.normal : Attributes.device)
    var address = start & ~0xFFF
    let end = start + size
    while address < end {
      let level2 = descend(kernel_table(), (linear(address) >> 30) & 511)
      let slot = level2 + (address >> 21 & 511) * 8
      let entry = load_64(slot)
      let isWhole = address & 0x1F_FFFF == 0 && end - address >= 0x20_0000
      if entry & Attributes.table == Attributes.block {
        address = (address | 0x1F_FFFF) + 1
      } else if entry == 0, isWhole, kind == .normal {
        store_64(slot, address | attributes | Attributes.block)
        address += 0x20_0000
      } else {
        let page = descend(level2, address >> 21 & 511) + (address >> 12 & 511) * 8
        if load_64(page) == 0 { store_64(page, address | attributes | Attributes.table) }
        address += 4096
      }
    }
    publish_tables()
    return linear(start)
  }

  /// The table below an entry of a table, made if need be.
  static func descend(_ table: UInt64, _ index: UInt64) -> UInt64 {
    let slot = table + index * 8
    var entry = load_64(slot)
    if entry == 0 {
      entry = takeTable() | Attributes.table
      store_64(slot, entry)
    }
    return KernelMap.table(TranslationDescriptor(rawValue: entry).address)
  }
}

/// Physical memory for the readers of tables and of records.
struct KernelMemory: SharedMemory {
  /// Where a word is mapped; nil where there is no memory.
  private func place(_ address: PhysicalAddress, _ size: UInt64) -> UInt64? {
    KernelMap.map(address.rawValue, size, .normal)
  }

  func load32(_ address: PhysicalAddress) -> UInt32? { place(address, 4).map { load_32($0) } }
  func load64(_ address: PhysicalAddress) -> UInt64? { place(address, 8).map { load_64($0) } }

  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    if let place = place(address, 4) { store_32(place, value) }
  }

  func store64(_ address: PhysicalAddress, _ value: UInt64) {
    if let place = place(address, 8) { store_64(place, value) }
  }

  func synchronize() { data_barrier() }

  func bytes(at address: PhysicalAddress, count: Int) -> Memory? {
    guard count > 0,
      let place = KernelMap.map(address.rawValue, UInt64(count), .normal),
      let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(place))
    else { return nil }
    return unsafe Memory(start, byteCount: count)
  }
}

/// Free memory, given out and never taken back: pages from one end, blocks from the other.
struct Frames {
  private var next: UInt64 = 0
  private var end: UInt64 = 0
  /// The page that no boot clears: notes for the boot after a reset.
  private(set) var notes: UInt64 = 0

  /// How many bytes are free.
  var free: UInt64 { end - next }

  /// Takes the largest range of whole 2 MiB blocks that the image and the initrd leave free, 1 GiB
  /// of it at most, and maps it.
  mutating func open(_ inventory: MachineInventory, initrd: MemoryRange) {
    let image = MemoryRange(base: image_base(), size: image_end() - kernel_base())
    let tree = MemoryRange(base: device_tree_address(), size: 0x20_0000)
    for index in 0..<inventory.rangeCount {
      let range = inventory.range(index)
      var start = range.base
      // What is used divides the range; the parts are looked at from the lowest.
      while start < range.end {
        var stop = range.end
        var resume = range.end
        for used in [image, tree, initrd] where used.size > 0 {
          if used.base <= start, used.end > start {
            stop = start
            resume = used.end
            break
          } else if used.base > start, used.base < stop {
            stop = used.base
            resume = used.end
          }
        }
        consider(start, stop)
        start = resume
      }
    }
    guard end > next else { return }
    KernelMap.map(next, end - next, .normal)
    end -= 0x20_0000
    notes = end
  }

  private mutating func consider(_ start: UInt64, _ stop: UInt64) {
    let low = (start + 0x1F_FFFF) & ~0x1F_FFFF
    let high = min(stop, linear_size()) & ~0x1F_FFFF
    guard high > low else { return }
    let size = min(high - low, 1 << 30)
    if size > end - next {
      next = low
      end = low + size
    }
  }

  /// A page: its physical address. The guest ends when there is none.
  mutating func takePage() -> UInt64 {
    guard next + 4096 <= end else { down("no memory left") }
    next += 4096
    return next - 4096
  }

  /// 2 MiB on their own boundary.
  mutating func takeBlock() -> UInt64 {
    guard next + 0x20_0000 <= end else { down("no memory left") }
    end -= 0x20_0000
    return end
  }
}

/// Memory of the image and of the boot, as bytes.
enum KernelMemoryView {
  /// The EL0 program's file.
  static var program: Memory { view(program_file(), program_size()) }

  /// The device tree: what boot.S mapped of it.
  static var deviceTree: Memory {
    let offset = device_tree_address() & 0x1F_FFFF
    return view(tree_base() + offset, 0x40_0000 - offset)
  }

  private static func view(_ address: UInt64, _ count: UInt64) -> Memory {
    unsafe Memory(
      UnsafeMutableRawBufferPointer(
        start: UnsafeMutableRawPointer(bitPattern: UInt(address)), count: Int(count)))
  }
}
