// What the MMU is asked and what it answers.

import Arm

/// What an access does; decides permissions, syndrome bits and hardware dirty state.
public enum AccessKind: UInt8, Sendable {
  /// Load.
  case read
  /// Store.
  case write
  /// Instruction fetch.
  case execute
  /// Atomic read-modify-write: needs both permissions; a fault on the read has WnR=0.
  case atomic
  /// Cache maintenance by VA that cleans or invalidates the instruction cache: from EL0 it needs
  /// the permissions of a load, from above none; ISS.CM and WnR are set. DC ZVA is a `write`.
  case cacheMaintenance
  /// DC IVAC: needs write permission, unless stage 2 turns it into DC CIVAC.
  case cacheInvalidate

  /// Whether the access needs permission to store, and makes a page dirty.
  @inline(__always) var writes: Bool { self == .write || self == .atomic }
}

/// The translation context of an access: the regime's privilege, not necessarily PSTATE.EL.
public struct TranslationContext: Equatable, Sendable {
  /// Exception level whose regime translates.
  public var level: ExceptionLevel
  /// Whether privileged data accesses fault on pages EL0 may access (PSTATE.PAN and not LDTR).
  public var isPANEnabled: Bool

  /// A context. EL0 covers LDTR/STTR from EL1 (or EL2 in a host regime) too.
  public init(level: ExceptionLevel, isPANEnabled: Bool = false) {
    self.level = level
    self.isPANEnabled = isPANEnabled
  }
}

/// A successful translation.
public struct Translation: Equatable, Sendable {
  /// The physical address of the byte asked for.
  public var physicalAddress: PhysicalAddress
  /// Whether it is in the Secure physical address space.
  public var isSecure: Bool
  /// log2 of the block or page that the stage 1 descriptor maps (12 or more): a TLBI by VA inside
  /// it removes all of it. The Contiguous bit, a hint, does not widen it.
  public var blockSizeLog2: UInt8
  /// log2 of the block around the address that all stages map alike and contiguously.
  public var mappingSizeLog2: UInt8
  /// Whether the translation holds for every ASID (nG is 0, or the regime has no ASIDs).
  public var isGlobal: Bool
  /// Whether a load may hit this translation without asking again.
  public var isReadable: Bool
  /// Whether a store may hit it without asking again: permitted, and already dirty.
  public var isWritable: Bool
  /// Whether a fetch may hit it without asking again.
  public var isExecutable: Bool
  /// Whether the combined memory type is any Device (unaligned access faults; DC ZVA faults).
  public var isDevice: Bool
  /// The combined MAIR-style attribute byte, as PAR_EL1[63:56] gives it.
  public var attributes: UInt8
  /// The combined shareability, as PAR_EL1.SH gives it.
  public var shareability: UInt8
}
