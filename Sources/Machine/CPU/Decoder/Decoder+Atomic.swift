// Exclusives, ordered loads and stores, compare and swap, and the LSE atomics. Arm ARM C4.1.
// `x` is a bit that the manual writes as (1): should be one, ignored here as cores do.

extension Decoder {
  static let atomicRows: [Encoding] = [
    .init("STXRB", "00001000000sssss0xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("STLXRB", "00001000000sssss1xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("LDXRB", "00001000010xxxxx0xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("LDAXRB", "00001000010xxxxx1xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("STLRB", "00001000100xxxxx1xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDARB", "00001000110xxxxx1xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("STLLRB", "00001000100xxxxx0xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDLARB", "00001000110xxxxx0xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("CASB", "000010001l1sssssr11111nnnnnttttt", .exclusive(.compareAndSwap)),
    .init("STXRH", "01001000000sssss0xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("STLXRH", "01001000000sssss1xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("LDXRH", "01001000010xxxxx0xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("LDAXRH", "01001000010xxxxx1xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("STLRH", "01001000100xxxxx1xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDARH", "01001000110xxxxx1xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("STLLRH", "01001000100xxxxx0xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDLARH", "01001000110xxxxx0xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("CASH", "010010001l1sssssr11111nnnnnttttt", .exclusive(.compareAndSwap)),
    .init("STXR (32-bit)", "10001000000sssss0xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("STLXR (32-bit)", "10001000000sssss1xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("LDXR (32-bit)", "10001000010xxxxx0xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("LDAXR (32-bit)", "10001000010xxxxx1xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("STLR (32-bit)", "10001000100xxxxx1xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDAR (32-bit)", "10001000110xxxxx1xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("STLLR (32-bit)", "10001000100xxxxx0xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDLAR (32-bit)", "10001000110xxxxx0xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("CAS (32-bit)", "100010001l1sssssr11111nnnnnttttt", .exclusive(.compareAndSwap)),
    .init("STXR (64-bit)", "11001000000sssss0xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("STLXR (64-bit)", "11001000000sssss1xxxxxnnnnnttttt", .exclusive(.storeExclusive)),
    .init("LDXR (64-bit)", "11001000010xxxxx0xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("LDAXR (64-bit)", "11001000010xxxxx1xxxxxnnnnnttttt", .exclusive(.loadExclusive)),
    .init("STLR (64-bit)", "11001000100xxxxx1xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDAR (64-bit)", "11001000110xxxxx1xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("STLLR (64-bit)", "11001000100xxxxx0xxxxxnnnnnttttt", .exclusive(.storeRelease)),
    .init("LDLAR (64-bit)", "11001000110xxxxx0xxxxxnnnnnttttt", .exclusive(.loadAcquire)),
    .init("CAS (64-bit)", "110010001l1sssssr11111nnnnnttttt", .exclusive(.compareAndSwap)),
    .init("STXP (32-bit)", "10001000001sssss0uuuuunnnnnttttt", .exclusive(.storeExclusivePair)),
    .init("STLXP (32-bit)", "10001000001sssss1uuuuunnnnnttttt", .exclusive(.storeExclusivePair)),
    .init("LDXP (32-bit)", "10001000011xxxxx0uuuuunnnnnttttt", .exclusive(.loadExclusivePair)),
    .init("LDAXP (32-bit)", "10001000011xxxxx1uuuuunnnnnttttt", .exclusive(.loadExclusivePair)),
    .init("STXP (64-bit)", "11001000001sssss0uuuuunnnnnttttt", .exclusive(.storeExclusivePair)),
    .init("STLXP (64-bit)", "11001000001sssss1uuuuunnnnnttttt", .exclusive(.storeExclusivePair)),
    .init("LDXP (64-bit)", "11001000011xxxxx0uuuuunnnnnttttt", .exclusive(.loadExclusivePair)),
    .init("LDAXP (64-bit)", "11001000011xxxxx1uuuuunnnnnttttt", .exclusive(.loadExclusivePair)),
    .init("CASP (32-bit)", "000010000l1sssssr11111nnnnnttttt", .exclusivePairSwap),
    .init("CASP (64-bit)", "010010000l1sssssr11111nnnnnttttt", .exclusivePairSwap),
    .init("LDADDB", "00111000ar1sssss000000nnnnnttttt", .atomic(.atomicAdd)),
    .init("LDCLRB", "00111000ar1sssss000100nnnnnttttt", .atomic(.atomicClear)),
    .init("LDEORB", "00111000ar1sssss001000nnnnnttttt", .atomic(.atomicExclusiveOr)),
    .init("LDSETB", "00111000ar1sssss001100nnnnnttttt", .atomic(.atomicSet)),
    .init("LDSMAXB", "00111000ar1sssss010000nnnnnttttt", .atomic(.atomicSignedMaximum)),
    .init("LDSMINB", "00111000ar1sssss010100nnnnnttttt", .atomic(.atomicSignedMinimum)),
    .init("LDUMAXB", "00111000ar1sssss011000nnnnnttttt", .atomic(.atomicUnsignedMaximum)),
    .init("LDUMINB", "00111000ar1sssss011100nnnnnttttt", .atomic(.atomicUnsignedMinimum)),
    .init("SWPB", "00111000ar1sssss100000nnnnnttttt", .atomic(.atomicSwap)),
    .init("LDAPRB", "0011100010111111110000nnnnnttttt", .exclusive(.loadAcquire)),
    .init("LDADDH", "01111000ar1sssss000000nnnnnttttt", .atomic(.atomicAdd)),
    .init("LDCLRH", "01111000ar1sssss000100nnnnnttttt", .atomic(.atomicClear)),
    .init("LDEORH", "01111000ar1sssss001000nnnnnttttt", .atomic(.atomicExclusiveOr)),
    .init("LDSETH", "01111000ar1sssss001100nnnnnttttt", .atomic(.atomicSet)),
    .init("LDSMAXH", "01111000ar1sssss010000nnnnnttttt", .atomic(.atomicSignedMaximum)),
    .init("LDSMINH", "01111000ar1sssss010100nnnnnttttt", .atomic(.atomicSignedMinimum)),
    .init("LDUMAXH", "01111000ar1sssss011000nnnnnttttt", .atomic(.atomicUnsignedMaximum)),
    .init("LDUMINH", "01111000ar1sssss011100nnnnnttttt", .atomic(.atomicUnsignedMinimum)),
    .init("SWPH", "01111000ar1sssss100000nnnnnttttt", .atomic(.atomicSwap)),
    .init("LDAPRH", "0111100010111111110000nnnnnttttt", .exclusive(.loadAcquire)),
    .init("LDADD (32-bit)", "10111000ar1sssss000000nnnnnttttt", .atomic(.atomicAdd)),
    .init("LDCLR (32-bit)", "10111000ar1sssss000100nnnnnttttt", .atomic(.atomicClear)),
    .init("LDEOR (32-bit)", "10111000ar1sssss001000nnnnnttttt", .atomic(.atomicExclusiveOr)),
    .init("LDSET (32-bit)", "10111000ar1sssss001100nnnnnttttt", .atomic(.atomicSet)),
    .init("LDSMAX (32-bit)", "10111000ar1sssss010000nnnnnttttt", .atomic(.atomicSignedMaximum)),
    .init("LDSMIN (32-bit)", "10111000ar1sssss010100nnnnnttttt", .atomic(.atomicSignedMinimum)),
    .init("LDUMAX (32-bit)", "10111000ar1sssss011000nnnnnttttt", .atomic(.atomicUnsignedMaximum)),
    .init("LDUMIN (32-bit)", "10111000ar1sssss011100nnnnnttttt", .atomic(.atomicUnsignedMinimum)),
    .init("SWP (32-bit)", "10111000ar1sssss100000nnnnnttttt", .atomic(.atomicSwap)),
    .init("LDAPR (32-bit)", "1011100010111111110000nnnnnttttt", .exclusive(.loadAcquire)),
    .init("LDADD (64-bit)", "11111000ar1sssss000000nnnnnttttt", .atomic(.atomicAdd)),
    .init("LDCLR (64-bit)", "11111000ar1sssss000100nnnnnttttt", .atomic(.atomicClear)),
    .init("LDEOR (64-bit)", "11111000ar1sssss001000nnnnnttttt", .atomic(.atomicExclusiveOr)),
    .init("LDSET (64-bit)", "11111000ar1sssss001100nnnnnttttt", .atomic(.atomicSet)),
    .init("LDSMAX (64-bit)", "11111000ar1sssss010000nnnnnttttt", .atomic(.atomicSignedMaximum)),
    .init("LDSMIN (64-bit)", "11111000ar1sssss010100nnnnnttttt", .atomic(.atomicSignedMinimum)),
    .init("LDUMAX (64-bit)", "11111000ar1sssss011000nnnnnttttt", .atomic(.atomicUnsignedMaximum)),
    .init("LDUMIN (64-bit)", "11111000ar1sssss011100nnnnnttttt", .atomic(.atomicUnsignedMinimum)),
    .init("SWP (64-bit)", "11111000ar1sssss100000nnnnnttttt", .atomic(.atomicSwap)),
    .init("LDAPR (64-bit)", "1111100010111111110000nnnnnttttt", .exclusive(.loadAcquire)),
  ]

  /// `extra` is log2 of the access size (of one register for pairs), `rm` is Rs, `ra` is Rt2.
  static func exclusive(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    let isLoad = opcode == .loadExclusive || opcode == .loadExclusivePair || opcode == .loadAcquire
    operation.extra = UInt16(word.bits(31, 30))
    operation.rn = word.register(5)
    operation.rd = isLoad ? word.destination(0) : word.source(0)
    switch opcode {
    case .storeExclusive, .storeExclusivePair:
      operation.rm = word.destination(16)
      operation.ra = word.source(10)
    case .loadExclusivePair: operation.ra = word.destination(10)
    case .compareAndSwap:
      // Rs is both: compared, and replaced by what was found.
      operation.rm = word.source(16)
      operation.ra = word.destination(16)
    default: break
    }
    return operation
  }

  static func exclusivePairSwap(_ word: UInt32) -> Operation {
    guard !word.bit(0), !word.bit(16) else { return Operation(.unallocated) }
    var operation = Operation(.compareAndSwapPair)
    operation.extra = UInt16(word.bits(30, 30)) + 2
    operation.rn = word.register(5)
    operation.rd = word.register(0)
    operation.rm = word.register(16)
    return operation
  }

  /// `rm` is Rs, `rd` takes the old value.
  static func atomic(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.extra = UInt16(word.bits(31, 30))
    operation.rn = word.register(5)
    operation.rd = word.destination(0)
    operation.rm = word.source(16)
    return operation
  }
}
