// Random tests for the system fuzzer: an exception level with its translation regimes, traps and
// descriptors, and a few instructions of which most are legal and some are not.

import Arm
import Machine

@testable import Machine

/// Makes tests for `FuzzSystemProgram`.
struct FuzzSystemGenerator {
  var user: FuzzUserGenerator
  private let memoryRows: [Encoding]
  private let plainRows: [Encoding]
  private let readable: [String]
  private let writable: [String]
  private let operations: [String]

  /// Reads of these are compared elsewhere or differ for a reason: `SystemRegisterSideBySide`.
  static func isComparable(_ name: String) -> Bool {
    let prefixes = [
      "PM", "ERX", "ERR", "DBG", "MDCCINT", "OSDTR", "OSECCR", "OSDLR", "MDCCSR", "CNT", "ICC_",
      "ICH_", "ICV_", "ID_", "MVFR", "SPSR_a", "SPSR_u", "SPSR_i", "SPSR_f", "DACR32", "IFSR32",
      "FPEXC32", "SDER32", "TRC", "TPIDR_EL3", "RMR", "LOR",
    ]
    return !prefixes.contains(where: name.hasPrefix) && !name.hasSuffix("_EL02")
      && name != "VMPIDR_EL2"
  }

  /// A random value of these would take the program's own ground away; they vary between tests.
  static let ground: Set<String> = [
    "HCR_EL2", "SCR_EL3", "SCTLR_EL1", "SCTLR_EL2", "SCTLR_EL3", "TCR_EL1", "TCR_EL2", "TCR_EL3",
    "TTBR0_EL1", "TTBR1_EL1", "TTBR0_EL2", "TTBR1_EL2", "TTBR0_EL3", "MAIR_EL1", "MAIR_EL2",
    "MAIR_EL3", "VTTBR_EL2", "VTCR_EL2", "VBAR_EL1", "VBAR_EL2", "VBAR_EL3", "MDSCR_EL1",
    "MDCR_EL2", "MDCR_EL3", "OSLAR_EL1", "SCTLR_EL12", "TCR_EL12", "TTBR0_EL12", "TTBR1_EL12",
    "MAIR_EL12", "VBAR_EL12", "ELR_EL3", "SPSR_EL3", "SPSR_EL1", "SPSR_EL2", "SPSR_EL12",
    "ELR_EL1", "ELR_EL2", "ELR_EL12",
  ]

  init(seed: UInt64) {
    user = FuzzUserGenerator(seed: seed)
    memoryRows =
      user.ordinaryRows.filter {
        // QEMU does not check the alignment of LDAPR.
        $0.value & 0x0A00_0000 == 0x0800_0000 && !$0.name.description.hasPrefix("LDAPR")
      } + user.exclusiveLoads
    plainRows = user.ordinaryRows.filter {
      $0.value & 0x0A00_0000 != 0x0800_0000 && $0.value & 0x1C00_0000 != 0x1400_0000
    }
    let names = SystemRegisterEncoding.allNamed.filter { Self.isComparable($0.name) }
    readable = names.filter { $0.encoding.rawValue >= 0x8000 }.map { $0.name }
    writable = readable.filter { !Self.ground.contains($0) }
    operations = names.filter { $0.encoding.rawValue < 0x8000 }.map { $0.name }
  }

  // MARK: Little choices

  private mutating func isOne(in bound: Int) -> Bool { user.random.isOne(in: bound) }
  private mutating func below(_ bound: Int) -> UInt64 { UInt64(user.random.below(bound)) }
  private mutating func pick<Item>(_ items: [Item]) -> Item { user.random.pick(items) }
  private mutating func bit(_ index: UInt64, oneIn bound: Int) -> UInt64 {
    isOne(in: bound) ? 1 << index : 0
  }
  private mutating func bits(_ indices: [UInt64], oneIn bound: Int) -> UInt64 {
    indices.reduce(0) { $0 | bit($1, oneIn: bound) }
  }

  // MARK: A test

  /// What decides how the test's addresses are translated.
  private struct Context {
    var level: UInt64
    var isSecure = false
    var isE2H = false
    var isTGE = false
    var isStage2 = false
    var isMMUOn = true
    /// Where the window is for the test's instructions.
    var window: UInt64 = FuzzSystemProgram.windowVA
    /// Whether the regime has privileged and unprivileged permissions.
    var hasTwoPrivileges = true
  }

