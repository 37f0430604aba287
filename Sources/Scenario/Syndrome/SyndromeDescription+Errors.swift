// The ISS of what this project is about: aborts and SError. Arm ARM D24.2.40; RASSA 2.2.

import Arm

extension SyndromeDescription {
  static let vncr = Row(Syndrome.vncr, "not through VNCR_EL2", "access through VNCR_EL2")
  static let cacheMaintenance = Row(
    Syndrome.cm, "not a cache maintenance or address translation instruction",
    "cache maintenance or address translation instruction")
  static let walk = Row(
    Syndrome.s1ptw, "not on the stage 2 translation of a stage 1 walk",
    "on the stage 2 translation of a stage 1 walk")
  static let direction2 = Row(Syndrome.wnr, "read", "write")

  private static func common(_ syndrome: Syndrome) -> [Row] {
    let isPlainExternalAbort = syndrome.faultStatus == .externalAbort
    var rows: [Row] = []
    if isPlainExternalAbort {
      rows.append(
        Row(
          Syndrome.set,
          [
            0: "recoverable state (UER)", 2: "uncontainable (UC)", 3: "restartable state (UEO)",
          ]))
      rows.append(Row(Syndrome.fnv, "FAR is valid", "FAR is not valid"))
    }
    rows.append(
      Row(Syndrome.ea) { value in
        syndrome.faultStatus.isExternalAbort
          ? "IMPLEMENTATION DEFINED type of external abort: \(value)"
          : value == 0 ? "no external abort" : "not an external abort, yet set"
      })
    rows.append(walk)
    rows.append(Row(Syndrome.fsc) { FaultStatus(rawValue: UInt8($0)).meaning })
    return rows
  }

  static func instructionAbort(_ syndrome: Syndrome) -> [Row] { common(syndrome) }

  static func dataAbort(_ syndrome: Syndrome) -> [Row] {
    var rows = common(syndrome) + [vncr, cacheMaintenance, direction2]
    rows.append(
      Row(Syndrome.isv, "no instruction syndrome in bits 23:14", "instruction syndrome is valid"))
    guard syndrome.isSet(Syndrome.isv) else { return rows }
    rows += [
      Row(Syndrome.sas, [0: "byte", 1: "halfword", 2: "word", 3: "doubleword"]),
      Row(Syndrome.sse, "no sign extension", "sign extension"),
      Row.register(Syndrome.srt),
      Row(Syndrome.sf, "32-bit register", "64-bit register"),
      Row(Syndrome.ar, "no acquire or release", "acquire or release"),
    ]
    return rows
  }

  static func systemError(_ syndrome: Syndrome) -> [Row] {
    let ids = Row(Syndrome.ids, "architected syndrome", "IMPLEMENTATION DEFINED syndrome")
    if syndrome.isSet(Syndrome.ids) {
      return [ids, Row(Field("ISS", 23, 0)) { _ in "IMPLEMENTATION DEFINED" }]
    }
    let hasType = syndrome[Syndrome.dfsc] == Syndrome.asynchronousErrorStatus
    return [
      ids,
      Row(
        Syndrome.iesb, "not taken at an implicit error synchronization event, or not known",
        "synchronized and taken at an implicit error synchronization event"),
      Row(Syndrome.aet) { value in
        guard hasType else { return value == 0 ? "no asynchronous error type" : "not valid" }
        return [
          0: "uncontainable (UC)", 1: "unrecoverable state (UEU)", 2: "restartable state (UEO)",
          3: "recoverable state (UER)", 6: "corrected (CE)",
        ][value] ?? "reserved value"
      },
      Row(Syndrome.ea) { "IMPLEMENTATION DEFINED type of external abort: \($0)" },
      Row(Syndrome.dfsc, [0: "uncategorized error", 0x11: "asynchronous SError"]),
    ]
  }
}
