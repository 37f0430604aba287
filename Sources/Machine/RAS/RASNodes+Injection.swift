// Pseudo-fault generation, the common fault injection model (ERR<n>PFGF, ERR<n>PFGCTL, ERR<n>PFGCDN): software
// asks a node to behave as if it had detected an error, after a countdown. RASSA (IHI0100) 2.6; Arm ARM
// D24, ERXPFGCTL_EL1.
//
// The countdown runs with the system counter, 16 ns a tick. At zero the fault is there by itself (PFGF.NA = 1):
// the node records it, its interrupts follow, and a PE takes an SError for an uncorrected error of its
// own node, as for a real one. No access meets it: of the shared nodes nobody is answered, whatever STATUS.ER
// says. Who may reach the registers is SCR_EL3.FIEN's and HCR_EL2.FIEN's to say.
//
// What the record says of it is software's, as far as PFGF offers that (ERR<n>PFGF, ERR<n>PFGCTL):
//
//     STATUS.OF, CI           | become PFGCTL.OF, CI, instead of what the rules of recording say
//     STATUS.ER, PN, AV, MV   | become PFGCTL.ER, PN, AV, MV, if the record now describes this error
//     ADDR, MISC3, IERR, SERR | stay what they were: software writes them before
//
// The counters of corrected errors count it all the same, and then MV says so. CDNEN stays set when a countdown
// is over; writing it once more starts another.

import Arm
import Platform

/// What a node was asked to fake.
public struct FaultInjection: Sendable, Equatable {
  /// ERR<n>PFGCTL.
  public internal(set) var control = ErrorInjectionControl(rawValue: 0)
  /// ERR<n>PFGCDN.
  public internal(set) var countdown: UInt64 = 0
  /// Virtual time at which the countdown is over, while it runs.
  var due: UInt64?
  /// Whether it is to start with the time of this write.
  var isStarting = false

  /// Mixes in all of it; a node that was never asked counts for nothing.
  func hash(into hash: inout StateHash) {
    guard self != FaultInjection() else { return }
    hash.combine(control.rawValue)
    hash.combine(countdown)
    hash.combine(due ?? .max)
  }

  /// The error that is asked for, on top of what software has written into a record; of several the highest, which
  /// the architecture leaves open.
  func error(_ feature: ErrorInjectionFeature, in record: ErrorRecord) -> DetectedError? {
    typealias Control = ErrorInjectionFeature
    let requests: [(Field, ErrorState)] = [
      (Control.uc, .uncontainable), (Control.ueu, .unrecoverable), (Control.uer, .recoverable),
      (Control.ueo, .restartable), (Control.de, .deferred),
    ]
    let kind = control.correctedKind(feature)
    let state = requests.first { control.rawValue & $0.0.mask != 0 }?.1
    guard let state = state ?? kind.map({ _ in .corrected }) else { return nil }
    var error = DetectedError(state: state, code: .implementationDefined)
    error.correctedKind = kind ?? .unspecified
    error.isCritical = control.isSet(Control.ci)
    // By these a counter tells the same error from another.
    if feature.isSet(Control.syn) {
      error.code = record.status.code
      error.implementationDefinedCode = UInt8(record.status[ErrorStatus.ierr])
    }
    if feature.isSet(Control.av), control.isSet(Control.av) { error.address = record.address }
    return error
  }

