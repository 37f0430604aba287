// FP and Advanced SIMD: the guest's own instruction, with V0 to V3 for its registers, which are loaded from the
// state before it and stored behind it.
//
// Integers have no rounding and no flags. What rounds or saturates is the host's as well: both are A64, and the
// manual leaves nothing open where FPCR is zero, which the host's is as AAPCS64 begins. FPSR is cleared before
// the instruction and what it set is added to the guest's behind it. Not so: half precision and what came
// after Armv8.0, which a host may lack; these are called by their bodies, as is everything under another FPCR.

import Arm

extension A64Translator {
  /// How an instruction is executed.
  private enum Kind {
    /// By its body.
    case body
    /// As it is.
    case plain
    /// As it is, with FPCR zero; what it sets in FPSR is kept.
    case status
  }

  private static let control = CoreState.systemRegisters + SystemRegister.fpcr.ordinal
  private static let status = CoreState.systemRegisters + SystemRegister.fpsr.ordinal

  /// An FP or Advanced SIMD operation that does not access memory.
  func emitVector(_ k: Int, _ o: Operation) {
    guard let opcode = VectorOpcode(rawValue: o.extra) else { return step(k) }
    switch opcode {
    case .movi: return emitImmediate(k, o, nil)
    case .orrImmediate: return emitImmediate(k, o, .orr)
    case .bicImmediate: return emitImmediate(k, o, .and)
    default: break
    }
    let kind = Self.kind(opcode, o)
    guard kind != .body, let row = VectorDecoder.row(o.vectorWord) else { return callVector(k) }
    emit(k, o, opcode, A64VectorFields(row), kind)
  }

  private func emit(
    _ k: Int, _ o: Operation, _ opcode: VectorOpcode, _ fields: A64VectorFields, _ kind: Kind
  ) {
    var word = o.vectorWord
    let source = fields.hasGeneralSource ? use(o.rn) : .zr
    let destination = fields.hasGeneralDestination ? define(o.rd) : .zr
    if opcode.setsFlags { writeBackFlags() }
    let spill = dirtyRegisters()
    var sites = Sites(guardZero(ContextWord.isFloatingPointTrapped))
    if kind == .status { sites.append(guardZero(Self.control)) }
    if fields.hasGeneralSource {
      word = word & ~(31 << 5) | source.number << 5
    } else if fields.hasFirst {
      readVector(1, o.rn)
      word = word & ~(31 << 5) | 1 << 5
    }
    if fields.hasSecond {
      readVector(2, o.rm)
      // An index of a halfword has its lowest bit above four bits of register.
      let mask: UInt32 = o.vectorIsIndexed && o.vectorSize == 1 ? 15 << 16 : 31 << 16
      word = word & ~mask | 2 << 16
    }
    if fields.hasThird {
      readVector(3, o.ra)
      word = word & ~(31 << 10) | 3 << 10
    }
    if fields.hasGeneralDestination {
      word = word & ~31 | destination.number
    } else if fields.hasDestination {
      // Many accumulate, insert or leave a half as it is.
      readVector(0, o.rd)
      word &= ~31
    }
    if fields.hasCondition {
      word = word & ~(15 << 12) | UInt32(hostCondition(Int(word >> 12 & 15))) << 12
    }
    if kind == .status { a64.writeStatus(.zr) }
    a64.word(word)
    if kind == .status {
      a64.readStatus(.x1)
      read(.x2, Self.status)
      a64.alu(.orr, .x1, .x1, .x2, w: true)
      write(.x1, Self.status)
    }
    if fields.hasGeneralDestination {
      commit(o.rd)
    } else if fields.hasDestination {
      a64.vector(isLoad: false, 0, Self.state, Self.vector(o.rd))
    }
    if opcode.setsFlags {
      // Not left pending: where the step is taken instead, the words have them.
      areFlagsLive = true
      store(flags: .all)
    }
    finish(k, sites, spill)
  }

  private func readVector(_ host: UInt32, _ register: UInt8) {
    a64.vector(isLoad: true, host, Self.state, Self.vector(register))
  }

  /// MOVI, and ORR and BIC of an immediate, which the decoder has expanded to 64 bits.
  private func emitImmediate(_ k: Int, _ o: Operation, _ operation: A64Arithmetic?) {
    let spill = dirtyRegisters()
    let sites = Sites(guardZero(ContextWord.isFloatingPointTrapped))
    let word = StateWord.vectors + Int(o.rd) * 2
    a64.mov(.x1, imm: o.immediate)
    for half in 0..<2 {
      if half == 1, o.ra <= 8 {
        write(.zr, word + 1)
      } else if let operation {
        read(.x2, word + half)
        a64.alu(operation, .x2, .x2, .x1, isInverted: operation == .and, w: true)
        write(.x2, word + half)
      } else {
        write(.x1, word + half)
      }
    }
    finish(k, sites, spill)
  }

