// Layouts without an immediate of their own: sizes, lanes and indexes.

extension VectorDecoder {
  /// Bits `high...low` of a word.
  @inline(__always) static func field(_ word: UInt32, _ high: Int, _ low: Int) -> Int {
    Int(word >> UInt32(low)) & (1 << (high - low + 1) - 1)
  }

  /// The operand layout of a word, or nil when it is reserved.
  static func layout(_ word: UInt32, _ shape: VectorShape) -> VectorLayout? {
    let q: Int = field(word, 30, 30)
    let size: Int = field(word, 23, 22)
    let single: Int = 2 + (size & 1)
    switch shape {
    case .whole:
      return VectorLayout(size: 0, lanes: 16)
    case .fixed(let size):
      return packed(size, q)
    case .vector(let sizes):
      return sizes.contains(size: size) && (size != 3 || q == 1)
        ? packed(size, q) : nil
    case .scalar(let sizes):
      return sizes.contains(size: size) ? VectorLayout(size: size) : nil
    case .float:
      return single == 3 && q == 0 ? nil : packed(single, q)
    case .half:
      return packed(1, q)
    case .floatScalar:
      return VectorLayout(size: single)
    case .halfScalar:
      return VectorLayout(size: 1)
    case .across:
      return size == 3 || size == 2 && q == 0 ? nil : packed(size, q)
    case .floatType:
      return floatSize(size).map { VectorLayout(size: $0) }
    case .floatGeneral:
      return floatSize(size).map { VectorLayout(size: $0) }
    case .floatGeneralFixed:
      let scale: Int = field(word, 15, 10)
      guard let format = floatSize(size), word >> 31 == 1 || scale >= 32 else { return nil }
      return VectorLayout(size: format, amount: 64 - scale)
    case .moveGeneral(let size):
      return VectorLayout(size: size)
    case .long(let sizes):
      guard sizes.contains(size: size) else { return nil }
      return VectorLayout(size: size, lanes: 8 >> size, isUpper: q == 1)
    case .longScalar(let sizes):
      return sizes.contains(size: size) ? VectorLayout(size: size) : nil
    case .floatLong:
      return VectorLayout(size: single - 1, lanes: 8 >> (single - 1), isUpper: q == 1)
    case .floatLongScalar:
      return VectorLayout(size: 2)
    case .indexed, .indexedScalar, .indexedLong, .indexedLongScalar, .indexedFloat,
      .indexedFloatScalar, .indexedHalf, .indexedHalfScalar, .indexedDot:
      return indexedLayout(word, shape, q: q, size: size)
    case .copyElement, .copyElementScalar, .copyGeneral, .moveToGeneral, .insertElement,
      .insertGeneral, .extract:
      return copyLayout(word, shape, q: q)
    case .multiple, .single, .replicate:
      return structureLayout(word, shape, q: q)
    case .shiftRight, .shiftRightScalar, .shiftLeft, .shiftLeftScalarD, .shiftLeftScalar,
      .shiftNarrow, .shiftNarrowScalar, .shiftLong, .fixedPoint, .fixedPointScalar:
      return shiftLayout(word, shape, q: q)
    case .modifiedImmediate, .floatImmediate:
      return immediateLayout(word, shape, q: q)
    }
  }

  /// 64 or 128 bits of elements.
  static func packed(_ size: Int, _ q: Int, amount: Int = 0) -> VectorLayout {
    VectorLayout(size: size, lanes: (8 << q) >> size, amount: amount)
  }

  /// The element size of a two-bit format field.
  static func floatSize(_ type: Int) -> Int? {
    switch type {
    case 0: 2
    case 1: 3
    case 3: 1
    default: nil
    }
  }

  private static func indexedLayout(
    _ word: UInt32, _ shape: VectorShape, q: Int, size: Int
  )
    -> VectorLayout?
  {
    let high: Int = field(word, 11, 11)
    let low: Int = field(word, 21, 21)
    let middle: Int = field(word, 20, 20)
    let isDouble: Bool = size & 1 == 1
    // The size of the indexed element decides how much of L:H:M is index.
    let elementSize: Int
    switch shape {
    case .indexedHalf, .indexedHalfScalar: elementSize = 1
    case .indexedFloat, .indexedFloatScalar: elementSize = isDouble ? 3 : 2
    case .indexedDot:
      guard size == 2 else { return nil }
      elementSize = 2
    default:
      guard size == 1 || size == 2 else { return nil }
      elementSize = size
    }
    var layout = VectorLayout(size: elementSize, isIndexed: true)
    switch elementSize {
    case 1:
      layout.amount = high << 2 | low << 1 | middle
      layout.rm = UInt8(field(word, 19, 16))
    case 2:
      layout.amount = high << 1 | low
    default:
      guard low == 0 else { return nil }
      layout.amount = high
    }
    switch shape {
    case .indexedLong:
      layout.lanes = 8 >> elementSize
      layout.isUpper = q == 1
    case .indexedScalar, .indexedLongScalar, .indexedFloatScalar, .indexedHalfScalar: break
    default:
      guard elementSize < 3 || q == 1 else { return nil }
      layout.lanes = (8 << q) >> elementSize
    }
    return layout
  }

  private static func copyLayout(_ word: UInt32, _ shape: VectorShape, q: Int) -> VectorLayout? {
    if case .extract = shape {
      let position: Int = field(word, 14, 11)
      return q == 0 && position > 7 ? nil : packed(0, q, amount: position)
    }
    let immediate: Int = field(word, 20, 16)
    let size: Int = immediate.trailingZeroBitCount
    guard size < 4 else { return nil }
    let index: Int = immediate >> (size + 1)
    switch shape {
    case .copyElementScalar:
      return VectorLayout(size: size, amount: index)
    case .moveToGeneral(let sizes):
      // UMOV of a doubleword is the only one to need Q; SMOV to W takes no word.
      guard sizes.contains(size: size) else { return nil }
      if sizes.contains(.d) {
        guard (size == 3) == (q == 1) else { return nil }
      } else {
        guard size < 2 || q == 1 else { return nil }
      }
      return VectorLayout(size: size, amount: index)
    case .insertElement, .insertGeneral:
      return VectorLayout(size: size, amount: index)
    default:
      return size == 3 && q == 0 ? nil : packed(size, q, amount: index)
    }
  }

  private static func structureLayout(
    _ word: UInt32, _ shape: VectorShape, q: Int
  )
    -> VectorLayout?
  {
    let isIndexed: Bool = field(word, 23, 23) == 1
    let size: Int = field(word, 11, 10)
    switch shape {
    case .multiple(let structure, let repeats):
      guard structure == 1 || size != 3 || q == 1 else { return nil }
      var layout = packed(size, q, amount: structure << 8 | repeats)
      layout.isIndexed = isIndexed
      return layout
    case .single(let structure, let elementSize):
      let position: Int = q << 3 | field(word, 12, 10)
      return VectorLayout(
        size: elementSize, amount: structure << 8 | position >> elementSize, isIndexed: isIndexed)
    case .replicate(let structure):
      var layout = packed(size, q, amount: structure << 8)
      layout.isIndexed = isIndexed
      return layout
    default:
      return nil
    }
  }
}
