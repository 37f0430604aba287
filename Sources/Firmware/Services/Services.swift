// What the operating system can ask of EL3 by the doorbell: an error to be injected (EINJ), a record to be kept
// (ERST). Who rings is not known and not believed: every place that EL3 reads or writes is its own
// knowledge, every value is read once and checked, and the work for one ring is bounded.
//
// The bells ring on one core, whose FIQ enters EL3 for good; the one who rang waits in memory for the answer,
// whichever core it is on.

import APEI
import Arm
import Bytes
import Platform

/// What can be asked for, and what EL3 remembers of it.
public struct Services: Sendable {
  /// The memory that is shared.
  public let region: ServiceRegion
  /// The line that was made bad last: what the trigger reads.
  var injectedLine: UInt64?
  /// The place in the store of the record that was named last; nil before the first.
  var namedPlace: Int?

  /// Services of a region with a doorbell.
  public init(_ region: ServiceRegion) { self.region = region }
}

/// The doorbell as EL3 has it.
struct Doorbell<P: FirmwarePlatform> {
  let platform: P

  init(_ platform: P) { self.platform = platform }

  /// The bells that ring.
  var ringing: UInt32 {
    platform.load32(PhysicalAddress(MemoryMap.doorbell + DoorbellRegister.ring))
  }

  /// Stills bells: what they asked for is done, and seen by whoever rang.
  func still(_ bells: UInt32) {
    platform.synchronizeData()
    platform.store32(PhysicalAddress(MemoryMap.doorbell + DoorbellRegister.done), bells)
    platform.synchronizeData()
  }
}

extension Services {
  /// The core on which the bells ring.
  public static var core: Int { 0 }

  /// Writes what the operating system finds in the shared registers before it has asked for anything; the
  /// region is zeros.
  func begin<P: FirmwarePlatform>(_ platform: P, _ features: ProcessorFeatures) {
    let memory = MendingMemory(platform, features)
    let injection = region.injection
    ErrorInjection(platform, features, region).offer()
    var writer = ByteWriter(
      NormalMemory(
        platform, PhysicalAddress(injection + InjectionRegister.vendor), byteCount: 16))
    try? writer.vendorExtension()
    memory.store(injection + InjectionRegister.available, UInt64(InjectionType.all))
    memory.store(
      injection + InjectionRegister.availableComponents, UInt64(ComponentInjectionType.all))
    // Nominal and most, in microseconds.
    memory.store(injection + InjectionRegister.timings, 100 << 32 | 10)
    memory.store(
      injection + InjectionRegister.trigger, injection + InjectionRegister.triggerTable)
    ErrorInjection(platform, features, region).writeTrigger(rings: false)
    guard region.hasStore else { return }
    let words = region.serialization
    memory.store(
      words + SerializationRegister.count, RecordStore(platform, features).count)
    memory.store(words + SerializationRegister.timings, 1000 << 32 | 100)
    memory.store(words + SerializationRegister.rangeBase, region.exchange)
    memory.store(words + SerializationRegister.rangeLength, ServiceRegion.exchangeSize)
    // Ordinary memory: neither what keeps the records itself (bit 1), nor slow (bit 2).
    memory.store(words + SerializationRegister.rangeAttributes, 0)
    memory.store(words + SerializationRegister.stall, 1)
    memory.store(words + SerializationRegister.bell, UInt64(ServiceBell.nextIdentifier))
  }
}

extension Monitor {
  /// Answers the bells of a doorbell from now on.
  public mutating func serve(_ region: ServiceRegion) {
    let services = Services(region)
    services.begin(platform, features)
    self.services = services
    SecureGIC(platform).keep(Interrupt.doorbell)
  }

  /// Whether the bells ring on this core.
  func listens(_ core: Int) -> Bool { services != nil && core == Services.core }

  /// Does what the bells that ring ask for, each once.
  @inline(never)
  mutating func answer(_ core: Int) {
    guard listens(core) else { return }
    let doorbell = Doorbell(platform)
    let ringing = doorbell.ringing
    if ringing & ServiceBell.injection != 0 {
      inject()
      doorbell.still(ServiceBell.injection)
    }
    if ringing & ServiceBell.trigger != 0 {
      trigger(core)
      doorbell.still(ServiceBell.trigger)
    }
    if ringing & ServiceBell.serialization != 0 {
      serialize()
      doorbell.still(ServiceBell.serialization)
    }
    if ringing & ServiceBell.nextIdentifier != 0 {
      nameNext()
      doorbell.still(ServiceBell.nextIdentifier)
    }
    // Those that nobody has a use for.
    let known =
      ServiceBell.injection | ServiceBell.trigger | ServiceBell.serialization
      | ServiceBell.nextIdentifier
    if ringing & ~known != 0 { doorbell.still(ringing & ~known) }
  }

  @inline(never)
  private mutating func inject() {
    guard let region = services?.region else { return }
    let injection = ErrorInjection(platform, features, region)
    let asked = injection.take()
    let (status, line) = injection.execute(asked, power)
    services?.injectedLine = line
    injection.writeTrigger(rings: line != nil)
    injection.end(status)
  }

  /// Reads the line that was made bad last, as a memory controller's patrol scrub does: its record is then
  /// reported like that of an interrupt of the node, unless records are not EL3's.
  @inline(never)
  private mutating func trigger(_ core: Int) {
    guard let line = services?.injectedLine else { return }
    services?.injectedLine = nil
    _ = platform.load64IfPresent(PhysicalAddress(line))
    // The record is the operating system's there, and its node's interrupt tells of it.
    if leavesErrorsBelow { return }
    let outcome = errors.report(
      platform, .interrupt(Interrupt.doorbell), line: nil, core: core, features: features)
    if outcome == .fatal { errors.keepLast(platform, features) }
  }

  @inline(never)
  private mutating func serialize() {
    guard let region = services?.region, region.hasStore else { return }
    RecordSerialization(platform, features, region).execute()
  }

  @inline(never)
  private mutating func nameNext() {
    guard let region = services?.region, region.hasStore else { return }
    let named = services?.namedPlace
    let next = RecordSerialization(platform, features, region).nameNext(after: named)
    services?.namedPlace = next
  }
}
