// Guests that mean harm: kernels of random code, each with a weakness for one part of the hypervisor.
// Their vectors come back to the random code whatever was taken, all of their vCPUs run it, and their
// interrupts are on.

import Arm
import Platform
import Support

/// A kernel of random code.
struct HostileStream {
  /// What it likes to do.
  enum Weakness: CaseIterable, Sendable {
    /// Instructions: any, with many privileged ones.
    case instructions
    /// Loads and stores where no memory is.
    case devices
    /// The virtual interrupt controller.
    case interrupts
    /// HVC and SMC.
    case calls
  }

  /// Code words: 16 KiB, to which the vectors return.
  private static let codeSize = 0x4000

  var random: SeededRandom
  let weakness: Weakness
  let cores: Int
  /// Whether stage 1 is on: VA = PA, all of it Normal memory, so that misaligned and exclusive accesses
  /// and cache maintenance come to devices as well.
  let usesTables: Bool
  /// Whether it may make accesses that no syndrome describes, the first of which ends it on a
  /// hypervisor that does as Linux does.
  let isUndecodable: Bool

  init(_ weakness: Weakness, seed: UInt64, cores: Int) {
    random = SeededRandom(seed: seed)
    self.weakness = weakness
    self.cores = cores
    usesTables = random.below(2) == 0
    isUndecodable = random.below(4) == 0
  }

  /// The Image.
  mutating func image() -> [UInt8] {
    BareGuest.image(size: 4 << 20) { code, start in
      let vectors = code.label()
      let tables = code.label()
      let wild = code.label()
      setUp(&code, start, vectors, tables)
      for register: UInt32 in 0..<29 { code.mov(register, value()) }
      code.b(wild)

      code.align(HostileStream.codeSize)
      code.place(wild)
      let end = code.words.count + HostileStream.codeSize / 4 - 16
      while code.words.count < end { step(&code) }
      code.b(wild)

      code.align(2048)
      code.place(vectors)
      for slot in 0..<16 {
        code.align(128)
        let isInterrupt = slot % 4 == 1
        code.mrs(29, .elr)
        // Behind the instruction; after an interrupt anywhere, as the clock says: out of every loop.
        if isInterrupt {
          code.mrs(29, SystemRegister.cntvctEL0.encoding)
          code.emit(0xD37E_F7BD)  // LSL X29, X29, #2
        } else {
          code.add(29, 29, 4)
        }
        code.adr(30, wild)
        code.emit(0xB340_37BE)  // BFI X30, X29, #0, #14
        code.msr(.elr, 30)
        if isInterrupt { startTimer(&code, 29) }
        // EL1h, interrupts open; half of the time not, so that one that stays pending does not keep
        // everything else from being executed.
        code.mrs(29, SystemRegister.cntvctEL0.encoding)
        code.emit(0x9279_03BD)  // AND X29, X29, #0x80
        code.mov(30, 0x345)
        code.add(29, 29, register: 30)
        code.msr(.spsr, 29)
        code.eret()
      }
      code.align(128)

      code.align(4096)
      code.place(tables)
      for index: UInt64 in 0..<512 {
        // A block of level 1: AF, inner shareable, attributes 0.
        let block = index << 30 | 0x701
        code.emit(UInt32(truncatingIfNeeded: block))
        code.emit(UInt32(block >> 32))
      }
    }
  }

  // MARK: Before

  /// The virtual timer fires soon: nothing waits or loops for ever.
  private func startTimer(_ code: inout Assembly, _ scratch: UInt32) {
    code.mov(scratch, 301)
    code.msr(SystemRegister.cntvTVALEL0.encoding, scratch)
    code.mov(scratch, 1)
    code.msr(SystemRegister.cntvCTLEL0.encoding, scratch)
  }

