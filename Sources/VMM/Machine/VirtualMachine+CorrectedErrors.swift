// Corrected errors of the guest's memory, with --corrected-errors: the host says so by an exit of a vCPU, where it
// has one for that (ours has), or else in its log alone. The guest gets a record of severity corrected in the
// source of events; nothing of its memory is lost.

import Arm
import Boot
import KVM
import Text

/// How many corrected errors a guest is told of: ten in the second after the first of them.
struct CorrectedRate: Sendable {
  static var most: Int { 10 }
  static var nanoseconds: UInt64 { 1_000_000_000 }

  private var begin: UInt64 = 0
  private var count = 0

  /// Whether one more may be told now, CLOCK_MONOTONIC.
  mutating func allows(at now: UInt64) -> Bool {
    if count == 0 || now &- begin >= Self.nanoseconds {
      begin = now
      count = 0
    }
    guard count < Self.most else { return false }
    count += 1
    return true
  }
}

/// Where a frame of the host's is.
private enum FramePlace {
  /// In this page of the guest.
  case page(GuestPhysicalAddress)
  /// Not in the guest's memory.
  case elsewhere
  /// Nobody knows: frames are not told to this process.
  case hidden
  /// Nobody knows: -errno.
  case failed(Int64)
}

extension VirtualMachine {
  /// Has the host tell of corrected errors.
  func listenForCorrected() throws(Failure) {
    if has(.armCorrectedToUser) {
      try enable(.armCorrectedToUser, "KVM_CAP_ARM_CORRECTED_TO_USER")
    } else if !hasTriedHostLog {
      openHostLog()
    }
  }

  /// Bytes of a record of the log, at most; behind it the words of a page of /proc/self/pagemap.
  private var recordSize: UInt64 { 8192 }

  private func openHostLog() {
    let path = Text("/dev/kmsg")
    hasTriedHostLog = true
    hostLogDescriptor = host.call(
      .openAt, currentDirectory, path.address.rawValue,
      OpenFlags([.nonBlocking, .closeOnExecute]).rawValue)
    var error = min(hostLogDescriptor, 0)
    if error == 0 {
      let mapped = host.map(recordSize + 4096)
      (hostLog, error) = (mapped.block, mapped.error)
      if error < 0 { closeHostLog() }
    }
    guard error == 0 else {
      var message = Message("vmm: nobody tells of corrected errors here: /dev/kmsg: ")
      message.add(error: error)
      message.add("\n")
      hostLogDescriptor = -1
      return console.say(host, message)
    }
    _ = host.call(.seek, UInt64(bitPattern: hostLogDescriptor), 0, SeekOrigin.end.rawValue)
  }

  private func closeHostLog() {
    _ = host.call(.close, UInt64(bitPattern: hostLogDescriptor))
    hostLogDescriptor = -1
  }

  /// Reads what the host's kernel has said: on the main thread, without the lock.
  func readHostLog() {
    // Somebody may write to the log for ever.
    for _ in 0..<64 {
      let count = host.call(
        .read, UInt64(bitPattern: hostLogDescriptor), hostLog.address.rawValue, recordSize)
      switch LinuxError(rawValue: Int32(truncatingIfNeeded: -count)) {
      case .interrupted: continue
      case .again: return
      case .brokenPipe:
        // What was to be read next has been overwritten.
        hostLines = HostLog()
        continue
      default: break
      }
      guard count > 0 else {
        host.lock()
        say("/dev/kmsg cannot be read any more: nobody tells of corrected errors")
        host.unlock()
        return closeHostLog()
      }
      guard let error = hostLines.take(hostLog, byteCount: UInt64(bitPattern: count)) else {
        continue
      }
      // A look at all of the guest's memory, which the vCPUs need not wait for.
      let place = place(of: error.address)
      host.lock()
      note(error, at: place)
      host.unlock()
    }
  }

  /// Whether the guest may be told of one more; if not, the next record says that some were lost.
  private func allowsCorrected() -> Bool {
    guard !correctedRate.allows(at: nanoseconds()) else { return true }
    table.noteLoss()
    return false
  }

  private func note(_ error: HostLog.CorrectedError, at place: FramePlace) {
    switch place {
    case .page(let page):
      noteCorrected(page + error.address.rawValue % 4096, error.byteCount, isOverThreshold: false)
    case .elsewhere: break
    case .hidden where !hasSaidNoFrames:
      say("/proc/self/pagemap names no frames: only root is told whose a corrected error is")
    case .failed(let error) where !hasSaidNoFrames:
      console.say(host, Failure.file(PageMap.path, error).message)
    case .hidden, .failed: break
    }
    switch place {
    case .page, .elsewhere: break
    case .hidden, .failed: hasSaidNoFrames = true
    }
  }

  /// Where a byte of the host's memory is in the guest's. Called without the lock: the place of the guest's memory
  /// is the main thread's to change.
  private func place(of address: PhysicalAddress) -> FramePlace {
    let frame = address.rawValue >> 12
    let map = PageMap(host)
    guard map.descriptor >= 0 else { return .failed(map.descriptor) }
    defer { map.close(host) }
    let words = hostLog.part(at: recordSize, byteCount: 4096)
    let count = memory.ram.size / 4096
    var mayKnow = false
    var page: UInt64 = 0
    while page < count {
      let result = map.read(host, from: memory.hostBase + page * 4096, into: words)
      guard result >= 8, result <= 4096 else {
        return .failed(result < 0 ? result : -Int64(LinuxError.inputOutput.rawValue))
      }
      for index in 0..<min(UInt64(bitPattern: result) / 8, count - page) {
        guard let found = PageMap.frame(words.u64(at: index * 8)) else { continue }
        mayKnow = true
        if found == frame {
          return .page(GuestPhysicalAddress(memory.ram.base + (page + index) * 4096))
        }
      }
      page += UInt64(bitPattern: result) / 8
    }
    return mayKnow ? .elsewhere : .hidden
  }

  /// KVM_EXIT_ARM_CORRECTED.
  func handleCorrected(_ vcpu: VirtualCPU) {
    let flags = vcpu.run.u64(at: KVMRunLayout.correctedFlags)
    if flags & KVMRunLayout.correctedDropped != 0 { table.noteLoss() }
    noteCorrected(
      GuestPhysicalAddress(vcpu.run.u64(at: KVMRunLayout.correctedAddress)),
      vcpu.run.u64(at: KVMRunLayout.correctedSize),
      isOverThreshold: flags & KVMRunLayout.correctedOverThreshold != 0)
  }

  /// A corrected error in the guest's memory, which the guest may hear of.
  private func noteCorrected(
    _ address: GuestPhysicalAddress, _ byteCount: UInt64, isOverThreshold: Bool
  ) {
    guard memory.ram.contains(address), !memory.isLost(address), byteCount > 0,
      byteCount <= 4096, byteCount & (byteCount - 1) == 0, allowsCorrected()
    else { return }
    var report = GuestErrorReport(
      vcpu: nil,
      lost: GuestRange(
        base: GuestPhysicalAddress(address.rawValue & ~(byteCount - 1)), size: byteCount))
    report.isCorrected = true
    report.isOverThreshold = isOverThreshold
    publish(report)
  }
}
