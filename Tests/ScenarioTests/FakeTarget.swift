// The target of tests that need no machine.

import Arm
import Machine
import Scenario

/// A machine that plays a script: at given instruction counts it prints, notes events and changes
/// memory.
final class FakeTarget: Target {
  /// One act of the play.
  struct Act {
    var at: UInt64
    var console = ""
    var events: [TimelineEvent.Kind] = []
    var memory: [UInt64: [UInt8]] = [:]
    var stop: TargetStop?
  }

  var acts: [Act]
  /// Acts that follow the first planting, `at` counted from it.
  var reaction: [Act] = []
  var contents: [UInt64: [UInt8]] = [:]
  var instructions: UInt64 = 0
  var virtualNanoseconds: UInt64 { instructions }
  var coreCount = 1
  var translations: [UInt64: UInt64] = [:]
  var contexts: [Int: Scenario.Context] = [0: .hostKernel]
  var activities: [Int: CoreActivity] = [:]
  /// What contexts are from an act on, by the instruction at which it is due.
  var contextChanges: [UInt64: [Int: Scenario.Context]] = [:]
  var registers: [TargetRegister: UInt64] = [:]
  private(set) var planted: [UInt64] = []
  private(set) var watches: [UInt64] = []
  private(set) var breakpoints: [UInt64] = []
  private var output: [UInt8] = []
  private var events: [TimelineEvent] = []
  let memory: (start: UInt64, size: UInt64) = (0x4000_0000, 1 << 20)

  init(_ acts: [Act]) { self.acts = acts }

  func run(instructions budget: UInt64) -> TargetStop {
    let end = instructions + budget
    while let act = acts.first, act.at <= end {
      acts.removeFirst()
      instructions = max(instructions, act.at)
      if let changed = contextChanges[act.at] { contexts = changed }
      output += Array(act.console.utf8)
      for kind in act.events {
        events.append(TimelineEvent(instructions: instructions, kind))
      }
      for (address, bytes) in act.memory { contents[address] = bytes }
      if let stop = act.stop { return stop }
      if !act.events.isEmpty || stopsAtLines && act.console.contains("\n") { return .event }
    }
    instructions = end
    return .budget
  }

  /// The resets that were asked for.
  private(set) var resets: [ResetKind] = []
  func reset(_ kind: ResetKind) { resets.append(kind) }

  func takeConsole() -> [UInt8] {
    defer { output = [] }
    return output
  }

  func type(_ bytes: [UInt8]) { typed.append(String(decoding: bytes, as: UTF8.self)) }

  /// What was typed.
  private(set) var typed: [String] = []

  func takeEvents() -> [TimelineEvent] {
    defer { events = [] }
    return events
  }

