// The routing rules against tables typed in from the manual, every combination.

import Arm
import Testing

@Suite struct ExternalAbortRoutingTests {
  typealias SCR = SecureConfiguration
  typealias HCR = HypervisorConfiguration

  static func hcr(tge: Bool = false, e2h: Bool = false, amo: Bool = false, tea: Bool = false) -> HCR
  {
    HCR(rawValue: 0).with(HCR.tge, tge ? 1 : 0).with(HCR.e2h, e2h ? 1 : 0)
      .with(HCR.amo, amo ? 1 : 0).with(HCR.tea, tea ? 1 : 0)
  }

  @Test func effectiveEASendsEveryAbortToEL3() {
    let scr = SCR(rawValue: 0b1001)
    for origin in ExceptionLevel.allCases {
      for stage2 in [false, true] {
        #expect(
          ExternalAbortRouting.synchronousTarget(
            from: origin, scr: scr, hcr: Self.hcr(tea: true), isStage2: stage2) == .el3)
      }
    }
  }

  // (origin, TGE, TEA, stage 2) -> target, Non-secure, EA = 0.
  @Test(arguments: [
    (ExceptionLevel.el0, false, false, false, ExceptionLevel.el1),
    (.el0, false, false, true, .el2), (.el0, false, true, false, .el2),
    (.el0, false, true, true, .el2), (.el0, true, false, false, .el2),
    (.el0, true, false, true, .el2), (.el0, true, true, false, .el2),
    (.el0, true, true, true, .el2),
    (.el1, false, false, false, .el1), (.el1, false, false, true, .el2),
    (.el1, false, true, false, .el2), (.el1, false, true, true, .el2),
    (.el2, false, false, false, .el2), (.el2, false, true, false, .el2),
    (.el2, true, false, false, .el2), (.el2, true, true, true, .el2),
    (.el3, true, true, true, .el3), (.el3, false, false, false, .el3),
  ])
  func synchronousTargetsAsTheManualSays(
    origin: ExceptionLevel, tge: Bool, tea: Bool, stage2: Bool, target: ExceptionLevel
  ) {
    for e2h in [false, true] {
      #expect(
        ExternalAbortRouting.synchronousTarget(
          from: origin, scr: SCR(rawValue: 1), hcr: Self.hcr(tge: tge, e2h: e2h, tea: tea),
          isStage2: stage2) == target)
    }
  }

  @Test func secureStateHasNoEL2ToGoTo() {
    for origin in [ExceptionLevel.el0, .el1] {
      #expect(
        ExternalAbortRouting.synchronousTarget(
          from: origin, scr: SCR(rawValue: 0), hcr: Self.hcr(tge: true, tea: true), isStage2: true)
          == .el1)
      #expect(
        ExternalAbortRouting.errorTarget(
          at: origin, isMaskSet: false, scr: SCR(rawValue: 0), hcr: Self.hcr(tge: true, amo: true))
          == .init(target: .el1, isMasked: false))
    }
  }

  @Test func aPhysicalSErrorToEL3IsMaskedOnlyAtEL3AndNotWithNMEA() {
    let ea = SCR(rawValue: 0b1001)
    for origin in ExceptionLevel.allCases {
      for mask in [false, true] {
        #expect(
          ExternalAbortRouting.errorTarget(
            at: origin, isMaskSet: mask, scr: ea, hcr: Self.hcr(amo: true))
            == .init(target: .el3, isMasked: origin == .el3 && mask))
        #expect(
          ExternalAbortRouting.errorTarget(
            at: origin, isMaskSet: mask, scr: ea.with(SCR.nmea, 1), hcr: Self.hcr())
            == .init(target: .el3, isMasked: false))
      }
    }
  }

  // (level, TGE, E2H, AMO) -> target, and whether A = 1 and A = 0 mask it; Non-secure, EA = 0.
  @Test(arguments: [
    (ExceptionLevel.el0, false, false, false, ExceptionLevel.el1, true, false),
    (.el0, false, false, true, .el2, false, false), (.el0, true, false, false, .el2, false, false),
    (.el0, true, true, false, .el2, true, false), (.el0, true, true, true, .el2, true, false),
    (.el0, false, true, false, .el1, true, false), (.el0, false, true, true, .el2, false, false),
    (.el1, false, false, false, .el1, true, false), (.el1, false, true, true, .el2, false, false),
    (.el2, false, false, false, .el1, true, true), (.el2, false, false, true, .el2, true, false),
    (.el2, true, false, false, .el2, true, false), (.el2, true, true, false, .el2, true, false),
    (.el2, false, true, false, .el1, true, true), (.el3, false, false, true, .el2, true, true),
    (.el3, true, true, false, .el2, true, true), (.el3, false, false, false, .el1, true, true),
  ])
  func physicalSErrorTargetsAsTheManualSays(
    level: ExceptionLevel, tge: Bool, e2h: Bool, amo: Bool, target: ExceptionLevel,
    maskedWithA: Bool, maskedWithoutA: Bool
  ) {
    let hcr = Self.hcr(tge: tge, e2h: e2h, amo: amo)
    for (mask, masked) in [(true, maskedWithA), (false, maskedWithoutA)] {
      #expect(
        ExternalAbortRouting.errorTarget(
          at: level, isMaskSet: mask, scr: SCR(rawValue: 1), hcr: hcr)
          == .init(target: target, isMasked: masked))
    }
  }

  @Test func aForgedAbortGoesWhereTheHardwareWouldHaveSentIt() {
    for origin in [ExceptionLevel.el0, .el1, .el2] {
      for bits in 0..<32 {
        let hcr = Self.hcr(
          tge: bits & 1 != 0, e2h: bits & 2 != 0, amo: bits & 4 != 0, tea: bits & 8 != 0)
        let stage2 = bits & 16 != 0
        #expect(
          ExternalAbortRouting.synchronousTargetBelowEL3(
            from: origin, isEL2Enabled: true, hcr: hcr, isStage2: stage2)
            == ExternalAbortRouting.synchronousTarget(
              from: origin, scr: SCR(rawValue: 1), hcr: hcr, isStage2: stage2))
      }
    }
  }
}

