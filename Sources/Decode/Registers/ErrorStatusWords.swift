// ERR<n>STATUS in words. RASSA (IHI0100), chapter 3; ERXSTATUS_EL1 has the same layout.

import Arm

enum ErrorStatusWords {
  /// One line about a status: its highest state and its code.
  static let summary: @Sendable (UInt64) -> String = { value in
    let status = ErrorStatus(rawValue: value)
    guard status.isSet(ErrorStatus.v) else { return "no error is recorded (V=0)" }
    guard let state = status.highestState else { return "valid, but no kind of error is recorded" }
    return "\(state.mnemonic): \(status.code.name?.description ?? "reserved code")"
  }

  /// UET in words.
  static func uncorrectedType(_ status: ErrorStatus) -> String {
    if !status.isSet(ErrorStatus.ue) { return "not valid (UE=0)" }
    return
      switch ErrorState(uncorrectedType: status[ErrorStatus.uet])
    {
    case .unrecoverable: "UEU unrecoverable"
    case .restartable: "UEO latent or restartable"
    case .recoverable: "UER signaled or recoverable"
    case .uncontainable, .corrected, .deferred: "UC uncontainable"
    }
  }

  /// SERR in words.
  static func code(_ status: ErrorStatus) -> String {
    status.code.name?.description ?? "reserved code"
  }

  /// All fields.
  static func lines(_ status: ErrorStatus) -> [RegisterLine] {
    let corrected: [String] = [
      "no corrected error", "at least one corrected error, transient",
      "at least one corrected error",
      "at least one corrected error, persistent",
    ]
    let lines = [
      status.line(ErrorStatus.av, set: "ERR<n>ADDR is valid", clear: "ERR<n>ADDR is not valid"),
      status.line(ErrorStatus.v, set: "the record is valid", clear: "no error is recorded"),
      status.line(
        ErrorStatus.ue, set: "at least one uncorrected error", clear: "no uncorrected error"),
      status.line(
        ErrorStatus.er, set: "an in-band error response was given",
        clear: "no in-band error response was given"),
      status.line(
        ErrorStatus.of, set: "overflow: more errors than this record shows", clear: "no overflow"),
      status.line(
        ErrorStatus.mv, set: "ERR<n>MISC<m> are valid", clear: "ERR<n>MISC<m> are not valid"),
      status.line(ErrorStatus.ce, corrected[Int(status[ErrorStatus.ce])]),
      status.line(ErrorStatus.de, set: "at least one deferred error", clear: "no deferred error"),
      status.line(
        ErrorStatus.pn, set: "poison: the fault did not originate here",
        clear: "the fault may have originated here"),
      status.line(ErrorStatus.uet, uncorrectedType(status)),
      status.line(
        ErrorStatus.ci, set: "a critical error condition", clear: "no critical error condition"),
      status.line(ErrorStatus.rv, set: "reset valid", clear: "not reset valid"),
      status.line(ErrorStatus.rv2, set: "reset valid, second", clear: "not reset valid, second"),
      status.line(ErrorStatus.ierr, "IMPLEMENTATION DEFINED error code"),
      status.line(ErrorStatus.serr, status.code.name.map(\.description)),
    ]
    return lines + status.uncovered(by: lines)
  }

  /// ERR<n>ADDR field by field.
  static func lines(_ address: ErrorAddress) -> [RegisterLine] {
    let lines = [
      address.line(ErrorAddress.ns, set: "Non-secure", clear: "Secure, or with NSE Root"),
      address.line(ErrorAddress.si, set: "NS and NSE may be wrong", clear: "NS and NSE are right"),
      address.line(ErrorAddress.ai, set: "the address may be wrong", clear: "the address is right"),
      address.line(ErrorAddress.va, set: "a virtual address", clear: "a physical address"),
      address.line(ErrorAddress.nse, set: "with NS, Realm or Root", clear: "not Realm, not Root"),
      address.line(ErrorAddress.paddr, "the address"),
    ]
    return lines + address.uncovered(by: lines)
  }

  /// ERR<n>FR field by field.
  static func lines(_ feature: ErrorFeature) -> [RegisterLine] {
    let controls = ["no", "always on", "controllable", "controllable for reads and writes apart"]
    func meaning(_ field: Field) -> String? {
      let value = feature[field]
      switch field.name.description {
      case "ED":
        return [
          "not a node's first record, or not implemented", "detection always on",
          "detection controllable", "proxy",
        ][Int(value)]
      case "UI": return "error recovery interrupt on uncorrected errors: " + controls[Int(value)]
      case "FI": return "fault handling interrupt on uncorrected errors: " + controls[Int(value)]
      case "UE" where field.high == 9:
        return "in-band response to uncorrected errors: " + controls[Int(value)]
      case "CFI": return "fault handling interrupt on corrected errors: " + controls[Int(value)]
      case "DUI": return "error recovery interrupt on deferred errors: " + controls[Int(value)]
      case "DFI": return "fault handling interrupt on deferred errors: " + controls[Int(value)]
      case "CI": return "critical error interrupt: " + controls[Int(value)]
      case "CEC": return [0: "no counter", 2: "8-bit counter", 4: "16-bit counter"][value]
      case "RP": return value == 1 ? "two counters: repeat and other" : "one counter"
      case "CEO":
        return [0: "a second corrected error keeps the first's syndrome", 1: "it overwrites it"][
          value]
      case "INJ": return [0: "no common fault injection", 1: "common fault injection"][value]
      case "TS":
        return [
          0: "no timestamp", 1: "MISC3 is a generic timer timestamp",
          2: "MISC3 is an IMPLEMENTATION DEFINED timestamp",
        ][value]
      case "FRX":
        return value == 1 ? "bits 55:48 say which errors there are" : "bits 55:48 say nothing"
      case "CED": return value == 1 ? "CTLR.CED is implemented" : "CTLR.CED is not implemented"
      default: return value == 0 ? "no" : "yes"
      }
    }
    let lines = ErrorFeature.fields.map { feature.line($0, meaning($0)) }
    return lines.filter { $0.low < 48 || feature.isSet(ErrorFeature.frx) }
  }

  /// ERR<n>CTLR field by field.
  static func lines(_ control: ErrorControl) -> [RegisterLine] {
    ErrorControl.fields.map { control.line($0, set: "enabled", clear: "not enabled") }
  }
}
