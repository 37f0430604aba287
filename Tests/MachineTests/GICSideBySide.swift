// The same accesses to our interrupt controller and to QEMU's: the oracle of the chapter.
//
// A generator drives the model with random accesses from every Exception level and Security state
// and, from the same list, writes a bare-metal program (straight-line code, no MMU) that makes these
// accesses on `qemu-system-aarch64 -M virt` and prints each result. Line n of the one must be line n
// of the other. An access is dropped where we follow IHI 0069 and QEMU 7.2 does not, and where an
// interrupt would be taken; each such rule is stated where it is made (`Generator.isComparable`).

import Arm
import Foundation
import Machine
import Support
import Testing

/// Makes accesses, runs them on the model and notes what the model answered.
private struct Generator {
  let gic = GIC(coreCount: 1)
  let timers = GenericTimers(coreCount: 1)
  var program = GICProgram()
  var random: SeededRandom
  /// Whether the distributor knows one Security state only.
  let isSecurityDisabled: Bool
  /// What the model answered; nil where the value is not compared.
  var expected: [(text: String, access: String)] = []
  /// Bits of the result that are compared, line by line.
  var masks: [UInt64] = []
  static let distributor: UInt64 = 0x0800_0000
  static let redistributor: UInt64 = 0x080A_0000
  /// An instant at which CVAL 0 has passed and CVAL 2^63 has not, on any machine.
  static let now: UInt64 = 1 << 40

  init(seed: UInt64, isSecurityDisabled: Bool) {
    random = SeededRandom(seed: seed)
    self.isSecurityDisabled = isSecurityDisabled
  }

  // MARK: The model's answers

  /// Runs an access on the model. An exception answers as the program's handler does.
  mutating func run(_ access: GICAccess, _ context: GICContext) -> UInt64 {
    let view = context.view
    do throws(GuestException) {
      switch access {
      case .read(let register):
        if isTimer(register) { return timers.read(register, core: 0, now: Generator.now) }
        return try gic.readSystemRegister(register, core: 0, view)
      case .write(let register, let value):
        if isTimer(register) {
          timers.write(register, core: 0, now: Generator.now, value)
          timers.update(core: 0, now: Generator.now, gic: gic)
        } else {
          try gic.writeSystemRegister(register, core: 0, view, value)
        }
        return value
      case .readMemory(let address, let size):
        return address >= Generator.redistributor
          ? gic.readRedistributor(
            address - Generator.redistributor, size: size, isSecure: view.isSecure)
          : gic.readDistributor(
            address - Generator.distributor, size: size, isSecure: view.isSecure)
      case .writeMemory(let address, let size, let value):
        if address >= Generator.redistributor {
          gic.writeRedistributor(
            address - Generator.redistributor, size: size, value, isSecure: view.isSecure)
        } else {
          gic.writeDistributor(
            address - Generator.distributor, size: size, value, isSecure: view.isSecure)
        }
        return value
      case .readSignals:
        let signals = gic.signals(core: 0, view)
        let isGuest = context.level == .el1 && !view.isSecure
        let irq = isGuest && context.hcr & 16 != 0 ? signals.virtualIRQ : signals.irq
        let fiq = isGuest && context.hcr & 8 != 0 ? signals.virtualFIQ : signals.fiq
        return (irq ? 1 << 7 : 0) | (fiq ? 1 << 6 : 0)
      }
    } catch {
      let level: UInt64 =
        switch error.kind {
        case .trap: UInt64(error.target.rawValue)
        default: UInt64(context.level.rawValue)
        }
      return 0xE000_0000_0000_0000 | level << 8 | error.syndrome >> 26
    }
  }

  func isTimer(_ register: SystemRegister) -> Bool { "\(register)".hasPrefix("cnt") }

