// The table walk: from a virtual address and the system registers to a physical address, or to a
// fault. Nothing here is cached and nothing is allocated; the caches are in front of it.
//
// Where the manual leaves a choice, the walker does what QEMU 7.2 (target/arm/ptw.c) does for its
// neoverse-n1, and says so at the place.

import Arm

/// What a walk may do besides reading tables.
enum WalkPurpose {
  /// An access of the program: the Access flag and dirty state may be written.
  case access
  /// An AT instruction, or a look from outside: nothing is written, and where hardware would set
  /// the Access flag or the dirty state, it counts as set.
  case observation
}

/// One walk of the translation tables for a core's registers.
struct TableWalker<Memory: TableMemory> {
  /// The core whose registers translate.
  let state: CoreState
  /// Where the tables are.
  let memory: Memory
  /// Whether descriptors may be updated.
  var purpose = WalkPurpose.access

  /// Bits of physical address, ID_AA64MMFR0_EL1.PARange 5. FEAT_LPA and FEAT_LPA2 are absent.
  static var physicalAddressBits: UInt64 { 48 }

  /// Output address bits by TCR_ELx.{I}PS or VTCR_EL2.PS; larger values act as PARange does.
  @inline(__always) func outputBits(_ size: UInt64) -> UInt64 {
    switch size & 7 {
    case 0: 32
    case 1: 36
    case 2: 40
    case 3: 42
    case 4: 44
    default: 48
    }
  }

  /// Translates an address by all stages of the regime.
  func translate(
    _ address: UInt64, _ access: AccessKind, _ context: TranslationContext
  ) throws(TranslationFault) -> Translation {
    try translate(
      address, access, TranslationRegime(context.level, state),
      isPANEnabled: context.isPANEnabled, stage1Only: false)
  }

  /// Translates an address by all stages of the regime, or by stage 1 alone.
  func translate(
    _ address: UInt64, _ requestedAccess: AccessKind, _ regime: TranslationRegime,
    isPANEnabled: Bool, stage1Only: Bool
  ) throws(TranslationFault) -> Translation {
    // Arm ARM, DC IVAC: at EL1 with stage 2 it cleans too, and then needs no write permission.
    let access: AccessKind =
      requestedAccess == .cacheInvalidate && regime.hasStage2 ? .cacheMaintenance : requestedAccess
    let first = try walkStage1(
      VirtualAddress(address), access, regime, isPANEnabled: isPANEnabled)
    guard regime.hasStage2, !stage1Only else {
      // Without stage 2 the intermediate physical address is the physical one.
      return translation(
        first, first.attributes.effective, PhysicalAddress(first.outputAddress.rawValue), access)
    }
    let second = try walkStage2(first.outputAddress, access, regime, forStage1Walk: false)
    var result = translation(
      first, first.attributes.combined(withStage2: second.attributes), second.outputAddress,
      access)
    result.mappingSizeLog2 = min(first.blockSizeLog2, second.blockSizeLog2)
    result.isReadable = result.isReadable && second.isReadable
    result.isWritable = result.isWritable && second.isWritable
    result.isExecutable = result.isExecutable && second.isExecutable
    if second.isOnlyForThisAccess { restrict(&result, to: access) }
    return result
  }

  private func translation(
    _ first: StageResult<IntermediatePhysicalAddress>, _ attributes: MemoryAttributes,
    _ address: PhysicalAddress, _ access: AccessKind
  ) -> Translation {
    var result = Translation(
      physicalAddress: address, isSecure: first.isSecure,
      blockSizeLog2: first.blockSizeLog2, mappingSizeLog2: first.blockSizeLog2,
      isGlobal: first.isGlobal,
      isReadable: first.isReadable, isWritable: first.isWritable,
      isExecutable: first.isExecutable, isDevice: attributes.isDevice,
      attributes: attributes.type, shareability: attributes.shareability)
    if first.isOnlyForThisAccess { restrict(&result, to: access) }
    return result
  }

