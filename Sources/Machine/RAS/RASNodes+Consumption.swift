// What it means that an access reads a poisoned line: which nodes record what, whether the access
// gets an error response, and how the core is told. Nothing of this is the bus's to know.
//
//     state of the line | the memory node | a response | the PE's node
//     CE                | CE, counted     | no         |
//     DE                | DE              | yes        | UER, PN = 1, SERR 0x15
//     UEO ... UC        | it, ER = 1      | yes        |
//
// A state that the node cannot record (FR) becomes the next worse one that it can, in all of this.
//
// Where no response is given that should be (CTLR.UE = 0, or poison that is silent) the data go out
// as if they were good, and the memory node records UC: the error has been silently propagated. With
// CTLR.ED = 0 it neither records nor answers; what it has deferred stays deferred.
//
// A critical error of the memory node is recorded with STATUS.CI, and is UC where its CRI is not enabled; the
// PE's node, which only passes a deferred value on, has none.
//
// A core is told by a synchronous abort, or by the SError that the line was planted with. With an
// SError the access completes, with the bad data, unless the core can resume from the error and
// would take the SError now: then the access is abandoned, as after an abort.

import Arm
import Platform

/// How the machine answers an access with an error.
public struct ErrorResponse: Equatable, Sendable {
  /// The line that was read.
  public let line: PhysicalAddress
  /// The state in which the error leaves the PE: ISS.SET comes from it.
  public let state: ErrorState
  /// Whether an abort tells the PE the address of the access: FnV = 0.
  public var hasFaultAddress = true
  /// How the PE is told.
  public let signal: ErrorSignal
}

/// An access that read a poisoned line, as one node has seen it.
public struct Consumption: Sendable, Equatable {
  /// The address accessed.
  public var address: PhysicalAddress
  /// Number of bytes accessed.
  public var size: Int
  /// Who accessed it, and for what.
  public var access: BusAccess
  /// What the node made of it.
  public var recording: ErrorRecording
  /// How the core was told of what the node detected: `silent` if nobody was.
  public var signal: ErrorSignal
  /// Where the core was; nil as long as only the bus knows of the access.
  public var place: Place?

  /// What only the core knows of its access.
  public struct Place: Equatable, Sendable {
    /// PSTATE.EL.
    public var level: ExceptionLevel
    /// The instruction.
    public var pc: VirtualAddress
    /// The virtual address it accessed, when an exception names it.
    public var virtual: VirtualAddress?
  }
}

/// What became of an access to a poisoned line.
struct ConsumptionResult {
  /// What each node that detected the error has seen, first the memory's.
  var consumptions: [Consumption]
  /// The answer; nil if the access completes.
  var response: ErrorResponse?
  /// Whether the line is good again: what was corrected was written back.
  var isMended = false
}

extension RASNodes {
  /// An access reads a poisoned line, at a time in nanoseconds.
  func consume(
    _ poison: inout Poison, line: PhysicalAddress, _ address: PhysicalAddress, size: Int,
    _ access: BusAccess, now: UInt64
  ) -> ConsumptionResult {
    let node = ErrorNode.memory(of: line.rawValue)
    var (isEnabled, isAnswering) = (true, true)
    if has(node) {
      let (row, control) = (slots[Int(node)].row, self[node].control)
      isEnabled = row.isRecording(control)
      isAnswering = row.isAnswering(control)
    }
    let state = state(poison.state, isCritical: poison.isCritical, in: node, core: 0)
    let isSilent = poison.signal == .silent
    let hasResponse =
      switch state {
      case .corrected: false
      case .deferred: !isSilent
      case .restartable, .recoverable, .unrecoverable, .uncontainable:
        isEnabled && isAnswering && !isSilent
      }
    let isContained = hasResponse || state == .corrected
    var error = DetectedError(
      poison, state: isContained ? state : .uncontainable, line: line, isSecure: access.isSecure,
      now: now)
    error.hasInBandResponse = hasResponse && state.isUncorrected
    let recording = record(error, in: node, core: access.core ?? 0)

    // Only what is recorded, or was corrected or deferred, is told by an SError; a DMA by none.
    var signal: ErrorSignal = hasResponse ? .abort : .silent
    if case .serror = poison.signal, isContained, isEnabled, access.core != nil {
      signal = poison.signal
    }
    var result = ConsumptionResult(
      consumptions: [
        Consumption(
          address: address, size: size, access: access, recording: recording,
          signal: state == .deferred && signal == .abort ? .silent : signal)
      ])
    result.isMended = poison.isMendedByReading
    var consumerState = state
    if state == .deferred, hasResponse, let core = access.core {
      error.state = .recoverable
      error.code = .completerDeferredNotSupported
      error.hasInBandResponse = true
      error.isPoison = true
      error.isCritical = false
      let recording = record(error, in: ErrorNode.processor, core: core)
      consumerState = recording.state
      result.consumptions.append(
        Consumption(
          address: address, size: size, access: access, recording: recording,
          signal: signal == .abort ? .abort : .silent))
    }

    switch signal {
    case .abort: break
    case .serror(let serror):
      guard serror.isRestarted, canTakeError(access.core) else { return result }
      // A restartable error was not consumed yet: whoever reads the line next meets it.
      if serror.syndrome.asynchronousErrorType == .restartable { poison.signal = .abort }
    case .silent: return result
    }
    result.response = ErrorResponse(
      line: line, state: consumerState == .deferred ? .recoverable : consumerState,
      hasFaultAddress: poison.hasFaultAddress, signal: signal)
    return result
  }

  /// Whether a core would take an SError now; nobody does where no cores are connected.
  private func canTakeError(_ core: Int?) -> Bool {
    guard let core, receivers.indices.contains(core) else { return false }
    return receivers[core].core.canTakeError
  }
}
