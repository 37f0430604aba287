// A core that executes single vector instructions, and QEMU doing the same.

import Arm
import Machine
import Testing

@testable import Machine

/// A core at EL3 whose MMU maps the records of a `VectorProgram` to RAM, as normal memory: QEMU's
/// program has its records at the same addresses.
struct VectorWorld {
  let board: Board
  let core: Core

  init() throws {
    board = try Board(coreCount: 1, ramSize: 512 << 20)
    core = board.cores[0]
    let state = core.state
    // One block of 1 GiB, flat; its table is the last page mapped.
    let ram: UInt64 = 0x4000_0000
    let table: UInt64 = ram + (512 << 20) - 0x1000
    try core.store(table + 8, size: 8, ram | 1 << 10 | 3 << 8 | 1)
    state[.ttbr0EL3] = table
    state[.mairEL3] = 0xFF
    state[.tcrEL3] = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 31 | 1 << 23
    state[.sctlrEL3] = 1 | 1 << 2 | 1 << 12
    core.pendingEffects.insert(.translation)
    _ = core.prepareToExecute()
  }

  /// What this core makes of a word. UNDEFINED leaves all as it was, but for `control`.
  func run(_ word: UInt32, _ operands: VectorOperands, memory: UInt64) throws -> VectorOperands {
    var result = operands
    result.control = 0
    guard let operation = VectorDecoder.decodeVector(word) else {
      result.control = 1
      return result
    }
    let state = core.state
    for index in 0..<64 {
      state[v: UInt8(index / 2), index & 1] = operands.vectors[index]
    }
    for index in 0..<16 {
      state[x: UInt8(index)] = operands.general[index]
      try core.store(memory + UInt64(index * 8), size: 8, operands.memory[index])
    }
    state[.fpcr] = operands.control
    state[.fpsr] = operands.status
    state.n = operands.flags << 32
    state.z = ~operands.flags & 1 << 30
    state.c = operands.flags >> 29 & 1
    state.v = operands.flags << 35
    try core.executeVector(operation)
    for index in 0..<64 {
      result.vectors[index] = state[v: UInt8(index / 2), index & 1]
    }
    for index in 0..<16 {
      result.general[index] = state[x: UInt8(index)]
      result.memory[index] = try core.load(memory + UInt64(index * 8), size: 8)
    }
    result.status = state[.fpsr]
    let negative: UInt64 = (state.n >> 63) << 31
    let overflow: UInt64 = (state.v >> 63) << 28
    result.flags = negative | (state.z == 0 ? 1 << 30 : 0) | state.c << 29 | overflow
    return result
  }

  /// Runs one word on chosen registers and returns V0 and FPSR.
  func run(
    _ word: UInt32, control: UInt64 = 0, _ registers: [UInt64]
  ) throws
    -> (low: UInt64, high: UInt64, status: UInt64)
  {
    var operands = VectorOperands()
    operands.control = control
    for (index, value) in registers.enumerated() { operands.vectors[index * 2] = value }
    let result = try run(word, operands, memory: VectorProgram.recordAddress)
    try #require(result.control == 0, "the word is UNDEFINED")
    return (result.vectors[0], result.vectors[1], result.status)
  }
}
