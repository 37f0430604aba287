// The registers that stage 1 of one regime is made of, and whose tables an address is in.

/// Stage 1 of a translation regime, as an observer needs it.
public struct StageOneTranslation: Equatable, Sendable {
  /// SCTLR_ELx.
  public var control: SystemControl
  /// TCR_ELx.
  public var tcr: UInt64
  /// TTBR0_ELx.
  public var ttbr0: TableBase
  /// TTBR1_ELx; not looked at where the regime has one range.
  public var ttbr1: TableBase
  /// Whether the regime has two ranges: EL1&0 and EL2&0.
  public var hasTwoRanges: Bool

  /// A regime with these registers.
  public init(
    control: SystemControl, tcr: UInt64, ttbr0: TableBase, ttbr1: TableBase = .init(rawValue: 0),
    hasTwoRanges: Bool = true
  ) {
    self.control = control
    self.tcr = tcr
    self.ttbr0 = ttbr0
    self.ttbr1 = ttbr1
    self.hasTwoRanges = hasTwoRanges
  }

  /// Whether there is a translation at all.
  public var isEnabled: Bool { control.isSet(SystemControl.m) }

  /// Whether the top byte of an address of a range is ignored: TCR_ELx.TBI{0,1}, or TBI where there
  /// is one range.
  @inlinable public static func ignoresTopByte(
    tcr: UInt64, hasTwoRanges: Bool, isUpper: Bool
  ) -> Bool {
    guard hasTwoRanges else {
      return SingleRangeTranslationControl(rawValue: tcr).isSet(SingleRangeTranslationControl.tbi)
    }
    return TranslationControl(rawValue: tcr).isSet(
      isUpper ? TranslationControl.tbi1 : TranslationControl.tbi0)
  }

  /// The tables that an address is looked up in, whether or not stage 1 is on; nil where it is in
  /// neither range, or its range has no walks. The top byte may be a tag. Arm ARM D8.2.1.
  public func walk(for address: VirtualAddress) -> TableWalk? {
    typealias TCR = TranslationControl
    typealias Single = SingleRangeTranslationControl
    let isUpper = hasTwoRanges && address.rawValue >> 55 & 1 != 0
    let double = TCR(rawValue: tcr)
    let single = Single(rawValue: tcr)
    guard !hasTwoRanges || !double.isSet(isUpper ? TCR.epd1 : TCR.epd0) else { return nil }
    let walk = TableWalk(
      granule: isUpper
        ? TranslationGranule(tg1: double[TCR.tg1]) : TranslationGranule(tg0: double[TCR.tg0]),
      sizeOffset: double[isUpper ? TCR.t1sz : TCR.t0sz], base: isUpper ? ttbr1 : ttbr0,
      outputBits: OutputAddressSize.bits(hasTwoRanges ? double[TCR.ips] : single[Single.ps]))
    guard var walk else { return nil }
    walk.isBigEndian = control.isSet(SystemControl.ee)
    // The bits above the range are all those of bit 55.
    let ignoresTop = StageOneTranslation.ignoresTopByte(
      tcr: tcr, hasTwoRanges: hasTwoRanges, isUpper: isUpper)
    let unused: UInt64 = ignoresTop ? 8 : 0
    let top = (address.rawValue << unused) >> (unused &+ walk.inputBits)
    return top == (isUpper ? UInt64.max >> (unused &+ walk.inputBits) : 0) ? walk : nil
  }
}
