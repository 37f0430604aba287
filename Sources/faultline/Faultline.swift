// The command. Each subcommand is a file.

import ArgumentParser

/// `faultline`.
@main struct Faultline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faultline",
    abstract: "The Arm firmware-first memory-error chain, on this computer.",
    discussion: """
      EXAMPLES
        faultline boot --kernel vmlinuz --initrd initrd.cpio --append console=ttyAMA0
        faultline run Scenarios/linux-process-reads-poison.yaml --json out.json
        faultline campaign plan Campaigns/guest-chain.yaml --to chain
        faultline decode esr 0x96000410
        dmesg | faultline decode log -
        faultline tables --out acpi

      EXIT STATUS
        0   it went as asked: the pattern was seen, every expectation holds
        1   the target did otherwise: a limit ended the run, an expectation failed
        2   a scenario's trigger never fired, or its place meant nothing
        64  the command line is wrong
        65  a file's content is wrong: a scenario, a kernel, an initrd, what is
            to be decoded
        66  a file is missing or cannot be read
        70  the machine met something that it does not model
        71  this computer has no memory for the machine
        73  a file cannot be written
        75  a campaign was stopped: run it again to go on
      """,
    version: "0.1.0",
    subcommands: [Boot.self, Run.self, CampaignCommand.self, Decode.self, Tables.self, Initrd.self])

  /// Runs the command line. Help and messages are written as everything is: so that a failure is seen.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(withError: tell(error))
    }
  }

  /// Says what an error has to say; what to end with.
  private static func tell(_ error: any Error) -> ExitCode {
    let code = exitCode(for: error)
    let text = fullMessage(for: error)
    guard !text.isEmpty else { return code }
    guard code.isSuccess else {
      StandardError.write(text + "\n")
      return code
    }
    do { try StandardOutput.write(text + "\n") } catch { return exitCode(for: error) }
    return code
  }
}
