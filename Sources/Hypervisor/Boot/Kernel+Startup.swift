// From a kernel that exists to one that runs /init on every core.

import APEI
import Arm
import Boot
import KVM

extension Kernel {
  /// The first core: interrupts, error sources, the other cores, /init. With the lock held, which
  /// `leave` gives back.
  public func start(hest: HEST?) throws(BootFailure) {
    let core = platform.core
    cores[core].isOnline = true
    log("Booting Faultline hypervisor on physical CPU ", .hex(cores[core].affinity, digits: 10))
    guard machine.distributor != nil, redistributor(of: core) != 0 else {
      throw .noInterruptController
    }
    log(
      "Memory: ", .decimal(frames.freeCount * 4), "K/", .decimal(frames.managedCount * 4),
      "K available")
    setUpDistributor()
    setUpInterrupts()
    useNoSpace()
    if let hest { errors.start(hest) }
    enableConsoleInput()
    startOtherCores()
    try startInit()
  }

  /// CPU_ON for every other core: they come in by `startSecondary` as soon as the lock is free.
  private func startOtherCores() {
    guard machine.conduit == .smc else {
      return log("psci: not by SMC; running on one core")
    }
    for core in cores.indices where core != platform.core {
      let result = platform.callFirmware(
        PSCI.cpuOn64, cores[core].affinity, platform.secondaryEntry.rawValue, UInt64(core))
      if result != 0 {
        log("CPU", .decimal(core), ": failed to boot: ", .hex(result))
      }
    }
  }

  /// Another core, with the lock held.
  public func startSecondary() {
    let core = platform.core
    cores[core].isOnline = true
    setUpInterrupts()
    useNoSpace()
    log(
      "CPU", .decimal(core), ": Booted secondary processor ",
      .hex(cores[core].affinity, digits: 10))
  }
}
