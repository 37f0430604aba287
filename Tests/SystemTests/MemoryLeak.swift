// Memory that a guest or a process gets is zero, whoever had it before: one fills all that it can get
// and goes; the next gets the same frames, which the test sees in the tables, and finds nothing.

import Testing

@Suite(.timeLimit(.minutes(60)))
struct MemoryLeak {
  /// MiB of the machine, of which a guest and a process get this much.
  static let machine: UInt64 = 96
  static let guest: UInt64 = 32

  /// A word that nobody else writes.
  static let mark: UInt64 = 0x7365_6372_6574_2101

  /// From X20 to X21, steps of a page: fills each with the mark if `fills`; otherwise counts in X22
  /// the pages with anything in them, and in X23 all pages.
  private static func pages(_ code: inout Assembly, fills: Bool) {
    code.mov(22, 0)
    code.mov(23, 0)
    code.mov(1, mark)
    let page = code.here()
    code.add(23, 23, 1)
    code.move(9, 20)
    code.add(20, 20, 0x1000)
    code.mov(10, 0)
    let words = code.here()
    if fills {
      code.pushPair(1, 1, 9)
      code.pushPair(1, 1, 9)
    } else {
      for register: UInt32 in [11, 13] { code.popPair(register, register + 1, 9) }
      for register: UInt32 in 11...14 { code.orr(10, 10, register) }
    }
    code.compare(9, 20)
    code.b(.lo, words)
    let zero = code.label()
    code.cbz(10, zero)
    code.add(22, 22, 1)
    code.place(zero)
    code.compare(20, 21)
    code.b(.lo, page)
  }

  /// A guest that goes through its memory behind its own image, below what the VMM has put at the end.
  static func kernel(fills: Bool, _ end: (inout Assembly) -> Void) -> [UInt8] {
    BareGuest.image(size: 0x10_0000) { code, start in
      code.mov(1, 3 << 20)
      code.msr(.cpacr, 1)
      code.adr(20, start)
      code.add(20, 20, 0x1000)
      code.mov(21, 0x4000_0000 + (guest - 4) << 20)
      pages(&code, fills: fills)
      end(&code)
    }
  }

  /// A process that does so with its segment behind its code, and with memory from mmap.
  static func program(fills: Bool, _ end: (inout Assembly) -> Void) -> [UInt8] {
    BareProgram.file(size: 0x4_0000) { code in
      code.mov(20, BareProgram.base + 0x1000)
      code.mov(21, BareProgram.base + 0x4_0000)
      pages(&code, fills: fills)
      code.move(24, 22)
      code.mov(0, 0)
      code.mov(1, guest << 20)
      code.mov(2, 3)
      code.mov(3, 0x22)  // MAP_PRIVATE | MAP_ANONYMOUS
      code.mov(4, .max)
      code.mov(5, 0)
      code.mov(8, 222)
      code.svc()
      code.move(20, 0)
      code.mov(1, guest << 20)
      code.add(21, 20, register: 1)
      pages(&code, fills: fills)
      code.add(22, 22, register: 24)
      end(&code)
    }
  }

  /// Who comes first and who comes after.
  enum Kind: CaseIterable, Sendable { case guest, process }

  private static func powerOff(_ code: inout Assembly) {
    code.mov(0, 0x8400_0008)
    code.hvc()
  }

  private static func exit(_ code: inout Assembly) {
    code.mov(0, 0)
    code.mov(8, 94)
    code.svc()
  }

  private static func line(_ kind: Kind, _ name: String) -> String {
    kind == .guest
      ? "run vmm --name \(name) --kernel /\(name).bin --memory \(guest)M\n" : "run \(name)\n"
  }

  private static func file(
    _ kind: Kind, _ name: String, fills: Bool, _ end: (inout Assembly) -> Void
  ) -> (String, [UInt8]) {
    kind == .guest
      ? ("\(name).bin", kernel(fills: fills, end)) : ("bin/\(name)", program(fills: fills, end))
  }

  @Test(arguments: Kind.allCases, Kind.allCases)
  func newMemoryIsZero(first: Kind, second: Kind) throws {
    // Where the first's memory is: it rests in a run of its own. The same script up to there, so the
    // same frames.
    let firstMark = first == .guest ? Mark.guest : Mark.process
    let secondMark = second == .guest ? Mark.guest : Mark.process
    let resting = try GuestHost(
      script: Self.line(first, "first"),
      files: Dictionary(
        uniqueKeysWithValues: [Self.file(first, "first", fills: true) { $0.rest(firstMark) }]),
      cores: 1, memory: Self.machine << 20)
    let before = try #require(resting.state(marked: firstMark), "\(resting.text.suffix(500))")
    let marked = before.pages.filter { Self.holds($0.value) }.keys.compactMap { before.frames[$0] }
    #expect(marked.count > (Int(Self.guest) - 8) * 256)

    let host = try GuestHost(
      script: Self.line(first, "first") + Self.line(second, "second"),
      files: Dictionary(
        uniqueKeysWithValues: [
          Self.file(first, "first", fills: true) {
            if first == .guest { Self.powerOff(&$0) } else { Self.exit(&$0) }
          }, Self.file(second, "second", fills: false) { $0.rest(secondMark) },
        ]),
      cores: 1, memory: Self.machine << 20)
    let after = try #require(host.state(marked: secondMark), "\(host.text.suffix(500))")
    let pages = try #require(after.registers["X23"]?[0])
    #expect(pages >= (Self.guest - 8) * 256, "it looked at little")
    #expect(after.registers["X22"] == [0], "pages with something in them")
    // It looked at frames that the first had filled.
    let shared = Set(after.frames.values).intersection(marked)
    #expect(shared.count > Int(Self.guest) * 64, "the frames are others")
    #expect(!after.pages.values.contains { Self.holds($0) })
  }

  /// Whether a page has the mark in it.
  private static func holds(_ page: [UInt8]) -> Bool {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: mark >> (UInt64($0) * 8)) }
    return page[0..<8] == bytes[...] || page[4088...] == bytes[...]
  }
}
