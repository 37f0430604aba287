// What the nodes record when an access meets poison.

import Arm
import Platform

/// A consumption while it is put together: the node's part first, then the access's.
struct ConsumptionResult {
  /// The event; its access part is valid after `complete`.
  var consumption: Consumption

  init(node: UInt64, _ state: RASNodes.Node, outcome: RecordingOutcome?, isSignalled: Bool) {
    consumption = Consumption(
      address: PhysicalAddress(0), size: 0, access: BusAccess(core: nil, isSecure: false),
      node: node, outcome: outcome, status: state.record.status,
      recordedAddress: state.record.address, isSignalled: isSignalled)
  }

  /// Fills in the access.
  mutating func complete(_ address: PhysicalAddress, size: Int, _ access: BusAccess) {
    consumption.address = address
    consumption.size = size
    consumption.access = access
  }
}

extension RASNodes {
  /// The memory node detects a poisoned line that is being read.
  ///
  /// With CTLR.UE = 0, and where nobody is told, the data are returned as if they were good: the
  /// error has been silently propagated, so an uncorrected one is recorded as uncontainable. With CTLR.ED = 0 nothing is
  /// recorded and nothing is answered: the data are returned.
  func recordMemoryError(
    _ poison: Poison, address: PhysicalAddress, isSecure: Bool, timestamp: UInt64
  ) -> ConsumptionResult {
    let control = state.memory.control
    guard control.isSet(ErrorControl.ed) else {
      return ConsumptionResult(
        node: ErrorNode.memory, state.memory, outcome: nil, isSignalled: false)
    }
    let isSilent = poison.signal == .silent
    let isSignalled = poison.state.isUncorrected && control.isSet(ErrorControl.ue) && !isSilent
    let hasEscaped =
      poison.state.isUncorrected ? !isSignalled : isSilent && poison.state == .deferred
    var error = DetectedError(
      state: hasEscaped ? .uncontainable : poison.state,
      code: poison.code)
    error.hasInBandResponse = isSignalled
    error.isPoison = poison.isPoisonedBefore && poison.state != .corrected
    error.address =
      poison.isAddressValid ? ErrorAddress(address, isSecure: isSecure) : nil
    error.timestamp = timestamp
    let outcome = state.memory.record.record(
      error, feature: RASNodes.memoryFeature, version: .v1p1)
    return ConsumptionResult(
      node: ErrorNode.memory, state.memory, outcome: outcome, isSignalled: isSignalled)
  }

  /// A PE consumes a value that the memory node deferred.
  func recordProcessorError(
    _ poison: Poison, core: Int, address: PhysicalAddress, isSecure: Bool, timestamp: UInt64
  ) -> ConsumptionResult {
    guard state.processors[core].control.isSet(ErrorControl.ed) else {
      return ConsumptionResult(
        node: ErrorNode.processor, state.processors[core], outcome: nil, isSignalled: true)
    }
    var error = DetectedError(state: .recoverable, code: .completerDeferredNotSupported)
    error.hasInBandResponse = true
    error.isPoison = true
    error.address =
      poison.isAddressValid ? ErrorAddress(address, isSecure: isSecure) : nil
    error.timestamp = timestamp
    let outcome = state.processors[core].record.record(
      error, feature: RASNodes.processorFeature, version: .v1p1)
    return ConsumptionResult(
      node: ErrorNode.processor, state.processors[core], outcome: outcome, isSignalled: true)
  }

  /// A PE finds an error in itself: in the data of its cache.
  func recordError(
    ofCore core: Int, _ errorState: ErrorState, address: PhysicalAddress?, timestamp: UInt64
  ) -> Consumption {
    var outcome: RecordingOutcome?
    if state.processors[core].control.isSet(ErrorControl.ed) {
      var error = DetectedError(state: errorState, code: .associativeMemoryData)
      error.hasInBandResponse = errorState.isUncorrected
      error.address = address.map { ErrorAddress($0, isSecure: false) }
      error.timestamp = timestamp
      outcome = state.processors[core].record.record(
        error, feature: RASNodes.processorFeature, version: .v1p1)
    }
    return ConsumptionResult(
      node: ErrorNode.processor, state.processors[core], outcome: outcome, isSignalled: true
    ).consumption
  }
}
