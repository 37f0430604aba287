// EINJ: what the operating system asks for becomes a real error, by the board's error injector. ACPI 6.5, 18.6.
//
// Everything it says is read once and checked: an error may go to any line of RAM that is the operating
// system's, and to no other; a core must run. What a type becomes:
//
//     processor, correctable     | CE of the core's own record, SError corrected
//     processor, uncorrectable   | UEO, SError restartable: whoever runs there goes on
//     processor, fatal           | UC, SError uncontainable
//     memory, correctable        | the line is corrected at each use
//     memory, uncorrectable      | the line is bad (UER)
//     memory, fatal              | the line is bad and the error cannot be contained (UC)
//
// The vendor's types (APEI, VendorInjectionType) are the states of Arm's error records that are left: UER and
// UEU of a core, DE, UEO and UEU of a line. EINJv2's are the first six again, said of components, of which
// there can be several: each core has its error then.
//
// An error of a core comes by itself, a moment later. One of memory waits for whoever reads the line; the
// trigger table has EL3 read it.

import APEI
import Arm
import Bytes
import Platform

/// What an operating system asks for.
struct AskedInjection: Equatable {
  /// SET_ERROR_TYPE_WITH_ADDRESS: type in 31:0.
  var type: UInt32 = 0
  /// Flags and processor.
  var flags: UInt32 = 0
  var processor: UInt32 = 0
  var address: UInt64 = 0
  var mask: UInt64 = 0
  /// EINJv2: how many components.
  var componentCount = 0
  /// Whether all of it could be read.
  var isWhole = true
}

/// A component of EINJv2, as it was asked for.
struct AskedComponent: Equatable {
  /// Its identifier; all ones for one that is longer than 64 bits.
  var identifier: UInt64 = .max
  /// Its syndrome, in the same way.
  var syndrome: UInt64 = .max
}

/// What is to be done to one core, or to the memory.
struct ComponentError: Equatable {
  /// Whether it is the memory's.
  var isOfMemory: Bool
  /// The core, where it is one's.
  var core = 0
  var state: ErrorState
}

/// Injects errors for an operating system.
struct ErrorInjection<P: FirmwarePlatform> {
  let platform: P
  let memory: MendingMemory<P>
  let region: ServiceRegion

  init(_ platform: P, _ features: ProcessorFeatures, _ region: ServiceRegion) {
    self.platform = platform
    memory = MendingMemory(platform, features)
    self.region = region
  }

  /// Nanoseconds until a core meets its error: EL3 is left by then.
  private var delay: UInt32 { 50_000 }

  /// The errors of one injection.
  typealias Errors = InlineArray<4, ComponentError?>

  private func parameter(_ offset: UInt64) -> UInt64? {
    memory.load(region.injection + InjectionRegister.parameters + offset)
  }

  /// Says what may be asked for, before anything is and again after each time: what firmware says in the
  /// structure is as good as gone once an operating system has written there.
  @inline(never)
  func offer() {
    let base = region.injection
    memory.clear(base..<base + InjectionRegister.parametersEnd)
    memory.store(base + InjectionParameter.type, InjectionRegister.vendor << 32)
    memory.store(
      base + InjectionParameter.extensionLength, InjectionParameter.extensionSize << 32)
    memory.store(base + InjectionParameter.components, InjectionParameter.extensionRevision)
    memory.store(base + InjectionRegister.type, 0)
  }

  /// What is asked for, read once but for its components.
  @inline(never)
  func take() -> AskedInjection {
    var asked = AskedInjection()
    guard let type = parameter(InjectionParameter.type),
      let flags = parameter(InjectionParameter.flags),
      let address = parameter(InjectionParameter.address),
      let mask = parameter(InjectionParameter.mask),
      let components = parameter(InjectionParameter.components),
      let simpleType = memory.load(region.injection + InjectionRegister.type)
    else {
      asked.isWhole = false
      return asked
    }
    asked.type = UInt32(truncatingIfNeeded: type)
    if asked.type == 0 {
      asked.type = UInt32(truncatingIfNeeded: simpleType)
    } else {
      asked.flags = UInt32(truncatingIfNeeded: flags)
      asked.processor = UInt32(truncatingIfNeeded: flags >> 32)
      asked.address = address
      asked.mask = mask
      asked.componentCount = Int(components >> 16 & 0xffff)
    }
    return asked
  }

