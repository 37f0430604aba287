// Aborts and SErrors of the host itself: of a process at EL0, and of the kernel.

import APEI
import Arm
import KVM

extension HardwareErrors {
  /// A synchronous External abort of a thread at EL0.
  func userAbort(_ thread: Thread, _ syndrome: Syndrome) {
    switch claim(.synchronousAbort, for: thread) {
    case .claimed: return
    case .unattributed: forceWithoutAddress(thread)
    case .none:
      // Another core may have found the record first: then the page has gone, and the access, made
      // again, tells of it.
      if !syndrome.isSet(Syndrome.fnv), let space = thread.process.space,
        kernel.isLost(space, thread.context.far)
      {
        return
      }
      // Nobody knows of it: as Linux's fault_info has it.
      if syndrome.faultStatus.isExternalAbortOnWalk {
        kernel.force(SignalInformation(.kill, .kernel), thread)
      } else {
        let address = syndrome.isSet(Syndrome.fnv) ? 0 : thread.context.far
        kernel.force(SignalInformation(.bus, .busObject, address: address), thread)
      }
    }
  }

  /// A record that names no address: its consumer gets a SIGBUS without one (SI_KERNEL), for the
  /// access cannot be made again. Linux, drivers/acpi/apei/ghes.c.
  func forceWithoutAddress(_ thread: Thread) {
    kernel.log(
      "GHES: ", .bytes(thread.process.name), ":", .decimal(Int(thread.process.id)),
      ": synchronous unrecoverable error (SIGBUS)")
    kernel.force(SignalInformation(.bus, .kernel), thread)
  }

  /// A copy of the kernel ran into a hardware error and survived it: what a thread at EL0 would have
  /// gone through, for who asked for the copy.
  func settleCopyAbort(_ thread: Thread? = nil) {
    let consumer = thread ?? kernel.current
    if claim(.synchronousAbort, for: consumer) != .claimed, let consumer {
      kernel.force(SignalInformation(.bus, .kernel), consumer)
    }
  }

  /// An SError that was taken to EL2 from the host: from EL0 (`thread`) or from the kernel itself.
  ///
  /// Firmware is asked first. What it did not record goes by the syndrome: corrected and restartable
  /// are over, everything else is fatal. Linux, arch/arm64/kernel/traps.c,
  /// arm64_is_fatal_ras_serror.
  func systemError(_ syndrome: Syndrome, _ thread: Thread?) {
    let severity = SystemErrorClass(syndrome)
    // What is over was not consumed: who ran is told as everybody is, if it asked for that.
    let answer = claim(
      .systemError, for: severity == .harmless ? nil : thread,
      isLater: severity == .harmless && thread == nil)
    switch severity {
    case .harmless: return
    case .contained:
      if answer == .claimed, thread != nil { return }
    case .uncontained, .uncategorized, .implementationDefined: break
    }
    panic(systemError: syndrome)
  }

  /// An SError that nobody can live with.
  func panic(systemError syndrome: Syndrome) -> Never {
    kernel.log(
      "SError Interrupt on CPU", .decimal(platform.core), ", code ",
      .hex(syndrome.rawValue, digits: 16), " -- SError")
    kernel.panic("Asynchronous SError Interrupt")
  }
}
