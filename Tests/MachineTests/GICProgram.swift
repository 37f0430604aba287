// The program of the side-by-side test: straight-line code without MMU that makes a list of accesses
// at the Exception levels asked for and prints what each gave, for `qemu-system-aarch64 -M virt`.

import Arm
import Machine
import Support

/// The registers that accesses are made to.
let gicRegisters: [SystemRegister] = [
  .iccPMREL1, .iccIAR0EL1, .iccEOIR0EL1, .iccHPPIR0EL1, .iccBPR0EL1, .iccAP0R0EL1, .iccAP0R1EL1,
  .iccAP1R0EL1, .iccAP1R1EL1, .iccDIREL1, .iccRPREL1, .iccSGI1REL1, .iccASGI1REL1, .iccSGI0REL1,
  .iccIAR1EL1, .iccEOIR1EL1, .iccHPPIR1EL1, .iccBPR1EL1, .iccCTLREL1, .iccSREEL1, .iccIGRPEN0EL1,
  .iccIGRPEN1EL1, .iccSREEL2, .iccCTLREL3, .iccSREEL3, .iccIGRPEN1EL3, .ichAP0R0EL2, .ichAP0R1EL2,
  .ichAP1R0EL2, .ichAP1R1EL2, .ichHCREL2, .ichVTREL2, .ichMISREL2, .ichEISREL2, .ichELRSREL2,
  .ichVMCREL2, .ichLR0EL2, .ichLR1EL2, .ichLR2EL2, .ichLR3EL2, .ichLR4EL2, .ichLR15EL2, .cntpCTLEL0,
  .cntpCVALEL0, .cntvCTLEL0, .cntvCVALEL0, .cnthpCTLEL2, .cnthpCVALEL2, .cntpsCTLEL1, .cntpsCVALEL1,
  .cntfrqEL0, .cntvoffEL2, .cntkctlEL1, .cnthctlEL2,
]

/// One access.
enum GICAccess {
  case read(SystemRegister)
  case write(SystemRegister, UInt64)
  case readMemory(UInt64, size: Int)
  case writeMemory(UInt64, size: Int, UInt64)
  /// ISR_EL1: what the PE is signalled.
  case readSignals
}

/// Where accesses are made from: an Exception level and the registers that shape it.
struct GICContext {
  var level: ExceptionLevel
  var scr: UInt64
  var hcr: UInt64
  var view: InterruptView {
    InterruptView(
      level: level, isSecure: level == .el3 || scr & 1 == 0, scrEL3: scr, hcrEL2: hcr)
  }
}

/// Bare-metal code, at an address that both Security states can fetch from.
struct GICProgram {
  static let base: UInt64 = 0x4010_0000
  var words: [UInt32] = []
  private var printer = 0

  init() {
    // Vector tables of EL1, EL2 and EL3 first (2 KiB each), then the printer, then `start`.
    for level in 1...3 {
      let table = words.count
      words += Array(repeating: 0x1400_0000, count: 512)  // b . (an interrupt was taken)
      for entry in [0x200, 0x400] { patchHandler(table + entry / 4, level) }
    }
    printer = words.count
    emitPrinter()
  }

  /// The handler of a synchronous exception taken to `level`: SMC stays at EL3 behind it, anything
  /// else gives the result 0xE000000000000000 | level << 8 | EC and goes on.
  private mutating func patchHandler(_ start: Int, _ level: Int) {
    let syndromes: [SystemRegister] = [.esrEL1, .esrEL2, .esrEL3]
    let returns: [SystemRegister] = [.elrEL1, .elrEL2, .elrEL3]
    var code: [UInt32] = [
      A64.mrs(9, syndromes[level - 1]),
      0xD35A_FC00 | 9 << 5 | 9,  // lsr x9, x9, #26
      A64.mrs(10, returns[level - 1]),
    ]
    if level == 3 {
      // subs xzr, x9, #0x17; b.ne +8; br x10
      code += [0xF100_001F | 0x17 << 10 | 9 << 5, 0x5400_0041, 0xD61F_0000 | 10 << 5]
    }
    code += [
      0xD2E0_0000 | 0xE000 << 5 | 1,  // movz x1, #0xE000, lsl #48
      0xF280_0000 | UInt32(level << 8) << 5 | 1,  // movk x1, #(level << 8)
      0xAA00_0000 | 9 << 16 | 1 << 5 | 1,  // orr x1, x1, x9
      0x9100_0000 | 4 << 10 | 10 << 5 | 10,  // add x10, x10, #4
      A64.msr(returns[level - 1], 10), 0xD69F_03E0,  // eret
    ]
    for (offset, word) in code.enumerated() { words[start + offset] = word }
  }

