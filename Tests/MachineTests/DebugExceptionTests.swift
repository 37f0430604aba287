// Self-hosted debug of a program at EL0 by EL1: software step, breakpoints, watchpoints.

import Arm
import Testing

@testable import Machine

/// A program at EL0, MMU off, whose exceptions stop at a WFI in EL1's vectors.
private final class DebuggedProgram {
  static let code: UInt64 = 0x4000_0000
  static let vectors: UInt64 = 0x4001_0000
  static let data: UInt64 = 0x4002_0000

  let board: Board
  let core: Core

  init(_ words: [UInt32]) throws {
    board = try Board(coreCount: 1, ramSize: 1 << 20)
    core = board.cores[0]
    Self.put(board, Self.code, words)
    Self.put(board, Self.vectors, [UInt32](repeating: 0xD503_207F, count: 512))
    let state = core.state
    // Non-secure, EL2 AArch64, EL1 AArch64; the EL1&0 regime off.
    state[.scrEL3] = 1 | 1 << 10
    state[.hcrEL2] = 1 << 31
    state[.vbarEL1] = Self.vectors
    state[.oslsrEL1] = 0x8
    core.setLevel(.el0, spSel: 0)
    state.daif = 0
    state.pc = Self.code
    state[x: 1] = Self.data
    core.pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint, .debug]
  }

  private static func put(_ board: Board, _ address: UInt64, _ words: [UInt32]) {
    let bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    board.bus.writeBytes(PhysicalAddress(address), bytes)
  }

  /// Runs until the program waits in EL1's vectors; ESR_EL1 then.
  func run(_ count: UInt64 = 100) -> UInt64 {
    _ = board.run(instructions: count)
    return core.state.el == 1 ? core.state[.esrEL1] : 0
  }

  /// Returns to the program from EL1, with SPSR.SS as given.
  func resume(stepping: Bool) {
    let state = core.state
    core.setLevel(.el0, spSel: 0)
    state.daif = 0
    state.waiting = 0
    state.pc = state[.elrEL1]
    state.ss = stepping ? 1 : 0
    state.steppedInstruction = 0
    core.pendingEffects = [.privilege, .interruptMask, .debug]
  }
}

@Suite struct DebugExceptionTests {
  // add x0, x0, #1; ldxr x2, [x1]; str x0, [x1]; ldr x3, [x1]; svc #0
  private static let words: [UInt32] = [
    0x9100_0400, 0xC85F_7C22, 0xF900_0020, 0xF940_0023, 0xD400_0001,
  ]

  @Test func softwareStepStopsAfterEachInstruction() throws {
    let program = try DebuggedProgram(Self.words)
    program.core.state[.mdscrEL1] = 1
    program.core.state.ss = 1
    #expect(program.run() == 0x32 << 26 | 1 << 25 | 1 << 24 | 0x22)
    #expect(program.core.state[.elrEL1] == DebuggedProgram.code + 4)
    #expect(program.core.state[x: 0] == 1)
    program.resume(stepping: true)
    // A load exclusive sets EX.
    #expect(program.run() == 0x32 << 26 | 1 << 25 | 1 << 24 | 1 << 6 | 0x22)
    #expect(program.core.state[.elrEL1] == DebuggedProgram.code + 8)
  }

  @Test func softwareStepThatIsPendingAtOnceHasNoISV() throws {
    let program = try DebuggedProgram(Self.words)
    program.core.state[.mdscrEL1] = 1
    program.core.state.ss = 0
    #expect(program.run() == 0x32 << 26 | 1 << 25 | 0x22)
    #expect(program.core.state[.elrEL1] == DebuggedProgram.code)
    #expect(program.core.state[x: 0] == 0)
  }

  @Test func aBreakpointStopsBeforeItsInstruction() throws {
    let program = try DebuggedProgram(Self.words)
    program.core.state[.mdscrEL1] = 1 << 15
    program.core.state[.dbgbvr2EL1] = DebuggedProgram.code + 8
    program.core.state[.dbgbcr2EL1] = 1 | 0b10 << 1 | 0xF << 5
    #expect(program.run() == 0x30 << 26 | 1 << 25 | 0x22)
    #expect(program.core.state[.elrEL1] == DebuggedProgram.code + 8)
  }

