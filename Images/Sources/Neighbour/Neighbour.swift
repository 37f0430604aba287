// The neighbour: computes beside the victim and checks itself.
//
//     neighbour [--rounds N]
//
// It scrambles a buffer N times with a function that can be undone, prints a digest, undoes it N
// times and compares with the start. The digest depends on N alone, so two runs can be compared.

import GuestEntry
import GuestRuntime
import Text

@main enum Neighbour {
  static let words: UInt64 = 4096

  static func main() {
    var rounds: UInt64 = 200
    let arguments = Arguments()
    if arguments.first(is: "--rounds"), let number = arguments.rest.number {
      rounds = number
    } else if !arguments.isEmpty {
      print("neighbour: usage: neighbour [--rounds N]")
      Linux.exit(64)
    }
    guard let memory = Linux.map(words * 8) else {
      print("neighbour: no memory")
      Linux.exit(1)
    }
    var line = Line("neighbour: pid ")
    line.add(decimal: Linux.processID)
    line.add(" computes ")
    line.add(decimal: rounds)
    line.add(" rounds")
    line.print()

    for index in 0..<words { store_word(memory + index * 8, start(index)) }
    for _ in 0..<rounds { scramble(memory) }
    var digest: UInt64 = 0
    for index in 0..<words { digest = mix(digest ^ load_word(memory + index * 8)) }
    for _ in 0..<rounds { unscramble(memory) }
    var isRight = true
    for index in 0..<words where load_word(memory + index * 8) != start(index) { isRight = false }
    line = Line("neighbour: result ")
    line.add(hex: digest, digits: 16)
    line.add(isRight ? " right" : " WRONG")
    line.print()
    Linux.exit(isRight ? 0 : 1)
  }

  static func start(_ index: UInt64) -> UInt64 { mix(index &+ 0x9E37_79B9_7F4A_7C15) }

  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  static func scramble(_ memory: UInt64) {
    var previous: UInt64 = 0x0123_4567_89AB_CDEF
    for index in 0..<words {
      let word = load_word(memory + index * 8) ^ previous
      previous = (word << 13 | word >> 51) &+ index
      store_word(memory + index * 8, previous)
    }
  }

  static func unscramble(_ memory: UInt64) {
    var index = words
    while index > 0 {
      index -= 1
      let previous = index == 0 ? 0x0123_4567_89AB_CDEF : load_word(memory + (index - 1) * 8)
      let word = load_word(memory + index * 8) &- index
      store_word(memory + index * 8, (word >> 13 | word << 51) ^ previous)
    }
  }
}
