// The second-level cache: translations of 4 KiB pages, tagged with everything that tells them
// apart, so that a new ASID, a new VMID or a hypervisor's world switch costs no walks. It behaves
// as an architected TLB does: it forgets on TLBI, and a change of TTBR alone does not reach it.
//
// Faults are never here, and a permission that the walk did not grant (a clean page for stores) is
// not either: such an access walks again.

import Arm

/// The controls that translations depend on and that no TLB tag names. Each combination in use
/// has a number, so that a change of, say, SCTLR_EL1.WXN takes effect at once.
struct TranslationConfiguration: Equatable {
  /// SCTLR_ELx, the bits that matter.
  var sctlr: UInt64
  /// TCR_ELx.
  var tcr: UInt64
  /// MAIR_ELx.
  var mair: UInt64
  /// HCR_EL2, what the regime has of it, and SCR_EL3.{NS,SIF} (bits 63:62).
  var hcr: UInt64
  /// VTCR_EL2, with stage 2.
  var vtcr: UInt64
  /// SCTLR_EL2.EE, with stage 2; the regime.
  var other: UInt64

  /// The configuration of a regime now.
  @inline(__always) init(_ regime: TranslationRegime, _ state: CoreState) {
    sctlr = regime.sctlr(state).rawValue & SystemControl.translationMask
    tcr = regime.tcr(state)
    mair = regime.mair(state)
    let scr = state.scr
    hcr =
      regime.hcr.rawValue & HypervisorConfiguration.translationMask
      | scr[SecureConfiguration.ns] << 63 | scr[SecureConfiguration.sif] << 62
    if regime.hasStage2 {
      vtcr = state[.vtcrEL2]
      other = UInt64(regime.kind.rawValue) | state[.sctlrEL2] & SystemControl.ee.mask
    } else {
      vtcr = 0
      other = UInt64(regime.kind.rawValue)
    }
  }
}

/// A core's second-level translation cache: sets by address alone, so that a TLBI by VA looks at
/// one set per size of mapping that is in use.
///
/// Safe because the entries are its own memory, whole from `init` to `deinit`, and every index is
/// a set's, masked, times the ways.
@safe final class TranslationCache {
  /// Number of sets; a power of two.
  static let setCount = 512
  /// Entries of a set.
  static let wayCount = 4
  /// Configurations that can be told apart before everything is forgotten.
  static let configurationCount = 64

  /// One mapping: 32 bytes.
  struct Entry {
    /// Bits 43:0 VA[55:12], aligned to the mapping; 47:44 context; 55:48 configuration; bit 56
    /// Secure state; 61:57 log2 of the mapping less 12; bit 63 valid.
    var key: UInt64 = 0
    /// Bits 15:0 ASID; 31:16 VMID.
    var space: UInt32 = 0
    /// log2 of the stage 1 block.
    var blockSizeLog2: UInt8 = 0
    /// Bit 0 readable, 1 writable, 2 executable, 3 Device, 4 Secure output, 5 global.
    var flags: UInt8 = 0
    /// As `Translation.attributes`.
    var attributes: UInt8 = 0
    /// As `Translation.shareability`.
    var shareability: UInt8 = 0
    /// Physical address of the mapping.
    var physical: UInt64 = 0
    /// Fills the entry up to a power of two.
    var padding: UInt64 = 0

    /// VA[55:12] of the mapping.
    var page: UInt64 { key & 0xFFF_FFFF_FFFF }
    /// The TLB context, as a mask.
    var contextMask: UInt8 { 1 << UInt8(truncatingIfNeeded: key >> 44 & 15) }
    /// Whether it was made from Secure state.
    var isSecureState: Bool { key & TranslationCache.secure != 0 }
    /// Whether it holds for all ASIDs.
    var isGlobal: Bool { flags & 32 != 0 }
    /// The ASID it was made with.
    var asid: UInt16 { UInt16(truncatingIfNeeded: space) }
    /// The VMID it was made with.
    var vmid: UInt16 { UInt16(truncatingIfNeeded: space >> 16) }
  }

  static let secure: UInt64 = 1 << 56
  static let valid: UInt64 = 1 << 63

  private let entries: UnsafeMutablePointer<Entry>
  private var configurations: [TranslationConfiguration] = []
  private var lastConfiguration = 0
  /// Sizes of the mappings that are here: bit n is a mapping of 2^n bytes. 0 when empty.
  private var sizes: UInt64 = 0
  /// Around the stage 1 blocks that stage 2 maps in smaller pieces.
  private var splitBlocks = BlockRegion()
  /// The way that the next full set gives up.
  private var victim = 0

  init() {
    unsafe entries = .allocate(capacity: Self.setCount * Self.wayCount)
    unsafe entries.initialize(repeating: Entry(), count: Self.setCount * Self.wayCount)
    configurations.reserveCapacity(Self.configurationCount)
  }

  deinit { unsafe entries.deallocate() }

  /// What tells the translations of one context from those of others.
  struct Tag {
    /// The key without an address and a size.
    var key: UInt64
    /// The ASID and VMID.
    var space: UInt32
  }

  /// The tag of a context and its regime, for a core's registers.
  @inline(__always) func tag(
    _ context: Int, _ regime: TranslationRegime, _ state: CoreState
  ) -> Tag {
    let configuration = number(TranslationConfiguration(regime, state))
    return Tag(
      key: UInt64(context) << 44 | UInt64(configuration) << 48
        | (regime.isSecure ? Self.secure : 0) | Self.valid,
      space: UInt32(regime.asid(state)) | UInt32(regime.vmid(state)) << 16)
  }

