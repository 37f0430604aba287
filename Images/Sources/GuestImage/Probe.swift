// Registers that may not be there: the exception of a read that is UNDEFINED is noted and skipped.

import Arm
import CArch
import GuestKernelEntry
import ImageRuntime
import Text

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

  /// A register, or nil if it is undefined.
  static func value(_ read: () -> UInt64) -> UInt64? {
    unsafe hasFailed = false
    unsafe isActive = true
    let value = read()
    unsafe isActive = false
    return unsafe hasFailed ? nil : value
  }

  /// Prints a register, or that it is undefined.
  static func print(_ name: StaticString, _ read: () -> UInt64) {
    let value = value(read)
    var line = Line(guest: "register ")
    line.add(name)
    if let value { line.add(" ", hex: value) } else { line.add(" undefined") }
    line.print()
  }

  /// What a machine shows of RAS: the ID registers, and the error records' registers.
  static func printRAS() {
    print("ID_AA64PFR0_EL1") { SystemRegister.idAA64PFR0EL1.read() }
    print("ID_AA64PFR1_EL1") { SystemRegister.idAA64PFR1EL1.read() }
    print("ID_AA64MMFR1_EL1") { SystemRegister.idAA64MMFR1EL1.read() }
    print("ID_AA64MMFR2_EL1") { SystemRegister.idAA64MMFR2EL1.read() }
    print("DISR_EL1") { SystemRegister.disrEL1.read() }
    print("ERRIDR_EL1") { SystemRegister.erridrEL1.read() }
    print("ERRSELR_EL1") { SystemRegister.errselrEL1.read() }
    print("ERXFR_EL1") { SystemRegister.erxfrEL1.read() }
    print("ERXCTLR_EL1") { SystemRegister.erxctlrEL1.read() }
    print("ERXSTATUS_EL1") { SystemRegister.erxstatusEL1.read() }
    print("ERXADDR_EL1") { SystemRegister.erxaddrEL1.read() }
    print("ERXPFGF_EL1") { SystemRegister.erxpfgfEL1.read() }
    print("ERXPFGCTL_EL1") { SystemRegister.erxpfgctlEL1.read() }
    print("ERXPFGCDN_EL1") { SystemRegister.erxpfgcdnEL1.read() }
    print("ERXMISC0_EL1") { SystemRegister.erxmisc0EL1.read() }
    print("ERXMISC1_EL1") { SystemRegister.erxmisc1EL1.read() }
    print("ERXMISC2_EL1") { SystemRegister.erxmisc2EL1.read() }
    print("ERXMISC3_EL1") { SystemRegister.erxmisc3EL1.read() }
  }
}
