// Delegated exceptions through a whole VMM on a fake host: calls that the host hands up, handlers that vCPUs
// enter and leave.

import APEI
import Arm
import KVM
import Testing

@testable import VMM

@Suite struct GuestEventDelivery {
  typealias Machine = VirtualMachine<FakeKernel>
  typealias Step = (Machine, HostBlock) -> Int64

  let rig = VirtualMachineTests()
  var host: FakeKernel { rig.host }
  var options = Options()

  init() {
    options = rig.options
    options.events = .sdei
  }

  func set(_ register: OneRegister, _ value: UInt64) { host.registers[register.id] = value }
  func get(_ register: OneRegister) -> UInt64 { host.registers[register.id] ?? 0 }

  /// KVM_EXIT_HYPERCALL for a call of the guest's.
  func call(_ function: UInt32, _ x: UInt64..., flags: UInt64 = 0) -> Step {
    { _, place in
      for (index, value) in x.enumerated() { self.set(.x(UInt64(index + 1)), value) }
      place.store(KVMExitReason.hypercall.rawValue, at: KVMRunLayout.exitReason)
      place.store(UInt64(function), at: KVMRunLayout.hypercallNumber)
      place.store(flags, at: KVMRunLayout.hypercallFlags)
      return 0
    }
  }

  /// What a guest does that wants to be told: its handler is at 0x40300000.
  var registers: [Step] {
    [
      call(SDEI.Function.eventRegister.rawValue, 800, 0x4030_0000, 7, 0, 0),
      call(SDEI.Function.eventEnable.rawValue, 800),
      call(SDEI.Function.peUnmask.rawValue),
    ]
  }

  /// The host finds a page of the guest's bad, and the VMM's patience ends.
  var noticed: [Step] {
    [
      { machine, _ in
        _ = self.rig.signal(.memoryErrorActionOptional, machine.hostAddress(0x4038_0000))
        return -4
      },
      { machine, _ in
        for index in 0..<31 { self.set(.x(UInt64(index)), 0x100 + UInt64(index)) }
        self.set(.pc, 0x4021_0000)
        self.set(.pstate, 0x8000_0000)
        self.set(.elrEL1, 0x77)
        for _ in 0..<10 { machine.tick() }
        return -4
      },
    ]
  }

  @Test func anErrorThatNobodyTouchedEntersTheGuestsHandler() throws {
    let complete = call(SDEI.Function.eventComplete.rawValue, 0)
    let (status, machine) = try rig.run(
      with: options,
      registers + noticed + [
        { machine, place in
          #expect(self.get(.pc) == 0x4030_0000 && self.get(.pstate) == 0x8040_03C5)
          #expect(self.get(.x(0)) == 800 && self.get(.x(1)) == 7)
          #expect(self.get(.x(2)) == 0x4021_0000 && self.get(.x(3)) == 0x8000_0000)
          #expect(self.get(.x(4)) == 0x104 && self.get(.elrEL1) == 0x77)
          for index in 0..<18 { self.set(.x(UInt64(index)), 0) }
          return complete(machine, place)
        },
        { _, _ in
          #expect(self.get(.pc) == 0x4021_0000 && self.get(.pstate) == 0x8000_0000)
          for index in 0..<31 as Range<UInt64> { #expect(self.get(.x(index)) == 0x100 + index) }
          #expect(self.get(.elrEL1) == 0x77)
          return -4
        },
      ])
    #expect(status == 0 && host.lines.isEmpty)
    #expect(host.text(2).contains("vmm: record for GPA 0x40380000 written to error source 1\n"))
    #expect(host.text(2).contains("vmm: SDEI event raised\n"))
    #expect(host.text(2).contains("vmm: SDEI event 800 into vCPU 0\n"))
    let sources = machine.table.region.sources
    #expect(sources.notification(of: sources.events).kind == .sdei)
    #expect(sources.notification(of: sources.events).vector == 800)
    #expect(
      host.filters == [[0x20, 0, 0, 0xC4, 0x20, 0, 0, 0, 2] + [UInt8](repeating: 0, count: 15)])
  }

