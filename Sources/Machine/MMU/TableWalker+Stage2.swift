// Stage 2 of the Non-secure EL1&0 regime. Arm ARM D8.2.2 (starting level, concatenated tables),
// D8.4.2 (permissions), D8.6.5 (stage 2 attributes), AArch64.S2Translate in J1.

import Arm

extension TableWalker {
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
    let vtcr = VirtualizationTranslationControl(rawValue: state[.vtcrEL2])
    guard let tables = TableWalk(vtcr, TableBase(rawValue: state[.vttbrEL2])),
      address >> tables.inputBits == 0
    else { throw fault }
    guard tables.isBaseInRange else {
      fault.kind = .addressSize
      throw fault
    }
    var level = tables.firstLevel
    var table = tables.base
    var indexMask = tables.firstIndexMask
    let bigEndian = state.systemControl(.sctlrEL2).isSet(SystemControl.ee)

    while true {
      let place = PhysicalAddress(
        table | address >> (tables.stride &* (4 &- level)) & indexMask & ~7)
      fault.level = UInt8(level)
      fault.kind = .externalAbort
      var descriptor = try fetch(place, isSecure: false, bigEndian: bigEndian, fault)

      while true {
        let kind = descriptor.kind(level: level, stride: tables.stride)
        guard kind != .invalid else {
          fault.kind = .translation
          throw fault
        }
        let output = descriptor.address & ~tables.indexMask
        guard output >> tables.outputBits == 0 else {
          fault.kind = .addressSize
          throw fault
        }
        if kind == .table {
          table = output
          indexMask = tables.indexMask
          level &+= 1
          break
        }
        let leaf = try stage2Leaf(
          descriptor, address, access, regime, vtcr,
          shift: tables.stride &* (4 &- level) &+ 3, fault)
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
    _ descriptor: TranslationDescriptor, _ address: UInt64, _ access: AccessKind,
    _ regime: TranslationRegime, _ vtcr: VirtualizationTranslationControl, shift: UInt64,
    _ location: TranslationFault
  ) throws(TranslationFault) -> (
    result: StageResult<PhysicalAddress>, updated: TranslationDescriptor
  ) {
    typealias Bit = TranslationDescriptor
    typealias VTCR = VirtualizationTranslationControl
    var fault = location
    var updated = descriptor
    if !descriptor.isSet(Bit.af) {
      guard vtcr.isSet(VTCR.ha) else {
        fault.kind = .accessFlag
        throw fault
      }
      updated[Bit.af] = 1
    }
    let isManaged = vtcr.isSet(VTCR.ha) && vtcr.isSet(VTCR.hd) && descriptor.isSet(Bit.dbm)
    let isClean = isManaged && !descriptor.isSet(Bit.s2ap1)
    let isReadable = descriptor.isSet(Bit.s2ap0)
    let isWritable = descriptor.isSet(Bit.s2ap1) || isManaged
    let isExecutable: Bool
    switch descriptor[Bit.xn] {
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
      memoryAttribute: UInt8(truncatingIfNeeded: descriptor[Bit.memAttr]),
      shareability: UInt8(truncatingIfNeeded: descriptor[Bit.sh]))
    let isDevice = attributes.isDevice
    let isProtectedWalk =
      appliesWalkProtection(regime, isStage1Walk: fault.isStage1Walk) && isDevice
    guard isPermitted, !isProtectedWalk else {
      fault.kind = .permission
      throw fault
    }
    if isClean, access.writes { updated[Bit.s2ap1] = 1 }

    if access == .execute {
      if isDevice || regime.hcr.isSet(HypervisorConfiguration.id) {
        attributes = .normalNonCacheable
      }
    } else if !isDevice, regime.hcr.isSet(HypervisorConfiguration.cd) {
      attributes = .normalNonCacheable
    }
    let offsetMask = (1 &<< shift) &- 1 as UInt64
    let result = StageResult(
      outputAddress: PhysicalAddress(descriptor.address & ~offsetMask | address & offsetMask),
      isSecure: false, blockSizeLog2: UInt8(shift), isGlobal: true, isReadable: isReadable,
      isWritable: isWritable && !(isClean && !access.writes), isExecutable: isExecutable,
      attributes: attributes, isOnlyForThisAccess: isDevice)
    return (result, updated)
  }

  /// HCR_EL2.PTW: a stage 1 walk that stage 2 sends to Device memory is a Permission fault.
  private func appliesWalkProtection(
    _ regime: TranslationRegime, isStage1Walk: Bool
  ) -> Bool {
    isStage1Walk && regime.hcr.isSet(HypervisorConfiguration.ptw)
  }
}
