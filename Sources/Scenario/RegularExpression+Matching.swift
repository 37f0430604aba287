// Matching: every way through the program at once, one character after the other.
//
// Each instruction is entered at most once for each character, by the preferred of the ways that lead
// there, so that the work is at most length of the program times length of the line (K. Thompson,
// "Regular Expression Search Algorithm", CACM 11/6, 1968; with groups as in R. Pike's sam).

extension RegularExpression {
  /// Where the first match in a line and its groups lie, two positions a group, -1 where a group
  /// took no part; nil without a match.
  func firstMatch(in line: [UInt32]) -> [Int]? {
    var now = Ways(program.count)
    var next = Ways(program.count)
    var found: [Int]?
    let none = [Int](repeating: -1, count: 2 * groups.count)
    var position = 0
    while true {
      if found == nil, !(isAnchored && position > 0) {
        if now.list.isEmpty {
          if let first {
            while position < line.count, !first.contains(line[position]) { position += 1 }
            if position == line.count { return nil }
          }
        }
        add(0, none, to: &now, at: position, of: line)
      }
      if now.list.isEmpty {
        // Nothing begins here; it may further on.
        guard found == nil, !isAnchored, position < line.count else { return found }
        now.empty()
        position += 1
        continue
      }
      for way in now.list {
        switch program[way.instruction] {
        case .set(let set):
          if position < line.count, sets[set].contains(line[position]) {
            add(way.instruction + 1, way.saved, to: &next, at: position + 1, of: line)
          }
          continue
        case .match:
          found = way.saved
        case .split, .jump, .save, .assert: continue
        }
        // Ways behind a match are less preferred.
        break
      }
      swap(&now, &next)
      next.empty()
      if position == line.count { return found }
      position += 1
    }
  }

  /// The ways at one position, the preferred first.
  private struct Ways {
    var list: [(instruction: Int, saved: [Int])] = []
    /// The round in which an instruction was entered.
    private var entered: [Int]
    private var round = 1

    init(_ count: Int) { entered = Array(repeating: 0, count: count) }

    mutating func enter(_ instruction: Int) -> Bool {
      if entered[instruction] == round { return false }
      entered[instruction] = round
      return true
    }

    mutating func empty() {
      list.removeAll(keepingCapacity: true)
      round += 1
    }
  }

  /// Follows all that takes no character.
  private func add(
    _ start: Int, _ saved: [Int], to ways: inout Ways, at position: Int, of line: [UInt32]
  ) {
    var open: [(instruction: Int, saved: [Int])] = [(start, saved)]
    while var (index, saved) = open.popLast() {
      follow: while ways.enter(index) {
        switch program[index] {
        case .set, .match:
          ways.list.append((index, saved))
          break follow
        case .jump(let target): index = target
        case .split(let preferred, let other):
          open.append((other, saved))
          index = preferred
        case .save(let slot):
          saved[slot] = position
          index += 1
        case .assert(let assertion):
          guard holds(assertion, at: position, of: line) else { break follow }
          index += 1
        }
      }
    }
  }

  private func holds(_ assertion: Assertion, at position: Int, of line: [UInt32]) -> Bool {
    func isWord(_ index: Int) -> Bool {
      line.indices.contains(index) && Characters.words.contains(line[index])
    }
    return switch assertion {
    case .start: position == 0
    case .end: position == line.count
    case .wordBoundary: isWord(position - 1) != isWord(position)
    case .noWordBoundary: isWord(position - 1) == isWord(position)
    }
  }
}
