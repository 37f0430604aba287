// The Linux system calls that guest programs use, by number (linux/include/uapi/asm-generic/
// unistd.h) and with the constants of arm64.

import GuestEntry

/// Linux, as a static process sees it.
public enum Linux {
  /// Writes bytes to a file descriptor.
  public static func write(_ descriptor: UInt64, _ address: UInt64, _ count: UInt64) {
    _ = linux_call(64, descriptor, address, count, 0, 0, 0)
  }

  /// Has the kernel copy memory into a new memory file; the count it copied, or -errno.
  public static func writeToMemoryFile(_ address: UInt64, _ count: UInt64) -> Int64 {
    let name: StaticString = "reader"
    let file = unsafe linux_call(279, UInt64(UInt(bitPattern: name.utf8Start)), 0, 0, 0, 0, 0)
    guard file >= 0 else { return file }
    defer { _ = linux_call(57, UInt64(file), 0, 0, 0, 0, 0) }
    return linux_call(64, UInt64(file), address, count, 0, 0, 0)
  }

  /// Ends the process.
  public static func exit(_ status: UInt64) -> Never {
    while true { _ = linux_call(94, status, 0, 0, 0, 0, 0) }
  }

  /// Makes a second process with the same memory, of which each page is copied once one of the two writes it;
  /// 0 in it, its number here, or -errno.
  public static func fork() -> Int64 { linux_call(220, 17, 0, 0, 0, 0, 0) }

  /// The process's number.
  public static var processID: UInt64 { UInt64(bitPattern: linux_call(172, 0, 0, 0, 0, 0, 0)) }

  /// Private anonymous memory, present from the start; `fixed` names its address. nil when there
  /// is none.
  public static func map(
    _ count: UInt64, executable: Bool = false, fixed: UInt64? = nil
  ) -> UInt64? {
    // PROT_READ|PROT_WRITE(|PROT_EXEC); MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE(|MAP_FIXED).
    let result = linux_call(
      222, fixed ?? 0, count, executable ? 7 : 3, fixed == nil ? 0x8022 : 0x8032, UInt64.max, 0)
    return result < 0 && result > -4096 ? nil : UInt64(bitPattern: result)
  }

  /// Asks for small pages: MADV_NOHUGEPAGE.
  public static func refuseHugePages(_ address: UInt64, _ count: UInt64) {
    _ = linux_call(233, address, count, 15, 0, 0, 0)
  }

  /// Has the kernel treat a page as bad: MADV_HWPOISON, for root.
  public static func poisonPage(_ address: UInt64) -> Int64 {
    linux_call(233, address, 4096, 100, 0, 0, 0)
  }

  /// Bytes of a page, as the kernel tells in the auxiliary vector (AT_PAGESZ, 6).
  public static var pageSize: UInt64 {
    // The number of arguments, they, a zero, the environment, a zero, then pairs.
    var address = initial_stack() + 8 * (load_word(initial_stack()) + 2)
    while load_word(address) != 0 { address += 8 }
    address += 8
    while load_word(address) != 0 {
      if load_word(address) == 6 { return load_word(address + 8) }
      address += 16
    }
    return 4096
  }

  /// The physical address of a virtual one, from /proc/self/pagemap; nil without the right to
  /// know or without /proc. linux/Documentation/admin-guide/mm/pagemap.rst.
  public static func physicalAddress(of address: UInt64) -> UInt64? {
    let path: StaticString = "/proc/self/pagemap"
    let file = unsafe linux_call(
      56, UInt64(bitPattern: -100), UInt64(UInt(bitPattern: path.utf8Start)), 0, 0, 0, 0)
    guard file >= 0 else { return nil }
    var entry: UInt64 = 0
    let count = unsafe withUnsafeMutablePointer(to: &entry) {
      linux_call(67, UInt64(file), UInt64(UInt(bitPattern: $0)), 8, address / pageSize * 8, 0, 0)
    }
    _ = linux_call(57, UInt64(file), 0, 0, 0, 0, 0)
    let frame = entry & (1 << 55 - 1)
    guard count == 8, entry >> 63 == 1, frame != 0 else { return nil }
    return frame * pageSize + address % pageSize
  }

  /// Installs `guest_signal` for a signal, or the default action.
  public static func handle(signal: UInt64, _ isHandled: Bool) {
    // handler, SA_SIGINFO and SA_RESTORER, restorer, mask.
    let action = (
      isHandled ? guest_signal_address() : 0, 0x0400_0004 as UInt64, guest_restore_address(),
      0 as UInt64
    )
    unsafe withUnsafePointer(to: action) {
      _ = linux_call(134, signal, UInt64(UInt(bitPattern: $0)), 0, 8, 0, 0)
    }
  }

  /// SIGBUS.
  public static let sigbus: UInt64 = 7
}
