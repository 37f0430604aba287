// A whole run of the VMM on a fake host: what it sets up, and what it makes of exits and signals.

import APEI
import Arm
import KVM
import Testing

@testable import VMM

@Suite struct VirtualMachineTests {
  let host = FakeKernel()
  let inbox: SignalInbox
  var options = Options()

  init() {
    inbox = SignalInbox(host.allocate(SignalInbox.size))
    host.files["/Image"] = kernelImage()
    options.kernel = Text("/Image")
    options.commandLine = Text("console=ttyAMA0")
    options.memorySize = 16 << 20
    host.registers[OneRegister.system(.vbarEL1).id] = 0x4020_0800
    host.registers[OneRegister.pstate.id] = 0
  }

  /// Runs a guest whose every KVM_RUN is a step: it writes kvm_run's exit and gives the result.
  func run(
    with options: Options? = nil, _ steps: [(VirtualMachine<FakeKernel>, HostBlock) -> Int64]
  ) throws -> (status: Int32, machine: VirtualMachine<FakeKernel>) {
    let machine = try VirtualMachine(host, options ?? self.options, inbox: inbox)
    var next = 0
    let run = { () -> Int64 in
      let place = machine.run(of: 0)
      guard next < steps.count else { return Self.systemEvent(place, .shutdown) }
      next += 1
      return steps[next - 1](machine, place)
    }
    host.run = { _ in run() }
    host.thread = { machine.runVCPU($0) }
    return (machine.run(), machine)
  }

  static func systemEvent(_ place: HostBlock, _ event: KVMSystemEvent) -> Int64 {
    place.store(KVMExitReason.systemEvent.rawValue, at: KVMRunLayout.exitReason)
    place.store(event.rawValue, at: KVMRunLayout.systemEventType)
    return 0
  }

  static func mmio(_ place: HostBlock, _ address: UInt64, _ value: UInt64?) -> Int64 {
    place.store(KVMExitReason.mmio.rawValue, at: KVMRunLayout.exitReason)
    place.store(address, at: KVMRunLayout.mmioAddress)
    place.store(4 as UInt32, at: KVMRunLayout.mmioLength)
    place.store(value == nil ? 0 : 1 as UInt8, at: KVMRunLayout.mmioIsWrite)
    place.store(value ?? 0, at: KVMRunLayout.mmioData)
    return 0
  }

