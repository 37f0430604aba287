// Random instructions at every exception level, under random regimes, traps and descriptors, here and
// on `qemu-system-aarch64`: the same registers, data, descriptors and exceptions.
//
// `Fuzzer.systemMode` says how many. FAULTLINE_FUZZ_ONLY=CASP tries only programs that have an
// instruction whose name begins so.

import Arm
import Foundation
import Machine
import Support
import Testing

@testable import Machine

@Suite struct FuzzSystemMode {
  static let count = Fuzzer.systemMode.runs
  static let seed = Fuzzer.systemMode.seed

  @Test func everyLevelDoesWhatQEMUDoes() throws {
    try #require(Self.wantedRows?.isEmpty != true, "FAULTLINE_FUZZ_ONLY names no instruction")
    var generator = FuzzSystemGenerator(seed: Self.seed)
    var left = Self.count
    while left > 0 {
      let tests = (0..<min(left, 3000, FuzzSystemProgram.capacity)).map { _ in
        var test = generator.test()
        while !Self.isWanted(test) { test = generator.test() }
        return test
      }
      left -= tests.count
      try Self.compare(tests)
      Fuzzer.systemMode.tell(Self.count - left, step: tests.count)
    }
  }

  /// Whether FAULTLINE_FUZZ_ONLY asks for a test like this.
  private static func isWanted(_ test: FuzzSystemTest) -> Bool {
    guard let wantedRows else { return true }
    return test.words.contains { word in wantedRows.contains { word & $0.mask == $0.value } }
  }
  private static let wantedRows: [Encoding]? = ProcessInfo.processInfo
    .environment["FAULTLINE_FUZZ_ONLY"].map { name in
      Decoder.rows.filter { $0.name.description.hasPrefix(name) }
    }

  /// A machine that forgets IL of a syndrome that EL1 gets: the short run must find it.
  @Test func canaryAWrongSyndromeIsFound() throws {
    var generator = FuzzSystemGenerator(seed: Fuzzer.systemMode.fixedSeed)
    let count = min(Fuzzer.systemMode.shortRuns, 500, FuzzSystemProgram.capacity)
    let tests = (0..<count).map { _ in generator.test() }
    let theirs = try FuzzSystemProgram.runOnQEMU(tests)
    let ours = try FuzzSystemProgram.runHere(tests)
    var found = 0
    for (test, (qemu, here)) in zip(tests, zip(theirs, ours)) {
      var wrong = here
      if Self.exception(here).level == 1 { wrong["ESR_EL1"] &= ~(1 << 25) }
      if Self.difference(test, qemu, wrong) == "" { found += 1 }
    }
    #expect(found > 0)
  }

  /// Compares tests and records an issue for each kind of difference.
  static func compare(_ tests: [FuzzSystemTest]) throws {
    let theirs = try FuzzSystemProgram.runOnQEMU(tests)
    let ours = try FuzzSystemProgram.runHere(tests)
    if ours.count < tests.count {
      Issue.record("this machine does not come back from \(describe(tests[ours.count]))")
    }
    var reasons: [String: Int] = [:]
    var vectors: [String: Int] = [:]
    var failed: [(test: FuzzSystemTest, lines: String)] = []
    for (test, (qemu, here)) in zip(tests, zip(theirs, ours)) {
      let (level, syndrome) = exception(here)
      vectors["EL\(level) \(String(syndrome >> 26, radix: 16))", default: 0] += 1
      if let reason = difference(test, qemu, here) {
        if reason.isEmpty {
          failed.append((test, unlike(test, qemu, here)))
        } else {
          reasons[reason, default: 0] += 1
        }
      }
    }
    if ProcessInfo.processInfo.environment["FAULTLINE_FUZZ_VERBOSE"] != nil {
      print(vectors.sorted { $0.value > $1.value }.map { "\($0.key): \($0.value)" })
      print(reasons)
    }
    for (test, lines) in failed.prefix(12) { Issue.record("\(try explain(test, lines))") }
    #expect(failed.isEmpty, "\(failed.count) of \(tests.count) tests differ")
  }

  /// Bits that can be written here; QEMU 7.2 keeps whatever is written to RES0 bits of these.
  static let written: [String: UInt64] = [
    "CONTEXTIDR_EL1": 0xFFFF_FFFF, "CONTEXTIDR_EL2": 0xFFFF_FFFF, "ESR_EL1": 0xFFFF_FFFF,
    "ESR_EL2": 0xFFFF_FFFF, "ESR_EL3": 0xFFFF_FFFF, "HPFAR_EL2": 0xFF_FFFF_FFF0,
    "VSESR_EL2": 0x1FF_FFFF, "VPIDR_EL2": 0xFFFF_FFFF, "VMPIDR_EL2": 0xFF_41FF_FFFF,
    "FPSR": 0x0800_009F, "VDISR_EL2": 0x81FF_FFFF, "DISR_EL1": 0x81FF_FFFF,
    "CPACR_EL1": 3 << 20, "CPTR_EL2": 0x8030_37FF, "CPTR_EL3": 0x8000_0400,
    "HSTR_EL2": 0xBFEF, "FPCR": 0x07C8_0000,
  ]

