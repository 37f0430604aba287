// mmap, mprotect, madvise, mremap (linux/include/uapi/asm-generic/mman-common.h, mman.h,
// linux/mman.h).

/// PROT_*.
public struct MemoryProtection: OptionSet, Equatable, Sendable {
  /// The bits of the system call.
  public var rawValue: UInt64
  /// From the bits of the system call.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// PROT_READ.
  public static let read = MemoryProtection(rawValue: 1)
  /// PROT_WRITE.
  public static let write = MemoryProtection(rawValue: 2)
  /// PROT_EXEC.
  public static let execute = MemoryProtection(rawValue: 4)
}

/// MAP_*.
public struct MappingFlags: OptionSet, Equatable, Sendable {
  /// The bits of the system call.
  public var rawValue: UInt64
  /// From the bits of the system call.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// MAP_SHARED.
  public static let shared = MappingFlags(rawValue: 0x01)
  /// MAP_PRIVATE.
  public static let `private` = MappingFlags(rawValue: 0x02)
  /// MAP_FIXED.
  public static let fixed = MappingFlags(rawValue: 0x10)
  /// MAP_ANONYMOUS.
  public static let anonymous = MappingFlags(rawValue: 0x20)
  /// MAP_NORESERVE.
  public static let noReserve = MappingFlags(rawValue: 0x4000)
  /// MAP_POPULATE.
  public static let populate = MappingFlags(rawValue: 0x8000)
  /// MAP_STACK.
  public static let stack = MappingFlags(rawValue: 0x2_0000)
  /// MAP_HUGETLB.
  public static let hugePages = MappingFlags(rawValue: 0x4_0000)
  /// MAP_FIXED_NOREPLACE.
  public static let fixedNoReplace = MappingFlags(rawValue: 0x10_0000)
  /// MAP_HUGE_2MB, with `hugePages`.
  public static let hugePages2MiB = MappingFlags(rawValue: 21 << 26)
}

/// MADV_*.
public enum MemoryAdvice: UInt64, Sendable {
  case normal = 0
  case dontNeed = 4
  case free = 8
  case dontFork = 10
  case mergeable = 12
  case hugePage = 14
  case noHugePage = 15
  case dontDump = 16
  case populateRead = 22
  case populateWrite = 23
  /// MADV_HWPOISON: memory_failure on the pages, as if hardware had told of an error. For root.
  case hardwarePoison = 100
  /// MADV_SOFT_OFFLINE.
  case softOffline = 101
}