  /// What is not here rounds, saturates or may say something in FPSR.
  private static func kind(_ opcode: VectorOpcode, _ o: Operation) -> Kind {
    switch opcode {
    case .aese, .aesd, .aesmc, .aesimc, .sha1c, .sha1p, .sha1m, .sha1su0, .sha256h, .sha256h2,
      .sha256su1, .sha1h, .sha1su1, .sha256su0, .sqrdmlah, .sqrdmlsh, .sdot, .udot:
      .body
    case .pmull: o.vectorSize == 3 ? .body : .plain
    case .tbl, .tbx: o.vectorWord >> 13 & 3 == 0 ? .plain : .body
    // Half precision has instructions of its own; conversions from and to it were always there.
    case .fmov, .fmovToGeneral, .fmovFromGeneral, .fabs, .fneg, .fcsel:
      o.vectorSize == 1 ? .body : .plain
    case .fcvt, .fcvtl, .fcvtn: .status
    case .dupElement, .dupGeneral, .smov, .umov, .insGeneral, .insElement, .fmovTopToGeneral,
      .fmovTopFromGeneral, .uzp1, .trn1, .zip1, .uzp2, .trn2, .zip2, .ext, .cmgtZero, .cmeqZero,
      .cmltZero, .cmgeZero, .cmleZero, .abs, .neg, .addp, .cmgt, .cmhi, .cmge, .cmhs, .sshl, .ushl,
      .srshl, .urshl, .add, .sub, .cmtst, .cmeq, .sshr, .ushr, .ssra, .usra, .srshr, .urshr, .srsra,
      .ursra, .sri, .shl, .sli, .rev64, .rev32, .rev16, .saddlp, .uaddlp, .cls, .clz, .cnt, .sadalp,
      .uadalp, .xtn, .shll, .not, .rbit, .urecpe, .ursqrte, .saddlv, .uaddlv, .smaxv, .umaxv,
      .sminv,
      .uminv, .addv, .saddl, .uaddl, .saddw, .uaddw, .ssubl, .usubl, .ssubw, .usubw, .addhn,
      .raddhn,
      .sabal, .uabal, .subhn, .rsubhn, .sabdl, .uabdl, .smlal, .umlal, .smlsl, .umlsl, .smull,
      .umull,
      .shadd, .uhadd, .srhadd, .urhadd, .shsub, .uhsub, .smax, .umax, .smin, .umin, .sabd, .uabd,
      .saba, .uaba, .mla, .mls, .mul, .pmul, .smaxp, .umaxp, .sminp, .uminp, .andVector, .eorVector,
      .bicVector, .bslVector, .orrVector, .bitVector, .ornVector, .bifVector, .shrn, .rshrn, .sshll,
      .ushll:
      .plain
    case .suqadd, .usqadd, .sqabs, .sqneg, .sqxtun, .sqxtn, .uqxtn, .sqdmlal, .sqdmlsl, .sqdmull,
      .sqadd, .uqadd, .sqsub, .uqsub, .sqshl, .uqshl, .sqrshl, .uqrshl, .sqdmulh, .sqrdmulh,
      .sqshlu,
      .sqshlImmediate, .uqshlImmediate, .sqshrun, .sqrshrun, .sqshrn, .uqshrn, .sqrshrn, .uqrshrn:
      .status
    default: o.vectorSize == 1 ? .body : .status
    }
  }
}

extension VectorOpcode {
  /// Whether PSTATE.N, Z, C and V are its result.
  fileprivate var setsFlags: Bool {
    switch self {
    case .fcmp, .fcmpe, .fcmpZero, .fcmpeZero, .fccmp, .fccmpe: true
    default: false
    }
  }
}

/// Which registers a row of the decode table has, by the letters of its pattern.
struct A64VectorFields {
  let hasDestination: Bool
  let hasFirst: Bool
  let hasSecond: Bool
  let hasThird: Bool
  let hasGeneralDestination: Bool
  let hasGeneralSource: Bool
  let hasCondition: Bool

  init(_ row: VectorEncoding) {
    func has(_ field: Character) -> Bool { row.pattern.bits(of: field) != 0 }
    hasDestination = has("d")
    hasFirst = has("n")
    hasSecond = has("m")
    hasThird = has("a")
    hasGeneralDestination = row.hasGeneralDestination
    hasGeneralSource = row.hasGeneralSource
    hasCondition = has("c")
  }
}
