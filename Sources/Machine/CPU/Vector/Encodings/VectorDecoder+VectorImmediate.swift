// Rows of the decode table in the manual's order: Advanced SIMD modified immediate, shift by
// immediate and by element (Arm ARM C4.1).

extension VectorDecoder {
  /// Advanced SIMD modified immediate, shift by immediate and by element.
  static let vectorImmediate: [VectorEncoding] = [
    VectorEncoding(
      "MOVI (32-bit shifted)", "0Q00111100000iii0cc001iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding(
      "ORR (vector, immediate, 32-bit)", "0Q00111100000iii0cc101iiiiiddddd", .orrImmediate,
      .modifiedImmediate),
    VectorEncoding(
      "MOVI (16-bit shifted)", "0Q00111100000iii10c001iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding(
      "ORR (vector, immediate, 16-bit)", "0Q00111100000iii10c101iiiiiddddd", .orrImmediate,
      .modifiedImmediate),
    VectorEncoding(
      "MOVI (32-bit shifting ones)", "0Q00111100000iii110c01iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding("MOVI (8-bit)", "0Q00111100000iii111001iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding(
      "FMOV (vector, immediate, single)", "0Q00111100000iii111101iiiiiddddd", .movi,
      .modifiedImmediate),
    VectorEncoding(
      "FMOV (vector, immediate, half)", "0Q00111100000iii111111iiiiiddddd", .movi,
      .modifiedImmediate),
    VectorEncoding(
      "MVNI (32-bit shifted)", "0Q10111100000iii0cc001iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding(
      "BIC (vector, immediate, 32-bit)", "0Q10111100000iii0cc101iiiiiddddd", .bicImmediate,
      .modifiedImmediate),
    VectorEncoding(
      "MVNI (16-bit shifted)", "0Q10111100000iii10c001iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding(
      "BIC (vector, immediate, 16-bit)", "0Q10111100000iii10c101iiiiiddddd", .bicImmediate,
      .modifiedImmediate),
    VectorEncoding(
      "MVNI (32-bit shifting ones)", "0Q10111100000iii110c01iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding("MOVI (64-bit)", "0Q10111100000iii111001iiiiiddddd", .movi, .modifiedImmediate),
    VectorEncoding(
      "FMOV (vector, immediate, double)", "0110111100000iii111101iiiiiddddd", .movi,
      .modifiedImmediate),
    VectorEncoding("SSHR (vector)", "0Q0011110hhhhiii000001nnnnnddddd", .sshr, .shiftRight),
    VectorEncoding("USHR (vector)", "0Q1011110hhhhiii000001nnnnnddddd", .ushr, .shiftRight),
    VectorEncoding("SSRA (vector)", "0Q0011110hhhhiii000101nnnnnddddd", .ssra, .shiftRight),
    VectorEncoding("USRA (vector)", "0Q1011110hhhhiii000101nnnnnddddd", .usra, .shiftRight),
    VectorEncoding("SRSHR (vector)", "0Q0011110hhhhiii001001nnnnnddddd", .srshr, .shiftRight),
    VectorEncoding("URSHR (vector)", "0Q1011110hhhhiii001001nnnnnddddd", .urshr, .shiftRight),
    VectorEncoding("SRSRA (vector)", "0Q0011110hhhhiii001101nnnnnddddd", .srsra, .shiftRight),
    VectorEncoding("URSRA (vector)", "0Q1011110hhhhiii001101nnnnnddddd", .ursra, .shiftRight),
    VectorEncoding("SRI (vector)", "0Q1011110hhhhiii010001nnnnnddddd", .sri, .shiftRight),
    VectorEncoding("SHL (vector)", "0Q0011110hhhhiii010101nnnnnddddd", .shl, .shiftLeft),
    VectorEncoding("SLI (vector)", "0Q1011110hhhhiii010101nnnnnddddd", .sli, .shiftLeft),
    VectorEncoding("SQSHLU (vector)", "0Q1011110hhhhiii011001nnnnnddddd", .sqshlu, .shiftLeft),
    VectorEncoding(
      "SQSHL (immediate, vector)", "0Q0011110hhhhiii011101nnnnnddddd", .sqshlImmediate, .shiftLeft),
    VectorEncoding(
      "UQSHL (immediate, vector)", "0Q1011110hhhhiii011101nnnnnddddd", .uqshlImmediate, .shiftLeft),
    VectorEncoding("SHRN (vector)", "0Q0011110hhhhiii100001nnnnnddddd", .shrn, .shiftNarrow),
    VectorEncoding("RSHRN (vector)", "0Q0011110hhhhiii100011nnnnnddddd", .rshrn, .shiftNarrow),
    VectorEncoding("SQSHRUN (vector)", "0Q1011110hhhhiii100001nnnnnddddd", .sqshrun, .shiftNarrow),
    VectorEncoding(
      "SQRSHRUN (vector)", "0Q1011110hhhhiii100011nnnnnddddd", .sqrshrun, .shiftNarrow),
    VectorEncoding("SQSHRN (vector)", "0Q0011110hhhhiii100101nnnnnddddd", .sqshrn, .shiftNarrow),
    VectorEncoding("UQSHRN (vector)", "0Q1011110hhhhiii100101nnnnnddddd", .uqshrn, .shiftNarrow),
    VectorEncoding("SQRSHRN (vector)", "0Q0011110hhhhiii100111nnnnnddddd", .sqrshrn, .shiftNarrow),
    VectorEncoding("UQRSHRN (vector)", "0Q1011110hhhhiii100111nnnnnddddd", .uqrshrn, .shiftNarrow),
    VectorEncoding("SSHLL (vector)", "0Q0011110hhhhiii101001nnnnnddddd", .sshll, .shiftLong),
    VectorEncoding("USHLL (vector)", "0Q1011110hhhhiii101001nnnnnddddd", .ushll, .shiftLong),
    VectorEncoding(
      "SCVTF (fixed-point, vector)", "0Q0011110hhhhiii111001nnnnnddddd", .scvtf, .fixedPoint),
    VectorEncoding(
      "UCVTF (fixed-point, vector)", "0Q1011110hhhhiii111001nnnnnddddd", .ucvtf, .fixedPoint),
    VectorEncoding(
      "FCVTZS (fixed-point, vector)", "0Q0011110hhhhiii111111nnnnnddddd", .fcvtzs, .fixedPoint),
    VectorEncoding(
      "FCVTZU (fixed-point, vector)", "0Q1011110hhhhiii111111nnnnnddddd", .fcvtzu, .fixedPoint),
    VectorEncoding(
      "SMLAL (by element)", "0Q001111zzLMmmmm0010H0nnnnnddddd", .smlal, .indexedLong(.hs)),
    VectorEncoding(
      "UMLAL (by element)", "0Q101111zzLMmmmm0010H0nnnnnddddd", .umlal, .indexedLong(.hs)),
    VectorEncoding(
      "SMLSL (by element)", "0Q001111zzLMmmmm0110H0nnnnnddddd", .smlsl, .indexedLong(.hs)),
    VectorEncoding(
      "UMLSL (by element)", "0Q101111zzLMmmmm0110H0nnnnnddddd", .umlsl, .indexedLong(.hs)),
    VectorEncoding(
      "SMULL (by element)", "0Q001111zzLMmmmm1010H0nnnnnddddd", .smull, .indexedLong(.hs)),
    VectorEncoding(
      "UMULL (by element)", "0Q101111zzLMmmmm1010H0nnnnnddddd", .umull, .indexedLong(.hs)),
    VectorEncoding(
      "SQDMLAL (by element)", "0Q001111zzLMmmmm0011H0nnnnnddddd", .sqdmlal, .indexedLong(.hs)),
    VectorEncoding(
      "SQDMLSL (by element)", "0Q001111zzLMmmmm0111H0nnnnnddddd", .sqdmlsl, .indexedLong(.hs)),
    VectorEncoding(
      "SQDMULL (by element)", "0Q001111zzLMmmmm1011H0nnnnnddddd", .sqdmull, .indexedLong(.hs)),
    VectorEncoding("MLA (by element)", "0Q101111zzLMmmmm0000H0nnnnnddddd", .mla, .indexed(.hs)),
    VectorEncoding("MLS (by element)", "0Q101111zzLMmmmm0100H0nnnnnddddd", .mls, .indexed(.hs)),
    VectorEncoding("MUL (by element)", "0Q001111zzLMmmmm1000H0nnnnnddddd", .mul, .indexed(.hs)),
    VectorEncoding(
      "SQDMULH (by element)", "0Q001111zzLMmmmm1100H0nnnnnddddd", .sqdmulh, .indexed(.hs)),
    VectorEncoding(
      "SQRDMULH (by element)", "0Q001111zzLMmmmm1101H0nnnnnddddd", .sqrdmulh, .indexed(.hs)),
    VectorEncoding(
      "SQRDMLAH (by element)", "0Q101111zzLMmmmm1101H0nnnnnddddd", .sqrdmlah, .indexed(.hs)),
    VectorEncoding(
      "SQRDMLSH (by element)", "0Q101111zzLMmmmm1111H0nnnnnddddd", .sqrdmlsh, .indexed(.hs)),
    VectorEncoding("SDOT (by element)", "0Q001111zzLMmmmm1110H0nnnnnddddd", .sdot, .indexedDot),
    VectorEncoding("UDOT (by element)", "0Q101111zzLMmmmm1110H0nnnnnddddd", .udot, .indexedDot),
    VectorEncoding(
      "FMLA (by element, half-precision)", "0Q00111100LMmmmm0001H0nnnnnddddd", .fmla, .indexedHalf),
    VectorEncoding("FMLA (by element)", "0Q0011111zLMmmmm0001H0nnnnnddddd", .fmla, .indexedFloat),
    VectorEncoding(
      "FMLS (by element, half-precision)", "0Q00111100LMmmmm0101H0nnnnnddddd", .fmls, .indexedHalf),
    VectorEncoding("FMLS (by element)", "0Q0011111zLMmmmm0101H0nnnnnddddd", .fmls, .indexedFloat),
    VectorEncoding(
      "FMUL (by element, half-precision)", "0Q00111100LMmmmm1001H0nnnnnddddd", .fmul, .indexedHalf),
    VectorEncoding("FMUL (by element)", "0Q0011111zLMmmmm1001H0nnnnnddddd", .fmul, .indexedFloat),
    VectorEncoding(
      "FMULX (by element, half-precision)", "0Q10111100LMmmmm1001H0nnnnnddddd", .fmulx, .indexedHalf
    ),
    VectorEncoding("FMULX (by element)", "0Q1011111zLMmmmm1001H0nnnnnddddd", .fmulx, .indexedFloat),
  ]
}
