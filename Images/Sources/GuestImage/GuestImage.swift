// The small guest's kernel: boots as Linux does, in well under a million instructions, and carries
// out the experiment that its command line names (Options.swift). Everything it says is for tools
// (Line.swift); Scenarios/README.md has the list.

import APEI
import Arm
import Boot
import Bytes
import CArch
import DeviceTree
import GuestKernelEntry
import ImageRuntime
import Text

@main enum GuestImage {
  /// The boot core, from boot.S: MMU on, .bss cleared.
  static func main() {
    guard let tree = try? FDTReader(KernelMemoryView.deviceTree),
      let boot = try? BootProperties(tree)
    else { halt() }
    var tables: SystemTables<KernelMemory>?
    var mistake: StaticString?
    if let address = boot.efiSystemTable {
      do {
        tables = try SystemTables(KernelMemory(), efiSystemTable: address)
        if let tables { state.inventory = try MachineInventory(tables) }
      } catch {
        mistake = "the ACPI tables cannot be used"
      }
      if let map = KernelMemory().bytes(
        at: PhysicalAddress(boot.memoryMap.base), count: Int(boot.memoryMap.size))
      {
        state.inventory.addMemory(map: map, descriptorSize: boot.descriptorSize)
      }
    }
    if state.inventory.console == nil, let described = try? MachineInventory(tree) {
      if tables == nil { state.inventory = described }
      state.inventory.console = described.console
    }
    if let console = state.inventory.console,
      let place = KernelMap.map(console, 0x1000, .device)
    {
      Console.open(place)
    }
    if let mistake { down(mistake) }
    if let line = boot.commandLine { state.options.read(line) }
    start(tables, boot.initrd)
  }

  private static func start(
    _ tables: SystemTables<KernelMemory>?, _ initrd: MemoryRange
  ) -> Never {
    describe(tables != nil)
    if let mistake = state.options.mistake {
      var line = Line(guest: "cannot understand ")
      mistake.add(to: &line)
      line.print()
      down("wrong command line")
    }
    state.frames.open(state.inventory, initrd: initrd)
    if let tables {
      do { try ErrorSources.open(tables) } catch { down("the HEST cannot be used") }
    }
    Interrupts.open(state.inventory)
    Interrupts.openCore(state.inventory)
    unmask_serror()
    Power.startCores()
    Interrupts.startTicks()
    unmask_interrupts()
    var line = Line(guest: "ready, cores ")
    line.add(decimal: UInt64(Power.online))
    line.add(" test ")
    if let name = state.options.name { name.add(to: &line) } else { line.add("idle") }
    line.print()
    Experiments.run()
  }

  private static func describe(_ hasACPI: Bool) {
    var line = Line(guest: "boot by ")
    line.add(hasACPI ? "acpi" : "fdt")
    line.add(" cores ", decimal: UInt64(state.inventory.coreCount))
    line.add(" image ", hex: image_base())
    for index in 0..<min(state.inventory.rangeCount, 3) {
      line.add(" memory ", hex: state.inventory.range(index).base)
      line.add("-", hex: state.inventory.range(index).end)
    }
    line.add(
      state.inventory.conduit == .hvc
        ? " psci hvc" : state.inventory.conduit == .smc ? " psci smc" : " no psci")
    line.print()
  }
}

/// Another core, from boot.S: sleeps until it has a job; with test=suspend powered down, so that it comes here again.
@c(guest_secondary) func guestSecondary(_ core: UInt64) {
  Interrupts.openCore(state.inventory)
  unmask_serror()
  let job = Job(Int(core))
  if job.isOnline { say("a core is back from power down") }
  job.setOnline()
  while true {
    mask_interrupts()
    if job.state == 1 {
      Programs.work(Int(core))
      Interrupts.wake(0)
    } else if state.options.test == .suspend {
      Power.suspend(core)
    } else {
      wait_for_interrupt()
    }
    unmask_interrupts()
  }
}
