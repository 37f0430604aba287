// Every combination of what decides a forged exception, against an oracle written from the tables of
// the Arm ARM (D20.4.4 routing, D1.4.1.6 vectors, D1.4.2 PSTATE), without the code under test.

import Arm
import Firmware
import Testing

@Suite struct ForgingTests {
  /// One combination.
  struct Setting {
    var level: UInt64
    var spSelected: UInt64
    var tea: Bool
    var tge: Bool
    var e2h: Bool
    var amo: Bool
    var pan: Bool
    var span: Bool
    var dssbs: Bool
    var masked: Bool
    var flags: UInt64

    var hcr: UInt64 {
      1 << 31 | (tea ? 1 << 37 : 0) | (tge ? 1 << 27 : 0) | (e2h ? 1 << 34 : 0)
        | (amo ? 1 << 5 : 0)
    }
    var spsr: UInt64 {
      flags << 28 | (pan ? 1 << 22 : 0) | 1 << 23 | 1 << 21 | 1 << 12 | (masked ? 1 << 8 : 0)
        | level << 2 | spSelected
    }
    var sctlr: UInt64 { (span ? 1 << 23 : 0) | (dssbs ? 1 << 44 : 0) }
  }

  static func allSettings() -> [Setting] {
    var all: [Setting] = []
    for bits in 0..<1024 {
      func bit(_ index: Int) -> Bool { bits >> index & 1 != 0 }
      for origin in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)] as [(UInt64, UInt64)] {
        all.append(
          Setting(
            level: origin.0, spSelected: origin.1, tea: bit(0), tge: bit(1), e2h: bit(2),
            amo: bit(3), pan: bit(4), span: bit(5), dssbs: bit(6), masked: bit(7),
            flags: bit(8) ? 0b1010 : 0b0101))
      }
    }
    return all
  }

  func context(_ setting: Setting, esr: UInt64) -> ForgingContext {
    var features = ProcessorFeatures()
    features.ras = true
    features.pan = true
    features.ssbs = true
    features.vhe = true
    return ForgingContext(
      origin: ProcessState(rawValue: setting.spsr), syndrome: Syndrome(rawValue: esr),
      faultAddress: 0xffff_0000_1234_5678, returnAddress: 0x0040_1000,
      hcr: HypervisorConfiguration(rawValue: setting.hcr),
      scr: SecureConfiguration(rawValue: SecureState.securityConfiguration(features)),
      sctlrEL1: SystemControl(rawValue: setting.sctlr),
      sctlrEL2: SystemControl(rawValue: setting.sctlr), vbarEL1: 0xffff_8000_0801_0800,
      vbarEL2: 0xffff_8000_0900_0000, features: features)
  }

  func expectedState(_ setting: Setting, target: UInt64) -> UInt64 {
    var state = setting.flags << 28 | 0xf << 6 | target << 2 | 1
    let setsPAN = !setting.span && (target == 1 || setting.e2h && setting.tge)
    if setting.pan || setsPAN { state |= 1 << 22 }
    if setting.dssbs { state |= 1 << 12 }
    return state
  }

  func expectedOffset(_ setting: Setting, target: UInt64) -> UInt64 {
    setting.level < target ? 0x400 : setting.spSelected == 1 ? 0x200 : 0
  }

  @Test(arguments: [
    // ESR_EL3, as an abort from a lower level: data 0x10 UER, data with SET = UEO and WnR, on a
    // stage 1 walk, instruction, FnV.
    0x9200_0010 as UInt64, 0x9200_1850, 0x9200_0017, 0x8200_0010, 0x9200_0410,
  ])
  func synchronousAbortsGoWhereTheHardwareTakesThem(_ esr: UInt64) {
    for setting in Self.allSettings() {
      let toEL2 =
        setting.level == 2 || setting.tea || (setting.level == 0 && setting.tge)
      let target: UInt64 = toEL2 ? 2 : 1
      let forged = ForgedException(synchronousAbort: context(setting, esr: esr))
      let base: UInt64 = target == 2 ? 0xffff_8000_0900_0000 : 0xffff_8000_0801_0800
      let wanted = ForgedException.fields(
        target: target, esr: esr | (setting.level == target ? 1 << 26 : 0),
        far: esr == 0x9200_0410 ? nil : 0xffff_0000_1234_5678, elr: 0x0040_1000,
        spsr: setting.spsr, state: expectedState(setting, target: target),
        vector: base + expectedOffset(setting, target: target))
      guard forged.fields == wanted else {
        Issue.record("\(setting): \(forged.fields) instead of \(wanted)")
        return
      }
    }
  }

  @Test func stage1WalkStoppedByStage2GoesToEL2() {
    for setting in Self.allSettings() where setting.level < 2 {
      let forged = ForgedException(synchronousAbort: context(setting, esr: 0x9200_0097))
      #expect(forged.target == .el2)
    }
  }

  @Test func undefinedGoesToTheLevelAboveTheApplication() {
    for setting in Self.allSettings() {
      let target: UInt64 = setting.level == 2 || (setting.level == 0 && setting.tge) ? 2 : 1
      let forged = ForgedException(undefined: context(setting, esr: 0x6200_0000))
      #expect(UInt64(forged.target.rawValue) == target)
      #expect(forged.syndrome.rawValue == 0x0200_0000)
      #expect(forged.vector & 0x7ff == expectedOffset(setting, target: target))
    }
  }

  /// Through the monitor: an SError with AET = UER, which is never just dropped.
  @Test func serrorsAreForgedExactlyWhereTheyAreNotMasked() {
    let platform = FakePlatform()
    for setting in Self.allSettings() {
      let amo = setting.amo || setting.tge
      // Where it goes with EA = 0, and whether PSTATE.A of the origin holds it back.
      let target: UInt64 = setting.level == 2 || amo ? 2 : 1
      let isHost = setting.e2h && setting.tge
      let masked: Bool =
        if setting.level == 2 {
          setting.masked || !amo
        } else if target == 2 {
          setting.masked && isHost
        } else {
          setting.masked
        }
      platform.registers[.hcrEL2] = setting.hcr
      platform.registers[.sctlrEL1] = setting.sctlr
      platform.registers[.sctlrEL2] = setting.sctlr
      platform.registers[.vbarEL1] = 0x1000
      platform.registers[.vbarEL2] = 0x2000
      var monitor = Monitor.forTests(platform)
      var context = LowerContext(elr: 0x500, spsr: setting.spsr, esr: 0xbe00_2c11, far: 0)
      let action = monitor.handle(slot: 11, core: 0, context: &context)
      if masked {
        #expect(action == .reset)
        continue
      }
      #expect(action == .resume)
      #expect(context.elr == target * 0x1000 + expectedOffset(setting, target: target) + 0x180)
      #expect(context.spsr == expectedState(setting, target: target))
      let isEL2 = target == 2
      #expect(platform.registers[isEL2 ? .esrEL2 : .esrEL1] == 0xbe00_0c11)
      #expect(platform.registers[isEL2 ? .elrEL2 : .elrEL1] == 0x500)
      #expect(platform.registers[isEL2 ? .spsrEL2 : .spsrEL1] == setting.spsr)
    }
  }

  @Test func anAArch32ApplicationEntersTheUpperGroup() {
    var setting = Self.allSettings()[0]
    setting.tea = false
    var context = context(setting, esr: 0x9200_0010)
    context.origin.rawValue = 0x10  // User mode
    #expect(ForgedException(synchronousAbort: context).vector & 0x7ff == 0x600)
    // Taken to EL2 over an AArch64 EL1, the level below is AArch64; for a host's own process not.
    context.hcr[HypervisorConfiguration.tea] = 1
    #expect(ForgedException(synchronousAbort: context).vector & 0x7ff == 0x400)
    context.hcr[HypervisorConfiguration.tge] = 1
    context.hcr[HypervisorConfiguration.e2h] = 1
    #expect(ForgedException(synchronousAbort: context).vector & 0x7ff == 0x600)
  }

  @Test func generalRegistersAreNotTouched() {
    let platform = FakePlatform()
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(elr: 0x500, spsr: 0x3c5, esr: 0x9600_0010, far: 0x1000)
    for index in 0..<31 { context.x[index] = UInt64(index) &* 0x1111_1111 }
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    for index in 0..<31 { #expect(context.x[index] == UInt64(index) &* 0x1111_1111) }
  }
}

extension ForgedException {
  /// All of it as numbers.
  struct Fields: Equatable {
    var target: UInt64
    var esr: UInt64
    var far: UInt64?
    var elr: UInt64
    var spsr: UInt64
    var state: UInt64
    var vector: UInt64
  }
  static func fields(
    target: UInt64, esr: UInt64, far: UInt64?, elr: UInt64, spsr: UInt64, state: UInt64,
    vector: UInt64
  ) -> Fields {
    Fields(
      target: target, esr: esr, far: far, elr: elr, spsr: spsr, state: state, vector: vector)
  }
  var fields: Fields {
    Fields(
      target: UInt64(target.rawValue), esr: syndrome.rawValue, far: faultAddress,
      elr: returnAddress, spsr: savedState.rawValue, state: state.rawValue, vector: vector)
  }
}
