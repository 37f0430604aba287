// A host of guests that a test looks into: the console, and what the machine holds of one guest or
// one process when it has come to its end.
//
// What is looked at marks itself: at its end it puts a mark into X28 and branches to itself for ever
// (`Assembly.rest`). Then all of its registers are in a core, sooner or later, and so are the
// tables that say which frames are its own.

import Arm
import Machine
import Platform
import Scenario
import Testing

/// Marks of those who have come to their end.
enum Mark {
  static let guest: UInt64 = 0x6775_6573_7420_646E
  static let process: UInt64 = 0x7072_6F63_2064_6E65
  static let laterGuest = guest + 1
  static let laterProcess = process + 1
  static let all = [guest, process, laterGuest, laterProcess]
}

extension Assembly {
  /// The end: for ever here, with a mark in X28. The loop uses a vector register, so that hosts which
  /// load these late have done it behind the first of its two instructions.
  mutating func rest(_ mark: UInt64) {
    mov(28, mark)
    align(8)
    let here = here()
    emit(0x4EA0_1C00)  // MOV V0.16B, V0.16B
    b(here)
  }
}

/// All that a guest's vCPU or a process has: its registers and its memory.
struct WholeState: Equatable {
  /// By name; X0...X30, SP, PC, PSTATE, V0...V31 and system registers.
  var registers: [String: [UInt64]] = [:]
  /// By the address that it uses, 4 KiB each; pages of zeroes are left out.
  var pages: [UInt64: [UInt8]] = [:]
  /// The physical page behind each page, also behind those of zeroes.
  var frames: [UInt64: UInt64] = [:]

  /// The 64 bits at an address; zero where nothing was ever stored.
  func word(_ address: UInt64) -> UInt64 {
    guard let page = pages[address & ~0xFFF] else { return 0 }
    let offset = Int(address & 0xFF8)
    return (0..<8).reduce(0) { $0 | UInt64(page[offset + $1]) << (UInt64($1) * 8) }
  }

  /// Words from an address on.
  func words(_ address: UInt64, count: Int) -> [UInt64] {
    (0..<UInt64(count)).map { word(address + $0 * 8) }
  }

  /// What differs, for a test's message.
  func differences(from other: WholeState) -> [String] {
    var found: [String] = []
    for name in Set(registers.keys).union(other.registers.keys).sorted()
    where registers[name] != other.registers[name] {
      found.append("\(name): \(registers[name] ?? []) and \(other.registers[name] ?? [])")
    }
    for page in Set(pages.keys).union(other.pages.keys).sorted() {
      let mine = pages[page] ?? [UInt8](repeating: 0, count: 4096)
      let its = other.pages[page] ?? [UInt8](repeating: 0, count: 4096)
      if let first = mine.indices.first(where: { mine[$0] != its[$0] }) {
        let count = mine.indices.count { mine[$0] != its[$0] }
        found.append(
          "page \(String(page, radix: 16)): \(count) bytes from \(String(first, radix: 16))")
      }
    }
    return found
  }
}

/// A machine with a host kernel, and its console.
final class GuestHost {
  let target: BoardTarget
  private(set) var console: [UInt8] = []
  /// Whether the machine ran to an end of its own.
  private(set) var stop: TargetStop?
  var board: Board { target.board }
  var text: String { String(decoding: console, as: UTF8.self) }
  var lines: [String] { text.split(whereSeparator: \.isNewline).map(String.init) }

  /// A host with these files beside those of its /init, about to obey a script: our hypervisor, or
  /// another kernel, by its bytes.
  init(
    script: String, files: [String: [UInt8]] = [:], cores: Int, memory: UInt64 = 512 << 20,
    kernel: [UInt8]? = nil, commandLine: String = "console=ttyAMA0",
    serror: Scenario.SErrorNotification = .event
  ) throws {
    var archive = CpioArchive()
    archive.add(file: "script", Array(script.utf8))
    for (path, contents) in files.sorted(by: { $0.key < $1.key }) {
      archive.add(file: path, contents)
    }
    target = try BoardTarget(
      cores: cores, memory: memory, firmware: try BuiltFiles.read(BuiltFiles.firmware),
      kernel: try kernel ?? BuiltFiles.read(HypervisorFiles.kernel),
      initrd: CpioArchive.joined(try BuiltFiles.read(HypervisorFiles.initrd), archive.bytes),
      commandLine: commandLine, serror: serror)
    board.stopsAtFirmwareReturn = false
  }