  private func number(_ configuration: TranslationConfiguration) -> Int {
    if lastConfiguration < configurations.count,
      configurations[lastConfiguration] == configuration
    {
      return lastConfiguration
    }
    for index in 0..<configurations.count where configurations[index] == configuration {
      lastConfiguration = index
      return index
    }
    if configurations.count == Self.configurationCount { removeAll() }
    lastConfiguration = configurations.count
    configurations.append(configuration)
    return lastConfiguration
  }

  /// VA[55:12] of the mapping of a size that an address is in.
  @inline(__always) private func page(_ address: UInt64, _ size: UInt64) -> UInt64 {
    ((address << 8) >> (size &+ 8)) << (size &- 12)
  }

  @inline(__always) private func set(_ page: UInt64) -> UnsafeMutablePointer<Entry> {
    let mixed = page &* 0x9E37_79B9_7F4A_7C15
    let index = Int(truncatingIfNeeded: mixed >> 40 & UInt64(Self.setCount - 1))
    return unsafe entries + index &* Self.wayCount
  }

  /// The translation of an address, if one is here that permits the access.
  func lookup(
    _ address: UInt64, _ access: AccessKind, _ tag: Tag, isPrivileged: Bool
  ) -> Translation? {
    let needed: UInt8
    switch access {
    case .read: needed = 1
    case .write: needed = 2
    case .atomic: needed = 3
    case .execute: needed = 4
    case .cacheMaintenance: needed = isPrivileged ? 0 : 1
    // Whether it needs write permission depends on stage 2: let the walk say.
    case .cacheInvalidate: return nil
    }
    var remaining = sizes
    while remaining != 0 {
      let size = UInt64(remaining.trailingZeroBitCount)
      remaining &= remaining &- 1
      let page = self.page(address, size)
      let key = tag.key | page | (size &- 12) << 57
      let set = unsafe self.set(page)
      for way in 0..<Self.wayCount where unsafe set[way].key == key {
        let entry = unsafe set[way]
        let difference = entry.space ^ tag.space
        guard difference == 0 || entry.isGlobal && difference >> 16 == 0,
          entry.flags & needed == needed
        else { continue }
        let offsetMask = (1 &<< size) &- 1 as UInt64
        return Translation(
          physicalAddress: PhysicalAddress(entry.physical | address & offsetMask),
          isSecure: entry.flags & 16 != 0, blockSizeLog2: entry.blockSizeLog2,
          mappingSizeLog2: UInt8(truncatingIfNeeded: size), isGlobal: entry.isGlobal,
          isReadable: entry.flags & 1 != 0, isWritable: entry.flags & 2 != 0,
          isExecutable: entry.flags & 4 != 0, isDevice: entry.flags & 8 != 0,
          attributes: entry.attributes, shareability: entry.shareability)
      }
    }
    return nil
  }

  /// Enters a translation of an address.
  func insert(_ address: UInt64, _ translation: Translation, _ tag: Tag) {
    let size = UInt64(translation.mappingSizeLog2)
    let page = self.page(address, size)
    let key = tag.key | page | (size &- 12) << 57
    var flags: UInt8 = translation.isReadable ? 1 : 0
    if translation.isWritable { flags |= 2 }
    if translation.isExecutable { flags |= 4 }
    if translation.isDevice { flags |= 8 }
    if translation.isSecure { flags |= 16 }
    if translation.isGlobal { flags |= 32 }
    let offsetMask = (1 &<< size) &- 1 as UInt64
    let set = unsafe self.set(page)
    var way = -1
    for candidate in 0..<Self.wayCount {
      let entry = unsafe set[candidate]
      // A walk that found more (a page made dirty, say) replaces what was known.
      if entry.key == key, entry.space == tag.space {
        way = candidate
        break
      }
      if entry.key == 0, way < 0 { way = candidate }
    }
    if way < 0 {
      way = victim
      victim = (victim &+ 1) & (Self.wayCount - 1)
    }
    unsafe set[way] = Entry(
      key: key, space: tag.space, blockSizeLog2: translation.blockSizeLog2, flags: flags,
      attributes: translation.attributes, shareability: translation.shareability,
      physical: translation.physicalAddress.rawValue & ~offsetMask)
    sizes |= 1 &<< size
    if translation.blockSizeLog2 > translation.mappingSizeLog2 {
      splitBlocks.add(address, translation.blockSizeLog2)
    }
  }

  /// Forgets everything; the cache is as new.
  func removeAll() {
    if sizes != 0 {
      unsafe entries.update(repeating: Entry(), count: Self.setCount * Self.wayCount)
    }
    sizes = 0
    splitBlocks = BlockRegion()
    victim = 0
    configurations.removeAll(keepingCapacity: true)
    lastConfiguration = 0
  }

  /// Forgets what an invalidation names.
  func invalidate(_ invalidation: TLBInvalidation) {
    guard sizes != 0 else { return }
    guard invalidation.isByAddress, !splitBlocks.contains(invalidation.address) else {
      unsafe remove(entries, Self.setCount * Self.wayCount, invalidation)
      return
    }
    var remaining = sizes
    while remaining != 0 {
      let size = UInt64(remaining.trailingZeroBitCount)
      remaining &= remaining &- 1
      unsafe remove(set(page(invalidation.address, size)), Self.wayCount, invalidation)
    }
  }

  private func remove(
    _ start: UnsafeMutablePointer<Entry>, _ count: Int, _ invalidation: TLBInvalidation
  ) {
    for index in 0..<count where unsafe start[index].key != 0 {
      if unsafe invalidation.covers(start[index]) { unsafe start[index] = Entry() }
    }
  }
}
