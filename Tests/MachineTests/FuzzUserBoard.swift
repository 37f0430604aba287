// Our machine as a user-mode processor: EL0 with RAM mapped flat as Normal memory, and an EL1 whose
// vectors do nothing, so that an exception is seen as the level having changed.

import Arm
import Machine

@testable import Machine

/// A board that runs the tests of a `QEMUUserProgram`.
struct FuzzUserBoard {
  let board: Board
  private let program: QEMUUserProgram
  private let textSize: Int

  private static let tableAddress = PhysicalAddress(0x4000_0000)

  init(_ program: QEMUUserProgram) throws {
    board = try Board(coreCount: 1, ramSize: 0x2000_0000)
    self.program = program
    // 39 bits of VA, blocks of 1 GiB: RAM where it is for EL0, and once more for EL1's vectors, since
    // what EL0 may write EL1 never executes.
    var table = [UInt8](repeating: 0, count: 4096)
    let descriptors: [(Int, UInt64)] = [(1, 0x4000_0741), (2, 0x4000_0701)]
    for (index, descriptor) in descriptors {
      for byte in 0..<8 {
        table[index * 8 + byte] = UInt8(truncatingIfNeeded: descriptor >> UInt64(byte * 8))
      }
    }
    board.bus.writeBytes(FuzzUserBoard.tableAddress, table)
    let spin: [UInt8] = [0, 0, 0, 0x14]
    for vector in 0..<16 {
      board.bus.writeBytes(
        PhysicalAddress(0x4001_0000 + UInt64(vector) * 0x80), spin, isSecure: false)
    }
    let state = board.cores[0].state
    state[.scrEL3] = 0x401
    state[.hcrEL2] = 1 << 31
    state[.ttbr0EL1] = FuzzUserBoard.tableAddress.rawValue
    state[.mairEL1] = 0xFF
    state[.tcrEL1] = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32
    // M, C, I, DZE, UCT, nTWI, nTWE, SPAN, UCI; SA0 is clear, since user-mode QEMU does not check SP.
    state[.sctlrEL1] =
      0x3050_0980 | 1 | 1 << 2 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 18 | 1 << 23 | 1 << 26
    state[.vbarEL1] = 0x8001_0000
    state[.cpacrEL1] = 3 << 20
    state[.cptrEL2] = 0x33FF
    let text = program.text
    textSize = text.count
    board.bus.writeBytes(PhysicalAddress(QEMUUserProgram.codeAddress), text)
  }

  /// The signal Linux sends for an exception from EL0.
  private static func signal(_ syndrome: UInt64) -> UInt64 {
    switch syndrome >> 26 {
    case 0x00, 0x07, 0x18, 0x0E, 0x16, 0x17: 4
    case 0x3C: 5
    case 0x22, 0x26: 7
    case 0x24: syndrome & 0x3F == 0x21 ? 7 : 11
    case 0x20: 11
    default: syndrome
    }
  }

  /// Runs one test; `isStepped` runs an instruction at a time.
  func run(_ test: Int, isStepped: Bool) -> UserRecord {
    let core = board.cores[0]
    let state = core.state
    let before = program.tests[test].before
    let memory = PhysicalAddress(program.record(test) + UInt64(UserRecord.memoryWord * 8))
    let address = PhysicalAddress(program.record(test))
    board.bus.writeBytes(address, FuzzUserBoard.bytes(program.recordWords(test)))
    state.setLevel(core)
    for index in 0..<31 { state[x: UInt8(index)] = before.general[index] }
    state[x: 31] = before.stackPointer
    for index in 0..<32 {
      state[v: UInt8(index), 0] = before.vectors[index * 2]
      state[v: UInt8(index), 1] = before.vectors[index * 2 + 1]
    }
    setFlags(state, UInt8(before.flags >> 28))
    state[.fpcr] = before.control
    state[.fpsr] = before.status
    state.exclusiveSize = 0
    let start = program.code(test)
    let count = program.tests[test].words.count
    let end = start + UInt64(4 * count)
    state.pc = start
    core.pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint]
    if isStepped {
      for _ in 0..<count {
        if state.pc == end || state.el != 0 { break }
        _ = board.run(instructions: 1)
      }
    } else {
      _ = board.run(instructions: UInt64(count))
    }
    // A branch that went astray has not faulted yet.
    if state.el == 0, state.pc != end { _ = board.run(instructions: 1) }
    var after = UserRecord(memoryWords: program.memoryWords)
    for index in 0..<31 { after.general[index] = state[x: UInt8(index)] }
    for index in 0..<32 {
      after.vectors[index * 2] = state[v: UInt8(index), 0]
      after.vectors[index * 2 + 1] = state[v: UInt8(index), 1]
    }
    after.flags = core.savedProgramStatus & 0xF000_0000
    after.control = state[.fpcr]
    after.status = state[.fpsr]
    if state.el == 0 {
      after.stackPointer = state[x: 31]
      // Not a signal, but it must not pass: the test did not end where it should.
      if state.pc != end { after.signal = 2000; after.signalPC = state.pc }
    } else {
      after.stackPointer = state[bankedSP: 0]
      after.signal = FuzzUserBoard.signal(state[.esrEL1])
      after.signalPC = state[.elrEL1]
    }
    let bytes = board.bus.readBytes(memory, count: program.memoryWords * 8) ?? []
    after.memory = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: UInt64.self)) }
    return after
  }

  private static func bytes(_ words: [UInt64]) -> [UInt8] {
    unsafe words.withUnsafeBytes { unsafe Array($0) }
  }
}

extension CoreState {
  /// EL0, nothing pending from the test before.
  fileprivate func setLevel(_ core: Core) {
    core.setLevel(.el0, spSel: 0)
    daif = 0
    il = 0
    ss = 0
    pan = 0
    waiting = 0
  }
}
