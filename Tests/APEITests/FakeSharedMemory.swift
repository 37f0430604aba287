// Memory that two sides share, of which a test can lose a part, and before each store of which the
// other side can have its turn.

import APEI
import Arm
import Bytes

/// Memory from an address on.
final class FakeSharedMemory: SharedMemory {
  let base: UInt64
  var contents: [UInt8]
  /// Addresses whose 8 bytes hardware has lost.
  var lost: Set<UInt64> = []
  /// Called before the n-th store, counted from 0.
  var beforeStore: ((Int) -> Void)?
  var storeCount = 0
  /// Accesses that were not aligned, or outside.
  var violations = 0

  init(base: UInt64, size: Int) {
    self.base = base
    contents = [UInt8](repeating: 0, count: size)
  }

  /// A part of it.
  struct Window: ByteSink {
    let memory: FakeSharedMemory
    let start: Int
    let byteCount: Int
    func byte(at offset: Int) -> UInt8 { memory.contents[start + offset] }
    func store(_ value: UInt8, at offset: Int) {
      precondition(offset >= 0 && offset < byteCount)
      memory.noteStore()
      memory.contents[start + offset] = value
    }
    func store(_ value: UInt32, at offset: Int) {
      precondition(offset >= 0 && offset + 4 <= byteCount)
      memory.noteStore()
      for index in 0..<4 {
        memory.contents[start + offset + index] = UInt8(truncatingIfNeeded: value >> (index * 8))
      }
    }
  }

  func noteStore() {
    let count = storeCount
    storeCount += 1
    beforeStore?(count)
  }

  private func offset(_ address: PhysicalAddress, _ count: Int) -> Int? {
    guard address.rawValue >= base, count >= 0,
      address.rawValue - base <= UInt64(contents.count), count <= contents.count,
      Int(address.rawValue - base) <= contents.count - count
    else { return nil }
    return Int(address.rawValue - base)
  }

  func bytes(at address: PhysicalAddress, count: Int) -> Window? {
    guard let start = offset(address, count), !lost.contains(address.rawValue & ~7) else {
      return nil
    }
    return Window(memory: self, start: start, byteCount: count)
  }

  private func load(_ address: PhysicalAddress, _ count: Int) -> UInt64? {
    if address.rawValue % UInt64(count) != 0 { violations += 1 }
    guard let start = offset(address, count), !lost.contains(address.rawValue & ~7) else {
      return nil
    }
    return (0..<count).reduce(0) { $0 | UInt64(contents[start + $1]) << UInt64($1 * 8) }
  }

  private func store(_ address: PhysicalAddress, _ value: UInt64, _ count: Int) {
    if address.rawValue % UInt64(count) != 0 { violations += 1 }
    guard let start = offset(address, count) else {
      violations += 1
      return
    }
    noteStore()
    for index in 0..<count {
      contents[start + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
    }
  }

  func load32(_ address: PhysicalAddress) -> UInt32? {
    load(address, 4).map { UInt32(truncatingIfNeeded: $0) }
  }
  func load64(_ address: PhysicalAddress) -> UInt64? { load(address, 8) }
  func store32(_ address: PhysicalAddress, _ value: UInt32) { store(address, UInt64(value), 4) }
  func store64(_ address: PhysicalAddress, _ value: UInt64) { store(address, value, 8) }
  func synchronize() {}
}