  // MARK: Running

  /// The whole machine and its console at one time.
  struct Moment {
    fileprivate let machine: BoardTarget.Saved
    fileprivate let console: [UInt8]
  }

  /// Saves where the run is.
  func save() throws -> Moment { Moment(machine: try target.save(), console: console) }

  /// Goes back there.
  func restore(_ moment: Moment) {
    target.restore(moment.machine)
    console = moment.console
    stop = nil
  }

  /// Runs so many instructions; false when the machine has stopped.
  func run(_ instructions: UInt64) -> Bool {
    guard stop == nil else { return false }
    let reason = target.run(instructions: instructions)
    console += target.takeConsole()
    _ = target.takeEvents()
    if reason != .budget { stop = reason }
    return reason == .budget
  }

  /// Runs until the console has said a text; false after `limit` instructions more, or when the
  /// machine has stopped.
  func run(until wanted: String, limit: UInt64 = 3_000_000_000) -> Bool {
    let end = board.instructions + limit
    let bytes = Array(wanted.utf8)
    var searched = 0
    while true {
      if console[searched...].firstRange(of: bytes) != nil { return true }
      searched = max(0, console.count - bytes.count)
      guard board.instructions < end, run(100_000) else { return false }
    }
  }

  /// Whether a core has this mark in X28.
  func isMarked(_ mark: UInt64) -> Bool { board.cores.contains { $0.state[x: 28] == mark } }

  /// The physical address behind a virtual one of whoever it is that maps it and has `word` there;
  /// runs until a core has that context.
  func physical(
    _ virtual: UInt64, holding word: UInt64, limit: UInt64 = 200_000_000
  ) -> PhysicalAddress? {
    let end = board.instructions + limit
    while board.instructions < end {
      for index in board.cores.indices where board.cores[index].exceptionLevel <= .el1 {
        guard let address = target.translate(core: index, VirtualAddress(virtual)),
          let bytes = board.bus.readBytes(address, count: 8),
          (0..<8).reduce(0, { $0 | UInt64(bytes[$1]) << (UInt64($1) * 8) }) == word
        else { continue }
        return address
      }
      guard run(5000) else { return nil }
    }
    return nil
  }

  /// The pages of a file's copy in RAM that are as in the file: of a kernel, at the place with most of
  /// them, which begins like the file.
  func pages(like file: [UInt8]) -> [Int] {
    var best: [Int] = []
    for start in stride(from: MemoryMap.ram, to: MemoryMap.ram + (64 << 20), by: 0x1_0000)
    where board.bus.readBytes(PhysicalAddress(start), count: 64) == Array(file[0..<64]) {
      let same = stride(from: 0, to: file.count - 4095, by: 4096).filter { page in
        board.bus.readBytes(PhysicalAddress(start + UInt64(page)), count: 4096)
          .map { $0 == Array(file[page..<page + 4096]) } ?? false
      }
      if same.count > best.count { best = same }
    }
    return best
  }

  /// Which guest's code a core is in: its VTTBR_EL2.
  func runningGuest(_ index: Int) -> UInt64? {
    let core = board.cores[index]
    guard core.exceptionLevel <= .el1, !core.isHost, core.state[.hcrEL2] & 1 != 0 else {
      return nil
    }
    return core.state[.vttbrEL2]
  }

  /// The guest's instruction that a core executes, or whose exit it handles at EL2.
  func guestPlace(_ index: Int) -> UInt64? {
    let core = board.cores[index]
    if runningGuest(index) != nil { return core.state.pc }
    // Guests here run where their image is: at a low address, as no kernel of a host does.
    let place = core.state[.elrEL2]
    return core.exceptionLevel == .el2 && place >> 32 == 0 && place >= MemoryMap.ram ? place : nil
  }

  /// Runs until a core has this mark in X28, on a guest's or a process's behalf.
  func core(marked mark: UInt64, limit: UInt64 = 2_000_000_000) -> Int? {
    let end = board.instructions + limit
    var slice: UInt64 = 20_000
    while board.instructions < end {
      for (index, core) in board.cores.enumerated()
      where core.exceptionLevel <= .el1 && core.state[x: 28] == mark && core.state.pc & 7 == 4 {
        return index
      }
      guard run(slice) else { return nil }
      slice += 1
    }
    return nil
  }