  private mutating func setUp(
    _ code: inout Assembly, _ start: Assembly.Label, _ vectors: Assembly.Label,
    _ tables: Assembly.Label
  ) {
    code.adr(26, start)
    code.adr(1, vectors)
    code.msr(.vbar, 1)
    code.mov(1, 3 << 20)
    code.msr(.cpacr, 1)
    if usesTables {
      code.mov(1, 0xFF)
      code.msr(.mair, 1)
      // 39 bits, 4 KiB, write-back inner shareable walks, 40 bits of IPA; the upper half is off.
      code.mov(1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32)
      code.msr(.tcr, 1)
      code.adr(1, tables)
      code.msr(.ttbr0, 1)
      code.isb()
      code.mov(1, 0x30D0_1805 | 1 << 23)
      code.msr(.sctlr, 1)
    }
    code.isb()
    // Every vCPU starts the next one.
    code.mrs(20, SystemRegister.mpidrEL1.encoding)
    code.mov(1, 0xFF)
    code.and(20, 20, 1)
    code.mov(0, 0xC400_0003)  // CPU_ON
    code.add(1, 20, 1)
    code.move(2, 26)
    code.mov(3, 0)
    code.hvc()
    // The distributor, this vCPU's redistributor and CPU interface: everything is enabled.
    code.mov(2, MemoryMap.gicDistributor)
    code.mov(1, 0x13)
    code.storeWord(1, 2)
    code.mov(2, MemoryMap.gicRedistributors)
    code.emit(0xD36F_BA94)  // LSL X20, X20, #17
    code.add(2, 2, register: 20)
    code.mov(1, 0)
    code.storeWord(1, 2, 0x14)
    code.add(2, 2, 0x1_0000)
    code.mov(1, 0xFFFF_FFFF)
    code.storeWord(1, 2, 0x80)
    code.storeWord(1, 2, 0x100)
    for index: UInt32 in 0..<8 {
      code.mov(1, random.next() & 0xF0F0_F0F0)
      code.storeWord(1, 2, 0x400 + index * 4)
    }
    code.mov(1, 7)
    code.msr(.sre, 1)
    code.mov(1, 0xFF)
    code.msr(.pmr, 1)
    code.mov(1, 1)
    code.msr(.igrpen0, 1)
    code.msr(.igrpen1, 1)
    startTimer(&code, 1)
    code.isb()
    code.emit(0xD503_42FF)  // MSR DAIFClr, #2
  }

  // MARK: Steps

  private mutating func step(_ code: inout Assembly) {
    let choice = random.below(16)
    switch weakness {
    case .instructions:
      switch choice {
      case 0..<7: code.emit(instruction())
      case 7..<10: code.emit(systemWord())
      case 10: leaveException(&code)
      case 11: wait(&code)
      case 12, 13: access(&code)
      case 14: interrupt(&code)
      default: call(&code)
      }
    case .devices:
      if choice < 14 { access(&code) } else { code.emit(systemWord()) }
    case .interrupts:
      switch choice {
      case 0..<11: interrupt(&code)
      case 11: wait(&code)
      case 12: code.emit(random.below(4) == 0 ? 0xD503_4FDF : 0xD503_42FF)  // DAIFSet, DAIFClr I
      case 13: code.emit(systemWord())
      default: access(&code)
      }
    case .calls:
      switch choice {
      case 0..<13: call(&code)
      case 13: wait(&code)
      case 14: interrupt(&code)
      default: code.emit(instruction())
      }
    }
  }

  /// A number that somebody may stumble over.
  private mutating func value() -> UInt64 {
    switch random.below(8) {
    case 0: random.below(16)
    case 1: 1 << random.below(64)
    case 2: UInt64.max - random.below(0x2000)
    case 3, 4: address()
    case 5: random.next() & 0xFFFF_FFFF
    default: random.next()
    }
  }

  /// An address worth going to.
  private mutating func address() -> UInt64 {
    switch random.below(16) {
    case 0...3: MemoryMap.gicDistributor + random.below(0x1_0008)
    case 4...7: MemoryMap.gicRedistributors + random.below(UInt64(cores) * 0x2_0000 + 0x1_0000)
    case 8: MemoryMap.uart0 + random.below(0x1000)
    // Behind its RAM of 16 MiB, between devices, beyond every address.
    case 9: MemoryMap.ram + 0x100_0000 - 16 + random.below(0x1_0000)
    case 10: random.below(MemoryMap.ram)
    case 11: random.next() & 0xFF_FFFF_FFFF
    case 12: random.next()
    // All of its RAM has its own code, the VMM's tables and the error sources in it.
    case 13: MemoryMap.ram + random.below(0x100_0000)
    default: MemoryMap.ram + 0x30_0000 + random.below(0x20_0000)
    }
  }

