// Results as JUnit's XML, which continuous integration reads: a test case a scenario.

/// The results of several scenarios.
public struct JUnitReport: Sendable {
  /// One scenario's.
  public struct Case: Sendable {
    /// Its file.
    public var file: String
    /// Its title.
    public var title: String
    /// How long it ran, in seconds.
    public var seconds: Double
    /// How it ended.
    public var outcome: Outcome
    /// What it printed.
    public var output: String

    /// A scenario's result.
    public init(file: String, title: String, seconds: Double, outcome: Outcome, output: String) {
      self.file = file
      self.title = title
      self.seconds = seconds
      self.outcome = outcome
      self.output = output
    }
  }

  /// How a scenario ended.
  public enum Outcome: Equatable, Sendable {
    /// Every expectation holds.
    case holds
    /// These do not.
    case fails(String)
    /// There is no verdict, for this reason.
    case didNotRun(String)
  }

  /// The scenarios.
  public var cases: [Case]

  /// A report of these.
  public init(cases: [Case]) { self.cases = cases }

  /// The XML.
  public var text: String {
    let failed = cases.count { if case .fails = $0.outcome { true } else { false } }
    let errors = cases.count { if case .didNotRun = $0.outcome { true } else { false } }
    let counts =
      "tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"\(errors)\" "
      + "time=\"\(Self.seconds(cases.reduce(0) { $0 + $1.seconds }))\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites \(counts)>",
      "  <testsuite name=\"faultline\" \(counts)>",
    ]
    for item in cases {
      lines.append(
        "    <testcase classname=\"\(Self.escaped(item.file))\" name=\"\(Self.escaped(item.title))\" "
          + "time=\"\(Self.seconds(item.seconds))\">")
      switch item.outcome {
      case .holds: break
      case .fails(let why):
        lines.append("      <failure message=\"\(Self.escaped(why))\"/>")
      case .didNotRun(let why): lines.append("      <error message=\"\(Self.escaped(why))\"/>")
      }
      lines.append("      <system-out>\(Self.escaped(item.output))</system-out>")
      lines.append("    </testcase>")
    }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// With three decimals.
  private static func seconds(_ value: Double) -> String {
    let thousandths = UInt64(max(0, value * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  /// Text in XML 1.0, which has no control characters but tab and line ends (2.2).
  static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
      case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
      case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
      case "\n": escaped.append(contentsOf: "&#10;".unicodeScalars)
      case "\t": escaped.append(scalar)
      default:
        let isAllowed =
          scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
        escaped.append(isAllowed ? scalar : "\u{FFFD}")
      }
    }
    return String(escaped)
  }
}
