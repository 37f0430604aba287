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

extension GuestMonitor {
  /// How many errors wait for a VM's next exit; what comes then is dropped, and the next exit says so.
  static var mostCorrected: Int { 16 }

  /// Notes a corrected error for the VMs that have the page of the process at an address, and want to know.
  func noteCorrected(_ error: CorrectedGuestError, _ space: AddressSpace, _ address: UInt64) {
    for machine in machines where machine.space === space && machine.sendsCorrectedToUser {
      let page = address & ~4095
      machine.slots.forEachGuestRange(of: page..<page + 4096) { range in
        guard machine.corrected.count < Self.mostCorrected else {
          machine.hasDroppedCorrected = true
          return
        }
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
    guard !machine.corrected.isEmpty else { return false }
    let error = machine.corrected.removeFirst()
    setRunWord(
      processor, KVMRunLayout.correctedFlags,
      (error.isOverThreshold ? KVMRunLayout.correctedOverThreshold : 0)
        | (machine.hasDroppedCorrected ? KVMRunLayout.correctedDropped : 0))
    setRunWord(processor, KVMRunLayout.correctedAddress, error.address)
    setRunWord(processor, KVMRunLayout.correctedSize, error.byteCount)
    machine.hasDroppedCorrected = false
    setExit(processor, .armCorrected)
    return true
  }
}
