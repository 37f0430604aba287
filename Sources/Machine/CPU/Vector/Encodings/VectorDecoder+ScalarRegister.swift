// Rows of the decode table in the manual's order: Advanced SIMD scalar (Arm ARM C4.1).

extension VectorDecoder {
  /// Advanced SIMD scalar.
  static let scalarRegister: [VectorEncoding] = [
    VectorEncoding(
      "DUP (element, scalar)", "01011110000iiiii000001nnnnnddddd", .dupElement, .copyElementScalar),
    VectorEncoding(
      "FMULX (scalar, half-precision)", "01011110010mmmmm000111nnnnnddddd", .fmulx, .halfScalar),
    VectorEncoding(
      "FCMEQ (register, scalar, half-precision)", "01011110010mmmmm001001nnnnnddddd", .fcmeq,
      .halfScalar),
    VectorEncoding(
      "FRECPS (scalar, half-precision)", "01011110010mmmmm001111nnnnnddddd", .frecps, .halfScalar),
    VectorEncoding(
      "FRSQRTS (scalar, half-precision)", "01011110110mmmmm001111nnnnnddddd", .frsqrts, .halfScalar),
    VectorEncoding(
      "FCMGE (register, scalar, half-precision)", "01111110010mmmmm001001nnnnnddddd", .fcmge,
      .halfScalar),
    VectorEncoding(
      "FACGE (scalar, half-precision)", "01111110010mmmmm001011nnnnnddddd", .facge, .halfScalar),
    VectorEncoding(
      "FABD (scalar, half-precision)", "01111110110mmmmm000101nnnnnddddd", .fabd, .halfScalar),
    VectorEncoding(
      "FCMGT (register, scalar, half-precision)", "01111110110mmmmm001001nnnnnddddd", .fcmgt,
      .halfScalar),
    VectorEncoding(
      "FACGT (scalar, half-precision)", "01111110110mmmmm001011nnnnnddddd", .facgt, .halfScalar),
    VectorEncoding(
      "FCVTNS (scalar, half-precision)", "0101111001111001101010nnnnnddddd", .fcvtns, .halfScalar),
    VectorEncoding(
      "FCVTMS (scalar, half-precision)", "0101111001111001101110nnnnnddddd", .fcvtms, .halfScalar),
    VectorEncoding(
      "FCVTAS (scalar, half-precision)", "0101111001111001110010nnnnnddddd", .fcvtas, .halfScalar),
    VectorEncoding(
      "SCVTF (integer, scalar, half-precision)", "0101111001111001110110nnnnnddddd", .scvtf,
      .halfScalar),
    VectorEncoding(
      "FCMGT (zero, scalar, half-precision)", "0101111011111000110010nnnnnddddd", .fcmgtZero,
      .halfScalar),
    VectorEncoding(
      "FCMEQ (zero, scalar, half-precision)", "0101111011111000110110nnnnnddddd", .fcmeqZero,
      .halfScalar),
    VectorEncoding(
      "FCMLT (zero, scalar, half-precision)", "0101111011111000111010nnnnnddddd", .fcmltZero,
      .halfScalar),
    VectorEncoding(
      "FCVTPS (scalar, half-precision)", "0101111011111001101010nnnnnddddd", .fcvtps, .halfScalar),
    VectorEncoding(
      "FCVTZS (integer, scalar, half-precision)", "0101111011111001101110nnnnnddddd", .fcvtzs,
      .halfScalar),
    VectorEncoding(
      "FRECPE (scalar, half-precision)", "0101111011111001110110nnnnnddddd", .frecpe, .halfScalar),
    VectorEncoding(
      "FRECPX (scalar, half-precision)", "0101111011111001111110nnnnnddddd", .frecpx, .halfScalar),
    VectorEncoding(
      "FCVTNU (scalar, half-precision)", "0111111001111001101010nnnnnddddd", .fcvtnu, .halfScalar),
    VectorEncoding(
      "FCVTMU (scalar, half-precision)", "0111111001111001101110nnnnnddddd", .fcvtmu, .halfScalar),
    VectorEncoding(
      "FCVTAU (scalar, half-precision)", "0111111001111001110010nnnnnddddd", .fcvtau, .halfScalar),
    VectorEncoding(
      "UCVTF (integer, scalar, half-precision)", "0111111001111001110110nnnnnddddd", .ucvtf,
      .halfScalar),
    VectorEncoding(
      "FCMGE (zero, scalar, half-precision)", "0111111011111000110010nnnnnddddd", .fcmgeZero,
      .halfScalar),
    VectorEncoding(
      "FCMLE (zero, scalar, half-precision)", "0111111011111000110110nnnnnddddd", .fcmleZero,
      .halfScalar),
    VectorEncoding(
      "FCVTPU (scalar, half-precision)", "0111111011111001101010nnnnnddddd", .fcvtpu, .halfScalar),
    VectorEncoding(
      "FCVTZU (integer, scalar, half-precision)", "0111111011111001101110nnnnnddddd", .fcvtzu,
      .halfScalar),
    VectorEncoding(
      "FRSQRTE (scalar, half-precision)", "0111111011111001110110nnnnnddddd", .frsqrte, .halfScalar),
    VectorEncoding(
      "SQRDMLAH (vector, scalar)", "01111110zz0mmmmm100001nnnnnddddd", .sqrdmlah, .scalar(.hs)),
    VectorEncoding(
      "SQRDMLSH (vector, scalar)", "01111110zz0mmmmm100011nnnnnddddd", .sqrdmlsh, .scalar(.hs)),
    VectorEncoding("SUQADD (scalar)", "01011110zz100000001110nnnnnddddd", .suqadd, .scalar(.bhsd)),
    VectorEncoding("USQADD (scalar)", "01111110zz100000001110nnnnnddddd", .usqadd, .scalar(.bhsd)),
    VectorEncoding("SQABS (scalar)", "01011110zz100000011110nnnnnddddd", .sqabs, .scalar(.bhsd)),
    VectorEncoding("SQNEG (scalar)", "01111110zz100000011110nnnnnddddd", .sqneg, .scalar(.bhsd)),
    VectorEncoding(
      "CMGT (zero, scalar)", "01011110zz100000100010nnnnnddddd", .cmgtZero, .scalar(.d)),
    VectorEncoding(
      "CMEQ (zero, scalar)", "01011110zz100000100110nnnnnddddd", .cmeqZero, .scalar(.d)),
    VectorEncoding(
      "CMLT (zero, scalar)", "01011110zz100000101010nnnnnddddd", .cmltZero, .scalar(.d)),
    VectorEncoding(
      "CMGE (zero, scalar)", "01111110zz100000100010nnnnnddddd", .cmgeZero, .scalar(.d)),
    VectorEncoding(
      "CMLE (zero, scalar)", "01111110zz100000100110nnnnnddddd", .cmleZero, .scalar(.d)),
    VectorEncoding("ABS (scalar)", "01011110zz100000101110nnnnnddddd", .abs, .scalar(.d)),
    VectorEncoding("NEG (scalar)", "01111110zz100000101110nnnnnddddd", .neg, .scalar(.d)),
    VectorEncoding(
      "SQXTUN (scalar)", "01111110zz100001001010nnnnnddddd", .sqxtun, .longScalar(.bhs)),
    VectorEncoding("SQXTN (scalar)", "01011110zz100001010010nnnnnddddd", .sqxtn, .longScalar(.bhs)),
    VectorEncoding("UQXTN (scalar)", "01111110zz100001010010nnnnnddddd", .uqxtn, .longScalar(.bhs)),
    VectorEncoding(
      "FCVTXN (scalar)", "0111111001100001011010nnnnnddddd", .fcvtxn, .floatLongScalar),
    VectorEncoding("FCVTNS (scalar)", "010111100z100001101010nnnnnddddd", .fcvtns, .floatScalar),
    VectorEncoding("FCVTMS (scalar)", "010111100z100001101110nnnnnddddd", .fcvtms, .floatScalar),
    VectorEncoding("FCVTAS (scalar)", "010111100z100001110010nnnnnddddd", .fcvtas, .floatScalar),
    VectorEncoding(
      "SCVTF (integer, scalar)", "010111100z100001110110nnnnnddddd", .scvtf, .floatScalar),
    VectorEncoding(
      "FCMGT (zero, scalar)", "010111101z100000110010nnnnnddddd", .fcmgtZero, .floatScalar),
    VectorEncoding(
      "FCMEQ (zero, scalar)", "010111101z100000110110nnnnnddddd", .fcmeqZero, .floatScalar),
    VectorEncoding(
      "FCMLT (zero, scalar)", "010111101z100000111010nnnnnddddd", .fcmltZero, .floatScalar),
    VectorEncoding("FCVTPS (scalar)", "010111101z100001101010nnnnnddddd", .fcvtps, .floatScalar),
    VectorEncoding(
      "FCVTZS (integer, scalar)", "010111101z100001101110nnnnnddddd", .fcvtzs, .floatScalar),
    VectorEncoding("FRECPE (scalar)", "010111101z100001110110nnnnnddddd", .frecpe, .floatScalar),
    VectorEncoding("FRECPX (scalar)", "010111101z100001111110nnnnnddddd", .frecpx, .floatScalar),
    VectorEncoding("FCVTNU (scalar)", "011111100z100001101010nnnnnddddd", .fcvtnu, .floatScalar),
    VectorEncoding("FCVTMU (scalar)", "011111100z100001101110nnnnnddddd", .fcvtmu, .floatScalar),
    VectorEncoding("FCVTAU (scalar)", "011111100z100001110010nnnnnddddd", .fcvtau, .floatScalar),
    VectorEncoding(
      "UCVTF (integer, scalar)", "011111100z100001110110nnnnnddddd", .ucvtf, .floatScalar),
    VectorEncoding(
      "FCMGE (zero, scalar)", "011111101z100000110010nnnnnddddd", .fcmgeZero, .floatScalar),
    VectorEncoding(
      "FCMLE (zero, scalar)", "011111101z100000110110nnnnnddddd", .fcmleZero, .floatScalar),
    VectorEncoding("FCVTPU (scalar)", "011111101z100001101010nnnnnddddd", .fcvtpu, .floatScalar),
    VectorEncoding(
      "FCVTZU (integer, scalar)", "011111101z100001101110nnnnnddddd", .fcvtzu, .floatScalar),
    VectorEncoding("FRSQRTE (scalar)", "011111101z100001110110nnnnnddddd", .frsqrte, .floatScalar),
    VectorEncoding("ADDP (scalar)", "01011110zz110001101110nnnnnddddd", .addp, .scalar(.d)),
    VectorEncoding(
      "FMAXNMP (scalar, half-precision)", "0101111000110000110010nnnnnddddd", .fmaxnmp, .halfScalar),
    VectorEncoding("FMAXNMP (scalar)", "011111100z110000110010nnnnnddddd", .fmaxnmp, .floatScalar),
    VectorEncoding(
      "FADDP (scalar, half-precision)", "0101111000110000110110nnnnnddddd", .faddp, .halfScalar),
    VectorEncoding("FADDP (scalar)", "011111100z110000110110nnnnnddddd", .faddp, .floatScalar),
    VectorEncoding(
      "FMAXP (scalar, half-precision)", "0101111000110000111110nnnnnddddd", .fmaxp, .halfScalar),
    VectorEncoding("FMAXP (scalar)", "011111100z110000111110nnnnnddddd", .fmaxp, .floatScalar),
    VectorEncoding(
      "FMINNMP (scalar, half-precision)", "0101111010110000110010nnnnnddddd", .fminnmp, .halfScalar),
    VectorEncoding("FMINNMP (scalar)", "011111101z110000110010nnnnnddddd", .fminnmp, .floatScalar),
    VectorEncoding(
      "FMINP (scalar, half-precision)", "0101111010110000111110nnnnnddddd", .fminp, .halfScalar),
    VectorEncoding("FMINP (scalar)", "011111101z110000111110nnnnnddddd", .fminp, .floatScalar),
    VectorEncoding(
      "SQDMLAL (vector, scalar)", "01011110zz1mmmmm100100nnnnnddddd", .sqdmlal, .longScalar(.hs)),
    VectorEncoding(
      "SQDMLSL (vector, scalar)", "01011110zz1mmmmm101100nnnnnddddd", .sqdmlsl, .longScalar(.hs)),
    VectorEncoding(
      "SQDMULL (vector, scalar)", "01011110zz1mmmmm110100nnnnnddddd", .sqdmull, .longScalar(.hs)),
    VectorEncoding("SQADD (scalar)", "01011110zz1mmmmm000011nnnnnddddd", .sqadd, .scalar(.bhsd)),
    VectorEncoding("UQADD (scalar)", "01111110zz1mmmmm000011nnnnnddddd", .uqadd, .scalar(.bhsd)),
    VectorEncoding("SQSUB (scalar)", "01011110zz1mmmmm001011nnnnnddddd", .sqsub, .scalar(.bhsd)),
    VectorEncoding("UQSUB (scalar)", "01111110zz1mmmmm001011nnnnnddddd", .uqsub, .scalar(.bhsd)),
    VectorEncoding(
      "CMGT (register, scalar)", "01011110zz1mmmmm001101nnnnnddddd", .cmgt, .scalar(.d)),
    VectorEncoding(
      "CMHI (register, scalar)", "01111110zz1mmmmm001101nnnnnddddd", .cmhi, .scalar(.d)),
    VectorEncoding(
      "CMGE (register, scalar)", "01011110zz1mmmmm001111nnnnnddddd", .cmge, .scalar(.d)),
    VectorEncoding(
      "CMHS (register, scalar)", "01111110zz1mmmmm001111nnnnnddddd", .cmhs, .scalar(.d)),
    VectorEncoding("SSHL (scalar)", "01011110zz1mmmmm010001nnnnnddddd", .sshl, .scalar(.d)),
    VectorEncoding("USHL (scalar)", "01111110zz1mmmmm010001nnnnnddddd", .ushl, .scalar(.d)),
    VectorEncoding(
      "SQSHL (register, scalar)", "01011110zz1mmmmm010011nnnnnddddd", .sqshl, .scalar(.bhsd)),
    VectorEncoding(
      "UQSHL (register, scalar)", "01111110zz1mmmmm010011nnnnnddddd", .uqshl, .scalar(.bhsd)),
    VectorEncoding("SRSHL (scalar)", "01011110zz1mmmmm010101nnnnnddddd", .srshl, .scalar(.d)),
    VectorEncoding("URSHL (scalar)", "01111110zz1mmmmm010101nnnnnddddd", .urshl, .scalar(.d)),
    VectorEncoding("SQRSHL (scalar)", "01011110zz1mmmmm010111nnnnnddddd", .sqrshl, .scalar(.bhsd)),
    VectorEncoding("UQRSHL (scalar)", "01111110zz1mmmmm010111nnnnnddddd", .uqrshl, .scalar(.bhsd)),
    VectorEncoding("ADD (scalar)", "01011110zz1mmmmm100001nnnnnddddd", .add, .scalar(.d)),
    VectorEncoding("SUB (scalar)", "01111110zz1mmmmm100001nnnnnddddd", .sub, .scalar(.d)),
    VectorEncoding("CMTST (scalar)", "01011110zz1mmmmm100011nnnnnddddd", .cmtst, .scalar(.d)),
    VectorEncoding(
      "CMEQ (register, scalar)", "01111110zz1mmmmm100011nnnnnddddd", .cmeq, .scalar(.d)),
    VectorEncoding("SQDMULH (scalar)", "01011110zz1mmmmm101101nnnnnddddd", .sqdmulh, .scalar(.hs)),
    VectorEncoding(
      "SQRDMULH (scalar)", "01111110zz1mmmmm101101nnnnnddddd", .sqrdmulh, .scalar(.hs)),
    VectorEncoding("FMULX (scalar)", "010111100z1mmmmm110111nnnnnddddd", .fmulx, .floatScalar),
    VectorEncoding(
      "FCMEQ (register, scalar)", "010111100z1mmmmm111001nnnnnddddd", .fcmeq, .floatScalar),
    VectorEncoding("FRECPS (scalar)", "010111100z1mmmmm111111nnnnnddddd", .frecps, .floatScalar),
    VectorEncoding("FRSQRTS (scalar)", "010111101z1mmmmm111111nnnnnddddd", .frsqrts, .floatScalar),
    VectorEncoding(
      "FCMGE (register, scalar)", "011111100z1mmmmm111001nnnnnddddd", .fcmge, .floatScalar),
    VectorEncoding("FACGE (scalar)", "011111100z1mmmmm111011nnnnnddddd", .facge, .floatScalar),
    VectorEncoding("FABD (scalar)", "011111101z1mmmmm110101nnnnnddddd", .fabd, .floatScalar),
    VectorEncoding(
      "FCMGT (register, scalar)", "011111101z1mmmmm111001nnnnnddddd", .fcmgt, .floatScalar),
    VectorEncoding("FACGT (scalar)", "011111101z1mmmmm111011nnnnnddddd", .facgt, .floatScalar),
    VectorEncoding("SSHR (scalar)", "010111110hhhhiii000001nnnnnddddd", .sshr, .shiftRightScalar),
    VectorEncoding("USHR (scalar)", "011111110hhhhiii000001nnnnnddddd", .ushr, .shiftRightScalar),
    VectorEncoding("SSRA (scalar)", "010111110hhhhiii000101nnnnnddddd", .ssra, .shiftRightScalar),
    VectorEncoding("USRA (scalar)", "011111110hhhhiii000101nnnnnddddd", .usra, .shiftRightScalar),
    VectorEncoding("SRSHR (scalar)", "010111110hhhhiii001001nnnnnddddd", .srshr, .shiftRightScalar),
    VectorEncoding("URSHR (scalar)", "011111110hhhhiii001001nnnnnddddd", .urshr, .shiftRightScalar),
    VectorEncoding("SRSRA (scalar)", "010111110hhhhiii001101nnnnnddddd", .srsra, .shiftRightScalar),
    VectorEncoding("URSRA (scalar)", "011111110hhhhiii001101nnnnnddddd", .ursra, .shiftRightScalar),
    VectorEncoding("SRI (scalar)", "011111110hhhhiii010001nnnnnddddd", .sri, .shiftRightScalar),
    VectorEncoding("SHL (scalar)", "010111110hhhhiii010101nnnnnddddd", .shl, .shiftLeftScalarD),
    VectorEncoding("SLI (scalar)", "011111110hhhhiii010101nnnnnddddd", .sli, .shiftLeftScalarD),
    VectorEncoding(
      "SQSHLU (scalar)", "011111110hhhhiii011001nnnnnddddd", .sqshlu, .shiftLeftScalar),
    VectorEncoding(
      "SQSHL (immediate, scalar)", "010111110hhhhiii011101nnnnnddddd", .sqshlImmediate,
      .shiftLeftScalar),
    VectorEncoding(
      "UQSHL (immediate, scalar)", "011111110hhhhiii011101nnnnnddddd", .uqshlImmediate,
      .shiftLeftScalar),
    VectorEncoding(
      "SQSHRUN (scalar)", "011111110hhhhiii100001nnnnnddddd", .sqshrun, .shiftNarrowScalar),
    VectorEncoding(
      "SQRSHRUN (scalar)", "011111110hhhhiii100011nnnnnddddd", .sqrshrun, .shiftNarrowScalar),
    VectorEncoding(
      "SQSHRN (scalar)", "010111110hhhhiii100101nnnnnddddd", .sqshrn, .shiftNarrowScalar),
    VectorEncoding(
      "UQSHRN (scalar)", "011111110hhhhiii100101nnnnnddddd", .uqshrn, .shiftNarrowScalar),
    VectorEncoding(
      "SQRSHRN (scalar)", "010111110hhhhiii100111nnnnnddddd", .sqrshrn, .shiftNarrowScalar),
    VectorEncoding(
      "UQRSHRN (scalar)", "011111110hhhhiii100111nnnnnddddd", .uqrshrn, .shiftNarrowScalar),
    VectorEncoding(
      "SCVTF (fixed-point, scalar)", "010111110hhhhiii111001nnnnnddddd", .scvtf, .fixedPointScalar),
    VectorEncoding(
      "UCVTF (fixed-point, scalar)", "011111110hhhhiii111001nnnnnddddd", .ucvtf, .fixedPointScalar),
    VectorEncoding(
      "FCVTZS (fixed-point, scalar)", "010111110hhhhiii111111nnnnnddddd", .fcvtzs, .fixedPointScalar
    ),
    VectorEncoding(
      "FCVTZU (fixed-point, scalar)", "011111110hhhhiii111111nnnnnddddd", .fcvtzu, .fixedPointScalar
    ),
    VectorEncoding(
      "SQDMLAL (by element, scalar)", "01011111zzLMmmmm0011H0nnnnnddddd", .sqdmlal,
      .indexedLongScalar(.hs)),
    VectorEncoding(
      "SQDMLSL (by element, scalar)", "01011111zzLMmmmm0111H0nnnnnddddd", .sqdmlsl,
      .indexedLongScalar(.hs)),
    VectorEncoding(
      "SQDMULL (by element, scalar)", "01011111zzLMmmmm1011H0nnnnnddddd", .sqdmull,
      .indexedLongScalar(.hs)),
    VectorEncoding(
      "SQDMULH (by element, scalar)", "01011111zzLMmmmm1100H0nnnnnddddd", .sqdmulh,
      .indexedScalar(.hs)),
    VectorEncoding(
      "SQRDMULH (by element, scalar)", "01011111zzLMmmmm1101H0nnnnnddddd", .sqrdmulh,
      .indexedScalar(.hs)),
    VectorEncoding(
      "SQRDMLAH (by element, scalar)", "01111111zzLMmmmm1101H0nnnnnddddd", .sqrdmlah,
      .indexedScalar(.hs)),
    VectorEncoding(
      "SQRDMLSH (by element, scalar)", "01111111zzLMmmmm1111H0nnnnnddddd", .sqrdmlsh,
      .indexedScalar(.hs)),
    VectorEncoding(
      "FMLA (by element, scalar, half-precision)", "0101111100LMmmmm0001H0nnnnnddddd", .fmla,
      .indexedHalfScalar),
    VectorEncoding(
      "FMLA (by element, scalar)", "010111111zLMmmmm0001H0nnnnnddddd", .fmla, .indexedFloatScalar),
    VectorEncoding(
      "FMLS (by element, scalar, half-precision)", "0101111100LMmmmm0101H0nnnnnddddd", .fmls,
      .indexedHalfScalar),
    VectorEncoding(
      "FMLS (by element, scalar)", "010111111zLMmmmm0101H0nnnnnddddd", .fmls, .indexedFloatScalar),
    VectorEncoding(
      "FMUL (by element, scalar, half-precision)", "0101111100LMmmmm1001H0nnnnnddddd", .fmul,
      .indexedHalfScalar),
    VectorEncoding(
      "FMUL (by element, scalar)", "010111111zLMmmmm1001H0nnnnnddddd", .fmul, .indexedFloatScalar),
    VectorEncoding(
      "FMULX (by element, scalar, half-precision)", "0111111100LMmmmm1001H0nnnnnddddd", .fmulx,
      .indexedHalfScalar),
    VectorEncoding(
      "FMULX (by element, scalar)", "011111111zLMmmmm1001H0nnnnnddddd", .fmulx, .indexedFloatScalar),
  ]
}
