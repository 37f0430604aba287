// The program of the side-by-side test: bare-metal code without MMU that executes a list of MRS and
// SYS instructions in a list of contexts, and notes what each left in X1 or which exception it raised.
// It runs at 0x40200000; on QEMU it ends by writing its results to a file through semihosting.

import Arm

/// Where one list of instructions is executed.
struct SystemRegisterPass {
  /// What this context is about.
  var name: String
  var level: ExceptionLevel
  var scr: UInt64 = 0x531
  var hcr: UInt64 = 1 << 31
  var mdcr2: UInt64 = 0
  var mdcr3: UInt64 = 0
  var cptr2: UInt64 = 0
  var cptr3: UInt64 = 0
  var cpacr: UInt64 = 3 << 20
  var cnthctl: UInt64 = 0xC03
  var cntkctl: UInt64 = 0x303
  var sctlr1: UInt64 = 0x30C5_0838
  var sctlr2: UInt64 = 0x30C5_0838
  /// The instructions; X1 is their register.
  var instructions: [UInt32]

  /// The words that the program reads, with the address of the instructions.
  func descriptor(at address: UInt64) -> [UInt64] {
    [
      0x3C0 | UInt64(level.rawValue) << 2 | (level == .el0 ? 0 : 1), scr, hcr, mdcr2, mdcr3, cptr2,
      cptr3, cpacr, cnthctl, cntkctl, sctlr1, sctlr2, address, UInt64(instructions.count),
    ]
  }
}

enum SystemRegisterProgram {
  /// Where the code is.
  static let code: UInt64 = 0x4020_0000
  /// Where the program reads its passes.
  static let passes: UInt64 = 0x4100_0000
  /// Where their instructions are.
  static let instructions: UInt64 = 0x4110_0000
  /// Where the results are: X1 and, after an exception, ESR_ELx | 1 << 48 | level << 56.
  static let results: UInt64 = 0x4200_0000
  /// The last instruction, a branch to itself.
  static let end: UInt64 = 0x4020_0190

  /// The code with its three vector tables.
  static var image: [UInt32] {
    var image = words
    for (table, handler) in [(0x800, 0xD8), (0x1000, 0xF8), (0x1800, 0x118)] {
      while image.count < table / 4 { image.append(0xD503_201F) }
      for entry in 0..<16 {
        // B handler.
        let distance = (handler - table - entry * 128) / 4
        image.append(0x1400_0000 | UInt32(truncatingIfNeeded: distance) & 0x3FF_FFFF)
        image += Array(repeating: 0xD503_201F as UInt32, count: 31)
      }
    }
    return image
  }

