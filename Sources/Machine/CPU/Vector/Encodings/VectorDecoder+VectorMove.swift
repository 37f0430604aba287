// Rows of the decode table in the manual's order: Advanced SIMD table lookup, permute, extract and
// copy (Arm ARM C4.1).

extension VectorDecoder {
  /// Advanced SIMD table lookup, permute, extract and copy.
  static let vectorMove: [VectorEncoding] = [
    VectorEncoding("TBL", "0Q001110000mmmmm0ii000nnnnnddddd", .tbl, .fixed(size: 0)),
    VectorEncoding("TBX", "0Q001110000mmmmm0ii100nnnnnddddd", .tbx, .fixed(size: 0)),
    VectorEncoding("UZP1", "0Q001110zz0mmmmm000110nnnnnddddd", .uzp1, .vector(.bhsd)),
    VectorEncoding("TRN1", "0Q001110zz0mmmmm001010nnnnnddddd", .trn1, .vector(.bhsd)),
    VectorEncoding("ZIP1", "0Q001110zz0mmmmm001110nnnnnddddd", .zip1, .vector(.bhsd)),
    VectorEncoding("UZP2", "0Q001110zz0mmmmm010110nnnnnddddd", .uzp2, .vector(.bhsd)),
    VectorEncoding("TRN2", "0Q001110zz0mmmmm011010nnnnnddddd", .trn2, .vector(.bhsd)),
    VectorEncoding("ZIP2", "0Q001110zz0mmmmm011110nnnnnddddd", .zip2, .vector(.bhsd)),
    VectorEncoding("EXT", "0Q101110000mmmmm0jjjj0nnnnnddddd", .ext, .extract),
    VectorEncoding("DUP (element)", "0Q001110000iiiii000001nnnnnddddd", .dupElement, .copyElement),
    VectorEncoding("DUP (general)", "0Q001110000iiiii000011sssssddddd", .dupGeneral, .copyGeneral),
    VectorEncoding("SMOV", "0Q001110000iiiii001011nnnnnttttt", .smov, .moveToGeneral(.bhs)),
    VectorEncoding("UMOV", "0Q001110000iiiii001111nnnnnttttt", .umov, .moveToGeneral(.bhsd)),
    VectorEncoding(
      "INS (general)", "01001110000iiiii000111sssssddddd", .insGeneral, .insertGeneral),
    VectorEncoding(
      "INS (element)", "01101110000iiiii0jjjj1nnnnnddddd", .insElement, .insertElement),
  ]
}
