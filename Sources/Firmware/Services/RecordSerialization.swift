// ERST: the operating system has a record written, read or cleared. ACPI 6.5, 18.5. It goes through the Error
// Log Address Range, which is one fixed buffer; an offset says where in it the record lies.

import APEI
import Arm
import Platform

/// Serializes records for an operating system.
struct RecordSerialization<P: FirmwarePlatform> {
  let memory: MendingMemory<P>
  let store: RecordStore<P>
  let region: ServiceRegion

  init(_ platform: P, _ features: ProcessorFeatures, _ region: ServiceRegion) {
    memory = MendingMemory(platform, features)
    store = RecordStore(platform, features)
    self.region = region
  }

  private func word(_ register: UInt64) -> UInt64? { memory.load(region.serialization + register) }

  private func set(_ register: UInt64, _ value: UInt64) {
    memory.store(region.serialization + register, value)
  }

  /// Does what was begun, and says how it ended.
  @inline(never)
  func execute() {
    let status = operate()
    set(SerializationRegister.count, store.count)
    set(SerializationRegister.status, status.rawValue)
  }

  private func operate() -> SerializationStatus {
    guard let begun = word(SerializationRegister.operation),
      let offset = word(SerializationRegister.offset),
      let identifier = word(SerializationRegister.identifier),
      let operation = SerializationOperation(rawValue: begun)
    else { return .failed }
    switch operation {
    case .none: return .failed
    case .write, .dummyWrite: return write(offset, isDummy: operation == .dummyWrite)
    case .read: return read(identifier, offset)
    case .clear: return store.count == 0 ? .empty : store.clear(identifier)
    }
  }

  /// How many bytes there are in the buffer from an offset on; nil for an offset that is none.
  private func room(_ offset: UInt64) -> UInt64? {
    offset < ServiceRegion.exchangeSize && offset & 7 == 0
      ? ServiceRegion.exchangeSize - offset : nil
  }

  private func write(_ offset: UInt64, isDummy: Bool) -> SerializationStatus {
    guard let room = room(offset), room >= UInt64(RecordLayout.size) else { return .failed }
    let record = region.exchange + offset
    // Eight bytes each: the length is the upper half of what begins with the validation bits.
    guard let first = memory.load(record),
      let lengths = memory.load(record + UInt64(RecordLayout.validation.offset)),
      let identifier = memory.load(record + UInt64(RecordLayout.recordId.offset)),
      UInt32(truncatingIfNeeded: first) == RecordLayout.letters
    else { return .failed }
    let length = lengths >> 32
    guard length >= UInt64(RecordLayout.size), length <= room, identifier != 0, identifier != .max
    else { return .failed }
    let byteCount = (length + 7) & ~7
    guard byteCount <= room else { return .failed }
    return isDummy ? .success : store.write(identifier, from: record, byteCount: byteCount)
  }

  /// Identifier 0 stands for the first record that there is.
  private func read(_ identifier: UInt64, _ offset: UInt64) -> SerializationStatus {
    guard let room = room(offset) else { return .failed }
    guard let first = store.first(from: 0) else { return .empty }
    guard let place = identifier == 0 ? first.place : store.place(of: identifier) else {
      return .notFound
    }
    return store.read(place, to: region.exchange + offset, room: room)
  }

  /// Names the record after a place, all ones behind the last; its place.
  @inline(never)
  func nameNext(after place: Int?) -> Int? {
    let next = store.first(from: place.map { $0 + 1 } ?? 0)
    set(SerializationRegister.nextIdentifier, next?.identifier ?? .max)
    return next?.place
  }
}
