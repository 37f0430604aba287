// PSCI, as a kernel calls it, on a fake platform.

import Arm
import Firmware
import Platform
import Testing

@Suite struct PSCICalls {
  var power = PowerState(
    coreCount: 4, ram: 0x4000_0000..<0x8000_0000, reserved: 0x7fe0_0000..<0x7fe2_0000)
  let features = {
    var features = ProcessorFeatures()
    features.csv2 = true
    return features
  }()

  mutating func call(
    _ function: UInt32, _ x1: UInt64 = 0, _ x2: UInt64 = 0, _ x3: UInt64 = 0, core: Int = 0
  ) -> MonitorCall {
    power.call(core: core, x0: UInt64(function), x1: x1, x2: x2, x3: x3, features: features)
  }

  @Test mutating func versionsAreSMCCC12AndPSCI11() {
    #expect(call(SMCCC.version).result == 0x1_0002)
    #expect(call(PSCI.version).result == 0x1_0001)
  }

  @Test(arguments: [
    0 as UInt32, 0x8000_0002, 0x8000_7fff, 0x8000_3fff, 0x8400_0005, 0x8400_0007, 0x8400_000b,
    0xc400_000c, 0xc400_000d, 0xc400_000e, 0x8400_000f, 0x8400_0013, 0x8400_0050, 0xc500_0020,
    0x8600_ff01, 0xc200_0000, 0xffff_ffff, 0xc400_0000, 0xc400_0008,
  ])
  mutating func unknownFunctionsAnswerNotSupported(_ function: UInt32) {
    #expect(call(function) == MonitorCall(result: -1))
  }

  @Test mutating func upperHalfOfTheFunctionIdentifierIsIgnored() {
    let result = power.call(
      core: 0, x0: 0xdead_beef_0000_0000 | UInt64(PSCI.version), x1: 0, x2: 0, x3: 0,
      features: features)
    #expect(result.result == 0x1_0001)
  }

  @Test mutating func turningACoreOnGoesOffPendingOn() {
    #expect(call(PSCI.affinityInfo64, 2, 0).result == 1)
    let on = call(PSCI.cpuOn64, 2, 0x4020_0000, 0x1234)
    #expect(on.result == 0)
    #expect(on.wokenCore == 2)
    #expect(call(PSCI.affinityInfo64, 2, 0).result == 2)
    #expect(call(PSCI.cpuOn64, 2, 0x4020_0000, 0).result == -5)
    let entry = power.takeEntry(2)
    #expect(entry?.entry == 0x4020_0000)
    #expect(entry?.context == 0x1234)
    #expect(call(PSCI.affinityInfo64, 2, 0).result == 0)
    #expect(call(PSCI.cpuOn64, 2, 0x4020_0000, 0).result == -4)
    #expect(power.takeEntry(2) == nil)
    #expect(call(PSCI.cpuOff, core: 2) == MonitorCall(result: nil, action: .park))
    #expect(call(PSCI.affinityInfo64, 2, 0).result == 1)
    #expect(call(PSCI.cpuOn64, 2, 0x4020_0000, 0).result == 0)
  }

  @Test(arguments: [
    0 as UInt64, 0x3fff_fffc, 0x7fe0_0000, 0x7fe1_fffc, 0x8000_0000, 0x0e00_0000, 0x4020_0002,
    0xffff_ffff_4020_0000, .max,
  ])
  mutating func entryPointsOutsideTheKernelsRAMAreRefused(_ entry: UInt64) {
    let result = call(PSCI.cpuOn64, 1, entry, 0)
    #expect(result.result == -9)
    #expect(result.wokenCore == nil)
    #expect(power.takeEntry(1) == nil)
  }

  @Test(arguments: [4 as UInt64, 0x100, 0x1_0000, 1 << 32, 1 << 24, 1 << 40, .max])
  mutating func coresThatDoNotExistAreInvalid(_ affinity: UInt64) {
    #expect(call(PSCI.cpuOn64, affinity, 0x4020_0000, 0).result == -2)
    #expect(call(PSCI.affinityInfo64, affinity, 0).result == -2)
  }

  @Test mutating func callsOfSMC32SeeTheLowHalvesOfTheirArguments() {
    #expect(call(PSCI.cpuOn32, 0xffff_0000_0000_0001, 0x1_4020_0000, 7).result == 0)
    #expect(power.takeEntry(1)?.entry == 0x4020_0000)
  }

