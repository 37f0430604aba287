// Corrected errors in the memory of guests. Nothing is lost and nobody is interrupted for them; a VMM that wants to
// know (KVM_CAP_ARM_CORRECTED_TO_USER) hears of them by an exit of any of its vCPUs, and may tell its guest.

import Arm
import KVM

/// A corrected error in memory of a VM.
struct CorrectedGuestError: Equatable, Sendable {
  /// Guest physical.
  var address: UInt64
  /// How much of memory the record speaks of, from `address` rounded down: a power of two, at most a page.
  var byteCount: UInt64
  /// Whether firmware has had too many of them there.
  var isOverThreshold: Bool
}

/// Those of a VM that wait for an exit of a vCPU, the oldest first. In words, and no array: that is code of a third
/// of the size.
struct CorrectedQueue {
  private var addresses = InlineArray<16, UInt64>(repeating: 0)
  /// Size, and in bit 63 whether it is over the threshold.
  private var details = InlineArray<16, UInt64>(repeating: 0)
  /// How many there are.
  private(set) var count = 0
  /// Whether some were dropped since the last one that was taken.
  private(set) var hasDropped = false

  /// Adds an error, or drops it where too many wait.
  mutating func append(_ error: CorrectedGuestError) {
    guard count < addresses.count else {
      hasDropped = true
      return
    }
    addresses[count] = error.address
    details[count] = error.byteCount | (error.isOverThreshold ? 1 << 63 : 0)
    count += 1
  }

  /// Takes the oldest: there is one.
  mutating func takeFirst() -> CorrectedGuestError {
    let first = CorrectedGuestError(
      address: addresses[0], byteCount: details[0] & ~(1 << 63),
      isOverThreshold: details[0] >> 63 != 0)
    count -= 1
    for index in 0..<count {
      addresses[index] = addresses[index + 1]
      details[index] = details[index + 1]
    }
    hasDropped = false
    return first
  }
}

extension GuestMonitor {
  /// Notes a corrected error for the VMs that have the page of the process at an address, and want to know.
  func noteCorrected(_ error: CorrectedGuestError, _ space: AddressSpace, _ address: UInt64) {
    for machine in machines where machine.space === space && machine.sendsCorrectedToUser {
      let page = address & ~4095
      machine.slots.forEachGuestRange(of: page..<page + 4096) { range in
        var own = error
        own.address = range.lowerBound + error.address & 4095
        machine.corrected.append(own)
      }
      // Whoever is in KVM_RUN, or comes there next, takes it.
      for processor in machine.processors where processor.thread != nil {
        wake(processor)
        break
      }
    }
  }

  /// Whether any VMM wants to know.
  var hearsOfCorrected: Bool {
    for machine in machines where machine.sendsCorrectedToUser { return true }
    return false
  }

  /// KVM_EXIT_ARM_CORRECTED, if there is one to tell of.
  func leaveForCorrected(_ processor: VirtualProcessor) -> Bool {
    let machine = processor.machine
    guard machine.corrected.count > 0 else { return false }
    let hasDropped = machine.corrected.hasDropped
    let error = machine.corrected.takeFirst()
    setRunWord(
      processor, KVMRunLayout.correctedFlags,
      (error.isOverThreshold ? KVMRunLayout.correctedOverThreshold : 0)
        | (hasDropped ? KVMRunLayout.correctedDropped : 0))
    setRunWord(processor, KVMRunLayout.correctedAddress, error.address)
    setRunWord(processor, KVMRunLayout.correctedSize, error.byteCount)
    setExit(processor, .armCorrected)
    return true
  }
}
