// ERST as Linux's pstore uses it, and what a reset in the middle of a write costs.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct RecordStoreTests {
  let board: ServiceBoard

  func write(
    _ bytes: [UInt8], at offset: UInt64 = 0, _ monitor: inout Monitor<ServiceBoard>
  ) -> SerializationStatus? {
    board.setBytes(board.region.exchange + offset, bytes)
    return board.serialize(.write, offset: offset, &monitor)
  }

  func read(_ identifier: UInt64, _ count: Int, _ monitor: inout Monitor<ServiceBoard>) -> [UInt8]?
  {
    board.setBytes(board.region.exchange, [UInt8](repeating: 0, count: count))
    guard board.serialize(.read, identifier: identifier, &monitor) == .success else { return nil }
    return board.bytes(board.region.exchange, count)
  }

  func identifiers(_ monitor: inout Monitor<ServiceBoard>) -> [UInt64] {
    var found: [UInt64] = []
    while found.count < 40 {
      board.ring(ServiceBell.nextIdentifier, &monitor)
      let next = board.word(board.region.serialization + SerializationRegister.nextIdentifier)
      if next == .max { return found }
      found.append(next)
    }
    return found
  }

  var count: UInt64 { board.word(board.region.serialization + SerializationRegister.count) }

  @Test func recordsAreWrittenReadNamedCountedAndCleared() {
    var monitor = board.monitor()
    let words = board.region.serialization
    #expect(board.word(words + SerializationRegister.rangeBase) == board.region.exchange)
    #expect(board.word(words + SerializationRegister.rangeLength) == 16_384)
    // Neither the store itself (bit 1), for which Linux has no code, nor slow (bit 2).
    #expect(board.word(words + SerializationRegister.rangeAttributes) == 0)
    #expect(count == 0)
    #expect(board.serialize(.read, &monitor) == .empty)
    #expect(board.serialize(.clear, identifier: 1, &monitor) == .empty)
    let records = (1...3).map { ServiceBoard.record(UInt64($0) << 32, byteCount: 150 + 50 * $0) }
    for record in records { #expect(write(record, &monitor) == .success) }
    #expect(count == 3)
    #expect(identifiers(&monitor) == [1 << 32, 2 << 32, 3 << 32])
    for (index, record) in records.enumerated() {
      #expect(read(UInt64(index + 1) << 32, record.count, &monitor) == record)
    }
    #expect(read(0, records[0].count, &monitor) == records[0])
    #expect(board.serialize(.read, identifier: 9, &monitor) == .notFound)
    #expect(board.serialize(.clear, identifier: 2 << 32, &monitor) == .success)
    #expect(board.serialize(.clear, identifier: 2 << 32, &monitor) == .notFound)
    #expect(identifiers(&monitor) == [1 << 32, 3 << 32])
    // After a reset they are there, and counted.
    var next = board.monitor()
    #expect(count == 2)
    #expect(read(3 << 32, records[2].count, &next) == records[2])
    #expect(board.violations.isEmpty, "\(board.violations)")
  }

  @Test func aRecordIsReplacedByItsIdentifier() {
    var monitor = board.monitor()
    #expect(write(ServiceBoard.record(7, fill: 1), &monitor) == .success)
    #expect(write(ServiceBoard.record(7, byteCount: 300, fill: 2), &monitor) == .success)
    #expect(count == 1)
    #expect(read(7, 300, &monitor) == ServiceBoard.record(7, byteCount: 300, fill: 2))
  }

  @Test func fifteenRecordsHavePlaceAndEachCanBeReplaced() {
    var monitor = board.monitor()
    for number in 1...15 as ClosedRange<UInt64> {
      #expect(write(ServiceBoard.record(number), &monitor) == .success)
    }
    #expect(write(ServiceBoard.record(16), &monitor) == .notEnoughSpace)
    for number in 1...15 as ClosedRange<UInt64> {
      #expect(write(ServiceBoard.record(number, fill: 9), &monitor) == .success)
    }
    #expect(count == 15)
    let largest = ServiceBoard.record(1, byteCount: 16_320)
    #expect(write(largest, &monitor) == .success)
    #expect(read(1, largest.count, &monitor) == largest)
    #expect(
      write(ServiceBoard.record(1, byteCount: 16_328), &monitor) == .notEnoughSpace)
  }

  @Test func whatIsNoRecordIsRefused() {
    var monitor = board.monitor()
    var unsigned = ServiceBoard.record(1)
    unsigned[0] = 0
    #expect(write(unsigned, &monitor) == .failed)
    #expect(write(ServiceBoard.record(0), &monitor) == .failed)
    #expect(write(ServiceBoard.record(.max), &monitor) == .failed)
    for length in [0, 127, 16_385, 0x7fff_ffff, 0xffff_ffff] {
      var record = ServiceBoard.record(1)
      for index in 0..<4 { record[20 + index] = UInt8(truncatingIfNeeded: length >> (index * 8)) }
      #expect(write(record, &monitor) == .failed, "\(length)")
    }
    for offset in [1, 16_384, 16_383, .max, 16_320] as [UInt64] {
      #expect(board.serialize(.write, offset: offset, &monitor) == .failed, "\(offset)")
    }
    #expect(board.serialize(.none, &monitor) == .failed)
    #expect(count == 0)
    #expect(write(ServiceBoard.record(1), &monitor) == .success)
    // A dummy write looks at the record and keeps nothing.
    board.setBytes(board.region.exchange, ServiceBoard.record(2))
    #expect(board.serialize(.dummyWrite, &monitor) == .success)
    #expect(count == 1)
    // A read has to find room from its offset on.
    #expect(board.serialize(.read, offset: 16_376, identifier: 1, &monitor) == .failed)
    #expect(board.violations.isEmpty, "\(board.violations)")
  }

  @Test func aLostLineCostsItsRecordAlone() {
    var monitor = board.monitor()
    for number in 1...3 as ClosedRange<UInt64> {
      #expect(write(ServiceBoard.record(number), &monitor) == .success)
    }
    board.lostLines = [MemoryMap.recordStore + 0x4000 + 128]
    #expect(read(2, 200, &monitor) == nil)
    #expect(read(1, 200, &monitor) == ServiceBoard.record(1))
    board.lostLines = [MemoryMap.recordStore + 0x8000]
    #expect(read(3, 200, &monitor) == nil)
    #expect(identifiers(&monitor) == [1, 2])
    #expect(board.lostLines.isEmpty)
  }

  @Test func aResetAtAnyStoreCostsAtMostTheRecordThatIsWritten() {
    let old = ServiceBoard.record(7, byteCount: 136, fill: 1)
    let new = ServiceBoard.record(7, byteCount: 144, fill: 2)
    let other = ServiceBoard.record(8, byteCount: 136, fill: 3)
    for isReplacing in [true, false] {
      var step = 0
      while true {
        let board = ServiceBoard()
        let tests = RecordStoreTests(board)
        var monitor = board.monitor()
        if isReplacing { #expect(tests.write(old, &monitor) == .success) }
        #expect(tests.write(other, &monitor) == .success)
        let before = board.storeCount
        board.storesLeft = step
        board.setBytes(board.region.exchange, new)
        _ = board.serialize(.write, &monitor)
        let isOver = board.storeCount - before <= step
        board.storesLeft = nil
        var next = board.monitor()
        #expect(tests.read(8, other.count, &next) == other)
        let found = tests.read(7, new.count, &next)
        if isReplacing {
          // Either of the two, whole.
          let isOld = found.map { Array($0[..<old.count]) == old } ?? false
          #expect(found == new || isOld, "after \(step) stores")
          #expect(tests.count == 2)
        } else {
          #expect(found == new || found == nil, "after \(step) stores")
        }
        // The store goes on: the record can be written again, and cleared.
        #expect(tests.write(new, &next) == .success)
        #expect(tests.read(7, new.count, &next) == new)
        #expect(board.serialize(.clear, identifier: 7, &next) == .success)
        #expect(tests.identifiers(&next) == [8])
        if isOver { break }
        step += 1
      }
      #expect(step > 30)
    }
  }

  init() { board = ServiceBoard() }
  init(_ board: ServiceBoard) { self.board = board }
}