  /// Drops the permissions of the other side, where data and instructions see different types.
  private func restrict(_ translation: inout Translation, to access: AccessKind) {
    if access == .execute {
      translation.isReadable = false
      translation.isWritable = false
    } else {
      translation.isExecutable = false
    }
  }

  /// Reads a descriptor, or says at which level the read was aborted.
  @inline(__always) func fetch(
    _ address: PhysicalAddress, isSecure: Bool, bigEndian: Bool, _ fault: TranslationFault
  ) throws(TranslationFault) -> UInt64 {
    do {
      let word = try memory.readDescriptor(address, isSecure: isSecure)
      return bigEndian ? word.byteSwapped : word
    } catch { throw fault.caused(by: error) }
  }

  /// Updates a descriptor, or says at which level the update was aborted; returns what it was.
  func exchange(
    _ address: PhysicalAddress, isSecure: Bool, bigEndian: Bool, expected: UInt64, desired: UInt64,
    _ fault: TranslationFault
  ) throws(TranslationFault) -> UInt64 {
    do {
      let word = try memory.compareExchangeDescriptor(
        address, isSecure: isSecure,
        expected: bigEndian ? expected.byteSwapped : expected,
        desired: bigEndian ? desired.byteSwapped : desired)
      return bigEndian ? word.byteSwapped : word
    } catch { throw fault.caused(by: error) }
  }
}

/// What one stage says of an address: stage 1 gives an intermediate physical one, stage 2 a physical one.
struct StageResult<Address> {
  /// The IPA or PA.
  var outputAddress: Address
  /// Whether that is in the Secure address space.
  var isSecure: Bool
  /// log2 of what the descriptor maps.
  var blockSizeLog2: UInt8
  /// Whether it holds for all ASIDs.
  var isGlobal: Bool
  /// Whether loads are permitted.
  var isReadable: Bool
  /// Whether stores are permitted and the descriptor is dirty already.
  var isWritable: Bool
  /// Whether fetches are permitted.
  var isExecutable: Bool
  /// The attributes for the kind of access asked for.
  var attributes: MemoryAttributes
  /// Whether data accesses and fetches see different attributes.
  var isOnlyForThisAccess: Bool
}

extension DescriptorField {
  /// Whether a descriptor is a block where the granule has blocks: level 1 and 2 of 4 KiB tables,
  /// level 2 of 16 KiB and 64 KiB ones. Arm ARM D8.3.1.
  @inline(__always) static func allowsBlock(level: UInt64, stride: UInt64) -> Bool {
    level == 2 || level == 1 && stride == 9
  }
}

/// Bits of a VMSAv8-64 descriptor. Arm ARM D8.3.
enum DescriptorField {
  /// Valid.
  static let valid: UInt64 = 1 << 0
  /// Table at levels 0 to 2, page at level 3.
  static let tableOrPage: UInt64 = 1 << 1
  /// NS, stage 1.
  static let ns: UInt64 = 1 << 5
  /// AP[1]: EL0 may access; S2AP[0]: readable.
  static let ap1: UInt64 = 1 << 6
  /// AP[2]: read-only; S2AP[1]: writable.
  static let ap2: UInt64 = 1 << 7
  /// Access flag.
  static let af: UInt64 = 1 << 10
  /// Not global.
  static let ng: UInt64 = 1 << 11
  /// Dirty bit modifier.
  static let dbm: UInt64 = 1 << 51
  /// PXN.
  static let pxn: UInt64 = 1 << 53
  /// UXN, or XN in a regime with one range.
  static let uxn: UInt64 = 1 << 54
  /// PXNTable.
  static let pxnTable: UInt64 = 1 << 59
  /// UXNTable or XNTable.
  static let uxnTable: UInt64 = 1 << 60
  /// APTable[0]: no access from EL0.
  static let apTable0: UInt64 = 1 << 61
  /// APTable[1]: no writes.
  static let apTable1: UInt64 = 1 << 62
  /// NSTable.
  static let nsTable: UInt64 = 1 << 63
  /// Address bits; those below the granule are masked separately.
  static let address: UInt64 = 0x0000_FFFF_FFFF_F000
}