  /// Whether QEMU would be in the same state. Not so when:
  /// an interrupt would be taken although PSTATE masks it (it is for a higher level), or
  /// a group that the CPU interface has disabled hides another: QEMU then signals nothing, we signal
  /// the other one (IHI 0069H 4.1: a disabled group's interrupt is not forwarded).
  func isComparable(_ context: GICContext) -> Bool {
    let signals = gic.signals(core: 0, context.view)
    let isGuest = context.level == .el1 && !context.view.isSecure
    if context.level != .el3 {
      if signals.irq, context.scr & 2 != 0 || isGuest && context.hcr & 16 != 0 { return false }
      if signals.fiq, context.scr & 4 != 0 || isGuest && context.hcr & 8 != 0 { return false }
    }
    let twin = GIC(coreCount: 1)
    twin.state = gic.state
    let el3 = InterruptView(level: .el3, isSecure: true, scrEL3: 1, hcrEL2: 0)
    let own = try? gic.readSystemRegister(.iccHPPIR1EL1, core: 0, el3)
    let own0 = try? gic.readSystemRegister(.iccHPPIR0EL1, core: 0, el3)
    try? twin.writeSystemRegister(.iccIGRPEN1EL3, core: 0, el3, 3)
    try? twin.writeSystemRegister(.iccIGRPEN0EL1, core: 0, el3, 1)
    let all = try? twin.readSystemRegister(.iccHPPIR1EL1, core: 0, el3)
    let all0 = try? twin.readSystemRegister(.iccHPPIR0EL1, core: 0, el3)
    return own == all && own0 == all0 || own == 1023 && own0 == 1023
  }

  mutating func perform(_ access: GICAccess, _ context: GICContext, mask: UInt64 = .max) {
    let before = (gic.state, timers.state)
    let answer = run(access, context)
    guard isComparable(context) else {
      (gic.state, timers.state) = before
      return
    }
    program.emit(access)
    let text = String(answer, radix: 16)
    expected.append(
      (
        String(repeating: "0", count: 16 - text.count) + text,
        "\(access) at \(context.level), SCR \(String(context.scr, radix: 16)), "
          + "HCR \(String(context.hcr, radix: 16))"
      ))
    masks.append(mask)
  }

  // MARK: The accesses

  mutating func generate(blocks: Int) {
    program.emitStart()
    let el3 = GICContext(level: .el3, scr: 0x400, hcr: 1 << 31)
    program.enter(el3)
    // What the distributor says of itself. Ours alone: 1 of N (No1N, bit 25, clear). QEMU's alone:
    // LPIs (LPIS, bit 17, set, because it has an ITS).
    perform(.readMemory(Generator.distributor + 4, size: 4), el3)
    masks[0] = ~(1 << 25 | 1 << 17)
    // Awake, all groups on, so that things happen.
    perform(.writeMemory(Generator.redistributor + 0x14, size: 4, 0), el3)
    perform(.writeMemory(Generator.distributor, size: 4, isSecurityDisabled ? 0x40 : 7), el3)
    perform(.writeMemory(Generator.distributor, size: 4, 7), el3)
    perform(.write(.iccIGRPEN1EL3, 3), el3)
    perform(.write(.iccIGRPEN0EL1, 1), el3)
    perform(.write(.iccPMREL1, 0xFF), el3)
    for _ in 0..<blocks {
      stir(el3)
      let scr: UInt64 = 0x400 | random.below(8)
      let level = random.pick([ExceptionLevel.el3, .el3, .el2, .el1, .el1, .el1])
      var context = GICContext(level: level, scr: scr, hcr: 1 << 31 | random.below(4) << 3)
      if level == .el2 { context.scr |= 1 }
      guard isComparable(context) else { continue }
      program.enter(context)
      for _ in 0..<8 + random.below(40) {
        let (access, mask) = nextAccess(context)
        perform(access, context, mask: mask)
        if random.isOne(in: 3) { perform(.readSignals, context) }
      }
      program.leave(context)
    }
    program.emitExit()
  }

