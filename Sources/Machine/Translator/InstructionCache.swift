// What makes the host execute what was just written.
//
// x86-64 sees to it itself. arm64 does not: the data cache must be cleaned to the point of unification and
// the instruction cache invalidated, by the address that executes.

#if canImport(Darwin)
import Darwin
#endif

#if arch(arm64) && os(Linux)
/// Of the compiler's run-time library: DC CVAU and IC IVAU line by line, DSB, ISB.
@_silgen_name("__clear_cache")
private func clearCache(_ start: UnsafeMutableRawPointer?, _ end: UnsafeMutableRawPointer?)
#endif

/// The host's instruction cache.
enum InstructionCache {
  /// Bytes at an address that is executed are those that were written.
  static func synchronize(_ start: Int, byteCount: Int) {
    #if arch(arm64) && os(Linux)
    unsafe clearCache(
      UnsafeMutableRawPointer(bitPattern: start),
      UnsafeMutableRawPointer(bitPattern: start + byteCount))
    #elseif arch(arm64) && canImport(Darwin)
    guard let address = unsafe UnsafeMutableRawPointer(bitPattern: start) else { return }
    unsafe sys_icache_invalidate(address, byteCount)
    #endif
  }
}
