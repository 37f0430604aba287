// From the host's signal to the guest's own hardware error. What the host knows is an address of
// this process; the guest is told its own.
//
//     SIGBUS of             where                the guest gets
//     BUS_MCEERR_AR         guest RAM, KVM_RUN   record in the vCPU's source, SEA
//     BUS_MCEERR_AR         guest RAM, VMM's     as if nobody had touched it
//                           own load
//     BUS_MCEERR_AR         elsewhere            the VMM ends: its own memory
//     BUS_MCEERR_AO         guest RAM            record in the last source, its interrupt or event
//     BUS_MCEERR_AO         elsewhere            nothing; it is said
//     no address            KVM_RUN              virtual SError
//
// A guest that cannot take what it gets, or that meets the same error for ever, is ended.

import Arm
import KVM
import Platform
import Text

extension VirtualMachine {
  /// Acts on a signal of a vCPU's thread.
  func handle(_ signal: MemoryErrorSignal, on vcpu: VirtualCPU) {
    switch SignalCode(rawValue: signal.code) {
    case .memoryErrorActionRequired: handleConsumed(signal, vcpu)
    case .memoryErrorActionOptional: handleNoticed(signal)
    default:
      console.say(host, Message(.memoryUnknown))
      injectSError(vcpu)
    }
  }

  private func received(_ signal: MemoryErrorSignal) -> GuestPhysicalAddress? {
    let guest = memory.guestAddress(of: signal.address)
    let isUsed = signal.code == SignalCode.memoryErrorActionRequired.rawValue
    let place = signal.address.rawValue
    let leastBit = UInt64(signal.leastBit)
    if let guest {
      console.say(
        host,
        Message(isUsed ? .guestMemoryUsed : .guestMemoryNoticed, place, guest.rawValue, leastBit))
    } else {
      console.say(host, Message(isUsed ? .ownMemoryUsed : .ownMemoryNoticed, place, leastBit))
    }
    return guest
  }

  private func handleConsumed(_ signal: MemoryErrorSignal, _ vcpu: VirtualCPU) {
    guard let guest = received(signal) else {
      say("hardware error in the VMM's own memory: it cannot go on")
      return end(.failed)
    }
    let lost = memory.range(around: guest, leastBit: signal.leastBit)
    _ = memory.markLost(lost)
    noticed.removeAll { lost.contains($0.base) }
    do {
      let state = try vcpu.abortedState(host)
      let abort = ForgedAbort(host, at: state, memory) { vcpu.x(self.host, $0, state.pstate) }
      if abort.isEndless {
        say("the guest's exception vectors are lost: it cannot go on")
        return end(.crash)
      }
      guard isProgressing(vcpu, pc: state.pc, page: guest.page) else { return }
      // The page of the access: the rest of a large page is lost as well, but not what was touched,
      // and the signal may name the large page's first byte. Where it cannot be told, all of it.
      let touched = abort.touched.flatMap { lost.contains($0) ? $0 : nil }
      try tell(vcpu, touched.map { GuestRange(base: $0.page, size: 4096) } ?? lost, abort)
    } catch {
      fail(error)
    }
  }

  /// Record, then exception.
  private func tell(
    _ vcpu: VirtualCPU, _ lost: GuestRange?, _ abort: ForgedAbort
  ) throws(Failure) {
    var report = GuestErrorReport(vcpu: vcpu.index, lost: lost)
    report.syndrome = abort.syndrome
    report.faultAddress = abort.faultAddress
    report.affinity = try vcpu.get(host, .system(.mpidrEL1))
    report.identification = try vcpu.get(host, .system(.midrEL1))
    publish(report)
    try vcpu.take(host, abort)
    console.say(
      host,
      Message(
        .abortInjected, UInt64(vcpu.index), abort.syndrome.rawValue, abort.faultAddress.rawValue,
        abort.returnAddress.rawValue))
  }

  func publish(_ given: GuestErrorReport) {
    var report = given
    report.seconds = seconds()
    let outcome = table.report(host, memory, report)
    if report.isCorrected, case .published(let source) = outcome {
      sayCorrected(report, source)
    } else if case .published(let source) = outcome {
      console.say(
        host,
        report.lost.map { Message(.recordWritten, $0.base.rawValue, UInt64(source)) }
          ?? Message(.recordWrittenNowhere, UInt64(source)))
    } else {
      var message = Message("vmm: record for GPA ")
      if let lost = report.lost {
        message.add(hex: lost.base.rawValue)
      } else {
        message.add("unknown")
      }
      if case .waiting = outcome {
        message.add(" waits: the guest has not acknowledged the last one\n")
      } else {
        message.add(" lost: too many wait\n")
      }
      console.say(host, message)
    }
    if report.vcpu == nil, case .published = outcome { raiseErrorEvent() }
    if table.waitingCount > 0 { doorbell.ring(host) }
  }

  /// An error that nobody has touched: also called on the main thread, with the lock.
  ///
  /// The guest is told a little later. Linux up to 6.12 may tell the process of an error that a vCPU
  /// has just met by this signal first (a kernel worker handles the page before the vCPU's own
  /// thread gets to it) and by BUS_MCEERR_AR when the vCPU tries again; one error would be two.
  func handleNoticed(_ signal: MemoryErrorSignal) {
    guard let guest = received(signal) else { return }
    // The vCPU that touched it was told already.
    let lost = memory.range(around: guest, leastBit: signal.leastBit)
    guard memory.markLost(lost) else { return }
    noticed.append(lost)
    noticedTicks = Self.patience
    doorbell.ring(host)
  }

