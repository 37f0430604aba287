// Lines on standard output. A line is gathered first and written at once, so that two processes
// never mix theirs.

import Text

/// A line in the making, at most 200 bytes.
public typealias Line = TextLine<200>

extension Line {
  /// Writes the line, ended, to standard output.
  public consuming func print() {
    put(0x0A)
    let length = UInt64(count)
    withAddress { Linux.write(1, $0, length) }
  }
}

/// Writes a text as a line.
public func print(_ text: StaticString) { Line(text).print() }