  /// Why a test differs; empty when there is no reason, nil when it does not differ.
  static func difference(
    _ test: FuzzSystemTest, _ qemu: FuzzSystemResult, _ here: FuzzSystemResult
  ) -> String? {
    var (left, right) = (comparable(qemu, test), comparable(here, test))
    // SCTLR_ELx.C = 0 makes Normal memory Non-cacheable, which PAR_EL1 may tell or not.
    if right["PAR_EL1"] & 1 == 0, right["PAR_EL1"] >> 56 == 0x44 {
      left["PAR_EL1"] |= 0xFF << 56
      right["PAR_EL1"] |= 0xFF << 56
    }
    // With a Permission fault the Access flag may be set or not (Arm ARM D8.5.2).
    for level in 1...3 where right["ESR_EL\(level)"] & 0x3C == 0x0C {
      for name in FuzzSystemResult.descriptors {
        left[name] |= 1 << 10
        right[name] |= 1 << 10
      }
    }
    if left == right { return nil }
    // The exception here, and QEMU's.
    let (level, syndrome) = exception(here)
    let (theirLevel, theirSyndrome) = exception(qemu)
    let isAbort = [0x20, 0x21, 0x24, 0x25].contains(syndrome >> 26)
    let status = syndrome & 0x3F
    let isFetchThere = (1...3).contains {
      let theirs = left["ESR_EL\($0)"]
      return theirs >> 27 == 0x10 && theirs != right["ESR_EL\($0)"]
    }
    if isAbort, status & 0x30 == 0x10, test["SCR_EL3"] & 8 != 0, level == 3, theirLevel < 3 {
      return "QEMU takes an external abort to EL1 or EL2 whatever SCR_EL3.EA says"
    }
    if isAbort, syndrome >> 27 == 0x12, syndrome & 1 << 8 != 0 {
      return "QEMU does not translate for cache maintenance"
    }
    let (link, theirLink) = (right["ELR_EL\(level)"], left["ELR_EL\(theirLevel)"])
    if syndrome >> 27 == 0x12, status == 0x21, theirSyndrome & 0x3F != 0x21 || link != theirLink {
      return "QEMU lets unaligned accesses to Device memory pass"
    }
    // A step exception of another level may follow.
    if [0x32, 0x33].contains(syndrome >> 26),
      (1...2).contains(where: {
        right["ESR_EL\($0)"] >> 27 == 0x12 && right["ESR_EL\($0)"] & 0x3F == 0x21
          && left["ESR_EL\($0)"] != right["ESR_EL\($0)"]
      })
    {
      return "QEMU lets unaligned accesses to Device memory pass"
    }
    // Arm ARM, AArch64.ExclusiveMonitorsPass: which is looked for first is IMPLEMENTATION DEFINED.
    if isAbort, syndrome & 1 << 6 != 0, test.words.contains(where: isStoreExclusive),
      unlike(test, qemu, here).contains(": QEMU 1, here ")
    {
      return "QEMU finds the monitor lost before it finds that the page cannot be written"
    }
    if [0x32, 0x33].contains(syndrome >> 26), isFetchThere {
      return "QEMU fetches before it looks for a software step exception"
    }
    if test.words.contains(where: { $0 & ~31 == 0xD50B_7C20 }) {
      return "QEMU's DC CVAP is a load, for PAN and in the syndrome"
    }
    if syndrome >> 26 == 0x22, isFetchThere {
      return "QEMU translates a fetch before it looks at its alignment"
    }
    // MRS and MSR with op0 and CRn of the IMPLEMENTATION DEFINED space.
    if test.words.contains(where: { $0 & 0xFFD0_F000 == 0xD510_F000 }) {
      return "QEMU 7.2 has none of Neoverse N1's own registers"
    }
    let unlike = FuzzSystemResult.names.indices.filter { left.words[$0] != right.words[$0] }
      .map { FuzzSystemResult.names[$0] }
    if isAbort, test.words.contains(where: isVectorPair),
      unlike.allSatisfy({ $0.hasPrefix("V") && $0.hasSuffix("]") })
    {
      return "QEMU writes the first register of a SIMD&FP pair before the second load faults"
    }
    if isAbort, test.words.contains(where: isAtomic), syndrome & 0x3C == 0x0C {
      return "QEMU with one core loads and stores for an atomic, one after the other"
    }
    // A step exception of another level may follow.
    if [0x32, 0x33].contains(syndrome >> 26), test.words.contains(where: isAtomic),
      (1...2).contains(where: {
        right["ESR_EL\($0)"] >> 27 == 0x12 && right["ESR_EL\($0)"] & 0x3C == 0x0C
          && left["ESR_EL\($0)"] != right["ESR_EL\($0)"]
      })
    {
      return "QEMU with one core loads and stores for an atomic, one after the other"
    }
    // Its load meets the fault, of stage 2 or an External abort, before its store would make the page
    // dirty.
    if isAbort, test.words.contains(where: isAtomic),
      syndrome & 0x3C == 0x08 || syndrome & 0x3F == 0x10 || syndrome & 0x3C == 0x04 && level == 2,
      unlike.allSatisfy({ $0.contains("descriptor") })
    {
      return "QEMU with one core loads and stores for an atomic, one after the other"
    }
    if test.words.contains(where: isMaintenance),
      unlike.allSatisfy({ $0.contains("descriptor") || $0 == "PAR_EL1" })
    {
      return "QEMU does not translate for cache maintenance, and AT makes pages dirty"
    }
    if unlike.allSatisfy({ $0.contains("descriptor") }) {
      if [0x32, 0x33].contains(syndrome >> 26) {
        return "QEMU fetches before it looks for a software step exception"
      }
      if syndrome >> 26 == 0x22 {
        return "QEMU translates a fetch before it looks at its alignment"
      }
    }
    if changesItsCode(test, here) {
      return "QEMU translates a block before its store changes it, and no IC and ISB order the two"
    }
    if test.words.contains(0xD69F_03E0),
      unlike.allSatisfy({
        left[$0] << 8 == right[$0] << 8 && ["ELR", "FAR"].contains($0.prefix(3))
      })
    {
      return "QEMU leaves the tag in the PC after an illegal exception return"
    }
    return ""
  }