  mutating func test() -> FuzzSystemTest {
    var test = FuzzSystemTest()
    var context = Context(level: pick([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3]))
    context.isSecure = context.level == 3 ? isOne(in: 2) : context.level != 2 && isOne(in: 12)
    context.isE2H = isOne(in: 2)
    context.isTGE = context.level != 1 && isOne(in: 3)
    setControls(&test, &context)
    setDescriptors(&test, context)
    setRegisters(&test, context)
    return test
  }

  private mutating func systemControl(isMMUOn: Bool) -> UInt64 {
    // EOS, EIS, nTLSMD, LSMAOE, nTWE, nTWI; SA and SA0 clear, as QEMU does not check SP.
    var value: UInt64 = 0x3040_0800 | 1 << 16 | 1 << 18
    if isMMUOn { value |= 1 }
    value |= bits([2, 12, 14, 15, 23, 26, 21], oneIn: 2)
    value |= bits([9, 44], oneIn: 3) | bit(1, oneIn: 10) | bit(19, oneIn: 12)
    return value
  }

  private mutating func setControls(_ test: inout FuzzSystemTest, _ context: inout Context) {
    var hcr: UInt64 = 1 << 31
    if context.isE2H { hcr |= 1 << 34 }
    if context.isTGE { hcr |= 1 << 27 }
    hcr |= bit(0, oneIn: 2) | bit(2, oneIn: 8) | bit(12, oneIn: 20)
    hcr |= bits([3, 4, 5], oneIn: 6) | bits([6, 7, 8], oneIn: 40)
    if isOne(in: 3) {
      hcr |= bits([15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 30, 35], oneIn: 6)
    }
    // QEMU finds Device memory in a stage 2 that is off.
    if hcr & 1 == 0 { hcr &= ~(1 << 2) }
    test["HCR_EL2"] = hcr
    let isHost = context.isE2H && context.isTGE && !context.isSecure
    context.isStage2 =
      context.level <= 1 && !context.isSecure && !isHost && hcr & (1 | 1 << 12) != 0
    test["CPTR_EL2"] =
      (context.isE2H ? (isOne(in: 6) ? below(4) : 3) << 20 : 0x33FF | bit(10, oneIn: 8))
      | bit(31, oneIn: 8)
    test["CPTR_EL3"] = bits([10, 31], oneIn: 10)
    test["CPACR_EL1"] = (isOne(in: 6) ? below(4) : 3) << 20
    test["SCR_EL3"] =
      0x430 | (context.isSecure ? 0 : 1) | (isOne(in: 8) ? 0 : 1 << 8) | bit(3, oneIn: 3)
      | bits([1, 2, 9, 11, 12, 13, 14], oneIn: 8)
    // The MMU of the test's own regime, mostly on.
    let isOn = !isOne(in: 7)
    for (name, isOwn) in [
      ("SCTLR_EL1", context.level <= 1 && !isHost),
      ("SCTLR_EL2", context.level == 2 || context.level == 0 && isHost),
      ("SCTLR_EL3", context.level == 3),
    ] {
      var isMMUOn = isOwn ? isOn : isOne(in: 2)
      // TGE without E2H turns EL0's stage 1 off; QEMU does not.
      if name == "SCTLR_EL1", context.isTGE, !context.isE2H, !context.isSecure { isMMUOn = false }
      test[name] = systemControl(isMMUOn: isMMUOn)
    }
    context.isMMUOn = isOn
    // TGE without E2H turns EL0's stage 1 off, DC turns EL1&0's off.
    if context.level == 0, context.isTGE, !context.isE2H, !context.isSecure {
      context.isMMUOn = false
    }
    if context.level <= 1, hcr & 1 << 12 != 0, !context.isSecure, !isHost {
      context.isMMUOn = false
    }
    if !context.isMMUOn {
      context.window =
        context.isStage2 ? FuzzSystemProgram.windowIPA : FuzzSystemProgram.window
    }
    context.hasTwoPrivileges = context.level <= 1 || context.level == 2 && context.isE2H
    setTranslation(&test, context)
    test["MDSCR_EL1"] = bit(0, oneIn: 12) | bits([12, 13, 15], oneIn: 4)
    test["MDCR_EL2"] = bits([8, 9, 10, 11], oneIn: 16)
    test["MDCR_EL3"] = bits([9, 10, 16], oneIn: 16)
    // QEMU steps with the OS lock locked, too.
    if isOne(in: 8) {
      test["OSLAR_EL1"] = 1
      test["MDSCR_EL1"] &= ~1
    }
    test["HSTR_EL2"] = 0
  }

