// Memory of the host that costs only what is touched: anonymous pages that the host's kernel
// provides, zeroed, at the first access. A machine with 4 GiB of RAM starts at once.
//
// Before and behind a block that generated code may write to is a MiB that nobody may access: whatever a
// mistake accesses there ends the process, and is not a neighbour's. Other blocks have no guards: there may be
// thousands, and a process's mappings are numbered (vm.max_map_count).

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a machine's memory could not be had.
public enum MemoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The host refused to reserve this many bytes of address space.
  case cannotReserve(bytes: UInt64)
  /// The size is zero, not a multiple of 4 KiB, or more than the board has room for.
  case badSize(bytes: UInt64)

  /// What happened, for the user.
  public var description: String {
    switch self {
    case .cannotReserve(let bytes):
      "the host refused to reserve \(bytes) bytes for the machine's memory"
    case .badSize(let bytes):
      "\(bytes) bytes of RAM: the size must be a multiple of 4096, from 4096 to 255 GiB"
    }
  }
}

/// A zeroed, lazily provided block of host memory, if asked for between two guards that cannot be accessed.
///
/// Invariant that makes it safe: `start` points to `count` mapped bytes until `deinit`, and every
/// accessor checks its range.
@safe final class HostMemory {
  /// Bytes of a guard: a multiple of every host's page.
  static let guardSize = 1 << 20

  /// Number of bytes.
  let count: Int
  /// The first byte. The last one is the last of its page, so that one more is a fault if there are guards; up to
  /// a page before the first is nobody's.
  let start: UnsafeMutableRawPointer
  /// All that was mapped, with the guards around the bytes.
  private let mapping: UnsafeMutableRawBufferPointer

  /// Reserves `count` bytes, all zero; `start` is aligned as `count` is, to at most a page.
  init(count: Int, isGuarded: Bool = false) throws(MemoryError) {
    guard count > 0 else { throw .badSize(bytes: UInt64(clamping: count)) }
    #if canImport(Darwin)
    let flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE
    #else
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #endif
    let page = Int(getpagesize())
    let span = (count + page - 1) & ~(page - 1)
    // Pages of 2 MiB where the host has them: a boot touches tens of thousands of small ones.
    let largePage = 2 << 20
    let isLarge = count >= 32 << 20
    let guardSize = isGuarded ? Self.guardSize : 0
    let whole = span + 2 * guardSize + (isLarge ? largePage : 0)
    let protection = isGuarded ? PROT_NONE : PROT_READ | PROT_WRITE
    let mapped = unsafe mmap(nil, whole, protection, flags, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw .cannotReserve(bytes: UInt64(count))
    }
    let first =
      unsafe isLarge
      ? (mapped + guardSize).alignedUp(toMultipleOf: largePage) : mapped + guardSize
    guard unsafe !isGuarded || mprotect(first, span, PROT_READ | PROT_WRITE) == 0 else {
      unsafe munmap(mapped, whole)
      throw .cannotReserve(bytes: UInt64(count))
    }
    self.count = count
    unsafe start = first + (span - count)
    unsafe mapping = UnsafeMutableRawBufferPointer(start: mapped, count: whole)
    #if !canImport(Darwin)
    if isLarge { _ = unsafe madvise(first, span, MADV_HUGEPAGE) }
    #endif
  }

  deinit { unsafe munmap(mapping.baseAddress, mapping.count) }

  @inline(__always) private func check(_ offset: Int, _ size: Int) {
    precondition(offset >= 0 && offset <= count &- size, "host memory access out of range")
  }

  /// The little-endian integer at `offset`.
  @inline(__always) func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, as type: T.Type
  ) -> T {
    check(offset, MemoryLayout<T>.size)
    return T(littleEndian: unsafe start.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Stores a little-endian integer at `offset`.
  @inline(__always) func store<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ value: T) {
    check(offset, MemoryLayout<T>.size)
    unsafe start.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }

  /// The byte at an index.
  @inline(__always) subscript(_ index: Int) -> UInt8 {
    get { load(index, as: UInt8.self) }
    set { store(index, newValue) }
  }

  /// Loads 1, 2, 4 or 8 bytes, zero-extended.
  @inline(__always) func load(_ offset: Int, size: Int) -> UInt64 {
    switch size {
    case 1: UInt64(load(offset, as: UInt8.self))
    case 2: UInt64(load(offset, as: UInt16.self))
    case 4: UInt64(load(offset, as: UInt32.self))
    default: load(offset, as: UInt64.self)
    }
  }

  /// Stores the low 1, 2, 4 or 8 bytes.
  @inline(__always) func store(_ offset: Int, size: Int, _ value: UInt64) {
    switch size {
    case 1: store(offset, UInt8(truncatingIfNeeded: value))
    case 2: store(offset, UInt16(truncatingIfNeeded: value))
    case 4: store(offset, UInt32(truncatingIfNeeded: value))
    default: store(offset, value)
    }
  }

  /// Copies `count` bytes from another block.
  func copy(_ offset: Int, from source: HostMemory, _ sourceOffset: Int, count: Int) {
    check(offset, count)
    source.check(sourceOffset, count)
    unsafe (start + offset).copyMemory(from: source.start + sourceOffset, byteCount: count)
  }

  /// Stores bytes at `offset`.
  func copy(_ offset: Int, from bytes: ArraySlice<UInt8>) {
    check(offset, bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      guard let first = source.baseAddress else { return }
      unsafe (start + offset).copyMemory(from: first, byteCount: source.count)
    }
  }

  /// The bytes of a range.
  func bytes(_ offset: Int, count: Int) -> [UInt8] {
    check(offset, count)
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start + offset, count: count))
  }

  /// Zeroes a range.
  func zero(_ offset: Int, count: Int) {
    check(offset, count)
    unsafe (start + offset).initializeMemory(as: UInt8.self, repeating: 0, count: count)
  }

  /// Whether the 4 KiB at `offset` are all zero.
  func isZeroPage(_ offset: Int) -> Bool {
    check(offset, 4096)
    let words = unsafe (start + offset).assumingMemoryBound(to: SIMD8<UInt64>.self)
    for index in stride(from: 0, to: 64, by: 4) {
      let bits =
        unsafe words[index] | words[index + 1] | words[index + 2] | words[index + 3]
      if bits != .zero { return false }
    }
    return true
  }

  /// A hash of the 4 KiB at `offset`: eight independent lanes, so that the host overlaps them.
  func pageHash(_ offset: Int) -> UInt64 {
    check(offset, 4096)
    let words = unsafe (start + offset).assumingMemoryBound(to: UInt64.self)
    var a: UInt64 = 0x9E37_79B9_7F4A_7C15
    var b: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    var c: UInt64 = 0x1656_67B1_9E37_79F9
    var d: UInt64 = 0x85EB_CA77_C2B2_AE63
    for index in stride(from: 0, to: 512, by: 4) {
      a = HostMemory.mix(a, UInt64(littleEndian: unsafe words[index]))
      b = HostMemory.mix(b, UInt64(littleEndian: unsafe words[index &+ 1]))
      c = HostMemory.mix(c, UInt64(littleEndian: unsafe words[index &+ 2]))
      d = HostMemory.mix(d, UInt64(littleEndian: unsafe words[index &+ 3]))
    }
    return HostMemory.mix(HostMemory.mix(a, b), HostMemory.mix(c, d))
  }

  /// One step of the hash; a bijection of `word` for any `state`, but for the final fold.
  @inline(__always) static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low &+ 0x9E37_79B9_7F4A_7C15
  }
}