  /// From EL3: makes interrupts pending, physical ones (and unmasked) or virtual ones (and physical
  /// ones masked, so that a guest runs undisturbed).
  mutating func stir(_ el3: GICContext) {
    guard !random.isOne(in: 4) else { return }
    program.enter(el3)
    let isVirtual = random.isOne(in: 2)
    perform(.write(.iccPMREL1, isVirtual ? 0 : 0xFF), el3)
    if random.isOne(in: 2) {
      perform(.write(.iccAP0R0EL1, 0), el3)
      perform(.write(.iccAP1R0EL1, 0), el3)
      perform(.write(.ichAP0R0EL2, 0), el3)
      perform(.write(.ichAP1R0EL2, 0), el3)
    }
    if isVirtual {
      perform(.write(.ichVMCREL2, 0xF000_0003 | random.below(4) << 9), el3)
      perform(.write(.ichHCREL2, 1), el3)
      for register in [SystemRegister.ichLR0EL2, .ichLR1EL2, .ichLR2EL2] {
        perform(
          .write(
            register,
            anyInterrupt() | random.below(28) << 51 | random.below(2) << 60
              | 1 << 62 | random.below(2) << 41), el3)
      }
    } else {
      let frame = Generator.redistributor + 0x1_0000
      perform(.writeMemory(frame + 0x380, size: 4, 0xFFFF_FFFF), el3)
      perform(.writeMemory(frame + 0x100, size: 4, 0xFFFF_FFFF), el3)
      perform(.writeMemory(frame + 0x200, size: 4, 1 << random.below(32)), el3)
      perform(.writeMemory(Generator.distributor + 0x104, size: 4, 0xFFFF_FFFF), el3)
      perform(.writeMemory(Generator.distributor + 0x204, size: 4, 1 << random.below(32)), el3)
    }
  }

  mutating func nextAccess(_ context: GICContext) -> (GICAccess, UInt64) {
    switch random.below(12) {
    case 0...2: return memoryAccess()
    case 3: return (timerAccess(context), .max)
    case 4...8:
      // The life of an interrupt.
      let interrupt = random.isOne(in: 2) ? runningGuess(context) : anyInterrupt()
      return (
        random.pick([
          .read(.iccIAR0EL1), .read(.iccIAR1EL1), .read(.iccIAR1EL1), .read(.iccHPPIR0EL1),
          .read(.iccHPPIR1EL1), .read(.iccRPREL1), .write(.iccEOIR0EL1, interrupt),
          .write(.iccEOIR1EL1, interrupt), .write(.iccDIREL1, interrupt),
          .write(.iccSGI1REL1, random.below(16) << 24 | random.below(2) << 40 | 1),
          .write(.iccSGI0REL1, random.below(16) << 24 | 1),
          .write(.iccASGI1REL1, random.below(16) << 24 | 1),
        ]), .max
      )
    default: return registerAccess(context)
    }
  }

  /// Interrupts are few, so that accesses meet.
  mutating func anyInterrupt() -> UInt64 {
    random.pick([0, 1, 5, 15, 16, 25, 26, 27, 29, 30, 32, 33, 40, 63, 64, 250, 287, 288, 1023])
  }

  /// An interrupt that is active, so that ends of interrupt are sensible more often than not.
  mutating func runningGuess(_ context: GICContext) -> UInt64 {
    let active = gic.readRedistributor(0x1_0300, size: 4, isSecure: true)
    let shared = gic.readDistributor(0x304, size: 4, isSecure: true)
    var list: [UInt64] = []
    let el3 = InterruptView(level: .el3, isSecure: true, scrEL3: 1, hcrEL2: 0)
    for register in [SystemRegister.ichLR0EL2, .ichLR1EL2, .ichLR2EL2] {
      let entry = (try? gic.readSystemRegister(register, core: 0, el3)) ?? 0
      if context.level == .el1, entry >> 63 != 0 { list.append(entry & 0xFFFF) }
    }
    for index in 0..<32 {
      if active >> UInt64(index) & 1 != 0 { list.append(UInt64(index)) }
      if shared >> UInt64(index) & 1 != 0 { list.append(UInt64(32 + index)) }
    }
    return list.isEmpty ? anyInterrupt() : random.pick(list)
  }

