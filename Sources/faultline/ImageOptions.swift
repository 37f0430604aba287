// What a machine boots in the place of what its scenario says: the same options wherever a scenario is run.

import ArgumentParser
import Scenario

/// Images in place of the scenario's.
struct ImageOptions: ParsableArguments {
  @Option(help: "Linux Image, or none, in place of the scenario's.")
  var kernel: String?
  @Option(help: "First root file system, or none, in place of the scenario's.")
  var initrd: String?
  @Option(help: "EL3 firmware, in place of the scenario's.")
  var firmware: String?

  /// The files as they are to be read, of a scenario in a file: those of the command line, else those that the
  /// scenario states; nil for the default.
  func paths(
    _ boot: Scenario.BootDescription, statedIn file: String
  ) -> (firmware: String?, kernel: String?, initrd: String?) {
    func path(_ option: String?, _ stated: String?) -> String? {
      option ?? stated.map { HostFile.path($0, statedIn: file) }
    }
    return (
      path(firmware, boot.firmware), path(kernel, boot.kernel), path(initrd, boot.initrd)
    )
  }
}
