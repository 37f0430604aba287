// Values of options: sizes, counts and patterns, checked where the command line is read.

import ArgumentParser
import Scenario

/// A size in bytes.
struct Size: ExpressibleByArgument {
  let bytes: UInt64
  init?(argument: String) {
    guard let bytes = Quantity.parse(argument, .size) else { return nil }
    self.bytes = bytes
  }
  init(_ bytes: UInt64) { self.bytes = bytes }
  var defaultValueDescription: String { bytes == 1 << 30 ? "1G" : String(bytes) }
}

/// A number of things.
struct Count: ExpressibleByArgument {
  let value: UInt64
  init?(argument: String) {
    guard let value = Quantity.parse(argument, .count) else { return nil }
    self.value = value
  }
}

/// Reads a pattern of the command line.
func pattern(_ source: String, option: String) throws -> ConsolePattern {
  do { return try ConsolePattern(source) } catch {
    throw ValidationError("\(option): '\(source)' is no regular expression: \(error)")
  }
}
