// What became of the guests, each by itself, as their consoles and their VMMs say.

/// What is known of the guests.
struct GuestEvidence: Equatable, Sendable {
  /// One guest and its VMM.
  private struct Guest: Equatable, Sendable {
    var kernel = KernelEvidence()
    /// Whether its VMM lost memory of its own, and cannot go on.
    var lostVMM = false
    /// Whether its VMM ended it because it could not go on.
    var isEnded = false
    /// Whether an error came as far as its VMM or itself.
    var isReached = false
    /// Whether it or its VMM went on after that.
    var goesOn = false
    /// Pages of its memory that its VMM was told of, by whichever signals.
    var pages: Set<UInt64> = []
  }

  /// By name; "" for that of a VMM without one.
  private var guests: [String: Guest] = [:]
  /// Guest physical addresses in the records that VMMs wrote, and log2 of the most that a host took
  /// from a guest at once.
  private var written: [UInt64] = []
  private var leastBit: UInt64 = 12

  /// Takes what a guest or a VMM says; false when it is the host's.
  mutating func add(_ statement: ConsoleStatement) -> Bool {
    switch statement.meaning {
    case .vmm(let line):
      add(line, to: statement.guest ?? "")
      return true
    case .kernel:
      guard let name = statement.guest else { return false }
      var guest = guests[name] ?? Guest()
      for line in statement.kernelLines { guest.kernel.add(line) }
      if guest.kernel.wasTold {
        guest.isReached = true
        guest.goesOn = true
      }
      guests[name] = guest
      return true
    }
  }

  private mutating func add(_ line: VMMLine, to name: String) {
    var guest = guests[name] ?? Guest()
    guest.isReached = guest.isReached || line != .other
    switch line {
    case .guestMemoryLost(let physical, let bit):
      leastBit = max(leastBit, min(bit, 40))
      if let physical { guest.pages.insert(physical >> 12) }
    case .record(let physical):
      guest.goesOn = true
      if let physical { written.append(physical) }
    case .injected, .ownMemoryNoticed: guest.goesOn = true
    case .guestEnded: guest.isEnded = true
    case .ownMemoryLost: guest.lostVMM = true
    case .other: break
    }
    guests[name] = guest
  }

  private func count(_ holds: (Guest) -> Bool) -> Int { guests.values.count(where: holds) }

  /// Whether an error came as far as a VMM or a guest.
  var isReached: Bool { count(\.isReached) > 0 }
  /// Guests that went on after they or their VMMs were told.
  var goingOn: Int { count { $0.goesOn && !$0.lostVMM } }
  /// Signals of the host that VMMs said they had: one for each page of a guest.
  var signalsHeard: Int { guests.values.reduce(0) { $0 + $1.pages.count } }
  /// Guests whose VMM lost memory of its own.
  var withoutVMM: Int { count(\.lostVMM) }
  /// Guests that went down by themselves.
  var down: Int { count(\.kernel.panicked) }
  /// Guests that their VMM ended.
  var ended: Int { count { $0.isEnded && !$0.kernel.panicked } }
  /// Guests that are lost for any of these reasons.
  var lost: Int { count { $0.lostVMM || $0.isEnded || $0.kernel.panicked } }
  /// Processes of guests that were killed.
  var killed: Int { guests.values.reduce(0) { $0 + $1.kernel.killed() } }
  /// Whether a guest put its loss right.
  var recovered: Bool { count { $0.kernel.gaveUpPage || $0.kernel.readRecord } > 0 }

  /// Whether guests were told of what was hit: every address in a record of theirs lies in a page
  /// that the host gave up for a line that was. None where no record has one, or where it is not
  /// known what the guest calls the line.
  func addressReport(_ planted: Set<UInt64>) -> Verdict.AddressReport {
    let stated = written + guests.values.flatMap(\.kernel.recordAddresses)
    guard !stated.isEmpty, !planted.isEmpty else { return .none }
    let pages = Set(planted.map { $0 >> leastBit })
    return stated.allSatisfy { pages.contains($0 >> leastBit) } ? .right : .wrong
  }
}
