// What the vector code saves of EL0. The layout is shared with the assembly
// (Images/Sources/HypervisorEntry/vectors.S): thirty-seven words in this order.

/// The state of a thread at EL0, as its last exception left it.
public struct UserContext: Sendable {
  /// X0 to X30.
  public var x: InlineArray<31, UInt64> = InlineArray(repeating: 0)
  /// SP_EL0.
  public var sp: UInt64 = 0
  /// ELR_EL2: where it goes on.
  public var pc: UInt64 = 0
  /// SPSR_EL2: its PSTATE. Only NZCV (and SS, which is never set) may differ from zero: EL0t.
  public var pstate: UInt64 = 0
  /// TPIDR_EL0.
  public var threadPointer: UInt64 = 0
  /// ESR_EL2 of its last exception.
  public var esr: UInt64 = 0
  /// FAR_EL2 of its last exception.
  public var far: UInt64 = 0

  /// All zero.
  public init() {}
}

/// Memory for V0...V31, FPCR and FPSR: 512 bytes, then two words. 16-byte aligned.
@safe public struct VectorState: @unchecked Sendable {
  /// How many bytes.
  public static let byteCount = 528
  /// Where they are; whoever owns the state frees it.
  public let base: UnsafeMutableRawPointer

  /// Zeroed memory of its own.
  public init() {
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 16)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
  }

  /// The 64-bit word at an index: V<n> is words 2n and 2n+1; FPCR 64, FPSR 65.
  public subscript(word: Int) -> UInt64 {
    get {
      precondition(word >= 0 && word < Self.byteCount / 8)
      return unsafe base.load(fromByteOffset: word * 8, as: UInt64.self)
    }
    nonmutating set {
      precondition(word >= 0 && word < Self.byteCount / 8)
      unsafe base.storeBytes(of: newValue, toByteOffset: word * 8, as: UInt64.self)
    }
  }

  /// Copies another state.
  public func copy(_ other: VectorState) {
    unsafe base.copyMemory(from: other.base, byteCount: Self.byteCount)
  }

  /// Gives the memory back; the state must not be used again.
  public func deallocate() { unsafe base.deallocate() }
}
