// A small machine on which anything may happen: random registers, page tables, vectors that come
// back to random code whatever was taken, poison, and cores at any exception level.
//
// There is no firmware: the cores' state is set from outside, as if some software had done it.

import Arm
import Machine
import Platform
import Support

/// The machine.
struct HostileGuest {
  /// 16 MiB of RAM.
  static let ramSize: UInt64 = 16 << 20
  /// 16 KiB that the vectors return into.
  static let code = MemoryMap.ram + 0x80_0000
  /// Instructions of it.
  static let codeWords = 4096
  /// Per exception level, 2 KiB of vectors.
  static let vectors = MemoryMap.ram + 0x90_0000
  /// One page of level 1 descriptors: blocks of 1 GiB, VA = PA.
  static let identityTable = MemoryMap.ram + 0x91_0000
  /// One page of anything.
  static let wildTable = MemoryMap.ram + 0x92_0000

  let board: Board
  var random: SeededRandom
  /// The poisoned lines.
  private var poisoned: [UInt64] = [MemoryMap.ram]

  init(cores: Int, seed: UInt64, engine: ExecutionEngine = .standard) throws {
    board = try Board(
      BoardConfiguration(
        coreCount: cores, ramSize: HostileGuest.ramSize, firmware: [], engine: engine))
    random = SeededRandom(seed: seed)
  }

  // MARK: Memory

  mutating func fillMemory() {
    write(HostileGuest.code, (0..<HostileGuest.codeWords).map { _ in instruction() })
    for level: UInt32 in 1...3 {
      // MRS X29, ELR_ELx; ADD X29, X29, #4; MOVZ X30, #code, LSL #16; BFI X30, X29, #0, #14;
      // MSR ELR_ELx, X30; ERET.
      let register: UInt32 = [0, 0, 4, 6][Int(level)] << 16
      let slot: [UInt32] = [
        0xD538_4020 | register | 29, 0x9100_13BD,
        0xD2A0_001E | UInt32(HostileGuest.code >> 16) << 5, 0xB340_37BE,
        0xD518_4020 | register | 30, 0xD69F_03E0,
      ]
      for index in 0..<16 {
        write(HostileGuest.vectors + UInt64(level) * 0x800 + UInt64(index) * 0x80, slot)
      }
    }
    for index: UInt64 in 0..<512 {
      // A valid block: AF, inner shareable, AP, attribute index and NS as they come.
      let attributes = random.next() & 0x00F0_0000_0000_00FC | 1 << 10 | 3 << 8
      write(HostileGuest.identityTable + index * 8, index << 30 | attributes | 1)
      var wild = random.next()
      if wild >> 62 == 0 { wild = HostileGuest.ramSize - 1 & wild | MemoryMap.ram | 3 }
      write(HostileGuest.wildTable + index * 8, wild)
    }
    for _ in 0..<random.below(8) {
      var poison = Poison()
      poison.state = random.pick([.recoverable, .restartable, .uncontainable, .unrecoverable])
      let line = MemoryMap.ram + random.below(HostileGuest.ramSize) & ~63
      if board.bus.plantPoison(PhysicalAddress(line), poison) { poisoned.append(line) }
    }
  }

  /// Replaces the code.
  func write(code words: [UInt32]) { write(HostileGuest.code, words) }

