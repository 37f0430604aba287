// Stage 2 of the Non-secure EL1&0 regime. Arm ARM D8.2.2 (starting level, concatenated tables),
// D8.4.2 (permissions), D8.5.2 (stage 2 attributes), AArch64.S2Translate in J1.

import Arm

extension TableWalker {
  /// The level that VTCR_EL2.SL0 starts at, or nil when it is reserved or does not fit the size of
  /// the IPA. AArch64.S2InvalidSL and S2InconsistentSL; PARange 5, no FEAT_TTST.
  private func startLevel(_ vtcr: UInt64, inputBits: UInt64, stride: UInt64) -> UInt64? {
    let sl0 = vtcr >> 6 & 3
    guard sl0 != 3 else { return nil }
    let level = stride == 9 ? 2 &- sl0 : 3 &- sl0
    // Up to 16 tables are concatenated at the first level.
    let least = (3 &- level) &* stride &+ stride &+ 3 &+ 1
    let most = least &+ stride &- 1 &+ 4
    return inputBits >= least && inputBits <= most ? level : nil
  }

  /// Translates an IPA to a PA.
  ///
  /// With `forStage1Walk` the IPA is that of a stage 1 descriptor and `access` is what is done to
  /// the descriptor; the fault gets S1PTW, and HCR_EL2.PTW applies.
  func walkStage2(
    _ intermediate: IntermediatePhysicalAddress, _ access: AccessKind, _ regime: TranslationRegime,
    forStage1Walk: Bool
  ) throws(TranslationFault) -> StageResult<PhysicalAddress> {
    let address = intermediate.rawValue
    var fault = TranslationFault(
      kind: .translation, level: 0, isStage2: true, isStage1Walk: forStage1Walk,
      intermediateAddress: intermediate)
    let vtcr = state[.vtcrEL2]
    let size = vtcr & 63
    guard size >= 16, size <= 39 else { throw fault }
    let inputBits = 64 &- size
    let stride = self.stride(tg0: vtcr >> 14)
    guard address >> inputBits == 0,
      var level = startLevel(vtcr, inputBits: inputBits, stride: stride)
    else { throw fault }
    let outputBits = self.outputBits(vtcr >> 16)
    let base = state[.vttbrEL2] & 0x0000_FFFF_FFFF_FFFE
    guard base >> outputBits == 0 else {
      fault.kind = .addressSize
      throw fault
    }
    var indexMask = (1 &<< (inputBits &- stride &* (4 &- level))) &- 1 as UInt64
    var table = base & ~indexMask
    let bigEndian = state[.sctlrEL2] & TranslationControl.ee != 0

    while true {
      let place = PhysicalAddress(
        table | address >> (stride &* (4 &- level)) & indexMask & ~7)
      fault.level = UInt8(level)
      fault.kind = .externalAbort
      var descriptor = try fetch(place, isSecure: false, bigEndian: bigEndian, fault)

      while true {
        let isTable = descriptor & 3 == 3 && level < 3
        let isLeaf =
          level == 3
          ? descriptor & 3 == 3
          : descriptor & 3 == 1 && DescriptorField.allowsBlock(level: level, stride: stride)
        guard isTable || isLeaf else {
          fault.kind = .translation
          throw fault
        }
        let granuleMask = (1 &<< (stride &+ 3)) &- 1 as UInt64
        let output = descriptor & DescriptorField.address & ~granuleMask
        guard output >> outputBits == 0 else {
          fault.kind = .addressSize
          throw fault
        }
        if isTable {
          table = output
          indexMask = granuleMask
          level &+= 1
          break
        }
        let leaf = try stage2Leaf(
          descriptor, address, access, regime, vtcr, shift: stride &* (4 &- level) &+ 3, fault)
        if leaf.updated == descriptor || purpose == .observation { return leaf.result }
        fault.kind = .externalAbort
        let found = try exchange(
          place, isSecure: false, bigEndian: bigEndian, expected: descriptor,
          desired: leaf.updated, fault)
        if found == descriptor { return leaf.result }
        descriptor = found
      }
    }
  }

  /// A block or page descriptor: checks, and what hardware makes of it.
  private func stage2Leaf(
    _ descriptor: UInt64, _ address: UInt64, _ access: AccessKind, _ regime: TranslationRegime,
    _ vtcr: UInt64, shift: UInt64, _ location: TranslationFault
  ) throws(TranslationFault) -> (result: StageResult<PhysicalAddress>, updated: UInt64) {
    var fault = location
    var updated = descriptor
    if descriptor & DescriptorField.af == 0 {
      guard vtcr >> 21 & 1 != 0 else {
        fault.kind = .accessFlag
        throw fault
      }
      updated |= DescriptorField.af
    }
    let isManaged = vtcr >> 21 & 3 == 3 && descriptor & DescriptorField.dbm != 0
    let isClean = isManaged && descriptor & DescriptorField.ap2 == 0
    let isReadable = descriptor & DescriptorField.ap1 != 0
    let isWritable = descriptor & DescriptorField.ap2 != 0 || isManaged
    // XN[1:0], FEAT_XNX: 0 all may execute, 1 EL0 only, 2 nobody, 3 EL1 only.
    let isExecutable: Bool
    switch descriptor >> 53 & 3 {
    case 0: isExecutable = true
    case 1: isExecutable = regime.isUnprivileged
    case 2: isExecutable = false
    default: isExecutable = !regime.isUnprivileged
    }
    let isPermitted: Bool
    switch access {
    case .read: isPermitted = isReadable
    case .write: isPermitted = isWritable
    case .atomic: isPermitted = isReadable && isWritable
    case .execute: isPermitted = isExecutable
    case .cacheMaintenance, .cacheInvalidate:
      isPermitted = !regime.isUnprivileged || isReadable
    }
    var attributes = MemoryAttributes.stage2(
      memoryAttribute: UInt8(truncatingIfNeeded: descriptor >> 2 & 15),
      shareability: UInt8(truncatingIfNeeded: descriptor >> 8 & 3))
    let isDevice = attributes.isDevice
    let isProtectedWalk =
      appliesWalkProtection(regime, isStage1Walk: fault.isStage1Walk) && isDevice
    guard isPermitted, !isProtectedWalk else {
      fault.kind = .permission
      throw fault
    }
    if isClean, access.writes { updated |= DescriptorField.ap2 }

    if access == .execute {
      if isDevice || regime.hcr & TranslationControl.id != 0 { attributes = .normalNonCacheable }
    } else if !isDevice, regime.hcr & TranslationControl.cd != 0 {
      attributes = .normalNonCacheable
    }
    let offsetMask = (1 &<< shift) &- 1 as UInt64
    let result = StageResult(
      outputAddress: PhysicalAddress(
        descriptor & DescriptorField.address & ~offsetMask | address & offsetMask),
      isSecure: false, blockSizeLog2: UInt8(shift), isGlobal: true, isReadable: isReadable,
      isWritable: isWritable && !(isClean && !access.writes), isExecutable: isExecutable,
      attributes: attributes, isOnlyForThisAccess: isDevice)
    return (result, updated)
  }

  /// HCR_EL2.PTW: a stage 1 walk that stage 2 sends to Device memory is a Permission fault.
  private func appliesWalkProtection(
    _ regime: TranslationRegime, isStage1Walk: Bool
  ) -> Bool {
    isStage1Walk && regime.hcr & TranslationControl.ptw != 0
  }
}