  private static let words: [UInt32] = [
    // _start:
    0x1000_C000,  // adr x0, vec3
    0xD51E_C000,  // msr vbar_el3, x0
    0x1000_7FC0,  // adr x0, vec2
    0xD51C_C000,  // msr vbar_el2, x0
    0x1000_3F80,  // adr x0, vec1
    0xD518_C000,  // msr vbar_el1, x0
    0xD2A8_4016,  // mov x22, #0x42000000
    0xD2A8_1017,  // mov x23, #0x40800000
    0xD2A8_1E1B,  // mov x27, #0x40f00000
    0xD2A8_201C,  // mov x28, #0x41000000
    0x5280_7800,  // mov w0, #0x3c0
    0x72BA_CBE0,  // movk w0, #0xd65f, lsl #16
    0xB900_06E0,  // str w0, [x23, #4]
    // next:
    0xD280_000C,  // mov x12, #0x0
    0xF840_8793,  // ldr x19, [x28], #8
    0xB400_0833,  // cbz x19, finish
    0xD51E_4013,  // msr spsr_el3, x19
    0x1000_02C0,  // adr x0, sweep
    0xD51E_4020,  // msr elr_el3, x0
    0xA8C1_0780,  // ldp x0, x1, [x28], #16
    0xD51E_1100,  // msr scr_el3, x0
    0xD51C_1101,  // msr hcr_el2, x1
    0xD503_3FDF,  // isb
    0xA8C1_0780,  // ldp x0, x1, [x28], #16
    0xD51C_1120,  // msr mdcr_el2, x0
    0xD51E_1321,  // msr mdcr_el3, x1
    0xA8C1_0780,  // ldp x0, x1, [x28], #16
    0xD51C_1140,  // msr cptr_el2, x0
    0xD51E_1141,  // msr cptr_el3, x1
    0xA8C1_0780,  // ldp x0, x1, [x28], #16
    0xD518_1040,  // msr cpacr_el1, x0
    0xD51C_E101,  // msr cnthctl_el2, x1
    0xA8C1_0780,  // ldp x0, x1, [x28], #16
    0xD518_E100,  // msr cntkctl_el1, x0
    0xD518_1001,  // msr sctlr_el1, x1
    0xF840_8780,  // ldr x0, [x28], #8
    0xD51C_1000,  // msr sctlr_el2, x0
    0xA8C1_679A,  // ldp x26, x25, [x28], #16
    0xD69F_03E0,  // eret
    // sweep:
    0xB840_4740,  // ldr w0, [x26], #4
    0xB900_02E0,  // str w0, [x23]
    0xD503_3F9F,  // dsb sy
    0xD503_3FDF,  // isb
    0xD280_0015,  // mov x21, #0x0
    0xAA1B_03E1,  // mov x1, x27
    0xD63F_02E0,  // blr x23
    0xA881_56C1,  // stp x1, x21, [x22], #16
    0xF100_0739,  // subs x25, x25, #0x1
    0x54FF_FEE1,  // b.ne sweep
    0xD280_002C,  // mov x12, #0x1
    0xF27E_067F,  // tst x19, #0xc
    0x5400_0040,  // b.eq sweep+0x38
    0xD400_0003,  // smc #0x0
    0xD400_0001,  // svc #0x0
    // h1:
    0xB500_030C,  // cbnz x12, call1
    0xD538_5209,  // mrs x9, esr_el1
    0xD538_402A,  // mrs x10, elr_el1
    0x9100_114A,  // add x10, x10, #0x4
    0xD518_402A,  // msr elr_el1, x10
    0xD2E0_2035,  // mov x21, #0x101000000000000
    0xAA09_02B5,  // orr x21, x21, x9
    0xD69F_03E0,  // eret
    // h2:
    0xB500_020C,  // cbnz x12, call1
    0xD53C_5209,  // mrs x9, esr_el2
    0xD53C_402A,  // mrs x10, elr_el2
    0x9100_114A,  // add x10, x10, #0x4
    0xD51C_402A,  // msr elr_el2, x10
    0xD2E0_4035,  // mov x21, #0x201000000000000
    0xAA09_02B5,  // orr x21, x21, x9
    0xD69F_03E0,  // eret
    // h3:
    0xB500_012C,  // cbnz x12, call3
    0xD53E_5209,  // mrs x9, esr_el3
    0xD53E_402A,  // mrs x10, elr_el3
    0x9100_114A,  // add x10, x10, #0x4
    0xD51E_402A,  // msr elr_el3, x10
    0xD2E0_6035,  // mov x21, #0x301000000000000
    0xAA09_02B5,  // orr x21, x21, x9
    0xD69F_03E0,  // eret
    // call1:
    0xD400_0003,  // smc #0x0
    // call3:
    0x17FF_FFBE,  // b next
    // finish:
    0xD2A8_0001,  // mov x1, #0x40000000
    0xF282_0001,  // movk x1, #0x1000
    0x1000_0262,  // adr x2, name
    0xD280_0083,  // mov x3, #0x4
    0xD280_00E4,  // mov x4, #0x7
    0xA900_0C22,  // stp x2, x3, [x1]
    0xF900_0824,  // str x4, [x1, #16]
    0x5280_0020,  // mov w0, #0x1
    0xD45E_0000,  // hlt #0xf000
    0xD2A8_4002,  // mov x2, #0x42000000
    0xCB02_02C3,  // sub x3, x22, x2
    0xA900_0820,  // stp x0, x2, [x1]
    0xF900_0823,  // str x3, [x1, #16]
    0x5280_00A0,  // mov w0, #0x5
    0xD45E_0000,  // hlt #0xf000
    0xD280_04C2,  // mov x2, #0x26
    0xF2A0_0042,  // movk x2, #0x2, lsl #16
    0xA900_7C22,  // stp x2, xzr, [x1]
    0x5280_0300,  // mov w0, #0x18
    0xD45E_0000,  // hlt #0xf000
    0x1400_0000,  // b finish+0x50
    0x7573_6572,  // .word 0x75736572
    0x0073_746C,  // .word 0x0073746c
  ]
}
