// Loads and stores. Arm ARM C4.1. The rows of single registers, of pairs and of SIMD&FP; the
// atomics are in Decoder+Atomic.swift.

extension Decoder {
  static let loadStoreRows: [Encoding] = literalAndPairRows + singleRegisterRows + vectorMemoryRows

  private static let literalAndPairRows: [Encoding] = [
    .init("LDR (literal, 32-bit)", "00011000iiiiiiiiiiiiiiiiiiittttt", .literal(.loadLiteral32)),
    .init("LDR (literal, 64-bit)", "01011000iiiiiiiiiiiiiiiiiiittttt", .literal(.loadLiteral64)),
    .init("LDRSW (literal)", "10011000iiiiiiiiiiiiiiiiiiittttt", .literal(.loadLiteralS32)),
    .init("PRFM (literal)", "11011000iiiiiiiiiiiiiiiiiiittttt", .prefetch),
    .init("LDR (literal, SIMD&FP, 32-bit)", "00011100iiiiiiiiiiiiiiiiiiittttt", .vectorLiteral),
    .init("LDR (literal, SIMD&FP, 64-bit)", "01011100iiiiiiiiiiiiiiiiiiittttt", .vectorLiteral),
    .init("LDR (literal, SIMD&FP, 128-bit)", "10011100iiiiiiiiiiiiiiiiiiittttt", .vectorLiteral),
    .init("STNP (32-bit)", "0010100000iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("LDNP (32-bit)", "0010100001iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("STP (32-bit, post-index)", "0010100010iiiiiiiuuuuunnnnnttttt", .pair(.postIndex)),
    .init("LDP (32-bit, post-index)", "0010100011iiiiiiiuuuuunnnnnttttt", .pair(.postIndex)),
    .init("STP (32-bit, offset)", "0010100100iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("LDP (32-bit, offset)", "0010100101iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("STP (32-bit, pre-index)", "0010100110iiiiiiiuuuuunnnnnttttt", .pair(.preIndex)),
    .init("LDP (32-bit, pre-index)", "0010100111iiiiiiiuuuuunnnnnttttt", .pair(.preIndex)),
    .init("STNP (64-bit)", "1010100000iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("LDNP (64-bit)", "1010100001iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("STP (64-bit, post-index)", "1010100010iiiiiiiuuuuunnnnnttttt", .pair(.postIndex)),
    .init("LDP (64-bit, post-index)", "1010100011iiiiiiiuuuuunnnnnttttt", .pair(.postIndex)),
    .init("STP (64-bit, offset)", "1010100100iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("LDP (64-bit, offset)", "1010100101iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("STP (64-bit, pre-index)", "1010100110iiiiiiiuuuuunnnnnttttt", .pair(.preIndex)),
    .init("LDP (64-bit, pre-index)", "1010100111iiiiiiiuuuuunnnnnttttt", .pair(.preIndex)),
    .init("LDPSW (post-index)", "0110100011iiiiiiiuuuuunnnnnttttt", .pair(.postIndex)),
    .init("LDPSW (offset)", "0110100101iiiiiiiuuuuunnnnnttttt", .pair(.offset)),
    .init("LDPSW (pre-index)", "0110100111iiiiiiiuuuuunnnnnttttt", .pair(.preIndex)),
    .init("STNP (SIMD&FP, 32-bit)", "0010110000iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init("LDNP (SIMD&FP, 32-bit)", "0010110001iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "STP (SIMD&FP, 32-bit, post-index)", "0010110010iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.postIndex)),
    .init(
      "LDP (SIMD&FP, 32-bit, post-index)", "0010110011iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.postIndex)),
    .init(
      "STP (SIMD&FP, 32-bit, offset)", "0010110100iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "LDP (SIMD&FP, 32-bit, offset)", "0010110101iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "STP (SIMD&FP, 32-bit, pre-index)", "0010110110iiiiiiiuuuuunnnnnttttt", .vectorPair(.preIndex)
    ),
    .init(
      "LDP (SIMD&FP, 32-bit, pre-index)", "0010110111iiiiiiiuuuuunnnnnttttt", .vectorPair(.preIndex)
    ),
    .init("STNP (SIMD&FP, 64-bit)", "0110110000iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init("LDNP (SIMD&FP, 64-bit)", "0110110001iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "STP (SIMD&FP, 64-bit, post-index)", "0110110010iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.postIndex)),
    .init(
      "LDP (SIMD&FP, 64-bit, post-index)", "0110110011iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.postIndex)),
    .init(
      "STP (SIMD&FP, 64-bit, offset)", "0110110100iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "LDP (SIMD&FP, 64-bit, offset)", "0110110101iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "STP (SIMD&FP, 64-bit, pre-index)", "0110110110iiiiiiiuuuuunnnnnttttt", .vectorPair(.preIndex)
    ),
    .init(
      "LDP (SIMD&FP, 64-bit, pre-index)", "0110110111iiiiiiiuuuuunnnnnttttt", .vectorPair(.preIndex)
    ),
    .init("STNP (SIMD&FP, 128-bit)", "1010110000iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init("LDNP (SIMD&FP, 128-bit)", "1010110001iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "STP (SIMD&FP, 128-bit, post-index)", "1010110010iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.postIndex)),
    .init(
      "LDP (SIMD&FP, 128-bit, post-index)", "1010110011iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.postIndex)),
    .init(
      "STP (SIMD&FP, 128-bit, offset)", "1010110100iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "LDP (SIMD&FP, 128-bit, offset)", "1010110101iiiiiiiuuuuunnnnnttttt", .vectorPair(.offset)),
    .init(
      "STP (SIMD&FP, 128-bit, pre-index)", "1010110110iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.preIndex)),
    .init(
      "LDP (SIMD&FP, 128-bit, pre-index)", "1010110111iiiiiiiuuuuunnnnnttttt",
      .vectorPair(.preIndex)),
  ]

  private static let singleRegisterRows: [Encoding] = [
    .init("STRB (unscaled)", "00111000000iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("STRB (post-index)", "00111000000iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("STRB (pre-index)", "00111000000iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("STRB (unprivileged)", "00111000000iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("STRB (register)", "00111000001mmmmmooos10nnnnnttttt", .registerOffset),
    .init("STRB (unsigned offset)", "0011100100iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRB (unscaled)", "00111000010iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRB (post-index)", "00111000010iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRB (pre-index)", "00111000010iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRB (unprivileged)", "00111000010iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRB (register)", "00111000011mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRB (unsigned offset)", "0011100101iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRSB (64-bit, unscaled)", "00111000100iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRSB (64-bit, post-index)", "00111000100iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRSB (64-bit, pre-index)", "00111000100iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRSB (64-bit, unprivileged)", "00111000100iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRSB (64-bit, register)", "00111000101mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRSB (64-bit, unsigned offset)", "0011100110iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRSB (32-bit, unscaled)", "00111000110iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRSB (32-bit, post-index)", "00111000110iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRSB (32-bit, pre-index)", "00111000110iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRSB (32-bit, unprivileged)", "00111000110iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRSB (32-bit, register)", "00111000111mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRSB (32-bit, unsigned offset)", "0011100111iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("STRH (unscaled)", "01111000000iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("STRH (post-index)", "01111000000iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("STRH (pre-index)", "01111000000iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("STRH (unprivileged)", "01111000000iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("STRH (register)", "01111000001mmmmmooos10nnnnnttttt", .registerOffset),
    .init("STRH (unsigned offset)", "0111100100iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRH (unscaled)", "01111000010iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRH (post-index)", "01111000010iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRH (pre-index)", "01111000010iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRH (unprivileged)", "01111000010iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRH (register)", "01111000011mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRH (unsigned offset)", "0111100101iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRSH (64-bit, unscaled)", "01111000100iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRSH (64-bit, post-index)", "01111000100iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRSH (64-bit, pre-index)", "01111000100iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRSH (64-bit, unprivileged)", "01111000100iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRSH (64-bit, register)", "01111000101mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRSH (64-bit, unsigned offset)", "0111100110iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRSH (32-bit, unscaled)", "01111000110iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRSH (32-bit, post-index)", "01111000110iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRSH (32-bit, pre-index)", "01111000110iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRSH (32-bit, unprivileged)", "01111000110iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRSH (32-bit, register)", "01111000111mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRSH (32-bit, unsigned offset)", "0111100111iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("STR (32-bit, unscaled)", "10111000000iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("STR (32-bit, post-index)", "10111000000iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("STR (32-bit, pre-index)", "10111000000iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("STR (32-bit, unprivileged)", "10111000000iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("STR (32-bit, register)", "10111000001mmmmmooos10nnnnnttttt", .registerOffset),
    .init("STR (32-bit, unsigned offset)", "1011100100iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDR (32-bit, unscaled)", "10111000010iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDR (32-bit, post-index)", "10111000010iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDR (32-bit, pre-index)", "10111000010iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDR (32-bit, unprivileged)", "10111000010iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDR (32-bit, register)", "10111000011mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDR (32-bit, unsigned offset)", "1011100101iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDRSW (unscaled)", "10111000100iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDRSW (post-index)", "10111000100iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDRSW (pre-index)", "10111000100iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDRSW (unprivileged)", "10111000100iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDRSW (register)", "10111000101mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDRSW (unsigned offset)", "1011100110iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("STR (64-bit, unscaled)", "11111000000iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("STR (64-bit, post-index)", "11111000000iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("STR (64-bit, pre-index)", "11111000000iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("STR (64-bit, unprivileged)", "11111000000iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("STR (64-bit, register)", "11111000001mmmmmooos10nnnnnttttt", .registerOffset),
    .init("STR (64-bit, unsigned offset)", "1111100100iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("LDR (64-bit, unscaled)", "11111000010iiiiiiiii00nnnnnttttt", .single(.offset)),
    .init("LDR (64-bit, post-index)", "11111000010iiiiiiiii01nnnnnttttt", .single(.postIndex)),
    .init("LDR (64-bit, pre-index)", "11111000010iiiiiiiii11nnnnnttttt", .single(.preIndex)),
    .init("LDR (64-bit, unprivileged)", "11111000010iiiiiiiii10nnnnnttttt", .unprivileged),
    .init("LDR (64-bit, register)", "11111000011mmmmmooos10nnnnnttttt", .registerOffset),
    .init("LDR (64-bit, unsigned offset)", "1111100101iiiiiiiiiiiinnnnnttttt", .unsignedOffset),
    .init("PRFUM", "11111000100iiiiiiiii00nnnnnttttt", .prefetch),
    .init("PRFM (register)", "11111000101mmmmmooos10nnnnnttttt", .prefetch),
    .init("PRFM (immediate)", "1111100110iiiiiiiiiiiinnnnnttttt", .prefetch),
  ]

  private static let vectorMemoryRows: [Encoding] = [
    .init(
      "LDR/STR (SIMD&FP, 8-bit, unscaled)", "001111000l0iiiiiiiii00nnnnnttttt",
      .vectorSingle(.offset)),
    .init(
      "LDR/STR (SIMD&FP, 8-bit, post-index)", "001111000l0iiiiiiiii01nnnnnttttt",
      .vectorSingle(.postIndex)),
    .init(
      "LDR/STR (SIMD&FP, 8-bit, pre-index)", "001111000l0iiiiiiiii11nnnnnttttt",
      .vectorSingle(.preIndex)),
    .init(
      "LDR/STR (SIMD&FP, 8-bit, register)", "001111000l1mmmmmo1os10nnnnnttttt",
      .vectorRegisterOffset),
    .init(
      "LDR/STR (SIMD&FP, 8-bit, unsigned offset)", "001111010liiiiiiiiiiiinnnnnttttt",
      .vectorUnsignedOffset),
    .init(
      "LDR/STR (SIMD&FP, 16-bit, unscaled)", "011111000l0iiiiiiiii00nnnnnttttt",
      .vectorSingle(.offset)),
    .init(
      "LDR/STR (SIMD&FP, 16-bit, post-index)", "011111000l0iiiiiiiii01nnnnnttttt",
      .vectorSingle(.postIndex)),
    .init(
      "LDR/STR (SIMD&FP, 16-bit, pre-index)", "011111000l0iiiiiiiii11nnnnnttttt",
      .vectorSingle(.preIndex)),
    .init(
      "LDR/STR (SIMD&FP, 16-bit, register)", "011111000l1mmmmmo1os10nnnnnttttt",
      .vectorRegisterOffset),
    .init(
      "LDR/STR (SIMD&FP, 16-bit, unsigned offset)", "011111010liiiiiiiiiiiinnnnnttttt",
      .vectorUnsignedOffset),
    .init(
      "LDR/STR (SIMD&FP, 32-bit, unscaled)", "101111000l0iiiiiiiii00nnnnnttttt",
      .vectorSingle(.offset)),
    .init(
      "LDR/STR (SIMD&FP, 32-bit, post-index)", "101111000l0iiiiiiiii01nnnnnttttt",
      .vectorSingle(.postIndex)),
    .init(
      "LDR/STR (SIMD&FP, 32-bit, pre-index)", "101111000l0iiiiiiiii11nnnnnttttt",
      .vectorSingle(.preIndex)),
    .init(
      "LDR/STR (SIMD&FP, 32-bit, register)", "101111000l1mmmmmo1os10nnnnnttttt",
      .vectorRegisterOffset),
    .init(
      "LDR/STR (SIMD&FP, 32-bit, unsigned offset)", "101111010liiiiiiiiiiiinnnnnttttt",
      .vectorUnsignedOffset),
    .init(
      "LDR/STR (SIMD&FP, 64-bit, unscaled)", "111111000l0iiiiiiiii00nnnnnttttt",
      .vectorSingle(.offset)),
    .init(
      "LDR/STR (SIMD&FP, 64-bit, post-index)", "111111000l0iiiiiiiii01nnnnnttttt",
      .vectorSingle(.postIndex)),
    .init(
      "LDR/STR (SIMD&FP, 64-bit, pre-index)", "111111000l0iiiiiiiii11nnnnnttttt",
      .vectorSingle(.preIndex)),
    .init(
      "LDR/STR (SIMD&FP, 64-bit, register)", "111111000l1mmmmmo1os10nnnnnttttt",
      .vectorRegisterOffset),
    .init(
      "LDR/STR (SIMD&FP, 64-bit, unsigned offset)", "111111010liiiiiiiiiiiinnnnnttttt",
      .vectorUnsignedOffset),
    .init(
      "LDR/STR (SIMD&FP, 128-bit, unscaled)", "001111001l0iiiiiiiii00nnnnnttttt",
      .vectorSingle(.offset)),
    .init(
      "LDR/STR (SIMD&FP, 128-bit, post-index)", "001111001l0iiiiiiiii01nnnnnttttt",
      .vectorSingle(.postIndex)),
    .init(
      "LDR/STR (SIMD&FP, 128-bit, pre-index)", "001111001l0iiiiiiiii11nnnnnttttt",
      .vectorSingle(.preIndex)),
    .init(
      "LDR/STR (SIMD&FP, 128-bit, register)", "001111001l1mmmmmo1os10nnnnnttttt",
      .vectorRegisterOffset),
    .init(
      "LDR/STR (SIMD&FP, 128-bit, unsigned offset)", "001111011liiiiiiiiiiiinnnnnttttt",
      .vectorUnsignedOffset),
  ]
}
