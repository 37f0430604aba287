// SCR_EL3.TERR = 1: the error records belong to the firmware, and an access to them from below traps
// here (EC 0x18). It is answered as on a core whose records are all taken: reads give 0 (so that
// ERRIDR_EL1.NUM is 0: no records), writes are ignored. Linux 6.1 never looks; a kernel that does
// finds nothing to own, which is what HEST with firmware-first sources told it.

import Arm

extension LowerContext {
  /// Answers a trapped access to ERRIDR_EL1, ERRSELR_EL1 or ERX*_EL1 and steps over it.
  ///
  /// Returns false for any other register: nothing else traps to EL3 by our choice, so the access is
  /// UNDEFINED.
  @inline(never)  // off the stack of the error path
  mutating func emulateErrorRecordAccess() -> Bool {
    let syndrome = Syndrome(rawValue: esr)
    let encoding = syndrome.systemRegisterEncoding
    guard encoding.op0 == 3, encoding.op1 == 0, encoding.crn == 5,
      (3...5).contains(encoding.crm)
    else { return false }
    let register = Int(syndrome[Syndrome.rt])
    if syndrome.isSet(Syndrome.direction), register < 31 { x[register] = 0 }
    elr &+= 4
    // As after any instruction that is not a branch, and that a debugger may have stepped.
    spsr &= ~(ProcessState.btype.mask | ProcessState.ss.mask)
    return true
  }
}