  private mutating func size() -> UInt64 { isOne(in: 8) ? 25 + below(8) : 25 }
  private mutating func outputSize() -> UInt64 { isOne(in: 6) ? below(8) : 5 }

  private mutating func setTranslation(_ test: inout FuzzSystemTest, _ context: Context) {
    func twoRanges(_ generator: inout FuzzSystemGenerator) -> UInt64 {
      var value = generator.size() | generator.size() << 16 | 2 << 30
      value |= generator.outputSize() << 32
      value |= generator.bits([8, 9, 10, 11, 12, 13, 24, 25, 26, 27, 28, 29], oneIn: 2)
      value |= generator.bits([22, 36, 37, 38, 39, 40, 41, 42], oneIn: 3)
      return value | generator.bit(23, oneIn: 10)
    }
    func oneRange(_ generator: inout FuzzSystemGenerator) -> UInt64 {
      var value = generator.size() | generator.outputSize() << 16 | 1 << 23 | 1 << 31
      value |= generator.bits([8, 9, 10, 11, 12, 13, 20, 21, 22, 24], oneIn: 2)
      return value
    }
    test["TCR_EL1"] = twoRanges(&self)
    test["TCR_EL2"] = context.isE2H ? twoRanges(&self) : oneRange(&self)
    test["TCR_EL3"] = oneRange(&self)
    for name in ["TTBR0_EL1", "TTBR1_EL1", "TTBR0_EL2", "TTBR1_EL2"] {
      test[name] = FuzzSystemProgram.root | below(4) << 48 | below(2)
    }
    test["TTBR0_EL3"] = FuzzSystemProgram.rootEL3 | below(2)
    for name in ["MAIR_EL1", "MAIR_EL2", "MAIR_EL3"] {
      var value: UInt64 = 0xFF
      for index in UInt64(1)..<8 {
        value |= pick([0x00, 0x04, 0x08, 0x0C, 0x44, 0xBB, 0xFF, 0xF4, 0x4F]) << (index * 8)
      }
      test[name] = value
    }
    test["VTTBR_EL2"] = FuzzSystemProgram.rootStage2 | below(4) << 48 | below(2)
    test["VTCR_EL2"]  // QEMU has no stage 2 whose output is narrower than its input.
    =
      25 | 1 << 6 | (2 + below(4)) << 16 | 1 << 31
      | bits([8, 9, 10, 11, 12, 13, 19, 21, 22], oneIn: 2)
    for level in 1...3 { test["VBAR_EL\(level)"] = FuzzSystemProgram.vectors(level) }
  }

  private mutating func setDescriptors(_ test: inout FuzzSystemTest, _ context: Context) {
    let base = context.isStage2 ? FuzzSystemProgram.windowIPA : FuzzSystemProgram.window
    for page in 0..<16 {
      let isCode = page < 2
      var value: UInt64 = isOne(in: isCode ? 30 : 14) ? below(3) : 3
      let target = !isCode && isOne(in: 10) ? below(16) : UInt64(page)
      value |= base + target << 12
      // Where nothing is, or beyond the output size; bit 39 leads to QEMU's PCIe window.
      if !isCode, isOne(in: 24) { value ^= 1 << pick([32, 33, 36, 38, 40, 42, 44, 46, 47]) }
      value |= (isOne(in: 3) ? below(8) : 0) << 2
      let isOdd = isOne(in: 10)
      if isCode, !isOdd {
        let permissions: [UInt64] =
          !context.hasTwoPrivileges ? [1, 3] : context.level == 0 ? [1, 3] : [0, 2, 3]
        value |= pick(permissions) << 6
      } else {
        value |= below(4) << 6
        value |= bits([53, 54], oneIn: 4)
      }
      value |= below(4) << 8
      if !isOne(in: isCode ? 30 : 10) { value |= 1 << 10 }
      value |= bits([5, 11, 55, 56, 57, 58], oneIn: 3)
      // DBM makes a page writable before it is dirty, so that EL1 or WXN do not execute it; QEMU
      // looks at stores only.
      if !isCode, isOne(in: 3) { value |= 1 << 51 | 3 << 53 }
      test.stage1[page] = value
      var second: UInt64 = isOne(in: isCode ? 40 : 14) ? below(3) : 3
      second |= FuzzSystemProgram.window + target << 12
      if page == 15 { second = FuzzSystemProgram.windowTable | 3 }
      if !isCode, isOne(in: 24) { second ^= 1 << pick([32, 33, 36, 38, 40, 42, 44, 46, 47]) }
      second |= (isOne(in: 4) ? below(16) : 15) << 2
      second |= (isOne(in: isCode ? 20 : 4) ? below(4) : 3) << 6
      second |= below(4) << 8
      if !isOne(in: isCode ? 30 : 12) { second |= 1 << 10 }
      second |= bits([53, 54], oneIn: isCode ? 30 : 5) | bit(51, oneIn: 3)
      test.stage2[page] = second
    }
    test.level2[0] = FuzzSystemProgram.windowTable | 3
    if context.isStage2, isOne(in: 8) {
      test.level2[0] = FuzzSystemProgram.windowIPA + 0xF000 | 3
    }
    test.level2[0] |= bits([59, 60, 61, 62, 63], oneIn: 40)
    test.level2[1] =
      base & ~0x1F_FFFF | 1 << 10 | below(4) << 8 | below(4) << 6
      | (isOne(in: 3) ? below(8) : 0) << 2 | bits([53, 54], oneIn: 4) | 1
  }

