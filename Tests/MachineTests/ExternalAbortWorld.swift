// A machine for external aborts: one instruction in RAM, translation tables of four levels for both
// stages, and a WFI in every slot of the vector tables, so that a run ends where the exception
// arrived. EL3 has such a table too, or the firmware's (`ForgedWorld`).
//
// Every chain of tables (code, data, and the data's own stage 1 tables) has cache lines of its own at
// every level: poison under one descriptor of one chain meets that walk and no other.

import Arm

@testable import Machine

/// A board of one core, with everything an abort needs laid out in RAM.
final class ExternalAbortWorld {
  /// How the instruction's addresses are translated.
  enum Mode: CaseIterable {
    /// MMU off.
    case flat
    /// Stage 1 of the current level's regime.
    case stage1
    /// Stage 1 and stage 2 of the Non-secure EL1&0 regime.
    case stage2
  }

  /// The translation regime of the instruction.
  enum Regime { case el10, el2, el20, el3 }

  // Physical addresses.
  static let code: UInt64 = 0x4220_0000
  static let data: UInt64 = 0x4221_0400
  static let vectors: [UInt64] = [0, 0x4210_0000, 0x4211_0000, 0x4212_0000]
  /// Between the devices and RAM, where QEMU's `virt` has PCIe and this board nothing.
  static let nothing: UInt64 = 0x3000_0400
  /// Roots: stage 1 with physical output, stage 1 with intermediate output, stage 2.
  static let plainRoot: UInt64 = 0x4240_0000
  static let guestRoot: UInt64 = 0x4250_0000
  static let stage2Root: UInt64 = 0x4260_0000

  // Virtual addresses. A table index whose number is not in the data's group of eight has another
  // cache line; `+1` and so on in the comment below are neighbours in the same line.
  static func address(_ l0: UInt64, _ l1: UInt64, _ l2: UInt64, _ l3: UInt64) -> UInt64 {
    l0 << 39 | l1 << 30 | l2 << 21 | l3 << 12
  }
  static let codeVA = address(8, 16, 24, 32)
  /// EL0 may access it.
  static let dataVA = address(36, 72, 144, 209) | 0x400
  /// EL0 may not.
  static let privateVA = address(36, 72, 144, 211) | 0x400
  /// A mapping to nothing.
  static let nothingVA = address(36, 72, 144, 210) | 0x400
  /// A mapping to nothing that EL0 may not access.
  static let privateNothingVA = address(36, 72, 144, 212) | 0x400
  /// A level 0, 1 or 2 table descriptor leads to nothing.
  static let missingTableVA = [
    address(37, 72, 144, 209), address(36, 73, 144, 209), address(36, 72, 145, 209),
  ]
  /// Intermediate physical addresses are physical ones plus these.
  static let dataIPA: UInt64 = 8 << 39
  static let tableIPA: [UInt64] = [0, 16 << 39, 24 << 39, 32 << 39]

  let board: Board
  let core: Core
  private var nextTable: UInt64 = 0x4280_0000
  /// The physical addresses of the data's descriptors by level: stage 1 with physical output, with
  /// intermediate output, stage 2 of the data page, stage 2 of the data's stage 1 tables.
  private(set) var plainPlaces: [UInt64] = []
  private(set) var guestPlaces: [UInt64] = []
  private(set) var stage2Places: [UInt64] = []
  /// By the stage 1 level (1...3) of the table, then the stage 2 level; [0] is empty.
  private(set) var stage2TablePlaces: [[UInt64]] = [[]]

  /// SCR_EL3 of the firmware; nil if there is none and EL3 is the test's.
  private let firmwareConfiguration: UInt64?
  /// ERR<n>CTLR as the firmware left them.
  private let nodeControls: [ErrorControl]

  /// A machine without firmware.
  convenience init() throws {
    try self.init(Board(coreCount: 1, ramSize: 128 << 20), hasFirmware: false)
  }

  /// A world on the first core of a board that has nothing from 0x4200_0000 to 0x4300_0000.
  init(_ board: Board, hasFirmware: Bool) throws {
    self.board = board
    core = board.cores[0]
    firmwareConfiguration = hasFirmware ? core.state[.scrEL3] : nil
    nodeControls = board.ras.state.nodes.map(\.control)
    for base in Self.vectors.dropFirst() { Self.put(board, base, Self.vectorTable) }
    buildTables()
    snapshot = try board.snapshot()
  }

  /// What an exception writes, for all levels, and some that it must not; marked before each run.
  static let syndromes: [SystemRegister] = [
    .esrEL1, .farEL1, .elrEL1, .spsrEL1, .esrEL2, .farEL2, .elrEL2, .spsrEL2, .esrEL3, .farEL3,
    .elrEL3, .spsrEL3, .hpfarEL2, .parEL1, .tpidrEL0, .tpidrEL1, .tpidrEL2,
  ]
  private var snapshot: Board.Snapshot?

