// EINJ as an operating system uses it: what each type becomes, and what is refused.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct ErrorInjectionTests {
  let board = ServiceBoard()

  /// Asks for an error; how it ended.
  func ask(
    _ type: UInt32, flags: UInt32 = 0, processor: UInt32 = 0, address: UInt64 = 0,
    mask: UInt64 = 0, _ monitor: inout Monitor<ServiceBoard>
  ) -> InjectionStatus? {
    let words = board.region.injection
    board.setWord(words, UInt64(type))
    board.setWord(words + 8, UInt64(processor) << 32 | UInt64(flags))
    board.setWord(words + 16, address)
    board.setWord(words + 24, mask)
    board.setWord(words + InjectionRegister.status, 99)
    board.ring(ServiceBell.injection, &monitor)
    #expect(board.ringing == 0)
    #expect(board.violations.isEmpty, "\(board.violations)")
    return InjectionStatus(rawValue: board.word(words + InjectionRegister.status))
  }

  @Test func eachTypeIsAnErrorOfItsOwn() {
    var monitor = board.monitor()
    #expect(
      board.word(board.region.injection + InjectionRegister.available)
        == UInt64(InjectionType.all))
    for (type, command, state) in [
      (0x01, 2, ErrorState.corrected), (0x02, 2, .restartable), (0x04, 2, .uncontainable),
      (0x08, 1, .corrected), (0x10, 1, .recoverable), (0x20, 1, .uncontainable),
    ] as [(UInt32, UInt32, ErrorState)] {
      board.injections = []
      #expect(ask(type, &monitor) == .success)
      #expect(board.injections.count == 1)
      #expect(board.injections[0].command == command)
      #expect(board.injections[0].state == ErrorInjectorRegister.value(state))
      // An error of memory that names no address is one of the firmware's own line.
      if command == 1 { #expect(board.injections[0].address == board.region.victim) }
    }
  }

  /// Asks for an error of EINJv2; how it ended.
  func ask(
    components: [(identifier: UInt64, syndrome: UInt64)], count: Int? = nil, type: UInt32,
    flags: UInt32 = 8, address: UInt64 = 0, mask: UInt64 = 0,
    _ monitor: inout Monitor<ServiceBoard>
  ) -> InjectionStatus? {
    var bytes = [UInt8](repeating: 0, count: 172)
    func put(_ value: UInt64, _ offset: Int, _ size: Int) {
      for index in 0..<size {
        bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
      }
    }
    put(UInt64(type), 0, 4)
    put(UInt64(flags), 8, 4)
    put(address, 16, 8)
    put(mask, 24, 8)
    put(UInt64(count ?? components.count), 42, 2)
    for (index, component) in components.enumerated() {
      put(component.identifier, 44 + index * 32, 8)
      put(component.syndrome, 60 + index * 32, 8)
    }
    board.setBytes(board.region.injection, bytes)
    return ring(&monitor)
  }

  func ring(_ monitor: inout Monitor<ServiceBoard>) -> InjectionStatus? {
    let status = board.region.injection + InjectionRegister.status
    board.setWord(status, 99)
    board.ring(ServiceBell.injection, &monitor)
    #expect(board.ringing == 0)
    #expect(board.violations.isEmpty, "\(board.violations)")
    return InjectionStatus(rawValue: board.word(status))
  }

  /// What firmware says in the structure, which an operating system writes back as it has read it.
  @Test func whatThereIsIsSaidAgainAfterEachInjection() throws {
    var monitor = board.monitor()
    let words = board.region.injection
    for _ in 0..<2 {
      #expect(board.word(words) == InjectionRegister.vendor << 32)
      #expect(board.word(words + 32) == 136 << 32)
      #expect(board.word(words + 40) == 1)
      // Length 16, no function of PCI, no vendor, revision 1.
      #expect(board.word(words + InjectionRegister.vendor) == 16)
      #expect(board.word(words + InjectionRegister.vendor + 8) == 0x1_0000_ffff)
      #expect(
        board.word(words + InjectionRegister.availableComponents)
          == UInt64(ComponentInjectionType.all))
      board.setBytes(words, [UInt8](repeating: 0xff, count: 0x100))
      #expect(ring(&monitor) == .invalidAccess)
    }
  }

  @Test func theVendorsTypesAreTheOtherStates() throws {
    var monitor = board.monitor()
    for (type, command, state) in [
      (0x02, 2, ErrorState.recoverable), (0x04, 2, .unrecoverable), (0x08, 1, .deferred),
      (0x10, 1, .restartable), (0x20, 1, .unrecoverable),
    ] as [(UInt32, UInt32, ErrorState)] {
      board.injections = []
      #expect(ask(type | 1 << 31, &monitor) == .success)
      #expect(board.injections.map(\.command) == [command])
      #expect(board.injections.map(\.state) == [ErrorInjectorRegister.value(state)])
    }
    board.injections = []
    for type in [0, 1, 0x40, 0x18] as [UInt32] {
      #expect(ask(type | 1 << 31, &monitor) == .invalidAccess)
    }
    // The same rules as for all others.
    #expect(
      ask(1 << 31 | 0x8, flags: 2, address: 0x7ffc_0000, mask: ~0xfff, &monitor)
        == .invalidAccess)
    #expect(ask(1 << 31 | 0x2, flags: 1, processor: 1, &monitor) == .invalidAccess)
    #expect(board.injections.isEmpty)
    #expect(
      ask(1 << 31 | 0x8, flags: 2, address: 0x5000_0000, mask: ~0xfff, &monitor) == .success)
    #expect(board.injections.map(\.address) == [0x5000_0000])
  }

  @Test func componentsHaveAnErrorEach() throws {
    var monitor = board.monitor()
    monitor.power.states[1] = .on
    for (syndrome, state, ofMemory) in [
      (1, ErrorState.corrected, ErrorState.corrected), (2, .restartable, .recoverable),
      (4, .uncontainable, .uncontainable),
    ] as [(UInt64, ErrorState, ErrorState)] {
      board.injections = []
      #expect(ask(components: [(1, syndrome), (0, syndrome)], type: 1, &monitor) == .success)
      #expect(board.injections.map(\.command) == [2, 2])
      #expect(board.injections.map(\.core) == [1, 0])
      #expect(board.injections.allSatisfy { $0.state == ErrorInjectorRegister.value(state) })
      board.injections = []
      #expect(
        ask(
          components: [(0, syndrome)], type: 2, flags: 0xa, address: 0x5000_0080, mask: ~0xfff,
          &monitor) == .success)
      #expect(board.injections.map(\.address) == [0x5000_0080])
      #expect(board.injections.map(\.state) == [ErrorInjectorRegister.value(ofMemory)])
      board.ring(ServiceBell.trigger, &monitor)
      #expect(board.readLines.last == 0x5000_0080)
    }
  }

  @Test func componentsThatAreNoneAreRefusedAllTogether() throws {
    var monitor = board.monitor()
    monitor.power.states[1] = .on
    for (components, type) in [
      ([], 1), ([(0, 0)], 1), ([(0, 3)], 1), ([(2, 1)], 1), ([(0, 1), (0, 1)], 1),
      ([(0, 1), (1, 8)], 1), ([(0, 1 << 32 | 1)], 1), ([(1 << 32, 1)], 1), ([(0, 1)], 4),
      ([(0, 1)], 3), ([(0, 1)], 0), ([(1, 1)], 2), ([(0, 1), (0, 1)], 2), ([], 2),
    ] as [([(UInt64, UInt64)], UInt32)] {
      #expect(
        ask(components: components.map { ($0.0, $0.1) }, type: type, &monitor)
          == .invalidAccess, "\(components) \(type)")
    }
    for count in [5, 0xffff] {
      #expect(ask(components: [(0, 1)], count: count, type: 1, &monitor) == .invalidAccess)
    }
    for flags in [9, 0xc, 0x18] as [UInt32] {
      #expect(ask(components: [(0, 1)], type: 1, flags: flags, &monitor) == .invalidAccess)
    }
    // A core that is off.
    monitor.power.states[1] = .off
    #expect(ask(components: [(0, 1), (1, 1)], type: 1, &monitor) == .invalidAccess)
    #expect(board.injections.isEmpty)
    // What was named before is not there the next time.
    #expect(ask(components: [], count: 1, type: 1, &monitor) == .invalidAccess)
    board.lostLines = [board.region.injection + 0x40]
    #expect(ask(components: [(0, 1)], type: 1, &monitor) == .failure)
    #expect(board.injections.isEmpty)
  }

  /// Where the records are the operating system's, EL3 leaves the one that its reading has made.
  @Test func theTriggerLeavesTheRecordToWhoeverOwnsIt() throws {
    var monitor = board.monitor()
    monitor.leavesErrorsBelow = true
    #expect(ask(0x10, flags: 2, address: 0x5000_0080, mask: ~0xfff, &monitor) == .success)
    board.ring(ServiceBell.trigger, &monitor)
    #expect(board.readLines == [0x5000_0080])
    #expect(monitor.errors.sequence == 0)
  }

  @Test func aTypeAloneIsAskedForByItsOwnRegister() {
    var monitor = board.monitor()
    board.setWord(board.region.injection + InjectionRegister.type, 0x10)
    board.ring(ServiceBell.injection, &monitor)
    #expect(board.injections.count == 1)
    // What was asked for is not asked for again.
    board.ring(ServiceBell.injection, &monitor)
    #expect(board.injections.count == 1)
    #expect(
      board.word(board.region.injection + InjectionRegister.status)
        == InjectionStatus.invalidAccess.rawValue)
  }

  @Test func theTriggerReadsTheLineOnce() {
    var monitor = board.monitor()
    let table = board.region.injection + InjectionRegister.triggerTable
    #expect(board.word(table + 8) == 16)  // size 16, no entry
    #expect(
      ask(0x10, flags: 2, address: 0x5000_0080, mask: ~0xfff, &monitor) == .success)
    #expect(board.word(table + 8) == 1 << 32 | 48)
    #expect(board.readLines.isEmpty)
    board.ring(ServiceBell.trigger, &monitor)
    #expect(board.readLines == [0x5000_0080])
    board.ring(ServiceBell.trigger, &monitor)
    #expect(board.readLines == [0x5000_0080])
    // An error of a core comes by itself.
    #expect(ask(0x02, &monitor) == .success)
    #expect(board.word(table + 8) == 16)
  }

  @Test func onlyMemoryOfTheOperatingSystemBecomesBad() {
    var monitor = board.monitor()
    for (address, mask) in [
      (0, ~0xfff), (0x0e00_0000, ~0xfff), (0x0b00_0000, ~0xfff), (0x3fff_f000, ~0xfff),
      (0x8000_0000, ~0xfff), (0x7ffc_0000, ~0xfff), (0x7ffb_f000, ~0x7_ffff), (0x7fff_f000, ~0xfff),
      (0x5000_0000, 0), (0x5000_0000, 0xfff), (0x5000_0000, ~0xff0), (.max, .max),
      (0x5000_0000, ~0x7fff_ffff), (1 << 63, ~0xfff),
    ] as [(UInt64, UInt64)] {
      #expect(
        ask(0x10, flags: 2, address: address, mask: mask, &monitor) == .invalidAccess,
        "\(address) \(mask)")
      #expect(
        ask(0x04, flags: 2, address: address, mask: mask, &monitor) == .invalidAccess)
    }
    #expect(board.injections.isEmpty)
    for (address, mask, line) in [
      (0x4000_0000, ~0xfff, 0x4000_0000), (0x7ffb_ffff, ~0xfff, 0x7ffb_ffc0),
      (0x5000_0047, .max, 0x5000_0040),
    ] as [(UInt64, UInt64, UInt64)] {
      board.injections = []
      #expect(ask(0x10, flags: 2, address: address, mask: mask, &monitor) == .success)
      #expect(board.injections.first?.address == line)
    }
  }

  @Test func whatIsNotKnownIsRefused() {
    var monitor = board.monitor()
    for type in [0, 0x03, 0x18, 0x40, 0x1000, 1 << 31, .max] as [UInt32] {
      #expect(ask(type, &monitor) == .invalidAccess)
    }
    for flags in [4, 1 << 31] as [UInt32] {
      #expect(ask(0x10, flags: flags, &monitor) == .invalidAccess)
    }
    // A processor with an error of memory, a core that is off, one that is not there.
    #expect(ask(0x10, flags: 1, &monitor) == .invalidAccess)
    #expect(ask(0x02, flags: 1, processor: 1, &monitor) == .invalidAccess)
    #expect(ask(0x02, flags: 1, processor: 2, &monitor) == .invalidAccess)
    #expect(ask(0x02, flags: 1, processor: .max, &monitor) == .invalidAccess)
    #expect(board.injections.isEmpty)
    #expect(
      ask(0x02, flags: 3, processor: 0, address: 0x5000_0000, mask: ~0xfff, &monitor) == .success)
    #expect(board.injections.first?.core == ErrorInjectorRegister.coreHasAddress)
  }

  @Test func aLostLineOfTheRegistersIsRefusedAndMended() {
    var monitor = board.monitor()
    board.lostLines = [board.region.injection]
    #expect(ring(&monitor) == .failure)
    #expect(board.lostLines.isEmpty)
    #expect(ask(0x10, &monitor) == .success)
  }
}
