// What a guest is given: exceptions, features, the layout that the world switch shares.

import Arm
import Foundation
import Testing

@testable import Hypervisor

@Suite struct KVMExceptionTests {
  @Test func guestsSeeNoFeatureTheyDoNotGet() {
    var features = GuestFeatures()
    features.pfr0 = .max
    features.pfr1 = .max
    features.dfr0 = 0x1030_5008
    features.mmfr1 = .max
    let guest = GuestIdentification(features: features)
    let pfr0 = guest.value(SystemRegisterEncoding(3, 0, 0, 4, 0))
    #expect(pfr0 & 0xFFFF == 0x11)  // EL0, EL1, AArch64 only
    #expect(pfr0 >> 24 & 0xF == 1)  // GICv3 system registers
    #expect(pfr0 >> 28 & 0xF == 0xF)  // RAS as the host
    #expect(pfr0 >> 32 & 0xFFFF == 0)  // SVE, SEL2, MPAM, AMU
    #expect(guest.value(SystemRegisterEncoding(3, 0, 0, 5, 0)) == 0x1030_5006)
    #expect(guest.value(SystemRegisterEncoding(3, 0, 0, 7, 1)) >> 8 & 0xF == 0)
    #expect(guest.value(SystemRegisterEncoding(3, 0, 0, 1, 0)) == 0)
  }

  /// Both sides of the world switch name the same words.
  @Test func worldSwitchAndLibraryAgreeOnEveryWord() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Images/Sources/HypervisorEntry/world.S")
    var words: [String: Int] = [:]
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let parts = line.trimmingCharacters(in: .whitespaces).split(separator: " ")
      if parts.count == 3, parts[0] == ".set", let value = Int(parts[2]) {
        words[String(parts[1].dropLast())] = value
      }
    }
    let expected: [(String, GuestRegister)] = [
      ("SP_EL0", .spEL0), ("PC", .pc), ("PSTATE", .pstate), ("SP_EL1", .spEL1),
      ("ELR_EL1", .elrEL1), ("SPSR_EL1", .spsrEL1), ("SCTLR_EL1", .sctlrEL1),
      ("CPACR_EL1", .cpacrEL1), ("TTBR0_EL1", .ttbr0EL1), ("TTBR1_EL1", .ttbr1EL1),
      ("TCR_EL1", .tcrEL1), ("ESR_EL1", .esrEL1), ("AFSR0_EL1", .afsr0EL1),
      ("AFSR1_EL1", .afsr1EL1), ("FAR_EL1", .farEL1), ("MAIR_EL1", .mairEL1),
      ("VBAR_EL1", .vbarEL1), ("CONTEXTIDR_EL1", .contextidrEL1), ("AMAIR_EL1", .amairEL1),
      ("CNTKCTL_EL1", .cntkctlEL1), ("TPIDR_EL1", .tpidrEL1), ("TPIDR_EL0", .tpidrEL0),
      ("TPIDRRO_EL0", .tpidrroEL0), ("PAR_EL1", .parEL1), ("CSSELR_EL1", .csselrEL1),
      ("MDSCR_EL1", .mdscrEL1), ("MIDR_EL1", .midrEL1), ("MPIDR_EL1", .mpidrEL1),
      ("DISR_EL1", .disrEL1), ("VSESR_EL2", .vsesrEL2), ("CNTV_CVAL_EL0", .cntvCVALEL0),
      ("CNTV_CTL_EL0", .cntvCTLEL0), ("CNTP_CVAL_EL0", .cntpCVALEL0),
      ("CNTP_CTL_EL0", .cntpCTLEL0), ("CNTVOFF_EL2", .cntvoffEL2), ("VTTBR_EL2", .vttbrEL2),
      ("VTCR_EL2", .vtcrEL2), ("ICH_VMCR_EL2", .ichVMCREL2), ("ICH_AP0R0_EL2", .ichAP0R0EL2),
      ("ICH_AP1R0_EL2", .ichAP1R0EL2), ("HCR_EL2", .hcrEL2), ("EXIT_ESR", .exitESR),
      ("EXIT_FAR", .exitFAR), ("EXIT_HPFAR", .exitHPFAR), ("EXIT_DISR", .exitDISR),
      ("HOST_SP_EL0", .hostSPEL0), ("HOST_TPIDR_EL0", .hostTPIDREL0),
      ("HOST_TPIDRRO_EL0", .hostTPIDRROEL0), ("HOST_MDCR_EL2", .hostMDCREL2),
      ("HOST_CPTR_EL2", .hostCPTREL2), ("GUEST_MDCR_EL2", .guestMDCREL2),
      ("DBGBVR", .dbgbvr(0)), ("DBGBCR", .dbgbcr(0)), ("DBGWVR", .dbgwvr(0)),
      ("DBGWCR", .dbgwcr(0)), ("V", .v(0, half: 0)), ("FPSR", .fpsr), ("FPCR", .fpcr),
    ]
    for (name, register) in expected { #expect(words[name] == register.rawValue, "\(name)") }
  }
}
