// The interpreter's second level for floating point and Advanced SIMD: one switch from instruction
// to the body of its class. The caller has checked FP access (CPACR_EL1 and the like).

extension Core {
  /// Executes an operation made by `VectorDecoder.decodeVector`.
  func executeVector(_ op: Operation) throws(GuestException) {
    guard let opcode = VectorOpcode(rawValue: op.extra) else { throw .undefined }
    switch opcode {
    case .andVector, .bicVector, .orrVector, .ornVector, .eorVector, .bslVector, .bitVector,
      .bifVector:
      vectorBitwise(opcode, op)
    case .movi, .orrImmediate, .bicImmediate:
      vectorImmediate(opcode, op)
    case .fmov, .fabs, .fneg: vectorFloatSign(opcode, op)
    case .fsqrt, .frintn, .frintp, .frintm, .frintz, .frinta, .frintx,
      .frinti, .frecpe, .frsqrte, .frecpx, .fcmeqZero, .fcmgtZero, .fcmgeZero, .fcmleZero,
      .fcmltZero:
      vectorFloatUnary(opcode, op)
    case .fadd, .fsub, .fmul, .fdiv, .fnmul, .fmulx, .fabd, .fmax, .fmin, .fmaxnm, .fminnm,
      .frecps, .frsqrts, .fcmeq, .fcmge, .fcmgt, .facge, .facgt:
      vectorFloat(opcode, op)
    case .fmadd, .fmsub, .fnmadd, .fnmsub:
      scalarMultiplyAdd(opcode, op)
    case .fmla: vectorFloatMultiplyAdd(op, isSubtraction: false)
    case .fmls: vectorFloatMultiplyAdd(op, isSubtraction: true)
    case .fcmp: scalarCompare(op, isSignaling: false, isZero: false)
    case .fcmpZero: scalarCompare(op, isSignaling: false, isZero: true)
    case .fcmpe: scalarCompare(op, isSignaling: true, isZero: false)
    case .fcmpeZero: scalarCompare(op, isSignaling: true, isZero: true)
    case .fccmp: scalarConditionalCompare(op, isSignaling: false)
    case .fccmpe: scalarConditionalCompare(op, isSignaling: true)
    case .fcsel: scalarSelect(op)
    case .fcvt: scalarConvert(op)
    case .fmovToGeneral, .fmovFromGeneral, .fmovTopToGeneral, .fmovTopFromGeneral:
      vectorMoveGeneral(opcode, op)
    case .fcvtnsGeneral, .fcvtnuGeneral, .fcvtmsGeneral, .fcvtmuGeneral, .fcvtpsGeneral,
      .fcvtpuGeneral, .fcvtasGeneral, .fcvtauGeneral, .fcvtzsGeneral, .fcvtzuGeneral:
      scalarToGeneral(opcode, op)
    case .scvtfGeneral: scalarFromGeneral(op, isSigned: true)
    case .ucvtfGeneral: scalarFromGeneral(op, isSigned: false)
    case .fcvtns, .fcvtnu, .fcvtms, .fcvtmu, .fcvtps, .fcvtpu, .fcvtas, .fcvtau, .fcvtzs,
      .fcvtzu:
      vectorToInteger(opcode, op)
    case .scvtf: vectorFromInteger(op, isSigned: true)
    case .ucvtf: vectorFromInteger(op, isSigned: false)
    case .fcvtl: vectorConvertLong(op)
    case .fcvtn: vectorConvertNarrow(op, isToOdd: false)
    case .fcvtxn: vectorConvertNarrow(op, isToOdd: true)
    case .faddp, .fmaxp, .fminp, .fmaxnmp, .fminnmp:
      vectorFloatPairwise(opcode, op)
    case .fmaxv, .fminv, .fmaxnmv, .fminnmv:
      vectorFloatAcross(opcode, op)
    case .add, .sub, .mul, .mla, .mls, .cmeq, .cmhi, .cmhs, .cmtst, .cmgt, .cmge, .smax, .smin,
      .umax, .umin:
      vectorDirect(opcode, op)
    case .dupElement, .dupGeneral, .insGeneral, .insElement, .smov, .umov:
      vectorCopy(opcode, op)
    case .shadd, .uhadd, .srhadd, .urhadd, .shsub, .uhsub, .sabd, .uabd, .saba, .uaba, .pmul:
      vectorHalving(opcode, op)
    case .sqadd, .uqadd, .sqsub, .uqsub, .sshl, .ushl, .sqshl, .uqshl, .srshl, .urshl, .sqrshl,
      .uqrshl, .sqdmulh, .sqrdmulh:
      vectorSaturating(opcode, op)
    case .sqrdmlah: vectorRoundingMultiplyAccumulate(op, isSubtraction: false)
    case .sqrdmlsh: vectorRoundingMultiplyAccumulate(op, isSubtraction: true)
    case .sdot: vectorDot(op, isSigned: true)
    case .udot: vectorDot(op, isSigned: false)
    case .addp, .smaxp, .umaxp, .sminp, .uminp:
      vectorPairwise(opcode, op)
    case .addv, .saddlv, .uaddlv, .smaxv, .umaxv, .sminv, .uminv:
      vectorAcross(opcode, op)
    case .saddl, .uaddl, .ssubl, .usubl, .sabal, .uabal, .sabdl, .uabdl, .smlal, .umlal, .smlsl,
      .umlsl, .smull, .umull, .sqdmlal, .sqdmlsl, .sqdmull:
      vectorLong(opcode, op)
    case .saddw, .uaddw, .ssubw, .usubw: vectorWide(opcode, op)
    case .addhn, .raddhn, .subhn, .rsubhn: vectorHighNarrow(opcode, op)
    case .pmull: vectorPolynomialLong(op)
    case .xtn, .sqxtn, .uqxtn, .sqxtun: vectorExtractNarrow(opcode, op)
    case .saddlp, .uaddlp, .sadalp, .uadalp: vectorPairwiseLong(opcode, op)
    case .cmgtZero, .cmgeZero, .cmeqZero, .cmleZero, .cmltZero:
      vectorCompareZero(opcode, op)
    case .abs, .neg, .not, .cnt, .clz, .cls, .urecpe, .ursqrte, .rev64, .rev32, .rev16, .rbit:
      vectorUnary(opcode, op)
    case .sqabs, .sqneg, .suqadd, .usqadd: vectorSaturatingUnary(opcode, op)
    case .shl, .ushr, .sshr, .srshr, .urshr, .ssra, .usra, .srsra, .ursra, .sri, .sli:
      vectorShift(opcode, op)
    case .sqshlImmediate, .uqshlImmediate, .sqshlu: vectorSaturatingShift(opcode, op)
    case .shrn, .rshrn, .sqshrn, .sqrshrn, .uqshrn, .uqrshrn, .sqshrun, .sqrshrun:
      vectorShiftNarrow(opcode, op)
    case .sshll, .ushll, .shll: vectorShiftLong(opcode, op)
    case .zip1, .zip2, .uzp1, .uzp2, .trn1, .trn2: vectorPermute(opcode, op)
    case .ext: vectorExtract(op)
    case .tbl: vectorTable(op, isExtension: false)
    case .tbx: vectorTable(op, isExtension: true)
    case .aese, .aesd, .aesmc, .aesimc: vectorAES(opcode, op)
    case .sha1c, .sha1p, .sha1m: vectorSHA1(opcode, op)
    case .sha1h, .sha1su0, .sha1su1: vectorSHA1Schedule(opcode, op)
    case .sha256h: vectorSHA256(op, isFirstPart: true)
    case .sha256h2: vectorSHA256(op, isFirstPart: false)
    case .sha256su0, .sha256su1: vectorSHA256Schedule(opcode, op)
    case .loadMultiple: try vectorMultipleStructures(op, isLoad: true)
    case .storeMultiple: try vectorMultipleStructures(op, isLoad: false)
    case .loadSingle: try vectorSingleStructure(op, isLoad: true)
    case .storeSingle: try vectorSingleStructure(op, isLoad: false)
    case .loadReplicate: try vectorReplicateStructure(op)
    }
  }
}
