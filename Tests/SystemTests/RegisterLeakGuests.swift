// A guest that fills every register it can write with a pattern, and a guest and a process that write
// down every register they can read. What the two see must not depend on the pattern.

import Arm
import Platform

enum RegisterLeakGuests {
  static let pattern: UInt64 = 0xA5C3_96E1_5A3C_691E

  // MARK: The painter

  /// Registers that hold nearly all of a pattern, and what is read of them needs no exception.
  /// Exceptions destroy some of them, so they are painted last and read first.
  static let paintable = painted.map(\.encoding)
  private static let painted: [SystemRegister] = [
    .elrEL1, .spsrEL1, .esrEL1, .farEL1, .parEL1, .spEL0, .tpidrEL0, .tpidrroEL0, .tpidrEL1,
    .contextidrEL1, .mairEL1, .ttbr0EL1, .ttbr1EL1, .tcrEL1, .afsr0EL1, .afsr1EL1, .amairEL1,
    .csselrEL1, .cntkctlEL1, .disrEL1, .iccPMREL1, .iccIGRPEN0EL1, .iccIGRPEN1EL1, .iccBPR0EL1,
    .iccBPR1EL1, .iccCTLREL1, .iccAP0R0EL1, .iccAP1R0EL1, .cntvCVALEL0, .cntpCVALEL0,
    .cntvCTLEL0, .cntpCTLEL0, .fpcr, .fpsr,
  ]

  /// Writes X28 everywhere: to every encoding there is, then to what exceptions destroyed, to the
  /// vectors and to the general registers. Exceptions must not come until `vectors` are back.
  private static func paint(_ code: inout Assembly) {
    code.emit(0xD500_41BF)  // MSR SPSel, #1
    code.maskAll()
    // Vectors, translation and masks would end the painter.
    let kept: Set<SystemRegisterEncoding> = [.vbar, .sctlr, .daif]
    for register in SystemRegisterEncoding.all where !kept.contains(register) {
      code.msr(register, 28)
    }
    code.maskAll()
    code.mov(1, 3 << 20)
    code.msr(.cpacr, 1)
    code.isb()
    for register: UInt32 in 0..<32 { code.duplicate(register, 28) }
    for register in paintable { code.msr(register, 28) }
    // SA0, UMA, I, DZE, UCT, nTWI, nTWE, C, UCI of the pattern; the MMU stays off.
    code.mov(1, 0x0405_D214)
    code.and(1, 1, 28)
    code.mov(2, 0x30D0_0800)
    code.orr(1, 1, 2)
    code.msr(.sctlr, 1)
    code.emit(0xD500_41BF)
    code.moveSP(31, 28)
    for register: UInt32 in 0..<31 where register != 28 { code.move(register, 28) }
  }

  /// Paints again and again, and leaves the paint in place for more than a turn in between.
  static func painter(_ pattern: UInt64) -> [UInt8] {
    BareGuest.image { code, _ in
      let vectors = code.label()
      code.adr(1, vectors)
      code.msr(.vbar, 1)
      code.mov(28, pattern)
      let again = code.here()
      paint(&code)
      code.msr(.cpacr, 28)
      code.msr(.vbar, 28)
      code.mov(0, 6_000_000)
      let wait = code.here()
      code.subtract(0, 0, 1)
      code.b(.ne, wait)
      code.adr(1, vectors)
      code.msr(.vbar, 1)
      code.isb()
      code.b(again)
      code.place(vectors, at: BareGuest.skippingVectors(&code, scratch: 29))
    }
  }

  // MARK: The reader

  /// What a register reads as that is not there.
  static let absent: UInt64 = 0xAB5E_17AB_5E17_AB5E
  /// What the reader has in its own registers while it waits.
  static let own: UInt64 = 0x0123_4567_89AB_CDEF

  /// Offsets in the reader's image.
  enum Place {
    /// X1...X30, SP, `paintable`, VBAR_EL1, SCTLR_EL1, CPACR_EL1, V0...V31, FPCR, FPSR; of vCPU 0,
    /// of vCPU 1, and of the reader's own content after each wait.
    static let first: UInt64 = 0x20_0000
    static let firstSize: UInt64 = 0x1000
    /// Every encoding, in their order.
    static let sweeps: UInt64 = 0x30_0000
    static let sweepSize: UInt64 = 0x4_0000
  }

  /// Waits of the reader.
  static let waits: UInt64 = 2
  /// Sweeps: of vCPU 0 at its start and after each wait, and of vCPU 1.
  static var sweeps: UInt64 { waits + 2 }

  /// The names of the words at `Place.first`.
  static let firstNames: [String] =
    (1..<31).map { "X\($0)" } + ["SP"] + paintable.map(\.generic)
    + ["VBAR_EL1", "SCTLR_EL1", "CPACR_EL1"] + (0..<32).flatMap { ["V\($0) low", "V\($0) high"] }
    + ["FPCR", "FPSR"]

