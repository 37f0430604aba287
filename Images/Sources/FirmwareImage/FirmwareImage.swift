// The EL3 firmware: what core 0 does after reset, what the others do, and the exception entry.

import APEI
import Arm
import Boot
import CArch
import Firmware
import FirmwareEntry
import ImageRuntime
import Platform
import Text

let hardware = Hardware()
let console = FirmwareText(hardware)

/// Everything EL3 remembers, from the boot of core 0 on; touched only while `firmware_lock` is held. It has
/// no value before: an initial one that is more than constants would be made when it is first used, which
/// is in the path of an error.
nonisolated(unsafe) var monitor: Monitor<Hardware>?

@main enum FirmwareImage {
  /// Core 0, from boot.S: MMU on, .data and .bss ready.
  static func main() {
    console.enable()
    let features = ProcessorFeatures(hardware)
    SecureState.setUp(hardware, features)
    let gic = SecureGIC(hardware)
    gic.setUpDistributor()
    gic.setUpCore(0)
    let records = ErrorRecords(hardware, features)
    if records.hasValid {
      var console = console
      console.add(Sentence.firmware.form)
      console.add("errors from before the reset\n")
    }
    describeRecords(features)
    withLock { KeptRecords(hardware, features).harvest(isFirst: true) }
    records.enable()
    let boot = Startup(hardware)
    do {
      let entry = try boot.run(features, reports: errorReports(), delegation: delegatedEvents())
      awaitHarvest(coreCount: entry.monitor.power.coreCount)
      tellKept(entry.services, features)
      withLock { unsafe monitor = entry.monitor }
      begin(0, isAfterReset: true)
      if entry.monitor.leavesErrorsBelow { SecureState.leaveErrorsBelow(hardware, features) }
      SecureState.resetLowerLevels(hardware)
      firmware_enter_lower(entry.kernel, SecureState.entryState, entry.deviceTree)
    } catch {
      boot.explain(error)
      PowerController(hardware).powerOff()
      halt()
    }
  }
}

/// Room for error reports, in memory taken from the heap once and for all.
func errorReports() -> ErrorReports {
  let storage = UnsafeMutableRawBufferPointer.allocate(
    byteCount: ErrorReports.storageSize, alignment: 16)
  return unsafe ErrorReports(storage: storage) ?? ErrorReports()
}

/// Room for the software delegated exception interface.
func delegatedEvents() -> DelegatedEvents {
  let storage = UnsafeMutableRawBufferPointer.allocate(
    byteCount: DelegatedEvents.storageSize, alignment: 16)
  return unsafe DelegatedEvents(storage: storage) ?? DelegatedEvents()
}

/// How many other cores have looked at their records; touched only while `firmware_lock` is held.
nonisolated(unsafe) var harvestedCores = 0

/// Waits until the other cores have looked at their records, but no longer than 10 ms: one that does not
/// start has none to tell.
func awaitHarvest(coreCount: Int) {
  let start = SystemRegister.cntpctEL0.read()
  while withLock({ unsafe harvestedCores }) < coreCount - 1,
    SystemRegister.cntpctEL0.read() &- start < Clock.counterFrequency / 100
  {}
}

/// Tells the kernel what was kept of the run before.
func tellKept(_ services: ServiceRegion?, _ features: ProcessorFeatures) {
  let kept = KeptRecords(hardware, features)
  guard let services else { return kept.forget() }
  let count = kept.publish(to: services)
  guard count > 0 else { return }
  var console = console
  console.add(Sentence.firmware.form)
  console.add("records of the run before: ", decimal: count)
  console.add("\n")
}

/// Runs code while no other core is in the monitor.
@inline(__always) func withLock<R>(_ body: () -> R) -> R {
  firmware_lock()
  defer { firmware_unlock() }
  return body()
}

/// Another core, from boot.S, when core 0 has made the secure RAM ready.
@c(firmware_secondary) func firmwareSecondary(_ core: UInt64) {
  let features = ProcessorFeatures(hardware)
  SecureState.setUp(hardware, features)
  SecureGIC(hardware).setUpCore(Int(core))
  withLock {
    KeptRecords(hardware, features).harvest(isFirst: false)
    unsafe harvestedCores += 1
  }
  ErrorRecords(hardware, features).enable()
  park(Int(core))
}

