// Delegated exceptions beyond their automaton: interrupts that a client binds, events for other cores, cores that
// are turned off, errors that are told by them, and who may call.

import APEI
import Arm
import Platform
import Testing

@testable import Firmware

@Suite struct DelegationInterrupts {
  var board = DelegationBoard()

  private func bit(_ offset: UInt64, _ interrupt: UInt64) -> UInt64 {
    let word = MemoryMap.gicDistributor + offset + interrupt / 32 * 4
    return board.platform.devices[word, default: 0] >> (interrupt % 32) & 1
  }

  @Test mutating func withoutTheSettingEveryCallIsNotSupported() {
    board.monitor.delegate(DelegatedEvents())
    for identifier in SDEI.identifiers {
      #expect(board.call(identifier: UInt64(identifier), []) == -1)
    }
  }

  @Test(arguments: [0x6000_0005 as UInt64, 0x6000_0000, 0x10])
  mutating func onlyEL2IsAClient(_ state: UInt64) {
    board.context.spsr = state
    for function in SDEI.Function.allCases { #expect(board.call(function) == -1) }
  }

  @Test mutating func callsOfSMC32AndUnknownNumbersAreNotSupported() {
    #expect(board.call(identifier: 0x8400_0020, []) == -1)
    for number in 0x33...0x3f as ClosedRange<UInt64> {
      #expect(board.call(identifier: 0xc400_0000 | number, []) == -1)
    }
    #expect(board.call(identifier: 0xdead_beef_c400_0020, []) == SDEI.version1Dot1)
  }

  @Test(arguments: [0 as UInt64, 1, 2, 0x9001, .max])
  mutating func anEntryThatCannotBeReturnedToIsRefused(_ entry: UInt64) {
    #expect(board.call(.eventRegister, 800, entry, 0, 0, 0) == -2)
    #expect(board.call(.eventStatus, 800) == 0)
  }

  @Test mutating func anInterruptIsBoundTakenAndGivenBack() {
    let interrupt: UInt64 = 78
    #expect(board.call(.interruptBind, interrupt) == 2000)
    #expect(board.call(.interruptBind, interrupt) == 2000, "once")
    let priority = MemoryMap.gicDistributor + 0x400 + interrupt
    board.platform.devices[priority] = 0xa0
    #expect(board.call(.eventRegister, 2000, 0x9000, 7, 1, 1) == 0)
    #expect(bit(0x80, interrupt) == 0, "Group 0")
    #expect(board.platform.devices[priority] == 0)
    #expect(board.platform.devices[MemoryMap.gicDistributor + 0x6000 + 8 * interrupt] == 1)
    #expect(board.call(.eventRoutingSet, 2000, 0, 0) == 0)
    #expect(
      board.platform.devices[MemoryMap.gicDistributor + 0x6000 + 8 * interrupt] == 1 << 31)
    #expect(board.call(.eventEnable, 2000) == 0)
    #expect(bit(0x100, interrupt) == 1)
    board.call(.peUnmask)
    board.platform.devices[MemoryMap.gicDistributor + 0x188] = 0
    board.interrupt(interrupt)
    #expect(board.context.elr == 0x9000 && board.context.x[0] == 2000 && board.context.x[1] == 7)
    #expect(bit(0x180, interrupt) == 1, "disabled until its device is still")
    board.platform.devices[MemoryMap.gicDistributor + 0x108] = 0
    board.call(.eventComplete)
    #expect(board.context.elr == 0x1000)
    #expect(bit(0x100, interrupt) == 1, "and enabled again")
    #expect(board.call(.interruptRelease, 2000) == -3, "it is registered")
    #expect(board.call(.eventUnregister, 2000) == 0)
    #expect(bit(0x80, interrupt) == 1 && board.platform.devices[priority] == 0xa0)
    #expect(board.call(.interruptRelease, 2000) == 0)
    #expect(board.call(.eventRegister, 2000, 0x9000, 7, 0, 0) == -3, "it is not bound")
  }