  /// Stores all at X0, which is the only register whose content it does not see.
  private static func storeFirst(_ code: inout Assembly) {
    for register: UInt32 in stride(from: 1, to: 31, by: 2) {
      code.pushPair(register, register + 1, 0)
    }
    code.moveSP(1, 31)
    code.push(1, 0)
    let fp: Set<SystemRegisterEncoding> = [.fpcr, .fpsr]
    for register in paintable + [.vbar, .sctlr, .cpacr] {
      // These two need CPACR_EL1, and are behind the vectors again.
      if fp.contains(register) { code.mov(1, 0) } else { code.mrs(1, register) }
      code.push(1, 0)
    }
    code.mov(1, 3 << 20)
    code.msr(.cpacr, 1)
    code.isb()
    for register: UInt32 in 0..<32 { code.pushVector(register, 0) }
    for register: SystemRegisterEncoding in [.fpcr, .fpsr] {
      code.mrs(1, register)
      code.push(1, 0)
    }
  }

  /// A subroutine: every encoding to X1 on. X0, X2, X29 are lost.
  private static func sweep(_ code: inout Assembly) -> Assembly.Label {
    let label = code.here()
    code.mov(2, absent)
    for register in SystemRegisterEncoding.all {
      code.move(0, 2)
      code.mrs(0, register)
      code.push(0, 1)
    }
    code.ret()
    return label
  }

  /// X1 = the image's start + a place.
  private static func find(
    _ code: inout Assembly, _ d: UInt32, _ start: Assembly.Label, _ place: UInt64
  ) {
    code.adr(d, start)
    code.add(d, d, UInt32(place))
  }

  /// Fills what a program may use with its own.
  private static func fillOwn(_ code: inout Assembly, isGuest: Bool) {
    code.mov(1, isGuest ? own : ~own)
    for register: UInt32 in 0..<32 { code.duplicate(register, 1) }
    var registers: [SystemRegisterEncoding] = [.tpidrEL0, .fpcr, .fpsr]
    if isGuest { registers += [.tpidrroEL0, .tpidrEL1, .spEL0, .par, .contextidr] }
    for register in registers { code.msr(register, 1) }
    for register: UInt32 in 2..<31 { code.move(register, 1) }
  }

  /// The reader's kernel. With `paints`, it paints its own registers first: then it must see all.
  static func reader(paints: UInt64? = nil) -> [UInt8] {
    BareGuest.image { code, start in
      let vectors = code.label()
      let sweep = code.label()
      let second = code.label()
      if let paints {
        code.adr(1, vectors)
        code.msr(.vbar, 1)
        code.mov(28, paints)
        paint(&code)
      }
      find(&code, 0, start, Place.first)
      storeFirst(&code)
      code.adr(1, vectors)
      code.msr(.vbar, 1)
      code.isb()
      find(&code, 1, start, Place.sweeps)
      code.bl(sweep)
      if paints != nil { code.rest(Mark.guest) }

      code.mov(0, 0xC400_0003)  // CPU_ON
      code.mov(1, 1)
      code.adr(2, second)
      code.mov(3, 0)
      code.hvc()
      for wait in 0..<waits {
        fillOwn(&code, isGuest: true)
        code.mov(0, 5_500_000)
        let here = code.here()
        code.subtract(0, 0, 1)
        code.b(.ne, here)
        find(&code, 0, start, Place.first + (2 + wait) * Place.firstSize)
        storeFirst(&code)
        find(&code, 1, start, Place.sweeps + (1 + wait) * Place.sweepSize)
        code.bl(sweep)
      }
      // Until vCPU 1 says that it is ready.
      find(&code, 9, start, Place.first - 8)
      let ready = code.here()
      code.ldr(10, 9)
      code.cbz(10, ready)
      code.rest(Mark.guest)

      code.place(second)
      find(&code, 0, start, Place.first + Place.firstSize)
      storeFirst(&code)
      code.adr(1, vectors)
      code.msr(.vbar, 1)
      code.isb()
      find(&code, 1, start, Place.sweeps + (1 + waits) * Place.sweepSize)
      code.bl(sweep)
      find(&code, 9, start, Place.first - 8)
      code.mov(10, 1)
      code.str(10, 9)
      code.mov(0, 0x8400_0002)  // CPU_OFF
      code.hvc()

      code.place(vectors, at: BareGuest.skippingVectors(&code, scratch: 29))
      code.place(sweep, at: self.sweep(&code))
    }
  }

  // MARK: The process

  /// The process: what it starts with, then its own after each of its waits.
  static func process() -> [UInt8] {
    BareProgram.file(size: 0x1_0000) { code in
      func store(_ code: inout Assembly) {
        for register: UInt32 in stride(from: 1, to: 31, by: 2) {
          code.pushPair(register, register + 1, 0)
        }
        for register: UInt32 in 0..<32 { code.pushVector(register, 0) }
        for register: SystemRegisterEncoding in [.fpcr, .fpsr, .tpidrEL0, .tpidrroEL0, .nzcv] {
          code.mrs(1, register)
          code.push(1, 0)
        }
      }
      let start = code.label()
      // X0 is lost; there is nothing in it that another could have left: it is zero at a start.
      code.emit(0xD2A0_0800)  // MOVZ X0, #0x40, LSL #16
      code.add(0, 0, 0x8000)
      store(&code)
      code.b(start)
      code.place(start)
      for wait in 0..<waits + 1 {
        fillOwn(&code, isGuest: false)
        code.mov(0, 5_500_000)
        let here = code.here()
        code.subtract(0, 0, 1)
        code.b(.ne, here)
        code.mov(0, BareProgram.base + 0x9000 + wait * 0x1000)
        store(&code)
      }
      code.mov(9, 0)
      code.wipeRandomBytes()
      code.rest(Mark.process)
    }
  }
}
