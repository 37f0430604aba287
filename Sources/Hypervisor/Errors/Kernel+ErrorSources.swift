// APEI: asking firmware's error sources what happened. Linux, drivers/acpi/apei/ghes.c. Unlike
// Linux this kernel claims an SError (notification type 9) as it claims an abort.

import APEI
import Arm
import Bytes
import KVM

/// The error sources of the machine.
struct ErrorSources {
  /// Those of the HEST that are enabled.
  var sources: [ErrorSource] = []
  /// Count of the records taken so far: the number in braces.
  var recordCount: UInt64 = 0
}

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

extension Kernel {
  /// Takes the sources from the HEST, if there is one.
  public func addErrorSources(_ table: HEST) {
    for entry in table.sources {
      guard case .generic(let source) = entry, source.enabled == 1, source.statusAddress.space == 0
      else { continue }
      errors.sources.append(source)
    }
    log(
      "HEST: ", .decimal(errors.sources.count), " error sources; APEI firmware first mode")
  }

  /// Asks the sources of an event and deals with what they have: log, memory_failure, signals. A
  /// record of fatal severity panics.
  ///
  /// `thread` is who consumed the error, if anybody did: it gets the BUS_MCEERR_AR.
  @discardableResult
  public func claimErrors(_ event: ErrorEvent, for thread: Thread?) -> ErrorClaim {
    var claim = ErrorClaim.none
    for source in errors.sources where event.includes(source.notification.kind) {
      guard let record = take(source) else { continue }
      let result = handle(record, source, event, thread)
      if claim != .claimed { claim = result }
    }
    return claim
  }

  /// The record of a source, copied, cleared and acknowledged; nil if there is none.
  private func take(_ source: ErrorSource) -> [UInt8]? {
    guard isReadable(source.statusAddress.address, 8) else { return nil }
    let block = word(PhysicalAddress(source.statusAddress.address))
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
      store(acknowledge.acknowledged(word(place)), place)
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
      log("GHES: Failed to read error status block!")
      return .unattributed
    }
    errors.recordCount += 1
    log(block, source: source.sourceID)
    if block.severity == .fatal { panic("GHES: Fatal hardware error") }
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

  // MARK: Aborts and SErrors of the host itself.

  /// A synchronous External abort of a thread at EL0.
  func userAbort(_ thread: Thread, _ syndrome: Syndrome) {
    switch claimErrors(.synchronousAbort, for: thread) {
    case .claimed: return
    case .unattributed: forceWithoutAddress(thread)
    case .none:
      // Another core may have found the record first: then the page has gone, and the access, made
      // again, tells of it.
      if !syndrome.isSet(Syndrome.fnv), let space = thread.process.space,
        leaf(space, thread.context.far).entry.isLost
      {
        return
      }
      // Nobody knows of it: as Linux's fault_info has it.
      if syndrome.faultStatus.isExternalAbortOnWalk {
        force(SignalInformation(.kill, .kernel), thread)
      } else {
        let address = syndrome.isSet(Syndrome.fnv) ? 0 : thread.context.far
        force(SignalInformation(.bus, .busObject, address: address), thread)
      }
    }
  }

  /// A record that names no address: its consumer gets a SIGBUS without one (SI_KERNEL), for the
  /// access cannot be made again. Linux, drivers/acpi/apei/ghes.c.
  func forceWithoutAddress(_ thread: Thread) {
    log(
      "GHES: ", .bytes(thread.process.name), ":", .decimal(Int(thread.process.id)),
      ": synchronous unrecoverable error (SIGBUS)")
    force(SignalInformation(.bus, .kernel), thread)
  }

  /// A copy of the kernel ran into a hardware error and survived it: what a thread at EL0 would have
  /// gone through, for who asked for the copy.
  func settleCopyAbort(_ thread: Thread? = nil) {
    guard copyAbort != nil else { return }
    copyAbort = nil
    let consumer = thread ?? current
    if claimErrors(.synchronousAbort, for: consumer) != .claimed, let consumer {
      force(SignalInformation(.bus, .kernel), consumer)
    }
  }

  /// An SError that was taken to EL2 from the host: from EL0 (`thread`) or from the kernel itself.
  ///
  /// Firmware is asked first. What it did not record goes by the syndrome: corrected and restartable
  /// are over, everything else is fatal. Linux, arch/arm64/kernel/traps.c,
  /// arm64_is_fatal_ras_serror.
  func systemError(_ syndrome: Syndrome, _ thread: Thread?) {
    let type = syndrome.asynchronousErrorType
    let isOver = type == .corrected || type == .restartable
    // What is over was not consumed: who ran is told as everybody is, if it asked for that.
    let claim = claimErrors(.systemError, for: isOver ? nil : thread)
    switch type {
    case .corrected, .restartable: return
    case .recoverable, .unrecoverable:
      if claim == .claimed, thread != nil { return }
    case .uncontainable, nil: break
    }
    log(
      "SError Interrupt on CPU", .decimal(platform.core), ", code ",
      .hex(syndrome.rawValue, digits: 16), " -- SError")
    panic("Asynchronous SError Interrupt")
  }
}