  @Test func aHandlerCanHaveItsGuestGoOnElsewhere() throws {
    _ = try rig.run(
      with: options,
      registers + noticed + [
        call(SDEI.Function.eventCompleteAndResume.rawValue, 0x4031_0000),
        { _, _ in
          #expect(self.get(.pc) == 0x4031_0000 && self.get(.pstate) == 0x8040_03C5)
          #expect(self.get(.elrEL1) == 0x4021_0000 && self.get(.spsrEL1) == 0x8000_0000)
          #expect(self.get(.x(0)) == 0x100)
          return -4
        },
      ])
  }

  /// PAN is set on the way in unless SCTLR_EL1.SPAN says otherwise. Arm ARM D1.4.2.
  @Test func theHandlersPSTATEIsThatOfAnException() throws {
    for (sctlr, pstate) in [(0, 0x8040_03C5), (1 << 23, 0x8000_03C5)] as [(UInt64, UInt64)] {
      set(.system(.sctlrEL1), sctlr)
      var seen: UInt64 = 0
      _ = try rig.run(
        with: options,
        registers + noticed + [
          { _, _ in
            seen = self.get(.pstate)
            return -4
          }
        ])
      #expect(seen == pstate)
    }
  }

  /// The host finishes an access of a device at the next KVM_RUN, in the registers as they are then.
  @Test func anOpenAccessIsFinishedBeforeAHandlerIsEntered() throws {
    var exits: [(pc: UInt64, isImmediate: Bool)] = []
    let note: Step = { _, place in
      exits.append((self.get(.pc), place.u8(at: KVMRunLayout.immediateExit) != 0))
      return -4
    }
    let read: Step = { machine, place in
      self.set(.pc, 0x4021_0000)
      for _ in 0..<10 { machine.tick() }
      return VirtualMachineTests.mmio(place, 0x0900_0018, nil)
    }
    _ = try rig.run(with: options, registers + [noticed[0], read, note, note])
    #expect(exits.map(\.pc) == [0x4021_0000, 0x4030_0000])
    #expect(exits.map(\.isImmediate) == [true, false])
  }

  /// KVM answers PSCI: that a vCPU is off is seen when an event is for it.
  @Test func aVCPUThatIsOffTakesNoEvent() throws {
    var pc: UInt64 = 0
    let (_, machine) = try rig.run(
      with: options,
      registers + noticed.dropLast() + [
        { machine, place in
          self.host.isStopped = true
          return self.noticed[1](machine, place)
        },
        { _, _ in
          pc = self.get(.pc)
          return -4
        },
      ])
    #expect(pc == 0x4021_0000 && machine.events.isMasked(0))
    #expect(machine.events.isPending(.errors, 0))
    #expect(!host.text(2).contains("into vCPU"))
  }

  /// A vCPU that is turned off in its handler will not end it: the next event does not wait for that.
  @Test func aHandlerOfAVCPUThatIsOffIsOver() throws {
    let (_, machine) = try rig.run(
      with: options,
      registers + noticed + [
        { machine, _ in
          #expect(machine.events.running(0) == .errors)
          machine.raiseErrorEvent()
          return -4
        },
        { machine, _ in
          // It runs on: its handler may still end.
          #expect(machine.events.running(0) == .errors)
          self.host.isStopped = true
          return -4
        },
        { _, _ in -4 },
      ])
    #expect(machine.events.running(0) == nil && machine.events.isMasked(0))
    #expect(machine.events.isPending(.errors, 0))
    #expect(!machine.events.status(.errors, 0).isSet(SDEI.Status.running))
  }

