// Thirty-two interrupts and the registers that configure them. The distributor has eight of these
// (SPIs) and each redistributor one (SGIs and PPIs): GICD_* at 0x080...0xEFF and GICR_* of SGI_base
// have the same layout, so one decoder and one set of rules serve both.

import Arm

/// Thirty-two interrupts of consecutive INTIDs; bit n of each word is the n-th.
struct InterruptBank: Equatable, Sendable {
  /// IGROUPR: Non-secure Group 1.
  var group: UInt32 = 0
  /// IGRPMODR: with `group` clear, Secure Group 1 instead of Group 0.
  var groupModifier: UInt32 = 0
  /// ISENABLER, ICENABLER.
  var enabled: UInt32 = 0
  /// The pending latch: set by an edge, an SGI or ISPENDR; cleared by acknowledging or ICPENDR.
  var latch: UInt32 = 0
  /// ISACTIVER, ICACTIVER.
  var active: UInt32 = 0
  /// Levels of the wires.
  var line: UInt32 = 0
  /// ICFGR: edge-triggered.
  var edge: UInt32
  /// NSACR: two bits for each interrupt.
  var nonSecureAccess: UInt64 = 0
  /// IPRIORITYR, as Secure software sees it.
  var priority = SIMD32<UInt8>()

  /// A bank after reset, with these interrupts edge-triggered.
  init(edge: UInt32) { self.edge = edge }

  /// What ISPENDR shows: latched, or level-sensitive with the wire high.
  var pending: UInt32 { latch | (line & ~edge) }

  /// Sets a wire; a rising edge of an edge-triggered interrupt makes it pending. Returns whether
  /// the wire changed.
  mutating func setLine(_ index: Int, _ level: Bool) -> Bool {
    let bit: UInt32 = 1 << UInt32(index)
    guard (line & bit != 0) != level else { return false }
    line ^= bit
    if level { latch |= bit & edge }
    return true
  }

  /// The interrupts of a group. With GICD_CTLR.DS = 1 IGRPMODR has no effect.
  func members(of wanted: InterruptGroup, isSecurityDisabled: Bool) -> UInt32 {
    let modifier = isSecurityDisabled ? 0 : groupModifier
    switch wanted {
    case .group0: return ~group & ~modifier
    case .secureGroup1: return ~group & modifier
    case .nonSecureGroup1: return group
    }
  }

  /// The group of one interrupt.
  func group(of index: Int, isSecurityDisabled: Bool) -> InterruptGroup {
    let bit: UInt32 = 1 << UInt32(index)
    if group & bit != 0 { return .nonSecureGroup1 }
    return groupModifier & bit != 0 && !isSecurityDisabled ? .secureGroup1 : .group0
  }

  /// NSACR of one interrupt.
  func nonSecureAccess(of index: Int) -> UInt64 { nonSecureAccess >> UInt64(2 * index) & 3 }

  /// The interrupts whose NSACR is at least 1 or 2.
  private func nonSecureAccess(atLeast level: Int) -> UInt32 {
    let bits = level == 1 ? nonSecureAccess | nonSecureAccess >> 1 : nonSecureAccess >> 1
    return InterruptBank.evenBits(of: bits)
  }

  /// Mixes in all of it.
  func hash(into hash: inout StateHash) {
    hash.combine(UInt64(group) << 32 | UInt64(groupModifier))
    hash.combine(UInt64(enabled) << 32 | UInt64(latch))
    hash.combine(UInt64(active) << 32 | UInt64(line))
    hash.combine(edge)
    hash.combine(nonSecureAccess)
    for index in priority.indices { hash.combine(priority[index]) }
  }

  // MARK: Registers

  /// Which bank and which register an offset in GICD (or SGI_base, whose bank is 0) names, and the
  /// first interrupt of the bank that it is about.
  static func decode(
    _ offset: UInt64
  ) -> (register: InterruptRegister, bank: Int, index: Int)? {
    guard let (register, first) = InterruptRegister.at(offset) else { return nil }
    return (register, Int(first / 32), Int(first % 32))
  }

  /// Who accesses a bank: what Non-secure software may see of it depends on all three.
  struct Access {
    /// Secure access, or GICD_CTLR.DS = 1: everything is visible.
    var seesAll: Bool
    /// Whether GICD_CTLR.DS is 1: IGRPMODR and NSACR do not exist.
    var isSecurityDisabled: Bool
    /// Whether NSACR widens Non-secure access (it does in GICD, not in GICR).
    var honoursNonSecureAccess: Bool
  }

