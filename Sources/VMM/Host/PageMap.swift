// /proc/self/pagemap: in which frame of the host each page of this process is, a word for each page of
// 4 KiB. Linux, Documentation/admin-guide/mm/pagemap.rst.

import KVM

/// The file.
struct PageMap {
  /// Where it is.
  static var path: Text { Text("/proc/self/pagemap") }

  /// The open file; -errno if it cannot be opened.
  let descriptor: Int64

  /// Opens it.
  init(_ host: some HostKernel) {
    descriptor = host.call(
      .openAt, currentDirectory, Self.path.address.rawValue, OpenFlags.closeOnExecute.rawValue)
  }

  /// Closes it.
  func close(_ host: some HostKernel) { _ = host.call(.close, UInt64(bitPattern: descriptor)) }

  /// Reads the words of pages from that of an address on: how many bytes, or -errno.
  func read(_ host: some HostKernel, from address: HostAddress, into words: HostBlock) -> Int64 {
    host.call(
      .readAt, UInt64(bitPattern: descriptor), words.address.rawValue, words.byteCount,
      address.rawValue / 4096 * 8)
  }

  /// The frame that a word names, in bits 54:0; nil if the page is not present, bit 63, and for who must not
  /// know: it is 0 then.
  static func frame(_ word: UInt64) -> UInt64? {
    let frame = word & (1 << 55 - 1)
    return word >> 63 != 0 && frame != 0 ? frame : nil
  }
}
