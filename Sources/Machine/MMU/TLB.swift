// The fast TLB: host pointers for the pages that loads, stores and fetches may reach without
// asking anybody. It holds no architectural state; the translation cache behind it holds what
// ASIDs and VMIDs distinguish.
//
// Only plain RAM and ROM enter it: never Device memory, never a poisoned or watched page, and for
// stores never a page that is clean for the snapshot or that holds decoded code. So a hit needs no
// check but its tag.

import Arm

/// Which of a core's TLB tables an access uses: the regime with its privilege and PAN.
public enum TLBContext {
  /// EL0 of EL1&0.
  public static let el0 = 0
  /// EL1.
  public static let el1 = 1
  /// EL1 with PSTATE.PAN.
  public static let el1PAN = 2
  /// EL0 of a host, EL2&0.
  public static let host0 = 3
  /// EL2.
  public static let el2 = 4
  /// EL2 with PSTATE.PAN.
  public static let el2PAN = 5
  /// EL3.
  public static let el3 = 6
  /// Number of tables.
  public static let count = 7

  /// The tables of EL1&0, as a mask.
  public static let maskEL10: UInt8 = 0b000_0111
  /// The tables of EL2 and EL2&0.
  public static let maskEL2: UInt8 = 0b011_1000
  /// The table of EL3.
  public static let maskEL3: UInt8 = 0b100_0000
  /// All tables.
  public static let maskAll: UInt8 = 0b111_1111

  /// The table of an access, for a core's current registers.
  @inline(__always) static func index(_ context: TranslationContext, _ state: CoreState) -> Int {
    switch context.level {
    case .el3: return el3
    case .el2: return context.isPANEnabled ? el2PAN : el2
    case .el1: return context.isPANEnabled ? el1PAN : el1
    case .el0:
      return state.hcr.isHost && state.scr.isSet(SecureConfiguration.ns) ? host0 : el0
    }
  }
}

/// One data page of the TLB: 32 bytes.
struct TLBEntry {
  /// VA of the page, or `invalid`: no page-aligned address equals it.
  var readTag: UInt64
  /// VA of the page if stores may hit, or `invalid`.
  var writeTag: UInt64
  /// Host address less VA: add the VA to reach the byte.
  var addend: UInt64
  /// Physical page; bit 0: Secure, bit 1: not global.
  var physical: UInt64

  /// A tag that no address matches, neither a page's nor one with the low bits of an alignment check.
  static let invalid: UInt64 = 0x800
  /// `physical` of an entry without a page.
  static let noPage: UInt64 = 1
  /// Matches nothing.
  static let empty = TLBEntry(
    readTag: invalid, writeTag: invalid, addend: 0, physical: noPage)

  // Where generated code finds the fields.
  static let readTagOffset: Int32 = 0
  static let writeTagOffset: Int32 = 8
  static let addendOffset: Int32 = 16
}

/// One code page of the TLB: 32 bytes.
struct FetchEntry {
  /// VA of the page, or `TLBEntry.invalid`.
  var tag: UInt64
  /// Physical page; bit 0: Secure, bit 1: not global.
  var physical: UInt64
  /// What the interpreter wants to find again: its decoded page.
  var payload: UInt64
  /// Fills the entry up to a power of two.
  var padding: UInt64 = 0

  /// Matches nothing.
  static let empty = FetchEntry(tag: TLBEntry.invalid, physical: TLBEntry.noPage, payload: 0)
  /// Where generated code finds `payload`; `tag` is at 0.
  static let payloadOffset: Int32 = 16
}

/// The tables of one context, as the interpreter holds them.
///
/// A handle; the `TLB` owns the memory. Invariant that makes it safe: both pointers are to whole
/// tables that live as long as the core, and an index is masked to the table.
@safe struct TLBTable {
  /// `TLB.entryCount` data entries.
  let data: UnsafeMutablePointer<TLBEntry>
  /// `TLB.fetchCount` code entries.
  let code: UnsafeMutablePointer<FetchEntry>

  init(data: UnsafeMutablePointer<TLBEntry>, code: UnsafeMutablePointer<FetchEntry>) {
    unsafe self.data = data
    unsafe self.code = code
  }

  @inline(__always) @unsafe func entry(_ address: UInt64) -> UnsafeMutablePointer<TLBEntry> {
    unsafe data + Int(truncatingIfNeeded: address >> 12 & UInt64(TLB.entryCount - 1))
  }
  @inline(__always) @unsafe func fetchEntry(_ address: UInt64) -> UnsafeMutablePointer<FetchEntry> {
    unsafe code + Int(truncatingIfNeeded: address >> 12 & UInt64(TLB.fetchCount - 1))
  }

  /// The host address for a load of `lastByte + 1` bytes that all lie in one page, if the page is
  /// here.
  ///
  /// An access across the end of the page carries into the tag and misses.
  @inline(__always) @unsafe func hostForRead(
    _ address: UInt64, lastByte: UInt64
  ) -> UnsafeMutableRawPointer? {
    let entry = unsafe self.entry(address)
    guard unsafe (address &+ lastByte) & ~0xFFF == entry.pointee.readTag else { return nil }
    return unsafe UnsafeMutableRawPointer(
      bitPattern: UInt(truncatingIfNeeded: address &+ entry.pointee.addend))
  }

