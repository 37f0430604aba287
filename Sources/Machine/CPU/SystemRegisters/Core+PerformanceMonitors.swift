// The performance monitors: PMUv3 for Armv8.1 with six event counters and the cycle counter, as
// Neoverse N1 has. Arm ARM D24.5.
//
// Surprising: nothing is counted while instructions execute. What a core has executed is known anyway,
// and so the counters are brought up to date where it matters: when somebody looks at them, and when
// the exception level changes, by which they are filtered. A cycle is an instruction, so that both are
// the same in every run; waiting (WFI) takes none. An overflow sets its flag and no interrupt follows.

import Arm

/// What the monitors have.
enum PerformanceMonitors {
  typealias Control = PerformanceMonitorsControl

  /// Event counters: PMCR_EL0.N.
  static let counterCount = 6
  /// IMP Arm, IDCODE 0x0C, N, LC: an AArch64-only PE always counts 64 bits.
  static let control = Control(rawValue: 0x410C_0000 | Control.lc.mask)
    .with(Control.n, UInt64(counterCount)).rawValue
  /// The cycle counter in masks of counters.
  static let cycles: UInt64 = 1 << 31
  /// All counters.
  static let all: UInt64 = cycles | (1 << UInt64(counterCount) - 1)
  /// PMCEID0_EL0: SW_INCR, INST_RETIRED, CPU_CYCLES.
  static let events: UInt64 = 1 << softwareIncrement | 1 << retired | 1 << cpuCycles

  /// SW_INCR.
  static let softwareIncrement: UInt64 = 0x00
  /// INST_RETIRED.
  static let retired: UInt64 = 0x08
  /// CPU_CYCLES.
  static let cpuCycles: UInt64 = 0x11

  /// What of PMCR_EL0 keeps what is written.
  static let controlMask = [Control.e, Control.d, Control.x, Control.dp].mask
  /// PMEVTYPER<n>_EL0: P U NSK NSU NSH M and the event.
  static let typeMask: UInt64 = 0xFC00_FFFF
  /// PMCCFILTR_EL0: P U NSK NSU NSH M.
  static let filterMask: UInt64 = 0xFC00_0000

  /// PMEVCNTR<n>_EL0.
  static let counters: [SystemRegister] = [
    .pmevcntr0EL0, .pmevcntr1EL0, .pmevcntr2EL0, .pmevcntr3EL0, .pmevcntr4EL0, .pmevcntr5EL0,
  ]
  /// PMEVTYPER<n>_EL0.
  static let types: [SystemRegister] = [
    .pmevtyper0EL0, .pmevtyper1EL0, .pmevtyper2EL0, .pmevtyper3EL0, .pmevtyper4EL0, .pmevtyper5EL0,
  ]
}

extension Core {
  private typealias PMU = PerformanceMonitors

  private var control: PMU.Control { PMU.Control(rawValue: state[.pmcrEL0]) }

  /// Reads a register of the monitors.
  func readMonitor(_ register: SystemRegister) -> UInt64 {
    countEvents()
    let visible = visibleCounters
    switch register {
    case .pmcrEL0:
      return control.with(PMU.Control.n, UInt64(accessibleCounters)).rawValue
    case .pmcntensetEL0, .pmcntenclrEL0: return state[.pmcntensetEL0] & visible
    case .pmovssetEL0, .pmovsclrEL0: return state[.pmovssetEL0] & visible
    case .pmintensetEL1, .pmintenclrEL1: return state[.pmintensetEL1] & visible
    case .pmceid0EL0: return PMU.events
    case .pmceid1EL0, .pmswincEL0: return 0
    case .pmxevtyperEL0, .pmxevcntrEL0:
      return selectedMonitor(register).map { state[$0] } ?? 0
    default:
      guard let number = counterNumber(register) else { return state[register] }
      return number < accessibleCounters ? state[register] : 0
    }
  }

  /// Writes a register of the monitors.
  func writeMonitor(_ register: SystemRegister, _ value: UInt64) {
    countEvents()
    let chosen = value & visibleCounters
    switch register {
    case .pmcrEL0:
      state[.pmcrEL0] = state[.pmcrEL0] & ~PMU.controlMask | value & PMU.controlMask
      if value & PMU.Control.p.mask != 0 {
        for counter in PMU.counters.prefix(accessibleCounters) { state[counter] = 0 }
      }
      if value & PMU.Control.c.mask != 0 { state[.pmccntrEL0] = 0 }
    case .pmcntensetEL0: state[.pmcntensetEL0] |= chosen
    case .pmcntenclrEL0: state[.pmcntensetEL0] &= ~chosen
    case .pmovssetEL0: state[.pmovssetEL0] |= chosen
    case .pmovsclrEL0: state[.pmovssetEL0] &= ~chosen
    case .pmintensetEL1: state[.pmintensetEL1] |= chosen
    case .pmintenclrEL1: state[.pmintensetEL1] &= ~chosen
    case .pmswincEL0: count(1, of: PMU.softwareIncrement, among: chosen)
    case .pmselrEL0: state[register] = value & 0x1F
    case .pmuserenrEL0: state[register] = value & PerformanceMonitorsUserEnable.fields.mask
    case .pmxevtyperEL0, .pmxevcntrEL0:
      if let selected = selectedMonitor(register) { store(selected, value) }
    default: store(register, value)
    }
  }

