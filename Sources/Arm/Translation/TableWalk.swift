// A walk of translation tables as a debugger makes it: where the descriptors of an address are and
// what the address is translated to. No TLB is asked or filled, no permission counts, and the Access
// flag does not either: an observer is not the program.
//
// Whoever wrote the tables may be hostile. A walk reads at most four descriptors, whatever they hold.

/// The tables of one range of addresses, and how to walk them. Arm ARM D8.2.
public struct TableWalk: Equatable, Sendable {
  /// Bits of address that a level resolves.
  public var stride: UInt64
  /// Bits of address that the range has.
  public var inputBits: UInt64
  /// The level of the first table, 0 to 3.
  public var firstLevel: UInt64
  /// The address of the first table. That of stage 2 may be up to 16 tables in a row.
  public var base: UInt64
  /// Bits of address that descriptors may name.
  public var outputBits: UInt64
  /// Whether descriptors are big-endian.
  public var isBigEndian = false

  /// Where a walk ends.
  public enum End: Equatable, Sendable {
    /// At this output address.
    case address(UInt64)
    /// At a level, 0 to 3, whose descriptor is invalid or names an address that is too large; at
    /// level 0 too where the first table's is.
    case fault(level: UInt8)
    /// At the descriptor at this address, of a level, which could not be read.
    case unreadable(level: UInt8, at: UInt64)
  }

  /// A stage 1 range, nil where TxSZ allows no walk: without FEAT_LVA and FEAT_TTST it has to be
  /// 16 to 39.
  @inlinable public init?(
    granule: TranslationGranule, sizeOffset: UInt64, base: TableBase, outputBits: UInt64
  ) {
    guard sizeOffset >= 16, sizeOffset <= 39 else { return nil }
    let inputBits = 64 &- sizeOffset
    let stride = granule.stride
    self.init(
      stride: stride, inputBits: inputBits, firstLevel: 4 &- (inputBits &- 4) / stride, base: base,
      outputBits: outputBits)
  }

  /// Stage 2 of a guest, nil where T0SZ or SL0 allow no walk: up to 16 tables are concatenated at
  /// the first level. Arm ARM D8.2.2, AArch64.S2InvalidSL and AArch64.S2InconsistentSL.
  @inlinable public init?(_ control: VirtualizationTranslationControl, _ base: TableBase) {
    typealias VTCR = VirtualizationTranslationControl
    let (size, sl0) = (control[VTCR.t0sz], control[VTCR.sl0])
    guard size >= 16, size <= 39, sl0 != 3 else { return nil }
    let inputBits = 64 &- size
    let stride = TranslationGranule(tg0: control[VTCR.tg0]).stride
    let level = stride == 9 ? 2 &- sl0 : 3 &- sl0
    let least = (3 &- level) &* stride &+ stride &+ 3 &+ 1
    guard inputBits >= least, inputBits <= least &+ stride &- 1 &+ 4 else { return nil }
    self.init(
      stride: stride, inputBits: inputBits, firstLevel: level, base: base,
      outputBits: OutputAddressSize.bits(control[VTCR.ps]))
  }

  @inlinable init(
    stride: UInt64, inputBits: UInt64, firstLevel: UInt64, base: TableBase, outputBits: UInt64
  ) {
    self.stride = stride
    self.inputBits = inputBits
    self.firstLevel = firstLevel
    self.outputBits = outputBits
    // The first table lies at a multiple of its size.
    self.base = base.address & ~((1 &<< (inputBits &- stride &* (4 &- firstLevel))) &- 1)
  }

  /// The offset bits of a descriptor in the first table, three low bits of zero included: what is
  /// left of an address when it is shifted right by `stride * (4 - firstLevel)`.
  @inlinable public var firstIndexMask: UInt64 {
    (1 &<< (inputBits &- stride &* (4 &- firstLevel))) &- 1
  }
  /// The same of a table at any other level.
  @inlinable public var indexMask: UInt64 { (1 &<< (stride &+ 3)) &- 1 }

  /// Whether the first table is where descriptors could name it.
  @inlinable public var isBaseInRange: Bool { base >> outputBits == 0 }

  /// Where the walk of an input address ends: a virtual address, or an intermediate physical one.
  /// Bits above the range are not looked at. `read` gives the 8 bytes at an address of the tables,
  /// or nil if they cannot be read.
  @inlinable public func end(of input: UInt64, read: (UInt64) -> UInt64?) -> End {
    walk(input) { _, place in read(place) }
  }

  /// Where the descriptor of an input address is at a level of 0 to 3; nil where the walk does not
  /// come so far.
  @inlinable public func descriptor(
    of input: UInt64, level wanted: Int, read: (UInt64) -> UInt64?
  ) -> UInt64? {
    let end = walk(input) { level, place in level == UInt64(wanted) ? nil : read(place) }
    guard case .unreadable(let level, let place) = end, level == wanted else { return nil }
    return place
  }

  /// Walks; `read` sees the level of each descriptor too.
  @inlinable func walk(_ input: UInt64, read: (UInt64, UInt64) -> UInt64?) -> End {
    guard isBaseInRange else { return .fault(level: 0) }
    var level = firstLevel
    var table = base
    var mask = firstIndexMask
    while true {
      let shift = stride &* (4 &- level)
      let place = table | input >> shift & mask & ~7
      guard let word = read(level, place) else {
        return .unreadable(level: UInt8(truncatingIfNeeded: level), at: place)
      }
      let descriptor = TranslationDescriptor(rawValue: isBigEndian ? word.byteSwapped : word)
      let kind = descriptor.kind(level: level, stride: stride)
      let output = descriptor.rawValue & TranslationDescriptor.output.mask
      let low: UInt64 = kind == .table ? stride &+ 3 : shift &+ 3
      let next = output & ~((1 &<< low) &- 1)
      if kind == .invalid || next >> outputBits != 0 {
        return .fault(level: UInt8(truncatingIfNeeded: level))
      }
      if kind == .leaf { return .address(next | input & ((1 &<< low) &- 1)) }
      table = next
      mask = indexMask
      level &+= 1
    }
  }
}
