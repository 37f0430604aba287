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
  /// Whether all of it could be read.
  var isWhole = true
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

  /// What is asked for, read once; nothing is asked for any more then.
  @inline(never)
  func take() -> AskedInjection {
    var asked = AskedInjection()
    let base = region.injection + InjectionRegister.parameters
    let simple = region.injection + InjectionRegister.type
    guard let type = memory.load(base), let flags = memory.load(base + 8),
      let address = memory.load(base + 16), let mask = memory.load(base + 24),
      let simpleType = memory.load(simple)
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
    }
    memory.clear(base..<base + 64)
    memory.store(simple, 0)
    return asked
  }

  /// Injects; the line that is bad now, if one is.
  @inline(never)
  func execute(_ asked: AskedInjection, _ power: borrowing PowerState) -> (InjectionStatus, UInt64?)
  {
    guard asked.isWhole else { return (.failure, nil) }
    guard let type = InjectionType(rawValue: asked.type),
      asked.flags & ~(InjectionFlag.processor | InjectionFlag.address) == 0
    else { return (.invalidAccess, nil) }
    var line: UInt64?
    if asked.flags & InjectionFlag.address != 0 {
      guard let allowed = Self.line(asked.address, asked.mask, power) else {
        return (.invalidAccess, nil)
      }
      line = allowed
    }
    guard type.isOfMemory else {
      var core = 0
      if asked.flags & InjectionFlag.processor != 0 {
        // MPIDR_EL1, and the processor UID as well: cores differ in Aff0 alone.
        guard let named = power.core(affinity: UInt64(asked.processor)) else {
          return (.invalidAccess, nil)
        }
        core = named
      }
      guard power.states[core] == .on else { return (.invalidAccess, nil) }
      return (inject(type, core: core, address: line) ? .success : .failure, nil)
    }
    guard asked.flags & InjectionFlag.processor == 0 else { return (.invalidAccess, nil) }
    let target = line ?? region.victim
    return inject(type, line: target) ? (.success, target) : (.failure, nil)
  }

  /// The line of an address that the operating system may make bad; nil for any other. The mask says which
  /// bits of the address count: all that agrees in them must be the operating system's.
  static func line(_ address: UInt64, _ mask: UInt64, _ power: borrowing PowerState) -> UInt64? {
    let rest = ~mask
    guard mask != 0, rest & (rest &+ 1) == 0 else { return nil }
    let first = address & mask & ~63
    let last = address | rest | 63
    let reserved = power.reserved
    guard power.ram.contains(first), power.ram.contains(last),
      last < reserved.lowerBound || first >= reserved.upperBound
    else { return nil }
    return address & ~63
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

  private func inject(_ type: InjectionType, line: UInt64) -> Bool {
    let state: ErrorState =
      switch type {
      case .memoryCorrectable: .corrected
      case .memoryFatal: .uncontainable
      default: .recoverable
      }
    return command(ErrorInjectorRegister.memory, state, address: line)
  }

  private func inject(_ type: InjectionType, core: Int, address: UInt64?) -> Bool {
    let state: ErrorState =
      switch type {
      case .processorCorrectable: .corrected
      case .processorFatal: .uncontainable
      default: .restartable
      }
    write(
      ErrorInjectorRegister.core,
      UInt32(core) | (address == nil ? 0 : ErrorInjectorRegister.coreHasAddress))
    write(ErrorInjectorRegister.delay, delay)
    return command(ErrorInjectorRegister.processor, state, address: address ?? 0)
  }

  /// Writes the trigger table.
  func writeTrigger(rings: Bool) {
    let place = region.injection + InjectionRegister.triggerTable
    memory.clear(place..<place + 64)
    var writer = ByteWriter(NormalMemory(platform, PhysicalAddress(place), byteCount: 64))
    try? writer.triggerTable(region, rings: rings)
  }

  /// Says how it ended.
  func end(_ status: InjectionStatus) {
    memory.store(region.injection + InjectionRegister.status, status.rawValue)
  }
}
