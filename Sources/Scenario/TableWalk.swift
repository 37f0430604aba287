// Finding a translation table descriptor in memory, as a debugger would: where the descriptor of a
// virtual address lies, without using or changing any TLB. Arm ARM D8.2 (VMSAv8-64).

/// The registers that a stage 1 walk starts from.
public struct WalkStart: Equatable, Sendable {
  /// TCR_ELx.
  public var tcr: UInt64
  /// TTBR0_ELx.
  public var ttbr0: UInt64
  /// TTBR1_ELx; unused when the regime has one range.
  public var ttbr1: UInt64
  /// Whether the regime has two ranges: EL1&0 and EL2&0.
  public var hasTwoRanges: Bool
  /// Where a stage 2 walk starts, whose first table may be several in a row; nil for stage 1, which
  /// starts as low as its input size allows.
  public var firstLevel: Int?

  /// These registers.
  public init(tcr: UInt64, ttbr0: UInt64, ttbr1: UInt64, hasTwoRanges: Bool) {
    self.tcr = tcr
    self.ttbr0 = ttbr0
    self.ttbr1 = ttbr1
    self.hasTwoRanges = hasTwoRanges
  }

  /// Stage 2 of a guest: VTCR_EL2 and VTTBR_EL2. Nil where SL0 means nothing. Arm ARM D8.2.11.
  public init?(vtcr: UInt64, vttbr: UInt64) {
    tcr = vtcr
    ttbr0 = vttbr
    ttbr1 = 0
    hasTwoRanges = false
    switch (vtcr >> 14 & 3, vtcr >> 6 & 3) {
    case (0, 3): firstLevel = 3
    case (0, let startLevel): firstLevel = 2 - Int(startLevel)
    case (_, 3): return nil
    case (_, let startLevel): firstLevel = 3 - Int(startLevel)
    }
  }

  /// The physical address of the descriptor of `virtual` at `level` (0 to 3), or nil where the walk
  /// does not come so far. `read` gives the 8 bytes at a physical address.
  public func descriptor(
    of virtual: UInt64, level wanted: Int, read: (UInt64) -> UInt64?
  ) -> UInt64? {
    var found: UInt64?
    _ = walk(virtual, read: read) { level, address in
      if level == wanted { found = address }
      return level != wanted
    }
    return found
  }

  /// The output address of a virtual address, or nil where it does not translate.
  public func translate(_ virtual: UInt64, read: (UInt64) -> UInt64?) -> UInt64? {
    walk(virtual, read: read) { _, _ in true }
  }

  /// An address of the lower range that translates to a physical one, the lowest; nil where there is
  /// none. Looks through the tables; `readTable` gives so many bytes at a physical address.
  public func input(
    ofOutput physical: UInt64, readTable: (UInt64, Int) -> [UInt8]?
  ) -> UInt64? {
    guard let granule = ([0: 12, 1: 16, 2: 14] as [UInt64: UInt64])[tcr >> 14 & 3] else {
      return nil
    }
    let bitsPerLevel = granule - 3
    let inputBits = 64 - (tcr & 0x3F)
    guard inputBits > granule, inputBits <= 48 else { return nil }
    let levels = (inputBits - granule + bitsPerLevel - 1) / bitsPerLevel
    func search(_ table: UInt64, _ level: Int, _ bits: UInt64, _ base: UInt64) -> UInt64? {
      let low = granule + bitsPerLevel * UInt64(3 - level)
      guard let bytes = readTable(table, 8 << bits) else { return nil }
      for index in 0..<1 << bits as Range<UInt64> {
        let entry = bytes.littleEndian(Int(index) * 8, 8)
        guard entry & 1 == 1 else { continue }
        let input = base | index << low
        let output = entry & 0x0000_FFFF_FFFF_FFFF
        if level == 3 || entry & 2 == 0 {
          guard level != 3 || entry & 2 != 0, output >> low == physical >> low else { continue }
          return input | physical & ((1 << low) - 1)
        }
        let next = output & ~((1 << granule) - 1)
        if let found = search(next, level + 1, bitsPerLevel, input) { return found }
      }
      return nil
    }
    let first = firstLevel ?? 4 - Int(levels)
    guard first >= 0, first <= 3 else { return nil }
    let low = granule + bitsPerLevel * UInt64(3 - first)
    guard inputBits > low, inputBits - low <= bitsPerLevel + 4 else { return nil }
    return search(ttbr0 & 0x0000_FFFF_FFFF_FFFE, first, inputBits - low, 0)
  }

  /// Walks; `visit` sees each level's descriptor address and says whether to go on.
  private func walk(
    _ virtual: UInt64, read: (UInt64) -> UInt64?, visit: (Int, UInt64) -> Bool
  ) -> UInt64? {
    let upper = hasTwoRanges && virtual >> 55 & 1 == 1
    let sizeOffset = (upper ? tcr >> 16 : tcr) & 0x3F
    // TG0 counts 4, 64, 16 KiB from 0; TG1 16, 4, 64 KiB from 1.
    let granule: UInt64? =
      upper
      ? [1: 14, 2: 12, 3: 16][tcr >> 30 & 3] : [0: 12, 1: 16, 2: 14][tcr >> 14 & 3]
    guard let granule, sizeOffset >= 16, sizeOffset <= 39 else { return nil }
    let bitsPerLevel = granule - 3
    let inputBits = 64 - sizeOffset
    // The bits above the range are all equal; the top byte may be a tag.
    let untagged: UInt64 = 0x00FF_FFFF_FFFF_FFFF
    guard (virtual & untagged) >> inputBits == (upper ? untagged >> inputBits : 0) else {
      return nil
    }
    let levels = (inputBits - granule + bitsPerLevel - 1) / bitsPerLevel
    let first = firstLevel ?? 4 - Int(levels)
    var level = first
    var table = (upper ? ttbr1 : ttbr0) & 0x0000_FFFF_FFFF_FFFE
    while level <= 3 {
      let low = granule + bitsPerLevel * UInt64(3 - level)
      let high = level == first ? inputBits : low + bitsPerLevel
      guard high > low else { return nil }
      let index = (virtual >> low) & ((1 << (high - low)) - 1)
      let address = table + index * 8
      guard visit(level, address), let entry = read(address), entry & 1 == 1 else { return nil }
      let isTable = entry & 2 != 0
      if level == 3 || !isTable {
        guard (level == 3) == isTable else { return nil }
        let output = entry & 0x0000_FFFF_FFFF_FFFF & ~((1 << low) - 1)
        return output | virtual & ((1 << low) - 1)
      }
      table = entry & 0x0000_FFFF_FFFF_FFFF & ~((1 << granule) - 1)
      level += 1
    }
    return nil
  }
}