  mutating func memoryAccess() -> (GICAccess, UInt64) {
    let isShared = random.isOne(in: 2)
    let base = isShared ? Generator.distributor : Generator.redistributor + 0x1_0000
    let word: UInt64 =
      isShared ? random.pick([1, 1, 2, 7, 8, 9, 31]) : random.pick([0, 0, 0, 0, 1])
    let bits = random.isOne(in: 3) ? UInt64.max : random.next() & random.next()
    var offset: UInt64
    var size = 4
    var value = bits & 0xFFFF_FFFF
    switch random.below(14) {
    case 0: offset = 0x080 + 4 * word
    case 1, 2: offset = 0x100 + 4 * word
    case 3: offset = 0x180 + 4 * word
    case 4, 5: offset = 0x200 + 4 * word
    case 6: offset = 0x280 + 4 * word
    case 7: offset = 0x300 + 4 * word
    case 8: offset = 0x380 + 4 * word
    case 9:
      offset = 0x400 + 32 * word + random.below(8) * 4
      value = random.next() & random.pick([0xF8F8_F8F8, 0xFFFF_FFFF, 0x8080_8080])
      if random.isOne(in: 2) {
        size = 1
        offset += random.below(4)
        value &= 0xFF
      }
    case 10:
      offset = 0xC00 + 8 * word + 4 * random.below(2)
    case 11: offset = 0xD00 + 4 * word
    case 12:
      offset = 0xE00 + 8 * word + 4 * random.below(2)
    default:
      guard isShared else {
        // RD_base. PLPIS (bit 0 of GICR_TYPER) is QEMU's only; Non-secure GICR_WAKER is ours only.
        let frame = Generator.redistributor
        let choice = random.pick(
          [0x04, 0x08, 0x0C, 0x10, 0xFFD0, 0xFFE0, 0xFFE8, 0xFFFC] as [UInt64])
        let wide = choice == 8 && random.isOne(in: 2)
        return (.readMemory(frame + choice, size: wide ? 8 : 4), choice == 8 ? ~1 : .max)
      }
      switch random.below(4) {
      case 0:
        // Only one core: anything but affinity 0 is routed nowhere. Bit 31 (1 of N) is not
        // implemented by QEMU.
        offset = 0x6000 + 8 * random.pick([31, 32, 33, 40, 64, 287, 288])
        size = random.pick([4, 8])
        value = random.isOne(in: 3) ? 1 : 0
      case 1:
        // DS is set at the start or never.
        offset = 0
        value &= ~0x40
        if random.isOne(in: 2) { value |= 7 }
      case 2:
        // Identification and reserved registers, and sizes that are not supported.
        offset = random.pick([8, 0x10, 0x40, 0x48, 0xFFD0, 0xFFE0, 0xFFE8, 0xFFFC, 0x800, 0xF00])
        size = random.pick([1, 4, 4, 8])
        offset &= ~UInt64(size - 1)
      default:
        offset = random.pick([0x104, 0x204, 0x404, 0xC08])
        size = random.pick([1, 8])
        if offset == 0x404 || size == 8 { offset &= ~7 }
      }
    }
    if random.isOne(in: 3) { return (.readMemory(base + offset, size: size), .max) }
    return (.writeMemory(base + offset, size: size, value), .max)
  }

  /// Timers whose condition is met (CVAL 0) or not (CVAL 2^63) at any instant. Not from EL1, where
  /// CNTHCTL_EL2 and the E2H redirections come in: those are another chapter's. QEMU 7.2 does not
  /// wire CNTHV to the interrupt controller.
  mutating func timerAccess(_ context: GICContext) -> GICAccess {
    guard context.level == .el3 else { return .readSignals }
    let (control, compare) = random.pick([
      (SystemRegister.cntpCTLEL0, SystemRegister.cntpCVALEL0), (.cntvCTLEL0, .cntvCVALEL0),
      (.cnthpCTLEL2, .cnthpCVALEL2), (.cntpsCTLEL1, .cntpsCVALEL1),
    ])
    switch random.below(5) {
    case 0: return .read(control)
    case 1: return .read(compare)
    case 2: return .write(compare, random.isOne(in: 2) ? 0 : 1 << 63)
    case 3: return .write(control, random.below(8))
    default: return .read(random.pick([.cntfrqEL0, .cntkctlEL1, .cnthctlEL2, .cntvoffEL2]))
    }
  }

