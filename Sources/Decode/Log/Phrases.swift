// Many fixed words looked for in one pass: a log has a hundred thousand lines, and each is asked for
// dozens of words.

/// Words in an order of importance.
struct Phrases: Sendable {
  /// The letters of all words, one after the other.
  private let letters: [UInt8]
  /// Where each word starts in `letters`, and where the last ends.
  private let bounds: [Int]
  /// The words' numbers by their first letter.
  private let order: [Int]
  /// Where the words of each first letter start in `order`.
  private let starts: [Int]

  /// Words, none of them empty.
  init(_ words: [String]) {
    let all = words.map { Array($0.utf8) }
    letters = Array(all.joined())
    bounds = all.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let order = all.indices.filter { !all[$0].isEmpty }.sorted {
      (all[$0][0], $0) < (all[$1][0], $1)
    }
    self.order = order
    starts = (0...256).map { letter in
      order.firstIndex { Int(all[$0][0]) >= letter } ?? order.count
    }
  }

  /// Calls with the number of each word that is in the text, until it says to stop.
  private func each(
    in text: UnsafeBufferPointer<UInt8>, _ isEnough: (Int) -> Bool
  ) {
    for place in 0..<text.count {
      let first = Int(unsafe text[place])
      var next = starts[first]
      while next < starts[first + 1] {
        let word = order[next]
        let (start, end) = (bounds[word], bounds[word + 1])
        var index = start + 1
        while index < end, place + index - start < text.count,
          unsafe text[place + index - start] == letters[index]
        {
          index += 1
        }
        if index == end, isEnough(word) { return }
        next += 1
      }
    }
  }

  /// Whether one of the words is in a text.
  func isAny(in text: [UInt8]) -> Bool {
    var isFound = false
    unsafe text.withUnsafeBufferPointer { bytes in
      unsafe each(in: bytes) { _ in
        isFound = true
        return true
      }
    }
    return isFound
  }

  /// The numbers of the words that are in a line, the most important first.
  func all(in line: Substring) -> [Int] {
    var line = line
    var found: [Int] = []
    line.withUTF8 { bytes in
      unsafe each(in: bytes) { word in
        if !found.contains(word) { found.append(word) }
        return false
      }
    }
    return found.count > 1 ? found.sorted() : found
  }
}
