// One core at EL3 with the MMU off, for tests that run a few instructions on chosen registers.

import Arm
import Machine

@testable import Machine

/// A board whose core 0 runs words put at `code`.
struct InterpreterBench {
  let board: Board
  static let code: UInt64 = 0x4000_0000
  /// Memory that the tests use as data.
  static let data: UInt64 = 0x4010_0000

  init(coreCount: Int = 1, engine: ExecutionEngine = .standard) throws {
    board = try Board(coreCount: coreCount, ramSize: InterpreterBench.ramSize, engine: engine)
    board.cores[0].state.pc = InterpreterBench.code
  }

  /// On a board of `ramSize` bytes.
  init(board: Board) {
    self.board = board
    board.cores[0].state.pc = InterpreterBench.code
  }

  static let ramSize: UInt64 = 0x20_0000

  var state: CoreState { board.cores[0].state }

  /// Puts words into memory.
  func place(_ words: [UInt32], at address: UInt64 = InterpreterBench.code) {
    let bytes = unsafe words.map(\.littleEndian).withUnsafeBytes { unsafe [UInt8]($0) }
    board.bus.writeBytes(PhysicalAddress(address), bytes)
  }

  /// Runs words from `code` on, one instruction for each.
  func run(_ words: UInt32...) {
    place(words)
    state.pc = InterpreterBench.code
    _ = board.run(instructions: UInt64(words.count))
  }

  /// NZCV as four bits.
  var flags: UInt8 {
    get { UInt8(board.cores[0].savedProgramStatus >> 28) }
    nonmutating set { setFlags(state, newValue) }
  }

  func write(_ address: UInt64, _ value: UInt64, size: Int = 8) {
    board.bus.writeBytes(
      PhysicalAddress(address),
      (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) })
  }

  func read(_ address: UInt64, size: Int = 8) -> UInt64 {
    let bytes = board.bus.readBytes(PhysicalAddress(address), count: size) ?? []
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Maps RAM flat as Normal memory at EL3, except one page, and turns the MMU on.
  func enableMMU(except hole: UInt64? = nil) {
    // 32 bits of VA: a table of four 1 GiB entries, one of 2 MiB blocks, one of pages.
    let tables: UInt64 = 0x401F_0000
    for index in 0..<4 { write(tables + UInt64(index) * 8, index == 1 ? tables + 0x1000 | 3 : 0) }
    for index in 0..<512 {
      write(tables + 0x1000 + UInt64(index) * 8, index == 0 ? tables + 0x2000 | 3 : 0)
    }
    for index in 0..<UInt64(512) {
      let page = 0x4000_0000 + index << 12
      write(tables + 0x2000 + index * 8, page == hole ? 0 : page | 0x703)
    }
    state[.ttbr0EL3] = tables
    state[.mairEL3] = 0xFF
    state[.tcrEL3] = 32 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 31 | 1 << 23
    state[.sctlrEL3] = 0x30C5_0830 | 1 | 1 << 2 | 1 << 12
    state[.vbarEL3] = 0x4008_0000
    board.cores[0].pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint]
  }
}
