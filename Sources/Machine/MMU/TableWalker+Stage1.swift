// Stage 1. Arm ARM D8.2 (translation process), D8.4 (permissions), D8.5 (hardware updates), and
// AArch64.S1Translate in J1.

import Arm

extension TableWalker {
  /// TCR_ELx for the half of the address space that an address is in.
  private struct Controls {
    /// TxSZ.
    var size: UInt64
    /// log2 of the granule, less 3: bits of address that a level resolves.
    var stride: UInt64
    /// EPDx: no walks.
    var isDisabled: Bool
    /// HPDx: table attributes are ignored.
    var ignoresHierarchy: Bool
    /// Bits of output address.
    var outputBits: UInt64
    /// HA.
    var updatesAccessFlag: Bool
    /// HA and HD.
    var updatesDirtyState: Bool
  }

  /// A granule from TG0 or from TG1; the reserved values act as 4 KiB, as in QEMU.
  @inline(__always) func stride(tg0: UInt64) -> UInt64 {
    tg0 & 3 == 1 ? 13 : tg0 & 3 == 2 ? 11 : 9
  }
  @inline(__always) private func stride(tg1: UInt64) -> UInt64 {
    tg1 & 3 == 3 ? 13 : tg1 & 3 == 1 ? 11 : 9
  }

  @inline(__always) private func controls(
    _ tcr: UInt64, _ regime: TranslationRegime, upper: Bool
  ) -> Controls {
    guard regime.hasTwoRanges else {
      return Controls(
        size: tcr & 63, stride: stride(tg0: tcr >> 14), isDisabled: false,
        ignoresHierarchy: tcr >> 24 & 1 != 0, outputBits: outputBits(tcr >> 16),
        updatesAccessFlag: tcr >> 21 & 1 != 0, updatesDirtyState: tcr >> 21 & 3 == 3)
    }
    return Controls(
      size: (upper ? tcr >> 16 : tcr) & 63,
      stride: upper ? stride(tg1: tcr >> 30) : stride(tg0: tcr >> 14),
      isDisabled: tcr >> (upper ? 23 : 7) & 1 != 0,
      ignoresHierarchy: tcr >> (upper ? 42 : 41) & 1 != 0, outputBits: outputBits(tcr >> 32),
      updatesAccessFlag: tcr >> 39 & 1 != 0, updatesDirtyState: tcr >> 39 & 3 == 3)
  }