  private func store(_ register: SystemRegister, _ value: UInt64) {
    switch register {
    case .pmccntrEL0: state[register] = value
    case .pmccfiltrEL0: state[register] = value & PMU.filterMask
    default:
      guard let number = counterNumber(register), number < accessibleCounters else { return }
      let isType = PMU.types[number] == register
      state[register] = value & (isType ? PMU.typeMask : 0xFFFF_FFFF)
    }
  }

  private func counterNumber(_ register: SystemRegister) -> Int? {
    PMU.counters.firstIndex(of: register) ?? PMU.types.firstIndex(of: register)
  }

  /// What PMXEVTYPER_EL0 and PMXEVCNTR_EL0 are now: nil where there is no such counter.
  private func selectedMonitor(_ register: SystemRegister) -> SystemRegister? {
    let number = Int(state[.pmselrEL0])
    if number == 31 { return register == .pmxevtyperEL0 ? .pmccfiltrEL0 : nil }
    guard number < accessibleCounters else { return nil }
    return register == .pmxevtyperEL0 ? PMU.types[number] : PMU.counters[number]
  }

  // MARK: Who sees which counters

  private typealias MDCR = MonitorDebugConfiguration

  private var hypervisorDebug: MDCR { MDCR(rawValue: state[.mdcrEL2]) }

  /// MDCR_EL2.HPMN: the first counters are EL1's, the rest EL2's.
  private var partition: Int {
    min(Int(hypervisorDebug[MDCR.hpmn]), PMU.counterCount)
  }

  /// How many event counters there are at the current level.
  private var accessibleCounters: Int {
    state.el < 2 && isEL2Enabled ? partition : PMU.counterCount
  }

  private var visibleCounters: UInt64 { PMU.cycles | (1 << UInt64(accessibleCounters) - 1) }

  /// Whether EL0 may make an access, by PMUSERENR_EL0: EN, SW, CR, ER. Arm ARM D24.5.
  func mayUserAccessMonitor(_ encoding: UInt16, isRead: Bool) -> Bool {
    typealias Enable = PerformanceMonitorsUserEnable
    let enable = Enable(rawValue: state[.pmuserenrEL0])
    if enable.isSet(Enable.en) { return true }
    guard let register = SystemRegister(SystemRegisterEncoding(rawValue: encoding)) else {
      return false
    }
    switch register {
    case .pmuserenrEL0: return isRead
    case .pmswincEL0: return enable.isSet(Enable.sw)
    case .pmccntrEL0: return isRead && enable.isSet(Enable.cr)
    case .pmselrEL0: return enable.isSet(Enable.er)
    case .pmxevcntrEL0: return isRead && enable.isSet(Enable.er)
    case _ where PMU.counters.contains(register): return isRead && enable.isSet(Enable.er)
    default: return false
    }
  }

  // MARK: Counting

  /// Brings the counters up to now. Whatever changes what counts calls it before.
  func countEvents() {
    let executed =
      state.instructions
      &+ (board.sliceEnd &- UInt64(truncatingIfNeeded: turnLeft) &- board.schedule.reached[index])
    let count = executed &- state.countedInstructions
    state.countedInstructions = executed
    guard count != 0, state[.pmcntensetEL0] != 0 else { return }
    if state[.pmcntensetEL0] & PMU.cycles != 0, control.isSet(PMU.Control.e),
      isCounted(state[.pmccfiltrEL0]),
      !(isCountingProhibited(counter: 0) && control.isSet(PMU.Control.dp))
    {
      let (sum, overflow) = state[.pmccntrEL0].addingReportingOverflow(count)
      state[.pmccntrEL0] = sum
      if overflow { state[.pmovssetEL0] |= PMU.cycles }
    }
    self.count(count, of: PMU.retired, among: .max)
    self.count(count, of: PMU.cpuCycles, among: .max)
  }

  /// Counts so many events on the counters that are set to them.
  private func count(_ count: UInt64, of event: UInt64, among chosen: UInt64) {
    let enabled = state[.pmcntensetEL0] & chosen
    for number in 0..<PMU.counterCount where enabled >> UInt64(number) & 1 != 0 {
      let type = state[PMU.types[number]]
      let isEnabled =
        number < partition ? control.isSet(PMU.Control.e) : hypervisorDebug.isSet(MDCR.hpme)
      guard isEnabled, type & 0xFFFF == event, isCounted(type),
        !isCountingProhibited(counter: number)
      else { continue }
      let sum = state[PMU.counters[number]] &+ count
      if sum >> 32 != 0 { state[.pmovssetEL0] |= 1 << UInt64(number) }
      state[PMU.counters[number]] = sum & 0xFFFF_FFFF
    }
  }

  /// Whether a filter lets the current level and security state count. Arm ARM D24.5,
  /// PMEVTYPER<n>_EL0.
  private func isCounted(_ filter: UInt64) -> Bool {
    func bit(_ number: UInt64) -> Bool { filter >> number & 1 != 0 }
    switch exceptionLevel {
    case .el0: return isSecure ? !bit(30) : bit(30) == bit(28)
    case .el1: return isSecure ? !bit(31) : bit(31) == bit(29)
    case .el2: return bit(27)
    case .el3: return bit(31) == bit(26)
    }
  }

  /// MDCR_EL3.SPME in Secure state, MDCR_EL2.HPMD at EL2. Arm ARM D24.2,
  /// MDCR_EL2.
  private func isCountingProhibited(counter: Int) -> Bool {
    if isSecure { return !MDCR(rawValue: state[.mdcrEL3]).isSet(MDCR.spme) }
    return exceptionLevel == .el2 && counter < partition && hypervisorDebug.isSet(MDCR.hpmd)
  }
}
