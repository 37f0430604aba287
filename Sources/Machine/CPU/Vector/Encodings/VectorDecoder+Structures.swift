// Rows of the decode table in the manual's order: Advanced SIMD load/store structures (Arm ARM C4.1).

extension VectorDecoder {
  /// Advanced SIMD load/store structures.
  static let structures: [VectorEncoding] = [
    VectorEncoding(
      "ST4 (multiple structures)", "0Q001100000000000000zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 4, repeats: 1)),
    VectorEncoding(
      "ST1 (multiple structures, 4 registers)", "0Q001100000000000010zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 1, repeats: 4)),
    VectorEncoding(
      "ST3 (multiple structures)", "0Q001100000000000100zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 3, repeats: 1)),
    VectorEncoding(
      "ST1 (multiple structures, 3 registers)", "0Q001100000000000110zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 1, repeats: 3)),
    VectorEncoding(
      "ST1 (multiple structures, 1 register)", "0Q001100000000000111zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 1, repeats: 1)),
    VectorEncoding(
      "ST2 (multiple structures)", "0Q001100000000001000zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 2, repeats: 1)),
    VectorEncoding(
      "ST1 (multiple structures, 2 registers)", "0Q001100000000001010zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 1, repeats: 2)),
    VectorEncoding(
      "LD4 (multiple structures)", "0Q001100010000000000zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 4, repeats: 1)),
    VectorEncoding(
      "LD1 (multiple structures, 4 registers)", "0Q001100010000000010zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 1, repeats: 4)),
    VectorEncoding(
      "LD3 (multiple structures)", "0Q001100010000000100zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 3, repeats: 1)),
    VectorEncoding(
      "LD1 (multiple structures, 3 registers)", "0Q001100010000000110zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 1, repeats: 3)),
    VectorEncoding(
      "LD1 (multiple structures, 1 register)", "0Q001100010000000111zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 1, repeats: 1)),
    VectorEncoding(
      "LD2 (multiple structures)", "0Q001100010000001000zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 2, repeats: 1)),
    VectorEncoding(
      "LD1 (multiple structures, 2 registers)", "0Q001100010000001010zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 1, repeats: 2)),
    VectorEncoding(
      "ST1 (single structure, 8-bit)", "0Q00110100000000000Szzbbbbbddddd", .storeSingle,
      .single(structure: 1, size: 0)),
    VectorEncoding(
      "ST1 (single structure, 16-bit)", "0Q00110100000000010Sz0bbbbbddddd", .storeSingle,
      .single(structure: 1, size: 1)),
    VectorEncoding(
      "ST1 (single structure, 32-bit)", "0Q00110100000000100S00bbbbbddddd", .storeSingle,
      .single(structure: 1, size: 2)),
    VectorEncoding(
      "ST1 (single structure, 64-bit)", "0Q00110100000000100001bbbbbddddd", .storeSingle,
      .single(structure: 1, size: 3)),
    VectorEncoding(
      "ST2 (single structure, 8-bit)", "0Q00110100100000000Szzbbbbbddddd", .storeSingle,
      .single(structure: 2, size: 0)),
    VectorEncoding(
      "ST2 (single structure, 16-bit)", "0Q00110100100000010Sz0bbbbbddddd", .storeSingle,
      .single(structure: 2, size: 1)),
    VectorEncoding(
      "ST2 (single structure, 32-bit)", "0Q00110100100000100S00bbbbbddddd", .storeSingle,
      .single(structure: 2, size: 2)),
    VectorEncoding(
      "ST2 (single structure, 64-bit)", "0Q00110100100000100001bbbbbddddd", .storeSingle,
      .single(structure: 2, size: 3)),
    VectorEncoding(
      "ST3 (single structure, 8-bit)", "0Q00110100000000001Szzbbbbbddddd", .storeSingle,
      .single(structure: 3, size: 0)),
    VectorEncoding(
      "ST3 (single structure, 16-bit)", "0Q00110100000000011Sz0bbbbbddddd", .storeSingle,
      .single(structure: 3, size: 1)),
    VectorEncoding(
      "ST3 (single structure, 32-bit)", "0Q00110100000000101S00bbbbbddddd", .storeSingle,
      .single(structure: 3, size: 2)),
    VectorEncoding(
      "ST3 (single structure, 64-bit)", "0Q00110100000000101001bbbbbddddd", .storeSingle,
      .single(structure: 3, size: 3)),
    VectorEncoding(
      "ST4 (single structure, 8-bit)", "0Q00110100100000001Szzbbbbbddddd", .storeSingle,
      .single(structure: 4, size: 0)),
    VectorEncoding(
      "ST4 (single structure, 16-bit)", "0Q00110100100000011Sz0bbbbbddddd", .storeSingle,
      .single(structure: 4, size: 1)),
    VectorEncoding(
      "ST4 (single structure, 32-bit)", "0Q00110100100000101S00bbbbbddddd", .storeSingle,
      .single(structure: 4, size: 2)),
    VectorEncoding(
      "ST4 (single structure, 64-bit)", "0Q00110100100000101001bbbbbddddd", .storeSingle,
      .single(structure: 4, size: 3)),
    VectorEncoding(
      "LD1 (single structure, 8-bit)", "0Q00110101000000000Szzbbbbbddddd", .loadSingle,
      .single(structure: 1, size: 0)),
    VectorEncoding(
      "LD1 (single structure, 16-bit)", "0Q00110101000000010Sz0bbbbbddddd", .loadSingle,
      .single(structure: 1, size: 1)),
    VectorEncoding(
      "LD1 (single structure, 32-bit)", "0Q00110101000000100S00bbbbbddddd", .loadSingle,
      .single(structure: 1, size: 2)),
    VectorEncoding(
      "LD1 (single structure, 64-bit)", "0Q00110101000000100001bbbbbddddd", .loadSingle,
      .single(structure: 1, size: 3)),
    VectorEncoding(
      "LD2 (single structure, 8-bit)", "0Q00110101100000000Szzbbbbbddddd", .loadSingle,
      .single(structure: 2, size: 0)),
    VectorEncoding(
      "LD2 (single structure, 16-bit)", "0Q00110101100000010Sz0bbbbbddddd", .loadSingle,
      .single(structure: 2, size: 1)),
    VectorEncoding(
      "LD2 (single structure, 32-bit)", "0Q00110101100000100S00bbbbbddddd", .loadSingle,
      .single(structure: 2, size: 2)),
    VectorEncoding(
      "LD2 (single structure, 64-bit)", "0Q00110101100000100001bbbbbddddd", .loadSingle,
      .single(structure: 2, size: 3)),
    VectorEncoding(
      "LD3 (single structure, 8-bit)", "0Q00110101000000001Szzbbbbbddddd", .loadSingle,
      .single(structure: 3, size: 0)),
    VectorEncoding(
      "LD3 (single structure, 16-bit)", "0Q00110101000000011Sz0bbbbbddddd", .loadSingle,
      .single(structure: 3, size: 1)),
    VectorEncoding(
      "LD3 (single structure, 32-bit)", "0Q00110101000000101S00bbbbbddddd", .loadSingle,
      .single(structure: 3, size: 2)),
    VectorEncoding(
      "LD3 (single structure, 64-bit)", "0Q00110101000000101001bbbbbddddd", .loadSingle,
      .single(structure: 3, size: 3)),
    VectorEncoding(
      "LD4 (single structure, 8-bit)", "0Q00110101100000001Szzbbbbbddddd", .loadSingle,
      .single(structure: 4, size: 0)),
    VectorEncoding(
      "LD4 (single structure, 16-bit)", "0Q00110101100000011Sz0bbbbbddddd", .loadSingle,
      .single(structure: 4, size: 1)),
    VectorEncoding(
      "LD4 (single structure, 32-bit)", "0Q00110101100000101S00bbbbbddddd", .loadSingle,
      .single(structure: 4, size: 2)),
    VectorEncoding(
      "LD4 (single structure, 64-bit)", "0Q00110101100000101001bbbbbddddd", .loadSingle,
      .single(structure: 4, size: 3)),
    VectorEncoding(
      "LD1R", "0Q001101010000001100zzbbbbbddddd", .loadReplicate, .replicate(structure: 1)),
    VectorEncoding(
      "LD2R", "0Q001101011000001100zzbbbbbddddd", .loadReplicate, .replicate(structure: 2)),
    VectorEncoding(
      "LD3R", "0Q001101010000001110zzbbbbbddddd", .loadReplicate, .replicate(structure: 3)),
    VectorEncoding(
      "LD4R", "0Q001101011000001110zzbbbbbddddd", .loadReplicate, .replicate(structure: 4)),
    VectorEncoding(
      "ST4 (multiple structures, post-index)", "0Q001100100ooooo0000zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 4, repeats: 1)),
    VectorEncoding(
      "ST1 (multiple structures, 4 registers, post-index)", "0Q001100100ooooo0010zzbbbbbddddd",
      .storeMultiple, .multiple(structure: 1, repeats: 4)),
    VectorEncoding(
      "ST3 (multiple structures, post-index)", "0Q001100100ooooo0100zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 3, repeats: 1)),
    VectorEncoding(
      "ST1 (multiple structures, 3 registers, post-index)", "0Q001100100ooooo0110zzbbbbbddddd",
      .storeMultiple, .multiple(structure: 1, repeats: 3)),
    VectorEncoding(
      "ST1 (multiple structures, 1 register, post-index)", "0Q001100100ooooo0111zzbbbbbddddd",
      .storeMultiple, .multiple(structure: 1, repeats: 1)),
    VectorEncoding(
      "ST2 (multiple structures, post-index)", "0Q001100100ooooo1000zzbbbbbddddd", .storeMultiple,
      .multiple(structure: 2, repeats: 1)),
    VectorEncoding(
      "ST1 (multiple structures, 2 registers, post-index)", "0Q001100100ooooo1010zzbbbbbddddd",
      .storeMultiple, .multiple(structure: 1, repeats: 2)),
    VectorEncoding(
      "LD4 (multiple structures, post-index)", "0Q001100110ooooo0000zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 4, repeats: 1)),
    VectorEncoding(
      "LD1 (multiple structures, 4 registers, post-index)", "0Q001100110ooooo0010zzbbbbbddddd",
      .loadMultiple, .multiple(structure: 1, repeats: 4)),
    VectorEncoding(
      "LD3 (multiple structures, post-index)", "0Q001100110ooooo0100zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 3, repeats: 1)),
    VectorEncoding(
      "LD1 (multiple structures, 3 registers, post-index)", "0Q001100110ooooo0110zzbbbbbddddd",
      .loadMultiple, .multiple(structure: 1, repeats: 3)),
    VectorEncoding(
      "LD1 (multiple structures, 1 register, post-index)", "0Q001100110ooooo0111zzbbbbbddddd",
      .loadMultiple, .multiple(structure: 1, repeats: 1)),
    VectorEncoding(
      "LD2 (multiple structures, post-index)", "0Q001100110ooooo1000zzbbbbbddddd", .loadMultiple,
      .multiple(structure: 2, repeats: 1)),
    VectorEncoding(
      "LD1 (multiple structures, 2 registers, post-index)", "0Q001100110ooooo1010zzbbbbbddddd",
      .loadMultiple, .multiple(structure: 1, repeats: 2)),
    VectorEncoding(
      "ST1 (single structure, 8-bit, post-index)", "0Q001101100ooooo000Szzbbbbbddddd", .storeSingle,
      .single(structure: 1, size: 0)),
    VectorEncoding(
      "ST1 (single structure, 16-bit, post-index)", "0Q001101100ooooo010Sz0bbbbbddddd",
      .storeSingle, .single(structure: 1, size: 1)),
    VectorEncoding(
      "ST1 (single structure, 32-bit, post-index)", "0Q001101100ooooo100S00bbbbbddddd",
      .storeSingle, .single(structure: 1, size: 2)),
    VectorEncoding(
      "ST1 (single structure, 64-bit, post-index)", "0Q001101100ooooo100001bbbbbddddd",
      .storeSingle, .single(structure: 1, size: 3)),
    VectorEncoding(
      "ST2 (single structure, 8-bit, post-index)", "0Q001101101ooooo000Szzbbbbbddddd", .storeSingle,
      .single(structure: 2, size: 0)),
    VectorEncoding(
      "ST2 (single structure, 16-bit, post-index)", "0Q001101101ooooo010Sz0bbbbbddddd",
      .storeSingle, .single(structure: 2, size: 1)),
    VectorEncoding(
      "ST2 (single structure, 32-bit, post-index)", "0Q001101101ooooo100S00bbbbbddddd",
      .storeSingle, .single(structure: 2, size: 2)),
    VectorEncoding(
      "ST2 (single structure, 64-bit, post-index)", "0Q001101101ooooo100001bbbbbddddd",
      .storeSingle, .single(structure: 2, size: 3)),
    VectorEncoding(
      "ST3 (single structure, 8-bit, post-index)", "0Q001101100ooooo001Szzbbbbbddddd", .storeSingle,
      .single(structure: 3, size: 0)),
    VectorEncoding(
      "ST3 (single structure, 16-bit, post-index)", "0Q001101100ooooo011Sz0bbbbbddddd",
      .storeSingle, .single(structure: 3, size: 1)),
    VectorEncoding(
      "ST3 (single structure, 32-bit, post-index)", "0Q001101100ooooo101S00bbbbbddddd",
      .storeSingle, .single(structure: 3, size: 2)),
    VectorEncoding(
      "ST3 (single structure, 64-bit, post-index)", "0Q001101100ooooo101001bbbbbddddd",
      .storeSingle, .single(structure: 3, size: 3)),
    VectorEncoding(
      "ST4 (single structure, 8-bit, post-index)", "0Q001101101ooooo001Szzbbbbbddddd", .storeSingle,
      .single(structure: 4, size: 0)),
    VectorEncoding(
      "ST4 (single structure, 16-bit, post-index)", "0Q001101101ooooo011Sz0bbbbbddddd",
      .storeSingle, .single(structure: 4, size: 1)),
    VectorEncoding(
      "ST4 (single structure, 32-bit, post-index)", "0Q001101101ooooo101S00bbbbbddddd",
      .storeSingle, .single(structure: 4, size: 2)),
    VectorEncoding(
      "ST4 (single structure, 64-bit, post-index)", "0Q001101101ooooo101001bbbbbddddd",
      .storeSingle, .single(structure: 4, size: 3)),
    VectorEncoding(
      "LD1 (single structure, 8-bit, post-index)", "0Q001101110ooooo000Szzbbbbbddddd", .loadSingle,
      .single(structure: 1, size: 0)),
    VectorEncoding(
      "LD1 (single structure, 16-bit, post-index)", "0Q001101110ooooo010Sz0bbbbbddddd", .loadSingle,
      .single(structure: 1, size: 1)),
    VectorEncoding(
      "LD1 (single structure, 32-bit, post-index)", "0Q001101110ooooo100S00bbbbbddddd", .loadSingle,
      .single(structure: 1, size: 2)),
    VectorEncoding(
      "LD1 (single structure, 64-bit, post-index)", "0Q001101110ooooo100001bbbbbddddd", .loadSingle,
      .single(structure: 1, size: 3)),
    VectorEncoding(
      "LD2 (single structure, 8-bit, post-index)", "0Q001101111ooooo000Szzbbbbbddddd", .loadSingle,
      .single(structure: 2, size: 0)),
    VectorEncoding(
      "LD2 (single structure, 16-bit, post-index)", "0Q001101111ooooo010Sz0bbbbbddddd", .loadSingle,
      .single(structure: 2, size: 1)),
    VectorEncoding(
      "LD2 (single structure, 32-bit, post-index)", "0Q001101111ooooo100S00bbbbbddddd", .loadSingle,
      .single(structure: 2, size: 2)),
    VectorEncoding(
      "LD2 (single structure, 64-bit, post-index)", "0Q001101111ooooo100001bbbbbddddd", .loadSingle,
      .single(structure: 2, size: 3)),
    VectorEncoding(
      "LD3 (single structure, 8-bit, post-index)", "0Q001101110ooooo001Szzbbbbbddddd", .loadSingle,
      .single(structure: 3, size: 0)),
    VectorEncoding(
      "LD3 (single structure, 16-bit, post-index)", "0Q001101110ooooo011Sz0bbbbbddddd", .loadSingle,
      .single(structure: 3, size: 1)),
    VectorEncoding(
      "LD3 (single structure, 32-bit, post-index)", "0Q001101110ooooo101S00bbbbbddddd", .loadSingle,
      .single(structure: 3, size: 2)),
    VectorEncoding(
      "LD3 (single structure, 64-bit, post-index)", "0Q001101110ooooo101001bbbbbddddd", .loadSingle,
      .single(structure: 3, size: 3)),
    VectorEncoding(
      "LD4 (single structure, 8-bit, post-index)", "0Q001101111ooooo001Szzbbbbbddddd", .loadSingle,
      .single(structure: 4, size: 0)),
    VectorEncoding(
      "LD4 (single structure, 16-bit, post-index)", "0Q001101111ooooo011Sz0bbbbbddddd", .loadSingle,
      .single(structure: 4, size: 1)),
    VectorEncoding(
      "LD4 (single structure, 32-bit, post-index)", "0Q001101111ooooo101S00bbbbbddddd", .loadSingle,
      .single(structure: 4, size: 2)),
    VectorEncoding(
      "LD4 (single structure, 64-bit, post-index)", "0Q001101111ooooo101001bbbbbddddd", .loadSingle,
      .single(structure: 4, size: 3)),
    VectorEncoding(
      "LD1R (post-index)", "0Q001101110ooooo1100zzbbbbbddddd", .loadReplicate,
      .replicate(structure: 1)),
    VectorEncoding(
      "LD2R (post-index)", "0Q001101111ooooo1100zzbbbbbddddd", .loadReplicate,
      .replicate(structure: 2)),
    VectorEncoding(
      "LD3R (post-index)", "0Q001101110ooooo1110zzbbbbbddddd", .loadReplicate,
      .replicate(structure: 3)),
    VectorEncoding(
      "LD4R (post-index)", "0Q001101111ooooo1110zzbbbbbddddd", .loadReplicate,
      .replicate(structure: 4)),
  ]
}
