// The operating system's side of the handshake (ACPI 6.5, 18.3.2.7 and 18.3.2.8), for the
// hypervisor, the small guest and whoever observes them: which sources there are, where the block of
// one is, what record is in it, and that it was read.
//
// What firmware wrote is not believed: addresses and lengths are checked, a record reaches no
// further than its block, and a block no further than 64 KiB, which is the most that Linux takes
// (drivers/acpi/apei/ghes.c). A record is whatever has a BlockStatus; whether it can be decoded is
// the decoder's answer.

import Arm
import Bytes

/// What makes an operating system look at its error sources.
public enum ErrorEvent: CaseIterable, Sendable {
  /// A synchronous External abort was taken.
  case synchronousAbort
  /// An SError was taken.
  case systemError
  /// An interrupt came: the error device's, or the source's own.
  case notification
  /// An event of the software delegated exception interface.
  case delegated
  /// The time for another look has come.
  case poll
}

extension ErrorNotification.Kind {
  /// The event that tells of a source of this kind; nil for what no Arm machine has.
  public var event: ErrorEvent? {
    switch self {
    case .sea: .synchronousAbort
    case .sei: .systemError
    case .external, .sci, .gpio, .gsiv: .notification
    case .sdei: .delegated
    case .polled: .poll
    case .local, .nmi, .cmci, .mce: nil
    }
  }
}

extension ErrorSource {
  /// Whether an event tells of this source.
  public func isTold(by event: ErrorEvent) -> Bool { notification.kind?.event == event }
}

extension HEST {
  /// The generic sources, whether the operating system is to use them or not.
  public var genericSources: [ErrorSource] {
    var list: [ErrorSource] = []
    for case .generic(let source) in sources { list.append(source) }
    return list
  }

  /// The generic sources that the operating system is to use.
  public var enabledSources: [ErrorSource] { genericSources.filter { $0.enabled == 1 } }
}

/// What a look at a source finds.
public enum SourceContents<Record> {
  /// No record: BlockStatus is 0, or the source has no block.
  case empty
  /// A record: its bytes, as many as it says it has and the block can hold.
  case record(Record)
  /// Memory of the source's own that cannot be read.
  case unreadable
}

/// Reads the blocks of error sources.
public struct ErrorSourceReader<Memory: PhysicalReader> {
  /// The largest block that is read, in bytes.
  public static var largestBlock: Int { 1 << 16 }

  let memory: Memory

  /// A reader of memory.
  public init(_ memory: Memory) { self.memory = memory }

  /// The block of a source; nil when its location cannot be read, or does not hold the address of a
  /// block.
  public func block(of source: ErrorSource) -> PhysicalAddress? {
    guard case .record(let block) = locate(source) else { return nil }
    return block
  }

  private func locate(_ source: ErrorSource) -> SourceContents<PhysicalAddress> {
    let location = source.statusAddress
    guard location.accessByteCount == 8, source.blockLength >= ErrorStatusBlock.headerSize else {
      return .empty
    }
    guard let word = memory.bytes(at: PhysicalAddress(location.address), count: 8),
      let block = try? word.u64(at: 0)
    else { return .unreadable }
    return block != 0 && block & 3 == 0 ? .record(PhysicalAddress(block)) : .empty
  }

  /// What is in the block of a source.
  public func contents(of source: ErrorSource) -> SourceContents<Memory.Bytes> {
    let block: PhysicalAddress
    switch locate(source) {
    case .record(let found): block = found
    case .empty: return .empty
    case .unreadable: return .unreadable
    }
    let headerSize = ErrorStatusBlock.headerSize
    guard let header = memory.bytes(at: block, count: headerSize),
      let status = try? header.u32(at: ErrorStatusBlockLayout.blockStatus.offset),
      let stated = try? ErrorStatusBlock.statedLength(header)
    else { return .unreadable }
    if status == 0 { return .empty }
    let limit = min(Int(clamping: source.blockLength), Self.largestBlock)
    guard let bytes = memory.bytes(at: block, count: min(max(stated, headerSize), limit)) else {
      return .unreadable
    }
    return .record(bytes)
  }
}

extension ErrorSourceReader where Memory: SharedMemory {
  /// Says that the record of a source was read: clears its BlockStatus, and then sets the
  /// acknowledgement, if the source has one. The block is firmware's after that. False where memory of
  /// the source's own cannot be read.
  @discardableResult
  public func acknowledge(_ source: ErrorSource) -> Bool {
    guard let block = block(of: source) else { return false }
    memory.store32(block, 0)
    memory.synchronize()
    guard let acknowledge = source.acknowledge, acknowledge.register.accessByteCount != nil else {
      return true
    }
    guard let value = memory.load(acknowledge.register) else { return false }
    memory.store(acknowledge.register, acknowledge.acknowledged(value))
    memory.synchronize()
    return true
  }
}
