// A contained error changes nothing for those who had no part in it. Two runs of one script differ in
// a single poisoned line; a guest and a process beside the victim, and those who come after it, end
// with the same registers and the same memory, to the last bit, as in the run without the error.
//
// The clock is the one thing that an error may change: the machine's other work takes more or less
// of it. Nobody here looks at it.

import Arm
import Machine
import Scenario
import Testing

@Suite(.timeLimit(.minutes(60))) struct ErrorTwins {
  /// Who meets the error, and how.
  enum Victim: CaseIterable, Sendable {
    /// A guest's process, by a synchronous external abort.
    case guest
    /// The same by an SError.
    case guestBySError
    /// A process of the host.
    case process

    var line: String {
      self == .process
        ? "run reader --wait 3000"
        : "run vmm --name a --kernel /guest.bin --memory 64M --append 'test=el0-read wait=3000'"
    }

    /// Where the victim says it can be hit: the address of its memory or of its word, and the offset
    /// and content of the word.
    func place(_ text: String) -> (address: UInt64, word: UInt64)? {
      // Images/Sources/Reader and GuestImage say what they write.
      if self == .process {
        let place = /reader: pid \d+ maps 0x([0-9a-f]+) physical \S+ bytes/
        guard let match = text.firstMatch(of: place),
          let base = UInt64(match.1, radix: 16)
        else { return nil }
        return (base + 0x240, 0x240 / 8 + 1)
      }
      guard let match = text.firstMatch(of: /a\| guest: victim at ipa .* va 0x([0-9a-f]+)\s/),
        let address = UInt64(match.1, radix: 16)
      else { return nil }
      return (address, 0x9E37_79B9_7F4A_7C15 &* (address % 4096 / 8 + 1))
    }

    /// What the console says of the victim's end, with the error.
    var end: String {
      self == .process ? "init: reader ended with status 135" : "a| guest: done survived"
    }
  }

  /// What is left of a run, and its console.
  struct Outcome {
    var states: [UInt64: WholeState] = [:]
    var console = ""
    /// Pages of the kernel's image in RAM that are as in its file.
    var kernelPages: [Int] = []
  }

  /// Runs a script to the moment of the error, and from there twice: a guest and a process, the victim
  /// beside them, a guest and a process after it.
  private static func compare(_ victim: Victim, cores: Int, linux: Bool = false) throws {
    let kernel = try BuiltFiles.read(linux ? BuiltFiles.kernel("cloud") : HypervisorFiles.kernel)
    let host = try GuestHost(
      script: """
        run vmm --name w --kernel /witness.bin --memory 16M &
        run witness &
        \(victim.line)
        echo now those who come after
        run vmm --name x --kernel /after.bin --memory 16M &
        run after &
        """,
      files: [
        "witness.bin": Witness.guest(rounds: 400), "bin/witness": Witness.process(rounds: 400),
        "after.bin": Witness.guest(rounds: 10, mark: Mark.laterGuest),
        "bin/after": Witness.process(rounds: 10, mark: Mark.laterProcess),
      ], cores: cores, memory: 1 << 30, kernel: kernel,
      commandLine: "console=ttyAMA0 norandmaps quiet", serror: .sei)
    while victim.place(host.text) == nil {
      try #require(host.board.instructions < 3_000_000_000 && host.run(20_000), "\(host.text)")
    }
    let place = try #require(victim.place(host.text))
    let physical = try #require(host.physical(place.address, holding: place.word))
    #expect(!host.isMarked(Mark.guest), "those beside it have ended before the error")
    let moment = try host.save()

    let planted = host.board.bus.plantPoison(
      physical,
      Poison(signal: victim == .guestBySError ? .serror(SystemError(.recoverable)) : .abort))
    try #require(planted)
    let hit = try finish(host, kernel)
    host.restore(moment)
    let twin = try finish(host, kernel)

    #expect(hit.console.contains(victim.end), "\(hit.console.suffix(800))")
    #expect(!twin.console.contains(victim.end))
    #expect(!hit.console.contains("panic"))
    for mark in Mark.all {
      let state = try #require(twin.states[mark])
      #expect(state.pages.count > 16)
      #expect(hit.states[mark]?.differences(from: state) == [])
      // Nobody gets what is lost.
      #expect(hit.states[mark]?.frames.values.contains(physical.rawValue & ~0xFFF) == false)
    }
    // The kernel's code and constants.
    #expect(hit.kernelPages == twin.kernelPages)
    #expect(linux || hit.kernelPages.count > 32)
  }

  /// Runs to where everybody rests.
  private static func finish(_ host: GuestHost, _ kernel: [UInt8]) throws -> Outcome {
    try #require(host.run(until: "now those who come after"), "\(host.text.suffix(800))")
    var outcome = Outcome()
    for mark in Mark.all {
      let state = try #require(host.state(marked: mark), "\(host.text.suffix(800))")
      outcome.states[mark] = state
    }
    outcome.console = host.text
    outcome.kernelPages = host.pages(like: kernel)
    return outcome
  }

  @Test(arguments: [(1, Victim.guest), (2, .guestBySError), (2, .process), (1, .process)])
  func whoeverElseIsThereHasWhatItHasWithoutTheError(cores: Int, victim: Victim) throws {
    try Self.compare(victim, cores: cores)
  }

  @Test func soItIsOnLinux() throws { try Self.compare(.guest, cores: 2, linux: true) }

  /// The comparison sees a single bit.
  @Test func aBitThatIsOtherIsSeen() {
    var state = WholeState()
    state.registers = ["X0": [1], "V7": [2, 3]]
    state.pages = [0x4000: [UInt8](repeating: 7, count: 4096)]
    #expect(state.differences(from: state) == [])
    var other = state
    other.pages[0x4000]?[100] ^= 0x40
    #expect(state.differences(from: other).count == 1)
    other = state
    other.registers["V7"]?[1] ^= 1
    #expect(state.differences(from: other).count == 1)
    other = state
    other.pages[0x5000] = [UInt8](repeating: 1, count: 4096)
    #expect(state.differences(from: other).count == 1)
  }
}