  /// What the guest or process with a mark has; nil when it does not come to its end.
  func state(marked mark: UInt64, limit: UInt64 = 2_000_000_000) -> WholeState? {
    guard let index = core(marked: mark, limit: limit) else { return nil }
    let core = board.cores[index]
    let isGuest = !core.isHost
    var result = WholeState()
    result.registers = registers(core, isGuest: isGuest)
    let walk =
      isGuest
      ? Stage(vtcr: core.state[.vtcrEL2], vttbr: core.state[.vttbrEL2])
      : Stage(ttbr0: core.state[.ttbr0EL2], tcr: core.state[.tcrEL2])
    // Linux's vDSO is preceded by the page that its clock is in, whose content is the time.
    let vDSO = isGuest ? 0 : core.state[x: Witness.vDSORegister]
    walk.pages(of: board) { address, physical in
      if vDSO != 0, (vDSO - 0x4000..<vDSO).contains(address) { return }
      result.frames[address] = physical
      guard let bytes = board.bus.readBytes(PhysicalAddress(physical), count: 4096),
        bytes.contains(where: { $0 != 0 })
      else { return }
      result.pages[address] = bytes
    }
    return result
  }

  private func registers(_ core: Core, isGuest: Bool) -> [String: [UInt64]] {
    let state = core.state
    var result: [String: [UInt64]] = [:]
    for number: UInt8 in 0...31 {
      result["X\(number)"] = [state[x: number]]
      result["V\(number)"] = [state[v: number, 0], state[v: number, 1]]
    }
    result["PC"] = [state.pc]
    result["PSTATE"] = [
      state.n >> 63, state.z == 0 ? 1 : 0, state.c, state.v >> 63, state.el, state.spSel,
      state.daif,
      state.pan, state.uao, state.ssbs, state.il,
    ]
    result["FPCR"] = [state[.fpcr]]
    result["FPSR"] = [state[.fpsr]]
    result["TPIDR_EL0"] = [state[.tpidrEL0]]
    result["TPIDRRO_EL0"] = [state[.tpidrroEL0]]
    guard isGuest else { return result }
    result["SP_EL0"] = [state[bankedSP: 0]]
    for register in SystemRegister.allCases
    where "\(register)".hasSuffix("EL1") && !GuestHost.elsewhere.contains(register) {
      result["\(register)"] = [state[register]]
    }
    return result
  }

  /// Not the guest's: EL3's selection of an error record, in a register that guests cannot reach.
  private static let elsewhere: Set<SystemRegister> = [.errselrEL1]
}

/// Where a translation's tables begin, for who wants all of its pages. 4 KiB granule.
struct Stage {
  private let root: UInt64
  private let level: Int
  private let entries: UInt64

  /// Stage 2 of a guest. Arm ARM D8.2.
  init(vtcr: UInt64, vttbr: UInt64) {
    root = vttbr & 0xFFFF_FFFF_F000
    level = 2 - Int(vtcr >> 6 & 3)
    entries = 1 << (64 - (vtcr & 63) - UInt64(39 - 9 * level))
  }

  /// The lower half of stage 1.
  init(ttbr0: UInt64, tcr: UInt64) {
    root = ttbr0 & 0xFFFF_FFFF_F000
    let bits = 64 - (tcr & 63)
    level = bits > 39 ? 0 : 1
    entries = 1 << (bits - UInt64(39 - 9 * level))
  }

  /// Calls `found` with every mapped page and the physical one behind it.
  func pages(of board: Board, _ found: (_ address: UInt64, _ physical: UInt64) -> Void) {
    visit(board, root, level, entries, base: 0, found)
  }

  private func visit(
    _ board: Board, _ table: UInt64, _ level: Int, _ count: UInt64, base: UInt64,
    _ found: (UInt64, UInt64) -> Void
  ) {
    guard let bytes = board.bus.readBytes(PhysicalAddress(table), count: Int(count) * 8) else {
      return
    }
    let shift = UInt64(39 - 9 * level)
    for index in 0..<count {
      let descriptor = (0..<8).reduce(0) {
        $0 | UInt64(bytes[Int(index) * 8 + $1]) << (UInt64($1) * 8)
      }
      guard descriptor & 1 != 0 else { continue }
      let address = base + index << shift
      let output = descriptor & 0xFFFF_FFFF_F000
      if level < 3, descriptor & 2 != 0 {
        visit(board, output, level + 1, 512, base: address, found)
      } else {
        let size: UInt64 = 1 << shift
        for page in stride(from: 0, to: size, by: 4096) {
          found(address + page, output & ~(size - 1) + page)
        }
      }
    }
  }
}
