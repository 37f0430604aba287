// Whether a guest gets on between its errors. One that meets the same error at the same instruction
// again and again (in its own error path, with SErrors masked, or because it was told that it could
// restart) would do so for ever, and its host with it.

import Arm

/// The last error of a vCPU, and how often it has come.
struct RepeatedError: Equatable, Sendable {
  /// As often as this the same error may come: programs of a guest may share what is lost and the
  /// code that touches it, and each is told.
  static let limit = 32

  private var pc = VirtualAddress(0)
  private var page: GuestPhysicalAddress?
  private var count = 0

  /// Notes an error at an instruction, in a guest physical page if that is known. True if the vCPU
  /// has met it too often to go on.
  mutating func isEndless(pc: VirtualAddress, page: GuestPhysicalAddress?) -> Bool {
    if count > 0, self.pc == pc, self.page == page {
      count += 1
    } else {
      self.pc = pc
      self.page = page
      count = 1
    }
    return count > RepeatedError.limit
  }
}
