// Memory for generated code.
//
// Linux: two views of one file without a name: one may be written, the other executed, so that no address is
// ever both. Where the host refuses that, one anonymous mapping that is both; where it refuses that too,
// there is no translator and the interpreter runs.
//
// macOS: one mapping by MAP_JIT, which a thread may either write to or execute, as
// pthread_jit_write_protect_np(3) says; a program with the hardened runtime needs the entitlement
// com.apple.security.cs.allow-jit. This was written from Apple's documentation and never run.
//
// arm64: what was written is cleaned from the data cache and removed from the instruction cache before it
// executes (`InstructionCache`).

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
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
  #if os(Linux)
  /// Whose memory it is.
  private var owner = getpid()
  #endif

  /// Maps `count` bytes, a multiple of 4096; `usesOneView` asks for the second way at once.
  init(count: Int, usesOneView: Bool = false) throws(TranslatorRefusal) {
    #if os(Linux)
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
    #elseif os(macOS) && arch(arm64)
    guard
      let view = unsafe CodeMemory.map(
        count, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON | MAP_JIT, -1)
    else { throw .memory }
    unsafe bytes = UnsafeMutableBufferPointer(
      start: view.assumingMemoryBound(to: UInt8.self), count: count)
    executableOffset = 0
    beginWriting()
    #else
    throw .host
    #endif
  }

  /// The address behind the last byte, in the view that is written to.
  var end: Int { unsafe Int(bitPattern: bytes.baseAddress) + bytes.count }

  /// What is used of `bytes` if the next instruction goes to an address.
  private func used(_ address: Int) -> Int { unsafe bytes.count - (end - address) }

  /// Whoever writes says so first: on macOS this thread cannot execute code until `endWriting`.
  func beginWriting() {
    #if os(macOS) && arch(arm64)
    pthread_jit_write_protect_np(0)
    #endif
  }

  /// The code between two addresses of the view that is written to may be executed from now on.
  func endWriting(from start: Int, to end: Int) {
    #if os(macOS) && arch(arm64)
    pthread_jit_write_protect_np(1)
    #endif
    InstructionCache.synchronize(start + executableOffset, byteCount: end - start)
    release(used: used(end))
  }

  /// Makes the bytes before an address of the view that is written to this process's own, see below.
  func makeOwn(upTo address: Int) { makeOwn(used: used(address)) }

  /// Makes the first `used` bytes this process's own: after fork(2) both views are still its parent's.
  /// Whoever writes asks first; until then nothing is written, and the parent's code is right.
  func makeOwn(used: Int) {
    #if os(Linux)
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
    #if os(Linux)
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
    #if os(Linux) || os(macOS) && arch(arm64)
    guard let start = unsafe bytes.baseAddress else { return }
    unsafe CodeMemory.unmap(start, bytes.count)
    if executableOffset != 0 { unsafe CodeMemory.unmap(start + executableOffset, bytes.count) }
    #endif
  }

  #if os(Linux)
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
      unsafe unmap(writable, count)
      return nil
    }
    return unsafe (writable, executable)
  }

  #endif

  #if os(Linux) || os(macOS) && arch(arm64)
  /// `mmap` between two guards that nobody may access, or nil.
  private static func map(
    _ count: Int, _ protection: Int32, _ flags: Int32, _ file: Int32
  ) -> UnsafeMutableRawPointer? {
    #if os(Linux)
    let whole = count + 2 * HostMemory.guardSize
    let around = unsafe mmap(nil, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let around = unsafe around, unsafe around != MAP_FAILED else { return nil }
    let memory = unsafe mmap(
      around + HostMemory.guardSize, count, protection, flags | MAP_FIXED, file, 0)
    if unsafe memory == MAP_FAILED {
      unsafe munmap(around, whole)
      return nil
    }
    return unsafe memory
    #else
    // MAP_JIT and MAP_FIXED exclude each other.
    let memory = unsafe mmap(nil, count, protection, flags, file, 0)
    return unsafe memory == MAP_FAILED ? nil : memory
    #endif
  }

  /// Undoes `map`.
  private static func unmap(_ start: UnsafeMutableRawPointer, _ count: Int) {
    #if os(Linux)
    unsafe munmap(start - HostMemory.guardSize, count + 2 * HostMemory.guardSize)
    #else
    unsafe munmap(start, count)
    #endif
  }
  #endif

  #if os(Linux)
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
