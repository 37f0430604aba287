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
