// The handshake of a version 2 source. Firmware clears the acknowledge value before it publishes a
// block, the operating system sets it when it has read the block, and until then the block is not
// firmware's to touch. ACPI 6.5, 18.3.2.8, Read Ack Register. All pure functions: memory accesses
// and barriers are the caller's.

/// The acknowledge register of a source and what the operating system does to it.
public struct ReadAcknowledge: Equatable, Sendable {
  /// The register.
  public var register: GenericAddress
  /// Bits the operating system keeps.
  public var preserve: UInt64
  /// Bits the operating system sets.
  public var write: UInt64

  /// A register with its masks.
  public init(register: GenericAddress, preserve: UInt64, write: UInt64) {
    self.register = register
    self.preserve = preserve
    self.write = write
  }

  /// A 64-bit word in memory of which bit 0 means "read".
  public init(memory64 address: UInt64) {
    self.init(
      register: GenericAddress(memory64: address), preserve: 0xffff_ffff_ffff_fffe, write: 1)
  }

  private var shiftedWrite: UInt64 { write << UInt64(register.bitOffset & 63) }

  /// What the register holds after the operating system acknowledged.
  public func acknowledged(_ value: UInt64) -> UInt64 {
    (value & (preserve << UInt64(register.bitOffset & 63))) | shiftedWrite
  }

  /// What firmware stores in the register before it publishes a block.
  public func pending(_ value: UInt64) -> UInt64 { value & ~shiftedWrite }

  /// Whether firmware may write the block: the register says that the last one was read.
  ///
  /// The operating system first clears BlockStatus and then acknowledges, so that a clear
  /// BlockStatus alone is not enough.
  public func isBlockFree(register value: UInt64) -> Bool {
    shiftedWrite != 0 && value & shiftedWrite == shiftedWrite
  }
}