  /// WFI, and a branch back to it, in each of the sixteen slots.
  static let vectorTable: [UInt32] = (0..<512).map {
    $0 % 32 == 0 ? 0xD503_207F : $0 % 32 == 1 ? 0x17FF_FFFF : 0
  }

  /// Stores words as the loader does.
  static func put(_ board: Board, _ address: UInt64, _ words: [UInt32]) {
    var bytes: [UInt8] = []
    for word in words { for byte in 0..<4 { bytes.append(UInt8(word >> (8 * byte) & 0xFF)) } }
    board.bus.writeBytes(PhysicalAddress(address), bytes)
  }

  // MARK: Tables

  private func write(_ address: UInt64, _ value: UInt64) {
    Self.put(board, address, [UInt32(value & 0xFFFF_FFFF), UInt32(value >> 32)])
  }

  private func read(_ address: UInt64) -> UInt64 {
    let bytes = board.bus.readBytes(PhysicalAddress(address), count: 8) ?? []
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Maps a page. `outputs` turns the physical address of a table (by its level) into what its
  /// descriptor holds. Gives the places of the descriptors.
  @discardableResult private func map(
    _ root: UInt64, _ address: UInt64, _ leaf: UInt64, offsets: [UInt64] = [0, 0, 0, 0]
  ) -> [UInt64] {
    var table = root
    var places: [UInt64] = []
    for level in 0..<4 {
      let place = table + (address >> UInt64(39 - 9 * level) & 0x1FF) * 8
      places.append(place)
      if level == 3 {
        write(place, leaf)
      } else {
        let known = read(place)
        if known == 0 {
          table = nextTable
          nextTable += 0x1000
          write(place, (table + offsets[level + 1]) | 3)
        } else {
          table = (known & 0xFFFF_FFFF_F000) - offsets[level + 1]
        }
      }
    }
    return places
  }

  private func buildTables() {
    // AF, Inner Shareable, attribute 0; AP 11 read-only, 01 read-write, 00 EL1 only.
    let attributes: UInt64 = 0x3 | 1 << 10 | 3 << 8
    for root in [Self.plainRoot, Self.guestRoot] {
      let isGuest = root == Self.guestRoot
      let offset = isGuest ? Self.dataIPA : 0
      let tables = isGuest ? Self.tableIPA : [0, 0, 0, 0]
      map(root, Self.codeVA, Self.code | attributes | 3 << 6)
      for level in 1...3 {
        map(
          root, Self.codeVA + UInt64(level) << 12, Self.vectors[level] | attributes | 3 << 6)
      }
      let page = (Self.data & ~0xFFF) + offset
      let places = map(root, Self.dataVA & ~0xFFF, page | attributes | 1 << 6, offsets: tables)
      map(root, Self.privateVA & ~0xFFF, page | attributes, offsets: tables)
      let hole = (Self.nothing & ~0xFFF) + offset
      map(root, Self.nothingVA & ~0xFFF, hole | attributes | 1 << 6, offsets: tables)
      map(root, Self.privateNothingVA & ~0xFFF, hole | attributes, offsets: tables)
      for level in 0..<3 {
        write(places[level] + 8, (Self.nothing & ~0xFFF) + (isGuest ? offset : 0) | 3)
      }
      if isGuest { guestPlaces = places } else { plainPlaces = places }
    }
    // Stage 2: AF, readable and writable, Normal Write-Back.
    let second: UInt64 = 0x3 | 1 << 10 | 3 << 8 | 3 << 6 | 15 << 2
    for page in [
      Self.code, Self.vectors[1], Self.vectors[2], Self.vectors[3],
    ] { map(Self.stage2Root, page, page | second) }
    // The tables of the code's chain have one address in both spaces.
    for table in guestTables(Self.codeVA) { map(Self.stage2Root, table, table | second) }
    stage2Places = map(
      Self.stage2Root, (Self.data & ~0xFFF) + Self.dataIPA, Self.data & ~0xFFF | second)
    map(
      Self.stage2Root, (Self.nothing & ~0xFFF) + Self.dataIPA, Self.nothing & ~0xFFF | second)
    for level in 1...3 {
      let table = guestPlaces[level] & ~0xFFF
      stage2TablePlaces.append(
        map(Self.stage2Root, table + Self.tableIPA[level], table | second))
    }
  }

  /// The tables of the code's chain.
  private func guestTables(_ address: UInt64) -> [UInt64] {
    var tables = [Self.guestRoot]
    for level in 0..<3 {
      let place = tables[level] + (address >> UInt64(39 - 9 * level) & 0x1FF) * 8
      tables.append(read(place) & 0xFFFF_FFFF_F000)
    }
    return tables
  }

  // MARK: Setting up a run

  /// What a run starts from.
  struct Setting {
    var level: UInt64 = 1
    var spSel: UInt64 = 1
    var isNonSecure = true
    /// SCR_EL3.EA, EASE, NMEA.
    var ea: UInt64 = 0
    var ease: UInt64 = 0
    var nmea: UInt64 = 0
    /// HCR_EL2.TEA, TGE, E2H, AMO.
    var tea: UInt64 = 0
    var tge: UInt64 = 0
    var e2h: UInt64 = 0
    var amo: UInt64 = 0
    var mode = Mode.flat
    /// NZCV, DAIF, PAN, UAO, SSBS at their places in SPSR.
    var flags: UInt64 = 0
    /// SCTLR_ELx.SPAN, DSSBS and IESB of the target levels.
    var span: UInt64 = 1
    var dssbs: UInt64 = 0
    var iesb: UInt64 = 0
    /// PSTATE.A.
    var isMasked: Bool { flags & 1 << 8 != 0 }

    /// Whether EL2 exists for the current security state.
    var hasEL2: Bool { isNonSecure }
    var isHost: Bool { hasEL2 && e2h & tge == 1 }

    /// The regime that translates the instruction's own accesses.
    var regime: Regime {
      switch level {
      case 3: .el3
      case 2: e2h == 1 ? .el20 : .el2
      default: level == 0 && isHost ? .el20 : .el10
      }
    }

    /// Whether the combination exists: EL2 only in Non-secure state, no EL1 under TGE, stage 2 only
    /// where there is one, stage 1 of EL1&0 off under TGE without E2H.
    var isPossible: Bool {
      if level == 2, !isNonSecure { return false }
      if level == 1, isNonSecure, tge == 1 { return false }
      if ease == 1, ea == 0 { return false }
      if mode == .stage2 { return regime == .el10 && isNonSecure && tge == 0 }
      if mode == .stage1, regime == .el10, isNonSecure, tge == 1 { return false }
      return true
    }
  }

  /// Gives every register that nothing depends on a value of its own.
  private func mark(_ core: Core) {
    let state = core.state
    for index in 0..<31 {
      state[x: UInt8(index)] = 0x1111_0000_0000_0000 &* UInt64(index & 7) | UInt64(index) << 8
    }
    for register in 0..<32 {
      state[v: UInt8(register), 0] = 0xAAAA_0000_BBBB_0000 | UInt64(register)
      state[v: UInt8(register), 1] = 0xCCCC_0000_DDDD_0000 | UInt64(register)
    }
    for (number, register) in Self.syndromes.enumerated() {
      state[register] = 0xDEAD_0000 | UInt64(number) << 4
    }
    for register in [SystemRegister.mairEL1, .mairEL2] { state[register] = 0xFF }
    state[.tcrEL1] = 16 | 16 << 16 | 2 << 30 | 5 << 32
    state[.vtcrEL2] = 16 | 2 << 6 | 5 << 16 | 1 << 31
    state[.vttbrEL2] = Self.stage2Root
    state[.cpacrEL1] = 3 << 20
    state.waiting = 0
    state.exclusiveSize = 0
  }

  /// Puts the machine into a setting, with `words` at the code's address. X1 is `address`.
  ///
  /// With `isContinued`, only the first core's registers are set up and all else is as the last
  /// run has left it.
  func prepare(
    _ setting: Setting, code words: [UInt32], x1 address: UInt64, isContinued: Bool = false
  ) {
    if !isContinued, let snapshot { board.restore(snapshot) }
    Self.put(board, Self.code, words)
    prepare(core, setting, x1: address)
  }

  /// Puts a core into a setting, at the code's address.
  func prepare(_ core: Core, _ setting: Setting, x1 address: UInt64) {
    let state = core.state
    mark(core)
    if let firmwareConfiguration {
      state[.scrEL3] = firmwareConfiguration & ~(1 << 3) | setting.ea << 3
      // Where the firmware does not take errors it does not let the nodes tell it of them either.
      for (index, control) in nodeControls.enumerated() {
        board.ras.state.nodes[index].control.rawValue =
          control.rawValue & (setting.ea == 1 ? .max : ErrorControl.ed.mask | ErrorControl.ue.mask)
      }
    } else {
      state[.scrEL3] =
        0x430 | 1 << 8 | (setting.isNonSecure ? 1 : 0) | setting.ea << 3 | setting.ease << 19
        | setting.nmea << 20
    }
    state[.hcrEL2] =
      1 << 31 | setting.tea << 37 | setting.tge << 27 | setting.e2h << 34 | setting.amo << 5
      | (setting.mode == .stage2 ? 1 : 0)
    let isMapped = setting.mode != .flat
    let regime = setting.regime
    // UCI, UCT, DZE, nTWE, nTWI for EL0; SPAN and DSSBS.
    let common: UInt64 =
      0x3085_0830 | 1 << 26 | 1 << 18 | 1 << 16 | 1 << 15 | 1 << 14
      | setting.span << 23 | setting.dssbs << 44 | setting.iesb << 21
    func control(_ isEnabled: Bool) -> UInt64 { common | (isEnabled ? 0x1005 : 0) }
    state[.sctlrEL1] = control(isMapped && regime == .el10)
    state[.sctlrEL2] = control(isMapped && (regime == .el2 || regime == .el20))
    if firmwareConfiguration == nil {
      state[.sctlrEL3] = control(isMapped && regime == .el3)
      state[.ttbr0EL3] = Self.plainRoot
      state[.tcrEL3] = 16 | 1 << 23 | 1 << 31 | 5 << 16
      state[.mairEL3] = 0xFF
    }
    let isE2H = setting.e2h == 1
    state[.tcrEL2] =
      isE2H
      ? 16 | 16 << 16 | 2 << 30 | 5 << 32 : 16 | 1 << 23 | 1 << 31 | 5 << 16
    state[.cptrEL2] = isE2H ? 3 << 20 : 0x33FF
    let root = setting.mode == .stage2 ? Self.guestRoot : Self.plainRoot
    state[.ttbr0EL1] = root
    state[.ttbr0EL2] = Self.plainRoot
    // Vectors are reached by the address that the target's regime gives them.
    for (level, register) in [(1, SystemRegister.vbarEL1), (2, .vbarEL2), (3, .vbarEL3)] {
      if level == 3, firmwareConfiguration != nil { continue }
      let ownRegime: Regime = level == 1 ? .el10 : level == 2 ? (isE2H ? .el20 : .el2) : .el3
      state[register] =
        isMapped && ownRegime == regime
        ? Self.codeVA + UInt64(level) << 12 : Self.vectors[level]
    }
    core.setLevel(
      ExceptionLevel(rawValue: UInt8(setting.level)) ?? .el0,
      spSel: setting.level == 0 ? 0 : setting.spSel)
    // The stack of the firmware is its own.
    for level in 0..<(firmwareConfiguration == nil ? 4 : 3) {
      state[bankedSP: level] = 0xE000_0000 + UInt64(level) << 16
    }
    state[x: 31] = 0xE00F_0000 + setting.level << 8
    state.daif = setting.flags & 0x3C0
    state.n = (setting.flags >> 31) << 63
    state.z = setting.flags >> 30 & 1 ^ 1
    state.c = setting.flags >> 29 & 1
    state.v = (setting.flags >> 28) << 63
    state.ssbs = setting.flags >> 12 & 1
    state.uao = setting.flags >> 23 & 1
    state.pan = setting.flags >> 22 & 1
    state.il = 0
    state.ss = 0
    state[x: 1] = address
    state.pc = isMapped ? Self.codeVA : Self.code
    core.mmu.reset()
    core.pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint, .debug]
  }

