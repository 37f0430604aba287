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
    let left = Self.guestLines(first.console, vmm)
    let right = Self.guestLines(second.console, vmm)
    for guest in Set(left.keys).union(right.keys).sorted() {
      let (ours, theirs) = (left[guest] ?? [], right[guest] ?? [])
      if let index = zip(ours, theirs).enumerated().first(where: { $1.0 != $1.1 })?.offset {
        compare("guest \(guest)", "'\(ours[index])'", "'\(theirs[index])'")
      } else if ours.count != theirs.count {
        let (longer, host) =
          ours.count > theirs.count ? (ours, firstHost.rawValue) : (theirs, secondHost.rawValue)
        differences.append(
          "guest \(guest): '\(longer[min(ours.count, theirs.count)])' on \(host) only")
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

  /// By guest: what it says of errors, and what its programs say.
  private static func guestLines(
    _ console: [ConsoleLog.Line], _ vmm: VMMDescription
  ) -> [String: [String]] {
    var lines: [String: [String]] = [:]
    var isLinux: Set<String> = []
    for line in console {
      let voice = ConsoleVoice(line.text, vmm: vmm)
      guard let guest = voice.guest, VMMLine(voice.text) == nil else { continue }
      let isTimed = voice.withoutTime != voice.text
      if isTimed { isLinux.insert(guest) }
      if isTimed, KernelLine(voice.text) == nil { continue }
      lines[guest, default: []].append(Self.withoutKernel(voice.withoutTime))
    }
    for guest in isLinux {
      lines[guest] = lines[guest]?.map(withoutNumbers).sorted()
    }
    return lines
  }

  /// A line up to where the host's kernel began to print before the line had its end: its messages begin with
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
