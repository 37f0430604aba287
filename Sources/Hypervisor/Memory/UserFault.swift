// Why a user address cannot be used, and what the process is told of it.

import Arm
import KVM

/// What somebody wants to do at a user address.
public enum UserAccess: Equatable, Sendable {
  case read
  case write
  case execute
}

/// Why a user address cannot be used.
public enum UserFault: Error, Equatable, Sendable {
  /// Nothing is mapped there: SIGSEGV, SEGV_MAPERR.
  case unmapped
  /// Mapped, but not for this: SIGSEGV, SEGV_ACCERR.
  case forbidden
  /// Beyond the end of its file: SIGBUS, BUS_ADRERR.
  case beyondFile
  /// Lost to a hardware error: SIGBUS, BUS_MCEERR_AR; log2 of what is lost: 12 or 21.
  case lost(leastBit: UInt8)
  /// There is no memory left to put there: SIGBUS, BUS_ADRERR.
  case noMemory

  /// What a system call that met it answers.
  public var error: LinuxError {
    switch self {
    case .noMemory: .noMemory
    case .lost: .hardwarePoison
    case .unmapped, .forbidden, .beyondFile: .badAddress
    }
  }
}

/// A user page, found and present.
public struct UserPage: Equatable, Sendable {
  /// Where the byte asked for is in physical memory.
  public var address: PhysicalAddress
  /// Where the page or block that holds it begins.
  public var base: PhysicalAddress
  /// Its size: 4 KiB or 2 MiB, both virtually and physically aligned to it.
  public var size: UInt64
  /// Whether it may be written as it is (no copy on write pending).
  public var isWritable: Bool
}
