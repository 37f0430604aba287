// A monitor that offers the software delegated exception interface, and a client on core 0 at EL2.

import APEI
import Arm
import Platform

@testable import Firmware

/// Firmware with a client.
struct DelegationBoard {
  let platform = FakePlatform()
  var monitor: Monitor<FakePlatform>
  var context = LowerContext(elr: 0x1000, spsr: Self.interrupted)

  /// PSTATE of the client: EL2h, nothing masked, a host.
  static let interrupted: UInt64 = 0x6000_0009
  /// PSTATE of its handlers: everything masked, the flags kept, PAN.
  static let handler: UInt64 = 0x6040_03c9

  init(sources: ErrorSourceTable = Self.sources) {
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
    // All interrupts are the Non-secure world's.
    for core in 0..<2 as Range<UInt64> {
      platform.devices[Self.redistributor(core, 0x80)] = 0xffff_ffff
    }
    for word in 1..<4 as Range<UInt64> {
      platform.devices[MemoryMap.gicDistributor + 0x80 + word * 4] = 0xffff_ffff
    }
    let region = ErrorRegion(base: 0x7fe8_0000, sources: sources)
    for source in 0..<region.sourceCount {
      platform.store64(PhysicalAddress(region.acknowledgeLocation(source)), 1)
    }
    monitor = Monitor(
      platform,
      power: PowerState(
        coreCount: 2, ram: 0x4000_0000..<0x8000_0000, reserved: 0x7fe0_0000..<0x7fe2_0000),
      errors: ErrorReporter(
        region: region, clock: FirmwareClock(seconds: 1000, count: 0), reports: platform.reports),
      features: platform.features)
    monitor.delegate(platform.delegation)
  }

  /// The error sources of a board whose events are told by delegated exceptions.
  static let sources: ErrorSourceTable = {
    var table = ErrorSourceTable(coreCount: 2)
    table.insert(.criticalEvent)
    table.eventNotification = .sdei
    table.delegatedEvent = DelegatedEvent.errors.number
    table.criticalDelegatedEvent = DelegatedEvent.criticalErrors.number
    return table
  }()

  static func redistributor(_ core: UInt64, _ offset: UInt64) -> UInt64 {
    MemoryMap.gicRedistributors + core * 0x2_0000 + 0x1_0000 + offset
  }

  /// All that the firmware remembers of the interface.
  var state: DelegationState {
    get { platform.delegationState }
    nonmutating set { platform.delegationState = newValue }
  }

  /// What the innermost handler of core 0 has interrupted.
  var innermost: InterruptedContext? {
    let target = state.targets[0]
    return target.depth > 0 ? target.contexts[target.depth - 1] : nil
  }

  private var number: UInt64 = 0x1_0000

  /// A number that was not used before.
  mutating func nextNumber() -> UInt64 {
    number += 1
    return number
  }

  /// Calls; what X0 holds when the caller goes on, or a handler is entered.
  @discardableResult
  mutating func call(
    _ function: SDEI.Function, _ arguments: UInt64..., core: Int = 0
  ) -> Int64 {
    call(identifier: UInt64(function.rawValue), arguments, core: core)
  }

  mutating func call(identifier: UInt64, _ arguments: [UInt64], core: Int = 0) -> Int64 {
    context.x[0] = identifier
    for (index, argument) in arguments.enumerated() { context.x[index + 1] = argument }
    context.esr = Syndrome(.smc, iss: 0).rawValue
    _ = monitor.handle(slot: 8, core: core, context: &context)
    return Int64(bitPattern: context.x[0])
  }

  /// Takes an FIQ.
  mutating func interrupt(_ number: UInt64, core: Int = 0) {
    platform.registers[.iccIAR0EL1] = number
    _ = monitor.handle(slot: 10, core: core, context: &context)
    platform.registers[.iccIAR0EL1] = 1023
  }

  /// Registers, enables and unmasks.
  mutating func listen(_ event: UInt32, entry: UInt64 = 0x9000, argument: UInt64 = 0xa5) {
    call(.eventRegister, UInt64(event), entry, argument, 0, 0)
    call(.eventEnable, UInt64(event))
    call(.peUnmask)
  }

  /// Whether a core has been told that events wait.
  func isTold(_ core: Int) -> Bool {
    platform.registers[.iccSGI0REL1]
      == SoftwareGeneratedInterrupt(
        14, to: MultiprocessorAffinity(rawValue: UInt64(core))
      ).rawValue
  }
}
