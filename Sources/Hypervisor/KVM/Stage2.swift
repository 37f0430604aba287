// Stage 2 of a VM: IPA to PA, 4 KiB granule, pages of 4 KiB and blocks of 2 MiB. Every change of a
// live entry is break-before-make (Arm ARM D8.17.1). Tables are never shared between VMs.
//
// A poisoned page inside a block splits the block: the other 511 pages stay mapped.

import Arm

/// What a stage 2 table is built of: memory, and the invalidation that a change needs.
public protocol Stage2Memory {
  /// Loads an entry of a table, which the caller answers for: in frames that `allocateTable` gave and that
  /// were not given back.
  @unsafe func loadEntry(_ address: PhysicalAddress) -> UInt64
  /// Stores an entry of a table, as `loadEntry`; walks see it before the next invalidation is complete.
  @unsafe func storeEntry(_ address: PhysicalAddress, _ value: UInt64)
  /// Zeroed frames of 4 KiB, `count` (a power of two) in a row and aligned to their size.
  func allocateTable(count: Int) -> PhysicalAddress?
  /// Gives frames back.
  func freeTable(_ address: PhysicalAddress, count: Int)
  /// TLBI IPAS2E1IS and all stage 1 entries of the VMID in `vttbr`, complete on return.
  func invalidate(vttbr: UInt64, _ address: IntermediatePhysicalAddress)
  /// TLBI VMALLS12E1IS of the VMID in `vttbr`, complete on return.
  func invalidateAll(vttbr: UInt64)
}

/// The stage 2 translation of one VM.
///
/// Invariant: the root, and whatever a table entry of it leads to, is of `allocateTable`. Nobody else writes
/// there, and a table is given back when nothing leads to it any more.
public struct Stage2: Sendable {
  /// Size of a mapping.
  public enum Size: UInt64, Sendable {
    case page = 0x1000
    case block = 0x20_0000

    fileprivate var level: Int { self == .page ? 3 : 2 }
  }

  /// A table could not be allocated.
  public struct OutOfMemory: Error {}

  /// The first table.
  public private(set) var root: PhysicalAddress
  /// The bits of an IPA, 32 to 48.
  public let addressBits: Int
  /// VMID, 1 to 255.
  public let vmid: UInt64

  private let startLevel: Int
  private let rootFrames: Int

  typealias Bit = TranslationDescriptor
  static let tableMask = Bit.output.mask
  /// Inner shareable, Normal write-back, readable. Arm ARM D8.3.1, D8.6.5.
  static var attributes: UInt64 {
    Bit(rawValue: 0).with(Bit.af, 1).with(Bit.sh, 3).with(Bit.s2ap0, 1)
      .with(Bit.memAttr, 0xF).rawValue
  }
  static let writable = Bit.s2ap1.mask
  /// At EL1 and EL0.
  static var neverExecuted: UInt64 { Bit(rawValue: 0).with(Bit.xn, 2).rawValue }
  private static let bulk: UInt64 = 64 * 0x1000

  /// An empty translation; concatenates first tables where that saves a level (D8.2.2).
  public init<M: Stage2Memory>(
    addressBits: Int, vmid: UInt64, _ memory: M
  ) throws(OutOfMemory) {
    self.addressBits = addressBits
    self.vmid = vmid
    startLevel = addressBits <= 43 ? 1 : 0
    rootFrames = addressBits <= 39 || addressBits > 43 ? 1 : 1 << (addressBits - 39)
    guard let table = memory.allocateTable(count: rootFrames) else { throw OutOfMemory() }
    root = table
  }

  /// VTTBR_EL2.
  public var vttbr: UInt64 {
    TableBase(rawValue: root.rawValue).with(TableBase.vmid, vmid).rawValue
  }

  /// VTCR_EL2 for a PE with `physicalRange` (ID_AA64MMFR0_EL1.PARange) and VMIDs of 16 or 8 bits:
  /// T0SZ, SL0, write-back inner shareable walks, 4 KiB. Arm ARM D24.2, VTCR_EL2.
  public func vtcr(physicalRange: UInt64, hasWideVMID: Bool) -> UInt64 {
    typealias VTCR = VirtualizationTranslationControl
    var control = VTCR(rawValue: VTCR.reservedOnes)
    control[VTCR.t0sz] = UInt64(64 - addressBits)
    control[VTCR.sl0] = startLevel == 1 ? 1 : 2
    control[VTCR.irgn0] = 1
    control[VTCR.orgn0] = 1
    control[VTCR.sh0] = 3
    control[VTCR.tg0] = TranslationGranule.kib4.tg0
    control[VTCR.ps] = min(physicalRange, 5)
    control[VTCR.vs] = hasWideVMID ? 1 : 0
    return control.rawValue
  }

