// The vocabulary of the register table: what one row says.

import Arm

/// The exception levels that may read and write a register, before traps.
struct SystemRegisterAccess: OptionSet, Sendable {
  /// Bits 3:0 are reads from EL3...EL0, bits 7:4 writes.
  let rawValue: UInt8

  /// Reads from `level` and above.
  static func reads(from level: ExceptionLevel) -> SystemRegisterAccess {
    SystemRegisterAccess(rawValue: 0xF << level.rawValue & 0xF)
  }
  /// Writes from `level` and above.
  static func writes(from level: ExceptionLevel) -> SystemRegisterAccess {
    SystemRegisterAccess(rawValue: (0xF << level.rawValue & 0xF) << 4)
  }

  /// Whether the level with this number may.
  @inline(__always) func allows(level: UInt64, isRead: Bool) -> Bool {
    rawValue &>> UInt8(truncatingIfNeeded: isRead ? level : level &+ 4) & 1 != 0
  }
}

/// The traps that may concern an access, each named as the bit that controls it.
struct SystemRegisterTraps: OptionSet, Sendable {
  let rawValue: UInt32

  private static func bit(_ n: UInt32) -> SystemRegisterTraps {
    SystemRegisterTraps(rawValue: 1 << n)
  }
  /// Virtual memory controls: HCR_EL2.TVM for writes, TRVM for reads.
  static let tvm = bit(0)
  /// HCR_EL2.TID1.
  static let tid1 = bit(1)
  /// HCR_EL2.TID2.
  static let tid2 = bit(2)
  /// HCR_EL2.TID3.
  static let tid3 = bit(3)
  /// HCR_EL2.TACR.
  static let tacr = bit(4)
  /// HCR_EL2.TERR and SCR_EL3.TERR.
  static let terr = bit(5)
  /// HCR_EL2.FIEN and SCR_EL3.FIEN: trap when 0.
  static let fien = bit(6)
  /// HCR_EL2.TLOR and SCR_EL3.TLOR.
  static let tlor = bit(7)
  /// CPTR_EL2.TCPAC (from EL1) and CPTR_EL3.TCPAC.
  static let tcpac = bit(8)
  /// MDCR_EL2.{TDE,TDA} and MDCR_EL3.TDA.
  static let tda = bit(9)
  /// MDCR_EL2.{TDE,TDOSA} and MDCR_EL3.TDOSA.
  static let tdosa = bit(10)
  /// MDCR_EL2.{TDE,TDRA} and MDCR_EL3.TDA.
  static let tdra = bit(11)
  /// MDSCR_EL1.TDCC, from EL0.
  static let tdcc = bit(12)
  /// SCTLR_ELx.UCT, from EL0: trap when 0.
  static let uct = bit(13)
  /// SCTLR_ELx.UMA, from EL0: trap when 0.
  static let uma = bit(14)
  /// FP and Advanced SIMD: CPACR_EL1.FPEN and its relatives.
  static let fp = bit(15)
  /// CNTKCTL_EL1 or CNTHCTL_EL2 EL0PCTEN and EL0VCTEN, from EL0: trap when both are 0.
  static let counterFrequency = bit(16)
  /// EL0PCTEN; EL1PCTEN.
  static let physicalCounter = bit(17)
  /// EL0VCTEN.
  static let virtualCounter = bit(18)
  /// EL0PTEN; EL1PCEN or EL1PTEN.
  static let physicalTimer = bit(19)
  /// EL0VTEN.
  static let virtualTimer = bit(20)
  /// SCR_EL3.ST; and only in Secure state.
  static let secureTimer = bit(21)
  /// HCR_EL2.TIDCP.
  static let tidcp = bit(22)
  /// HCR_EL2.TTLB.
  static let ttlb = bit(23)
  /// HCR_EL2.TPU.
  static let tpu = bit(24)
  /// HCR_EL2.TPCP.
  static let tpcp = bit(25)
  /// HCR_EL2.TSW.
  static let tsw = bit(26)
  /// HCR_EL2.TDZ, and SCTLR_ELx.DZE from EL0.
  static let tdz = bit(27)
  /// SCTLR_ELx.UCI, from EL0: trap when 0.
  static let uci = bit(28)
  /// UNDEFINED with SCR_EL3.NS = 0: Secure state has no LORegions.
  static let nonSecure = bit(29)
  /// MDCR_EL2.TPM and MDCR_EL3.TPM; PMUSERENR_EL0 from EL0.
  static let monitors = bit(30)
  /// MDCR_EL2.TPMCR.
  static let monitorControl = bit(31)
}

/// Where the value of a register is.
enum SystemRegisterKind: UInt8, Sendable {
  /// In its word of `CoreState`, masked when written.
  case stored
  /// Reads as the row's reset value; writes are ignored.
  case constant
  /// In PSTATE, in other registers, or behind a rule of its own: `Core+SpecialRegisters.swift`.
  case special
  /// In the GIC's CPU interface.
  case interruptController
  /// In the generic timers.
  case timer
  /// In the error nodes.
  case errorRecord
  /// In the performance monitors.
  case performanceMonitor
}

/// One row of the register table.
struct SystemRegisterRow: Sendable {
  /// The register.
  var register: SystemRegister
  /// What an access from a host reaches instead (EL2 with HCR_EL2.E2H = 1, and EL0 with TGE too);
  /// itself, mostly.
  var hostRegister: SystemRegister
  /// The row number of `hostRegister` + 1, or 0 when that is the register itself.
  var hostRow: UInt16 = 0
  /// Where the value is.
  var kind: SystemRegisterKind
  /// Who may access it.
  var access: SystemRegisterAccess
  /// Whether the encoding exists only with HCR_EL2.E2H = 1 (the _EL12 and _EL02 names).
  var needsE2H = false
  /// What may trap.
  var traps: SystemRegisterTraps = []
  /// What a write changes.
  var effects: ContextEffect = []
  /// The bits that can be written; the others are RES0, or RES1 when in `fixed`.
  var mask: UInt64 = .max
  /// RES1 bits, forced when written.
  var fixed: UInt64 = 0
  /// The value after reset; where the manual says UNKNOWN, QEMU's.
  var reset: UInt64 = 0

  /// The encoding that reaches it.
  var encoding: SystemRegisterEncoding {
    needsE2H ? register.encoding.hostAlias : register.encoding
  }
}