  /// Translates a VA to an IPA, which is the PA in a regime without stage 2.
  func walkStage1(
    _ virtual: VirtualAddress, _ access: AccessKind, _ regime: TranslationRegime, isPANEnabled: Bool
  ) throws(TranslationFault) -> StageResult<IntermediatePhysicalAddress> {
    let address = virtual.rawValue
    let sctlr = regime.sctlr(state)
    let tcr = regime.tcr(state)
    let topBit: UInt64 = regime.ignoresTopByte(address, tcr) ? 55 : 63
    guard regime.isStage1Enabled(sctlr) else {
      return try flat(address, access, regime, sctlr, topBit: topBit)
    }
    let upper = regime.hasTwoRanges && address >> 55 & 1 != 0
    let controls = self.controls(tcr, regime, upper: upper)
    // TxSZ outside 16...39 (no FEAT_LVA, no FEAT_TTST): a level 0 Translation fault, as in QEMU.
    guard controls.size >= 16, controls.size <= 39, !controls.isDisabled else {
      throw TranslationFault(kind: .translation, level: 0)
    }
    let inputBits = 64 &- controls.size
    let top = (address << (63 &- topBit)) >> (63 &- topBit &+ inputBits)
    let ones = UInt64.max >> (63 &- topBit &+ inputBits)
    guard top == (upper ? ones : 0) else {
      throw TranslationFault(kind: .translation, level: 0)
    }

    let stride = controls.stride
    var level = 4 &- (inputBits &- 4) / stride
    let base = regime.ttbr(state, upper: upper) & 0x0000_FFFF_FFFF_FFFE
    guard base >> controls.outputBits == 0 else {
      throw TranslationFault(kind: .addressSize, level: 0)
    }
    var indexMask = (1 &<< (inputBits &- stride &* (4 &- level))) &- 1 as UInt64
    var table = base & ~indexMask
    var tableSecure = regime.isSecure
    var hierarchy: UInt64 = 0
    let bigEndian = sctlr & TranslationControl.ee != 0

    while true {
      let place = IntermediatePhysicalAddress(
        table | address >> (stride &* (4 &- level)) & indexMask & ~7)
      let location = try locate(place, .read, regime, isSecure: tableSecure)
      var descriptor = try fetch(
        location, isSecure: tableSecure, bigEndian: bigEndian,
        TranslationFault(kind: .externalAbort, level: UInt8(level)))

      // An update that finds a changed descriptor starts again with the new value (I_YZSVV).
      while true {
        let isTable = descriptor & 3 == 3 && level < 3
        let isLeaf =
          level == 3
          ? descriptor & 3 == 3
          : descriptor & 3 == 1 && DescriptorField.allowsBlock(level: level, stride: stride)
        guard isTable || isLeaf else {
          throw TranslationFault(kind: .translation, level: UInt8(level))
        }
        let granuleMask = (1 &<< (stride &+ 3)) &- 1 as UInt64
        let output = descriptor & DescriptorField.address & ~granuleMask
        guard output >> controls.outputBits == 0 else {
          throw TranslationFault(kind: .addressSize, level: UInt8(level))
        }
        if isTable {
          // HPDx does not cover NSTable.
          if descriptor & DescriptorField.nsTable != 0 { tableSecure = false }
          if !controls.ignoresHierarchy { hierarchy |= descriptor }
          table = output
          indexMask = granuleMask
          level &+= 1
          break
        }
        let leaf = try self.leaf(
          descriptor, hierarchy, address, access, regime, controls, sctlr,
          tableSecure: tableSecure, level: level, isPANEnabled: isPANEnabled)
        if leaf.updated == descriptor || purpose == .observation { return leaf.result }
        // FEAT_HAFDBS: stage 2 must permit the write of the descriptor.
        let target = try locate(place, .write, regime, isSecure: tableSecure)
        let found = try exchange(
          target, isSecure: tableSecure, bigEndian: bigEndian, expected: descriptor,
          desired: leaf.updated, TranslationFault(kind: .externalAbort, level: UInt8(level)))
        if found == descriptor { return leaf.result }
        descriptor = found
      }
    }
  }

  /// Where a stage 1 descriptor is: its own address, or what stage 2 makes of it.
  @inline(__always) private func locate(
    _ place: IntermediatePhysicalAddress, _ access: AccessKind, _ regime: TranslationRegime,
    isSecure: Bool
  ) throws(TranslationFault) -> PhysicalAddress {
    guard regime.hasStage2 else { return PhysicalAddress(place.rawValue) }
    return try walkStage2(place, access, regime, forStage1Walk: true).outputAddress
  }