  private static func shift(_ level: Int) -> UInt64 { UInt64(39 - 9 * level) }
  private static func isTable(_ entry: UInt64, _ level: Int) -> Bool {
    level < 3 && TableEntry(rawValue: entry).isTable
  }

  private func entryAddress(
    _ table: PhysicalAddress, _ level: Int, _ ipa: UInt64
  )
    -> PhysicalAddress
  {
    let entries = level == startLevel ? UInt64(rootFrames) * 512 : 512
    let index = ipa >> Stage2.shift(level) & (entries - 1)
    return PhysicalAddress(table.rawValue + index * 8)
  }

  /// The page or block that maps an address: its entry and level.
  public func lookup<M: Stage2Memory>(
    _ ipa: IntermediatePhysicalAddress, _ memory: M
  ) -> (entry: UInt64, size: Size)? {
    guard ipa.rawValue >> UInt64(addressBits) == 0 else { return nil }
    var table = root
    for level in startLevel...3 {
      let entry = unsafe memory.loadEntry(entryAddress(table, level, ipa.rawValue))
      if !TableEntry(rawValue: entry).isValid { return nil }
      if !Stage2.isTable(entry, level) { return (entry, level == 3 ? .page : .block) }
      table = PhysicalAddress(entry & Stage2.tableMask)
    }
    return nil
  }

  /// Maps a page or block; whatever was there goes. Addresses are aligned to `size`.
  public func map<M: Stage2Memory>(
    _ ipa: IntermediatePhysicalAddress, to page: PhysicalAddress, _ size: Size, isWritable: Bool,
    isExecutable: Bool, _ memory: M
  ) throws(OutOfMemory) {
    var table = root
    var level = startLevel
    while level < size.level {
      let slot = entryAddress(table, level, ipa.rawValue)
      let entry = unsafe memory.loadEntry(slot)
      if Stage2.isTable(entry, level) {
        table = PhysicalAddress(entry & Stage2.tableMask)
      } else if TableEntry(rawValue: entry).isValid {
        table = try split(slot, entry, ipa.rawValue, memory)
      } else {
        guard let new = memory.allocateTable(count: 1) else { throw OutOfMemory() }
        unsafe memory.storeEntry(slot, TableEntry(table: new).rawValue)
        table = new
      }
      level += 1
    }
    let slot = entryAddress(table, level, ipa.rawValue)
    let old = unsafe memory.loadEntry(slot)
    let new =
      page.rawValue & ~(size.rawValue - 1) | Stage2.attributes
      | (isWritable ? Stage2.writable : 0) | (isExecutable ? 0 : Stage2.neverExecuted)
      | Bit.valid.mask | (level == 3 ? Bit.table.mask : 0)
    if old == new { return }
    if TableEntry(rawValue: old).isValid {
      unsafe memory.storeEntry(slot, 0)
      if Stage2.isTable(old, level) {
        memory.invalidateAll(vttbr: vttbr)
        free(PhysicalAddress(old & Stage2.tableMask), level + 1, memory)
      } else {
        memory.invalidate(vttbr: vttbr, ipa)
      }
    }
    unsafe memory.storeEntry(slot, new)
  }

  /// Makes a table of 512 pages out of a 2 MiB block.
  private func split<M: Stage2Memory>(
    _ slot: PhysicalAddress, _ entry: UInt64, _ ipa: UInt64, _ memory: M
  ) throws(OutOfMemory) -> PhysicalAddress {
    guard let table = memory.allocateTable(count: 1) else { throw OutOfMemory() }
    for index in 0..<512 as Range<UInt64> {
      unsafe memory.storeEntry(
        PhysicalAddress(table.rawValue + index * 8),
        (entry | Bit.table.mask) + index * Size.page.rawValue)
    }
    unsafe memory.storeEntry(slot, 0)
    memory.invalidate(vttbr: vttbr, IntermediatePhysicalAddress(ipa & ~(Size.block.rawValue - 1)))
    unsafe memory.storeEntry(slot, TableEntry(table: table).rawValue)
    return table
  }

