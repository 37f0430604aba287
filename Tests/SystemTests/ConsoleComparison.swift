// Two consoles, line by line. What may differ is a list of exact lines, each with its reason; a line
// of the list that did not occur is a finding as well, so that the list cannot outlive its reasons.

/// A line that may differ between QEMU and this machine.
struct ConsoleDifference: Sendable {
  /// What QEMU prints, without its time.
  var onQEMU: String
  /// What this machine prints instead; nil: nothing.
  var here: String?
  /// Why.
  var reason: String

  /// All of them.
  static let all = [
    ConsoleDifference(
      onQEMU: "ITS: No ITS available, not enabling LPIs", here: nil,
      reason: "GICD_TYPER announces LPIs in QEMU; this machine has neither LPIs nor an ITS"),
    ConsoleDifference(
      onQEMU: "Registered setend emulation handler",
      here: "setend instruction emulation is not supported on this system",
      reason: "AArch64 only at every exception level"),
    ConsoleDifference(
      onQEMU: "CPU features: detected: 32-bit EL0 Support", here: nil,
      reason: "AArch64 only at every exception level"),
  ]

  /// Lines of kernel threads that run beside the boot: on several cores their place among the
  /// others depends on which core is faster, so they are compared apart.
  static let besideTheBoot = [
    "audit: type=2000", "Trying to unpack rootfs image as initramfs...", "Freeing initrd memory:",
    "random: crng init done",
  ]
}

/// A line of a console.
struct ConsoleLine: Equatable {
  /// What follows the time.
  var text: String
  /// printk's time, in seconds.
  var time: Double?

  init(_ line: Substring) {
    text = String(line)
    guard line.hasPrefix("["), let end = line.firstIndex(of: "]"),
      let time = Double(line[line.index(after: line.startIndex)..<end].drop { $0 == " " })
    else { return }
    self.time = time
    text = String(line[line.index(after: end)...].dropFirst())
  }

  /// Whether both are the row of /proc/interrupts for the timer, with counts that are at most so far
  /// apart: `cat` reads them within 2 ms of each other, and a tick may lie between.
  func isTimerCount(within difference: Int, of other: ConsoleLine) -> Bool {
    let (words, others) = (text.split(separator: " "), other.text.split(separator: " "))
    guard words.last == "arch_timer", words.count == others.count, words.count > 2,
      let count = Int(words[1]), let otherCount = Int(others[1])
    else { return false }
    return words.dropFirst(2) == others.dropFirst(2) && abs(count - otherCount) <= difference
  }

  /// The lines of a console.
  static func lines(_ console: [UInt8]) -> [ConsoleLine] {
    String(decoding: console.filter { $0 != 13 }, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map { ConsoleLine($0) }
  }
}

/// The outcome of a comparison.
struct ConsoleComparison {
  /// Lines that differ, `-` QEMU's and `+` this machine's, and what else is wrong.
  private(set) var findings: [String] = []
  /// The largest difference of a line's times, in seconds.
  private(set) var worstTime = 0.0

  /// Compares. `isOrdered`: threads beside the boot have a fixed place.
  init(qemu: [UInt8], here: [UInt8], isOrdered: Bool) {
    var expected: [ConsoleLine] = []
    var unused = ConsoleDifference.all
    for line in ConsoleLine.lines(qemu) {
      guard let rule = unused.firstIndex(where: { $0.onQEMU == line.text }) else {
        expected.append(line)
        continue
      }
      let difference = unused.remove(at: rule)
      guard let text = difference.here else { continue }
      var replaced = line
      replaced.text = text
      expected.append(replaced)
    }
    for rule in unused { findings.append("stated difference did not occur: \(rule.onQEMU)") }
    var found = ConsoleLine.lines(here)
    if !isOrdered {
      let apart = { (line: ConsoleLine) in
        ConsoleDifference.besideTheBoot.contains { line.text.hasPrefix($0) }
      }
      // `audit(seconds:serial)` carries the time.
      let name = { (line: ConsoleLine) in line.text.prefix { $0 != "(" } }
      let beside = (
        expected.filter(apart).map(name).sorted(), found.filter(apart).map(name).sorted()
      )
      if beside.0 != beside.1 { findings.append("beside the boot: \(beside.0) but \(beside.1)") }
      expected.removeAll(where: apart)
      found.removeAll(where: apart)
    }
    for (index, line) in found.enumerated() where expected.indices.contains(index) {
      if line.isTimerCount(within: 1, of: expected[index]) { found[index] = expected[index] }
    }
    let difference = found.map(\.text).difference(from: expected.map(\.text))
    for change in difference {
      switch change {
      case .remove(let offset, let text, _): findings.append("\(offset): - \(text)")
      case .insert(let offset, let text, _): findings.append("\(offset): + \(text)")
      }
    }
    if difference.isEmpty {
      for (one, other) in zip(expected, found) {
        guard let a = one.time, let b = other.time else { continue }
        worstTime = max(worstTime, abs(a - b))
      }
    }
  }
}