  /// A block or page descriptor: checks, and what hardware makes of it.
  private func leaf(
    _ descriptor: UInt64, _ hierarchy: UInt64, _ address: UInt64, _ access: AccessKind,
    _ regime: TranslationRegime, _ controls: Controls, _ sctlr: UInt64, tableSecure: Bool,
    level: UInt64, isPANEnabled: Bool
  ) throws(TranslationFault) -> (
    result: StageResult<IntermediatePhysicalAddress>, updated: UInt64
  ) {
    var updated = descriptor
    if descriptor & DescriptorField.af == 0 {
      guard controls.updatesAccessFlag else {
        throw TranslationFault(kind: .accessFlag, level: UInt8(level))
      }
      updated |= DescriptorField.af
    }
    // DBM makes AP[2] behave as 0 for every access, so WXN and the implied PXN see it too
    // (AArch64.S1ApplyOutputPerms; QEMU does so for stores only).
    let isManaged = controls.updatesDirtyState && descriptor & DescriptorField.dbm != 0
    let isClean = isManaged && descriptor & DescriptorField.ap2 != 0
    let isReadOnly =
      descriptor & DescriptorField.ap2 != 0 && !isManaged
      || hierarchy & DescriptorField.apTable1 != 0
    let isUXN = (descriptor | hierarchy >> 6) & DescriptorField.uxn != 0
    let isPXN = (descriptor | hierarchy >> 6) & DescriptorField.pxn != 0
    let isSecure = tableSecure && descriptor & DescriptorField.ns == 0

    var isReadable = true
    var isWritable = !isReadOnly
    var isExecutable: Bool
    if regime.hasTwoRanges {
      let isEL0 =
        descriptor & DescriptorField.ap1 != 0 && hierarchy & DescriptorField.apTable0 == 0
      if regime.isUnprivileged {
        isReadable = isEL0
        isWritable = isEL0 && !isReadOnly
        isExecutable = !isUXN
      } else {
        isExecutable = !isPXN && !(isEL0 && !isReadOnly)
        // PAN leaves fetches and cache maintenance by VA alone; see below.
        if isPANEnabled, isEL0 {
          isReadable = false
          isWritable = false
        }
      }
    } else {
      isExecutable = !isUXN
    }
    if isWritable, sctlr & TranslationControl.wxn != 0 { isExecutable = false }
    if regime.isSecure, !isSecure, state[.scrEL3] & TranslationControl.sif != 0 {
      isExecutable = false
    }

    let isPermitted: Bool
    switch access {
    case .read: isPermitted = isReadable
    case .write: isPermitted = isWritable
    case .atomic: isPermitted = isReadable && isWritable
    case .execute: isPermitted = isExecutable
    case .cacheMaintenance: isPermitted = !regime.isUnprivileged || isReadable
    case .cacheInvalidate: isPermitted = !isReadOnly
    }
    guard isPermitted else { throw TranslationFault(kind: .permission, level: UInt8(level)) }
    if isClean, access.writes { updated &= ~DescriptorField.ap2 }

    let shift = controls.stride &* (4 &- level) &+ 3
    let offsetMask = (1 &<< shift) &- 1 as UInt64
    var attributes = MemoryAttributes.stage1(
      mairByte: UInt8(
        truncatingIfNeeded: regime.mair(state) >> (descriptor >> 2 & 7 &* 8)),
      shareability: UInt8(truncatingIfNeeded: descriptor >> 8 & 3))
    let isDevice = attributes.isDevice
    // SCTLR_ELx.C and I; a fetch from Device memory is treated as one from Normal Non-cacheable.
    if access == .execute {
      if isDevice || sctlr & TranslationControl.i == 0 { attributes.type = 0x44 }
    } else if !isDevice, sctlr & TranslationControl.c == 0 {
      attributes.type = 0x44
    }
    let result = StageResult(
      outputAddress: IntermediatePhysicalAddress(
        descriptor & DescriptorField.address & ~offsetMask | address & offsetMask),
      isSecure: isSecure, blockSizeLog2: UInt8(shift),
      // A Secure walk that left for Non-secure tables is never global. Arm ARM D8.16.2.
      isGlobal: !regime.hasTwoRanges
        || descriptor & DescriptorField.ng == 0 && tableSecure == regime.isSecure,
      isReadable: isReadable, isWritable: isWritable && !(isClean && !access.writes),
      isExecutable: isExecutable, attributes: attributes, isOnlyForThisAccess: isDevice)
    return (result, updated)
  }

  /// Stage 1 off: the address is the output.
  ///
  /// AArch64.S1DisabledOutput in J1.
  private func flat(
    _ address: UInt64, _ access: AccessKind, _ regime: TranslationRegime, _ sctlr: UInt64,
    topBit: UInt64
  ) throws(TranslationFault) -> StageResult<IntermediatePhysicalAddress> {
    let bits = Self.physicalAddressBits
    guard (address << (63 &- topBit)) >> (63 &- topBit &+ bits) == 0 else {
      throw TranslationFault(kind: .addressSize, level: 0)
    }
    let isDefaultCacheable = regime.hcr & TranslationControl.dc != 0
    let attributes: MemoryAttributes
    if isDefaultCacheable {
      attributes = MemoryAttributes(type: 0xFF, shareability: 0)
    } else if access == .execute {
      attributes =
        sctlr & TranslationControl.i != 0
        ? MemoryAttributes(type: 0xAA, shareability: 2) : .normalNonCacheable
    } else {
      attributes = .deviceNGnRnE
    }
    return StageResult(
      outputAddress: IntermediatePhysicalAddress(address & ((1 &<< bits) &- 1)),
      isSecure: regime.isSecure, blockSizeLog2: 12, isGlobal: true, isReadable: true,
      isWritable: true, isExecutable: true,
      attributes: attributes, isOnlyForThisAccess: !isDefaultCacheable)
  }
}
