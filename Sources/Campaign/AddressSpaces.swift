// Which translation tables there are, as far as cores showed them in their registers: those of the kernel
// that owns the machine, of its processes, and of guests. A process that never ran while somebody looked is
// not known, and its memory counts as its kernel's.

import Arm
import Machine

/// The tables that cores were seen to use.
struct AddressSpaces {
  /// A guest: its stage 2, and the stage 1 tables that were seen behind it.
  struct Guest {
    var stage2: TableWalk
    var stage1: [TableWalk] = []
  }

  /// Stage 1 tables of the host, each once.
  private(set) var host: [TableWalk] = []
  /// First tables of EL2 alone, whose descriptors say nothing of EL0.
  private(set) var withoutUsers: Set<UInt64> = []
  /// Guests, each once.
  private(set) var guests: [Guest] = []
  /// First tables that are in a register now: these are certainly tables.
  private(set) var current: Set<UInt64> = []

  /// Looks at the registers of all cores.
  mutating func look(at board: Board) {
    current = []
    for core in board.cores { look(at: core) }
  }

  private mutating func look(at core: Core) {
    let state = core.state
    let hcr = HypervisorConfiguration(rawValue: state[.hcrEL2])
    let isVHE = hcr.isSet(HypervisorConfiguration.e2h)
    if isVHE {
      note(
        StageOneTranslation(
          control: SystemControl(rawValue: state[.sctlrEL2]), tcr: state[.tcrEL2],
          ttbr0: TableBase(rawValue: state[.ttbr0EL2]),
          ttbr1: TableBase(rawValue: state[.ttbr1EL2])))
    } else if core.exceptionLevel == .el2 {
      withoutUsers.insert(TableBase(rawValue: state[.ttbr0EL2]).address)
      note(
        StageOneTranslation(
          control: SystemControl(rawValue: state[.sctlrEL2]), tcr: state[.tcrEL2],
          ttbr0: TableBase(rawValue: state[.ttbr0EL2]), hasTwoRanges: false))
    }
    guard core.exceptionLevel == .el1 || core.exceptionLevel == .el0 else { return }
    let stage1 = StageOneTranslation(
      control: SystemControl(rawValue: state[.sctlrEL1]), tcr: state[.tcrEL1],
      ttbr0: TableBase(rawValue: state[.ttbr0EL1]), ttbr1: TableBase(rawValue: state[.ttbr1EL1]))
    if core.runsGuest {
      guard
        let stage2 = TableWalk(
          VirtualizationTranslationControl(rawValue: state[.vtcrEL2]),
          TableBase(rawValue: state[.vttbrEL2]))
      else { return }
      current.insert(stage2.base)
      let index =
        guests.firstIndex { $0.stage2.base == stage2.base }
        ?? {
          guests.append(Guest(stage2: stage2))
          return guests.count - 1
        }()
      let bases = Self.add(stage1, to: &guests[index].stage1)
      current.formUnion(bases)
    } else if !(isVHE && hcr.isHost) {
      note(stage1)
    }
  }

  private mutating func note(_ stage1: StageOneTranslation) {
    let bases = Self.add(stage1, to: &host)
    current.formUnion(bases)
  }

  /// Adds a regime's tables to a list; the first tables of it.
  private static func add(
    _ stage1: StageOneTranslation, to list: inout [TableWalk]
  ) -> [UInt64] {
    guard stage1.isEnabled else { return [] }
    var bases: [UInt64] = []
    for address: UInt64 in stage1.hasTwoRanges ? [0, .max] : [0] {
      guard let walk = stage1.walk(for: VirtualAddress(address)) else { continue }
      bases.append(walk.base)
      if !list.contains(where: { $0.base == walk.base && $0.inputBits == walk.inputBits }) {
        list.append(walk)
      }
    }
    return bases
  }
}