  /// How many ticks a guest is told later of what no vCPU has touched: 10 ms. Linux's thread of the vCPU may need
  /// more than 5 ms to come back to the guest, beside a console that is written to.
  static var patience: Int { 2 }

  /// Tells the guest of errors that no vCPU has touched in a while.
  func publishNoticed() {
    noticedTicks -= 1
    guard noticedTicks <= 0 else { return }
    for lost in noticed { publish(GuestErrorReport(vcpu: nil, lost: lost)) }
    noticed.removeAll()
  }

  /// Reports that waited for the guest's acknowledgement: main thread, with the lock.
  func publishWaiting() {
    while let report = table.publishWaiting(host, memory) {
      let source = UInt64(table.interruptSource)
      if report.isCorrected {
        sayCorrected(report, table.interruptSource)
      } else {
        console.say(
          host,
          report.lost.map { Message(.waitingRecordWritten, $0.base.rawValue, source) }
            ?? Message(.waitingRecordWrittenNowhere, source))
      }
      raiseErrorEvent()
    }
  }

  private func sayCorrected(_ report: GuestErrorReport, _ source: Int) {
    var message = Message("vmm: corrected error at GPA ")
    message.add(hex: report.lost?.base.rawValue ?? 0)
    message.add(": record written to error source ", decimal: UInt64(source))
    message.add("\n")
    console.say(host, message)
  }

  /// KVM_EXIT_ARM_SEA: the host found no record for it. With an address, the guest gets the abort
  /// as it is; without, a virtual SError.
  func handleUnclaimedAbort(_ vcpu: VirtualCPU) {
    let flags = vcpu.run.u64(at: KVMRunLayout.seaFlags)
    let syndrome = Syndrome(rawValue: vcpu.run.u64(at: KVMRunLayout.seaSyndrome))
    let virtual = VirtualAddress(vcpu.run.u64(at: KVMRunLayout.seaVirtualAddress))
    let physical = GuestPhysicalAddress(vcpu.run.u64(at: KVMRunLayout.seaPhysicalAddress))
    let isKnown = flags & KVMRunLayout.seaAddressValid != 0
    console.say(
      host,
      isKnown
        ? Message(.abortUnclaimed, syndrome.rawValue, virtual.rawValue, physical.rawValue)
        : Message(.abortUnclaimedNowhere, syndrome.rawValue, virtual.rawValue))
    guard isKnown, memory.hostAddress(of: physical.page, count: 4096) != nil else {
      return injectSError(vcpu)
    }
    let lost = GuestRange(base: physical.page, size: 4096)
    _ = memory.markLost(lost)
    do {
      let state = try vcpu.abortedState(host)
      guard isProgressing(vcpu, pc: state.pc, page: physical.page) else { return }
      try tell(vcpu, lost, ForgedAbort(syndrome, faultAddress: virtual, in: state))
    } catch {
      fail(error)
    }
  }

  /// KVM_EXIT_ARM_SERROR: an SError of the guest, and nobody knows of which memory. What the guest is
  /// told of it is this program's choice.
  func handleReportedError(_ vcpu: VirtualCPU) {
    let flags = vcpu.run.u64(at: KVMRunLayout.serrorFlags)
    var message = Message("vmm: KVM_EXIT_ARM_SERROR ESR ")
    message.add(hex: vcpu.run.u64(at: KVMRunLayout.serrorSyndrome))
    message.add("\n")
    console.say(host, message)
    if flags & KVMRunLayout.serrorNotTaken != 0 {
      say("the guest does not take its virtual SError: it cannot go on")
      return end(.crash)
    }
    injectSError(vcpu)
  }

  /// Whether the guest gets on between its errors; if not, it is ended.
  private func isProgressing(
    _ vcpu: VirtualCPU, pc: VirtualAddress, page: GuestPhysicalAddress?
  ) -> Bool {
    guard lastErrors[vcpu.index].isEndless(pc: pc, page: page) else { return true }
    say("the guest meets the same error again and again: it cannot go on")
    end(.crash)
    return false
  }

  /// A virtual SError with the syndrome that the user chose.
  func injectSError(_ vcpu: VirtualCPU) {
    do {
      guard isProgressing(vcpu, pc: VirtualAddress(try vcpu.get(host, .pc)), page: nil) else {
        return
      }
      try vcpu.makeSErrorPending(host, options.serrorSyndrome, serrorInjection)
    } catch {
      return fail(error)
    }
    var message = Message()
    message.add(.errorInjected, UInt64(vcpu.index))
    if serrorInjection == .events {
      message.add("with the host's syndrome\n")
    } else {
      message.add("ISS ", hex: options.serrorSyndrome)
      message.add("\n")
    }
    console.say(host, message)
  }

  /// CLOCK_MONOTONIC.
  func nanoseconds() -> UInt64 {
    scratch.clear(TimeLayout.size)
    return host.call(.clockGetTime, Clock.monotonic.rawValue, scratch.address.rawValue) < 0
      ? 0 : scratch.u64(at: 0) &* 1_000_000_000 &+ scratch.u64(at: 8)
  }

  /// CLOCK_REALTIME, in seconds.
  func seconds() -> UInt64 {
    scratch.clear(TimeLayout.size)
    return host.call(.clockGetTime, Clock.realTime.rawValue, scratch.address.rawValue) < 0
      ? 0 : scratch.u64(at: 0)
  }
}