  /// A word that is an instruction more often than chance would have it.
  private mutating func instruction() -> UInt32 {
    let word = UInt32(truncatingIfNeeded: random.next())
    switch random.below(8) {
    case 0: return word
    case 1: return 0x3800_0000 | word & 0xC7FF_FFFF  // loads and stores of a register
    case 2: return 0x0800_0000 | word & 0xF3FF_FFFF  // exclusives, pairs, structures
    case 3: return 0x0E00_0000 | word & 0xF1FF_FFFF  // FP and Advanced SIMD
    case 4: return 0x5400_0000 | word & 0x00_07EF  // a conditional branch, near and forward
    case 5: return 0xD400_0000 | word & 0x001F_FFE3  // SVC, HVC, SMC, BRK
    default: return 0x0A00_0000 | word & 0xF5FF_FFFF  // register arithmetic
    }
  }

  /// MSR, MRS, SYS, SYSL, hints and barriers.
  private mutating func systemWord() -> UInt32 {
    let word = UInt32(truncatingIfNeeded: random.next())
    while true {
      switch random.below(8) {
      case 0: return 0xD500_0000 | word & 0x3F_FFFF
      case 1: return 0xD503_201F | word & 0xFE0
      case 2, 3:
        // AT, DC, IC, TLBI: op0 1, CRn 7 or 8.
        return 0xD508_0000 | (random.below(2) == 0 ? 0x7000 : 0x8000) | word & 0x7_0FFF
      default:
        // Those of EL1 and EL0 half of the time; what ends the guest at once is rare.
        var bits = word >> 5 & 0x7FFF
        if random.below(2) == 0 { bits = bits & 0x07FF | 0x4000 }
        let register = SystemRegisterEncoding(bits: bits)
        let isFatal: Bool = [.vbar, .sctlr, .ttbr0, .tcr, .mair].contains(register)
        if isFatal, random.below(64) != 0 { continue }
        return 0xD510_0000 | bits << 5 | word & 0x20_001F
      }
    }
  }

  /// ERET with random state, to random code mostly.
  private mutating func leaveException(_ code: inout Assembly) {
    if random.below(16) == 0 {
      code.mov(1, address())
    } else {
      code.emit(0x1000_0001 | UInt32(random.below(64)) << 5)  // ADR X1, a little further
    }
    code.msr(.elr, 1)
    code.mov(
      2, random.below(16) == 0 ? random.next() : random.pick([0x3C5, 0x3C4, 0, 0x3C0, 0x345]))
    code.msr(.spsr, 2)
    code.eret()
  }

  /// WFI and WFE, mostly with a timer that ends it.
  private mutating func wait(_ code: inout Assembly) {
    if random.below(8) != 0 {
      let timer: UInt8 = random.below(2) == 0 ? 2 : 3
      code.mov(1, random.below(5000))
      code.msr(SystemRegisterEncoding(3, 3, 14, timer, 0), 1)
      code.mov(1, 1)
      code.msr(SystemRegisterEncoding(3, 3, 14, timer, 1), 1)
    }
    code.emit(0xD503_205F | UInt32(random.below(2)) << 5)
  }

  /// A load, a store or maintenance of an address.
  private mutating func access(_ code: inout Assembly) {
    let base = UInt32(random.below(28))
    var place = address()
    if random.below(4) != 0 { place &= ~7 }
    code.mov(base, place)
    let word = UInt32(truncatingIfNeeded: random.next())
    let operands = base << 5 | word & 0x1F
    let size = UInt32(random.below(4)) << 30
    let isWild = isUndecodable || place >> 24 == MemoryMap.ram >> 24
    switch random.below(isWild ? 14 : 6) {
    case 0: code.emit(0x3900_0000 | size | word & 0x40_0000 | operands)  // STR, LDR, no offset
    case 1: code.emit(0x3880_0000 | UInt32(random.below(3)) << 30 | operands)  // LDRS*
    case 2: code.emit(0x3800_0000 | size | word & 0x40_0000 | (word & 0x1F_F000) | operands)
    case 3: code.emit(0x3820_6800 | size | word & 0x40_0000 | 31 << 16 | operands)  // [Xn, XZR]
    case 4: code.emit(0x089F_FC00 | size | word & 0x40_0000 | operands)  // STLR, LDAR
    case 5: code.emit(0xD50B_7A20 | base)  // DC CVAC; PRFM has no fault
    case 6: code.emit(0x3800_0400 | size | word & 0x40_0800 | word & 0x1F_F000 | operands)
    case 7: code.emit(0x2800_0000 | word & 0xC5FF_FC1F | base << 5)  // pairs, vectors too
    case 8: code.emit(0x0800_0000 | size | word & 0x7F_FC1F | base << 5)  // exclusives
    case 9: code.emit(0x3820_0000 | size | word & 0xDF_FC1F | base << 5)  // atomics
    case 10: code.emit(0x3C00_0000 | word & 0xC0FF_FC1F | base << 5)  // vectors
    case 11: code.emit(0x0C00_0000 | word & 0x40FF_FC1F | base << 5)  // structures
    case 12: code.emit(0x3D00_0000 | word & 0xC0C0_001F | base << 5)
    default: code.emit(random.pick([0xD50B_7420, 0xD508_7620, 0xD50B_7E20, 0xD50B_7520]) | base)
    }
  }

