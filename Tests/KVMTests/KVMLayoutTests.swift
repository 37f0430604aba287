// Against numbers that the kernel's headers gave when compiled (linux 6.1 and 7.2, arm64).

import Arm
import KVM
import Testing

@Suite struct KVMLayoutTests {
  @Test func registerIDsAreTheKernels() {
    #expect(OneRegister.x(0).id == 0x6030_0000_0010_0000)
    #expect(OneRegister.x(30).id == 0x6030_0000_0010_003C)
    #expect(OneRegister.spEL0.id == 0x6030_0000_0010_003E)
    #expect(OneRegister.pc.id == 0x6030_0000_0010_0040)
    #expect(OneRegister.pstate.id == 0x6030_0000_0010_0042)
    #expect(OneRegister.spEL1.id == 0x6030_0000_0010_0044)
    #expect(OneRegister.elrEL1.id == 0x6030_0000_0010_0046)
    #expect(OneRegister.spsrEL1.id == 0x6030_0000_0010_0048)
    #expect(OneRegister.bankedSPSR(3).id == 0x6030_0000_0010_0050)
    #expect(OneRegister.v(1).id == 0x6040_0000_0010_0058)
    #expect(OneRegister.fpsr.id == 0x6020_0000_0010_00D4)
    #expect(OneRegister.fpcr.id == 0x6020_0000_0010_00D5)
    #expect(OneRegister.system(.esrEL1).id == 0x6030_0000_0013_C290)
    #expect(OneRegister.system(.farEL1).id == 0x6030_0000_0013_C300)
    #expect(OneRegister.system(.vbarEL1).id == 0x6030_0000_0013_C600)
    #expect(OneRegister.system(.disrEL1).id == 0x6030_0000_0013_C609)
    #expect(OneRegister.system(.mpidrEL1).id == 0x6030_0000_0013_C005)
    #expect(OneRegister.x(3).byteCount == 8)
    #expect(OneRegister.v(3).byteCount == 16)
    #expect(OneRegister.v(3).space == .core)
    #expect(OneRegister.timerCompare.space == .system)
    #expect(OneRegister.timerControl.id == 0x6030_0000_0013_DF19)
    #expect(OneRegister.timerCompare.id == 0x6030_0000_0013_DF02)
    #expect(OneRegister.timerCount.id == 0x6030_0000_0013_DF1A)
    #expect(OneRegister(id: 0).space == nil)
  }

  @Test func requestsCarryTheSizeOfTheirStructure() {
    #expect(KVMRequest.setUserMemoryRegion.argumentSize == KVMMemoryRegionLayout.size)
    #expect(KVMRequest.armVCPUInit.argumentSize == KVMVCPUInitLayout.size)
    #expect(KVMRequest.armPreferredTarget.argumentSize == KVMVCPUInitLayout.size)
    #expect(KVMRequest.getOneRegister.argumentSize == KVMOneRegisterLayout.size)
    #expect(KVMRequest.createDevice.argumentSize == KVMCreateDeviceLayout.size)
    #expect(KVMRequest.setDeviceAttribute.argumentSize == KVMDeviceAttributeLayout.size)
    #expect(KVMRequest.irqLine.argumentSize == KVMIRQLevelLayout.size)
    #expect(KVMRequest.enableCapability.argumentSize == KVMEnableCapabilityLayout.size)
    #expect(KVMRequest.setVCPUEvents.argumentSize == KVMVCPUEventsLayout.size)
    #expect(KVMRequest.getVCPUEvents.isWritten && !KVMRequest.getVCPUEvents.isRead)
    #expect(KVMRequest.createDevice.isWritten && KVMRequest.createDevice.isRead)
    #expect(KVMRequest.run.argumentSize == 0)
    for request in KVMRequest.allCases { #expect(request.rawValue >> 8 & 0xFF == 0xAE) }
  }

  @Test func interruptLinesNameTypeCoreAndNumber() {
    #expect(KVMInterruptLine.spi(33).rawValue == 0x0100_0021)
    let line = KVMInterruptLine.ppi(27, vcpu: 0x305)
    #expect(line.type == 2 && line.vcpu == 0x305 && line.number == 27)
    #expect(KVMInterruptLine.spi(40).type == 1)
  }

  @Test func aSignalFrameIsSignalInformationThenContext() {
    #expect(SignalContextLayout.registers + 31 * 8 == SignalContextLayout.sp)
    #expect(SignalContextLayout.reserved % 16 == 0)
    #expect(SignalContextLayout.reserved + 4096 == SignalContextLayout.size)
    #expect(SignalFrameLayout.size == 4688)
    #expect(Signal.bus.bit == 0x40)
    #expect(LinuxError.noMemory.result == UInt64(bitPattern: -12))
  }
}
