// One region of RAM or flash: its bytes, one byte of flags per page, and what is needed to save
// and restore it at the cost of what changed.
//
// Surprising: no page is written before `prepareWrite` has seen it. The fast TLB holds a page for
// stores only once it is dirty, so "dirty" also means "ever written", and neither saving nor
// hashing looks at a page that nobody wrote.

/// A region of memory.
final class MemoryRegion {
  /// What it is, for messages.
  let name: StaticString
  /// Physical address of its first byte.
  let base: UInt64
  /// Size in bytes, a multiple of 4 KiB.
  let size: UInt64
  /// Whether only the Secure physical address space has it.
  let isSecureOnly: Bool
  /// Whether stores of the machine do not change it (flash).
  let isReadOnly: Bool
  /// The contents.
  let bytes: HostMemory
  /// `PageFlags` of each page.
  let flags: HostMemory
  /// Pages with the dirty flag, in the order they became so.
  private(set) var dirtyPages: [UInt32] = []
  /// The contents at the last snapshot or restore: equal to `bytes` but for `dirtyPages`.
  private(set) var stored: StoredPages

  /// A region of zeros, between guards or not.
  init(
    _ name: StaticString, base: UInt64, size: UInt64, isSecureOnly: Bool, isReadOnly: Bool,
    isGuarded: Bool = false
  ) throws(MemoryError) {
    guard size > 0, size & 4095 == 0, size <= 255 << 30 else { throw .badSize(bytes: size) }
    self.name = name
    self.base = base
    self.size = size
    self.isSecureOnly = isSecureOnly
    self.isReadOnly = isReadOnly
    bytes = try HostMemory(count: Int(size), isGuarded: isGuarded)
    flags = try HostMemory(count: Int(size >> 12))
    stored = StoredPages(pageCount: Int(size >> 12))
  }

  /// Makes a page ready to be written: dirty, and without decoded code.
  @inline(__always) func prepareWrite(_ page: Int, _ codeCache: CodeCache) {
    let flags = self.flags[page]
    if flags & (PageFlags.dirty | PageFlags.hasCode) != PageFlags.dirty {
      prepareFirstWrite(page, codeCache)
    }
  }

  @inline(never) private func prepareFirstWrite(_ page: Int, _ codeCache: CodeCache) {
    if flags[page] & PageFlags.dirty == 0 { dirtyPages.append(UInt32(page)) }
    forgetCode(page, codeCache)
    flags[page] |= PageFlags.dirty
  }

  private func forgetCode(_ page: Int, _ codeCache: CodeCache) {
    guard flags[page] & PageFlags.hasCode != 0 else { return }
    flags[page] &= ~PageFlags.hasCode
    codeCache.invalidate(page: base + UInt64(page) << 12)
  }

  /// Copies what was written since the last snapshot; no page is dirty afterwards.
  func snapshot() throws(MemoryError) -> StoredPages {
    guard !dirtyPages.isEmpty else { return stored }
    let pages = dirtyPages.sorted()
    let slab = try HostMemory(count: pages.count << 12)
    var used = 0
    stored = stored.replacing(pages) { page in
      guard !bytes.isZeroPage(page << 12) else { return nil }
      slab.copy(used << 12, from: bytes, page << 12, count: 4096)
      used += 1
      return StoredPage(slab: slab, index: used - 1)
    }
    forgetDirt()
    return stored
  }

  /// Makes the contents those of a snapshot; no page is dirty afterwards.
  func restore(_ target: StoredPages, _ codeCache: CodeCache) {
    target.forEachDifference(from: stored) { page in restorePage(page, target, codeCache) }
    for page in dirtyPages { restorePage(Int(page), target, codeCache) }
    forgetDirt()
    stored = target
  }

  /// Makes all of it zeros; no page is dirty afterwards.
  func clear(_ codeCache: CodeCache) {
    restore(StoredPages(pageCount: Int(size >> 12)), codeCache)
  }

  private func restorePage(_ page: Int, _ target: StoredPages, _ codeCache: CodeCache) {
    forgetCode(page, codeCache)
    if let copy = target[page] {
      bytes.copy(page << 12, from: copy.slab, copy.index << 12, count: 4096)
    } else {
      bytes.zero(page << 12, count: 4096)
    }
  }

  private func forgetDirt() {
    for page in dirtyPages { flags[Int(page)] &= ~PageFlags.dirty }
    dirtyPages.removeAll(keepingCapacity: true)
  }

  /// Mixes in the contents.
  ///
  /// A page of zeros counts as one that was never written, and the order in which pages were
  /// written does not matter.
  func hash(into hash: inout StateHash) {
    var sum: UInt64 = 0
    func add(_ page: Int) {
      guard !bytes.isZeroPage(page << 12) else { return }
      sum &+= HostMemory.mix(UInt64(page) &+ 1, bytes.pageHash(page << 12))
    }
    stored.forEachPage { page in
      if flags[page] & PageFlags.dirty == 0 { add(page) }
    }
    for page in dirtyPages { add(Int(page)) }
    hash.combine(base)
    hash.combine(sum)
  }

  /// Number of pages that were ever written and are not known to be zero.
  var touchedPageCount: Int {
    var count = dirtyPages.count
    stored.forEachPage { page in
      if flags[page] & PageFlags.dirty == 0 { count += 1 }
    }
    return count
  }
}
