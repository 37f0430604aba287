// memory_failure: a frame of RAM is bad. It is never used again; whoever has it mapped loses the
// page, and is told: the one that consumed the error at once (BUS_MCEERR_AR), those that asked for
// it early (BUS_MCEERR_AO), the others when they touch it. Linux, mm/memory-failure.c, whose words
// the log uses. Whether a process ever opened /dev/kvm makes no difference.

import Arm
import KVM

/// What memory_failure did with a frame.
public enum MemoryFailureResult: Equatable, Sendable {
  /// Nobody has it any more.
  case recovered
  /// It was known to be bad.
  case alreadyKnown
  /// It is the kernel's own, or nobody's that could give it up.
  case ignored
  /// It is not RAM of this kernel.
  case outside
}

extension HardwareErrors {
  /// Gives up the frame of a physical address. `consumer` has consumed an error, this one if the
  /// page is its own: it gets BUS_MCEERR_AR, or SIGKILL when the kernel lost what is not a page.
  @discardableResult
  public func memoryFailure(
    _ address: PhysicalAddress, consumer: Thread?
  ) -> MemoryFailureResult {
    let frame = PhysicalAddress(address.rawValue & ~4095)
    guard kernel.frames.isManaged(frame), let block = kernel.frames.block(of: frame) else {
      kernel.log("Memory failure: ", .hex(frame.rawValue >> 12), ": memory outside kernel control")
      if let consumer { kill(consumer) }
      return .outside
    }
    let wasFree = kernel.frames.isFree(frame)
    guard kernel.frames.poison(frame) else {
      kernel.log("Memory failure: ", .hex(frame.rawValue >> 12), ": already hardware poisoned")
      if let consumer { tellAgain(consumer, frame) }
      return .alreadyKnown
    }
    if wasFree {
      report(frame, "free buddy page", "Recovered")
      // Whoever consumed it was in the middle of losing it.
      if let consumer { kill(consumer) }
      return .recovered
    }
    switch block.use {
    case .user: return giveUp(frame, consumer)
    case .table:
      // The tables of a process: it cannot go on without them.
      report(frame, "page table page", consumer == nil ? "Ignored" : "Failed")
      if let consumer { kill(consumer) }
      return .ignored
    case .guest where kernel.loseTable(at: frame):
      // The guest's mappings come back in other tables.
      report(frame, "stage 2 table", "Recovered")
      return .recovered
    case .heap, .guest, .reserved, .tail, .free, .absent:
      report(frame, "reserved kernel page", "Ignored")
      if let consumer { kill(consumer) }
      return .ignored
    }
  }

  private func report(_ frame: PhysicalAddress, _ page: StaticString, _ result: StaticString) {
    kernel.log(
      "Memory failure: ", .hex(frame.rawValue >> 12), ": recovery action for ", .text(page), ": ",
      .text(result))
  }

  private func kill(_ thread: Thread) {
    kernel.log(
      "Memory failure: Killing ", .bytes(thread.process.name), ":",
      .decimal(Int(thread.process.id)), " due to hardware memory corruption")
    kernel.force(SignalInformation(.kill, .kernel), thread)
  }

  /// Takes a user frame out of every process, and tells them.
  private func giveUp(_ frame: PhysicalAddress, _ consumer: Thread?) -> MemoryFailureResult {
    var isHuge = false
    var isClean = true
    var consumerMapping: LostMapping?
    var mappings: [LostMapping] = []
    for (space, address) in kernel.mappings(of: frame) {
      guard let mapping = kernel.lose(space, address) else { continue }
      space.lostPageCount += 1
      if mapping.leastBit > 12 { isHuge = true }
      if !mapping.isClean { isClean = false }
      if consumer?.process.space === space, consumerMapping == nil { consumerMapping = mapping }
      mappings.append(mapping)
    }
    for mapping in mappings where !mapping.isClean { tell(mapping, consumer) }
    // Without a mapping of its own it did not consume this one: another core's record was found
    // before the other core came for it. If it did, it comes again, and `tellAgain` ends it.
    if let consumer, let mapping = consumerMapping, !mapping.isClean { told(consumer, mapping) }
    if mappings.isEmpty { isClean = false }
    report(
      frame, isHuge ? "huge page" : isClean ? "clean LRU page" : "dirty LRU page", "Recovered")
    return .recovered
  }

  /// The consumer of an error, or of a known one: BUS_MCEERR_AR with the page's address.
  private func told(_ thread: Thread, _ mapping: LostMapping) {
    kernel.log(
      "Memory failure: Sending SIGBUS to ", .bytes(thread.process.name), ":",
      .decimal(Int(thread.process.id)), " due to hardware memory corruption")
    kernel.force(
      SignalInformation(
        .bus, .memoryErrorActionRequired, address: mapping.address, leastBit: mapping.leastBit),
      thread)
  }

  /// The processes that asked to be told early, the consumer's own not among them.
  private func tell(_ mapping: LostMapping, _ consumer: Thread?) {
    for process in kernel.processes where process.space === mapping.space {
      if let consumer, consumer.process === process { continue }
      guard let early = process.threads.first(where: { $0.toldEarly == true }) else { continue }
      kernel.log(
        "Memory failure: Sending SIGBUS to ", .bytes(process.name), ":",
        .decimal(Int(process.id)), " due to hardware memory corruption")
      kernel.send(
        SignalInformation(
          .bus, .memoryErrorActionOptional, address: mapping.address,
          leastBit: mapping.leastBit), to: early)
    }
  }

  /// The same error again: the consumer finds its page already marked.
  private func tellAgain(_ consumer: Thread, _ frame: PhysicalAddress) {
    guard let space = consumer.process.space else { return }
    if let found = kernel.trace(of: frame, in: space) {
      told(consumer, found)
    } else {
      kill(consumer)
    }
  }
}