  private func write(_ address: UInt64, _ words: [UInt32]) {
    board.bus.writeBytes(
      PhysicalAddress(address),
      words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } })
  }

  private func write(_ address: UInt64, _ value: UInt64) {
    write(address, [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)])
  }

  /// An instruction word: any, or of a class that random words seldom hit.
  private mutating func instruction() -> UInt32 {
    let word = UInt32(truncatingIfNeeded: random.next())
    switch random.below(8) {
    case 0: return word
    case 1: return 0xD500_0000 | word & 0x3F_FFFF  // system
    case 2: return 0xD510_0000 | word & 0x2F_FFFF | 1 << 20  // MSR, MRS
    case 3: return 0x3800_0000 | word & 0xC7FF_FFFF  // loads and stores of a register
    case 4: return 0x0800_0000 | word & 0xF3FF_FFFF  // exclusives, pairs, structures
    case 5: return 0x0E00_0000 | word & 0xF1FF_FFFF  // FP and Advanced SIMD
    case 6: return 0x5400_0000 | word & 0x00_7FEF  // a conditional branch, near and forward
    default: return 0x0A00_0000 | word & 0xF5FF_FFFF  // register arithmetic
    }
  }

  // MARK: Cores

  /// An address worth going to.
  mutating func address() -> UInt64 {
    switch random.below(13) {
    case 0: return random.next()
    case 1: return MemoryMap.gicDistributor + random.below(0x1_0000)
    case 2: return MemoryMap.gicRedistributors + random.below(0x10_0000)
    case 3: return MemoryMap.uart0 + random.below(0x1000)
    case 4:
      return random.pick([
        MemoryMap.rtc, MemoryMap.gpio, MemoryMap.secureUART, MemoryMap.secureGPIO,
      ]) + random.below(0x1000)
    case 5: return MemoryMap.fwCfg + random.below(0x18)
    case 6: return MemoryMap.virtio + random.below(MemoryMap.virtioStride * MemoryMap.virtioCount)
    case 7: return MemoryMap.ram + HostileGuest.ramSize - random.below(128)
    case 8: return random.below(MemoryMap.flashSize * 2 + 0x100)
    case 9: return HostileGuest.code + random.below(0x4000)
    case 10: return random.pick(poisoned) + random.below(64)
    default: return MemoryMap.ram + random.below(HostileGuest.ramSize)
    }
  }

  /// Puts a core into some state at an exception level, about to execute at `pc`.
  mutating func start(_ core: Core, at level: UInt64, pc: UInt64) {
    let state = core.state
    for register: UInt8 in 0...31 { state[x: register] = address() }
    for index in 0..<4 { state[bankedSP: index] = address() & ~15 }
    for register: UInt8 in 0..<32 {
      state[v: register, 0] = random.next()
      state[v: register, 1] = random.next()
    }
    state.el = level
    state.spSel = level == 0 ? 0 : random.below(2)
    state.daif = random.next() & 0x3C0
    state.pan = random.below(2)
    state.uao = random.below(2)
    state.waiting = 0
    state.pc = pc
    // RW at each level: AArch64 only.
    state[.scrEL3] = random.next() & 0x3_FF8E | random.below(4).nonzeroBit | 1 << 10
    state[.hcrEL2] = random.next() & 0x7F_FFFF_FFFF & random.next() | 1 << 31
    state[.vbarEL1] = HostileGuest.vectors + 0x800
    state[.vbarEL2] = HostileGuest.vectors + 0x1000
    state[.vbarEL3] = HostileGuest.vectors + 0x1800
    state[.cpacrEL1] = random.next() & 0x30_0000
    // 39 bits, 4 KiB, from level 1, as the tables are.
    state[.tcrEL1] = random.next() & 0x7F_0000_0000 | 25 | 25 << 16 | 2 << 30
    state[.tcrEL2] = state[.hcrEL2] >> 34 & 1 != 0 ? state[.tcrEL1] : 25 | 2 << 16
    state[.tcrEL3] = 25 | 2 << 16
    state[.vtcrEL2] = random.next() & 0x7_0000 | 25 | 1 << 6
    for register: SystemRegister in [
      .ttbr0EL1, .ttbr1EL1, .ttbr0EL2, .ttbr1EL2, .ttbr0EL3, .vttbrEL2,
    ] {
      state[register] =
        (random.below(4) == 0 ? HostileGuest.wildTable : HostileGuest.identityTable)
        | random.below(4) << 48
    }
    for register: SystemRegister in [.sctlrEL1, .sctlrEL2, .sctlrEL3] {
      // M and WXN one time in two, SA and the rest as they come.
      let mask: UInt64 = random.below(2) == 0 ? 0x0100_0005 : 0
      state[register] = random.next() & (mask | 0x20_F018)
    }
    for register: SystemRegister in [.mairEL1, .mairEL2, .mairEL3] {
      state[register] = random.next()
    }
    core.pendingEffects.insert([.translation, .privilege, .interruptMask, .floatingPoint])
  }
}

extension UInt64 {
  /// 1 for anything but 0: SCR_EL3.NS three times in four.
  fileprivate var nonzeroBit: UInt64 { self == 0 ? 0 : 1 }
}
