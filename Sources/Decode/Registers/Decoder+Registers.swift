// The registers that logs print: ESR_ELx, ERR<n>STATUS with its companions, DISR_EL1, SPSR_ELx.

import Arm

/// A value with the name that stood before it.
struct NamedValue: Equatable, Sendable {
  /// The name in lower case, without ERR<n>, ERX and _ELx; empty if there was none.
  var name: String
  var value: UInt64
}

extension Decoder {
  /// ESR_ELx.
  mutating func syndrome(_ value: UInt64) {
    let description = SyndromeDescription(Syndrome(rawValue: value))
    if report.isText {
      report.put("ESR 0x")
      report.putHexadecimal(value, digits: 16)
      report.put(": \(description.title)\n")
      return report.registerLines(description.lines)
    }
    report.derived("exceptionClass", description.title)
    report.register("esr", value, description.lines)
    for line in description.lines where line.isUnknown && line.name == "-" {
      remark(
        .inconsistent, "ESR", at: nil, "reserved bits are set: [{s}]", detail: line.bits)
    }
  }

  /// A register that is neither a syndrome nor a status: FAR, ELR, the stack pointer, others.
  mutating func address(_ name: String, _ value: UInt64) {
    let words =
      switch name {
      case "far", "ifar", "dfar": "the virtual address that faulted"
      case "hpfar": "bits 47:12 of the intermediate physical address that faulted, from bit 4"
      case "elr", "pc": "where the exception returns to"
      case "lr", "sp": "an address"
      default: "neither a syndrome nor a status: not explained"
      }
    title(name.uppercased(), value, words)
    if report.isText { return }
    report.derived("name", name)
    report.hexadecimal("value", value)
    report.derived("meaning", words)
  }

  /// DISR_EL1 or VDISR_EL2; or VSESR_EL2, the syndrome that a virtual SError will have, which is the same
  /// without A. Arm ARM D24.2, VSESR_EL2.
  mutating func deferredError(_ value: UInt64, isSyndrome: Bool = false) {
    let register = DeferredError(rawValue: value)
    var lines =
      isSyndrome
      ? []
      : [
        register.line(
          DeferredError.a, set: "an ESB deferred an SError", clear: "no SError was deferred")
      ]
    lines += [
      register.line(
        DeferredError.ids, set: "the rest is IMPLEMENTATION DEFINED",
        clear: "the rest is architecturally defined")
    ]
    if register.isSet(DeferredError.ids) {
      lines.append(register.line(Field("ISS", 23, 0), "IMPLEMENTATION DEFINED"))
    } else {
      let isAsynchronous = register[DeferredError.dfsc] == Syndrome.asynchronousErrorStatus
      let type: String? =
        switch register[DeferredError.aet] {
        case 0: "Uncontainable (UC)"
        case 1: "Unrecoverable state (UEU)"
        case 2: "Restartable state (UEO)"
        case 3: "Recoverable state (UER)"
        case 6: "Corrected (CE)"
        default: nil
        }
      lines += [
        register.line(DeferredError.aet, isAsynchronous ? type : "not valid with this DFSC"),
        register.line(DeferredError.ea, "External abort type, IMPLEMENTATION DEFINED"),
        register.line(
          DeferredError.dfsc,
          register[DeferredError.dfsc] == 0
            ? "Uncategorized error" : isAsynchronous ? "Asynchronous SError exception" : nil),
      ]
    }
    lines += register.uncovered(by: lines)
    title(
      isSyndrome ? "VSESR" : "DISR", value,
      isSyndrome
        ? "the syndrome of a virtual SError"
        : register.isSet(DeferredError.a) ? "an SError was deferred" : "nothing was deferred")
    report.register("disr", value, lines)
  }

  /// SPSR_ELx, and what logs call pstate.
  mutating func processState(_ value: UInt64) {
    let state = ProcessState(rawValue: value)
    var lines: [RegisterLine] = []
    for field in [ProcessState.n, ProcessState.z, ProcessState.c, ProcessState.v] {
      lines.append(state.line(field, set: "set", clear: "clear"))
    }
    if state.isAArch32 {
      lines.append(state.line(Field("T", 5), set: "T32", clear: "A32"))
      lines.append(state.line(Field("M", 4, 0), modes32[state.rawValue & 31] ?? "reserved mode"))
      lines.append(contentsOf: masks(state).dropFirst())
      title("SPSR", value, "AArch32, \(modes32[state.rawValue & 31] ?? "reserved mode")")
    } else {
      lines.append(state.line(ProcessState.tco, set: "tag checks off", clear: "tag checks on"))
      lines.append(
        state.line(ProcessState.dit, set: "data independent timing", clear: "no promise on timing"))
      lines.append(
        state.line(ProcessState.uao, set: "user access override", clear: "no user access override"))
      lines.append(
        state.line(ProcessState.pan, set: "privileged access never", clear: "privileged access"))
      lines.append(state.line(ProcessState.ss, set: "software step", clear: "no software step"))
      lines.append(
        state.line(ProcessState.il, set: "illegal execution state", clear: "legal state"))
      lines.append(
        state.line(ProcessState.allint, set: "all interrupts masked", clear: "not all masked"))
      lines.append(
        state.line(ProcessState.ssbs, set: "speculative store bypass allowed", clear: "not allowed")
      )
      lines.append(state.line(ProcessState.btype, "branch type"))
      lines.append(contentsOf: masks(state))
      lines.append(state.line(ProcessState.nRW, "AArch64"))
      let level = state.exceptionLevel
      let name = "EL\(level.rawValue)" + (level == .el0 ? "t" : state.usesOwnStack ? "h" : "t")
      lines.append(state.line(Field("M", 3, 0), state.isSet(ProcessState.m1) ? nil : name))
      title("SPSR", value, "AArch64, \(name)")
      if state.isSet(ProcessState.m1) {
        remark(.inconsistent, "SPSR", at: nil, "M[1] is set, which no AArch64 mode has")
      }
    }
    lines.sort { $0.high > $1.high }
    lines += state.uncovered(by: lines, within: state.isAArch32 ? 0 : .max)
    report.register("spsr", value, lines)
  }

  private var modes32: [UInt64: String] {
    [
      0x10: "User", 0x11: "FIQ", 0x12: "IRQ", 0x13: "Supervisor", 0x16: "Monitor", 0x17: "Abort",
      0x1A: "Hyp", 0x1B: "Undefined", 0x1F: "System",
    ]
  }

  private func masks(_ state: ProcessState) -> [RegisterLine] {
    [
      state.line(
        ProcessState.d, set: "debug exceptions masked", clear: "debug exceptions unmasked"),
      state.line(ProcessState.a, set: "SErrors masked", clear: "SErrors unmasked"),
      state.line(ProcessState.i, set: "IRQ masked", clear: "IRQ unmasked"),
      state.line(ProcessState.f, set: "FIQ masked", clear: "FIQ unmasked"),
    ]
  }

  mutating func title(_ name: String, _ value: UInt64, _ words: String) {
    guard report.isText else { return }
    report.put(name + " 0x")
    report.putHexadecimal(value, digits: 16)
    report.put(": \(words)\n")
  }
}
