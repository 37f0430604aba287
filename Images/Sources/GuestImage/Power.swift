// PSCI: other cores on, the machine off. Arm DEN 0022, 5.

import Arm
import Boot
import CArch
import GuestKernelEntry
import ImageRuntime
import Text

/// The power interface.
enum Power {
  /// A call; NOT_SUPPORTED when nobody said how to call.
  @discardableResult
  static func call(_ function: UInt32, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0) -> Int64 {
    switch state.inventory.conduit {
    case .hvc: call_hypervisor(UInt64(function), a, b, c)
    case .smc: call_monitor(UInt64(function), a, b, c)
    case nil: Int64(PSCI.Result.notSupported.rawValue)
    }
  }

  /// Starts every other core; those that come, by and by, are counted by `online`.
  static func startCores() {
    let own = MultiprocessorAffinity(rawValue: SystemRegister.mpidrEL1.read()).affinity
    let entry = KernelMap.physical(ofImage: secondary_start())
    for core in 0..<state.inventory.coreCount where state.inventory.mpidr(core) != own {
      let result = call(PSCI.cpuOn64, state.inventory.mpidr(core), entry, UInt64(core))
      guard result == 0 else {
        var line = Line(guest: "core ")
        line.add(decimal: UInt64(core))
        line.add(" does not start: PSCI -", decimal: UInt64(-result))
        line.print()
        continue
      }
      // One second is more than any machine needs.
      let end = counter() + SystemRegister.cntfrqEL0.read()
      while !Job(core).isOnline, counter() < end {}
      if !Job(core).isOnline { say("a core was started and never came") }
    }
  }

  /// Powers this core down until an interrupt comes for it: it starts again as another core does. Who offers no more
  /// than standby returns.
  static func suspend(_ core: UInt64) {
    let down: UInt64 = 1 << 16
    call(PSCI.cpuSuspend64, down, KernelMap.physical(ofImage: secondary_start()), core)
  }

  /// How many cores run.
  static var online: Int {
    var count = 1
    for core in 1..<max(1, state.inventory.coreCount) where Job(core).isOnline { count += 1 }
    return count
  }

  /// Switches the machine off.
  static func off() -> Never {
    call(PSCI.systemOff)
    halt()
  }

  /// Starts the machine again.
  static func reset() -> Never {
    call(PSCI.systemReset)
    halt()
  }
}

/// The kernel cannot go on.
func down(_ reason: StaticString) -> Never {
  var line = Line()
  line.add(.guestDown) { (line, _) in line.add(reason) }
  line.print()
  Power.off()
}

/// The experiment is over.
func done(_ outcome: StaticString) -> Never {
  var line = Line(guest: "done ")
  line.add(outcome)
  line.print()
  Power.off()
}
