// What a machine may be asked to be, checked where the command line is read.

import ArgumentParser
import Scenario

/// Checks of the options that describe a machine.
enum MachineOptions {
  /// Throws a message for a size or a number of cores that no machine has.
  static func check(memory: UInt64?, cores: Int?) throws {
    if let memory, !Scenario.MachineDescription.accepts(memory: memory) {
      throw ValidationError(
        "--memory: accepted are \(Scenario.MachineDescription.acceptedMemory).")
    }
    if let cores, !(1...8).contains(cores) {
      throw ValidationError("--cpus: accepted are 1 to 8.")
    }
  }
}