/// All of what a first table leads to.
///
/// `TableWalk.input(ofOutput:)` of the machine goes over a tree as well, and is another search: it ends at the first
/// leaf that it looks for, reads word by word and comes to a table once. Here every leaf counts, with what the tables
/// above it allow, so that a table is come to as often as it is named; and one that cannot be read whole is none.
struct TableSurvey {
  /// A range that a leaf maps.
  struct Leaf {
    var input: UInt64
    var output: UInt64
    var size: UInt64
    /// Whether EL0 may access it.
    var isUsers: Bool
    /// Whether the kernel may execute it.
    var isKernelCode: Bool
  }

  /// Physical addresses of the tables, with their sizes.
  private(set) var tables: [(address: UInt64, size: UInt64)] = []
  /// The leaves.
  private(set) var leaves: [Leaf] = []

  private let walk: TableWalk
  private let hasUsers: Bool
  /// The bytes of a table, nil where there is no memory.
  private let read: (UInt64, Int) -> [UInt8]?
  /// Where a table is that a descriptor names: behind stage 2 elsewhere.
  private let locate: (UInt64) -> UInt64?

  /// The most tables that are looked at.
  private static let most = 1 << 16

  /// Surveys a tree. A first table that is not certainly one is believed only if every entry of it is a
  /// table in memory, or none.
  init(
    _ walk: TableWalk, isCertain: Bool, hasUsers: Bool = true,
    read: @escaping (UInt64, Int) -> [UInt8]?,
    locate: @escaping (UInt64) -> UInt64? = { $0 }
  ) {
    self.walk = walk
    self.hasUsers = hasUsers
    self.read = read
    self.locate = locate
    guard isCertain || looksLikeTables() else { return }
    visit(
      walk.base, level: walk.firstLevel, count: Int(walk.firstIndexMask + 1) / 8, input: 0,
      isUsers: true, isKernelCode: true)
  }

  private func entries(_ table: UInt64, count: Int) -> (place: UInt64, words: [UInt64])? {
    guard let place = locate(table), let bytes = read(place, count * 8) else { return nil }
    let words = (0..<count).map { index in
      let word = (0..<8).reduce(UInt64(0)) {
        $0 | UInt64(bytes[index * 8 + $1]) << UInt64(8 * $1)
      }
      return walk.isBigEndian ? word.byteSwapped : word
    }
    return (place, words)
  }

  private func looksLikeTables() -> Bool {
    let count = Int(walk.firstIndexMask + 1) / 8
    guard let (_, words) = entries(walk.base, count: count) else { return false }
    return words.allSatisfy { word in
      guard word & 1 != 0 else { return word == 0 }
      let descriptor = TranslationDescriptor(rawValue: word)
      guard descriptor.kind(level: walk.firstLevel, stride: walk.stride) == .table else {
        return false
      }
      return locate(descriptor.address).flatMap { read($0, 8) } != nil
    }
  }

  private mutating func visit(
    _ table: UInt64, level: UInt64, count: Int, input: UInt64, isUsers: Bool, isKernelCode: Bool
  ) {
    guard tables.count < Self.most, let (place, words) = entries(table, count: count) else {
      return
    }
    tables.append((place, UInt64(count * 8)))
    let shift = walk.stride * (4 - level) + 3
    for (index, word) in words.enumerated() {
      let descriptor = TranslationDescriptor(rawValue: word)
      let start = input | UInt64(index) << shift
      switch descriptor.kind(level: level, stride: walk.stride) {
      case .invalid: continue
      case .table:
        visit(
          descriptor.address & ~walk.indexMask, level: level + 1,
          count: Int(walk.indexMask + 1) / 8, input: start,
          isUsers: isUsers && !descriptor.isSet(TranslationDescriptor.apTable0),
          isKernelCode: isKernelCode && !descriptor.isSet(TranslationDescriptor.pxnTable))
      case .leaf:
        leaves.append(
          Leaf(
            input: start, output: descriptor.address & ~((1 << shift) - 1), size: 1 << shift,
            isUsers: hasUsers && isUsers && descriptor.isSet(TranslationDescriptor.ap1),
            isKernelCode: isKernelCode
              && !descriptor.isSet(
                hasUsers ? TranslationDescriptor.pxn : TranslationDescriptor.uxn)
          ))
      }
    }
  }
}
