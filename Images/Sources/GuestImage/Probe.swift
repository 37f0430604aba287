// Registers that may not be there: the exception of a read that is UNDEFINED is noted and skipped.

import Arm
import CArch
import GuestKernelEntry

/// Reads that may fail.
enum Probe {
  nonisolated(unsafe) private static var isActive = false
  nonisolated(unsafe) private static var hasFailed = false

  /// Skips the instruction of a frame if it is a probe's.
  static func skip(_ frame: Frame) -> Bool {
    let reason = frame.syndrome.exceptionClass
    guard unsafe isActive, reason == .unknown || reason == .systemRegister else { return false }
    unsafe hasFailed = true
    frame.setELR(frame.elr + 4)
    return true
  }

  /// Prints a register, or that it is undefined.
  static func print(_ name: StaticString, _ read: () -> UInt64) {
    unsafe hasFailed = false
    unsafe isActive = true
    let value = read()
    unsafe isActive = false
    var line = Line("register ")
    line.text(name)
    if unsafe hasFailed { line.text(" undefined") } else { line.hex(" ", value) }
    line.print()
  }

  /// What a machine shows of RAS: the ID registers, and the error records' registers.
  static func printRAS() {
    print("ID_AA64PFR0_EL1") { read_id_aa64pfr0_el1() }
    print("ID_AA64PFR1_EL1") { read_id_aa64pfr1_el1() }
    print("ID_AA64MMFR1_EL1") { read_id_aa64mmfr1_el1() }
    print("ID_AA64MMFR2_EL1") { read_id_aa64mmfr2_el1() }
    print("DISR_EL1") { read_disr_el1() }
    print("ERRIDR_EL1") { read_erridr_el1() }
    print("ERRSELR_EL1") { read_errselr_el1() }
    print("ERXFR_EL1") { read_erxfr_el1() }
    print("ERXCTLR_EL1") { read_erxctlr_el1() }
    print("ERXSTATUS_EL1") { read_erxstatus_el1() }
    print("ERXADDR_EL1") { read_erxaddr_el1() }
    print("ERXPFGF_EL1") { read_erxpfgf_el1() }
    print("ERXPFGCTL_EL1") { read_erxpfgctl_el1() }
    print("ERXPFGCDN_EL1") { read_erxpfgcdn_el1() }
    print("ERXMISC0_EL1") { read_erxmisc0_el1() }
    print("ERXMISC1_EL1") { read_erxmisc1_el1() }
    print("ERXMISC2_EL1") { read_erxmisc2_el1() }
    print("ERXMISC3_EL1") { read_erxmisc3_el1() }
  }
}
