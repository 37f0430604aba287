// The physical address space: RAM, flash and devices, for both security states.

import Arm

/// Who accesses the bus, and how.
public struct BusAccess: Sendable {
  /// The core, or nil for a device's DMA.
  public var core: Int?
  /// Whether the access is to the Secure physical address space.
  public var isSecure: Bool
  /// What the access is for.
  public enum Purpose: UInt8, Sendable { case data, instructionFetch, tableWalk, debug }
  /// What the access is for. A `debug` access (loader, tests, the tool) has no side effect.
  public var purpose: Purpose

  /// An access.
  public init(core: Int?, isSecure: Bool, purpose: Purpose = .data) {
    self.core = core
    self.isSecure = isSecure
    self.purpose = purpose
  }
}

/// Why the bus did not complete an access.
public enum BusFault: Error, Equatable, Sendable {
  /// Nothing is there (in this security state): a synchronous external abort, not a RAS error.
  case unmapped
  /// The line holds poison; the memory node has recorded it. The address is the line's.
  case poisoned(PhysicalAddress)
}

/// What the bus lets the CPU reach without a call: one 4 KiB page of RAM, ROM or secure RAM.
@unsafe public struct DirectPage {
  /// The page's first byte in the host.
  public var host: UnsafeMutableRawPointer
  /// The page's flags (`PageFlags`), one byte.
  public var flags: UnsafeMutablePointer<UInt8>
  /// Whether stores may go to it.
  public var isWritable: Bool
}

/// Flags of a 4 KiB page of memory. A page with any of `poisoned` or `watched` is never in a fast
/// TLB; one without `dirty` or with `hasCode` is never in a fast TLB for stores.
public enum PageFlags {
  /// Written since the last snapshot.
  public static let dirty: UInt8 = 1
  /// The code cache holds operations decoded from it.
  public static let hasCode: UInt8 = 2
  /// At least one 64-byte line of it holds poison.
  public static let poisoned: UInt8 = 4
  /// An access to it is being counted or waited for.
  public static let watched: UInt8 = 8
}