  /// A component, read once; nil where its memory was lost. It begins in the middle of a double word.
  @inline(never)
  private func component(_ index: Int) -> AskedComponent? {
    let start = InjectionParameter.components + UInt64(index) * InjectionParameter.componentSize
    var asked = AskedComponent()
    guard let first = parameter(start), let second = parameter(start + 8),
      let third = parameter(start + 16), let fourth = parameter(start + 24),
      let fifth = parameter(start + 32)
    else { return nil }
    if second >> 32 == 0, third & 0xffff_ffff == 0 {
      asked.identifier = first >> 32 | second << 32
    }
    if fourth >> 32 == 0, fifth & 0xffff_ffff == 0 {
      asked.syndrome = third >> 32 | fourth << 32
    }
    return asked
  }

  /// Injects; the line that is bad now, if one is. Nothing is injected unless all that is asked for can be.
  @inline(never)
  func execute(_ asked: AskedInjection, _ power: borrowing PowerState) -> (InjectionStatus, UInt64?)
  {
    guard asked.isWhole else { return (.failure, nil) }
    var line: UInt64?
    if asked.flags & InjectionFlag.address != 0 {
      guard let allowed = Self.line(asked.address, asked.mask, power) else {
        return (.invalidAccess, nil)
      }
      line = allowed
    }
    var errors = Errors(repeating: nil)
    let status =
      asked.flags & InjectionFlag.components != 0
      ? readComponents(asked, power, &errors) : readError(asked, power, &errors)
    guard status == .success else { return (status, nil) }
    return inject(errors, line)
  }

  /// An error of one of EINJ's own types, or of the vendor's.
  @inline(never)
  private func readError(
    _ asked: AskedInjection, _ power: borrowing PowerState, _ errors: inout Errors
  ) -> InjectionStatus {
    guard let error = Self.error(ofType: asked.type),
      asked.flags & ~(InjectionFlag.processor | InjectionFlag.address) == 0
    else { return .invalidAccess }
    errors[0] = error
    guard asked.flags & InjectionFlag.processor != 0 else {
      let isFirstOn = power.states[0] == .on
      return error.isOfMemory || isFirstOn ? .success : .invalidAccess
    }
    // MPIDR_EL1, and the processor UID as well: cores differ in Aff0 alone.
    guard !error.isOfMemory, let core = power.core(affinity: UInt64(asked.processor)),
      power.states[core] == .on
    else { return .invalidAccess }
    errors[0]?.core = core
    return .success
  }

  /// What an error type becomes; nil for one that is not known, for several, and for none.
  private static func error(ofType type: UInt32) -> ComponentError? {
    if let type = VendorInjectionType(rawValue: type) {
      let state: ErrorState =
        switch type {
        case .processorRecoverable: .recoverable
        case .memoryDeferred: .deferred
        case .memoryRestartable: .restartable
        case .processorUnrecoverable, .memoryUnrecoverable: .unrecoverable
        }
      return ComponentError(isOfMemory: type.isOfMemory, state: state)
    }
    guard let type = InjectionType(rawValue: type) else { return nil }
    let state: ErrorState =
      switch type {
      case .processorCorrectable, .memoryCorrectable: .corrected
      case .processorUncorrectable: .restartable
      case .memoryUncorrectable: .recoverable
      case .processorFatal, .memoryFatal: .uncontainable
      }
    return ComponentError(isOfMemory: type.isOfMemory, state: state)
  }

  /// The errors of EINJv2: one a component, of different components.
  @inline(never)
  private func readComponents(
    _ asked: AskedInjection, _ power: borrowing PowerState, _ errors: inout Errors
  ) -> InjectionStatus {
    guard let type = ComponentInjectionType(rawValue: asked.type),
      asked.flags & ~(InjectionFlag.components | InjectionFlag.address) == 0,
      asked.componentCount >= 1,
      asked.componentCount <= (type == .memory ? 1 : InjectionParameter.componentCount)
    else { return .invalidAccess }
    var index = 0
    while index < asked.componentCount {
      guard let component = component(index) else { return .failure }
      guard let error = Self.error(of: component, type, power),
        !isThere(error, in: errors)
      else { return .invalidAccess }
      errors[index] = error
      index += 1
    }
    return .success
  }

