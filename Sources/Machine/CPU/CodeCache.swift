// Predecoded pages of code, keyed by physical page and shared by all cores. A page is decoded an
// operation at a time, when it is first executed; a store to the page makes all of it undecoded
// again, in place, so that no core ever holds a stale pointer.

/// One page of predecoded operations.
///
/// Invariant: `operations` points to 1024 operations preceded by one that holds the address of
/// the page's bytes in the host; both live until the cache is emptied while no core executes.
@safe struct CodePage {
  let operations: UnsafeMutablePointer<Operation>

  /// Address of the first operation.
  var address: Int { unsafe Int(bitPattern: operations) }

  /// A page none of which is decoded yet.
  init(host: UnsafeMutableRawPointer) {
    let block = UnsafeMutablePointer<Operation>.allocate(capacity: 1025)
    unsafe block.initialize(repeating: Operation(.undecoded), count: 1025)
    var header = Operation(.undecoded)
    header.immediate = UInt64(UInt(bitPattern: host))
    unsafe block.pointee = header
    unsafe operations = block + 1
  }

  /// Makes the whole page undecoded.
  func clear() { unsafe operations.update(repeating: Operation(.undecoded), count: 1024) }

  func deallocate() { unsafe (operations - 1).deallocate() }

  /// Decodes the operation at `cursor`, the address of one in some page.
  ///
  /// The page's header is found by counting back, since a page is not aligned to its size: the
  /// caller gives the index of the operation in its page.
  static func decode(at cursor: Int, index: Int) {
    let operation = unsafe UnsafeMutablePointer<Operation>(bitPattern: cursor).unsafelyUnwrapped
    let host = unsafe UInt((operation - index - 1).pointee.immediate)
    let words = unsafe UnsafePointer<UInt32>(bitPattern: host).unsafelyUnwrapped
    let word = unsafe UInt32(littleEndian: words[index])
    unsafe operation.pointee = Decoder.localise(Decoder.decode(word), at: index)
  }
}

/// The predecoded code of the machine, shared by all cores.
public final class CodeCache {
  /// How many pages are kept; beyond it everything is forgotten (16 KiB of host memory a page).
  static let capacity = 16384
  private var pages: [UInt64: CodePage] = [:]

  /// An empty cache.
  public init() {}

  deinit { for page in pages.values { page.deallocate() } }

  /// Forgets what was decoded from the 4 KiB page at this physical address.
  public func invalidate(page: UInt64) { pages[page]?.clear() }

  /// Whether the next new page would make the cache forget everything, which may only be done
  /// while no core is inside a page.
  var isFull: Bool { pages.count >= CodeCache.capacity }

  /// Forgets everything. The caller makes sure that no fetch TLB and no core holds a page.
  func removeAll() {
    for page in pages.values { page.deallocate() }
    pages.removeAll(keepingCapacity: true)
  }

  /// Makes everything undecoded, keeping the pages: after a restore.
  func clearAll() { for page in pages.values { page.clear() } }

  /// The operations of the page at a physical address.
  @unsafe func page(at address: UInt64, host: UnsafeMutableRawPointer) -> CodePage {
    if let page = pages[address] { return page }
    let page = unsafe CodePage(host: host)
    pages[address] = page
    return page
  }
}
