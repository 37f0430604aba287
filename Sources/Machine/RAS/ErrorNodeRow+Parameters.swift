// The error nodes as a user asks for them, by the parameters that Arm's models (Fast Models, FVP) have for the
// same: number_of_error_records, error_record_feature_register, pseudo_fault_generation_feature_register. What
// is not named stays as the board has it. Only what the machine then does is accepted.

import Arm

/// Why nodes cannot be as they were asked for.
public struct ErrorNodeMistake: Error, Equatable {
  /// The field that is wrong; empty for the parameter itself.
  public let field: String
  /// What was found.
  public let found: String
  /// What is accepted.
  public let accepted: String
}

extension ErrorNodeRow {
  /// A register of a node that can be asked for.
  public enum Parameter: String, CaseIterable, Sendable {
    /// ERR<n>FR.
    case feature = "error_record_feature_register"
    /// ERR<n>PFGF.
    case injection = "pseudo_fault_generation_feature_register"
  }

  /// What the parameter is called that says how many of the board's nodes there are, with a record each:
  /// ERRIDR_EL1.NUM.
  public static let countParameter = "number_of_error_records"

  /// What its parameters' names begin with, before a dot. Those of the PEs begin with `cluster0` as well, as the
  /// models call it, or with nothing.
  public var instance: String { name.split(separator: " ").joined(separator: "_") }

  /// Fields of FR and what they may be. What is not here is not modelled: interrupts and responses of reads and of
  /// writes apart (0b11), continuation records (ERT), resets that leave no record (RV, SRV), a timestamp that is
  /// not the generic timer's.
  private static let features: [(field: Field, accepted: [UInt64])] = [
    (ErrorFeature.ed, [1, 2]), (ErrorFeature.ui, [0, 1, 2]), (ErrorFeature.fi, [0, 1, 2]),
    (ErrorFeature.ue, [0, 1, 2]), (ErrorFeature.cfi, [0, 2]), (ErrorFeature.cec, [0, 2, 4]),
    (ErrorFeature.rp, [0, 1]), (ErrorFeature.dui, [0, 2]), (ErrorFeature.ceo, [0, 1]),
    (ErrorFeature.inj, [0, 1]), (ErrorFeature.ci, [0, 1, 2]), (ErrorFeature.ts, [0, 1]),
    (ErrorFeature.dfi, [0, 2]), (ErrorFeature.ced, [0, 1]), (ErrorFeature.frx, [0, 1]),
    (ErrorFeature.uc, [0, 1]), (ErrorFeature.ueu, [0, 1]), (ErrorFeature.uer, [0, 1]),
    (ErrorFeature.ueo, [0, 1]), (ErrorFeature.de, [0, 1]), (ErrorFeature.ce, [0, 1, 2, 3]),
  ]

  /// Fields of PFGF and what they may be. A fault that waits for an access (NA = 0) is not modelled.
  private static let injections: [(field: Field, accepted: [UInt64])] = [
    (ErrorInjectionFeature.of, [0, 1]), (ErrorInjectionFeature.uc, [0, 1]),
    (ErrorInjectionFeature.ueu, [0, 1]), (ErrorInjectionFeature.uer, [0, 1]),
    (ErrorInjectionFeature.ueo, [0, 1]), (ErrorInjectionFeature.de, [0, 1]),
    (ErrorInjectionFeature.ce, [0, 1, 3]), (ErrorInjectionFeature.ci, [0, 1]),
    (ErrorInjectionFeature.er, [0, 1]), (ErrorInjectionFeature.pn, [0, 1]),
    (ErrorInjectionFeature.av, [0, 1]), (ErrorInjectionFeature.mv, [0, 1]),
    (ErrorInjectionFeature.na, [1]), (ErrorInjectionFeature.syn, [0, 1]),
    (ErrorInjectionFeature.r, [0, 1]),
  ]

  /// The first so many of the board's nodes.
  public static func machine(count: UInt64) throws(ErrorNodeMistake) -> [ErrorNodeRow] {
    guard count <= machine.count else {
      throw ErrorNodeMistake(
        field: "", found: "\(count)",
        accepted: "0 to \(machine.count), which are " + machine.map(\.name).joined(separator: ", "))
    }
    return Array(machine.prefix(Int(count)))
  }

  /// The row with some fields of a register set.
  public func with(
    _ parameter: Parameter, _ values: [(name: String, value: UInt64)]
  ) throws(ErrorNodeMistake) -> ErrorNodeRow {
    var row = self
    switch parameter {
    case .feature:
      row.feature.rawValue = try Self.set(values, Self.features, in: feature.rawValue)
    case .injection:
      row.injection.rawValue = try Self.set(values, Self.injections, in: injection.rawValue)
    }
    try row.checkFeatures()
    return row
  }

  private static func set(
    _ values: [(name: String, value: UInt64)], _ fields: [(field: Field, accepted: [UInt64])],
    in register: UInt64
  ) throws(ErrorNodeMistake) -> UInt64 {
    var register = register
    for (name, value) in values {
      guard let (field, accepted) = fields.first(where: { "\($0.field.name)" == name }) else {
        throw ErrorNodeMistake(
          field: name, found: "a field that the machine has no choice of",
          accepted: fields.map { "\($0.field.name)" }.joined(separator: ", "))
      }
      guard accepted.contains(value) else {
        throw ErrorNodeMistake(
          field: name, found: "\(value)",
          accepted: accepted.map { "\($0)" }.joined(separator: ", "))
      }
      register = register & ~field.mask | value << UInt64(field.low)
    }
    return register
  }

  /// What the fields of FR must be to one another.
  private func checkFeatures() throws(ErrorNodeMistake) {
    func refuse(_ field: Field, _ found: String, _ accepted: String) -> ErrorNodeMistake {
      ErrorNodeMistake(field: "\(field.name)", found: found, accepted: accepted)
    }
    for field in [ErrorFeature.rp, ErrorFeature.ceo, ErrorFeature.ced]
    where feature.isSet(field) && !feature.isSet(ErrorFeature.cec) {
      throw refuse(field, "1 without a counter (CEC is 0)", "0, or a counter")
    }
    if feature.isSet(ErrorFeature.frx),
      !ErrorNodeRow.uncorrectedStates.contains(where: { feature.isSet($0.field) })
    {
      throw refuse(ErrorFeature.uc, "no uncorrected state", "one of UC, UEU, UER, UEO, or FRX 0")
    }
    for field in [ErrorFeature.cfi, ErrorFeature.dfi]
    where feature.isSet(field) && feature[ErrorFeature.fi] != 0b10 {
      throw refuse(field, "2 without FI that can be switched (2)", "0, or FI 2")
    }
    for field in [ErrorFeature.dui, ErrorFeature.ci]
    where feature.isSet(field) && !feature.isSet(ErrorFeature.ui) {
      throw refuse(
        field, "\(feature[field]) without an error recovery interrupt (UI is 0)", "0, or UI")
    }
    if feature.isSet(ErrorFeature.ci), criticalInterrupt == nil {
      throw refuse(ErrorFeature.ci, "\(feature[ErrorFeature.ci])", "0: the node has no such line")
    }
  }
}
