// Rows of the decode table in the manual's order: Advanced SIMD half-precision (Arm ARM C4.1).

extension VectorDecoder {
  /// Advanced SIMD half-precision.
  static let vectorHalf: [VectorEncoding] = [
    VectorEncoding(
      "FMAXNM (vector, half-precision)", "0Q001110010mmmmm000001nnnnnddddd", .fmaxnm, .half),
    VectorEncoding(
      "FMLA (vector, half-precision)", "0Q001110010mmmmm000011nnnnnddddd", .fmla, .half),
    VectorEncoding(
      "FADD (vector, half-precision)", "0Q001110010mmmmm000101nnnnnddddd", .fadd, .half),
    VectorEncoding(
      "FMULX (vector, half-precision)", "0Q001110010mmmmm000111nnnnnddddd", .fmulx, .half),
    VectorEncoding(
      "FCMEQ (register, vector, half-precision)", "0Q001110010mmmmm001001nnnnnddddd", .fcmeq, .half),
    VectorEncoding(
      "FMAX (vector, half-precision)", "0Q001110010mmmmm001101nnnnnddddd", .fmax, .half),
    VectorEncoding(
      "FRECPS (vector, half-precision)", "0Q001110010mmmmm001111nnnnnddddd", .frecps, .half),
    VectorEncoding(
      "FMINNM (vector, half-precision)", "0Q001110110mmmmm000001nnnnnddddd", .fminnm, .half),
    VectorEncoding(
      "FMLS (vector, half-precision)", "0Q001110110mmmmm000011nnnnnddddd", .fmls, .half),
    VectorEncoding(
      "FSUB (vector, half-precision)", "0Q001110110mmmmm000101nnnnnddddd", .fsub, .half),
    VectorEncoding(
      "FMIN (vector, half-precision)", "0Q001110110mmmmm001101nnnnnddddd", .fmin, .half),
    VectorEncoding(
      "FRSQRTS (vector, half-precision)", "0Q001110110mmmmm001111nnnnnddddd", .frsqrts, .half),
    VectorEncoding(
      "FMAXNMP (vector, half-precision)", "0Q101110010mmmmm000001nnnnnddddd", .fmaxnmp, .half),
    VectorEncoding(
      "FADDP (vector, half-precision)", "0Q101110010mmmmm000101nnnnnddddd", .faddp, .half),
    VectorEncoding(
      "FMUL (vector, half-precision)", "0Q101110010mmmmm000111nnnnnddddd", .fmul, .half),
    VectorEncoding(
      "FCMGE (register, vector, half-precision)", "0Q101110010mmmmm001001nnnnnddddd", .fcmge, .half),
    VectorEncoding(
      "FACGE (vector, half-precision)", "0Q101110010mmmmm001011nnnnnddddd", .facge, .half),
    VectorEncoding(
      "FMAXP (vector, half-precision)", "0Q101110010mmmmm001101nnnnnddddd", .fmaxp, .half),
    VectorEncoding(
      "FDIV (vector, half-precision)", "0Q101110010mmmmm001111nnnnnddddd", .fdiv, .half),
    VectorEncoding(
      "FMINNMP (vector, half-precision)", "0Q101110110mmmmm000001nnnnnddddd", .fminnmp, .half),
    VectorEncoding(
      "FABD (vector, half-precision)", "0Q101110110mmmmm000101nnnnnddddd", .fabd, .half),
    VectorEncoding(
      "FCMGT (register, vector, half-precision)", "0Q101110110mmmmm001001nnnnnddddd", .fcmgt, .half),
    VectorEncoding(
      "FACGT (vector, half-precision)", "0Q101110110mmmmm001011nnnnnddddd", .facgt, .half),
    VectorEncoding(
      "FMINP (vector, half-precision)", "0Q101110110mmmmm001101nnnnnddddd", .fminp, .half),
    VectorEncoding(
      "FRINTN (vector, half-precision)", "0Q00111001111001100010nnnnnddddd", .frintn, .half),
    VectorEncoding(
      "FRINTM (vector, half-precision)", "0Q00111001111001100110nnnnnddddd", .frintm, .half),
    VectorEncoding(
      "FCVTNS (vector, half-precision)", "0Q00111001111001101010nnnnnddddd", .fcvtns, .half),
    VectorEncoding(
      "FCVTMS (vector, half-precision)", "0Q00111001111001101110nnnnnddddd", .fcvtms, .half),
    VectorEncoding(
      "FCVTAS (vector, half-precision)", "0Q00111001111001110010nnnnnddddd", .fcvtas, .half),
    VectorEncoding(
      "SCVTF (integer, vector, half-precision)", "0Q00111001111001110110nnnnnddddd", .scvtf, .half),
    VectorEncoding(
      "FCMGT (zero, vector, half-precision)", "0Q00111011111000110010nnnnnddddd", .fcmgtZero, .half),
    VectorEncoding(
      "FCMEQ (zero, vector, half-precision)", "0Q00111011111000110110nnnnnddddd", .fcmeqZero, .half),
    VectorEncoding(
      "FCMLT (zero, vector, half-precision)", "0Q00111011111000111010nnnnnddddd", .fcmltZero, .half),
    VectorEncoding(
      "FABS (vector, half-precision)", "0Q00111011111000111110nnnnnddddd", .fabs, .half),
    VectorEncoding(
      "FRINTP (vector, half-precision)", "0Q00111011111001100010nnnnnddddd", .frintp, .half),
    VectorEncoding(
      "FRINTZ (vector, half-precision)", "0Q00111011111001100110nnnnnddddd", .frintz, .half),
    VectorEncoding(
      "FCVTPS (vector, half-precision)", "0Q00111011111001101010nnnnnddddd", .fcvtps, .half),
    VectorEncoding(
      "FCVTZS (integer, vector, half-precision)", "0Q00111011111001101110nnnnnddddd", .fcvtzs, .half
    ),
    VectorEncoding(
      "FRECPE (vector, half-precision)", "0Q00111011111001110110nnnnnddddd", .frecpe, .half),
    VectorEncoding(
      "FRINTA (vector, half-precision)", "0Q10111001111001100010nnnnnddddd", .frinta, .half),
    VectorEncoding(
      "FRINTX (vector, half-precision)", "0Q10111001111001100110nnnnnddddd", .frintx, .half),
    VectorEncoding(
      "FCVTNU (vector, half-precision)", "0Q10111001111001101010nnnnnddddd", .fcvtnu, .half),
    VectorEncoding(
      "FCVTMU (vector, half-precision)", "0Q10111001111001101110nnnnnddddd", .fcvtmu, .half),
    VectorEncoding(
      "FCVTAU (vector, half-precision)", "0Q10111001111001110010nnnnnddddd", .fcvtau, .half),
    VectorEncoding(
      "UCVTF (integer, vector, half-precision)", "0Q10111001111001110110nnnnnddddd", .ucvtf, .half),
    VectorEncoding(
      "FCMGE (zero, vector, half-precision)", "0Q10111011111000110010nnnnnddddd", .fcmgeZero, .half),
    VectorEncoding(
      "FCMLE (zero, vector, half-precision)", "0Q10111011111000110110nnnnnddddd", .fcmleZero, .half),
    VectorEncoding(
      "FNEG (vector, half-precision)", "0Q10111011111000111110nnnnnddddd", .fneg, .half),
    VectorEncoding(
      "FRINTI (vector, half-precision)", "0Q10111011111001100110nnnnnddddd", .frinti, .half),
    VectorEncoding(
      "FCVTPU (vector, half-precision)", "0Q10111011111001101010nnnnnddddd", .fcvtpu, .half),
    VectorEncoding(
      "FCVTZU (integer, vector, half-precision)", "0Q10111011111001101110nnnnnddddd", .fcvtzu, .half
    ),
    VectorEncoding(
      "FRSQRTE (vector, half-precision)", "0Q10111011111001110110nnnnnddddd", .frsqrte, .half),
    VectorEncoding(
      "FSQRT (vector, half-precision)", "0Q10111011111001111110nnnnnddddd", .fsqrt, .half),
  ]
}