  /// The host address for a store, as `hostForRead`.
  @inline(__always) @unsafe func hostForWrite(
    _ address: UInt64, lastByte: UInt64
  ) -> UnsafeMutableRawPointer? {
    let entry = unsafe self.entry(address)
    guard unsafe (address &+ lastByte) & ~0xFFF == entry.pointee.writeTag else { return nil }
    return unsafe UnsafeMutableRawPointer(
      bitPattern: UInt(truncatingIfNeeded: address &+ entry.pointee.addend))
  }

  /// The physical address and security state of a byte whose page is here for loads.
  @inline(__always) func physicalForRead(_ address: UInt64) -> (address: UInt64, isSecure: Bool)? {
    let entry = unsafe self.entry(address)
    guard unsafe address & ~0xFFF == entry.pointee.readTag else { return nil }
    let physical = unsafe entry.pointee.physical
    return (physical & ~0xFFF | address & 0xFFF, physical & 1 != 0)
  }

  /// The physical address of a byte whose page is here.
  @inline(__always) func physical(_ address: UInt64) -> UInt64 {
    unsafe entry(address).pointee.physical & ~0xFFF | address & 0xFFF
  }

  /// The payload of the code page that an address is in, if the page is here.
  @inline(__always) func fetch(_ address: UInt64) -> UInt64? {
    let entry = unsafe self.fetchEntry(address)
    guard unsafe address & ~0xFFF == entry.pointee.tag else { return nil }
    return unsafe entry.pointee.payload
  }
}

/// A core's fast TLB.
///
/// Safe because both blocks of memory are its own, whole from `init` to `deinit`, and every index
/// is below their capacity.
@safe final class TLB {
  /// Data entries per context.
  static let entryCount = 512
  /// Code entries per context.
  static let fetchCount = 256

  private let data: UnsafeMutablePointer<TLBEntry>
  private let code: UnsafeMutablePointer<FetchEntry>
  /// Both tables.
  private let memory: HostMemory
  /// Contexts with an entry since they were last cleared: a flush costs nothing for the others.
  private(set) var used: UInt8 = 0
  /// Per context, the smallest aligned region around all blocks larger than 4 KiB that entered:
  /// (VA, mask); mask 0 with VA 1 is no region.
  private var blocks = [BlockRegion](repeating: BlockRegion(), count: TLBContext.count)
  /// Flushes of whole contexts since the start, for statistics.
  private(set) var flushCount: UInt64 = 0

  /// Empty tables.
  init() throws(MemoryError) {
    let (dataCount, codeCount) = (
      TLBContext.count * Self.entryCount, TLBContext.count * Self.fetchCount
    )
    let dataSize = dataCount * MemoryLayout<TLBEntry>.stride
    memory = try HostMemory(
      count: dataSize + codeCount * MemoryLayout<FetchEntry>.stride, isGuarded: true)
    unsafe data = memory.start.bindMemory(to: TLBEntry.self, capacity: dataCount)
    unsafe data.initialize(repeating: .empty, count: dataCount)
    unsafe code = (memory.start + dataSize).bindMemory(to: FetchEntry.self, capacity: codeCount)
    unsafe code.initialize(repeating: .empty, count: codeCount)
  }

  /// The tables of a context, 0..<`TLBContext.count`.
  @inline(__always) func table(_ context: Int) -> TLBTable {
    precondition(context >= 0 && context < TLBContext.count)
    return unsafe TLBTable(
      data: data + context * Self.entryCount, code: code + context * Self.fetchCount)
  }

  /// Enters a page for loads, and for stores when `isWritable`.
  ///
  /// `address` is any VA in the page, `host` the page's first byte in the host.
  @unsafe func fill(
    _ context: Int, _ address: UInt64, host: UnsafeMutableRawPointer, _ translation: Translation,
    isReadable: Bool, isWritable: Bool
  ) {
    let page = address & ~0xFFF
    let flags: UInt64 = (translation.isSecure ? 1 : 0) | (translation.isGlobal ? 0 : 2)
    unsafe table(context).entry(page).pointee = TLBEntry(
      readTag: isReadable ? page : TLBEntry.invalid,
      writeTag: isWritable ? page : TLBEntry.invalid,
      addend: UInt64(UInt(bitPattern: host)) &- page,
      physical: translation.physicalAddress.rawValue & ~0xFFF | flags)
    note(context, page, translation.blockSizeLog2)
  }

  /// Enters a page for fetches, with what the interpreter wants to find again.
  func fillFetch(_ context: Int, _ address: UInt64, _ translation: Translation, payload: UInt64) {
    let page = address & ~0xFFF
    let flags: UInt64 = (translation.isSecure ? 1 : 0) | (translation.isGlobal ? 0 : 2)
    unsafe table(context).fetchEntry(page).pointee = FetchEntry(
      tag: page, physical: translation.physicalAddress.rawValue & ~0xFFF | flags, payload: payload)
    note(context, page, translation.blockSizeLog2)
  }

