// What a node does as its feature register says: FR's two-bit fields are "none", "always" (0b01) and
// "controllable" (0b10, by CTLR); bits 55:48, where FRX says that they tell, are the errors that it records.
// RASSA (IHI0100), ERR<n>FR.

import Arm

extension ErrorNodeRow {
  /// Whether what a field of FR promises is on, given CTLR.
  func isOn(_ promise: Field, _ switch: Field, _ control: ErrorControl) -> Bool {
    feature[promise] == 0b01 || control.isSet(`switch`)
  }

  /// Whether the node records errors.
  func isRecording(_ control: ErrorControl) -> Bool {
    isOn(ErrorFeature.ed, ErrorControl.ed, control)
  }

  /// Whether the node answers an access that meets an uncorrected error.
  func isAnswering(_ control: ErrorControl) -> Bool {
    isOn(ErrorFeature.ue, ErrorControl.ue, control)
  }

  /// Uncorrected states from the best to the worst, and where FR says that the node records them.
  static let uncorrectedStates: [(field: Field, state: ErrorState)] = [
    (ErrorFeature.ueo, .restartable), (ErrorFeature.uer, .recoverable),
    (ErrorFeature.ueu, .unrecoverable), (ErrorFeature.uc, .uncontainable),
  ]

  /// The state in which the node takes an error: its own, or the next worse one that FR says it can record. What a
  /// node cannot defer it signals (UER), or what is worse.
  func taken(_ state: ErrorState) -> ErrorState {
    guard feature.isSet(ErrorFeature.frx), state != .corrected else { return state }
    if state == .deferred, feature.isSet(ErrorFeature.de) { return state }
    let least = max(state, state == .deferred ? .recoverable : .restartable)
    let states = ErrorNodeRow.uncorrectedStates.filter { feature.isSet($0.field) }.map(\.state)
    return states.first { $0 >= least } ?? states.last ?? state
  }

  /// Whether the node records corrected errors.
  var recordsCorrected: Bool {
    !feature.isSet(ErrorFeature.frx) || feature.isSet(ErrorFeature.ce)
  }

  /// How the node records a corrected error: as what it is, as far as FR.CE has a form for that.
  func taken(_ kind: CorrectedErrorKind) -> CorrectedErrorKind {
    guard feature.isSet(ErrorFeature.frx) else { return kind }
    switch feature[ErrorFeature.ce] {
    case 0b01: return kind == .unspecified ? .transient : kind
    case 0b10: return .unspecified
    default: return kind
    }
  }

  /// PFGF as software reads it: without FR.INJ nothing.
  var offer: ErrorInjectionFeature {
    feature.isSet(ErrorFeature.inj) ? injection : ErrorInjectionFeature(rawValue: 0)
  }
}
