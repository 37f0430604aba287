// Memory type, cacheability and shareability of a translation, and how stage 1 and stage 2 combine.
// Arm ARM D8.6 (memory attributes), J1 S1DecodeMemAttrs and S2CombineS1MemAttrs.

/// The memory attributes of a location, encoded as PAR_EL1 has them.
struct MemoryAttributes: Equatable {
  /// As a byte of MAIR_ELx: 0b0000dd00 is Device, anything else Normal, outer then inner.
  var type: UInt8
  /// As a descriptor's SH field: 0 Non-shareable, 2 Outer, 3 Inner Shareable.
  var shareability: UInt8

  /// Device-nGnRnE.
  static let deviceNGnRnE = MemoryAttributes(type: 0, shareability: 2)
  /// Normal, Inner and Outer Non-cacheable.
  static let normalNonCacheable = MemoryAttributes(type: 0x44, shareability: 2)

  /// Whether the type is any Device.
  @inline(__always) var isDevice: Bool { type & 0xF0 == 0 }

  /// With the shareability that the type forces: Device and Normal Non-cacheable are always
  /// Outer Shareable, and the reserved SH value 1 is taken as Non-shareable.
  var effective: MemoryAttributes {
    if isDevice || type == 0x44 { return MemoryAttributes(type: type, shareability: 2) }
    return MemoryAttributes(type: type, shareability: shareability == 1 ? 0 : shareability)
  }

  /// What a stage 1 descriptor says: its byte of MAIR_ELx and its SH.
  static func stage1(mairByte: UInt8, shareability: UInt8) -> MemoryAttributes {
    // The reserved low bits of a Device encoding are ignored.
    let type = mairByte & 0xF0 == 0 ? mairByte & 0x0C : mairByte
    return MemoryAttributes(type: type, shareability: shareability)
  }

  /// What a stage 2 descriptor says without FEAT_S2FWB: MemAttr[3:0] and SH.
  ///
  /// Allocation hints
  /// are not stage 2's to give; the value's are those of Read and Write Allocate.
  static func stage2(memoryAttribute: UInt8, shareability: UInt8) -> MemoryAttributes {
    let outer = memoryAttribute >> 2 & 3
    let inner = memoryAttribute & 3
    if outer == 0 { return MemoryAttributes(type: inner << 2, shareability: shareability) }
    // The reserved inner value 0 is taken as Non-cacheable.
    func nibble(_ attribute: UInt8) -> UInt8 { attribute <= 1 ? 4 : attribute << 2 | 3 }
    return MemoryAttributes(
      type: nibble(outer) << 4 | nibble(inner), shareability: shareability)
  }

  /// The attributes of a location that both stages describe; `self` is stage 1's.
  func combined(withStage2 other: MemoryAttributes) -> MemoryAttributes {
    let shareability: UInt8 =
      self.shareability == 2 || other.shareability == 2
      ? 2 : self.shareability == 3 || other.shareability == 3 ? 3 : 0
    let type: UInt8
    switch (isDevice, other.isDevice) {
    // The stricter Device type is the one with the lower number.
    case (true, true): type = min(self.type, other.type)
    case (true, false): type = self.type
    case (false, true): type = other.type
    case (false, false):
      type =
        Self.combinedNibble(self.type >> 4, other.type >> 4) << 4
        | Self.combinedNibble(self.type & 15, other.type & 15)
    }
    return MemoryAttributes(type: type, shareability: shareability).effective
  }

  /// Non-cacheable beats Write-Through beats Write-Back; the allocation and transient hints are
  /// stage 1's.
  ///
  /// 0b0100 NC, 0b00RW WT transient, 0b10RW WT, 0b01RW WB transient, 0b11RW WB.
  private static func combinedNibble(_ stage1: UInt8, _ stage2: UInt8) -> UInt8 {
    if stage1 == 4 || stage2 == 4 { return 4 }
    let isWriteThrough = stage1 & 4 == 0 || stage2 & 4 == 0
    return isWriteThrough ? stage1 & ~4 : stage1
  }
}