  private func note(_ context: Int, _ page: UInt64, _ blockSizeLog2: UInt8) {
    used |= 1 << UInt8(context)
    if blockSizeLog2 > 12 { blocks[context].add(page, blockSizeLog2) }
  }

  /// Empties every context.
  func flushAll() { flush(TLBContext.maskAll) }

  /// Empties the contexts of a mask.
  func flush(_ contexts: UInt8) {
    let stale = used & contexts
    guard stale != 0 else { return }
    for context in 0..<TLBContext.count where stale >> UInt8(context) & 1 != 0 {
      let table = self.table(context)
      unsafe table.data.update(repeating: .empty, count: Self.entryCount)
      unsafe table.code.update(repeating: .empty, count: Self.fetchCount)
      blocks[context] = BlockRegion()
      flushCount &+= 1
    }
    used &= ~stale
  }

  /// Removes the page of a VA from the contexts of a mask, whatever its tag byte; empties a
  /// context in which the page may belong to a larger block.
  func flushPage(_ address: UInt64, _ contexts: UInt8) {
    for context in 0..<TLBContext.count where (used & contexts) >> UInt8(context) & 1 != 0 {
      if blocks[context].contains(address) {
        flush(1 << UInt8(context))
        continue
      }
      let table = self.table(context)
      // Shifting the top byte out compares what TBI leaves.
      let entry = unsafe table.entry(address)
      let page = (address & ~0xFFF) << 8
      if unsafe entry.pointee.readTag << 8 == page || entry.pointee.writeTag << 8 == page {
        unsafe entry.pointee = .empty
      }
      let fetch = unsafe table.fetchEntry(address)
      if unsafe fetch.pointee.tag << 8 == page { unsafe fetch.pointee = .empty }
    }
  }

  /// Removes the pages of a mask's contexts that a test picks.
  ///
  /// `test` gets VA and `physical`.
  private func remove(_ contexts: UInt8, where test: (UInt64, UInt64) -> Bool) {
    for context in 0..<TLBContext.count where (used & contexts) >> UInt8(context) & 1 != 0 {
      let table = self.table(context)
      for index in 0..<Self.entryCount {
        let entry = unsafe table.data[index]
        let page = entry.readTag == TLBEntry.invalid ? entry.writeTag : entry.readTag
        if test(page, entry.physical) {
          unsafe table.data[index] = .empty
        }
      }
      for index in 0..<Self.fetchCount {
        let entry = unsafe table.code[index]
        if test(entry.tag, entry.physical) { unsafe table.code[index] = .empty }
      }
    }
  }

  /// Removes what belongs to one ASID.
  func flushNonGlobal(_ contexts: UInt8) {
    remove(contexts) { _, physical in physical & 2 != 0 }
  }

  /// Removes one half of the address space: what TTBR1 translates, or what TTBR0 does.
  func flushHalf(upper: Bool, _ contexts: UInt8) {
    remove(contexts) { page, _ in page >> 55 & 1 == (upper ? 1 : 0) }
  }

  /// Removes every mapping of a physical page: it became poisoned or watched.
  func flushPhysicalPage(_ address: UInt64) {
    let page = address & ~0xFFF
    remove(TLBContext.maskAll) { _, physical in
      physical & ~0xFFF == page && physical != TLBEntry.noPage
    }
  }

  /// Makes stores to a physical page ask again: it holds code now, or is clean.
  func removeWriteAccess(physicalPage address: UInt64) {
    let page = address & ~0xFFF
    revokeWrites { $0 & ~0xFFF == page }
  }

  /// Makes every store ask again: all of memory is clean, for instance.
  func removeWriteAccess() { revokeWrites { _ in true } }

  private func revokeWrites(where test: (UInt64) -> Bool) {
    for context in 0..<TLBContext.count where used >> UInt8(context) & 1 != 0 {
      let table = self.table(context)
      for index in 0..<Self.entryCount where unsafe test(table.data[index].physical) {
        unsafe table.data[index].writeTag = TLBEntry.invalid
      }
    }
  }
}

/// The smallest aligned power-of-two region around some blocks.
struct BlockRegion {
  /// An address in it; 1 with a mask of all ones is no region.
  private var base: UInt64 = 1
  /// The bits that are the same in all of it.
  private var mask: UInt64 = .max

  /// Widens the region to have a block in it.
  mutating func add(_ address: UInt64, _ blockSizeLog2: UInt8) {
    let address = address << 8
    var widened = UInt64.max << (UInt64(blockSizeLog2) &+ 8)
    if mask == .max {
      base = address & widened
      mask = widened
      return
    }
    widened &= mask
    while (base ^ address) & widened != 0 { widened <<= 1 }
    base &= widened
    mask = widened
  }

  /// Whether an address is in it, whatever its tag byte.
  func contains(_ address: UInt64) -> Bool {
    mask != .max && ((address << 8) ^ base) & mask == 0
  }
}
