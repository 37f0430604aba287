// Second-level selector of `Opcode.vector`: what to compute. Scalar, vector and by-element forms of an
// instruction share a case; element size, lane count and index come from the decoded shape.

/// A floating-point or Advanced SIMD instruction.
enum VectorOpcode: UInt16, CaseIterable, Sendable {
  case aese, aesd, aesmc, aesimc, sha1c, sha1p, sha1m, sha1su0, sha256h, sha256h2, sha256su1
  case sha1h, sha1su1, sha256su0, dupElement, fmulx, fcmeq, frecps, frsqrts, fcmge, facge, fabd
  case fcmgt, facgt, fcvtns, fcvtms, fcvtas, scvtf, fcmgtZero, fcmeqZero, fcmltZero, fcvtps
  case fcvtzs, frecpe, frecpx, fcvtnu, fcvtmu, fcvtau, ucvtf, fcmgeZero, fcmleZero, fcvtpu
  case fcvtzu, frsqrte, sqrdmlah, sqrdmlsh, suqadd, usqadd, sqabs, sqneg, cmgtZero, cmeqZero
  case cmltZero, cmgeZero, cmleZero, abs, neg, sqxtun, sqxtn, uqxtn, fcvtxn, addp, fmaxnmp, faddp
  case fmaxp, fminnmp, fminp, sqdmlal, sqdmlsl, sqdmull, sqadd, uqadd, sqsub, uqsub, cmgt, cmhi
  case cmge, cmhs, sshl, ushl, sqshl, uqshl, srshl, urshl, sqrshl, uqrshl, add, sub, cmtst, cmeq
  case sqdmulh, sqrdmulh, sshr, ushr, ssra, usra, srshr, urshr, srsra, ursra, sri, shl, sli
  case sqshlu, sqshlImmediate, uqshlImmediate, sqshrun, sqrshrun, sqshrn, uqshrn, sqrshrn
  case uqrshrn, fmla, fmls, fmul, tbl, tbx, uzp1, trn1, zip1, uzp2, trn2, zip2, ext, dupGeneral
  case smov, umov, insGeneral, insElement, fmaxnm, fadd, fmax, fminnm, fsub, fmin, fdiv, frintn
  case frintm, fabs, frintp, frintz, frinta, frintx, fneg, frinti, fsqrt, sdot, udot, rev64
  case rev32, rev16, saddlp, uaddlp, cls, clz, cnt, sadalp, uadalp, xtn, shll, not, rbit, fcvtn
  case fcvtl, urecpe, ursqrte, saddlv, uaddlv, smaxv, umaxv, sminv, uminv, addv, fmaxnmv, fmaxv
  case fminnmv, fminv, saddl, uaddl, saddw, uaddw, ssubl, usubl, ssubw, usubw, addhn, raddhn
  case sabal, uabal, subhn, rsubhn, sabdl, uabdl, smlal, umlal, smlsl, umlsl, smull, umull, pmull
  case shadd, uhadd, srhadd, urhadd, shsub, uhsub, smax, umax, smin, umin, sabd, uabd, saba, uaba
  case mla, mls, mul, pmul, smaxp, umaxp, sminp, uminp, andVector, eorVector, bicVector
  case bslVector, orrVector, bitVector, ornVector, bifVector, movi, orrImmediate, bicImmediate
  case shrn, rshrn, sshll, ushll, scvtfGeneral, ucvtfGeneral, fcvtzsGeneral, fcvtzuGeneral
  case fcvtnsGeneral, fcvtnuGeneral, fcvtasGeneral, fcvtauGeneral, fcvtpsGeneral, fcvtpuGeneral
  case fcvtmsGeneral, fcvtmuGeneral, fmovToGeneral, fmovFromGeneral, fmovTopToGeneral
  case fmovTopFromGeneral, fmov, fcvt, fcmp, fcmpZero, fcmpe, fcmpeZero, fccmp, fccmpe, fnmul
  case fcsel, fmadd, fmsub, fnmadd, fnmsub, storeMultiple, loadMultiple, storeSingle, loadSingle
  case loadReplicate
}
