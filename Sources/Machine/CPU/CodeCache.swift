// Predecoded pages of code, keyed by physical page and shared by all cores. A page is decoded an
// operation at a time, when it is first executed; a store to the page makes all of it undecoded
// again, in place, so that no core ever holds a stale pointer.
//
// Surprising: cores keep such a page in their fetch TLBs and go on decoding into it, so that it is
// the decoding of an operation, not the finding of the page, that makes memory watch for stores.

/// One page of predecoded operations.
///
/// Invariant: `operations` points to 1024 operations preceded by three that hold the page's
/// physical address and the addresses in the host of its flags and of its bytes; all live until
/// the cache is emptied while no core executes.
@safe struct CodePage {
  let operations: UnsafeMutablePointer<Operation>

  /// Address of the first operation.
  var address: Int { unsafe Int(bitPattern: operations) }

  private static let headerCount = 3

  /// A page none of which is decoded yet.
  ///
  /// - Parameters:
  ///   - host: The page's bytes.
  ///   - flags: The page's `PageFlags`; nil if nobody stores to it.
  ///   - address: Its physical address.
  init(
    host: UnsafeMutableRawPointer, flags: UnsafeMutablePointer<UInt8>? = nil, address: UInt64 = 0
  ) {
    let count = 1024 + CodePage.headerCount
    let block = UnsafeMutablePointer<Operation>.allocate(capacity: count)
    unsafe block.initialize(repeating: Operation(.undecoded), count: count)
    unsafe block[0].immediate = address
    unsafe block[1].immediate = UInt64(UInt(bitPattern: flags))
    unsafe block[2].immediate = UInt64(UInt(bitPattern: host))
    unsafe operations = block + CodePage.headerCount
  }

  /// Makes the whole page undecoded.
  ///
  /// Only the opcodes change: the store that causes it may lie in the page itself, and finds its
  /// operands (a base to write back, the second register of a pair) still there.
  func clear() {
    for index in 0..<1024 { unsafe operations[index].opcode = .undecoded }
  }

  func deallocate() { unsafe (operations - CodePage.headerCount).deallocate() }

  /// Makes memory watch for stores to the page that holds the operation at `cursor`, before it is
  /// decoded. The page's physical address if memory did not watch before, and may still be in the
  /// TLBs for stores.
  static func watchStores(at cursor: Int, index: Int) -> UInt64? {
    let operation = unsafe UnsafeMutablePointer<Operation>(bitPattern: cursor).unsafelyUnwrapped
    let header = unsafe operation - index - headerCount
    guard let flags = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(header[1].immediate)),
      unsafe flags.pointee & PageFlags.hasCode == 0
    else { return nil }
    unsafe flags.pointee |= PageFlags.hasCode
    return unsafe header[0].immediate
  }

  /// Decodes the operation at `cursor`, the address of one in some page.
  ///
  /// The page's header is found by counting back, since a page is not aligned to its size: the
  /// caller gives the index of the operation in its page.
  static func decode(at cursor: Int, index: Int) {
    let operation = unsafe UnsafeMutablePointer<Operation>(bitPattern: cursor).unsafelyUnwrapped
    let host = unsafe UInt((operation - index - 1).pointee.immediate)
    let words = unsafe UnsafePointer<UInt32>(bitPattern: host).unsafelyUnwrapped
    let word = unsafe UInt32(littleEndian: words[index])
    let decoded = Decoder.isolate(Decoder.localise(Decoder.decode(word), at: index))
    guard index < 1023, Decoder.canFuse(decoded) else {
      unsafe operation.pointee = decoded
      return
    }
    let following = unsafe Decoder.decode(UInt32(littleEndian: words[index + 1]))
    unsafe operation.pointee = Decoder.fuse(decoded, Decoder.localise(following, at: index + 1))
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

  /// The operations of the page at a physical address.
  @unsafe func page(at address: UInt64, _ direct: DirectPage) -> CodePage {
    if let page = pages[address] { return page }
    let page = unsafe CodePage(host: direct.host, flags: direct.flags, address: address)
    pages[address] = page
    return page
  }
}