  /// Whether a test's own code is not what it was, as far as it lies where pages are noted.
  private static func changesItsCode(_ test: FuzzSystemTest, _ here: FuzzSystemResult) -> Bool {
    let (page, offset) = (test.codeOffset >> 12, test.codeOffset & 0xFFF)
    let code = test.record.suffix(4)
    return zip(code, 0..<4).contains { word, index in
      let name = "page \(page) at \(String(offset + UInt64(index) * 8, radix: 16))"
      return FuzzSystemResult.number[name].map { here.words[$0] != word } ?? false
    }
  }

  private static func isVectorPair(_ word: UInt32) -> Bool { word & 0x3A40_0000 == 0x2840_0000 }
  private static func isStoreExclusive(_ word: UInt32) -> Bool {
    word & 0x3FC0_0000 == 0x0800_0000
  }
  private static func isMaintenance(_ word: UInt32) -> Bool { word & 0xFFF8_E000 == 0xD508_6000 }
  private static func isAtomic(_ word: UInt32) -> Bool {
    word & 0x3B20_0C00 == 0x3820_0000 || word & 0x3F20_7C00 == 0x0820_7C00
  }

  /// The level that the test's exception went to, and its syndrome.
  static func exception(_ result: FuzzSystemResult) -> (level: UInt64, syndrome: UInt64) {
    let last = result["ESR_EL3"]
    let isStub = last >> 26 == 0x17 && last & 0xFF < 16 && (1...2).contains(last >> 8 & 0xFF)
    var level = isStub ? last >> 8 & 3 : 3
    // EL1's SMC, trapped by EL2.
    if level == 2, result["ESR_EL2"] >> 26 == 0x17, result["ELR_EL2"] >> 12 == 0x42021 { level = 1 }
    return (level, result["ESR_EL\(level)"])
  }

