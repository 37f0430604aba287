// Loops on the bare machine: the same image runs here and on QEMU. It turns on EL3's MMU (blocks of
// 1 GiB, VA = PA), runs a loop so many times, and switches the machine off through the Secure GPIO.

import Machine
import Platform

/// A loop.
struct HotLoop {
  var name: String
  /// Instructions of a turn, on average.
  var instructionsPerTurn: Double
  /// From 0x2000. X19 counts down, X20 and X21 point to RAM.
  var code: [UInt32]
  /// From 0x3040, on another page.
  var farCode: [UInt32] = []

  /// The image, for address 0.
  func image(turns: UInt64) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: 0x4000)
    func put(_ offset: Int, _ value: UInt64, count: Int) {
      for index in 0..<count { image[offset + index] = UInt8(value >> (index * 8) & 0xFF) }
    }
    for (index, word) in HotLoop.start.enumerated() { put(index * 4, UInt64(word), count: 4) }
    put(HotLoop.start.count * 4, turns, count: 8)
    // Level 1: flash and devices, then RAM; AF, inner shareable, attributes 0 of MAIR.
    put(0x1000, 0x701, count: 8)
    put(0x1008, MemoryMap.ram | 0x701, count: 8)
    for (index, word) in code.enumerated() { put(0x2000 + index * 4, UInt64(word), count: 4) }
    for (index, word) in farCode.enumerated() { put(0x3040 + index * 4, UInt64(word), count: 4) }
    return image
  }

  /// Millions of instructions per second of processor time here, the best of three.
  func rate(_ engine: ExecutionEngine) throws -> Double {
    var best = 0.0
    for _ in 0..<3 {
      let board = try Board(
        BoardConfiguration(
          ramSize: 128 << 20, firmware: image(turns: turns(100_000_000)), engine: engine))
      var end: StopReason?
      let cost = HostCost.of { end = board.run(instructions: 1_000_000_000) }
      guard end == .powerOff else { throw BenchmarkFailure("the loop '\(name)' did not end") }
      best = max(best, Double(board.instructions) / cost.processor / 1e6)
    }
    return best
  }

  /// The same on QEMU, less what QEMU costs to start; nil without QEMU.
  func rateOnQEMU(isStepped: Bool, file: String) throws -> Double? {
    func cost(_ instructions: Double) throws -> Double? {
      try Files.write(file, image(turns: turns(instructions)))
      return QEMURun(isStepped: isStepped, arguments: ["-bios", file]).cost(until: nil)?.processor
    }
    let instructions = isStepped ? 100_000_000.0 : 1_000_000_000
    guard let empty = try cost(1), let full = try cost(instructions), full > empty else {
      return nil
    }
    return instructions / (full - empty) / 1e6
  }

  private func turns(_ instructions: Double) -> UInt64 {
    max(1, UInt64(instructions / instructionsPerTurn))
  }

  /// The loops; the goal is the first one's.
  static let all = [
    HotLoop(
      name: "mixed", instructionsPerTurn: 10,
      code: [
        0xF940_0282,  // ldr x2, [x20]
        0x8B01_0042,  // add x2, x2, x1
        0xCA02_0063,  // eor x3, x3, x2
        0xF900_0682,  // str x2, [x20, #8]
        0x9100_0421,  // add x1, x1, #0x1
        0xD343_FC64,  // lsr x4, x3, #3
        0x8A04_0045,  // and x5, x2, x4
        0xAA05_0063,  // orr x3, x3, x5
        0xF100_0673,  // subs x19, x19, #0x1
        0x54FF_FEE1,  // b.ne 0
        0xD65F_03C0,  // ret
      ]),
    HotLoop(
      name: "integer", instructionsPerTurn: 16,
      code: [
        0x8B01_0800,  // add x0, x0, x1, lsl #2
        0xCAC0_1C21,  // eor x1, x1, x0, ror #7
        0xCB00_0042,  // sub x2, x2, x0
        0x9200_9C23,  // and x3, x1, #0xff00ff00ff00ff
        0xAA02_0064,  // orr x4, x3, x2
        0x9B00_0485,  // madd x5, x4, x0, x1
        0xD345_54A6,  // ubfx x6, x5, #5, #17
        0xEB03_00DF,  // cmp x6, x3
        0x9A85_80C7,  // csel x7, x6, x5, hi
        0x93C4_34E1,  // extr x1, x7, x4, #13
        0xDAC0_1023,  // clz x3, x1
        0x9AC3_2042,  // lsl x2, x2, x3
        0xAB02_0000,  // adds x0, x0, x2
        0x9A1F_0084,  // adc x4, x4, xzr
        0xF100_0673,  // subs x19, x19, #0x1
        0x54FF_FE21,  // b.ne 0
        0xD65F_03C0,  // ret
      ]),
    HotLoop(
      name: "memory", instructionsPerTurn: 14,
      code: [
        0x927D_2E66,  // and x6, x19, #0x7ff8
        0x8B06_0287,  // add x7, x20, x6
        0xF940_00E0,  // ldr x0, [x7]
        0xB940_40E1,  // ldr w1, [x7, #64]
        0x8B01_0000,  // add x0, x0, x1
        0xF900_04E0,  // str x0, [x7, #8]
        0xA941_0CE2,  // ldp x2, x3, [x7, #16]
        0xA902_00E3,  // stp x3, x0, [x7, #32]
        0x3866_6A84,  // ldrb w4, [x20, x6]
        0x7900_60E4,  // strh w4, [x7, #48]
        0xB8A6_6AA5,  // ldrsw x5, [x21, x6]
        0xF826_6AA5,  // str x5, [x21, x6]
        0xF100_0673,  // subs x19, x19, #0x1
        0x54FF_FE61,  // b.ne 0
        0xD65F_03C0,  // ret
      ]),
    HotLoop(
      name: "branches", instructionsPerTurn: 17.25,
      code: [
        0xAA1E_03EF,  // mov x15, x30
        0x3600_0053,  // tbz w19, #0, c
        0x9100_0400,  // add x0, x0, #0x1
        0x9400_000B,  // bl 38
        0xF27F_067F,  // tst x19, #0x6
        0x5400_0040,  // b.eq 1c
        0x9100_0421,  // add x1, x1, #0x1
        0x1000_0129,  // adr x9, 40
        0x9140_0529,  // add x9, x9, #0x1, lsl #12
        0xD63F_0120,  // blr x9
        0xB400_0060,  // cbz x0, 34
        0xF100_0673,  // subs x19, x19, #0x1
        0x54FF_FEA1,  // b.ne 4
        0xD65F_01E0,  // ret x15
        0xCA00_0042,  // eor x2, x2, x0
        0xD65F_03C0,  // ret
      ],
      farCode: [
        0x8B01_0063,  // add x3, x3, x1
        0xF101_907F,  // cmp x3, #0x64
        0x5400_0048,  // b.hi 10
        0x9100_0484,  // add x4, x4, #0x1
        0xD65F_03C0,  // ret
      ]),
    HotLoop(
      name: "floating point and SIMD", instructionsPerTurn: 14,
      code: [
        0x1F42_0400,  // fmadd d0, d0, d2, d1
        0x1E61_2803,  // fadd d3, d0, d1
        0x1E62_0863,  // fmul d3, d3, d2
        0x1E61_2060,  // fcmp d3, d1
        0x3DC0_0290,  // ldr q16, [x20]
        0x4E26_CCA4,  // fmla v4.4s, v5.4s, v6.4s
        0x6E26_DC84,  // fmul v4.4s, v4.4s, v6.4s
        0x4EB0_84E7,  // add v7.4s, v7.4s, v16.4s
        0x6E24_1CF1,  // eor v17.16b, v7.16b, v4.16b
        0x3D80_0691,  // str q17, [x20, #16]
        0x9E62_0272,  // scvtf d18, x19
        0x1E63_4800,  // fmax d0, d0, d3
        0xF100_0673,  // subs x19, x19, #0x1
        0x54FF_FE61,  // b.ne 0
        0xD65F_03C0,  // ret
      ]),
  ]

  /// From 0: the MMU, operands, the loop, power off; the number of turns follows.
  private static let start: [UInt32] = [
    0xD282_0000,  // mov x0, #0x1000
    0xD51E_2000,  // msr ttbr0_el3, x0
    0xD280_1FE0,  // mov x0, #0xff
    0xD51E_A200,  // msr mair_el3, x0
    0xD280_0320,  // mov x0, #0x19
    0xF2A0_0040,  // movk x0, #0x2, lsl #16
    0xD51E_2040,  // msr tcr_el3, x0
    0xD51E_115F,  // msr cptr_el3, xzr
    0xD503_3FDF,  // isb
    0xD50E_871F,  // tlbi alle3
    0xD503_3F9F,  // dsb sy
    0xD53E_1000,  // mrs x0, sctlr_el3
    0xD282_00A1,  // mov x1, #0x1005
    0xAA01_0000,  // orr x0, x0, x1
    0xD51E_1000,  // msr sctlr_el3, x0
    0xD503_3FDF,  // isb
    0xD2A8_0014,  // mov x20, #0x40000000
    0x9144_0295,  // add x21, x20, #0x100, lsl #12
    0x5800_0313,  // ldr x19, the number of turns
    0xD280_0020,  // mov x0, #0x1
    0xD280_0041,  // mov x1, #0x2
    0xD280_0062,  // mov x2, #0x3
    0xD280_00A3,  // mov x3, #0x5
    0xD280_00E4,  // mov x4, #0x7
    0xD280_0005,  // mov x5, #0x0
    0xD280_0006,  // mov x6, #0x0
    0xD280_0007,  // mov x7, #0x0
    0x1E6E_1000,  // fmov d0, #1.0
    0x1E6F_1001,  // fmov d1, #1.5
    0x1E6C_1002,  // fmov d2, #0.5
    0x4F03_F604,  // fmov v4.4s, #1.0
    0x4F03_F705,  // fmov v5.4s, #1.5
    0x4F03_F406,  // fmov v6.4s, #0.5
    0x4F00_0467,  // movi v7.4s, #0x3
    0xD284_0008,  // mov x8, #0x2000
    0xD63F_0100,  // blr x8
    0xD2A1_2160,  // mov x0, #0x90b0000
    0x5280_0021,  // mov w1, #0x1
    0xB904_0001,  // str w1, [x0, #1024]
    0xB900_0401,  // str w1, [x0, #4]
    0xD503_207F,  // wfi
    0x17FF_FFFF,  // b wfi
  ]
}
