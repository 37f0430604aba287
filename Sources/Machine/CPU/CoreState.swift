// The whole architectural state of one core: a flat block of 64-bit words behind one pointer, so
// that the interpreter reaches any of it with one load, and so that saving, restoring, comparing
// and hashing a core are operations on bytes.

import Arm

/// The architectural state of one core.
///
/// A handle: copies name the same core. `CoreState` owns nothing; `Core` allocates and frees it.
/// Invariant that makes it safe: `words` points to `wordCount` words for as long as its `Core`
/// lives, and every accessor below names a word inside them.
@safe public struct CoreState: @unchecked Sendable {
  @usableFromInline let words: UnsafeMutablePointer<UInt64>

  /// Number of 64-bit words of state.
  public static let wordCount = 1024
  /// Index in `x` of the register that reads as zero.
  public static let zeroRegister: UInt8 = 32
  /// Index in `x` that writes to XZR go to; never read.
  public static let discardRegister: UInt8 = 33
  /// First word of the system registers, indexed by `SystemRegister.ordinal`.
  static let systemRegisters = 128

  init(words: UnsafeMutablePointer<UInt64>) { unsafe self.words = words }

  /// A word by index; tests and snapshots use it.
  @inline(__always) public subscript(word index: Int) -> UInt64 {
    get { unsafe words[index] }
    nonmutating set { unsafe words[index] = newValue }
  }

  /// X0...X30; 31 is the current SP, 32 reads as zero, 33 takes discarded results.
  @inline(__always) public subscript(x index: UInt8) -> UInt64 {
    get { unsafe words[Int(index)] }
    nonmutating set { unsafe words[Int(index)] = newValue }
  }

  /// Half of a vector register: V0...V31, half 0 is bits [63:0].
  @inline(__always) public subscript(v index: UInt8, half: Int) -> UInt64 {
    get { unsafe words[34 &+ Int(index) &* 2 &+ half] }
    nonmutating set { unsafe words[34 &+ Int(index) &* 2 &+ half] = newValue }
  }

  // PSTATE. N, Z, C and V are kept as the operands of their own evaluation.

  /// PSTATE.N is bit 63 of this word.
  @inline(__always) public var n: UInt64 {
    get { unsafe words[98] }
    nonmutating set { unsafe words[98] = newValue }
  }
  /// PSTATE.Z is set when this word is zero.
  @inline(__always) public var z: UInt64 {
    get { unsafe words[99] }
    nonmutating set { unsafe words[99] = newValue }
  }
  /// PSTATE.C, 0 or 1.
  @inline(__always) public var c: UInt64 {
    get { unsafe words[100] }
    nonmutating set { unsafe words[100] = newValue }
  }
  /// PSTATE.V is bit 63 of this word.
  @inline(__always) public var v: UInt64 {
    get { unsafe words[101] }
    nonmutating set { unsafe words[101] = newValue }
  }
  /// The program counter; inside the interpreter's loop it is up to date only at slow paths.
  @inline(__always) public var pc: UInt64 {
    get { unsafe words[102] }
    nonmutating set { unsafe words[102] = newValue }
  }
  /// PSTATE.EL, 0...3.
  @inline(__always) public var el: UInt64 {
    get { unsafe words[103] }
    nonmutating set { unsafe words[103] = newValue }
  }
  /// PSTATE.SP, 0 or 1.
  @inline(__always) public var spSel: UInt64 {
    get { unsafe words[104] }
    nonmutating set { unsafe words[104] = newValue }
  }
  /// PSTATE.{D,A,I,F} at bits 9:6, as the DAIF register has them.
  @inline(__always) public var daif: UInt64 {
    get { unsafe words[105] }
    nonmutating set { unsafe words[105] = newValue }
  }
  /// PSTATE.PAN, 0 or 1.
  @inline(__always) public var pan: UInt64 {
    get { unsafe words[106] }
    nonmutating set { unsafe words[106] = newValue }
  }
  /// PSTATE.UAO, 0 or 1.
  @inline(__always) public var uao: UInt64 {
    get { unsafe words[107] }
    nonmutating set { unsafe words[107] = newValue }
  }
  /// PSTATE.SSBS, 0 or 1.
  @inline(__always) public var ssbs: UInt64 {
    get { unsafe words[108] }
    nonmutating set { unsafe words[108] = newValue }
  }
  /// PSTATE.IL, 0 or 1.
  @inline(__always) public var il: UInt64 {
    get { unsafe words[109] }
    nonmutating set { unsafe words[109] = newValue }
  }
  /// PSTATE.SS, 0 or 1.
  @inline(__always) public var ss: UInt64 {
    get { unsafe words[110] }
    nonmutating set { unsafe words[110] = newValue }
  }

