// `faultline decode`: what the bits of a register mean.

import ArgumentParser
import Arm
import Scenario

/// The group of decoders.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what the bits of a register mean.", subcommands: [DecodeESR.self])
}

/// Decodes an exception syndrome.
struct DecodeESR: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "esr",
    abstract: "Decode an exception syndrome, ESR_ELx.",
    discussion: """
      Every field with its meaning, for all 64 exception classes; values that the architecture does
      not define are said to be so. Arm ARM (DDI 0487) D24.2.40.

      EXAMPLES
        faultline decode esr 0x96000410
        faultline decode esr 0xbe000c11 --json
      """)

  @Argument(help: "The register, decimal or 0x hexadecimal.")
  var value: Bits
  @Flag(help: "Print JSON.")
  var json = false

  func run() {
    let description = SyndromeDescription(Syndrome(rawValue: value.value))
    print(json ? description.json.text() : description.text)
  }
}

extension SyndromeDescription {
  /// A line a field.
  var text: String {
    let names = lines.map(\.name.count).max() ?? 0
    return
      (["ESR \(hexadecimal(syndrome.rawValue)): \(title)"]
      + lines.map { line in
        let bits = "[\(line.bits)]"
        return "  " + bits + String(repeating: " ", count: max(0, 8 - bits.count)) + line.name
          + String(repeating: " ", count: names - line.name.count) + "  "
          + value(line) + "  " + line.meaning
      }).joined(separator: "\n")
  }

  /// An object with the fields in a list.
  var json: JSONValue {
    .object([
      ("value", .string(hexadecimal(syndrome.rawValue))), ("exceptionClass", .string(title)),
      (
        "fields",
        .array(
          lines.map { line in
            .object([
              ("name", .string(line.name)), ("high", .number(UInt64(line.high))),
              ("low", .number(UInt64(line.low))), ("value", .string(value(line))),
              ("meaning", .string(line.meaning)), ("unknown", .bool(line.isUnknown)),
            ])
          })
      ),
    ])
  }

  /// 0x and as many digits as the field has room for.
  private func value(_ line: Line) -> String {
    let digits = String(line.value, radix: 16)
    let room = Int(line.high - line.low) / 4 + 1
    return "0x" + String(repeating: "0", count: max(0, room - digits.count)) + digits
  }
}
