// Soft offline: a page has too many corrected errors. Nothing is lost yet: its contents move to another frame,
// the old one is never used again, and nobody is told. Linux, mm/memory-failure.c, soft_offline_page, whose words
// the log uses.

import Arm
import KVM

/// What soft offline did with a frame.
public enum SoftOfflineResult: Equatable, Sendable {
  /// What was in it is elsewhere, and it is not used any more.
  case moved
  /// It was free, and is not used any more.
  case free
  /// It was known to be bad.
  case alreadyKnown
  /// It stays in use: it is the kernel's own, or there is nowhere to move it.
  case kept
  /// It is not RAM of this kernel.
  case outside
}

extension HardwareErrors {
  /// Gives up the frame of a physical address, of which nothing is lost.
  @discardableResult
  public func softOffline(_ address: PhysicalAddress) -> SoftOfflineResult {
    let frame = PhysicalAddress(address.rawValue & ~4095)
    guard kernel.frames.isManaged(frame), let block = kernel.frames.block(of: frame) else {
      return .outside
    }
    if kernel.frames.isPoisoned(frame) {
      return say(frame, ": page already poisoned", .alreadyKnown)
    }
    if kernel.frames.isFree(frame) {
      _ = kernel.frames.poison(frame)
      return say(frame, ": free buddy page", .free)
    }
    let move = block.use == .user ? kernel.moveContents(of: frame) : .kept
    guard move == .moved else {
      if move == .unreadable { owesClaim = true }
      return say(frame, ": page kept", .kept)
    }
    // Its last holder gives it back, and a bad frame is not handed out again.
    let holders = kernel.frames.references(frame)
    _ = kernel.frames.poison(frame)
    for _ in 0..<holders { kernel.release(frame) }
    return say(frame, ": migrated", .moved)
  }

  private func say(
    _ frame: PhysicalAddress, _ words: StaticString, _ result: SoftOfflineResult
  ) -> SoftOfflineResult {
    kernel.log("soft_offline: ", .hex(frame.rawValue >> 12), .text(words))
    return result
  }
}