  /// An address in the window, mostly near the edge of a page.
  private mutating func pointer(_ context: Context, _ codeOffset: UInt64) -> UInt64 {
    if isOne(in: 24) { return user.random.next() }
    // Read-only, but not without a stage 1.
    if isOne(in: 30), context.isMMUOn { return FuzzSystemProgram.code + below(64) * 8 }
    // Not to code that may be in the middle of a translated block in QEMU.
    let page = isOne(in: 8) && codeOffset < 0xF00 ? below(2) : 2 + below(14)
    var address = context.window + page << 12
    let distance = isOne(in: 3) ? below(64) : below(8) * 8
    address = address &+ distance &- 32
    if isOne(in: 20) { address = address &+ 0x20_0000 }
    if isOne(in: 10) { address |= 0xFFFF_FF80_0000_0000 }
    if isOne(in: 10) { address = address & ~(0xFF << 56) | below(256) << 56 }
    return address
  }

  private mutating func savedStatus() -> UInt64 {
    // NZCV, UAO, PAN, SSBS, DAIF, and any mode but EL0 of AArch32, which is absent here.
    var value = user.random.next() & 0xF0C0_13C0
    value |= pick([0, 4, 5, 8, 9, 12, 13, 0, 4, 5, 8, 9, below(16)])
    if isOne(in: 20), value & 15 != 0 { value |= 0x10 }
    return value | bit(20, oneIn: 12) | bit(21, oneIn: 6)
  }

  private mutating func setRegisters(_ test: inout FuzzSystemTest, _ context: Context) {
    var registers = (0..<31).map { UInt32($0) }.filter { $0 != 28 }
    registers.shuffle(using: &user.random)
    let bases = Array(registers[0..<5]) + [31]
    let offsets = Array(registers[5..<9])
    test.codeOffset = pick([0x100, 0x100, 0xFF0, 0xFE0])
    let roles = FuzzUserGenerator.Roles(
      bases: bases, offsets: offsets, writable: Array(registers[9...]) + [31], isSingle: false,
      isStackBase: true)
    for index in 0..<31 {
      test.general[index] = isOne(in: 2) ? pointer(context, test.codeOffset) : user.random.value()
    }
    for base in bases where base != 31 {
      test.general[Int(base)] = pointer(context, test.codeOffset)
    }
    let small = below(8)
    test.general[Int(offsets[0])] = small
    test.general[Int(offsets[1])] = small | user.random.next() << 32
    test.general[Int(offsets[2])] = (0 &- small) & 0xFFFF_FFFF | user.random.next() << 32
    test.general[Int(offsets[3])] = 0 &- small
    for name in ["SP_EL0", "SP_EL1", "SP_EL2"] { test[name] = pointer(context, test.codeOffset) }
    test.stackPointer = pointer(context, test.codeOffset)
    for name in [
      "ESR_EL1", "ESR_EL2", "ESR_EL3", "FAR_EL1", "FAR_EL2", "FAR_EL3", "HPFAR_EL2", "PAR_EL1",
      "TPIDR_EL0", "TPIDRRO_EL0", "TPIDR_EL1", "TPIDR_EL2", "CONTEXTIDR_EL1", "CONTEXTIDR_EL2",
      "VPIDR_EL2", "VMPIDR_EL2", "VSESR_EL2", "FPCR", "FPSR",
    ] { test[name] = user.random.next() & FuzzSystemMode.written[name, default: .max] }
    test["FPCR"] &= 0x07C8_0000
    test["VMPIDR_EL2"] |= 1 << 31
    test["CSSELR_EL1"] = below(4)
    // Returns go where nothing loops: zeros, which are UNDEFINED, or nowhere.
    for name in ["ELR_EL1", "ELR_EL2"] { test[name] = target(context) }
    for name in ["SPSR_EL1", "SPSR_EL2"] { test[name] = savedStatus() }
    test["ELR_EL3"] = context.window + test.codeOffset
    var status = savedStatus() & ~0x1F
    if !isOne(in: 20) { status &= ~(1 << 20) }
    status |= context.level << 2 | (context.level == 0 ? 0 : below(2))
    test["SPSR_EL3"] = status
    let count = 1 + Int(below(5))
    while test.words.count < count { append(&test, roles, context) }
  }

