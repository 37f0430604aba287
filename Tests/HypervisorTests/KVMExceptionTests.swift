// What a guest is given: exceptions, features, the layout that the world switch shares.

import Arm
import Foundation
import Support
import Testing

@testable import Hypervisor

@Suite struct KVMExceptionTests {
  @Test func guestsSeeNoFeatureTheyDoNotGet() {
    var features = GuestFeatures()
    features.pfr0.rawValue = .max
    features.pfr1.rawValue = .max
    features.dfr0.rawValue = 0x1030_5408
    features.mmfr1.rawValue = .max
    let guest = GuestIdentification(features: features)
    let pfr0 = guest.value(SystemRegisterEncoding(3, 0, 0, 4, 0))
    #expect(pfr0 & 0xFF == 0x11)  // EL0, EL1, AArch64 only
    #expect(pfr0 >> 8 & 0xFF == 0xFF)  // EL2 and EL3 as the host
    #expect(pfr0 >> 24 & 0xF == 1)  // GICv3 system registers
    #expect(pfr0 >> 28 & 0xF == 0xF)  // RAS as the host
    #expect(pfr0 >> 32 & 0xFFFF == 0)  // SVE, SEL2, MPAM, AMU
    #expect(guest.value(SystemRegisterEncoding(3, 0, 0, 5, 0)) == 0x1030_5006)
    #expect(guest.value(SystemRegisterEncoding(3, 0, 0, 7, 1)) == .max)  // as the host
    #expect(guest.value(SystemRegisterEncoding(3, 0, 0, 1, 0)) == 0)
  }

  /// Both sides of the world switch name the same words.
  @Test func worldSwitchAndLibraryAgreeOnEveryWord() throws {
    let text = try Checkout.text("Images/Sources/HypervisorEntry/world.S")
    var words: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.trimmingCharacters(in: .whitespaces).split(separator: " ")
      if parts.count == 3, parts[0] == ".set", let value = Int(parts[2]) {
        words[String(parts[1].dropLast())] = value
      }
    }
    let others: [(String, GuestRegister)] = [
      ("PC", .pc), ("PSTATE", .pstate), ("EXIT_ESR", .exitESR), ("EXIT_FAR", .exitFAR),
      ("EXIT_HPFAR", .exitHPFAR), ("EXIT_DISR", .exitDISR), ("HOST_SP_EL0", .hostSPEL0),
      ("HOST_TPIDR_EL0", .hostTPIDREL0), ("HOST_TPIDRRO_EL0", .hostTPIDRROEL0),
      ("HOST_MDCR_EL2", .hostMDCREL2), ("HOST_CPTR_EL2", .hostCPTREL2),
      ("GUEST_MDCR_EL2", .guestMDCREL2), ("DBGBVR", .dbgbvr(0)), ("DBGBCR", .dbgbcr(0)),
      ("DBGWVR", .dbgwvr(0)), ("DBGWCR", .dbgwcr(0)), ("V", .v(0, half: 0)),
    ]
    var expected = Dictionary(uniqueKeysWithValues: others.map { ($0.0, $0.1.rawValue) })
    for register in SystemRegister.allCases {
      if let name = register.name { expected[name] = GuestRegister(register)?.rawValue }
    }
    // The rest of the file's names are bits and sizes.
    let known = words.filter { expected[$0.key] != nil }
    for (name, word) in known { #expect(word == expected[name], "\(name)") }
    #expect(known.count == others.count + 41)
  }
}
