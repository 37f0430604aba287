// What a machine may be asked to be, checked where the command line is read.

import ArgumentParser
import Machine
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

  /// The error nodes that `--parameter` asks for, or a message.
  static func errorNodes(_ parameters: [String]) throws -> [ErrorNodeRow] {
    do { return try NodeParameters.nodes(arguments: parameters, option: "--parameter") } catch {
      throw ValidationError("\(error)")
    }
  }

  /// Throws a message where the environment names an engine that does not exist.
  static func checkEnvironment() throws {
    if let mistake = ExecutionEngine.environmentMistake { throw ValidationError(mistake) }
  }

  /// What a closure makes of a machine, or a message that says why there is none.
  static func machine<Result>(_ make: () throws -> Result) throws -> Result {
    do { return try make() } catch BoardError.memory(let error) {
      throw failure(
        .noMemory, "\(error); ask for less with --memory, or lift the limit (ulimit -v)")
    } catch BoardError.load(let error) {
      throw failure(.badContent, "\(error)")
    }
  }
}

extension ExecutionEngine: ExpressibleByArgument {
  /// What `--engine` is for.
  static let help: ArgumentHelp =
    "What executes instructions: interpreter, jit (all translated), auto (what repeats)."
}
