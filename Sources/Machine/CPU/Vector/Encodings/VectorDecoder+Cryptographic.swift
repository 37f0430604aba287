// Rows of the decode table in the manual's order: Cryptographic AES and SHA (Arm ARM C4.1).

extension VectorDecoder {
  /// Cryptographic AES and SHA.
  static let cryptographic: [VectorEncoding] = [
    VectorEncoding("AESE", "0100111000101000010010nnnnnddddd", .aese, .whole),
    VectorEncoding("AESD", "0100111000101000010110nnnnnddddd", .aesd, .whole),
    VectorEncoding("AESMC", "0100111000101000011010nnnnnddddd", .aesmc, .whole),
    VectorEncoding("AESIMC", "0100111000101000011110nnnnnddddd", .aesimc, .whole),
    VectorEncoding("SHA1C", "01011110000mmmmm000000nnnnnddddd", .sha1c, .whole),
    VectorEncoding("SHA1P", "01011110000mmmmm000100nnnnnddddd", .sha1p, .whole),
    VectorEncoding("SHA1M", "01011110000mmmmm001000nnnnnddddd", .sha1m, .whole),
    VectorEncoding("SHA1SU0", "01011110000mmmmm001100nnnnnddddd", .sha1su0, .whole),
    VectorEncoding("SHA256H", "01011110000mmmmm010000nnnnnddddd", .sha256h, .whole),
    VectorEncoding("SHA256H2", "01011110000mmmmm010100nnnnnddddd", .sha256h2, .whole),
    VectorEncoding("SHA256SU1", "01011110000mmmmm011000nnnnnddddd", .sha256su1, .whole),
    VectorEncoding("SHA1H", "0101111000101000000010nnnnnddddd", .sha1h, .whole),
    VectorEncoding("SHA1SU1", "0101111000101000000110nnnnnddddd", .sha1su1, .whole),
    VectorEncoding("SHA256SU0", "0101111000101000001010nnnnnddddd", .sha256su0, .whole),
  ]
}