  /// Makes a record that has just taken the error what software has asked for.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - feature: PFGF.
  ///   - old: The record before.
  ///   - outcome: Whether it describes the error.
  func leaveToSoftware(
    _ record: inout ErrorRecord, _ feature: ErrorInjectionFeature, _ old: ErrorRecord,
    _ outcome: RecordingOutcome
  ) {
    typealias Feature = ErrorInjectionFeature
    func set(_ flag: Field, _ request: Field) {
      guard feature.isSet(request) else { return }
      record.status[flag] = control.isSet(request) ? 1 : 0
    }
    set(ErrorStatus.of, Feature.of)
    set(ErrorStatus.ci, Feature.ci)
    guard outcome == .overwritten else { return }
    set(ErrorStatus.er, Feature.er)
    set(ErrorStatus.pn, Feature.pn)
    set(ErrorStatus.av, Feature.av)
    let isCounted = record.misc0 != old.misc0
    if !isCounted { set(ErrorStatus.mv, Feature.mv) }
    if feature.isSet(Feature.av) { record.address = old.address }
    if feature.isSet(Feature.mv) { record.misc3 = old.misc3 }
    if feature.isSet(Feature.syn) {
      record.status[ErrorStatus.ierr] = old.status[ErrorStatus.ierr]
      record.status[ErrorStatus.serr] = old.status[ErrorStatus.serr]
    }
  }
}

extension ErrorNodeRow {
  /// The bits of PFGCTL that exist: what PFGF offers, R and CDNEN.
  var injectionControls: UInt64 {
    guard offer.rawValue != 0 else { return 0 }
    typealias Feature = ErrorInjectionFeature
    let requests = [
      Feature.of, Feature.uc, Feature.ueu, Feature.uer, Feature.ueo, Feature.de, Feature.ce,
      Feature.ci, Feature.er, Feature.pn, Feature.av, Feature.mv, Feature.r,
    ]
    var controls = requests.reduce(ErrorInjectionControl.cdnen.mask) {
      offer.isSet($1) ? $0 | $1.mask : $0
    }
    // One form of corrected errors alone has one bit.
    if offer[Feature.ce] == 0b01 {
      controls &= ~ErrorInjectionControl.ce.mask | 1 << UInt64(ErrorInjectionControl.ce.low)
    }
    return controls
  }
}

extension RASNodes {
  /// Writes PFGCTL: the countdown starts, or stops.
  static func control(_ injection: inout FaultInjection, _ row: ErrorNodeRow, _ value: UInt64) {
    injection.control.rawValue = value & row.injectionControls
    injection.due = nil
    injection.isStarting =
      injection.control.isSet(ErrorInjectionControl.cdnen) && injection.countdown != 0
  }

  /// Starts the countdowns that software has asked for, now.
  func startInjections(now: UInt64) {
    for index in state.nodes.indices where state.nodes[index].injection.isStarting {
      state.nodes[index].injection.isStarting = false
      state.nodes[index].injection.due =
        now &+ state.nodes[index].injection.countdown &* Clock.nanosecondsPerTick
    }
  }

  /// When the first countdown is over: of a core's own nodes, or of the shared ones (nil); `.max` for never.
  func nextInjection(core: Int?) -> UInt64 {
    var next = UInt64.max
    for slot in slots where slot.record == 0 && (slot.stride > 0) == (core != nil) {
      next = min(next, state.nodes[slot.node(core ?? 0)].injection.due ?? .max)
    }
    return next
  }

  /// Fakes the errors whose countdowns are over, of a core's own nodes or of the shared ones (nil): what each
  /// node recorded.
  func injectErrors(core: Int?, now: UInt64) -> [ErrorRecording] {
    var recordings: [ErrorRecording] = []
    for (number, slot) in slots.enumerated()
    where slot.record == 0 && (slot.stride > 0) == (core != nil) {
      let index = slot.node(core ?? 0)
      guard let due = state.nodes[index].injection.due, due <= now else { continue }
      var injection = state.nodes[index].injection
      if injection.control.isSet(ErrorInjectionControl.r) {
        injection.due = now &+ injection.countdown &* Clock.nanosecondsPerTick
      } else {
        injection.due = nil
      }
      state.nodes[index].injection = injection
      guard
        let error = injection.error(slot.row.offer, in: state.nodes[index].records[slot.record])
      else { continue }
      recordings.append(
        record(error, in: UInt64(number), core: core ?? 0, fake: injection))
    }
    return recordings
  }
}
