// Stage 1. Arm ARM D8.2 (translation process), D8.4 (permissions), D8.5 (hardware updates), and
// AArch64.S1Translate in J1.

import Arm

extension TableWalker {
  /// TCR_ELx for the half of the address space that an address is in.
  private struct Controls {
    /// Which tables; nil where TxSZ is outside 16...39: no FEAT_LVA, no FEAT_TTST.
    var tables: TableWalk?
    /// EPDx: no walks.
    var isDisabled: Bool
    /// HPDx: table attributes are ignored.
    var ignoresHierarchy: Bool
    /// HA.
    var updatesAccessFlag: Bool
    /// HA and HD.
    var updatesDirtyState: Bool
  }

  @inline(__always) private func controls(
    _ raw: UInt64, _ regime: TranslationRegime, upper: Bool
  ) -> Controls {
    guard regime.hasTwoRanges else {
      typealias TCR = SingleRangeTranslationControl
      let tcr = TCR(rawValue: raw)
      return Controls(
        tables: TableWalk(
          granule: TranslationGranule(tg0: tcr[TCR.tg0]), sizeOffset: tcr[TCR.t0sz],
          base: regime.ttbr(state, upper: false),
          outputBits: OutputAddressSize.bits(tcr[TCR.ps])),
        isDisabled: false, ignoresHierarchy: tcr.isSet(TCR.hpd),
        updatesAccessFlag: tcr.isSet(TCR.ha),
        updatesDirtyState: tcr.isSet(TCR.ha) && tcr.isSet(TCR.hd))
    }
    typealias TCR = TranslationControl
    let tcr = TCR(rawValue: raw)
    return Controls(
      tables: TableWalk(
        granule: upper
          ? TranslationGranule(tg1: tcr[TCR.tg1]) : TranslationGranule(tg0: tcr[TCR.tg0]),
        sizeOffset: upper ? tcr[TCR.t1sz] : tcr[TCR.t0sz], base: regime.ttbr(state, upper: upper),
        outputBits: OutputAddressSize.bits(tcr[TCR.ips])),
      isDisabled: upper ? tcr.isSet(TCR.epd1) : tcr.isSet(TCR.epd0),
      ignoresHierarchy: upper ? tcr.isSet(TCR.hpd1) : tcr.isSet(TCR.hpd0),
      updatesAccessFlag: tcr.isSet(TCR.ha),
      updatesDirtyState: tcr.isSet(TCR.ha) && tcr.isSet(TCR.hd))
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
    guard let tables = controls.tables, !controls.isDisabled else {
      throw TranslationFault(kind: .translation, level: 0)
    }
    let inputBits = tables.inputBits
    let top = (address << (63 &- topBit)) >> (63 &- topBit &+ inputBits)
    let ones = UInt64.max >> (63 &- topBit &+ inputBits)
    guard top == (upper ? ones : 0) else {
      throw TranslationFault(kind: .translation, level: 0)
    }
    guard tables.isBaseInRange else { throw TranslationFault(kind: .addressSize, level: 0) }

    var level = tables.firstLevel
    var table = tables.base
    var indexMask = tables.firstIndexMask
    var tableSecure = regime.isSecure
    var hierarchy = TranslationDescriptor(rawValue: 0)
    let bigEndian = sctlr.isSet(SystemControl.ee)

    while true {
      let place = IntermediatePhysicalAddress(
        table | address >> (tables.stride &* (4 &- level)) & indexMask & ~7)
      let location = try locate(place, .read, regime, isSecure: tableSecure)
      var descriptor = try fetch(
        location, isSecure: tableSecure, bigEndian: bigEndian,
        TranslationFault(kind: .externalAbort, level: UInt8(level)))

      // An update that finds a changed descriptor starts again with the new value (I_YZSVV).
      while true {
        let kind = descriptor.kind(level: level, stride: tables.stride)
        guard kind != .invalid else {
          throw TranslationFault(kind: .translation, level: UInt8(level))
        }
        let output = descriptor.address & ~tables.indexMask
        guard output >> tables.outputBits == 0 else {
          throw TranslationFault(kind: .addressSize, level: UInt8(level))
        }
        if kind == .table {
          // HPDx does not cover NSTable.
          if descriptor.isSet(TranslationDescriptor.nsTable) { tableSecure = false }
          if !controls.ignoresHierarchy { hierarchy.rawValue |= descriptor.rawValue }
          table = output
          indexMask = tables.indexMask
          level &+= 1
          break
        }
        let leaf = try self.leaf(
          descriptor, hierarchy, address, access, regime, controls, sctlr,
          tableSecure: tableSecure, level: level,
          shift: tables.stride &* (4 &- level) &+ 3, isPANEnabled: isPANEnabled)
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
    _ descriptor: TranslationDescriptor, _ hierarchy: TranslationDescriptor, _ address: UInt64,
    _ access: AccessKind, _ regime: TranslationRegime, _ controls: Controls,
    _ sctlr: SystemControl, tableSecure: Bool, level: UInt64, shift: UInt64, isPANEnabled: Bool
  ) throws(TranslationFault) -> (
    result: StageResult<IntermediatePhysicalAddress>, updated: TranslationDescriptor
  ) {
    typealias Bit = TranslationDescriptor
    var updated = descriptor
    if !descriptor.isSet(Bit.af) {
      guard controls.updatesAccessFlag else {
        throw TranslationFault(kind: .accessFlag, level: UInt8(level))
      }
      updated[Bit.af] = 1
    }
    // DBM makes AP[2] behave as 0 for every access, so WXN and the implied PXN see it too
    // (AArch64.S1ApplyOutputPerms; QEMU does so for stores only).
    let isManaged = controls.updatesDirtyState && descriptor.isSet(Bit.dbm)
    let isClean = isManaged && descriptor.isSet(Bit.ap2)
    let isReadOnly = descriptor.isSet(Bit.ap2) && !isManaged || hierarchy.isSet(Bit.apTable1)
    let isUXN = descriptor.isSet(Bit.uxn) || hierarchy.isSet(Bit.uxnTable)
    let isPXN = descriptor.isSet(Bit.pxn) || hierarchy.isSet(Bit.pxnTable)
    let isSecure = tableSecure && !descriptor.isSet(Bit.ns)

    var isReadable = true
    var isWritable = !isReadOnly
    var isExecutable: Bool
    if regime.hasTwoRanges {
      let isEL0 = descriptor.isSet(Bit.ap1) && !hierarchy.isSet(Bit.apTable0)
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
    if isWritable, sctlr.isSet(SystemControl.wxn) { isExecutable = false }
    if regime.isSecure, !isSecure, state.scr.isSet(SecureConfiguration.sif) {
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
    if isClean, access.writes { updated[Bit.ap2] = 0 }

    let offsetMask = (1 &<< shift) &- 1 as UInt64
    var attributes = MemoryAttributes.stage1(
      mairByte: UInt8(truncatingIfNeeded: regime.mair(state) >> (descriptor[Bit.attrIndx] &* 8)),
      shareability: UInt8(truncatingIfNeeded: descriptor[Bit.sh]))
    let isDevice = attributes.isDevice
    // SCTLR_ELx.C and I; a fetch from Device memory is treated as one from Normal Non-cacheable.
    if access == .execute {
      if isDevice || !sctlr.isSet(SystemControl.i) { attributes.type = 0x44 }
    } else if !isDevice, !sctlr.isSet(SystemControl.c) {
      attributes.type = 0x44
    }
    let result = StageResult(
      outputAddress: IntermediatePhysicalAddress(
        descriptor.address & ~offsetMask | address & offsetMask),
      isSecure: isSecure, blockSizeLog2: UInt8(shift),
      // A Secure walk that left for Non-secure tables is never global. Arm ARM D8.16.3.
      isGlobal: !regime.hasTwoRanges
        || !descriptor.isSet(Bit.ng) && tableSecure == regime.isSecure,
      isReadable: isReadable, isWritable: isWritable && !(isClean && !access.writes),
      isExecutable: isExecutable, attributes: attributes, isOnlyForThisAccess: isDevice)
    return (result, updated)
  }

  /// Stage 1 off: the address is the output.
  ///
  /// AArch64.S1DisabledOutput in J1.
  private func flat(
    _ address: UInt64, _ access: AccessKind, _ regime: TranslationRegime, _ sctlr: SystemControl,
    topBit: UInt64
  ) throws(TranslationFault) -> StageResult<IntermediatePhysicalAddress> {
    let bits = Self.physicalAddressBits
    guard (address << (63 &- topBit)) >> (63 &- topBit &+ bits) == 0 else {
      throw TranslationFault(kind: .addressSize, level: 0)
    }
    let isDefaultCacheable = regime.hcr.isSet(HypervisorConfiguration.dc)
    let attributes: MemoryAttributes
    if isDefaultCacheable {
      attributes = MemoryAttributes(type: 0xFF, shareability: 0)
    } else if access == .execute {
      attributes =
        sctlr.isSet(SystemControl.i)
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
