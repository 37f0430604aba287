// `faultline decode`: what a register, a record, a table or a log says.

import ArgumentParser
import Decode
import Foundation

/// Decodes what somebody holds.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain registers, error records, ACPI tables and kernel logs.",
    discussion: """
      KIND is what the input is:
        auto       guess, and say what was guessed
        esr        ESR_ELx, a syndrome
        errstatus  ERR<n>STATUS; with names before them also addr, fr, ctlr, misc0 to misc3
        disr       DISR_EL1, an SError that an ESB deferred; VSESR_EL2
        spsr       SPSR_ELx, in logs pstate
        cper       a CPER record, an error status block, an error data entry or a section
        hest bert einj erst sdei aest
                   an ACPI table
        log        a kernel's log: oopses, SErrors, hardware error records, dumps

      INPUT is files, values or, with -, standard input. Registers are 0x and hexadecimal digits, or 8
      or 16 hexadecimal digits as logs print them, or decimal. Bytes may be binary, hexadecimal digits
      in any grouping, hexdump -C, hexdump, xxd, od, acpidump, iasl's raw data, dumps of kernels and
      debuggers, literals, decimal lists or base64. auto also takes a line of a log as values.

      Text names offset, field, value and meaning, and at the end what cannot be read and what is not
      consistent. JSON is described by Documentation/decode.schema.json; several inputs are an object a
      line.

      EXAMPLES
        faultline decode esr 0x96000410
        faultline decode esr 96000210 bf40c000 --json
        faultline decode errstatus 0xe8000904 addr 0x8000000000000200
        faultline decode hest /sys/firmware/acpi/tables/HEST
        acpidump | faultline decode auto -
        dmesg | faultline decode log -
        faultline decode cper section.bin --section pcie

      EXIT STATUS
        0   all of the input was read, consistent or not; of several tables those that are known
        64  the command line is wrong, or a value is no number
        65  the input is cut off, a length or a count in it lies, or it is nothing that is known; what
            could be read is printed all the same
        66  a file is missing or cannot be read
        73  the output cannot be written
      """)

  /// What the input is: one of the decoders' kinds, or to be guessed.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case auto, esr, errstatus, disr, spsr, cper, hest, bert, einj, erst, sdei, aest, log
  }

  @Argument(help: "What the input is, or auto.")
  var kind: Kind
  @Argument(help: ArgumentHelp("Files, values, or - for standard input.", valueName: "input"))
  var inputs: [String] = []
  @Flag(help: "Print JSON.")
  var json = false
  @Option(
    help: ArgumentHelp(
      "The bytes are a section of this type: \(DecodeRequest.sectionNames.joined(separator: ", ")).",
      valueName: "type"))
  var section: String?

  func validate() throws {
    if inputs.isEmpty {
      throw ValidationError("name files or values, or - for standard input.")
    }
    if let section, !DecodeRequest.sectionNames.contains(section) {
      throw ValidationError(
        "--section: found '\(section)'; accepted are "
          + DecodeRequest.sectionNames.joined(separator: ", ") + ".")
    }
  }

  /// An input: its bytes, and the file it came from.
  private struct Input {
    var bytes: [UInt8]
    /// A file's name, or nil for values.
    var source: String?
  }

  func run() throws {
    let inputs = try readInputs()
    var worst = Decoding.Outcome.whole
    for (index, input) in inputs.enumerated() {
      let request = DecodeRequest(
        kind: DecoderKind(rawValue: kind.rawValue),
        style: json ? (inputs.count > 1 ? .jsonLine : .json) : .text, section: section,
        source: input.source)
      let decoding = Decoding(input.bytes, request)
      if decoding.outcome == .unrecognized, decoding.bytes.isEmpty, input.source == nil {
        throw ValidationError("\(kind.rawValue): \(decoding.reason).")
      }
      var output = decoding.bytes
      if !json, inputs.count > 1, let source = input.source {
        output = Array((index > 0 ? "\n" : "").utf8) + Array("\(source):\n".utf8) + output
      }
      try StandardOutput.write(output)
      if decoding.outcome == .unrecognized {
        _ = failure(.badContent, "\(input.source ?? kind.rawValue): \(decoding.reason)")
      }
      worst = max(worst, decoding.outcome)
    }
    if worst != .whole { throw Status.badContent.exit }
  }

  /// Files where files are named, values otherwise.
  private func readInputs() throws -> [Input] {
    let isRegister = DecoderKind(rawValue: kind.rawValue)?.isRegister == true
    if !inputs.contains("-") {
      let isValue = isRegister && DecodeRequest.areValues(inputs)
      let exist = inputs.map { FileManager.default.fileExists(atPath: $0) }
      if isValue || !exist.contains(true) {
        let text = Input(bytes: Array(inputs.joined(separator: " ").utf8), source: nil)
        if isRegister || DecodeRequest.isInline(inputs) { return [text] }
        throw failure(
          .noInput,
          "input '\(inputs[0])' does not exist; accepted are files, hexadecimal digits, or - for "
            + "standard input")
      }
    }
    return try inputs.map { name in
      if name == "-" {
        return Input(bytes: try StandardOutput.readInput(), source: "standard input")
      }
      return Input(bytes: try HostFile.read(name, as: "input"), source: name)
    }
  }
}