  /// The bits of a register an access may see or change; `level` is the NSACR value that lets
  /// Non-secure software at a Secure interrupt's bit (0: none does). IHI 0069H 12.9.27.
  private func visible(_ access: Access, level: Int = 0) -> UInt32 {
    if access.seesAll { return ~0 }
    return level > 0 && access.honoursNonSecureAccess
      ? group | nonSecureAccess(atLeast: level) : group
  }

  /// Reads a 32-bit register; `first` is the first interrupt that it is about.
  func read(_ register: InterruptRegister, _ first: Int, _ access: Access) -> UInt32 {
    switch register {
    case .group: return access.seesAll ? group : 0
    case .setEnable, .clearEnable: return enabled & visible(access)
    case .setPending: return pending & visible(access, level: 1)
    case .clearPending: return pending & visible(access, level: 2)
    case .setActive, .clearActive: return active & visible(access, level: 2)
    case .priority:
      var value: UInt32 = 0
      for index in first..<min(first + 4, 32) {
        value |= UInt32(readPriority(index, access)) << UInt32(8 * (index - first))
      }
      return value
    case .configuration:
      let bits = (edge & visible(access)) >> UInt32(first) & 0xFFFF
      return UInt32(truncatingIfNeeded: InterruptBank.spread(bits) << 1)
    case .groupModifier:
      return access.seesAll && !access.isSecurityDisabled ? groupModifier : 0
    case .nonSecureAccess:
      guard access.seesAll, !access.isSecurityDisabled else { return 0 }
      return UInt32(truncatingIfNeeded: nonSecureAccess >> UInt64(2 * first))
    }
  }

  /// Writes a 32-bit register; `first` is the first interrupt that it is about.
  mutating func write(
    _ register: InterruptRegister, _ first: Int, _ value: UInt32, _ access: Access
  ) {
    switch register {
    case .group: if access.seesAll { group = value }
    case .setEnable: enabled |= value & visible(access)
    case .clearEnable: enabled &= ~(value & visible(access))
    case .setPending: latch |= value & visible(access, level: 1)
    case .clearPending: latch &= ~(value & visible(access, level: 2))
    case .setActive: active |= value & visible(access)
    case .clearActive: active &= ~(value & visible(access))
    case .priority:
      for index in first..<min(first + 4, 32) {
        writePriority(
          index, UInt8(truncatingIfNeeded: value >> UInt32(8 * (index - first))), access)
      }
    case .configuration:
      let mask = visible(access) & (0xFFFF << UInt32(first))
      let bits = InterruptBank.evenBits(of: UInt64(value) >> 1) << UInt32(first)
      edge = edge & ~mask | bits & mask
    case .groupModifier:
      if access.seesAll, !access.isSecurityDisabled { groupModifier = value }
    case .nonSecureAccess:
      guard access.seesAll, !access.isSecurityDisabled else { return }
      let shift = UInt64(2 * first)
      nonSecureAccess = nonSecureAccess & ~(0xFFFF_FFFF << shift) | UInt64(value) << shift
    }
  }

  /// Reads the priority of one interrupt. Non-secure software sees the upper half of the range as
  /// the whole of it. IHI 0069H 4.8.1.
  func readPriority(_ index: Int, _ access: Access) -> UInt8 {
    if access.seesAll { return priority[index] }
    return group >> UInt32(index) & 1 != 0 ? priority[index] << 1 : 0
  }

  /// Writes the priority of one interrupt.
  mutating func writePriority(_ index: Int, _ value: UInt8, _ access: Access) {
    if access.seesAll {
      priority[index] = value
    } else if group >> UInt32(index) & 1 != 0 {
      priority[index] = 0x80 | value >> 1
    }
  }

  /// Bits 0, 2, 4, ... of a word, packed.
  private static func evenBits(of word: UInt64) -> UInt32 {
    var result: UInt32 = 0
    for index in 0..<32 where word >> UInt64(2 * index) & 1 != 0 { result |= 1 << UInt32(index) }
    return result
  }

  /// The bits of a word, spread to bits 0, 2, 4, ...
  private static func spread(_ word: UInt32) -> UInt64 {
    var result: UInt64 = 0
    for index in 0..<32 where word >> UInt32(index) & 1 != 0 { result |= 1 << UInt64(2 * index) }
    return result
  }
}