  func read(_ address: PhysicalAddress, count: Int) -> [UInt8]? {
    let address = address.rawValue
    guard address >= memory.start, address + UInt64(count) <= memory.start + memory.size else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: count)
    for (start, content) in contents {
      for (index, byte) in content.enumerated() {
        let place = Int(start) + index - Int(address)
        if place >= 0 && place < count { bytes[place] = byte }
      }
    }
    return bytes
  }

  func context(core: Int) -> Scenario.Context? { contexts[core] }

  /// Whether cores do something useful.
  var isUseful = false
  func activity(core: Int) -> CoreActivity { activities[core] ?? .going }
  func isUseful(core: Int) -> Bool { isUseful }
  /// Whether cores have waited.
  var hasWaited = false
  func takeWait(core: Int) -> Bool { hasWaited }

  /// Whether a run ends behind an act that completes a line.
  var stopsAtLines = false

  func read(_ register: TargetRegister, core: Int) -> UInt64 { registers[register] ?? 0 }

  func translate(core: Int, _ address: VirtualAddress) -> PhysicalAddress? {
    translations[address.rawValue].map { PhysicalAddress($0) }
  }

  func descriptor(core: Int, _ address: VirtualAddress, level: Int) -> PhysicalAddress? {
    translations[address.rawValue].map { PhysicalAddress($0 + UInt64(level) * 0x1000) }
  }

  func translate(core: Int, _ address: IntermediatePhysicalAddress) -> PhysicalAddress? {
    translations[address.rawValue].map { PhysicalAddress($0) }
  }

  func descriptor(
    core: Int, _ address: IntermediatePhysicalAddress, level: Int
  )
    -> PhysicalAddress?
  {
    translations[address.rawValue].map { PhysicalAddress($0 + UInt64(level) * 0x1000) }
  }

  var guestAddresses: [UInt64: UInt64] = [:]

  func guestAddress(core: Int, _ address: PhysicalAddress) -> IntermediatePhysicalAddress? {
    guestAddresses[address.rawValue].map { IntermediatePhysicalAddress($0) }
  }

  func plantPoison(_ address: PhysicalAddress, _ poison: Poison) -> Bool {
    let address = address.rawValue
    guard address >= memory.start, address < memory.start + memory.size else { return false }
    react()
    planted.append(address)
    events.append(TimelineEvent(instructions: instructions, .poisonPlanted(physical: address)))
    return true
  }

  /// Lines that the memory node found without an access.
  private(set) var announced: [UInt64] = []
  func announcePoison(_ address: PhysicalAddress) { announced.append(address.rawValue) }

  /// Copies of lines.
  private(set) var copies: [(from: UInt64, to: UInt64, count: Int)] = []
  func copyLines(from source: PhysicalAddress, to destination: PhysicalAddress, count: Int) -> Int?
  {
    copies.append((source.rawValue, destination.rawValue, count))
    return count
  }

  /// What was asked to be read, how often a second, and how many times.
  private(set) var traffic: [(lines: LinePattern, rate: UInt64, count: UInt64?)] = []
  func addTraffic(_ lines: LinePattern, rate: UInt64, count: UInt64?) {
    traffic.append((lines, rate, count))
  }

  func plantPoison(_ lines: LinePattern, _ poison: Poison) -> Bool {
    stride(from: memory.start, to: memory.start + memory.size, by: 64).filter(lines.contains)
      .reduce(false) { plantPoison(PhysicalAddress($1), poison) || $0 }
  }

  /// The reaction follows the first injection.
  private func react() {
    guard planted.isEmpty, raised.isEmpty else { return }
    acts =
      reaction.map {
        var act = $0
        act.at += instructions
        return act
      } + acts.filter { $0.at > instructions }
    acts.sort { $0.at < $1.at }
  }

  func injectError(core: Int, _ address: PhysicalAddress?, _ poison: Poison) {
    react()
    raised.append((core, address?.rawValue))
  }

  func injectInterconnectError(
    _ state: ErrorState, isCritical: Bool, cause: Scenario.InterconnectCause,
    _ address: PhysicalAddress?
  ) {
    react()
    interconnectErrors.append(cause)
  }

  /// The errors of the interconnect.
  private(set) var interconnectErrors: [Scenario.InterconnectCause] = []

  /// The errors of cores' own, with the address each record names.
  private(set) var raised: [(core: Int, physical: UInt64?)] = []

  func watch(
    _ address: PhysicalAddress, length: UInt64, kind: Scenario.AccessKind, count: UInt64
  ) -> Int? {
    watches.append(address.rawValue)
    return watches.count
  }

  func setBreakpoint(_ address: VirtualAddress) { breakpoints.append(address.rawValue) }

  func hash() -> UInt64 { 0x1234 }

  /// Everything that a play changes.
  struct Saved {
    var acts: [Act]
    var contents: [UInt64: [UInt8]]
    var instructions: UInt64
    var planted: [UInt64]
    var output: [UInt8]
    var events: [TimelineEvent]
  }

  func save() -> Saved {
    Saved(
      acts: acts, contents: contents, instructions: instructions, planted: planted, output: output,
      events: events)
  }

  /// When it was marked.
  private(set) var marks: [UInt64] = []

  func mark() { marks.append(instructions) }

  func restore(_ saved: Saved) {
    acts = saved.acts
    contents = saved.contents
    instructions = saved.instructions
    planted = saved.planted
    output = saved.output
    events = saved.events
  }
}

/// Bytes of a number.
func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

/// ACPI tables with one GHESv2, built by hand so that the reader has a second opinion.
enum FakeFirmware {
  static let rootPointer: UInt64 = 0x4000_8000
  static let block: UInt64 = 0x4000_C000
  static let pointer: UInt64 = 0x4000_B000

  static var tables: [UInt64: [UInt8]] {
    var root = Array("RSD PTR ".utf8) + [0] + Array("FAULTL".utf8) + [2] + bytes(0, 4)
    root += bytes(36, 4) + bytes(0x4000_9000, 8) + [0, 0, 0, 0]
    root[8] = 0 &- root[..<20].reduce(0, &+)
    root[32] = 0 &- root.reduce(0, &+)
    var source = bytes(10, 2) + bytes(3, 2) + bytes(0xFFFF, 2) + [0, 1]
    source += bytes(1, 4) + bytes(1, 4) + bytes(0, 4)
    source += [0, 64, 0, 4] + bytes(pointer, 8)
    source += [8, 28] + [UInt8](repeating: 0, count: 26) + bytes(4096, 4)
    source += [UInt8](repeating: 0, count: 28)
    return [
      0x4000_1000: Array("RSD PTR ".utf8),  // A copy without a checksum.
      rootPointer: root,
      0x4000_9000: header("XSDT", 44) + bytes(0x4000_A000, 8),
      0x4000_A000: header("HEST", 40 + source.count) + bytes(1, 4) + source,
      pointer: bytes(block, 8),
    ]
  }

  static func header(_ signature: String, _ length: Int) -> [UInt8] {
    Array(signature.utf8) + bytes(UInt64(length), 4) + [UInt8](repeating: 0, count: 28)
  }

  /// A block with one memory section.
  static func record(physical: UInt64, severity: UInt64) -> [UInt8] {
    let body =
      bytes(0x4002, 8) + bytes(0, 8) + bytes(physical, 8)
      + [UInt8](repeating: 0, count: 48) + [3] + [UInt8](repeating: 0, count: 7)
    var section: [UInt8] = [
      0x14, 0x11, 0xBC, 0xA5, 0x64, 0x6F, 0xDE, 0x4E,
      0xB8, 0x63, 0x3E, 0x83, 0xED, 0x7C, 0x83, 0xB1,
    ]
    section += bytes(severity, 4) + bytes(0x300, 2) + [0, 0] + bytes(80, 4)
    section += [UInt8](repeating: 0, count: 44) + body
    return bytes(0x11, 4) + bytes(0, 8) + bytes(UInt64(section.count), 4) + bytes(severity, 4)
      + section
  }
}