  @Test mutating func threeOfEachTypeCanBeBound() {
    for (first, event) in [(20 as UInt64, 1000 as Int64), (60, 2000)] {
      for index in 0..<3 as Range<UInt64> {
        #expect(board.call(.interruptBind, first + index) == event + Int64(index))
      }
      #expect(board.call(.interruptBind, first + 3) == -10)
    }
    #expect(board.call(.sharedReset) == 0)
    #expect(board.call(.interruptBind, 23) == 1000)
  }

  @Test mutating func whatIsSecureOrNoInterruptIsNotBound() {
    board.platform.devices[MemoryMap.gicDistributor + 0x84] = 0xffff_ffff & ~(1 << 10)
    #expect(board.call(.interruptBind, 42) == -3)
    for number in [0, 15, 128, 1020, 8192, 0xffff_ffff] as [UInt64] {
      #expect(board.call(.interruptBind, number) == -2)
    }
  }

  @Test mutating func aPrivateInterruptIsTheCores() {
    #expect(board.call(.interruptBind, 20) == 1000)
    #expect(board.call(.eventRegister, 1000, 0x9000, 0, 0, 0, core: 1) == 0)
    #expect(
      board.platform.devices[DelegationBoard.redistributor(1, 0x80)] == 0xffff_ffff & ~(1 << 20))
    #expect(board.platform.devices[DelegationBoard.redistributor(0, 0x80)] == 0xffff_ffff)
    #expect(board.call(.eventStatus, 1000) == 0)
    #expect(board.call(.eventStatus, 1000, core: 1) == 1)
    #expect(board.call(.interruptRelease, 1000) == -3)
  }

  @Test mutating func aCoreThatIsMaskedLeavesASharedEventToAnother() {
    board.monitor.power.states[1] = .on
    board.call(.eventRegister, 800, 0x9000, 0, 0, 0)
    board.call(.eventEnable, 800)
    board.call(.peUnmask, core: 1)
    board.monitor.delegation.raise(.errors, core: 0)
    board.interrupt(1023)
    #expect(board.isTold(1))
    #expect(board.context.elr == 0x1000)
    board.interrupt(14, core: 1)
    #expect(board.context.elr == 0x9000)
    #expect(board.call(.eventStatus, 800) == 7)
  }

  @Test mutating func anEventGoesToTheCoreThatItIsRoutedTo() {
    board.monitor.power.states[1] = .on
    board.call(.peUnmask)
    board.call(.peUnmask, core: 1)
    board.call(.eventRegister, 800, 0x9000, 0, 1, 1)
    board.call(.eventEnable, 800)
    board.monitor.delegation.raise(.errors, core: 0)
    board.interrupt(1023)
    #expect(board.isTold(1) && board.context.elr == 0x1000)
  }

  @Test mutating func aCoreSignalsAnother() {
    board.monitor.power.states[1] = .on
    #expect(board.call(.eventSignal, 0, 1) == -2, "nobody listens")
    board.call(.eventRegister, 0, 0x9000, 5, 0, 0, core: 1)
    board.call(.eventEnable, 0, core: 1)
    #expect(board.call(.eventSignal, 0, 1) == -2, "it is masked")
    board.call(.peUnmask, core: 1)
    for target in [2, 8, 1 << 32, .max] as [UInt64] {
      #expect(board.call(.eventSignal, 0, target) == -2)
    }
    #expect(board.call(.eventSignal, 0, 1) == 0)
    #expect(board.isTold(1))
    board.interrupt(14, core: 1)
    #expect(board.context.elr == 0x9000 && board.context.x[1] == 5)
    #expect(board.call(.eventContext, 0, core: 1) == 0)
    #expect(board.call(.eventContext, 0) == -3, "not of another core")
  }

  @Test(arguments: [0, 0x8000_0000, 0x8100_0000] as [UInt64])
  mutating func anAffinityMayBeAllOfMPIDR(_ others: UInt64) {
    board.monitor.power.states[1] = .on
    board.call(.interruptBind, 78)
    #expect(board.call(.eventRegister, 2000, 0x9000, 0, 1, others | 1) == 0)
    #expect(board.platform.devices[MemoryMap.gicDistributor + 0x6000 + 8 * 78] == 1)
    #expect(board.call(.eventRegister, 0, 0x9000, 5, 1, others | 1, core: 1) == 0)
    board.call(.eventEnable, 0, core: 1)
    board.call(.peUnmask, core: 1)
    #expect(board.call(.eventSignal, 0, others | 2) == -2)
    #expect(board.call(.eventSignal, 0, others | 1) == 0)
  }

  @Test mutating func aCoreThatIsTurnedOffHearsNothingMore() {
    board.monitor.power.states[1] = .on
    board.call(.interruptBind, 20)
    board.call(.eventRegister, 1000, 0x9000, 0, 0, 0, core: 1)
    board.call(.eventRegister, 800, 0x9000, 0, 0, 0, core: 1)
    board.call(.eventEnable, 800, core: 1)
    board.call(.peUnmask, core: 1)
    board.monitor.delegation.raise(.errors, core: 1)
    board.interrupt(1023, core: 1)
    #expect(board.call(.eventStatus, 800) == 7)
    board.context.x[0] = UInt64(PSCI.cpuOff)
    board.context.esr = Syndrome(.smc, iss: 0).rawValue
    #expect(board.monitor.handle(slot: 8, core: 1, context: &board.context) == .park)
    #expect(board.call(.eventStatus, 800) == 3, "the handler is gone")
    #expect(board.call(.eventStatus, 1000, core: 1) == 0)
    #expect(board.platform.devices[DelegationBoard.redistributor(1, 0x80)] == 0xffff_ffff)
    #expect(board.monitor.delegation[target: 1].isMasked)
  }

  /// A bound interrupt that any core may take is given to one that is off: another enters the handler.
  @Test mutating func whatACoreThatIsOffTakesIsAnothers() {
    board.monitor.power.states[1] = .on
    board.call(.interruptBind, 78)
    #expect(board.call(.eventRegister, 2000, 0x9000, 7, 0, 0, core: 1) == 0)
    #expect(board.call(.eventEnable, 2000, core: 1) == 0)
    board.call(.peUnmask, core: 1)
    board.monitor.power.states[0] = .off
    // What else is pending is not taken: it may be the word that wakes the core.
    board.platform.registers[.iccHPPIR0EL1] = 15
    board.platform.registers[.iccIAR0EL1] = 15
    board.platform.registers[.iccEOIR0EL1] = nil
    #expect(board.monitor.tendParked(0) == .resume)
    #expect(board.platform.registers[.iccEOIR0EL1] == nil)
    board.platform.registers[.iccHPPIR0EL1] = 78
    board.platform.registers[.iccIAR0EL1] = 78
    board.platform.registers[.iccSGI0REL1] = nil
    #expect(board.monitor.tendParked(0) == .resume)
    #expect(board.platform.registers[.iccEOIR0EL1] == 78)
    #expect(board.platform.registers[.iccSGI0REL1] != nil, "the other core is told")
    board.platform.registers[.iccHPPIR0EL1] = 1023
    board.interrupt(15, core: 1)
    #expect(board.context.elr == 0x9000 && board.context.x[0] == 2000 && board.context.x[1] == 7)
  }

  @Test mutating func aCoreThatWouldWaitEntersTheHandlerFirst() {
    board.listen(800)
    board.monitor.delegation.raise(.errors, core: 0)
    board.context.x[0] = UInt64(PSCI.cpuSuspend64)
    board.context.x[1] = 0
    board.context.esr = Syndrome(.smc, iss: 0).rawValue
    #expect(board.monitor.handle(slot: 8, core: 0, context: &board.context) == .resume)
    #expect(board.context.elr == 0x9000)
  }
}