  @Test func aBreakpointForEL1DoesNotStopEL0() throws {
    let program = try DebuggedProgram(Self.words)
    program.core.state[.mdscrEL1] = 1 << 15
    program.core.state[.dbgbvr2EL1] = DebuggedProgram.code + 8
    program.core.state[.dbgbcr2EL1] = 1 | 0b01 << 1 | 0xF << 5
    #expect(program.run() >> 26 == 0x15)
  }

  @Test(arguments: [(UInt64(7), true), (8, false)])
  func aLinkedBreakpointNeedsItsContext(context: UInt64, stops: Bool) throws {
    let program = try DebuggedProgram(Self.words)
    let state = program.core.state
    state[.mdscrEL1] = 1 << 15
    state[.contextidrEL1] = context
    state[.dbgbvr0EL1] = DebuggedProgram.code + 8
    state[.dbgbcr0EL1] = 1 | 0b10 << 1 | 0xF << 5 | 4 << 16 | 0b0001 << 20
    state[.dbgbvr4EL1] = 7
    state[.dbgbcr4EL1] = 1 | 0b11 << 1 | 0xF << 5 | 0b0011 << 20
    #expect(program.run() >> 26 == (stops ? 0x30 : 0x15))
  }

  @Test func anUnlinkedContextBreakpointStopsAtOnce() throws {
    let program = try DebuggedProgram(Self.words)
    let state = program.core.state
    state[.mdscrEL1] = 1 << 15
    state[.contextidrEL1] = 7
    state[.dbgbvr5EL1] = 7
    state[.dbgbcr5EL1] = 1 | 0b10 << 1 | 0xF << 5 | 0b0010 << 20
    #expect(program.run() >> 26 == 0x30)
    #expect(state[.elrEL1] == DebuggedProgram.code)
  }

  @Test(arguments: [(UInt64(0b10), UInt64(8), UInt64(1 << 6)), (0b01, 4, 0), (0b11, 4, 0)])
  func aWatchpointStopsTheAccessItIsFor(kind: UInt64, offset: UInt64, isWrite: UInt64) throws {
    let program = try DebuggedProgram(Self.words)
    let state = program.core.state
    state[.mdscrEL1] = 1 << 15
    state[.dbgwvr1EL1] = DebuggedProgram.data
    state[.dbgwcr1EL1] = 1 | 0b10 << 1 | kind << 3 | 0xFF << 5
    #expect(program.run() == 0x34 << 26 | 1 << 25 | isWrite | 0x22)
    #expect(state[.elrEL1] == DebuggedProgram.code + offset)
    #expect(state[.farEL1] == DebuggedProgram.data)
  }

  @Test func aWatchpointWatchesOnlyItsBytes() throws {
    let program = try DebuggedProgram(Self.words)
    let state = program.core.state
    state[.mdscrEL1] = 1 << 15
    state[.dbgwvr1EL1] = DebuggedProgram.data + 8
    state[.dbgwcr1EL1] = 1 | 0b10 << 1 | 0b11 << 3 | 0xFF << 5
    #expect(program.run() >> 26 == 0x15)
    // A 64-byte range around the data does.
    let other = try DebuggedProgram(Self.words)
    other.core.state[.mdscrEL1] = 1 << 15
    other.core.state[.dbgwvr1EL1] = DebuggedProgram.data
    other.core.state[.dbgwcr1EL1] = 1 | 0b10 << 1 | 0b01 << 3 | 0xFF << 5 | 6 << 24
    #expect(other.run() >> 26 == 0x34)
  }

  @Test func theOSLockKeepsDebugExceptionsAway() throws {
    let program = try DebuggedProgram(Self.words)
    program.core.state[.mdscrEL1] = 1 << 15
    program.core.state[.oslsrEL1] = 0x8 | 2
    program.core.state[.dbgbvr2EL1] = DebuggedProgram.code + 8
    program.core.state[.dbgbcr2EL1] = 1 | 0b10 << 1 | 0xF << 5
    #expect(program.run() >> 26 == 0x15)
  }
}
