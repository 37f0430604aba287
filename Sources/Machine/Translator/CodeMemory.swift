// Memory for generated code.
//
// Two views of one file without a name: one may be written, the other executed, so that no address is
// ever both. Where the host refuses that, one anonymous mapping that is both; where it refuses that too,
// or is not x86-64 with what the translator needs, there is no translator and the interpreter runs.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Why there is no translator here.
enum TranslatorRefusal: Error, Equatable, CustomStringConvertible {
  /// There is no back end for this host.
  case host
  /// The processor lacks instructions that generated code has.
  case processor
  /// No memory may be executed that this program has written.
  case memory

  var description: String {
    switch self {
    case .host: "there is no translator for this host"
    case .processor: "this processor lacks BMI2, LZCNT, FMA or SSE4.1"
    case .memory: "this host refuses memory for generated code"
    }
  }
}

/// A block of memory that code is written to through one view and executed through another.
///
/// Invariant that makes it safe: both views are mapped, whole, until `deinit`, and only `Assembler`s
/// that know their limits write.
@safe final class CodeMemory {
  /// The view that is written to.
  let bytes: UnsafeMutableBufferPointer<UInt8>
  /// What to add to an address of `bytes` for the one that executes; 0 if they are one.
  let executableOffset: Int
  #if arch(x86_64) && os(Linux)
  /// Whose memory it is.
  private var owner = getpid()
  #endif

  /// Maps `count` bytes, a multiple of 4096; `usesOneView` asks for the second way at once.
  init(count: Int, usesOneView: Bool = false) throws(TranslatorRefusal) {
    #if arch(x86_64) && os(Linux)
    if !usesOneView, let (writable, executable) = unsafe CodeMemory.twoViews(count) {
      unsafe bytes = UnsafeMutableBufferPointer(
        start: writable.assumingMemoryBound(to: UInt8.self), count: count)
      executableOffset = unsafe executable - writable
      return
    }
    guard
      let view = unsafe CodeMemory.map(
        count, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1)
    else { throw .memory }
    unsafe bytes = UnsafeMutableBufferPointer(
      start: view.assumingMemoryBound(to: UInt8.self), count: count)
    executableOffset = 0
    #else
    throw .host
    #endif
  }

  /// Makes the first `used` bytes this process's own: after fork(2) both views are still its parent's.
  /// Whoever writes asks first; until then nothing is written, and the parent's code is right.
  func makeOwn(used: Int) {
    #if arch(x86_64) && os(Linux)
    guard executableOffset != 0, owner != getpid(), let start = unsafe bytes.baseAddress else {
      return
    }
    let file = CodeMemory.unnamedFile()
    let isLong = unsafe ftruncate(file, bytes.count) == 0
    precondition(
      file >= 0 && isLong, "no memory for a child's generated code")
    var written = 0
    while written < used {
      let count = unsafe pwrite(file, start + written, used - written, written)
      precondition(count > 0, "no memory for a child's generated code")
      written += count
    }
    let fixed = MAP_SHARED | MAP_FIXED
    let writable = unsafe mmap(start, bytes.count, PROT_READ | PROT_WRITE, fixed, file, 0)
    let executable = unsafe mmap(
      start + executableOffset, bytes.count, PROT_READ | PROT_EXEC, fixed, file, 0)
    unsafe precondition(
      writable != MAP_FAILED && executable != MAP_FAILED, "no memory for a child's generated code")
    close(file)
    owner = getpid()
    #endif
  }

  /// How much of the written view was given back.
  private var released = 0

  /// Gives the host back what it keeps for the written view of finished code, `used` bytes: the file has
  /// it, and a page that is written again comes back by itself. Twice the same code in two views counts
  /// twice in a process's resident memory.
  func release(used: Int) {
    #if arch(x86_64) && os(Linux)
    if used < released { released = 0 }
    let step = 1 << 20
    guard executableOffset != 0, used - released >= step, let start = unsafe bytes.baseAddress
    else {
      return
    }
    let count = (used - released) & ~(step - 1)
    // It may be refused: then it stays.
    _ = unsafe madvise(start + released, count, MADV_DONTNEED)
    released += count
    #endif
  }

  deinit {
    #if arch(x86_64) && os(Linux)
    guard let start = unsafe bytes.baseAddress else { return }
    unsafe munmap(start, bytes.count)
    if executableOffset != 0 { unsafe munmap(start + executableOffset, bytes.count) }
    #endif
  }

  #if arch(x86_64) && os(Linux)
  private static func twoViews(
    _ count: Int
  ) -> (writable: UnsafeMutableRawPointer, executable: UnsafeMutableRawPointer)? {
    let file = unnamedFile()
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard ftruncate(file, count) == 0,
      let writable = unsafe map(count, PROT_READ | PROT_WRITE, MAP_SHARED, file)
    else { return nil }
    guard let executable = unsafe map(count, PROT_READ | PROT_EXEC, MAP_SHARED, file) else {
      unsafe munmap(writable, count)
      return nil
    }
    return unsafe (writable, executable)
  }

  /// `mmap`, or nil.
  private static func map(
    _ count: Int, _ protection: Int32, _ flags: Int32, _ file: Int32
  ) -> UnsafeMutableRawPointer? {
    let memory = unsafe mmap(nil, count, protection, flags, file, 0)
    return unsafe memory == MAP_FAILED ? nil : memory
  }

  /// A file in memory by memfd_create(2), which Swift's Glibc module does not show; -1 without.
  private static func unnamedFile() -> Int32 {
    typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = unsafe dlsym(nil, "memfd_create") else { return -1 }
    let create = unsafe unsafeBitCast(symbol, to: Create.self)
    // MFD_CLOEXEC.
    return unsafe "faultline-code".withCString { unsafe create($0, 1) }
  }
  #endif
}