  /// SP_EL0...SP_EL3 while not the current SP (the current one is `x[31]`).
  @inline(__always) public subscript(bankedSP el: Int) -> UInt64 {
    get { unsafe words[111 &+ el] }
    nonmutating set { unsafe words[111 &+ el] = newValue }
  }

  /// Local exclusive monitor: 0 open, otherwise the number of bytes marked.
  public var exclusiveSize: UInt64 {
    get { unsafe words[115] }
    nonmutating set { unsafe words[115] = newValue }
  }
  /// Physical address marked by the exclusive monitor.
  public var exclusiveAddress: UInt64 {
    get { unsafe words[116] }
    nonmutating set { unsafe words[116] = newValue }
  }
  /// Low half of the value loaded by the last exclusive load.
  public var exclusiveLow: UInt64 {
    get { unsafe words[117] }
    nonmutating set { unsafe words[117] = newValue }
  }
  /// High half of the value loaded by the last exclusive load.
  public var exclusiveHigh: UInt64 {
    get { unsafe words[118] }
    nonmutating set { unsafe words[118] = newValue }
  }
  /// Instructions this core has executed since reset.
  public var instructions: UInt64 {
    get { unsafe words[119] }
    nonmutating set { unsafe words[119] = newValue }
  }
  /// 0 running, 1 waiting in WFI, 2 waiting in WFE.
  public var waiting: UInt64 {
    get { unsafe words[120] }
    nonmutating set { unsafe words[120] = newValue }
  }
  /// The event register of WFE and SEV, 0 or 1.
  public var eventRegister: UInt64 {
    get { unsafe words[121] }
    nonmutating set { unsafe words[121] = newValue }
  }

  /// What software step stepped since PSTATE.SS was last set: 0 nothing, 1 an instruction, 2 a load
  /// exclusive.
  public var steppedInstruction: UInt64 {
    get { unsafe words[122] }
    nonmutating set { unsafe words[122] = newValue }
  }

  /// The physical SError that is pending: bit 31 set, with its ISS in bits 24:0; 0 when none is.
  @inline(__always) public var pendingError: UInt64 {
    get { unsafe words[123] }
    nonmutating set { unsafe words[123] = newValue }
  }
  /// An error that this core has met and that nothing has synchronized yet: as `pendingError`, which
  /// it becomes at an error synchronization event or when `errorArrival` comes.
  @inline(__always) public var errorInFlight: UInt64 {
    get { unsafe words[124] }
    nonmutating set { unsafe words[124] = newValue }
  }
  /// Nanoseconds of virtual time at which `errorInFlight` becomes pending by itself.
  public var errorArrival: UInt64 {
    get { unsafe words[125] }
    nonmutating set { unsafe words[125] = newValue }
  }

  /// How many of `instructions` the performance monitors have counted.
  var countedInstructions: UInt64 {
    get { unsafe words[126] }
    nonmutating set { unsafe words[126] = newValue }
  }

  /// A system register's storage. Registers with computed values ignore their storage.
  @inline(__always) public subscript(_ register: SystemRegister) -> UInt64 {
    get { unsafe words[CoreState.systemRegisters &+ register.ordinal] }
    nonmutating set { unsafe words[CoreState.systemRegisters &+ register.ordinal] = newValue }
  }
}
