// Words of A64 for tests that write code themselves, made of the decoder's rows. Arm ARM C6.2.

import Arm
import Machine

/// Encodings, as functions of their fields. Registers are numbers; 31 is SP or XZR as the instruction has it.
public enum A64 {
  /// A row by its name in the decoder's tables, integer or vector.
  public struct Row: Sendable {
    private let name: String
    private let pattern: EncodingPattern

    /// The row of a name, which is there.
    public init(_ name: String) {
      guard let pattern = Self.patterns[name] else { preconditionFailure("no row '\(name)'") }
      self.name = name
      self.pattern = pattern
    }

    /// The word with these fields, which the row has, all others 0.
    public func word(_ fields: [Character: UInt32] = [:]) -> UInt32 {
      guard let word = pattern.word(fields) else {
        preconditionFailure("no \(name) with \(fields)")
      }
      return word
    }

    /// By name; of REV32, which both tables have, the integer one.
    private static let patterns: [String: EncodingPattern] = Dictionary(
      Decoder.rows.map { ($0.name.description, $0.pattern) }
        + VectorDecoder.rows.map { ($0.name.description, $0.pattern) },
      uniquingKeysWith: { integer, _ in integer })
  }

  private static let moveZero = Row("MOVZ")
  private static let add = Row("ADD (immediate)")
  private static let subtract = Row("SUBS (immediate)")
  private static let load = Row("LDR (64-bit, unsigned offset)")
  private static let store = Row("STR (64-bit, unsigned offset)")
  private static let branch = Row("B")
  private static let branchConditional = Row("B.cond")
  private static let branchNonZero = Row("CBNZ")
  private static let loadExclusive = ["B", "H", " (32-bit)", " (64-bit)"].map { Row("LDXR" + $0) }
  private static let storeExclusive = ["B", "H", " (32-bit)", " (64-bit)"].map { Row("STXR" + $0) }
  private static let loadPair = Row("LDXP (64-bit)")
  private static let storePair = Row("STXP (64-bit)")
  private static let fromSystem = Row("MRS")
  private static let toSystem = Row("MSR (register)")
  private static let systemInstruction = Row("SYS")

  /// NOP.
  public static let nop = Row("HINT").word()
  /// ISB SY.
  public static let isb = Row("ISB").word(["m": 15])
  /// CLREX.
  public static let clrex = Row("CLREX").word(["m": 15])
  /// B to itself.
  public static let spin = branch.word()

  /// MOVZ Xd.
  public static func movz(_ d: UInt32, _ value: UInt32, shift: UInt32 = 0) -> UInt32 {
    moveZero.word(["z": 1, "w": shift / 16, "i": value, "d": d])
  }
  /// ADD Xd, Xn, #value.
  public static func addImmediate(_ d: UInt32, _ n: UInt32, _ value: UInt32) -> UInt32 {
    add.word(["z": 1, "i": value, "n": n, "d": d])
  }
  /// SUBS Xd, Xn, #value.
  public static func subsImmediate(_ d: UInt32, _ n: UInt32, _ value: UInt32) -> UInt32 {
    subtract.word(["z": 1, "i": value, "n": n, "d": d])
  }
  /// LDR Xt, [Xn, #offset].
  public static func ldr(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) -> UInt32 {
    load.word(["i": offset / 8, "n": n, "t": t])
  }
  /// STR Xt, [Xn, #offset].
  public static func str(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) -> UInt32 {
    store.word(["i": offset / 8, "n": n, "t": t])
  }
  /// B by so many bytes.
  public static func b(_ bytes: Int) -> UInt32 { branch.word(["i": words(bytes, bits: 26)]) }
  /// B.cond by so many bytes.
  public static func bCond(_ condition: UInt32, _ bytes: Int) -> UInt32 {
    branchConditional.word(["c": condition, "i": words(bytes, bits: 19)])
  }
  /// CBNZ Xt by so many bytes.
  public static func cbnz(_ t: UInt32, _ bytes: Int) -> UInt32 {
    branchNonZero.word(["z": 1, "t": t, "i": words(bytes, bits: 19)])
  }
  /// LDXR of 1 << size bytes.
  public static func ldxr(_ t: UInt32, _ n: UInt32, size: UInt32 = 3) -> UInt32 {
    loadExclusive[Int(size)].word(["x": 0x3FF, "n": n, "t": t])
  }
  /// STXR of 1 << size bytes.
  public static func stxr(_ s: UInt32, _ t: UInt32, _ n: UInt32, size: UInt32 = 3) -> UInt32 {
    storeExclusive[Int(size)].word(["s": s, "x": 31, "n": n, "t": t])
  }
  /// LDXP Xt, Xu, [Xn].
  public static func ldxp(_ t: UInt32, _ u: UInt32, _ n: UInt32) -> UInt32 {
    loadPair.word(["x": 31, "u": u, "n": n, "t": t])
  }
  /// STXP Ws, Xt, Xu, [Xn].
  public static func stxp(_ s: UInt32, _ t: UInt32, _ u: UInt32, _ n: UInt32) -> UInt32 {
    storePair.word(["s": s, "u": u, "n": n, "t": t])
  }

  /// MRS Xt of a register.
  public static func mrs(_ t: UInt32, _ register: SystemRegisterEncoding) -> UInt32 {
    system(fromSystem, register, t)
  }
  /// MRS Xt of a register.
  public static func mrs(_ t: UInt32, _ register: SystemRegister) -> UInt32 {
    mrs(t, register.encoding)
  }
  /// MSR of a register, Xt.
  public static func msr(_ register: SystemRegisterEncoding, _ t: UInt32) -> UInt32 {
    system(toSystem, register, t)
  }
  /// MSR of a register, Xt.
  public static func msr(_ register: SystemRegister, _ t: UInt32) -> UInt32 {
    msr(register.encoding, t)
  }
  /// SYS, Xt.
  public static func sys(_ instruction: SystemRegisterEncoding, _ t: UInt32) -> UInt32 {
    system(systemInstruction, instruction, t)
  }

  /// op2 and, of registers, the lower bit of op0 have one letter.
  private static func system(
    _ row: Row, _ encoding: SystemRegisterEncoding, _ t: UInt32
  ) -> UInt32 {
    let lower = encoding.op0 > 1 ? UInt32(encoding.op0 & 1) << 3 : 0
    return row.word([
      "o": lower | UInt32(encoding.op2), "p": UInt32(encoding.op1), "n": UInt32(encoding.crn),
      "m": UInt32(encoding.crm), "t": t,
    ])
  }

  private static func words(_ bytes: Int, bits: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: bytes / 4) & (1 << bits - 1)
  }
}
