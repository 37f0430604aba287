// How the command fails: one message on standard error, one exit status. The statuses above 60 are
// those of BSD's sysexits.h.

import ArgumentParser

/// Exit statuses; `faultline --help` lists them.
enum Status: Int32 {
  /// It went as asked.
  case success = 0
  /// The target did otherwise than asked.
  case targetFailed = 1
  /// The experiment did not take place.
  case noExperiment = 2
  /// EX_USAGE.
  case badUsage = 64
  /// EX_DATAERR.
  case badContent = 65
  /// EX_NOINPUT.
  case noInput = 66
  /// EX_SOFTWARE.
  case unmodelled = 70
  /// EX_OSERR.
  case noMemory = 71
  /// EX_CANTCREAT.
  case cannotCreate = 73
  /// EX_TEMPFAIL: there is more to do; run it again.
  case again = 75

  /// What to throw to end the command with this status and without a message.
  var exit: ExitCode { ExitCode(rawValue) }
}

/// Says why on standard error and gives the exit to throw.
func failure(_ status: Status, _ message: String) -> ExitCode {
  StandardError.write("faultline: \(message)\n")
  return ExitCode(status.rawValue)
}