  /// Something for the virtual interrupt controller.
  private mutating func interrupt(_ code: inout Assembly) {
    let register = UInt32(1 + random.below(8))
    switch random.below(12) {
    case 0...3:
      // SGIs: to others, to itself, to cores that are not there; a range selector.
      code.mov(
        register,
        random.below(4) == 0
          ? random.next()
          : random.below(16) << 24 | (random.below(3) == 0 ? 1 << 40 : 0) | random.below(0x100))
      code.msr(SystemRegisterEncoding(3, 0, 12, 11, random.pick([5, 5, 5, 6, 7])), register)
    case 4, 5:
      // An end of what is active, or is not.
      if random.below(2) == 0 {
        code.mrs(register, random.below(4) == 0 ? SystemRegister.iccIAR0EL1.encoding : .iar1)
      } else {
        code.mov(register, random.below(2) == 0 ? random.below(64) : value())
      }
      let end: SystemRegister = random.pick([.iccEOIR1EL1, .iccEOIR0EL1, .iccDIREL1])
      code.msr(end.encoding, register)
    case 6: code.mrs(register, .iar1)
    case 7:
      code.mov(register, random.below(2) == 0 ? 0xFF : value())
      code.msr(.pmr, register)
    case 8, 9:
      // Any of ICC_* and of what lies between: CRn 12, CRm 8 to 15.
      code.mov(register, value())
      let bits = 0x4600 | UInt32(8 + random.below(8)) << 3 | UInt32(random.below(8))
      code.emit((random.below(3) == 0 ? 0xD530_0000 : 0xD510_0000) | bits << 5 | register)
    case 10:
      // Pending, active, enabled, priorities, configuration, routes of some interrupts.
      let isPrivate = random.below(2) == 0
      let frame =
        isPrivate
        ? MemoryMap.gicRedistributors + random.below(UInt64(cores)) * 0x2_0000 + 0x1_0000
        : MemoryMap.gicDistributor
      code.mov(register, frame + random.below(isPrivate ? 0x400 : 0x1900) * 4)
      code.mov(9, value())
      code.storeWord(9, register)
    default:
      code.mov(register, random.below(0x40))
      let timer: UInt8 = random.below(2) == 0 ? 2 : 3
      code.msr(SystemRegisterEncoding(3, 3, 14, timer, UInt8(random.below(3))), register)
    }
  }

  /// A call of whoever is above.
  private mutating func call(_ code: inout Assembly) {
    var function: UInt64
    switch random.below(8) {
    case 0...3:
      // PSCI, without switching the machine off every time.
      function = 0x8400_0000 | random.below(2) << 30 | random.below(0x18)
      if [8, 9, 0x12].contains(function & 0x1F), random.below(16) != 0 { function += 0x20 }
      if function & 0x1F == 2, random.below(8) != 0 { function -= 2 }
    case 4: function = 0x8000_0000 | random.below(2) << 30 | random.below(4) << 14 | random.below(4)
    case 5: function = 0x8600_0000 | random.below(2) << 30 | random.below(0x1_0000)  // vendor's
    case 6: function = random.next() & 0xFFFF_FFFF
    default: function = value()
    }
    code.mov(0, function)
    for register: UInt32 in 1...3 {
      code.mov(register, random.below(2) == 0 ? random.below(8) : value())
    }
    // An entry that gives the other vCPU something to do.
    if random.below(2) == 0 { code.emit(0x1000_0002) }
    code.emit(
      (random.below(4) == 0 ? 0xD400_0003 : 0xD400_0002) | UInt32(random.below(0x1_0000)) << 5)
  }
}
