// What the command says of itself, and what it prints of a boot and of a syndrome, letter by letter.

import Foundation
import Support
import Testing

@Suite struct CommandGoldens {
  /// A command of `--experimental-dump-help`.
  private struct Command: Decodable {
    var commandName: String
    var subcommands: [Command]?

    /// The words of all commands below this one, itself first.
    func words(after path: [String]) -> [[String]] {
      [path]
        + (subcommands ?? []).filter { $0.commandName != "help" }
        .flatMap { $0.words(after: path + [$0.commandName]) }
    }
  }

  private struct Help: Decodable { var command: Command }

  /// Every command there is, with its `--help`: a new one is in it.
  @Test func theHelpOfEveryCommand() throws {
    let dump = try faultline("--experimental-dump-help")
    let help = try JSONDecoder().decode(Help.self, from: Data(dump.output.utf8))
    let commands = help.command.words(after: [])
    #expect(commands.count > 12)
    var text = ""
    for words in commands {
      let outcome = try faultline(words + ["--help"])
      #expect(outcome.status == 0, "\(words)")
      text += "$ faultline \((words + ["--help"]).joined(separator: " "))\n\(outcome.output)\n"
    }
    let server = "faultline-campaign-server"
    let outcome = try execute(try Checkout.required(".build/release/" + server), ["--help"])
    #expect(outcome.status == 0)
    text += "$ \(server) --help\n\(outcome.output)\n"
    // The default is what FAULTLINE_ENGINE says, where somebody runs the tests with that.
    text = text.replacing(#/default: (interpreter|jit)\)/#, with: "default: auto)")
    #expect(Golden.difference(text, from: "help.txt") == nil)
  }

  /// Data Aborts of one level and of a lower one, SErrors with and without IDS, and a breakpoint.
  @Test func syndromes() throws {
    let outcome = try faultline(
      "decode", "esr", "96000210", "0x92000410", "bf40c000", "be000411", "f2000000")
    #expect(outcome.status == 0)
    #expect(Golden.difference(outcome.output, from: "decode-esr.txt") == nil)
  }

  /// The small guest as the machine's own kernel, with what `--stats` adds.
  @Test func aBootWithStatistics() throws {
    let outcome = try faultline(
      "boot", "--kernel", try Checkout.required(".build/images/guest.bin"), "--initrd", "none",
      "--append", "test=compute times=10", "--stats", "--hash", "--engine", "interpreter")
    #expect(outcome.status == 0)
    let text = (outcome.output + outcome.errors)
      .replacing(#/(?m)^(instructions|seconds|MIPS|RSS|hash): .*$/#) { "\($0.1): #" }
      .replacing(#/0x[0-9a-f]{16}/#, with: "0x#")
      .replacing(#/0x[0-9a-f]{8}/#, with: "0x#")
    #expect(Golden.difference(text, from: "boot-stats.txt") == nil)
  }
}
