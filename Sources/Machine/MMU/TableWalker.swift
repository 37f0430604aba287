// The table walk: from a virtual address and the system registers to a physical address, or to a
// fault. Nothing here is cached and nothing is allocated; the caches are in front of it.
//
// Where the manual leaves a choice, the walker does what QEMU 7.2 (target/arm/ptw.c) does for its
// neoverse-n1, and says so at the place; Arm's `TranslationGranule` takes reserved values for 4 KiB.

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
  ) throws(TranslationFault) -> TranslationDescriptor {
    do {
      let word = try memory.readDescriptor(address, isSecure: isSecure)
      return TranslationDescriptor(rawValue: bigEndian ? word.byteSwapped : word)
    } catch { throw fault.caused(by: error) }
  }

  /// Updates a descriptor, or says at which level the update was aborted; returns what it was.
  func exchange(
    _ address: PhysicalAddress, isSecure: Bool, bigEndian: Bool, expected: TranslationDescriptor,
    desired: TranslationDescriptor, _ fault: TranslationFault
  ) throws(TranslationFault) -> TranslationDescriptor {
    do {
      let word = try memory.compareExchangeDescriptor(
        address, isSecure: isSecure,
        expected: bigEndian ? expected.rawValue.byteSwapped : expected.rawValue,
        desired: bigEndian ? desired.rawValue.byteSwapped : desired.rawValue)
      return TranslationDescriptor(rawValue: bigEndian ? word.byteSwapped : word)
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