  private func isThere(_ error: ComponentError, in errors: borrowing Errors) -> Bool {
    for index in errors.indices where errors[index]?.core == error.core { return true }
    return false
  }

  private static func error(
    of component: AskedComponent, _ type: ComponentInjectionType, _ power: borrowing PowerState
  ) -> ComponentError? {
    let isOfMemory = type == .memory
    let state: ErrorState
    switch component.syndrome {
    case ComponentSyndrome.correctable: state = .corrected
    case ComponentSyndrome.uncorrectable: state = isOfMemory ? .recoverable : .restartable
    case ComponentSyndrome.fatal: state = .uncontainable
    default: return nil
    }
    if isOfMemory {
      return component.identifier == 0 ? ComponentError(isOfMemory: true, state: state) : nil
    }
    guard let core = power.core(affinity: component.identifier), power.states[core] == .on else {
      return nil
    }
    return ComponentError(isOfMemory: false, core: core, state: state)
  }

  @inline(never)
  private func inject(_ errors: borrowing Errors, _ line: UInt64?) -> (InjectionStatus, UInt64?) {
    for index in errors.indices {
      guard let error = errors[index] else { continue }
      if error.isOfMemory {
        let target = line ?? region.victim
        return command(ErrorInjectorRegister.memory, error.state, address: target)
          ? (.success, target) : (.failure, nil)
      }
      guard inject(error, address: line) else { return (.failure, nil) }
    }
    return (.success, nil)
  }

  /// The line of an address that the operating system may make bad; nil for any other. The mask says which
  /// bits of the address count: all that agrees in them must be the operating system's.
  static func line(_ address: UInt64, _ mask: UInt64, _ power: borrowing PowerState) -> UInt64? {
    let rest = ~mask
    guard mask != 0, rest & (rest &+ 1) == 0 else { return nil }
    let first = CacheLine.start(of: address & mask)
    let last = address | rest | (CacheLine.size &- 1)
    let reserved = power.reserved
    guard power.ram.contains(first), power.ram.contains(last),
      last < reserved.lowerBound || first >= reserved.upperBound
    else { return nil }
    return CacheLine.start(of: address)
  }

  private func write(_ register: UInt64, _ value: UInt32) {
    platform.store32(PhysicalAddress(MemoryMap.errorInjector + register), value)
  }

  private func command(_ command: UInt32, _ state: ErrorState, address: UInt64) -> Bool {
    write(ErrorInjectorRegister.addressLow, UInt32(truncatingIfNeeded: address))
    write(ErrorInjectorRegister.addressHigh, UInt32(truncatingIfNeeded: address >> 32))
    write(ErrorInjectorRegister.state, ErrorInjectorRegister.value(state))
    write(ErrorInjectorRegister.command, command)
    return platform.load32(
      PhysicalAddress(MemoryMap.errorInjector + ErrorInjectorRegister.result)) == 0
  }

  private func inject(_ error: ComponentError, address: UInt64?) -> Bool {
    write(
      ErrorInjectorRegister.core,
      UInt32(error.core) | (address == nil ? 0 : ErrorInjectorRegister.coreHasAddress))
    write(ErrorInjectorRegister.delay, delay)
    return command(ErrorInjectorRegister.processor, error.state, address: address ?? 0)
  }

  /// Writes the trigger table.
  func writeTrigger(rings: Bool) {
    let place = region.injection + InjectionRegister.triggerTable
    memory.clear(place..<place + CacheLine.size)
    var writer = ByteWriter(
      NormalMemory(platform, PhysicalAddress(place), byteCount: Int(CacheLine.size)))
    try? writer.triggerTable(region, rings: rings)
  }

  /// Says how it ended; nothing is asked for any more.
  func end(_ status: InjectionStatus) {
    offer()
    memory.store(region.injection + InjectionRegister.status, status.rawValue)
  }
}
