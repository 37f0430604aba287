// A whole-line engine: what it copies, what it forwards, and where it ends.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct LineCopyTests {
  private func states(_ bus: Bus) -> [ErrorState?] {
    [ErrorNode.memory, ErrorNode.processor].map { bus.ras[$0].record.status.highestState }
  }

  @Test func goodLinesAreCopiedAndCureWhatTheyReplace() throws {
    let bus = try makeBus()
    bus.writeBytes(ramAddress(0x1000), Array(0..<192))
    bus.plantPoison(ramAddress(0x2040))
    #expect(bus.copyLines(from: ramAddress(0x1008), to: ramAddress(0x2000), lineCount: 3) == 3)
    #expect(bus.readBytes(ramAddress(0x2000), count: 192) == Array(0..<192))
    #expect(bus.poisonedLines.isEmpty)
    #expect(states(bus) == [nil, nil])
  }

  @Test func aDeferredLineGoesWithItsPoisonAndIsConsumedElsewhere() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x1040), Poison(state: .deferred))
    #expect(bus.copyLines(from: ramAddress(0x1000), to: ramAddress(0x2000), lineCount: 2) == 2)
    #expect(bus.poisonedLines == [ramAddress(0x1040), ramAddress(0x2040)])
    // The deferral is recorded once; nobody was answered.
    let record = bus.ras[ErrorNode.memory].record
    #expect(states(bus) == [.deferred, nil])
    #expect(record.address == ErrorAddress(ramAddress(0x1040), isSecure: false))
    #expect(!record.status.isSet(ErrorStatus.pn) && !record.status.isSet(ErrorStatus.of))
    bus.ras.write(.status, record: ErrorNode.memory, core: 0, record.status.clearingValue)
    #expect(bus.copyLines(from: ramAddress(0x2040), to: ramAddress(0x3000), lineCount: 1) == 1)
    #expect(states(bus) == [nil, nil], "a copy of a copy tells nobody again")
    let forwarded = bus.takeEvents().compactMap {
      if case .poisonForwarded(let from, let to, _) = $0 { [from, to] } else { nil }
    }
    #expect(
      forwarded == [
        [ramAddress(0x1040), ramAddress(0x2040)], [ramAddress(0x2040), ramAddress(0x3000)],
      ])
    #expect(fault { _ = try bus.read(ramAddress(0x3008), size: 8, nonsecure) } != nil)
    let own = bus.ras[ErrorNode.processor].record
    #expect(own.status.highestState == .recoverable && own.status.isSet(ErrorStatus.pn))
    #expect(own.address == ErrorAddress(ramAddress(0x3000), isSecure: false))
    #expect(bus.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.pn))
    // A whole write cures the copy alone.
    #expect(bus.copyLines(from: ramAddress(0x4000), to: ramAddress(0x3000), lineCount: 1) == 1)
    #expect(bus.poisonedLines == [ramAddress(0x1040), ramAddress(0x2040)])
  }

  @Test func aCorrectedLineIsCorrectedOnTheWay() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x1000), Poison(state: .corrected))
    #expect(bus.copyLines(from: ramAddress(0x1000), to: ramAddress(0x2000), lineCount: 1) == 1)
    #expect(states(bus) == [.corrected, nil])
    #expect(bus.poisonedLines == [ramAddress(0x1000)])
  }

  @Test func anUncorrectedLineEndsIt() throws {
    for state in [ErrorState.restartable, .recoverable, .unrecoverable, .uncontainable] {
      let bus = try makeBus()
      bus.writeBytes(ramAddress(0x1000), Array(repeating: 7, count: 192))
      bus.plantPoison(ramAddress(0x1040), Poison(state: state))
      #expect(bus.copyLines(from: ramAddress(0x1000), to: ramAddress(0x2000), lineCount: 3) == 1)
      #expect(states(bus) == [state, nil])
      #expect(bus.readBytes(ramAddress(0x2040), count: 1) == [0])
      #expect(bus.poisonedLines == [ramAddress(0x1040)])
    }
  }

  @Test func thereMustBeMemory() throws {
    let bus = try makeBus()
    let end = PhysicalAddress(MemoryMap.ram + bus.ramSize)
    #expect(bus.copyLines(from: ramAddress(0), to: end, lineCount: 1) == nil)
    #expect(bus.copyLines(from: end, to: ramAddress(0), lineCount: 1) == nil)
    #expect(
      bus.copyLines(from: ramAddress(0), to: PhysicalAddress(MemoryMap.flash), lineCount: 1) == nil)
  }

  /// A node that cannot defer signals: nothing is forwarded.
  @Test func whoCannotDeferForwardsNothing() throws {
    let memory = try ErrorNodeRow.memory.with(.feature, [(name: "DE", value: 0)])
    let bus = try Bus(
      ramSize: 64 << 20, coreCount: 1, codeCache: CodeCache(), gic: GIC(coreCount: 1),
      errorNodes: [.processor, memory])
    bus.plantPoison(ramAddress(0x1000), Poison(state: .deferred))
    #expect(bus.copyLines(from: ramAddress(0x1000), to: ramAddress(0x2000), lineCount: 1) == 0)
    #expect(states(bus) == [.recoverable, nil])
  }
}
