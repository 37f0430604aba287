// Register structs: no two fields of a register share a bit, and a field is where it is written.

import Arm
import Testing

@Suite struct RegisterFieldTests {
  static let registers: [(StaticString, [Field])] = [
    ("Syndrome", Syndrome.fields), ("DeferredError", DeferredError.fields),
    ("ProcessState", ProcessState.fields), ("SystemControl", SystemControl.fields),
    ("HypervisorConfiguration", HypervisorConfiguration.fields),
    ("SecureConfiguration", SecureConfiguration.fields),
    ("SMCCC.Function", SMCCC.Function.fields),
    ("MonitorDebugSystemControl", MonitorDebugSystemControl.fields),
    ("MonitorDCCInterruptEnable", MonitorDCCInterruptEnable.fields),
    ("MonitorDebugConfiguration", MonitorDebugConfiguration.fields),
    ("BreakpointControl", BreakpointControl.fields),
    ("WatchpointControl", WatchpointControl.fields),
    ("OSLockStatus", OSLockStatus.fields),
    ("PerformanceMonitorsControl", PerformanceMonitorsControl.fields),
    ("FeatureAccessControl", FeatureAccessControl.fields),
    ("FeatureTrap", FeatureTrap.fields),
    ("SVEControl", SVEControl.fields), ("SMEControl", SMEControl.fields),
    ("FloatingPointControl", FloatingPointControl.fields),
    ("FloatingPointStatus", FloatingPointStatus.fields),
    ("InterruptIdentifier", InterruptIdentifier.fields),
    ("CPUInterfaceControl", CPUInterfaceControl.fields),
    ("CPUInterfaceControlEL3", CPUInterfaceControlEL3.fields),
    ("SystemRegisterEnable", SystemRegisterEnable.fields),
    ("GroupEnableEL3", GroupEnableEL3.fields),
    ("SoftwareGeneratedInterrupt", SoftwareGeneratedInterrupt.fields),
    ("DistributorControl", DistributorControl.fields),
    ("DistributorType", DistributorType.fields),
    ("RedistributorControl", RedistributorControl.fields),
    ("RedistributorType", RedistributorType.fields),
    ("RedistributorWaker", RedistributorWaker.fields),
    ("InterruptRoute", InterruptRoute.fields),
    ("InterruptControllerHypervisorControl", InterruptControllerHypervisorControl.fields),
    ("InterruptControllerVirtualMachineControl", InterruptControllerVirtualMachineControl.fields),
    ("InterruptControllerVGICType", InterruptControllerVGICType.fields),
    ("MaintenanceStatus", MaintenanceStatus.fields),
    ("ListRegister", ListRegister.fields),
    ("TimerControl", TimerControl.fields),
    ("CounterKernelControl", CounterKernelControl.fields),
    ("CounterHypervisorControl", CounterHypervisorControl.fields),
    ("ProcessorFeature0", ProcessorFeature0.fields),
    ("ProcessorFeature1", ProcessorFeature1.fields),
    ("DebugFeature0", DebugFeature0.fields),
    ("InstructionSetAttribute0", InstructionSetAttribute0.fields),
    ("InstructionSetAttribute1", InstructionSetAttribute1.fields),
    ("MemoryModelFeature0", MemoryModelFeature0.fields),
    ("MemoryModelFeature1", MemoryModelFeature1.fields),
    ("MemoryModelFeature2", MemoryModelFeature2.fields),
    ("MainIdentification", MainIdentification.fields),
    ("MultiprocessorAffinity", MultiprocessorAffinity.fields),
    ("CacheType", CacheType.fields),
    ("ZeroBlockIdentification", ZeroBlockIdentification.fields),
    ("CacheLevels", CacheLevels.fields),
    ("TranslationControl", TranslationControl.fields),
    ("SingleRangeTranslationControl", SingleRangeTranslationControl.fields),
    ("VirtualizationTranslationControl", VirtualizationTranslationControl.fields),
    ("TableBase", TableBase.fields),
    ("InvalidationOperand", InvalidationOperand.fields),
    ("HypervisorFaultAddress", HypervisorFaultAddress.fields),
  ]

  @Test func noTwoFieldsOfARegisterOverlap() {
    for (name, fields) in Self.registers {
      var seen: UInt64 = 0
      for field in fields {
        #expect(seen & field.mask == 0, "\(name).\(field.name)")
        seen |= field.mask
      }
    }
  }

  @Test func aFieldReadsAndWritesItsOwnBitsOnly() {
    for (name, fields) in Self.registers {
      for field in fields {
        var register = Syndrome(rawValue: 0)
        register[field] = .max
        #expect(register.rawValue == field.mask, "\(name).\(field.name)")
        register.rawValue = ~field.mask
        #expect(register[field] == 0)
      }
    }
  }

  @Test func aSyndromeIsComposedAsTheManualLaysItOut() {
    #expect(Syndrome.dataAbort(.externalAbort, isWrite: true).rawValue == 0x9200_0050)
    #expect(
      Syndrome.dataAbort(.externalAbortOnWalk(level: 2), isWrite: false, isStage1Walk: true)
        .rawValue == 0x9200_0096)
    #expect(
      Syndrome.instructionAbort(.externalAbort).taken(fromSameLevel: true).rawValue == 0x8600_0010)
    #expect(Syndrome.serror(.recoverable).rawValue == 0xBE00_0C11)
    #expect(Syndrome.serror(.recoverable).taken(fromSameLevel: true).rawValue == 0xBE00_0C11)
    #expect(Syndrome.virtualSError(vsesr: 1 << 24).rawValue == 0xBF00_0000)
    #expect(Syndrome.call(.svc, immediate: 0x1234).rawValue == 0x5600_1234)
    #expect(Syndrome.floatingPointAccess.rawValue == 0x1FE0_0000)
    #expect(Syndrome.waitFor(ti: 1).rawValue == 0x07E0_0001)
    // MRS X5, TTBR0_EL1 (S3_0_C2_C0_0).
    let encoding = SystemRegisterEncoding(3, 0, 2, 0, 0)
    let trapped = Syndrome.systemRegister(encoding, rt: 5, isRead: true)
    #expect(trapped.rawValue == 0x6230_08A1)
    #expect(trapped.systemRegisterEncoding == encoding)
  }

  @Test func anESBDefersArchitectedSyndromesWithoutIESBAndOthersWhole() {
    #expect(
      DeferredError(deferring: Syndrome.serror(.corrected, isImplicitBarrier: true)).rawValue
        == 0x8000_1811)
    #expect(
      DeferredError(deferring: Syndrome.virtualSError(vsesr: 0x1AB_CDEF)).rawValue == 0x81AB_CDEF)
    #expect(DeferredError(deferringVirtual: 0xFEAB_CDEF).rawValue == 0x80AB_CDEF)
  }
}