  @Test mutating func affinityLevelsAboveZeroAreOnWhenAnyCoreIs() {
    #expect(call(PSCI.affinityInfo64, 0, 1).result == 0)
    #expect(call(PSCI.affinityInfo64, 3, 3).result == 0)
    #expect(call(PSCI.affinityInfo64, 0x1_0000, 2).result == -2)
    #expect(call(PSCI.affinityInfo64, 0x1_0000, 3).result == 0)
    #expect(call(PSCI.affinityInfo64, 0, 4).result == -2)
    power.turnOff(0)
    #expect(call(PSCI.affinityInfo64, 0, 1).result == 1)
    _ = call(PSCI.cpuOn64, 3, 0x4020_0000)
    #expect(call(PSCI.affinityInfo64, 0, 1).result == 2)
  }

  @Test mutating func theCoreAloneIsSuspended() {
    #expect(call(PSCI.cpuSuspend64, 0) == MonitorCall(result: 0, action: .standby))
    for state in [1, 1 << 16 | 1, 1 << 17, 1 << 24, 3 << 24 | 1 << 16] as [UInt64] {
      #expect(call(PSCI.cpuSuspend64, state, 0x4020_0000).result == -2)
    }
  }

  /// Powered down, it enters where it said; for others it is on all the time.
  @Test mutating func aCoreThatIsPoweredDownKeepsItsEntry() {
    let down: UInt64 = 1 << 16
    for entry in [0x4020_0001, 0x3000_0000, 0x7fe0_1000] as [UInt64] {
      #expect(call(PSCI.cpuSuspend64, down, entry, 1).result == -9)
    }
    let suspended = call(PSCI.cpuSuspend64, down, 0x4020_0000, 0x1_0000_0007)
    #expect(suspended == MonitorCall(result: nil, action: .suspend))
    #expect(power.resumption(0) == (0x4020_0000, 0x1_0000_0007))
    #expect(call(PSCI.affinityInfo64, 0, 0).result == 0)
    #expect(power.takeEntry(0) == nil)
    _ = call(PSCI.cpuSuspend32, down, 0x4020_0000, 0x1_0000_0007)
    #expect(power.resumption(0).context == 7)
  }

  @Test mutating func systemCallsAct() {
    #expect(call(PSCI.systemOff) == MonitorCall(result: nil, action: .powerOff))
    #expect(call(PSCI.systemReset) == MonitorCall(result: nil, action: .reset))
    #expect(call(PSCI.systemReset2SMC64, 0) == MonitorCall(result: nil, action: .reset))
    #expect(call(PSCI.systemReset2SMC64, 0x8000_0000).result == -2)
    #expect(call(PSCI.systemReset2SMC32, 1).result == -2)
    #expect(call(PSCI.migrateInfoType).result == 2)
  }

  @Test mutating func featuresNameWhatIsThere() {
    for function in [
      PSCI.version, PSCI.cpuSuspend32, PSCI.cpuSuspend64, PSCI.cpuOff, PSCI.cpuOn32, PSCI.cpuOn64,
      PSCI.affinityInfo32, PSCI.affinityInfo64, PSCI.migrateInfoType, PSCI.systemOff,
      PSCI.systemReset, PSCI.features, PSCI.systemReset2SMC32, PSCI.systemReset2SMC64,
      SMCCC.version,
    ] {
      #expect(call(PSCI.features, UInt64(function)).result == 0)
    }
    for function in [
      PSCI.migrate32, PSCI.cpuFreeze, PSCI.systemSuspend64, PSCI.setSuspendMode, SMCCC.archFeatures,
      0xdead_0000,
    ] {
      #expect(call(PSCI.features, UInt64(function)).result == -1)
    }
  }

  @Test mutating func workaround1IsNotNeededOnACoreWithCSV2() {
    #expect(call(SMCCC.archFeatures, UInt64(SMCCC.archWorkaround1)).result == 1)
    #expect(call(SMCCC.archFeatures, UInt64(SMCCC.archWorkaround2)).result == -1)
    #expect(call(SMCCC.archFeatures, UInt64(SMCCC.archSocID)).result == -1)
    #expect(call(SMCCC.archWorkaround1).result == 0)
  }
}
