// Rows of the decode table in the manual's order: Floating-point (Arm ARM C4.1).

extension VectorDecoder {
  /// Floating-point.
  static let floatingPoint: [VectorEncoding] = [
    VectorEncoding(
      "SCVTF (scalar, fixed-point)", "i0011110zz000010iiiiiisssssddddd", .scvtfGeneral,
      .floatGeneralFixed),
    VectorEncoding(
      "UCVTF (scalar, fixed-point)", "i0011110zz000011iiiiiisssssddddd", .ucvtfGeneral,
      .floatGeneralFixed),
    VectorEncoding(
      "FCVTZS (scalar, fixed-point)", "i0011110zz011000iiiiiinnnnnttttt", .fcvtzsGeneral,
      .floatGeneralFixed),
    VectorEncoding(
      "FCVTZU (scalar, fixed-point)", "i0011110zz011001iiiiiinnnnnttttt", .fcvtzuGeneral,
      .floatGeneralFixed),
    VectorEncoding(
      "FCVTNS (scalar, general)", "i0011110zz100000000000nnnnnttttt", .fcvtnsGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTNU (scalar, general)", "i0011110zz100001000000nnnnnttttt", .fcvtnuGeneral, .floatGeneral),
    VectorEncoding(
      "SCVTF (scalar, integer)", "i0011110zz100010000000sssssddddd", .scvtfGeneral, .floatGeneral),
    VectorEncoding(
      "UCVTF (scalar, integer)", "i0011110zz100011000000sssssddddd", .ucvtfGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTAS (scalar, general)", "i0011110zz100100000000nnnnnttttt", .fcvtasGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTAU (scalar, general)", "i0011110zz100101000000nnnnnttttt", .fcvtauGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTPS (scalar, general)", "i0011110zz101000000000nnnnnttttt", .fcvtpsGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTPU (scalar, general)", "i0011110zz101001000000nnnnnttttt", .fcvtpuGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTMS (scalar, general)", "i0011110zz110000000000nnnnnttttt", .fcvtmsGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTMU (scalar, general)", "i0011110zz110001000000nnnnnttttt", .fcvtmuGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTZS (scalar, integer)", "i0011110zz111000000000nnnnnttttt", .fcvtzsGeneral, .floatGeneral),
    VectorEncoding(
      "FCVTZU (scalar, integer)", "i0011110zz111001000000nnnnnttttt", .fcvtzuGeneral, .floatGeneral),
    VectorEncoding(
      "FMOV (general, half to word)", "0001111011100110000000nnnnnttttt", .fmovToGeneral,
      .moveGeneral(size: 1)),
    VectorEncoding(
      "FMOV (general, half to doubleword)", "1001111011100110000000nnnnnttttt", .fmovToGeneral,
      .moveGeneral(size: 1)),
    VectorEncoding(
      "FMOV (general, word to half)", "0001111011100111000000sssssddddd", .fmovFromGeneral,
      .moveGeneral(size: 1)),
    VectorEncoding(
      "FMOV (general, doubleword to half)", "1001111011100111000000sssssddddd", .fmovFromGeneral,
      .moveGeneral(size: 1)),
    VectorEncoding(
      "FMOV (general, single to word)", "0001111000100110000000nnnnnttttt", .fmovToGeneral,
      .moveGeneral(size: 2)),
    VectorEncoding(
      "FMOV (general, word to single)", "0001111000100111000000sssssddddd", .fmovFromGeneral,
      .moveGeneral(size: 2)),
    VectorEncoding(
      "FMOV (general, double to doubleword)", "1001111001100110000000nnnnnttttt", .fmovToGeneral,
      .moveGeneral(size: 3)),
    VectorEncoding(
      "FMOV (general, doubleword to double)", "1001111001100111000000sssssddddd", .fmovFromGeneral,
      .moveGeneral(size: 3)),
    VectorEncoding(
      "FMOV (general, top half to doubleword)", "1001111010101110000000nnnnnttttt",
      .fmovTopToGeneral, .moveGeneral(size: 3)),
    VectorEncoding(
      "FMOV (general, doubleword to top half)", "1001111010101111000000sssssddddd",
      .fmovTopFromGeneral, .moveGeneral(size: 3)),
    VectorEncoding("FMOV (register)", "00011110zz100000010000nnnnnddddd", .fmov, .floatType),
    VectorEncoding("FABS (scalar)", "00011110zz100000110000nnnnnddddd", .fabs, .floatType),
    VectorEncoding("FNEG (scalar)", "00011110zz100001010000nnnnnddddd", .fneg, .floatType),
    VectorEncoding("FSQRT (scalar)", "00011110zz100001110000nnnnnddddd", .fsqrt, .floatType),
    VectorEncoding(
      "FCVT (single to double)", "0001111000100010110000nnnnnddddd", .fcvt, .floatType),
    VectorEncoding("FCVT (single to half)", "0001111000100011110000nnnnnddddd", .fcvt, .floatType),
    VectorEncoding(
      "FCVT (double to single)", "0001111001100010010000nnnnnddddd", .fcvt, .floatType),
    VectorEncoding("FCVT (double to half)", "0001111001100011110000nnnnnddddd", .fcvt, .floatType),
    VectorEncoding("FCVT (half to single)", "0001111011100010010000nnnnnddddd", .fcvt, .floatType),
    VectorEncoding("FCVT (half to double)", "0001111011100010110000nnnnnddddd", .fcvt, .floatType),
    VectorEncoding("FRINTN (scalar)", "00011110zz100100010000nnnnnddddd", .frintn, .floatType),
    VectorEncoding("FRINTP (scalar)", "00011110zz100100110000nnnnnddddd", .frintp, .floatType),
    VectorEncoding("FRINTM (scalar)", "00011110zz100101010000nnnnnddddd", .frintm, .floatType),
    VectorEncoding("FRINTZ (scalar)", "00011110zz100101110000nnnnnddddd", .frintz, .floatType),
    VectorEncoding("FRINTA (scalar)", "00011110zz100110010000nnnnnddddd", .frinta, .floatType),
    VectorEncoding("FRINTX (scalar)", "00011110zz100111010000nnnnnddddd", .frintx, .floatType),
    VectorEncoding("FRINTI (scalar)", "00011110zz100111110000nnnnnddddd", .frinti, .floatType),
    VectorEncoding("FCMP", "00011110zz1mmmmm001000nnnnn00000", .fcmp, .floatType),
    VectorEncoding("FCMP (zero)", "00011110zz1iiiii001000nnnnn01000", .fcmpZero, .floatType),
    VectorEncoding("FCMPE", "00011110zz1mmmmm001000nnnnn10000", .fcmpe, .floatType),
    VectorEncoding("FCMPE (zero)", "00011110zz1iiiii001000nnnnn11000", .fcmpeZero, .floatType),
    VectorEncoding(
      "FMOV (scalar, immediate)", "00011110zz1iiiiiiii10000000ddddd", .movi, .floatImmediate),
    VectorEncoding("FCCMP", "00011110zz1mmmmmcccc01nnnnn0ffff", .fccmp, .floatType),
    VectorEncoding("FCCMPE", "00011110zz1mmmmmcccc01nnnnn1ffff", .fccmpe, .floatType),
    VectorEncoding("FMUL (scalar)", "00011110zz1mmmmm000010nnnnnddddd", .fmul, .floatType),
    VectorEncoding("FDIV (scalar)", "00011110zz1mmmmm000110nnnnnddddd", .fdiv, .floatType),
    VectorEncoding("FADD (scalar)", "00011110zz1mmmmm001010nnnnnddddd", .fadd, .floatType),
    VectorEncoding("FSUB (scalar)", "00011110zz1mmmmm001110nnnnnddddd", .fsub, .floatType),
    VectorEncoding("FMAX (scalar)", "00011110zz1mmmmm010010nnnnnddddd", .fmax, .floatType),
    VectorEncoding("FMIN (scalar)", "00011110zz1mmmmm010110nnnnnddddd", .fmin, .floatType),
    VectorEncoding("FMAXNM (scalar)", "00011110zz1mmmmm011010nnnnnddddd", .fmaxnm, .floatType),
    VectorEncoding("FMINNM (scalar)", "00011110zz1mmmmm011110nnnnnddddd", .fminnm, .floatType),
    VectorEncoding("FNMUL", "00011110zz1mmmmm100010nnnnnddddd", .fnmul, .floatType),
    VectorEncoding("FCSEL", "00011110zz1mmmmmcccc11nnnnnddddd", .fcsel, .floatType),
    VectorEncoding("FMADD", "00011111zz0mmmmm0aaaaannnnnddddd", .fmadd, .floatType),
    VectorEncoding("FMSUB", "00011111zz0mmmmm1aaaaannnnnddddd", .fmsub, .floatType),
    VectorEncoding("FNMADD", "00011111zz1mmmmm0aaaaannnnnddddd", .fnmadd, .floatType),
    VectorEncoding("FNMSUB", "00011111zz1mmmmm1aaaaannnnnddddd", .fnmsub, .floatType),
  ]
}