  /// Prints x1 as 16 hexadecimal digits and a line feed.
  private mutating func emitPrinter() {
    constant(7, 0x0900_0000)
    constant(3, 60)
    words += [
      0x9AC0_2400 | 3 << 16 | 1 << 5 | 4,  // lsr x4, x1, x3
      0x9240_0C00 | 4 << 5 | 4,  // and x4, x4, #15
      0x9100_0000 | 48 << 10 | 4 << 5 | 5,  // add x5, x4, #'0'
      0x9100_0000 | 87 << 10 | 4 << 5 | 6,  // add x6, x4, #'a' - 10
      0xF100_001F | 10 << 10 | 4 << 5,  // cmp x4, #10
      0x9A80_0000 | 6 << 16 | 0xB << 12 | 5 << 5 | 5,  // csel x5, x5, x6, lt
      0x3900_0000 | 7 << 5 | 5,  // strb w5, [x7]
      0xF100_0000 | 4 << 10 | 3 << 5 | 3,  // subs x3, x3, #4
      0x5400_0000 | UInt32(bitPattern: -8) << 5 & 0xFF_FFE0 | 0xA,  // b.ge
    ]
    constant(5, 10)
    words += [0x3900_0000 | 7 << 5 | 5, 0xD65F_03C0]
  }

  /// movz and movk of a 64-bit constant.
  mutating func constant(_ register: UInt32, _ value: UInt64) {
    words.append(0xD280_0000 | UInt32(value & 0xFFFF) << 5 | register)
    for part in 1..<4 where value >> UInt64(16 * part) & 0xFFFF != 0 {
      words.append(
        0xF280_0000 | UInt32(part) << 21 | UInt32(value >> UInt64(16 * part) & 0xFFFF) << 5
          | register)
    }
  }

  /// Sets the vectors and leaves the machine at EL3.
  mutating func emitStart() {
    for (index, vectors) in [SystemRegister.vbarEL1, .vbarEL2, .vbarEL3].enumerated() {
      constant(0, GICProgram.base + UInt64(index) * 0x800)
      words.append(A64.msr(vectors, 0))
    }
  }

  mutating func enter(_ context: GICContext) {
    constant(9, context.scr)
    words.append(A64.msr(.scrEL3, 9))
    constant(9, context.hcr)
    words += [A64.msr(.hcrEL2, 9), A64.isb]
    guard context.level != .el3 else { return }
    constant(9, 0x3C1 | UInt64(context.level.rawValue) << 2)
    words += [
      A64.msr(.spsrEL3, 9), 0x1000_0000 | 3 << 5 | 9, A64.msr(.elrEL3, 9), 0xD69F_03E0,
    ]
  }

  mutating func leave(_ context: GICContext) {
    if context.level != .el3 { words.append(0xD400_0003) }
  }

  mutating func emit(_ access: GICAccess) {
    switch access {
    case .read(let register):
      words.append(A64.mrs(1, register))
    case .write(let register, let value):
      constant(1, value)
      words += [A64.msr(register, 1), A64.isb]
    case .readMemory(let address, let size):
      constant(0, address)
      words.append((size == 8 ? 0xF940_0000 : size == 4 ? 0xB940_0000 : 0x3940_0000) | 1)
    case .writeMemory(let address, let size, let value):
      constant(0, address)
      constant(1, value)
      words.append((size == 8 ? 0xF900_0000 : size == 4 ? 0xB900_0000 : 0x3900_0000) | 1)
    case .readSignals: words.append(A64.mrs(1, .isrEL1))
    }
    // bl printer
    words.append(0x9400_0000 | UInt32(truncatingIfNeeded: printer - words.count) & 0x3FF_FFFF)
  }

  /// Exits QEMU through semihosting (SYS_EXIT, ADP_Stopped_ApplicationExit).
  mutating func emitExit() {
    constant(1, GICProgram.base - 0x1000)
    constant(2, 0x20026)
    words += [0xF900_0000 | 1 << 5 | 2, 0xF900_041F | 1 << 5]
    constant(0, 0x18)
    words.append(0xD440_0000 | 0xF000 << 5)
  }
}
