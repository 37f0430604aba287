// The forms in which bytes and registers reach a decoder: as files, and as what people paste.

/// How an input was written.
public enum InputForm: String, CaseIterable, Sendable {
  /// The bytes themselves.
  case binary
  /// Hexadecimal digits in any grouping.
  case hexadecimal
  /// The same in words of 16, 32 or 64 bits whose bytes are in the other order.
  case swappedWords = "hexadecimal words, little-endian"
  /// An array of C or of a script: 0x48, 0x45.
  case array = "list of 0x bytes"
  /// A literal of a program: b'CPER\x01'.
  case literal = "string literal"
  /// Numbers from 0 to 255.
  case decimal = "list of decimal bytes"
  /// `hexdump -C`: offsets, bytes, letters between bars.
  case hexdumpC = "hexdump -C"
  /// `hexdump`, `od -x`: offsets and words.
  case hexdump
  /// `xxd`: offsets with a colon, groups of two bytes.
  case xxd
  /// `acpidump`: tables with a heading.
  case acpidump
  /// The raw data of an iasl listing.
  case iasl = "iasl raw data"
  /// A dump as the Linux kernel prints it: words of 32 bits.
  case kernelDump = "kernel hex dump"
  /// Base64.
  case base64
  /// Registers by name or alone.
  case values
  /// Lines of a log.
  case log = "kernel log"
}

/// What an input turned out to hold.
struct InputItem: Sendable {
  enum Content: Sendable {
    case bytes([UInt8])
    case values([NamedValue])
    case log([UInt8])
  }
  var content: Content
  var form: InputForm
  /// What a heading calls it; empty if it has none.
  var title: String = ""
  /// What was wrong with the writing.
  var remarks: [Remark] = []
}
