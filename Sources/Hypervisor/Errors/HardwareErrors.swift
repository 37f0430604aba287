// APEI: asking firmware's error sources what happened. Linux, drivers/acpi/apei/ghes.c. Unlike
// Linux this kernel claims an SError (notification type 9) as it claims an abort.

import APEI
import Arm
import Bytes
import KVM

/// Which sources are asked.
public enum ErrorEvent: Sendable {
  /// A synchronous External abort was taken: type 8.
  case synchronousAbort
  /// An SError was taken: type 9.
  case systemError
  /// Firmware raised the error device's interrupt: types 3, 7, 10, and those that are polled.
  case notification

  func includes(_ kind: ErrorNotification.Kind?) -> Bool {
    switch (self, kind) {
    case (.synchronousAbort, .sea), (.systemError, .sei): true
    case (.notification, .gpio), (.notification, .gsiv), (.notification, .sci),
      (.notification, .polled):
      true
    default: false
    }
  }
}

/// What became of asking.
public enum ErrorClaim: Equatable, Sendable {
  /// No source had a record.
  case none
  /// There was a record, and what it reports was dealt with: memory_failure, a signal, or nothing
  /// to do.
  case claimed
  /// There was a record, and it names no address that something could be done about.
  case unattributed
}

/// The hardware errors of this machine: who reports them, and what came of them.
final class HardwareErrors<P: HypervisorPlatform> {
  let platform: P
  /// What it may ask of the kernel.
  let kernel: ErrorServices<P>
  /// The enabled error sources of the HEST.
  var sources: [ErrorSource] = []
  /// Count of the records taken so far: the number in braces.
  var recordCount: UInt64 = 0
  /// Whether a copy of the kernel survived an abort that `settleCopyAbort` has yet to look at.
  var hasSurvivedAbort = false

  init(_ platform: P, _ kernel: ErrorServices<P>) {
    self.platform = platform
    self.kernel = kernel
  }

  /// Takes the sources from the HEST, and what firmware left before anybody could ask.
  func start(_ table: HEST) {
    for entry in table.sources {
      guard case .generic(let source) = entry, source.enabled == 1, source.statusAddress.space == 0
      else { continue }
      sources.append(source)
    }
    kernel.log(
      "HEST: ", .decimal(sources.count), " error sources; APEI firmware first mode")
    claim(.synchronousAbort, for: nil)
    claim(.systemError, for: nil)
    claim(.notification, for: nil)
  }

  /// Asks the sources of an event and deals with what they have: log, memory_failure, signals. A
  /// record of fatal severity panics.
  ///
  /// `thread` is who consumed the error, if anybody did: it gets the BUS_MCEERR_AR.
  @discardableResult
  func claim(_ event: ErrorEvent, for thread: Thread?) -> ErrorClaim {
    var claim = ErrorClaim.none
    for source in sources where event.includes(source.notification.kind) {
      guard let record = take(source) else { continue }
      let result = handle(record, source, event, thread)
      if claim != .claimed { claim = result }
    }
    return claim
  }

  /// The record of a source, copied, cleared and acknowledged; nil if there is none.
  private func take(_ source: ErrorSource) -> [UInt8]? {
    guard isReadable(source.statusAddress.address, 8) else { return nil }
    let block = kernel.word(PhysicalAddress(source.statusAddress.address))
    guard block & 3 == 0, isReadable(block, UInt64(source.blockLength)) else { return nil }
    let bytes = PhysicalBytes(
      platform, PhysicalAddress(block), byteCount: Int(source.blockLength))
    guard let status = try? bytes.u32(at: 0), status != 0 else { return nil }
    var copy: [UInt8] = []
    let length = (try? bytes.u32(at: 12)).map { min(Int($0) + 20, bytes.byteCount) } ?? 20
    for index in 0..<length { copy.append(bytes.byte(at: index)) }
    // First the status, then the acknowledgement. ACPI 6.5, 18.3.2.8.
    platform.store32(PhysicalAddress(block), 0)
    platform.synchronizeData()
    if let acknowledge = source.acknowledge, isReadable(acknowledge.register.address, 8) {
      let place = PhysicalAddress(acknowledge.register.address)
      kernel.store(acknowledge.acknowledged(kernel.word(place)), place)
    }
    platform.synchronizeData()
    return copy
  }

  /// Whether an address that firmware gave can be one of its own memory, and a size one of a block.
  private func isReadable(_ address: UInt64, _ size: UInt64) -> Bool {
    address != 0 && address < 1 << 48 && size <= 1 << 16
  }

  private func handle(
    _ bytes: [UInt8], _ source: ErrorSource, _ event: ErrorEvent, _ thread: Thread?
  ) -> ErrorClaim {
    guard let block = try? ErrorStatusBlock.decode(bytes) else {
      kernel.log("GHES: Failed to read error status block!")
      return .unattributed
    }
    recordCount += 1
    log(block, source: source.sourceID)
    if block.severity == .fatal { kernel.panic("GHES: Fatal hardware error") }
    var isDealtWith = block.severity == .corrected || block.severity == ErrorSeverity.none
    for entry in block.entries {
      guard block.severity == .recoverable, entry.severity == .recoverable else { continue }
      let isConsumed = event != .notification
      switch entry.payload {
      case .memory(let section):
        guard let address = section.physicalAddress else { continue }
        memoryFailure(PhysicalAddress(address), consumer: isConsumed ? thread : nil)
        isDealtWith = true
      case .processor(let section):
        for information in section.information {
          let type = ProcessorErrorTypeEncoding.bitmapFromBit1.type(of: information.type)
          guard type?.contains(.cache) == true, let address = information.physicalAddress else {
            continue
          }
          memoryFailure(PhysicalAddress(address), consumer: isConsumed ? thread : nil)
          isDealtWith = true
        }
      case .other: continue
      }
    }
    return isDealtWith ? .claimed : .unattributed
  }
}
