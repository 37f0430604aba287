// A core's translation tables as a debugger sees them: nothing changes, no error is consumed, and
// neither permissions nor the Access flag count. Arm's `TableWalk` walks; the MMU's own walker
// (`TableWalker`) is the program's, and a test compares the two.
//
// Tables may be hostile: they may lead to themselves. A walk reads at most four descriptors of each
// stage, and the search for an input address looks at each table once, and at no more than
// `TableWalk.searchedTables` of them.

import Arm

/// A look at the translation of a core from outside.
struct TranslationObserver<Memory: TableMemory> {
  /// The core whose registers translate.
  let state: CoreState
  /// Where the tables are.
  let memory: Memory
  /// The current exception level.
  let level: ExceptionLevel

  /// The regime of the current context.
  private var regime: TranslationRegime { TranslationRegime(level, state) }
  /// Whether a guest runs: EL1 or EL0 with stage 2 on.
  var runsGuest: Bool { regime.hasStage2 }

  /// The output of all stages; nil where there is none, and where stage 1 is off.
  func translate(_ address: VirtualAddress) -> PhysicalAddress? {
    guard let walk = stage1(address),
      case .address(let output) = walk.end(of: address.rawValue, read: readStage1)
    else { return nil }
    return physical(ofStage1Output: output)
  }

  /// Where the stage 1 descriptor of an address is, at a level of 0 to 3.
  func descriptor(_ address: VirtualAddress, level: Int) -> PhysicalAddress? {
    stage1(address)?
      .descriptor(of: address.rawValue, level: level, read: readStage1)
      .flatMap { physical(ofStage1Output: $0) }
  }

  /// The output of stage 2; nil where there is none, and where no guest runs.
  func translate(_ address: IntermediatePhysicalAddress) -> PhysicalAddress? {
    guard let walk = stage2(address),
      case .address(let output) = walk.end(of: address.rawValue, read: read)
    else { return nil }
    return PhysicalAddress(output)
  }

  /// Where the stage 2 descriptor of an address is, at a level of 0 to 3.
  func descriptor(_ address: IntermediatePhysicalAddress, level: Int) -> PhysicalAddress? {
    stage2(address)?
      .descriptor(of: address.rawValue, level: level, read: read)
      .map { PhysicalAddress($0) }
  }

  /// The lowest intermediate physical address that stage 2 leads to a physical one; nil where there
  /// is none, and where the core runs no guest, or ran none when EL3 took it.
  func guestAddress(_ address: PhysicalAddress) -> IntermediatePhysicalAddress? {
    // EL3 has not changed whom the core belongs to.
    let isGuests =
      level == .el3
      ? TranslationRegime(.el1, state).hasStage2
        && !state.hcr.isSet(HypervisorConfiguration.tge)
      : runsGuest
    guard isGuests, let stage2 = stage2Tables else { return nil }
    // A guest's tables are Non-secure, also where it is EL3 that looks.
    return stage2.input(ofOutput: address.rawValue) { readDescriptor($0, isSecure: false) }
      .map { IntermediatePhysicalAddress($0) }
  }

  /// The tables of a virtual address; nil where stage 1 is off.
  private func stage1(_ address: VirtualAddress) -> TableWalk? {
    let regime = self.regime
    guard regime.isStage1Enabled(regime.sctlr(state)) else { return nil }
    return StageOneTranslation(
      control: regime.sctlr(state), tcr: regime.tcr(state),
      ttbr0: regime.ttbr(state, upper: false), ttbr1: regime.ttbr(state, upper: true),
      hasTwoRanges: regime.hasTwoRanges
    ).walk(for: address)
  }

  private func stage2(_ address: IntermediatePhysicalAddress) -> TableWalk? {
    guard runsGuest, let tables = stage2Tables, address.rawValue >> tables.inputBits == 0 else {
      return nil
    }
    return tables
  }

  /// Stage 2 as its registers have it, whether or not it is on.
  private var stage2Tables: TableWalk? {
    var tables = TableWalk(
      VirtualizationTranslationControl(rawValue: state[.vtcrEL2]),
      TableBase(rawValue: state[.vttbrEL2]))
    tables?.isBigEndian = state.systemControl(.sctlrEL2).isSet(SystemControl.ee)
    return tables
  }

  private func physical(ofStage1Output address: UInt64) -> PhysicalAddress? {
    runsGuest ? translate(IntermediatePhysicalAddress(address)) : PhysicalAddress(address)
  }

  private func readStage1(_ address: UInt64) -> UInt64? {
    physical(ofStage1Output: address).flatMap { read($0.rawValue) }
  }

  private func read(_ address: UInt64) -> UInt64? {
    readDescriptor(address, isSecure: !runsGuest && regime.isSecure)
  }

  private func readDescriptor(_ address: UInt64, isSecure: Bool) -> UInt64? {
    try? memory.readDescriptor(PhysicalAddress(address), isSecure: isSecure)
  }
}

extension TableWalk {
  /// How many tables a search looks at: enough for 128 GiB in pages of 4 KiB.
  static let searchedTables = 1 << 16

  /// The lowest input address that the tables translate to an output address; nil where there is
  /// none, or where more than `limit` tables would have to be looked at. `read` gives 8 bytes of a
  /// table.
  func input(
    ofOutput wanted: UInt64, limit: Int = searchedTables, read: (UInt64) -> UInt64?
  ) -> UInt64? {
    // Tables by address, with their level in the low bits: what did not lead to the wanted address
    // once will not do so another time.
    var seen = Set<UInt64>()
    func search(_ table: UInt64, _ level: UInt64, _ slots: UInt64, _ base: UInt64) -> UInt64? {
      guard seen.count < limit, seen.insert(table | level).inserted else { return nil }
      let size = stride &* (4 &- level) &+ 3
      for slot in 0..<slots {
        guard let word = read(table &+ slot &* 8) else { continue }
        let descriptor = TranslationDescriptor(rawValue: isBigEndian ? word.byteSwapped : word)
        let output = descriptor.rawValue & TranslationDescriptor.output.mask
        let input = base | slot &<< size
        switch descriptor.kind(level: level, stride: stride) {
        case .invalid: continue
        case .leaf:
          if output >> size == wanted >> size { return input | wanted & ((1 << size) - 1) }
        case .table:
          let next = output & ~((1 << (stride &+ 3)) - 1)
          if let found = search(next, level &+ 1, 1 &<< stride, input) { return found }
        }
      }
      return nil
    }
    guard isBaseInRange else { return nil }
    return search(base, firstLevel, 1 &<< (inputBits &- stride &* (4 &- firstLevel) &- 3), 0)
  }
}
