// A world of nothing but system registers and translation tables, for the MMU's tests.

import Arm

@testable import Machine

/// Tables in a dictionary. Secure memory is a different memory, at bit 63.
final class FakeTables: TableMemory {
  /// Descriptors by address.
  var words: [UInt64: UInt64] = [:]
  /// Number of reads, and the read (from 0) that fails.
  var reads = 0
  var failingRead = -1
  /// Number of updates, and whether they fail.
  var updates = 0
  var failsUpdates = false
  /// What another observer writes just before an update.
  var interference: (address: UInt64, value: UInt64)?
  /// What a failing access throws.
  var fault = BusFault.unmapped

  static func key(_ address: PhysicalAddress, _ isSecure: Bool) -> UInt64 {
    address.rawValue | (isSecure ? 1 << 63 : 0)
  }

  func readDescriptor(_ address: PhysicalAddress, isSecure: Bool) throws(BusFault) -> UInt64 {
    defer { reads += 1 }
    if reads == failingRead { throw fault }
    return words[Self.key(address, isSecure)] ?? 0
  }

  func compareExchangeDescriptor(
    _ address: PhysicalAddress, isSecure: Bool, expected: UInt64, desired: UInt64
  ) throws(BusFault) -> UInt64 {
    if failsUpdates { throw fault }
    let key = Self.key(address, isSecure)
    if let (place, value) = interference {
      words[place] = value
      interference = nil
    }
    let old = words[key] ?? 0
    if old == expected {
      words[key] = desired
      updates += 1
    }
    return old
  }
}

/// A granule of translation.
enum Granule: UInt64, CaseIterable {
  case kib4 = 12
  case kib16 = 14
  case kib64 = 16

  /// Address bits that a level resolves.
  var stride: UInt64 { rawValue - 3 }
  /// TCR_ELx.TG0 and VTCR_EL2.TG0.
  var tg0: UInt64 { self == .kib4 ? 0 : self == .kib64 ? 1 : 2 }
  /// TCR_ELx.TG1.
  var tg1: UInt64 { self == .kib4 ? 2 : self == .kib64 ? 3 : 1 }
  /// Levels with block or page descriptors. Arm ARM D8.3.1.
  var leafLevels: [UInt64] { self == .kib4 ? [1, 2, 3] : [2, 3] }
  /// log2 of what a descriptor of a level maps.
  func size(_ level: UInt64) -> UInt64 { stride * (3 - level) + rawValue }
  /// The first level of a stage 1 walk, from the tables of Arm ARM D8.2.8 to D8.2.10.
  func startLevel(_ txsz: UInt64) -> UInt64 {
    switch self {
    case .kib4: txsz <= 24 ? 0 : txsz <= 33 ? 1 : 2
    case .kib16: txsz <= 16 ? 0 : txsz <= 27 ? 1 : txsz <= 38 ? 2 : 3
    case .kib64: txsz <= 21 ? 1 : txsz <= 34 ? 2 : 3
    }
  }
}

/// A core's registers with the memory its walks read.
///
/// Safe because the words are its own, as many as `CoreState` has, from `init` to `deinit`.
@safe final class MMUWorld {
  private let words: UnsafeMutablePointer<UInt64>
  let state: CoreState
  let tables = FakeTables()
  let caches: MMUCaches
  /// Where the next table is put.
  var nextTable: UInt64 = 0x1_0000_0000

  init() {
    guard let caches = try? MMUCaches() else { preconditionFailure("no memory for a TLB") }
    self.caches = caches
    unsafe words = .allocate(capacity: CoreState.wordCount)
    unsafe words.initialize(repeating: 0, count: CoreState.wordCount)
    unsafe state = CoreState(words: words)
    state[.scrEL3] = 1
    // Attr0 Normal Write-Back, Attr1 Device-nGnRE, Attr2 Normal Non-cacheable.
    for mair in [SystemRegister.mairEL1, .mairEL2, .mairEL3] { state[mair] = 0x44_04FF }
    for sctlr in [SystemRegister.sctlrEL1, .sctlrEL2, .sctlrEL3] { state[sctlr] = 0x1005 }
  }

  deinit { unsafe words.deallocate() }

  var walker: TableWalker<FakeTables> { TableWalker(state: state, memory: tables) }

  /// A fresh, empty table; 64 KiB apart, so that any granule's and 16 concatenated ones fit.
  func table() -> UInt64 {
    defer { nextTable += 0x10_0000 }
    return nextTable
  }

  /// Writes a leaf descriptor and the tables above it, reusing those that are there.
  ///
  /// - Returns: the addresses of the descriptors, first level first.
  @discardableResult func map(
    _ granule: Granule, root: UInt64, bits: UInt64, from start: UInt64, to level: UInt64,
    _ address: UInt64, _ leaf: UInt64, tableBits: UInt64 = 0, secure: Bool = false
  ) -> [UInt64] {
    var table = root
    var places: [UInt64] = []
    for current in start...level {
      let shift = granule.size(current)
      let width = current == start ? bits - shift : granule.stride
      let index = address >> shift & ((1 << width) - 1)
      let place = table + index * 8
      places.append(place)
      let key = FakeTables.key(PhysicalAddress(place), secure)
      if current == level {
        tables.words[key] = leaf
      } else if let next = tables.words[key], next & 3 == 3 {
        table = next & 0xFFFF_FFFF_F000
      } else {
        table = self.table()
        tables.words[key] = table | 3 | tableBits
      }
    }
    return places
  }

  /// A translation through the caches, as the core makes it.
  func access(
    _ address: UInt64, _ access: AccessKind, _ level: ExceptionLevel, pan: Bool = false
  ) -> Result<Translation, GuestException> {
    do {
      return .success(
        try walker.translate(
          address, access, TranslationContext(level: level, isPANEnabled: pan),
          caches.translations))
    } catch { return .failure(error) }
  }

  /// A walk, without caches.
  func walk(
    _ address: UInt64, _ access: AccessKind, _ level: ExceptionLevel, pan: Bool = false
  ) -> Result<Translation, TranslationFault> {
    do {
      return .success(
        try walker.translate(
          address, access, TranslationContext(level: level, isPANEnabled: pan)))
    } catch { return .failure(error) }
  }

  /// Executes a TLBI on this core.
  func tlbi(_ kind: TLBOperation.Kind, _ value: UInt64 = 0) {
    caches.invalidate(
      TLBInvalidation(TLBOperation(kind: kind, isInnerShareable: false), value, state))
  }
}

extension Result where Success == Translation {
  /// The physical address, of a success.
  var physical: UInt64? {
    guard case .success(let translation) = self else { return nil }
    return translation.physicalAddress.rawValue
  }
  /// Whether it is a success.
  var isSuccess: Bool { physical != nil }
}

extension Result where Failure == TranslationFault {
  /// The kind and level, of a fault.
  var kindAndLevel: String? {
    guard case .failure(let fault) = self else { return nil }
    return "\(fault.kind) \(fault.level)"
  }
}

/// Everything a leaf needs to be a valid, accessed, Normal mapping: AF, Inner Shareable, Attr0.
let leafBits: UInt64 = 1 << 10 | 3 << 8
/// The valid bits of a leaf at a level.
func leafType(_ level: UInt64) -> UInt64 { level == 3 ? 3 : 1 }
/// A stage 2 leaf: AF, readable, writable, Inner Shareable, Normal Write-Back.
let stage2Bits: UInt64 = 1 << 10 | 3 << 8 | 3 << 6 | 15 << 2