@Suite struct ExceptionEntryTests {
  @Test func entryMasksEverythingSelectsTheOwnStackAndKeepsFlagsAndPAN() {
    var origin = ProcessState(rawValue: 0xA000_0000)
    origin[ProcessState.ss] = 1
    origin[ProcessState.il] = 1
    origin[ProcessState.uao] = 1
    let entered = ExceptionEntry.processState(
      from: origin, to: .el1, sctlr: SystemControl(rawValue: SystemControl.span.mask),
      hcr: HypervisorConfiguration(rawValue: 0))
    #expect(entered.rawValue == 0xA000_03C5)
  }

  @Test func panIsSetByAClearSPANAtEL1AndAtTheEL2OfAHostOnly() {
    let host = HypervisorConfiguration(rawValue: 1 << 34 | 1 << 27)
    let guest = HypervisorConfiguration(rawValue: 1 << 34)
    let expected: [(ExceptionLevel, HypervisorConfiguration, UInt64)] = [
      (.el1, guest, 1), (.el1, host, 1), (.el2, host, 1), (.el2, guest, 0), (.el3, host, 0),
    ]
    for (target, hcr, pan) in expected {
      let entered = ExceptionEntry.processState(
        from: ProcessState(rawValue: 0), to: target, sctlr: SystemControl(rawValue: 0), hcr: hcr)
      #expect(entered[ProcessState.pan] == pan)
      let kept = ExceptionEntry.processState(
        from: ProcessState(rawValue: ProcessState.pan.mask), to: target,
        sctlr: SystemControl(rawValue: SystemControl.span.mask), hcr: hcr)
      #expect(kept[ProcessState.pan] == 1)
    }
  }

  @Test func ssbsComesFromDSSBS() {
    let entered = ExceptionEntry.processState(
      from: ProcessState(rawValue: 0), to: .el2,
      sctlr: SystemControl(rawValue: SystemControl.dssbs.mask),
      hcr: HypervisorConfiguration(rawValue: 0))
    #expect(entered.rawValue == 0x13C9)
  }

  @Test func vectorOffsetsAreTheManualsTable() {
    let el1t = ProcessState(level: .el1, usesOwnStack: false)
    let el1h = ProcessState(level: .el1)
    let el0 = ProcessState(level: .el0)
    #expect(VectorTable.offset(.synchronous, from: el1t, to: .el1) == 0x000)
    #expect(VectorTable.offset(.irq, from: el1h, to: .el1) == 0x280)
    #expect(VectorTable.offset(.fiq, from: el0, to: .el1) == 0x500)
    #expect(VectorTable.offset(.serror, from: el1h, to: .el3) == 0x580)
    #expect(VectorTable.offset(.synchronous, from: el0, to: .el2) == 0x400)
    let ease = SecureConfiguration(rawValue: SecureConfiguration.ease.mask)
    #expect(VectorTable.externalAbortEntry(to: .el3, scr: ease) == .serror)
    #expect(VectorTable.externalAbortEntry(to: .el2, scr: ease) == .synchronous)
  }

  /// From AArch32 state: by the state of the level below the target. Arm ARM D1.4.1.6.
  @Test func theVectorOfAnAArch32OriginIsByTheLevelBelowTheTarget() {
    let user = ProcessState(rawValue: 0x10)
    let supervisor = ProcessState(rawValue: 0x13)
    let wide = HypervisorConfiguration(rawValue: 1 << 31)
    let narrow = HypervisorConfiguration(rawValue: 0)
    let host = HypervisorConfiguration(rawValue: 1 << 34 | 1 << 31 | 1 << 27)
    #expect(VectorTable.offset(.synchronous, from: user, to: .el1) == 0x600)
    #expect(VectorTable.offset(.serror, from: user, to: .el1, hcr: wide) == 0x780)
    #expect(VectorTable.offset(.synchronous, from: user, to: .el2, hcr: wide) == 0x400)
    #expect(VectorTable.offset(.synchronous, from: user, to: .el2, hcr: host) == 0x600)
    #expect(VectorTable.offset(.irq, from: supervisor, to: .el2, hcr: narrow) == 0x680)
  }
}