  /// Removes every mapping of a range, page aligned. A block that is only partly in it is split; if
  /// there is no memory to split it, all of it goes: the guest faults the rest back in.
  public func remove<M: Stage2Memory>(_ range: Range<UInt64>, _ memory: M) {
    let limit = min(range.upperBound, 1 << UInt64(addressBits))
    guard range.lowerBound < limit else { return }
    let isBulk = limit - range.lowerBound > Stage2.bulk
    let changed = remove(root, startLevel, range.lowerBound..<limit, isBulk, memory)
    if isBulk && changed { memory.invalidateAll(vttbr: vttbr) }
  }

  private func remove<M: Stage2Memory>(
    _ table: PhysicalAddress, _ level: Int, _ range: Range<UInt64>, _ isBulk: Bool, _ memory: M
  ) -> Bool {
    let span: UInt64 = 1 << Stage2.shift(level)
    var address = range.lowerBound
    var changed = false
    while address < range.upperBound {
      let start = address & ~(span - 1)
      let next = min(start + span, range.upperBound)
      let isWhole = address == start && next == start + span
      let slot = entryAddress(table, level, address)
      let entry = unsafe memory.loadEntry(slot)
      if Stage2.isTable(entry, level) {
        let below = PhysicalAddress(entry & Stage2.tableMask)
        if isWhole {
          unsafe memory.storeEntry(slot, 0)
          memory.invalidateAll(vttbr: vttbr)
          free(below, level + 1, memory)
        } else if remove(below, level + 1, address..<next, isBulk, memory) {
          changed = true
        }
      } else if TableEntry(rawValue: entry).isValid {
        if !isWhole, let pages = try? split(slot, entry, address, memory) {
          _ = remove(pages, level + 1, address..<next, isBulk, memory)
        } else {
          unsafe memory.storeEntry(slot, 0)
          if !isBulk { memory.invalidate(vttbr: vttbr, IntermediatePhysicalAddress(start)) }
        }
        changed = true
      }
      address = next
    }
    return changed
  }

  private func free<M: Stage2Memory>(_ table: PhysicalAddress, _ level: Int, _ memory: M) {
    if level < 3 {
      for index in 0..<512 as Range<UInt64> {
        let entry = unsafe memory.loadEntry(PhysicalAddress(table.rawValue + index * 8))
        if Stage2.isTable(entry, level) {
          free(PhysicalAddress(entry & Stage2.tableMask), level + 1, memory)
        }
      }
    }
    memory.freeTable(table, count: 1)
  }

  /// Gives back all tables. No core may have this VMID's VTTBR_EL2 in use.
  public func destroy<M: Stage2Memory>(_ memory: M) {
    memory.invalidateAll(vttbr: vttbr)
    for index in 0..<UInt64(rootFrames * 512) {
      let entry = unsafe memory.loadEntry(PhysicalAddress(root.rawValue + index * 8))
      if Stage2.isTable(entry, startLevel) {
        free(PhysicalAddress(entry & Stage2.tableMask), startLevel + 1, memory)
      }
    }
    memory.freeTable(root, count: rootFrames)
  }

  /// If a page of hardware poison is one of the tables, forgets that table and what was below it:
  /// the guest faults it back into good memory. The bad frame is left to its fate, and none of it
  /// is read. The new root must be loaded where the old one was.
  public mutating func discardTable<M: Stage2Memory>(
    at page: PhysicalAddress, _ memory: M
  ) throws(OutOfMemory) -> Bool {
    let bad = page.rawValue & ~0xFFF
    if bad >= root.rawValue && bad < root.rawValue + UInt64(rootFrames) * 0x1000 {
      // The tables below the other root frames are not looked for: a root is too rarely hit.
      guard let new = memory.allocateTable(count: rootFrames) else { throw OutOfMemory() }
      let old = vttbr
      root = new
      memory.invalidateAll(vttbr: old)
      return true
    }
    for index in 0..<UInt64(rootFrames * 512) {
      let slot = PhysicalAddress(root.rawValue + index * 8)
      if discard(bad, slot, startLevel, memory) { return true }
    }
    return false
  }

  private func discard<M: Stage2Memory>(
    _ bad: UInt64, _ slot: PhysicalAddress, _ level: Int, _ memory: M
  ) -> Bool {
    let entry = unsafe memory.loadEntry(slot)
    guard Stage2.isTable(entry, level) else { return false }
    let table = entry & Stage2.tableMask
    if table == bad {
      unsafe memory.storeEntry(slot, 0)
      memory.invalidateAll(vttbr: vttbr)
      return true
    }
    if level + 1 < 3 {
      for index in 0..<512 as Range<UInt64>
      where discard(bad, PhysicalAddress(table + index * 8), level + 1, memory) {
        return true
      }
    }
    return false
  }
}
