// ASIDs: what the translations of one process are told from another's by.

/// Which of 256 are taken, as few as any implementation has (ID_AA64MMFR0_EL1.ASIDBits); 0 is the kernel's.
struct AddressSpaceNumbers {
  private var taken: [Bool]

  /// All but the kernel's are free.
  init() {
    taken = [Bool](repeating: false, count: 256)
    taken[0] = true
  }

  /// The one to take; nil when none is left.
  var lowestFree: UInt16? { taken.firstIndex(of: false).map { UInt16($0) } }

  /// It has a process from now on.
  mutating func take(_ number: UInt16) { taken[Int(number)] = true }

  /// Nobody has it any more, and nothing of it is in a TLB.
  mutating func giveBack(_ number: UInt16) { taken[Int(number)] = false }
}
