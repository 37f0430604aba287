// Machine = QEMU: without errors in play, the same firmware, kernel and initrd print the same console
// on this machine and on `qemu-system-aarch64 -M virt`, but for a stated list of lines. The doorbell, which QEMU
// has not, is left out of the device tree: firmware has neither EINJ nor ERST then, here as there.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct MachineEqualsQEMU {
  /// What /init prints: the processor, the memory and the file systems as the kernel sees them. On
  /// one core also the interrupts it has counted; on more, which core got them depends on the
  /// length of their turns.
  static func script(cores: Int) -> String {
    """
    cat /proc/cpuinfo /proc/cmdline /proc/filesystems /proc/iomem
    ls /sys/firmware/acpi/tables /sys/bus/platform/devices /sys/devices/system/cpu
    \(cores == 1 ? "cat /proc/interrupts" : "")

    """
  }

  static let boots = [
    DebianBoot(cores: 1, ram: 512, script: script(cores: 1)),
    DebianBoot(cores: 4, ram: 4096, script: script(cores: 4)),
    DebianBoot(cores: 1, ram: 16384, script: script(cores: 1)),
    DebianBoot(flavour: "generic", cores: 2, ram: 1024, script: script(cores: 2)),
    DebianBoot(flavour: "rt", cores: 2, ram: 512, script: script(cores: 2)),
  ].filter { $0.flavour == "cloud" || BuiltFiles.hasKernel($0.flavour) }

  @Test(arguments: boots) func debianPrintsTheSameConsole(_ boot: DebianBoot) throws {
    let board = try boot.board()
    try Self.hideDoorbell(board)
    var run = ConsoleRun(board)
    #expect(run.run(to: 8_000_000_000) == .powerOff)
    let qemu = try QEMUBoot.console(boot)
    let comparison = ConsoleComparison(qemu: qemu, here: run.console, isOrdered: boot.cores == 1)
    #expect(comparison.findings.isEmpty, "\(comparison.findings.joined(separator: "\n"))")
    #expect(run.text.contains("reboot: Power down"))
    // One nanosecond per instruction on both: what the lines' times differ by is instructions.
    if boot.cores == 1 { #expect(comparison.worstTime < 0.002) }
  }

  /// Gives the doorbell's node another binding, which nobody knows.
  private static func hideDoorbell(_ board: Board) throws {
    let binding = Array("faultline,doorbell".utf8)
    let place = try #require(board.bus.deviceTree.firstRange(of: binding))
    board.bus.deviceTree.replaceSubrange(place, with: Array("faultline,nothing!".utf8))
    #expect(board.bus.writeBytes(PhysicalAddress(MemoryMap.ram), board.bus.deviceTree))
  }

  @Test func comparisonFindsWhatIsNotStated() {
    let stated = ConsoleDifference.all.map(\.onQEMU)
    let here = ConsoleDifference.all.compactMap(\.here)
    func compare(_ qemu: [String], _ found: [String]) -> [String] {
      let bytes = { (lines: [String]) in Array(lines.joined(separator: "\n").utf8) }
      return ConsoleComparison(qemu: bytes(qemu), here: bytes(found), isOrdered: true).findings
    }
    #expect(compare(stated + ["a", "b"], here + ["a", "b"]).isEmpty)
    #expect(compare(stated + ["[    1.5] a"], here + ["[    2.5] a"]).isEmpty)
    #expect(compare(stated + ["a", "b"], here + ["b", "a"]).count == 2)
    let ticks = " arch_timer"
    #expect(compare(stated + ["12: 344 26" + ticks], here + ["12: 343 26" + ticks]).isEmpty)
    #expect(compare(stated + ["12: 345 26" + ticks], here + ["12: 343 26" + ticks]).count == 2)
    #expect(compare(stated + ["12: 344 26 x"], here + ["12: 343 26 x"]).count == 2)
    #expect(compare(stated + ["a"], here).count == 1)
    #expect(compare(stated, here + ["a"]).count == 1)
    #expect(compare(Array(stated.dropLast()) + ["a"], here + ["a"]).count == 1)
  }
}
