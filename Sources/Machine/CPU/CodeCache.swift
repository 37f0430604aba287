// Predecoded pages of code, keyed by physical page and shared by all cores. A page is decoded an
// operation at a time, when it is first executed; a store to the page makes all of it undecoded
// again, in place, so that no core ever holds a stale pointer.
//
// Surprising: cores keep such a page in their fetch TLBs and go on decoding into it, so that it is
// the decoding of an operation, not the finding of the page, that makes memory watch for stores.

/// One page of predecoded operations.
///
/// Invariant: `operations` points to 1024 operations preceded by four that hold what entries without a
/// translation hold (0 where there is no translator), the page's physical address and the addresses in
/// the host of its flags and of its bytes. With a translator the translations come before that. All live
/// until the cache is emptied while no core executes.
@safe struct CodePage {
  let operations: UnsafeMutablePointer<Operation>

  /// Address of the first operation.
  var address: Int { unsafe Int(bitPattern: operations) }

  private static let headerCount = 4

  /// A page none of which is decoded yet.
  ///
  /// - Parameters:
  ///   - host: The page's bytes.
  ///   - flags: The page's `PageFlags`; nil if nobody stores to it.
  ///   - address: Its physical address.
  ///   - exitEntry: The translator's `exitEntry`; 0 without one.
  init(
    host: UnsafeMutableRawPointer, flags: UnsafeMutablePointer<UInt8>? = nil, address: UInt64 = 0,
    exitEntry: UInt = 0
  ) {
    let front = exitEntry == 0 ? CodePage.headerCount * 16 : CodePage.translationBytes
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: front + 1024 * Position.stride, alignment: 64)
    unsafe operations = (block + front).assumingMemoryBound(to: Operation.self)
    unsafe (operations - CodePage.headerCount).initialize(
      repeating: Operation(.undecoded), count: 1024 + CodePage.headerCount)
    unsafe operations[-4].immediate = UInt64(exitEntry)
    unsafe operations[-3].immediate = address
    unsafe operations[-2].immediate = UInt64(UInt(bitPattern: flags))
    unsafe operations[-1].immediate = UInt64(UInt(bitPattern: host))
    clearTranslations()
  }

  /// Makes the whole page undecoded.
  ///
  /// Only the opcodes change: the store that causes it may lie in the page itself, and finds its
  /// operands (a base to write back, the second register of a pair) still there.
  func clear() {
    for index in 0..<1024 { unsafe operations[index].opcode = .undecoded }
    clearTranslations()
  }

  func deallocate() {
    let front = exitEntry == 0 ? CodePage.headerCount * 16 : CodePage.translationBytes
    unsafe (UnsafeMutableRawPointer(operations) - front).deallocate()
  }

  /// Makes memory watch for stores to the page that holds the operation at `cursor`, before it is
  /// decoded. The page's physical address if memory did not watch before, and may still be in the
  /// TLBs for stores.
  static func watchStores(at cursor: Int, index: Int) -> UInt64? {
    let operation = unsafe UnsafeMutablePointer<Operation>(bitPattern: cursor).unsafelyUnwrapped
    let header = unsafe operation - index - headerCount
    guard let flags = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(header[2].immediate)),
      unsafe flags.pointee & PageFlags.hasCode == 0
    else { return nil }
    unsafe flags.pointee |= PageFlags.hasCode
    return unsafe header[1].immediate
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

// What the translator keeps beside the operations.
extension CodePage {
  /// Bytes from the first entry to the first operation: generated code goes by them.
  static let entriesOffset = headerCount * 16 + 1024 * 8
  /// Entries, and behind them, in front of all, how often blocks were interpreted and how long they are.
  private static let translationBytes = entriesOffset + 2 * 1024

  /// The page whose operations are at an address.
  init?(address: Int) {
    guard let operations = unsafe UnsafeMutablePointer<Operation>(bitPattern: address) else {
      return nil
    }
    unsafe self.operations = operations
  }

  /// What entries without a translation hold; 0 where there is no translator.
  private var exitEntry: UInt { UInt(unsafe operations[-4].immediate) }
  private var entries: UnsafeMutablePointer<UInt> {
    unsafe (UnsafeMutableRawPointer(operations) - Self.entriesOffset)
      .assumingMemoryBound(to: UInt.self)
  }
  private var counts: UnsafeMutablePointer<UInt8> {
    unsafe (UnsafeMutableRawPointer(operations) - Self.translationBytes)
      .assumingMemoryBound(to: UInt8.self)
  }

  /// An operation.
  @inline(__always) func operation(_ index: Int) -> Operation { unsafe operations[index & 1023] }
  /// The address of an operation.
  func operationAddress(_ index: Int) -> Int { address + index * Position.stride }
  /// The code of the block at an index, or the translator's `exitEntry`.
  @inline(__always) func entry(_ index: Int) -> UInt { unsafe entries[index & 1023] }
  func setEntry(_ index: Int, _ code: UInt) { unsafe entries[index & 1023] = code }
  /// The address of that entry.
  func entryAddress(_ index: Int) -> UInt { unsafe UInt(bitPattern: entries + index) }
  /// How often the block at an index was interpreted.
  @inline(__always) func executions(_ index: Int) -> UInt8 { unsafe counts[index & 1023] }
  func noteExecution(_ index: Int) { unsafe counts[index & 1023] &+= 1 }
  /// How many operations it has; 0 while nobody looked.
  @inline(__always) func blockLength(_ index: Int) -> Int {
    Int(unsafe counts[1024 + (index & 1023)])
  }
  func setBlockLength(_ index: Int, _ length: Int) {
    unsafe counts[1024 + (index & 1023)] = UInt8(length)
  }

  /// Forgets every translation.
  func clearTranslations() {
    guard exitEntry != 0 else { return }
    unsafe entries.update(repeating: exitEntry, count: 1024)
    unsafe counts.update(repeating: 0, count: 2 * 1024)
  }
}

/// The predecoded code of the machine, shared by all cores.
public final class CodeCache {
  /// How many pages are kept; beyond it everything is forgotten (16 KiB of host memory a page, and 10 with
  /// a translator).
  static let capacity = 16384
  private var pages: [UInt64: CodePage] = [:]
  /// What a page's entries hold while there is no translation; 0 without a translator.
  var exitEntry: UInt = 0
  /// How often pages were forgotten, for who executes one.
  private(set) var invalidations = 0

  /// An empty cache.
  public init() {}

  deinit { for page in pages.values { page.deallocate() } }

  /// Forgets what was decoded from the 4 KiB page at this physical address.
  public func invalidate(page: UInt64) {
    invalidations &+= 1
    pages[page]?.clear()
  }

  /// Forgets every translation, but nothing that was decoded.
  func removeTranslations() {
    for page in pages.values { page.clearTranslations() }
  }

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
    let page = unsafe CodePage(
      host: direct.host, flags: direct.flags, address: address, exitEntry: exitEntry)
    pages[address] = page
    return page
  }
}