  /// Where a branch or an exception return may go without looping.
  private mutating func target(_ context: Context) -> UInt64 {
    let page = 2 + below(14)
    let address = context.window + page << 12 + 0x200 + below(64) * 4
    switch below(10) {
    case 0: return address + below(4)
    // Aligned: QEMU translates a fetch before it looks at its alignment.
    case 1: return user.random.next() & ~3
    case 2: return address | below(256) << 56
    case 3: return address | 0xFFFF_FF80_0000_0000
    default: return address
    }
  }

  // MARK: A word

  /// A register that exists for QEMU exactly when it does here.
  private mutating func register(
    _ names: [String], _ test: FuzzSystemTest, _ context: Context
  ) -> String? {
    let name = pick(names)
    let level = UInt64(name.last?.wholeNumberValue ?? 0)
    if level > context.level, level != 12, !isOne(in: 6) { return nil }
    // QEMU has the _EL12 names without E2H, too.
    if name.hasSuffix("_EL12"), !context.isE2H || context.isSecure { return nil }
    return name
  }

  private mutating func append(
    _ test: inout FuzzSystemTest, _ roles: FuzzUserGenerator.Roles, _ context: Context
  ) {
    let t = pick(roles.writable)
    switch below(103) {
    case 100...:
      // A store exclusive on its own may fault here and fail in QEMU, as the manual allows.
      test.words += user.exclusiveTriple(roles)
    case 0..<42:
      if let word = user.word(pick(memoryRows), roles, left: 1) { test.words.append(word) }
    case 42..<50:
      if let word = user.word(pick(plainRows), roles, left: 1) { test.words.append(word) }
    case 50..<60:
      if let name = register(readable, test, context) {
        test.words.append(FuzzSystemProgram.mrs(t, name))
      }
    case 60..<71:
      if let name = register(writable, test, context) {
        test.words.append(FuzzSystemProgram.msr(name, UInt32(below(32))))
      }
    case 71..<77:
      // MSR (immediate) of all op1 and op2, mostly those that exist.
      let fields: (UInt64, UInt64) =
        isOne(in: 4)
        ? (below(8), below(8)) : pick([(0, 3), (0, 4), (0, 5), (3, 6), (3, 7), (3, 1)])
      test.words.append(
        0xD500_401F | UInt32(fields.0) << 16 | UInt32(below(16)) << 8 | UInt32(fields.1) << 5)
    case 77..<87:
      let name = pick(operations)
      test.words.append(
        FuzzSystemProgram.sys(name, isOne(in: 2) ? pick(roles.bases) : UInt32(below(32))))
    case 87..<92:
      let base: UInt32 = pick([0xD400_0001, 0xD400_0002, 0xD400_0003, 0xD420_0000, 0xD440_0000, 0])
      // QEMU takes HVC to EL2 from EL3 and from Secure EL1.
      if base & 3 == 2, context.level == 3 || context.isSecure { return }
      // Not semihosting, which is HLT #0xF000.
      test.words.append(base | UInt32(below(0xF000)) << (base == 0 ? 0 : 5))
    case 92..<95:
      let n = pick(roles.writable.filter { $0 != 31 })
      test.general[Int(n)] = target(context)
      // Only as the first word: the register must hold it.
      if test.words.isEmpty {
        test.words.append(pick([0xD61F_0000, 0xD63F_0000, 0xD65F_0000]) | n << 5)
      }
    case 95..<97: test.words.append(pick([0xD503_221F, 0xD503_3FDF, 0xD503_3F9F, 0xD503_305F]))
    default:
      // At EL3 the registers are those that led here.
      if context.level < 3 { test.words.append(0xD69F_03E0) }
    }
  }
}
