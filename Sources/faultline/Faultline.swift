import ArgumentParser

@main struct Faultline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faultline", abstract: "The Arm firmware-first memory-error chain, on this computer.")
}
