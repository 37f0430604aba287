// What each kind of reset leaves.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ResetKindTests {
  private func board() throws -> Board {
    let board = try Board(
      BoardConfiguration(coreCount: 2, ramSize: 16 << 20, firmware: [1, 2, 3, 4]))
    board.bus.writeBytes(ramAddress(0x20_0000), [1, 2, 3])
    board.bus.writeBytes(PhysicalAddress(MemoryMap.secureRAM), [4, 5])
    board.recordStore = [6, 7]
    board.bus.plantPoison(ramAddress(0x30_0000))
    _ = try? board.bus.read(ramAddress(0x30_0000), size: 8, nonsecure)
    return board
  }

  @Test func aWarmOneKeepsMemoryPoisonAndRecords() throws {
    let board = try board()
    board.reset(.warm)
    #expect(board.bus.readBytes(ramAddress(0x20_0000), count: 3) == [1, 2, 3])
    #expect(board.bus.readBytes(PhysicalAddress(MemoryMap.secureRAM), count: 2) == [4, 5])
    #expect(board.bus.poisonedLines == [ramAddress(0x30_0000)])
    #expect(board.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.v))
    #expect(board.recordStore[..<2] == [6, 7])
  }

  @Test func aColdOneLeavesWhatTheFirstStartHad() throws {
    let board = try board()
    let fresh = try Board(
      BoardConfiguration(coreCount: 2, ramSize: 16 << 20, firmware: [1, 2, 3, 4]))
    fresh.recordStore = [6, 7]
    board.reset(.cold)
    #expect(board.bus.poisonedLines.isEmpty)
    #expect(!board.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.v))
    #expect(board.bus.readBytes(ramAddress(0x20_0000), count: 3) == [0, 0, 0])
    // The board's device tree is there again, flash and the record store as before.
    #expect(board.hash() == fresh.hash())
    // A line that was bad is an ordinary one.
    #expect(try board.bus.read(ramAddress(0x30_0000), size: 8, nonsecure) == 0)
  }

  @Test func aColdOneIsUndoneByASnapshotOfBefore() throws {
    let board = try board()
    let before = board.hash()
    let saved = try board.snapshot()
    board.reset(.cold)
    #expect(board.hash() != before)
    board.restore(saved)
    #expect(board.hash() == before)
    #expect(board.bus.poisonedLines == [ramAddress(0x30_0000)])
  }
}
