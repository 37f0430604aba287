// Regular expressions of scenarios: what they are made of, and the program that one becomes.
//
// Surprising: no lookahead, lookbehind or back-reference. Without them a line is matched in a time that
// grows with its length alone (RegularExpression+Matching.swift), whatever the pattern: a pattern that
// somebody else wrote cannot stop the tool. Of several matches at one place the first alternative and
// the greedy one count, as in Perl, Swift and most tools.

/// A compiled regular expression over Unicode scalars.
struct RegularExpression: Sendable {
  /// One instruction of the program. Numbers are indices of instructions, sets and positions.
  enum Instruction: Sendable {
    /// Takes one character of a set.
    case set(Int)
    /// Goes on at both, the first is preferred.
    case split(Int, Int)
    /// Goes on elsewhere.
    case jump(Int)
    /// Remembers the position.
    case save(Int)
    /// Goes on if this holds at the position.
    case assert(Assertion)
    /// The end of the pattern.
    case match
  }

  /// What holds between two characters.
  enum Assertion: Sendable {
    /// `^`.
    case start
    /// `$`.
    case end
    /// `\b`.
    case wordBoundary
    /// `\B`.
    case noWordBoundary
  }

  /// A set of characters.
  struct Characters: Sendable {
    /// The ranges.
    var ranges: [ClosedRange<UInt32>]
    /// Whether all others are meant.
    var isInverted = false

    /// Whether a character is in the set.
    func contains(_ character: UInt32) -> Bool {
      for range in ranges where range.contains(character) { return !isInverted }
      return isInverted
    }

    static let digits = Characters(ranges: [0x30...0x39])
    static let words = Characters(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = Characters(ranges: [0x09...0x0D, 0x20...0x20])
    /// `.`: a line has no line ends in it.
    static let any = Characters(ranges: [], isInverted: true)
  }

  /// Why a text is no pattern.
  struct Mistake: Error, Equatable, CustomStringConvertible {
    /// Where, from 1.
    var column: Int
    /// What is wrong there.
    var reason: String

    var description: String { "\(reason) at character \(column)" }
  }

  /// Most instructions that a program has: `{1000}` inside `{1000}` is a mistake.
  static let mostInstructions = 20_000

  /// The program.
  private(set) var program: [Instruction] = []
  /// The sets that it names.
  private(set) var sets: [Characters] = []
  /// The names of groups, by number; group 0 is the whole match.
  private(set) var groups: [String?] = [nil]
  /// What a match begins with, if that is a set: other places need not be tried.
  private(set) var first: Characters?
  /// Whether a match begins where the line does.
  private(set) var isAnchored = false

  /// Compiles a pattern.
  init(_ source: String) throws(Mistake) {
    var parser = RegularExpressionParser(source)
    let tree = try parser.parse()
    groups += parser.groups
    try emit(.group(0, tree), column: 1)
    program.append(.match)
    var index = 0
    while index < program.count {
      guard case .save = program[index] else { break }
      index += 1
    }
    switch program[index] {
    case .set(let set): first = sets[set]
    case .assert(.start): isAnchored = true
    default: break
    }
  }

  private mutating func emit(_ tree: RegularExpressionTree, column: Int) throws(Mistake) {
    guard program.count < Self.mostInstructions else {
      throw Mistake(column: column, reason: "the pattern is too large")
    }
    switch tree {
    case .empty: break
    case .set(let characters):
      program.append(.set(sets.count))
      sets.append(characters)
    case .assertion(let assertion): program.append(.assert(assertion))
    case .group(nil, let inner): try emit(inner, column: column)
    case .group(let number?, let inner):
      program.append(.save(2 * number))
      try emit(inner, column: column)
      program.append(.save(2 * number + 1))
    case .sequence(let parts): for part in parts { try emit(part, column: column) }
    case .alternatives(let choices):
      var jumps: [Int] = []
      for (index, choice) in choices.enumerated() {
        guard index < choices.count - 1 else {
          try emit(choice, column: column)
          break
        }
        let split = program.count
        program.append(.match)
        try emit(choice, column: column)
        jumps.append(program.count)
        program.append(.match)
        program[split] = .split(split + 1, program.count)
      }
      for jump in jumps { program[jump] = .jump(program.count) }
    case .repeated(let inner, let least, let most, let isLazy):
      for _ in 0..<least { try emit(inner, column: column) }
      guard let most else {
        let split = program.count
        program.append(.match)
        try emit(inner, column: column)
        program.append(.jump(split))
        program[split] = Self.split(split + 1, program.count, isLazy)
        break
      }
      var splits: [Int] = []
      for _ in least..<most {
        splits.append(program.count)
        program.append(.match)
        try emit(inner, column: column)
      }
      for split in splits { program[split] = Self.split(split + 1, program.count, isLazy) }
    }
  }

  private static func split(_ inside: Int, _ behind: Int, _ isLazy: Bool) -> Instruction {
    isLazy ? .split(behind, inside) : .split(inside, behind)
  }
}