/// Sleeps until a CPU_ON, then enters where it said.
func park(_ core: Int) -> Never {
  let gic = SecureGIC(hardware)
  gic.enableWake(core)
  while true {
    if let start = takeEntry(core) {
      gic.disableWake(core)
      enter(core, start)
    }
    tendAsleep(core)
    wait_for_interrupt()
  }
}

/// Sleeps, powered down, until an interrupt is pending that is not EL3's own to deal with; then enters where CPU_SUSPEND
/// said. The interrupt controller is as the level below has left it: what it lets through wakes the core.
func suspend(_ core: Int) -> Never {
  while true {
    tendAsleep(core)
    if SystemRegister.isrEL1.read() & pendingInterrupts != 0 {
      enter(core, resumption(core))
    }
    wait_for_interrupt()
  }
}

/// ISR_EL1.I and F.
let pendingInterrupts: UInt64 = 1 << 7 | 1 << 6

/// Leaves for the level below, as after a reset of the core.
@inline(never) func enter(_ core: Int, _ start: (entry: UInt64, context: UInt64)) -> Never {
  if withLock({ unsafe monitor?.leavesErrorsBelow == true }) {
    SecureState.leaveErrorsBelow(hardware, ProcessorFeatures(hardware))
  }
  SecureState.resetLowerLevels(hardware)
  begin(core, isAfterReset: false)
  firmware_enter_lower(start.entry, SecureState.entryState, start.context)
}

/// What EL3 has to do on a core that sleeps in it, whenever something may have woken it.
@inline(__always) func tendAsleep(_ core: Int) {
  if hasOwnError() { fail(foundAtExit) }
  if tendParked(core) == .reset { resetAsleep() }
}

@inline(never) func resetAsleep() -> Never {
  describeFatal(foundAtExit)
  PowerController(hardware).reset()
  halt()
}

// None of these shares the stack of `park`, which is below all that a parked core does.

@inline(never) func takeEntry(_ core: Int) -> (entry: UInt64, context: UInt64)? {
  withLock { unsafe monitor?.power.takeEntry(core) }
}

@inline(never) func resumption(_ core: Int) -> (entry: UInt64, context: UInt64) {
  withLock { unsafe monitor?.power.resumption(core) ?? (0, 0) }
}

@inline(never) func tendParked(_ core: Int) -> MonitorAction {
  withLock { unsafe monitor?.tendParked(core) ?? .resume }
}

@inline(never) func begin(_ core: Int, isAfterReset: Bool) {
  withLock { unsafe monitor?.begin(core, isAfterReset: isAfterReset) }
}

/// Says why the board is reset. The records are read and cleared: the text is what is left of them.
@inline(never) func describeFatal(_ slot: UInt64) {
  describe("fatal hardware error, resetting", slot)
  withLock {
    unsafe monitor?.errors.forEachReadingOfLast(describeRecord)
    unsafe monitor?.errors.keepLast(hardware, ProcessorFeatures(hardware))
  }
}

/// From the vector table: `slot` is 8...15, in the order of the table.
@c(firmware_exception)
func firmwareException(_ frame: UnsafeMutableRawPointer, _ slot: UInt64) {
  let context = unsafe frame.assumingMemoryBound(to: LowerContext.self)
  let core = hardware.core
  let action = withLock {
    unsafe monitor?.handle(slot: slot, core: core, context: &context.pointee) ?? .panic
  }
  switch action {
  case .resume: return
  case .standby: wait_for_interrupt()
  case .suspend: suspend(core)
  case .park: park(core)
  case .powerOff:
    tellOwnError()
    PowerController(hardware).powerOff()
    halt()
  case .reset:
    // An FIQ leaves what was in ESR_EL3.
    if slot == Monitor<Hardware>.Slot.synchronous.rawValue,
      Syndrome(rawValue: unsafe context.pointee.esr).exceptionClass == .smc
    {
      tellOwnError()
    } else {
      describeFatal(slot)
    }
    PowerController(hardware).reset()
    halt()
  case .panic:
    describe("unexpected exception", slot)
    PowerController(hardware).powerOff()
    halt()
  }
}
