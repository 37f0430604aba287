// One guest never sees another's registers, and no process a guest's: what a guest and a process read
// beside a painter does not depend on the pattern that it paints with, in any encoding that there
// is. That this test can fail is shown twice: a guest that paints its own registers sees them, and a
// hypervisor that forgets to load a register is found.
//
// FAULTLINE_EVERY_REGISTER=1 forgets every register in turn, instead of some.

import Arm
import Foundation
import Testing

@Suite(.timeLimit(.minutes(60)))
struct RegisterLeak {
  typealias Guests = RegisterLeakGuests

  /// What reads the time: the counters, and the timers' distance to it.
  static let clocks = Set(
    [SystemRegister.cntpctEL0, .cntvctEL0, .cntpTVALEL0, .cntvTVALEL0].map(\.encoding))

  /// All that a reader saw, by what it is.
  struct Seen: Equatable {
    var words: [String: UInt64] = [:]

    /// Of a guest that came to its end; `sweeps` and `firsts` are how many of each it made.
    init(guest: WholeState, sweeps: UInt64, firsts: UInt64) {
      let image: UInt64 = 0x4020_0000
      for index in 0..<firsts {
        let start = image + Guests.Place.first + index * Guests.Place.firstSize
        for (word, name) in Guests.firstNames.enumerated() {
          words["\(name), look \(index)"] = guest.word(start + UInt64(word) * 8)
        }
      }
      for index in 0..<sweeps {
        let start = image + Guests.Place.sweeps + index * Guests.Place.sweepSize
        for register in SystemRegisterEncoding.all where !RegisterLeak.clocks.contains(register) {
          let place = start + UInt64(register.bits) * 8
          words["\(register.generic), sweep \(index)"] = guest.word(place)
        }
      }
    }

    func differences(from other: Seen) -> [String] {
      words.keys.filter { words[$0] != other.words[$0] }.sorted()
    }

    /// The names of what has a pattern in it.
    func holding(_ pattern: UInt64) -> [String] {
      words.filter { $0.value == pattern }.keys.sorted()
    }
  }

  /// A run in which the readers did not come to their end.
  struct NotAtRest: Error { let console: String }

  /// What the reader and a process saw on one core, beside a painter of this pattern.
  static func beside(
    _ pattern: UInt64, kernel: [UInt8]? = nil
  ) throws -> (guest: Seen, process: WholeState, turns: Int) {
    let host = try GuestHost(
      script: """
        run vmm --name a --kernel /painter.bin --memory 16M &
        run limit /bin/neighbour --rounds 1000000
        run vmm --name b --kernel /reader.bin --memory 16M --cpus 2 &
        run reader-process &
        wait
        """,
      files: [
        "painter.bin": Guests.painter(pattern), "reader.bin": Guests.reader(),
        "bin/reader-process": Guests.process(),
        "bin/limit": BareProgram.limit(milliseconds: 15),
      ], cores: 1, kernel: kernel)
    // How often the core went from one guest to the other.
    var turns = 0
    var last: UInt64?
    var slices = 0
    while !host.isMarked(Mark.guest), slices < 2000, host.run(500_000) {
      slices += 1
      guard let running = host.runningGuest(0) else { continue }
      if running != last { turns += 1 }
      last = running
    }
    guard let guest = host.state(marked: Mark.guest),
      let process = host.state(marked: Mark.process)
    else { throw NotAtRest(console: String(host.text.suffix(500))) }
    return (
      Seen(guest: guest, sweeps: Guests.sweeps, firsts: Guests.waits + 2), process, turns
    )
  }

  /// What is wrong with what was seen beside two patterns.
  static func problems(
    _ one: (guest: Seen, process: WholeState, turns: Int),
    _ other: (guest: Seen, process: WholeState, turns: Int)
  ) -> [String] {
    var found = one.guest.differences(from: other.guest)
    found += one.process.differences(from: other.process)
    found += one.guest.holding(Guests.pattern) + other.guest.holding(~Guests.pattern)
    func expect(_ name: String, _ value: UInt64) {
      if one.guest.words[name] != value { found.append("\(name) is not \(value)") }
    }
    // What a vCPU starts with is what PSCI and the boot protocol promise; what it has of its own stays.
    for look in 0..<2 + Guests.waits {
      let isOwn = look >= 2
      for register in 0..<32 {
        expect("V\(register) low, look \(look)", isOwn ? Guests.own : 0)
        expect("V\(register) high, look \(look)", isOwn ? Guests.own : 0)
      }
      expect("FPCR, look \(look)", isOwn ? Guests.own & 0x07C8_0000 : 0)
      expect("FPSR, look \(look)", isOwn ? Guests.own & 0x0800_009F : 0)
      for register: SystemRegisterEncoding in [.tpidrEL0, .tpidrroEL0, .tpidrEL1, .spEL0] {
        expect("\(register.generic), look \(look)", isOwn ? Guests.own : 0)
      }
      for register in 2..<31 { expect("X\(register), look \(look)", isOwn ? Guests.own : 0) }
    }
    return found
  }

