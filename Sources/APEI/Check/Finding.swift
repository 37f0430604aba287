// What the checkers report.

#if !hasFeature(Embedded)
/// A rule that bytes break: what a structural checker reports.
///
/// iasl reads tables without judging counts, offsets, alignments or identifiers, and Linux ignores
/// a malformed record without a word; these checkers say where and why.
public struct Finding: Equatable, Sendable, CustomStringConvertible {
  /// What was checked: a table's signature or the name of a structure.
  public var subject: String
  /// Offset in the bytes checked.
  public var offset: Int
  /// The rule, and what was found instead.
  public var message: String

  /// A finding.
  public init(_ subject: String, at offset: Int, _ message: String) {
    self.subject = subject
    self.offset = offset
    self.message = message
  }

  /// One line.
  public var description: String { "\(subject) at \(hex(offset)): \(message)" }
}

/// Collects findings about one structure.
struct Findings {
  let subject: String
  var list: [Finding] = []

  init(_ subject: String) { self.subject = subject }

  /// Reports `message` unless a condition holds.
  mutating func require(_ condition: Bool, at offset: Int, _ message: @autoclosure () -> String) {
    if !condition { list.append(Finding(subject, at: offset, message())) }
  }
}
#endif
