// The memory node finds a bad line that nobody has asked for: by patrol scrubbing, or as it goes bad. No
// access is answered and no core is told; the record is there, and its interrupt (RASSA 2.4.4).
//
//     state of the line | recorded
//     CE                | CE
//     DE                | DE
//     UEO, UER          | UEO: latent, nobody has used the data
//     UEU, UC           | it
//
// The line is bad before and after. What is stored in it now is poison, so that its use says PN = 1.

import Arm
import Platform

extension RASNodes {
  /// The node of the memory controller that a line belongs to finds it to be bad.
  ///
  /// - Parameters:
  ///   - poison: What the line holds.
  ///   - line: Its address.
  ///   - isSecure: Whether it lies in memory of the Secure world.
  ///   - cause: IERR, a `MemoryErrorCause`.
  ///   - now: Nanoseconds.
  /// - Returns: What the record says now.
  func detect(
    _ poison: inout Poison, line: PhysicalAddress, isSecure: Bool, cause: UInt8, now: UInt64
  ) -> ErrorRecording {
    let state: ErrorState =
      switch state(
        poison.state, isCritical: false, in: ErrorNode.memory(of: line.rawValue), core: 0)
      {
      case .restartable, .recoverable: .restartable
      case let other: other
      }
    var error = DetectedError(poison, state: state, line: line, isSecure: isSecure, now: now)
    error.implementationDefinedCode = cause
    if state != .corrected {
      poison.isDetected = true
      poison.isPoisonedBefore = true
    }
    return record(error, in: ErrorNode.memory(of: line.rawValue), core: 0)
  }
}
