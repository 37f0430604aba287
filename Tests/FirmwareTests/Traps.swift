// What traps to EL3 because error records are the firmware's.

import Arm
import Firmware
import Testing

@Suite struct Traps {
  let platform = FakePlatform()

  /// ESR_EL3 of a trapped MRS or MSR.
  func trap(
    _ op0: UInt8, _ op1: UInt8, _ crn: UInt8, _ crm: UInt8, _ op2: UInt8, rt: UInt8, isRead: Bool
  ) -> UInt64 {
    Syndrome.systemRegister(
      SystemRegisterEncoding(op0, op1, crn, crm, op2), rt: rt, isRead: isRead
    ).rawValue
  }

  @Test func errorRecordsReadAsNoneFromBelow() {
    for (crm, op2) in [(3, 0), (3, 1), (4, 0), (4, 2), (4, 3), (5, 0), (5, 3)] as [(UInt8, UInt8)] {
      var monitor = Monitor.forTests(platform)
      var context = LowerContext(
        elr: 0x1000, spsr: 0x3c9, esr: trap(3, 0, 5, crm, op2, rt: 7, isRead: true), far: 0)
      context.x[7] = 99
      #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
      #expect(context.x[7] == 0)
      #expect(context.elr == 0x1004)
      #expect(context.spsr == 0x3c9)
    }
  }

  @Test func writesOfErrorRecordsFromBelowAreIgnored() {
    platform.records = [ErrorRecord()]
    platform.records[0].status = ErrorStatus(rawValue: 1 << 30)
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(
      elr: 0x1000, spsr: 0x3c9, esr: trap(3, 0, 5, 4, 2, rt: 31, isRead: false), far: 0)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(platform.records[0].status.rawValue == 1 << 30)
    #expect(context.elr == 0x1004)
  }

  @Test func anyOtherTrappedRegisterIsUndefined() {
    platform.registers[.vbarEL2] = 0x8000
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(
      elr: 0x1000, spsr: 0x3c9, esr: trap(3, 6, 1, 1, 0, rt: 7, isRead: true), far: 0)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x8200)
    #expect(platform.registers[.esrEL2] == 0x0200_0000)
    #expect(platform.registers[.elrEL2] == 0x1000)
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15] as [UInt64])
  func exceptionsNobodyExpectsPanic(_ slot: UInt64) {
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(elr: 0x1000, spsr: 0x3c9, esr: 0x5e00_0000, far: 0)
    #expect(monitor.handle(slot: slot, core: 0, context: &context) == .panic)
  }

  @Test func withoutRASTheRecordsAreNeverTouched() {
    platform.registers[.idAA64PFR0EL1] = 0
    platform.records = [ErrorRecord()]
    platform.records[0].status = ErrorStatus(rawValue: 1 << 30)
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(elr: 0, spsr: 0, esr: 0x9200_0010, far: 0)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(platform.records[0].status.rawValue == 1 << 30)
    #expect(platform.registers[.errselrEL1] == nil)
    #expect(SecureState.securityConfiguration(platform.features) & 1 << 15 == 0)
  }

  @Test func theSavedContextHasTheLayoutOfTheAssembly() {
    #expect(MemoryLayout<LowerContext>.size == 35 * 8)
    #expect(MemoryLayout<LowerContext>.offset(of: \.elr) == 248)
    #expect(MemoryLayout<LowerContext>.offset(of: \.spsr) == 256)
    #expect(MemoryLayout<LowerContext>.offset(of: \.esr) == 264)
    #expect(MemoryLayout<LowerContext>.offset(of: \.far) == 272)
  }
}