  @Test func nobodySeesThePaint() throws {
    let one = try Self.beside(Guests.pattern)
    #expect(one.turns >= 5, "the two were hardly beside each other")
    #expect(Self.problems(one, try Self.beside(~Guests.pattern)) == [])
    // Registers that are there were seen: the counter's frequency, the main ID.
    #expect(one.guest.words["S3_3_C14_C0_0, sweep 0"] == 62_500_000)
    #expect(one.guest.words["S3_0_C0_C0_0, sweep 3"] != Guests.absent)
  }

  /// The painter reaches, and the reader sees, all that there is: in one and the same guest.
  @Test func aGuestSeesItsOwnPaint() throws {
    func paint(_ pattern: UInt64) throws -> Seen {
      let host = try GuestHost(
        script: "run vmm --name s --kernel /self.bin --memory 16M &\nwait",
        files: ["self.bin": Guests.reader(paints: pattern)], cores: 1)
      let guest = try #require(host.state(marked: Mark.guest), "\(host.text.suffix(500))")
      return Seen(guest: guest, sweeps: 1, firsts: 1)
    }
    let one = try paint(Guests.pattern)
    let found = one.differences(from: try paint(~Guests.pattern))
    // AFSR0_EL1, AFSR1_EL1, AMAIR_EL1 have no bits on this core; the active priorities are part of the
    // virtual interface's state and change with acknowledged interrupts; the rest has some.
    let constant = [SystemRegister.afsr0EL1, .afsr1EL1, .amairEL1].map(\.encoding)
    var wanted = Set(Guests.firstNames.map { "\($0), look 0" })
    wanted.subtract(constant.map { "\($0.generic), look 0" })
    // FPCR and FPSR are looked at behind the vectors; X1 is the address that follows.
    wanted.subtract([SystemRegisterEncoding.fpcr, .fpsr].map { "\($0.generic), look 0" })
    wanted.subtract(["VBAR_EL1, look 0", "CPACR_EL1, look 0"])
    #expect(wanted.subtracting(found) == [])
    // Breakpoints and watchpoints, MDSCR_EL1, MDCCINT_EL1: only a sweep reads these.
    for register in [
      SystemRegister.dbgbvr0EL1, .dbgbvr5EL1, .dbgwvr0EL1, .dbgwvr3EL1, .mdscrEL1, .mdccintEL1,
    ].map(\.encoding) {
      #expect(found.contains("\(register.generic), sweep 0"), "\(register.generic)")
    }
    #expect(one.holding(Guests.pattern).count > 60)
  }

  /// `LDR X1, [X0, #]; MSR register, X1`: the world switch loads a register.
  static func loads(_ kernel: [UInt8]) -> [(register: SystemRegisterEncoding, offset: Int)] {
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(kernel[offset + $1]) << (UInt32($1) * 8) }
    }
    return stride(from: 0, to: kernel.count - 8, by: 4).compactMap { offset in
      let store = word(offset + 4)
      guard word(offset) & 0xFFC0_03FF == 0xF940_0001, store & 0xFFF0_001F == 0xD510_0001 else {
        return nil
      }
      return (SystemRegisterEncoding(bits: store >> 5 & 0x7FFF), offset + 4)
    }
  }

  @Test func aHypervisorThatForgetsARegisterIsFound() throws {
    let kernel = try BuiltFiles.read(HypervisorFiles.kernel)
    // As the guest's registers are called at EL2: CNTV_CVAL_EL02, ICH_VMCR_EL2; FPSR.
    let some: [SystemRegisterEncoding] = [
      SystemRegister.cntvCVALEL0.encoding.hostAlias, SystemRegister.ichVMCREL2.encoding, .fpsr,
    ]
    let isEvery = ProcessInfo.processInfo.environment["FAULTLINE_EVERY_REGISTER"] != nil
    let loads = Self.loads(kernel)
    let chosen = loads.filter { isEvery || some.contains($0.register) }
    #expect(Set(chosen.map(\.register)).isSuperset(of: some))
    var found: Set<SystemRegisterEncoding> = []
    for (register, offset) in chosen {
      var forgetful = kernel
      // NOP.
      forgetful.replaceSubrange(offset..<offset + 4, with: [0x1F, 0x20, 0x03, 0xD5])
      if let one = try? Self.beside(Guests.pattern, kernel: forgetful),
        let other = try? Self.beside(~Guests.pattern, kernel: forgetful),
        Self.problems(one, other).isEmpty
      {
        continue
      }
      found.insert(register)
    }
    // Some registers are loaded twice, for the guest and for the host's thread after it: one is enough.
    #expect(Set(chosen.map(\.register)).subtracting(found).subtracting(Self.unseen) == [])
  }

  /// What the world switch loads and no guest can see: MDSCR_EL1, which traps; VPIDR_EL2, VMPIDR_EL2 and
  /// CPTR_EL2, the same for all; CNTVOFF_EL2, which is time; AMAIR_EL1, AFSR0_EL1 and AFSR1_EL1, which
  /// have no bits; the timers' controls, which are off in between.
  static let unseen = Set(
    [SystemRegister.mdscrEL1, .vpidrEL2, .vmpidrEL2, .mdcrEL2, .cptrEL2, .cntvoffEL2]
      .map(\.encoding)
      + [SystemRegister.amairEL1, .afsr0EL1, .afsr1EL1, .cntpCTLEL0, .cntvCTLEL0]
      .map(\.encoding.hostAlias))
}
