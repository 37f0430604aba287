// What a snapshot keeps of a memory region: a persistent radix tree of pages. Snapshots share all
// that did not change between them, so taking one costs the pages dirtied since the last, and
// going from any snapshot to any other costs the pages in which the two differ.

/// A page's copy: 4 KiB inside a slab that was filled by one snapshot.
struct StoredPage {
  /// The slab.
  let slab: HostMemory
  /// Index of the page in the slab.
  let index: Int

  /// Whether two references name the same copy.
  static func isSame(_ a: StoredPage?, _ b: StoredPage?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.slab === b.slab && a.index == b.index
  }
}

/// The contents of a region, by page; an absent page is all zero.
struct StoredPages {
  /// 512 pages (2 MiB).
  ///
  /// Immutable once it is part of a snapshot.
  final class Leaf {
    /// The pages; nil is a page of zeros.
    var pages: [StoredPage?]
    init(pages: [StoredPage?]) { self.pages = pages }
  }

  /// Pages per leaf, as a power of two.
  static let leafShift = 9
  /// The leaves; nil is 2 MiB of zeros.
  var leaves: [Leaf?]

  /// All zero, for a region of this many pages.
  init(pageCount: Int) {
    leaves = [Leaf?](
      repeating: nil, count: (pageCount + (1 << Self.leafShift) - 1) >> Self.leafShift)
  }

  /// The copy of a page, or nil for a page of zeros.
  subscript(_ page: Int) -> StoredPage? {
    leaves[page >> Self.leafShift]?.pages[page & ((1 << Self.leafShift) - 1)]
  }

  /// This tree with some pages replaced; `replace` is called in ascending order of page.
  func replacing(_ sortedPages: [UInt32], with replace: (Int) -> StoredPage?) -> StoredPages {
    var result = self
    var current = -1
    var leaf = Leaf(pages: [])
    for page in sortedPages {
      let page = Int(page)
      if page >> Self.leafShift != current {
        current = page >> Self.leafShift
        leaf = Leaf(
          pages: leaves[current]?.pages
            ?? [StoredPage?](repeating: nil, count: 1 << Self.leafShift))
        result.leaves[current] = leaf
      }
      leaf.pages[page & ((1 << Self.leafShift) - 1)] = replace(page)
    }
    return result
  }

  /// Calls `visit` with each page in which two trees may differ.
  func forEachDifference(from other: StoredPages, _ visit: (Int) -> Void) {
    for index in leaves.indices where leaves[index] !== other.leaves[index] {
      for slot in 0..<(1 << Self.leafShift) {
        let mine = leaves[index]?.pages[slot]
        let theirs = other.leaves[index]?.pages[slot]
        if !StoredPage.isSame(mine, theirs) { visit(index << Self.leafShift | slot) }
      }
    }
  }

  /// Calls `visit` with each page that is not all zero.
  func forEachPage(_ visit: (Int) -> Void) {
    for index in leaves.indices {
      guard let leaf = leaves[index] else { continue }
      for slot in leaf.pages.indices where leaf.pages[slot] != nil {
        visit(index << Self.leafShift | slot)
      }
    }
  }
}