  /// Runs to the WFI of a vector; false if nothing came to rest.
  func run(instructions budget: UInt64 = 64) -> Bool {
    let reason = board.run(instructions: budget)
    return reason == .idle && core.state.waiting == 1
  }

  /// The words of the core's state. The bank of the current SP, which holds whatever it held when
  /// that SP was last not the current one, is made the SP.
  var words: [UInt64] {
    var words = core.savedWords
    words[111 + (words[104] == 0 ? 0 : Int(words[103]))] = words[31]
    return words
  }

  /// A name for a word of state.
  static func name(_ word: Int) -> String {
    switch word {
    case 0..<31: return "X\(word)"
    case 31: return "SP"
    case 34..<98: return "V\((word - 34) / 2)"
    case 98...110:
      return ["N", "Z", "C", "V", "PC", "EL", "SPSel", "DAIF", "PAN", "UAO", "SSBS", "IL", "SS"][
        word - 98]
    case 111...114: return "SP_EL\(word - 111)"
    case 115...118: return "exclusive monitor"
    case 119: return "instruction count"
    case 120: return "waiting"
    case 121: return "event register"
    case 123: return "pending SError"
    case 124, 125: return "SError in flight"
    default:
      let number = word - CoreState.systemRegisters
      guard SystemRegister.allCases.indices.contains(number) else { return "word \(word)" }
      return "\(SystemRegister.allCases[number])"
    }
  }

  /// The words in which two states differ, but for some, as text.
  static func differences(
    _ expected: [UInt64], _ found: [UInt64], ignoring: Set<Int> = []
  ) -> [String] {
    if expected == found { return [] }
    var result: [String] = []
    for index in expected.indices where expected[index] != found[index] {
      if ignoring.contains(index) { continue }
      result.append(
        "\(name(index)): expected \(hex(expected[index])), found \(hex(found[index]))")
    }
    return result
  }

  static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