  @Test func theNextVCPUIsToldWhereOneIsMasked() throws {
    var chosen = options
    chosen.cpuCount = 2
    let machine = try Machine(host, chosen, inbox: rig.inbox)
    for core in 0..<2 {
      rig.inbox.claim(core, threadID: 70 + Int64(core), run: .none, doorbell: -1)
      _ = machine.events.call(SDEI.Function.peUnmask.rawValue, InlineArray(repeating: 0), core)
    }
    var x = InlineArray<6, UInt64>(repeating: 0)
    x[1] = 800
    x[2] = 0x4030_0000
    _ = machine.events.call(SDEI.Function.eventRegister.rawValue, x, 1)
    _ = machine.events.call(SDEI.Function.eventEnable.rawValue, x, 1)
    machine.raiseErrorEvent()
    #expect(host.kicks == [70])
    // Nobody is kicked for what the caller takes itself.
    machine.offerEvents(except: 0)
    #expect(host.kicks == [70])
    _ = machine.events.call(SDEI.Function.peMask.rawValue, x, 0)
    machine.offerEvents(except: 0)
    #expect(host.kicks == [70, 71])
  }

  @Test func aHostWithoutTheFilterIsNamed() throws {
    host.lacksCallFilter = true
    #expect(try rig.run(with: options, []).status == 1)
    #expect(
      host.text(2)
        == "vmm: the host's KVM lacks KVM_ARM_VM_SMCCC_FILTER (Linux 6.4), which --events sdei needs\n"
    )
    // Nobody asks for it otherwise.
    #expect(try rig.run([]).status == 0)
    #expect(host.filters.isEmpty)
  }

  @Test func whatIsNoCallOfTheInterfaceIsNotSupported() throws {
    var answers: [UInt64] = []
    let note: Step = { _, _ in
      answers.append(self.get(.x(0)))
      return -4
    }
    let version = SDEI.Function.version.rawValue
    _ = try rig.run(
      with: options,
      [
        call(version), note, call(version, flags: KVMRunLayout.hypercallBySMC), note,
        call(0xC400_0033), note, call(0x8400_0020), note,
      ])
    #expect(answers == [0x0001_0001_0000_0000, .max, .max, .max])
    #expect(try rig.run([call(version), note]).status == 0)
    #expect(answers.last == .max)
  }

  @Test func aResetForgetsWhatWasRegistered() throws {
    let (status, machine) = try rig.run(
      with: options, registers + [{ VirtualMachineTests.systemEvent($1, .reset) }] + noticed)
    #expect(status == 0 && machine.events.isMasked(0) && host.filters.count == 2)
    #expect(machine.events.status(.errors, 0).rawValue == 0)
    #expect(!host.text(2).contains("into vCPU"))
  }

  /// Nothing that a guest hands up does more than answer it: no handler is entered but at an address that it
  /// gave, which an instruction can be at.
  @Test func hostileArgumentsAreAnswered() throws {
    var seed: UInt64 = 7
    func next() -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed >> 17
    }
    let values: [UInt64] = [
      0, 1, 2, 3, 4, 5, 17, 18, 31, 40, 800, 801, 0x1_0000_0320, 0x4030_0000, 0x4030_0002, 1 << 31,
      1 << 32, 1 << 63, .max, .max - 3,
    ]
    var steps: [Step] = []
    for _ in 0..<4000 {
      let function = UInt32(0xC400_0020 + next() % 0x20)
      var x: [UInt64] = []
      let good: [UInt64] = [800, 0x4030_0000, 7, 0, 0]
      let isGood = next() % 2 == 0
      for index in 0..<5 {
        x.append(isGood ? good[index] : values[Int(next() % UInt64(values.count))])
      }
      let flags = next() % 16 == 0 ? next() : 0
      let isTold = next() % 8 == 0
      steps.append { machine, place in
        #expect(self.get(.pc) & 3 == 0)
        if isTold { machine.raiseErrorEvent() }
        return self.call(function, x[0], x[1], x[2], x[3], x[4], flags: flags)(machine, place)
      }
    }
    #expect(try rig.run(with: options, steps).status == 0)
    #expect(host.text(2).contains("into vCPU 0"))
  }
}