  mutating func registerAccess(_ context: GICContext) -> (GICAccess, UInt64) {
    let registers = gicRegisters.filter { !isTimer($0) }.sorted { $0.rawValue < $1.rawValue }
    let register = random.pick(registers)
    // QEMU 7.2 reads the Secure CBPR and EOImode of ICC_CTLR_EL3 from the Non-secure bank.
    let mask: UInt64 = register == .iccCTLREL3 ? ~0b1001 : .max
    if random.isOne(in: 3) { return (.read(register), mask) }
    let list =
      random.below(288) | 1 << 41 & random.next() | random.below(32) << 51
      | random.below(2) << 60 | random.below(4) << 62
    let value: UInt64
    switch register {
    case .iccPMREL1: value = random.pick([0, 0x40, 0x80, 0xA8, 0xF0, 0xFF, random.below(256)])
    case .iccBPR0EL1, .iccBPR1EL1: value = random.below(8)
    case .iccCTLREL1, .iccCTLREL3: value = random.below(128)
    case .iccSREEL1, .iccSREEL2, .iccSREEL3: value = random.below(16)
    case .iccAP0R0EL1: value = random.isOne(in: 2) ? 0 : 1 << random.below(32)
    case .iccAP1R0EL1:
      // QEMU 7.2 ignores Non-secure writes, whatever their value.
      if context.scr & 1 != 0, !(context.level == .el1 && context.hcr & 16 != 0) {
        return (.read(register), mask)
      }
      value = random.isOne(in: 2) ? 0 : 1 << random.below(32)
    case .ichAP0R0EL2, .ichAP1R0EL2: value = random.isOne(in: 2) ? 0 : 1 << random.below(32)
    case .iccIGRPEN0EL1, .iccIGRPEN1EL1: value = random.isOne(in: 4) ? 0 : 1
    case .iccIGRPEN1EL3: value = random.isOne(in: 4) ? random.below(4) : 3
    case .ichHCREL2:
      // QEMU 7.2 derives VGrp0D from VENG1: VGrp0DIE stays clear.
      value =
        (random.next() & 0xF800_7CDF & random.next()) & ~0x7C00 | 1
        | (random.isOne(in: 6) ? random.next() & 0x7C00 : 0)
    case .ichVMCREL2:
      // QEMU 7.2 keeps the unimplemented bits of VPMR.
      value =
        (random.isOne(in: 2) ? 0xF800_0003 : random.below(32) << 27 | random.below(4))
        | (random.next() & 0x00FC_0210)
    case .ichLR0EL2, .ichLR1EL2, .ichLR2EL2, .ichLR3EL2, .ichLR4EL2:
      value =
        random.isOne(in: 2)
        ? list : list & ~(1 << 41) | 1 << 61 | random.pick([0, 16, 27, 32, 33, 1023]) << 32
    default: value = anyInterrupt()
    }
    return (.write(register, value), mask)
  }
}

@Suite struct GICSideBySide {
  /// Runs a program on QEMU and returns what it printed.
  private func runQEMU(_ program: GICProgram) throws -> [Substring] {
    try withFolder { folder in
      let image = folder.appendingPathComponent("program.bin")
      let output = folder.appendingPathComponent("output.txt")
      var bytes = Data(capacity: program.words.count * 4)
      for word in program.words {
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(word >> shift & 0xFF)) }
      }
      try bytes.write(to: image)
      _ = try Oracle.qemu(
        mebibytes: 64,
        Oracle.bareProgram + [
          "-serial", "file:\(output.path)", "-device",
          "loader,file=\(image.path),addr=\(GICProgram.base),force-raw=on", "-device",
          "loader,addr=\(GICProgram.base + UInt64(startWord) * 4),cpu-num=0",
        ])
      let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
      return text.split(whereSeparator: \.isNewline)
    }
  }

  /// Index of the first instruction: behind the vectors and the printer.
  private var startWord: Int { GICProgram().words.count }

  @Test(
    arguments: [
      (1, false), (2, false), (3, false), (4, true), (5, false), (6, true),
    ] as [(UInt64, Bool)])
  func randomAccessesAnswerAsQEMUDoes(seed: UInt64, isSecurityDisabled: Bool) throws {
    var generator = Generator(seed: seed, isSecurityDisabled: isSecurityDisabled)
    generator.generate(blocks: 150)
    #expect(generator.expected.count > 2000)
    let lines = try runQEMU(generator.program)
    for (index, (expected, mask)) in zip(generator.expected, generator.masks).enumerated() {
      guard index < lines.count else {
        Issue.record("QEMU stopped before line \(index): \(expected.access)")
        return
      }
      let theirs = UInt64(lines[index], radix: 16) ?? 0
      let ours = UInt64(expected.text, radix: 16) ?? 0
      if theirs & mask != ours & mask {
        let history = generator.expected[max(0, index - 12)..<index]
          .map { "  \($0.text)  \($0.access)" }.joined(separator: "\n")
        Issue.record(
          "line \(index): QEMU \(lines[index]), ours \(expected.text): \(expected.access)\n\(history)"
        )
        return
      }
    }
  }
}