  /// A SIGBUS on the vCPU's thread inside KVM_RUN.
  func signal(
    _ code: SignalCode, _ address: HostAddress?, _ leastBit: UInt16 = 12, isLoad: Bool = false,
    verdict: SignalInbox.Verdict = .continue
  ) -> Int64 {
    let information = host.allocate(128)
    information.store(UInt32(bitPattern: code.rawValue), at: 8)
    information.store(address ?? 0, at: 16)
    information.store(leastBit, at: 24)
    // The fake knows one thread; the main thread's record must not be found first.
    inbox.memory.store(0 as UInt32, at: 0)
    #expect(
      inbox.receive(host, signal: 7, information: information, isLoad: isLoad) == verdict)
    return -4
  }

  @Test func aGuestThatPowersOffEndsTheVMMWith0() throws {
    let (status, _) = try run([])
    #expect(status == 0)
    #expect(host.text(2) == "vmm: the guest powered off\n")
    #expect(host.registers[OneRegister.pc.id] == 0x4020_0000)
    #expect(host.registers[OneRegister.pstate.id] == 0x3C5)
    #expect(Set(host.closed).isSuperset(of: [11, 12, 100]))
  }

  @Test func aCrashIs2AndAResetBootsAgain() throws {
    #expect(try run([{ Self.systemEvent($1, .crash) }]).status == 2)
    var boots = 0
    let reset: (VirtualMachine<FakeKernel>, HostBlock) -> Int64 = {
      boots += 1
      return Self.systemEvent($1, .reset)
    }
    #expect(try run([reset, reset]).status == 0)
    #expect(boots == 2)
    #expect(host.requests.filter { $0 == KVMRequest.createVM.rawValue }.count == 4)
    var once = options
    once.stopsAtReset = true
    #expect(try run(with: once, [reset]).status == 0)
    #expect(boots == 3)
  }

  @Test func charactersLeaveByTheLineAndReadsSeeTheUART() throws {
    var flags: UInt64 = 0
    let (status, _) = try run([
      { Self.mmio($1, 0x0900_0000, 0x68) }, { Self.mmio($1, 0x0900_0000, 0x0A) },
      { Self.mmio($1, 0x0900_0018, nil) },
      {
        flags = $1.u64(at: KVMRunLayout.mmioData)
        return Self.mmio($1, 0x0A00_0000, nil)
      },
    ])
    #expect(status == 0 && host.text(1) == "h\n")
    #expect(flags == 0x97)
    #expect(host.text(2).contains("vmm: the guest accesses 0xa000000, where no device is"))
  }

  @Test func theGuestsClockIsTheHostsUntilTheGuestSetsIt() throws {
    host.seconds = 1_767_225_600
    var seen: [UInt64] = []
    func note(_ place: HostBlock) { seen.append(place.u64(at: KVMRunLayout.mmioData)) }
    let (status, _) = try run([
      { Self.mmio($1, 0x0901_0000, nil) },
      {
        note($1)
        return Self.mmio($1, 0x0901_0008, 1000)
      },
      {
        host.seconds += 5
        return Self.mmio($1, 0x0901_0000, nil)
      },
      {
        note($1)
        return Self.mmio($1, 0x0901_0FE0, nil)
      },
      {
        note($1)
        return Self.systemEvent($1, .shutdown)
      },
    ])
    #expect(status == 0 && seen == [1_767_225_600, 1005, 0x31])
    #expect(!host.text(2).contains("where no device is"))
  }

  @Test func anErrorThatTheGuestTouchedIsARecordAndAnAbort() throws {
    let (status, machine) = try run([
      { machine, _ in signal(.memoryErrorActionRequired, machine.hostAddress(0x4030_0000)) }
    ])
    #expect(status == 0)
    // With the MMU off and nothing known of the access: a data abort without an address.
    #expect(host.registers[OneRegister.system(.esrEL1).id] == 0x9600_0410)
    #expect(host.registers[OneRegister.pc.id] == 0x4020_0800 + 0x200)
    #expect(host.registers[OneRegister.elrEL1.id] == 0x4020_0000)
    #expect(host.registers[OneRegister.spsrEL1.id] == 0x3C5)
    let text = host.text(2)
    #expect(text.contains(" GPA 0x40300000 lsb 12\n"))
    #expect(text.contains("vmm: record for GPA 0x40300000 written to error source 0\n"))
    #expect(text.contains("vmm: SEA into vCPU 0 ESR_EL1 0x96000410"))
    #expect(machine.isLost(0x4030_0FFF) && !machine.isLost(0x4030_1000))
  }

  @Test func anErrorThatNobodyTouchedIsARecordAndTheInterrupt() throws {
    _ = try run([
      { machine, _ in signal(.memoryErrorActionOptional, machine.hostAddress(0x4030_0000)) },
      { machine, _ in
        for _ in 0..<10 { machine.tick() }
        return -4
      },
    ])
    #expect(host.text(2).contains("vmm: record for GPA 0x40300000 written to error source 1\n"))
    let edge = host.lines.filter { $0.line == KVMInterruptLine.spi(41).rawValue }
    #expect(edge.map(\.level) == [1, 0])
    #expect(host.registers[OneRegister.system(.esrEL1).id] == nil)
  }

  @Test func anErrorThatIsTouchedRightAfterItWasNoticedIsToldOnce() throws {
    _ = try run([
      { machine, _ in signal(.memoryErrorActionOptional, machine.hostAddress(0x4030_0000)) },
      { machine, _ in signal(.memoryErrorActionRequired, machine.hostAddress(0x4030_0000)) },
      { machine, _ in
        for _ in 0..<10 { machine.tick() }
        return -4
      },
    ])
    #expect(host.text(2).contains("written to error source 0"))
    #expect(!host.text(2).contains("written to error source 1"))
    #expect(host.lines.isEmpty)
  }

  @Test func aResetReplacesWhatWasLost() throws {
    let (status, machine) = try run([
      { machine, _ in signal(.memoryErrorActionRequired, machine.hostAddress(0x4030_0000)) },
      { Self.systemEvent($1, .reset) },
    ])
    #expect(status == 0 && !machine.isLost(0x4030_0000))
    #expect(host.replaced.count == 1)
    #expect(host.replaced[0].address == machine.hostAddress(0x4030_0000))
    #expect(host.text(2).contains("vmm: the guest resets, 4 KiB of lost memory replaced\n"))
  }

  @Test func anErrorInTheVMMsOwnMemoryEndsIt() throws {
    // Returning to it would meet it again, for ever.
    _ = try run([{ _, _ in signal(.memoryErrorActionRequired, 0x1000, verdict: .die) }])
    #expect(!host.text(2).contains("SEA into"))
  }

  @Test func aLoadOfTheVMMsThatMeetsGuestMemoryTellsTheGuestAndGoesOn() throws {
    // The page of the instruction that the VMM looks at is lost too, and nobody knows yet.
    var registers = host.registers
    registers[OneRegister.pstate.id] = 0x3C5
    host.registers = registers
    let (status, _) = try run([
      { machine, _ in
        host.bad = [machine.hostAddress(0x4020_0000) ?? 0]
        host.onBadLoad = {
          _ = signal(.memoryErrorActionRequired, $0, isLoad: true, verdict: .failLoad)
        }
        return signal(.memoryErrorActionRequired, machine.hostAddress(0x4030_0000))
      },
      { machine, _ in
        // Without an address a load fails all the same, and there is nothing to tell.
        _ = signal(.kernel, 0, isLoad: true, verdict: .failLoad)
        #expect(machine.inbox.take(0) == nil)
        for _ in 0..<10 { machine.tick() }
        return -4
      },
    ])
    #expect(status == 0)
    let text = host.text(2)
    #expect(text.contains("vmm: record for GPA 0x40300000 written to error source 0\n"))
    #expect(text.contains("vmm: SIGBUS BUS_MCEERR_AO HVA"))
    #expect(text.contains("vmm: record for GPA 0x40200000 written to error source 1\n"))
    // An access of another kind, or outside of guest memory, is as deadly as ever.
    #expect(signal(.memoryErrorActionRequired, 0x1000, isLoad: true, verdict: .die) == -4)
  }

  @Test func aHostThatTellsTheCallerOfMADV_HWPOISONDoesNotEndTheVMM() throws {
    var chosen = options
    chosen.poisonMark = Text("at ")
    host.advise = { address, _ in
      _ = signal(.memoryErrorActionRequired, address)
      return 0
    }
    let (status, _) = try run(
      with: chosen,
      Array("at 40300000\n".utf8).map { byte in
        { Self.mmio($1, 0x0900_0000, UInt64(byte)) }
      } + [
        { machine, _ in
          for _ in 0..<10 { machine.tick() }
          return -4
        }
      ])
    #expect(status == 0)
    #expect(host.text(2).contains("vmm: record for GPA 0x40300000 written to error source 1\n"))
    #expect(!host.text(2).contains("SEA into"))
  }

  @Test func anAccessThatCannotBeEmulatedIsTheGuestsAbort() throws {
    host.capabilities.insert(KVMCapability.armNISVToUser.rawValue)
    let (status, _) = try run([
      {
        $1.store(KVMExitReason.armNISV.rawValue, at: KVMRunLayout.exitReason)
        $1.store(0x0900_0000 as UInt64, at: KVMRunLayout.nisvAddress)
        return 0
      }
    ])
    #expect(status == 0 && host.requests.contains(KVMRequest.enableCapability.rawValue))
    #expect(host.registers[OneRegister.system(.esrEL1).id] == 0x9600_0410)
    #expect(host.text(2).contains("0x9000000 by an instruction that cannot be emulated"))
  }

  @Test func aGuestThatLostItsVectorsIsEndedAndNotToldForEver() throws {
    host.registers[OneRegister.system(.vbarEL1).id] = 0x4030_0000
    var count = 0
    let lose: (VirtualMachine<FakeKernel>, HostBlock) -> Int64 = { machine, _ in
      count += 1
      return signal(.memoryErrorActionRequired, machine.hostAddress(0x4030_0000))
    }
    // With the MMU off the vector's fetch is what the next access is.
    #expect(try run([lose, lose, lose]).status == 2)
    #expect(count == 2 && host.registers[OneRegister.pc.id] == 0x4030_0200)
    #expect(host.text(2).contains("exception vectors are lost"))
  }

  @Test func aLargePageOfWhichNobodyKnowsTheTouchedPartIsToldWhole() throws {
    _ = try run([
      { machine, _ in signal(.memoryErrorActionOptional, machine.hostAddress(0x4040_0000), 21) },
      { machine, _ in
        for _ in 0..<10 { machine.tick() }
        let place = GuestPhysicalAddress(machine.table.region.block(1))
        let block = machine.memory.block(at: place, count: 4096)
        #expect(block?.u32(at: 20 + 72 + 16) == 0x4040_0000)
        #expect(block?.u32(at: 20 + 72 + 24) == ~0x1F_FFFF)
        return -4
      },
    ])
    #expect(host.text(2).contains("record for GPA 0x40400000 written to error source 1"))
  }

  @Test func aFailureOfANamedGuestHasItsName() throws {
    var chosen = options
    chosen.name = Text("a")
    #expect(try run(with: chosen, [{ _, _ in -14 }]).status == 1)
    #expect(host.text(2).contains("a| vmm: KVM_RUN: EFAULT\n"))
  }

  @Test func anotherProcessesErrorIsSaidAndNothingElse() throws {
    let (status, _) = try run([{ _, _ in signal(.memoryErrorActionOptional, 0x1000) }])
    #expect(status == 0)
    #expect(host.text(2).contains("BUS_MCEERR_AO HVA 0x1000, not guest memory"))
    #expect(host.lines.isEmpty)
  }

  @Test func anErrorWithoutAnAddressIsAVirtualSError() throws {
    host.capabilities.insert(KVMCapability.armInjectSErrorESR.rawValue)
    var chosen = options
    chosen.serrorSyndrome = 0x411
    #expect(try run(with: chosen, [{ _, _ in signal(.kernel, 0) }]).status == 0)
    #expect(host.events.count == 1)
    #expect(host.events[0] == (1, 1, 0x411))
    #expect(host.text(2).contains("vmm: virtual SError into vCPU 0 ISS 0x411\n"))
  }

  @Test func theHandlerRunsOnAStackOfItsOwnInEveryThread() throws {
    var chosen = options
    chosen.cpuCount = 3
    _ = try run(with: chosen, [])
    let stacks = host.signalStacks
    #expect(stacks.count == 4 && Set(stacks).count == 4)
    for (one, other) in zip(stacks, stacks.dropFirst()) {
      #expect(other - one >= SignalInbox.stackSize)
    }
    #expect(!host.signalFlags.isEmpty)
    #expect(
      host.signalFlags.allSatisfy {
        SignalActionFlags(rawValue: $0).isSuperset(of: [.onStack, .information, .restorer])
      })
  }

  @Test func theSErrorGoesTheWayTheHostHas() throws {
    _ = try run([{ _, _ in signal(.kernel, 0) }])
    #expect(host.events.count == 1 && host.events[0] == (1, 0, 0))
    host.capabilities.insert(KVMCapability.armSetSErrorESR.rawValue)
    _ = try run([{ _, _ in signal(.kernel, 0) }])
    #expect(host.events.count == 1 && host.ownCalls == [0x100_0000])
  }

  @Test func anAbortThatTheHostDoesNotClaimBecomesTheGuests() throws {
    host.capabilities.insert(KVMCapability.armSEAToUser.rawValue)
    var chosen = options
    chosen.takesUnclaimedAborts = true
    func abort(_ place: HostBlock, flags: UInt64) -> Int64 {
      place.store(KVMExitReason.armSEA.rawValue, at: KVMRunLayout.exitReason)
      place.store(flags, at: KVMRunLayout.seaFlags)
      place.store(0x9200_0010 as UInt64, at: KVMRunLayout.seaSyndrome)
      place.store(0x7777 as UInt64, at: KVMRunLayout.seaVirtualAddress)
      place.store(0x4030_0000 as UInt64, at: KVMRunLayout.seaPhysicalAddress)
      return 0
    }
    #expect(try run(with: chosen, [{ abort($1, flags: 1) }]).status == 0)
    #expect(host.registers[OneRegister.system(.esrEL1).id] == 0x9600_0010)
    #expect(host.registers[OneRegister.system(.farEL1).id] == 0x7777)
    #expect(host.events.isEmpty)
    #expect(try run(with: chosen, [{ abort($1, flags: 0) }]).status == 0)
    #expect(host.events.count == 1)
    host.capabilities.remove(KVMCapability.armSEAToUser.rawValue)
    #expect(try run(with: chosen, []).status == 0)
    #expect(host.text(2).contains("vmm: the host's KVM lacks KVM_CAP_ARM_SEA_TO_USER"))
  }

  /// KVM_EXIT_ARM_SERROR on a host that has it; one that has not is told from it.
  @Test func anSErrorThatNobodyCanPlaceIsAnsweredAsTheUserChose() throws {
    host.capabilities = [
      102, KVMCapability.armSErrorToUser.rawValue, KVMCapability.armSetSErrorESR.rawValue,
    ]
    var chosen = options
    chosen.serrorSyndrome = 0x811
    func error(_ run: HostBlock, flags: UInt64 = 0) -> Int64 {
      run.store(KVMExitReason.armSError.rawValue, at: KVMRunLayout.exitReason)
      run.store(flags, at: KVMRunLayout.serrorFlags)
      run.store(0xBE00_0C11 as UInt64, at: KVMRunLayout.serrorSyndrome)
      return 0
    }
    #expect(try run(with: chosen, [{ error($1) }]).status == 0)
    #expect(host.ownCalls == [0x811])
    #expect(host.enabled == [KVMCapability.armSErrorToUser.rawValue])
    // One that the guest does not take ends it.
    #expect(
      try run(with: chosen, [{ error($1) }, { error($1, flags: KVMRunLayout.serrorNotTaken) }])
        .status == 2)
    #expect(host.text(2).contains("vmm: the guest does not take its virtual SError"))
    // Nor is one told for ever that it can restart.
    let endless: [(VirtualMachine<FakeKernel>, HostBlock) -> Int64] = Array(
      repeating: { error($1) }, count: 100)
    host.ownCalls = []
    #expect(try run(with: chosen, endless).status == 2)
    #expect(host.ownCalls.count == RepeatedError.limit)
    #expect(host.text(2).contains("vmm: the guest meets the same error again and again"))
    host.enabled = []
    chosen.leavesErrorsToHost = true
    #expect(try run(with: chosen, []).status == 0)
    #expect(host.enabled == [])
    chosen.leavesErrorsToHost = false
    host.capabilities = [102]
    #expect(try run(with: chosen, []).status == 0)
    #expect(host.enabled == [])
    #expect(host.text(2).contains("does not ask about SErrors"))
  }

  /// Its own error path is lost: the abort leads to the next.
  @Test func aGuestThatGetsNowhereBetweenItsErrorsIsEnded() throws {
    let lose: (VirtualMachine<FakeKernel>, HostBlock) -> Int64 = { machine, _ in
      host.registers[OneRegister.pc.id] = 0x4025_0000
      return signal(.memoryErrorActionRequired, machine.hostAddress(0x4025_0000))
    }
    #expect(try run(Array(repeating: lose, count: 200)).status == 2)
    #expect(host.text(2).contains("vmm: the guest meets the same error again and again"))
  }

  @Test func whatTheHostRefusesIsNamed() throws {
    host.files = [:]
    #expect(try run([]).status == 1)
    #expect(host.text(2) == "vmm: /Image: ENOENT\n")
    host.files["/Image"] = [UInt8](repeating: 0, count: 4096)
    #expect(try run([]).status == 1)
    #expect(host.text(2).contains("vmm: the kernel '/Image' is not an arm64 Image\n"))
    host.files["/Image"] = kernelImage()
    #expect(try run([{ _, _ in -14 }]).status == 1)
    #expect(host.text(2).contains("vmm: KVM_RUN: EFAULT\n"))
  }

  @Test func anAccessOfTheVMMsOwnThatMeetsAnErrorIsFatal() throws {
    let information = host.allocate(128)
    information.store(4 as UInt32, at: 8)
    #expect(inbox.receive(host, signal: 7, information: information) == .die)
    // What nobody has touched is not, on whatever thread.
    information.store(5 as UInt32, at: 8)
    #expect(inbox.receive(host, signal: 7, information: information) == .continue)
    // kill(2) is no hardware error, but as deadly.
    inbox.memory.store(77 as UInt32, at: 0)
    information.store(0 as UInt32, at: 8)
    #expect(inbox.receive(host, signal: 7, information: information) == .die)
  }
}
