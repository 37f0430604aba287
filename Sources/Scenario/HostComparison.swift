// The same VMM on two hosts: what the two runs say of the guests must agree.
//
// Surprising: a Linux guest's addresses and process numbers come from its random numbers, and those
// from interrupt times, so that two hosts may well differ in them; of such a guest the shape of the
// lines is compared, and not the order, in which its processes take turns. Our small guest says the same to
// the last digit, registers included.

/// A scenario that ran on several hosts.
public struct HostComparison: Sendable {
  /// What the second host says otherwise than the first, one line each.
  public let differences: [String]

  /// Compares two runs, in which `first` and `second` were the hosts.
  public init(
    _ first: Report, on firstHost: Scenario.Host, _ second: Report, on secondHost: Scenario.Host,
    vmm: VMMDescription = VMMDescription()
  ) {
    var differences: [String] = []
    func compare(_ what: String, _ left: String, _ right: String) {
      guard left != right else { return }
      differences.append(
        "\(what): \(left) on \(firstHost.rawValue), \(right) on \(secondHost.rawValue)")
    }
    compare("outcome", first.verdict.outcome.rawValue, second.verdict.outcome.rawValue)
    compare("containedBy", first.verdict.containedBy.rawValue, second.verdict.containedBy.rawValue)
    compare("radius", first.verdict.radius.text, second.verdict.radius.text)
    compare(
      "reported.guestAddress", first.verdict.guestAddress.rawValue,
      second.verdict.guestAddress.rawValue)
    if [first, second].contains(where: { Self.hasNamelessGuest($0.console) }) {
      differences.append(
        "guest: a VMM runs without --name, so that what its guest says cannot be compared")
    }
    let left = Self.speeches(first.console, vmm)
    let right = Self.speeches(second.console, vmm)
    for guest in Set(left.keys).union(right.keys).sorted() {
      let (ours, theirs) = (left[guest] ?? Speech(), right[guest] ?? Speech())
      if ours.isLinux || theirs.isLinux {
        for (one, other, host) in [
          (ours, theirs, firstHost.rawValue), (theirs, ours, secondHost.rawValue),
        ] {
          guard let line = one.firstNot(in: other) else { continue }
          differences.append("guest \(guest): '\(line)' on \(host) only")
        }
      } else if let (one, other) = zip(ours.lines, theirs.lines).first(where: { $0 != $1 }) {
        compare("guest \(guest)", "'\(one)'", "'\(other)'")
      } else if ours.lines.count != theirs.lines.count {
        let (longer, host) =
          ours.lines.count > theirs.lines.count
          ? (ours.lines, firstHost.rawValue) : (theirs.lines, secondHost.rawValue)
        differences.append(
          "guest \(guest): '\(longer[min(ours.lines.count, theirs.lines.count)])' on \(host) only")
      }
    }
    self.differences = differences
  }

  private static func hasNamelessGuest(_ console: [ConsoleLog.Line]) -> Bool {
    // A message of the VMM before it has a name, or as it dies, is no guest's.
    console.contains {
      let line = VMMLine($0.text)
      return line != nil && line != .ownMemoryLost
    }
  }

  /// What a guest says of errors, and what its programs say.
  private struct Speech {
    /// Whether its kernel is Linux.
    var isLinux = false
    var lines: [String] = []
    /// What a kernel printed into its lines: its own or the host's, which cannot be told apart.
    var inside: [String] = []

    /// The first line, in the alphabet's order, that another host's guest of Linux has not, if only in another
    /// line. Blank ones are what stays of a line that was printed into.
    func firstNot(in other: Speech) -> String? {
      var left: [String: Int] = [:]
      for line in other.lines + other.inside { left[line, default: 0] += 1 }
      return lines.sorted().first { line in
        left[line, default: 0] -= 1
        return !line.isEmpty && left[line, default: 0] < 0
      }
    }
  }

  /// By guest.
  private static func speeches(
    _ console: [ConsoleLog.Line], _ vmm: VMMDescription
  ) -> [String: Speech] {
    var speeches: [String: Speech] = [:]
    for line in console {
      let voice = ConsoleVoice(line.text, vmm: vmm)
      guard let guest = voice.guest, VMMLine(voice.text) == nil else { continue }
      let isTimed = voice.withoutTime != voice.text
      if isTimed { speeches[guest, default: Speech()].isLinux = true }
      if isTimed, KernelLine(voice.text) == nil { continue }
      let own = Self.withoutKernel(voice.withoutTime)
      speeches[guest, default: Speech()].lines.append(own)
      let rest = String(voice.withoutTime.dropFirst(own.count))
      if !rest.isEmpty {
        speeches[guest, default: Speech()].inside.append(ConsoleVoice(rest).withoutTime)
      }
    }
    for (guest, speech) in speeches where speech.isLinux {
      speeches[guest]?.lines = speech.lines.map(withoutNumbers)
      speeches[guest]?.inside = speech.inside.map(withoutNumbers)
    }
    return speeches
  }

  /// A line up to where a kernel began to print before the line had its end: its messages begin with
  /// the seconds since it started, as in `[    0.811989] `.
  static func withoutKernel(_ line: String) -> String {
    let bytes = Array(line.utf8)
    for start in bytes.indices.dropFirst() where bytes[start] == UInt8(ascii: "[") {
      var index = start + 1
      func skip(_ isPart: (UInt8) -> Bool) -> Int {
        let count = bytes[min(index, bytes.count)...].prefix(while: isPart).count
        index += count
        return count
      }
      func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
      _ = skip { $0 == UInt8(ascii: " ") }
      guard skip(isDigit) > 0, skip({ $0 == UInt8(ascii: ".") }) == 1, skip(isDigit) == 6,
        skip({ $0 == UInt8(ascii: "]") }) == 1
      else { continue }
      return String(decoding: bytes[..<start], as: UTF8.self)
    }
    return line
  }

  /// A line with `#` in the place of each number, hexadecimal ones of eight digits and more or with
  /// 0x among them.
  static func withoutNumbers(_ line: String) -> String {
    let bytes = Array(line.utf8)
    func run(from start: Int, while isPart: (UInt8) -> Bool) -> Int {
      bytes[min(start, bytes.count)...].prefix(while: isPart).count
    }
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
    var kept: [UInt8] = []
    var index = 0
    while index < bytes.count {
      var length = 0
      if bytes[index] == UInt8(ascii: "0"), bytes[index...].dropFirst().first == UInt8(ascii: "x") {
        let digits = run(from: index + 2, while: isHexadecimal)
        length = digits > 0 ? 2 + digits : 0
      }
      if length == 0 {
        let digits = run(from: index, while: isHexadecimal)
        length = digits >= 8 ? digits : run(from: index, while: isDigit)
      }
      kept.append(length > 0 ? UInt8(ascii: "#") : bytes[index])
      index += max(length, 1)
    }
    return String(decoding: kept, as: UTF8.self)
  }
}
