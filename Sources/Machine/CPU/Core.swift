// One core: its state, and the paths that are not hot.

import Arm

/// One core of the machine.
public final class Core {
  /// The architectural state.
  public let state: CoreState
  /// 0-based number; MPIDR_EL1.Aff0.
  public let index: Int
  /// The machine this core is part of.
  public unowned(unsafe) let board: Board

  /// A core in its reset state.
  init(index: Int, board: Board) {
    unsafe state = CoreState(
      words: {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: CoreState.wordCount)
        unsafe words.initialize(repeating: 0, count: CoreState.wordCount)
        return unsafe words
      }())
    self.index = index
    unsafe self.board = board
  }

  deinit { unsafe state.words.deallocate() }

  /// The current exception level.
  public var exceptionLevel: ExceptionLevel { ExceptionLevel(rawValue: UInt8(state.el & 3)) ?? .el0 }

  /// Whether the current security state is Secure: EL3, or SCR_EL3.NS = 0.
  public var isSecure: Bool { state.el == 3 || state[.scrEL3] & 1 == 0 }

  /// Loads `size` (1, 2, 4 or 8) bytes at the current privilege, zero-extended; unaligned allowed.
  func load(_ address: UInt64, size: Int) throws(GuestException) -> UInt64 {
    fatalError("seed")
  }

  /// Stores the low `size` (1, 2, 4 or 8) bytes at the current privilege; unaligned allowed.
  func store(_ address: UInt64, size: Int, _ value: UInt64) throws(GuestException) {
    fatalError("seed")
  }
}