  /// A result without what QEMU 7.2 is known to leave differently.
  static func comparable(_ result: FuzzSystemResult, _ test: FuzzSystemTest) -> FuzzSystemResult {
    var result = result
    for (name, mask) in written { result[name] &= mask }
    // QEMU clears NZCV when it takes an exception. EL1's and EL2's SMC shows it.
    if result["vector"] != 4 { result["SPSR_EL3"] &= ~(15 << 28) }
    if result["ELR_EL2"] >> 12 == 0x42021 { result["SPSR_EL2"] &= ~(15 << 28) }
    // SH of a successful translation: QEMU leaves it 0 for Device memory.
    if result["PAR_EL1"] & 1 == 0 { result["PAR_EL1"] &= ~(3 << 7) }
    // ISV is for stage 2 faults only (Arm ARM D24.2, ESR_EL1); QEMU describes every access that EL2 hears of.
    let exceptionClass = result["ESR_EL2"] >> 26
    let isHost = test["HCR_EL2"] & 1 << 27 != 0
    if exceptionClass == 0x25 || exceptionClass == 0x24 && isHost {
      result["ESR_EL2"] &= ~(0x7FF << 14)
    }
    // After an illegal exception return QEMU keeps PAN; SetPSTATEFromPSR (Arm ARM J1.3) restores it.
    for name in ["SPSR_EL1", "SPSR_EL2", "SPSR_EL3"] where result[name] & 1 << 20 != 0 {
      for name in [name, "SPSR_EL2", "SPSR_EL3"] { result[name] &= ~(1 << 22) }
    }
    // AR of LDLAR and STLLR: QEMU knows it for LDAR and STLR only.
    if test.words.contains(where: { $0 & 0x3FA0_8000 == 0x0880_0000 }) {
      result["ESR_EL2"] &= ~(1 << 14)
    }
    // QEMU makes an unaligned access to something that is not memory in aligned parts.
    for level in 1...3 where result["ESR_EL\(level)"] >> 27 == 0x12 {
      if result["ESR_EL\(level)"] & 0x3F == 0x10 { result["FAR_EL\(level)"] &= ~15 }
    }
    // QEMU exchanges Op1 and Op2 of a trapped MSR (immediate).
    for name in ["ESR_EL1", "ESR_EL2"] where result[name] >> 20 & 0xFC3 == 0x600 {
      result[name] &= ~(0x3F << 14)
    }
    return result
  }

  // MARK: Explaining

  /// The shortest words that still differ, and how.
  static func explain(_ test: FuzzSystemTest, _ lines: String) throws -> String {
    var variants: [FuzzSystemTest] = []
    for length in 1...test.words.count {
      var variant = test
      variant.words = Array(test.words[..<length])
      variants.append(variant)
    }
    for (start, word) in test.words.enumerated() {
      // One word alone, where the words before it leave it.
      var variant = test
      variant.words = [word]
      if start > 0, !isStoreExclusive(word) { variants.append(variant) }
    }
    let theirs = try FuzzSystemProgram.runOnQEMU(variants)
    let ours = try FuzzSystemProgram.runHere(variants)
    var best: Int?
    for index in ours.indices where difference(variants[index], theirs[index], ours[index]) == "" {
      if let known = best, variants[known].words.count <= variants[index].words.count { continue }
      best = index
    }
    guard let best else { return "differs only in its place: \(describe(test))\n    \(lines)" }
    let (level, syndrome) = exception(ours[best])
    return describe(variants[best]) + "\n    EL\(level), syndrome \(hex(syndrome))\n    "
      + unlike(variants[best], theirs[best], ours[best])
  }

  /// What differs, in lines.
  static func unlike(
    _ test: FuzzSystemTest, _ qemu: FuzzSystemResult, _ here: FuzzSystemResult
  ) -> String {
    let (qemu, here) = (comparable(qemu, test).words, comparable(here, test).words)
    let lines = FuzzSystemResult.names.indices.filter { qemu[$0] != here[$0] }.map { index in
      "\(FuzzSystemResult.names[index]): QEMU \(hex(qemu[index])), here \(hex(here[index]))"
    }
    return lines.prefix(16).joined(separator: "\n    ")
  }

  static func hex(_ value: UInt64) -> String { String(value, radix: 16) }

  /// A test in words.
  static func describe(_ test: FuzzSystemTest) -> String {
    let words = test.words.map { word -> String in
      let name: String
      if word >> 22 == 0x354 {
        let encoding = SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: word >> 5))
        name = "\(word >> 21 & 1 == 1 ? "MRS" : "MSR/SYS") \(encoding.name ?? encoding.generic)"
      } else {
        name = FuzzUserMode.name(word)
      }
      let fields = [0, 5, 16].map { (low: UInt32) -> String in
        let number = Int(word >> low & 31)
        return "\(number)=" + hex(number == 31 ? 0 : test.general[number])
      }
      return "\(String(word, radix: 16)) \(name) (\(fields.joined(separator: " ")))"
    }
    let registers = [
      "SPSR_EL3", "ELR_EL3", "SCR_EL3", "HCR_EL2", "SCTLR_EL1", "SCTLR_EL2", "SCTLR_EL3", "TCR_EL1",
      "TCR_EL2", "TCR_EL3", "VTCR_EL2", "CPTR_EL2", "CPTR_EL3", "CPACR_EL1", "MDSCR_EL1",
      "MDCR_EL2", "MDCR_EL3", "OSLAR_EL1", "SPSR_EL1", "SPSR_EL2", "ELR_EL1", "ELR_EL2",
    ].map { "\($0)=\(hex(test[$0]))" }
    return "\(words.joined(separator: "\n    "))\n    \(registers.joined(separator: " "))\n    "
      + "level 2 \(test.level2.map(hex)) stage 1 \(test.stage1.map(hex)) "
      + "stage 2 \(test.stage2.map(hex)) SP \(["SP_EL0", "SP_EL1", "SP_EL2"].map { hex(test[$0]) })"
  }
}
