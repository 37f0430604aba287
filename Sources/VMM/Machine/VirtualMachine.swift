// One guest at a time, booted again for every reset: a VM of its own each time, so that nothing of
// the last run is left in vCPUs and interrupt controller, over the same guest memory.
//
// Threads: the main one waits for console input, the doorbell and the end; each vCPU has one, which
// runs the guest and does what its exits ask, under the VMM's lock.

import APEI
import Arm
import Boot
import KVM
import Platform
import Text

/// How a run of the guest ended.
public enum RunOutcome: Equatable, Sendable {
  /// PSCI SYSTEM_OFF.
  case powerOff
  /// PSCI SYSTEM_RESET.
  case reset
  /// The guest crashed, as it says itself.
  case crash
  /// The user ended it at the console.
  case quit
  /// The host or the VMM failed; it has been said.
  case failed
}

/// The VMM.
public final class VirtualMachine<Host: HostKernel> {
  let host: Host
  let options: Options
  let inbox: SignalInbox
  var memory: GuestMemory
  var table: GuestErrorTable
  var boot: GuestBoot
  /// What the guest has registered for events; nothing without --events sdei.
  var events: GuestEvents
  var uart = PL011()
  var uartLevel = false
  /// The guest's clock; it runs on through resets.
  var clock = PL031()
  var console: Console
  var doorbell = Doorbell(descriptor: -1)
  /// The handler's stacks, one for each thread, the main one's first.
  var signalStacks = HostBlock.none
  /// Lost pages that the host has told of and no vCPU has touched, until the guest is told.
  var noticed: [GuestRange] = []
  /// Ticks until then.
  var noticedTicks = 0
  /// The log of the host's kernel, with --corrected-errors where nothing else tells; -1 for none.
  var hostLogDescriptor: Int64 = -1
  /// Memory for what is read of it.
  var hostLog = HostBlock.none
  /// What it has said so far.
  var hostLines = HostLog()
  /// How often the guest is told of corrected errors.
  var correctedRate = CorrectedRate()
  /// /dev/kmsg was opened, or could not be.
  var hasTriedHostLog = false
  /// It has been said that frames are not told.
  var hasSaidNoFrames = false
  /// What each vCPU met last.
  var lastErrors = InlineArray<8, RepeatedError>(repeating: RepeatedError())
  /// Why the guest is to stop; nil while it runs.
  var outcome: RunOutcome?
  var vcpus = InlineArray<8, VirtualCPU>(repeating: VirtualCPU())
  var kvm: Int64 = -1
  var machine: Int64 = -1
  var interruptController: Int64 = -1
  /// Bytes of a kvm_run mapping.
  var runSize: UInt64 = 4096
  /// A page for the structures of ioctls.
  let scratch: HostBlock
  var serrorInjection = SErrorInjection.events
  /// Whether console input is escaped, and whether an escape was typed.
  var isTerminal = false
  var isEscaped = false
  /// A device access outside of all devices has been said.
  var hasSaidStrayAccess = false
  /// A device access that cannot be emulated has been said.
  var hasSaidRefusedAccess = false

  /// A VMM whose options have been read.
  ///
  /// `inbox` is where the signal handler puts its notes.
  public init(_ host: Host, _ options: Options, inbox: SignalInbox) throws(Failure) {
    self.host = host
    self.options = options
    self.inbox = inbox
    console = Console(name: options.name)
    memory = try GuestMemory.map(
      host, size: options.memorySize, usesHugePages: options.usesHugePages)
    inbox.setMemory(memory.hostBase, size: memory.ram.size)
    boot = GuestBoot(
      entry: GuestPhysicalAddress(0), deviceTree: GuestPhysicalAddress(0),
      errors: ErrorRegion(base: 0, sources: .guest(coreCount: options.cpuCount)))
    events = GuestEvents(coreCount: options.cpuCount)
    table = GuestErrorTable(region: boot.errors)
    let (page, error) = host.map(4096)
    guard error == 0 else { throw .refused("memory", error) }
    scratch = page
  }

  /// Boots the guest until it ends; the VMM's exit status.
  public func run() -> Int32 {
    do {
      try openHost()
      if options.saysAddresses { sayAddresses() }
      while true {
        let outcome = try runOnce()
        switch outcome {
        case .powerOff:
          say("the guest powered off")
          return 0
        case .quit: return 0
        case .crash:
          console.say(host, Message(.guestCrashed))
          return 2
        case .failed: return 1
        case .reset:
          if options.stopsAtReset {
            say("the guest reset")
            return 0
          }
          let count = try memory.replaceLost(host)
          var message = Message("vmm: the guest resets")
          if count > 0 {
            message.add(", ")
            message.add(decimal: count >> 10)
            message.add(" KiB of lost memory replaced")
          }
          message.add("\n")
          console.say(host, message)
        }
      }
    } catch {
      explain(error)
      return 1
    }
  }

  private func explain(_ failure: Failure) {
    console.flush(host)
    console.say(host, failure.message)
  }

  /// One boot of the guest.
  private func runOnce() throws(Failure) -> RunOutcome {
    outcome = nil
    noticed = []
    lastErrors = InlineArray(repeating: RepeatedError())
    uart = PL011()
    uartLevel = false
    events = GuestEvents(coreCount: options.cpuCount)
    boot = try GuestBoot.load(host, options, memory)
    table = GuestErrorTable(region: boot.errors)
    try createMachine()
    defer { destroyMachine() }
    for index in 0..<options.cpuCount {
      let result = host.startThread(vcpu: index)
      guard result >= 0 else {
        end(.failed)
        for started in 0..<index { host.joinThread(vcpu: started) }
        throw .refused("a thread for a vCPU", result)
      }
    }
    serve()
    for index in 0..<options.cpuCount { host.joinThread(vcpu: index) }
    console.flush(host)
    return outcome ?? .failed
  }

  /// A vCPU's kvm_run; none when it is not mapped.
  public func run(of vcpu: Int) -> HostBlock { vcpus[vcpu].run }

  /// Where a guest physical address is in this process; nil when it is not RAM.
  public func hostAddress(_ guest: GuestPhysicalAddress) -> HostAddress? {
    memory.hostAddress(of: guest, count: 1)
  }

  /// Whether a byte of guest memory is lost.
  public func isLost(_ guest: GuestPhysicalAddress) -> Bool { memory.isLost(guest) }

  /// Says something on standard error.
  func say(_ text: StaticString) {
    var message = Message(Sentence.vmm.form)
    message.add(text)
    message.add("\n")
    console.say(host, message)
  }

  /// --addresses.
  private func sayAddresses() {
    var message = Message("vmm: guest RAM at HVA ")
    message.add(hex: memory.hostBase.rawValue)
    message.add(", own state at HVA ")
    let own = unsafe HostAddress(
      UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())))
    message.add(hex: own.rawValue)
    message.add(" physical ")
    if let physical = physicalAddress(of: own) {
      message.add(hex: physical.rawValue)
    } else {
      message.add("unknown")
    }
    message.add("\n")
    console.say(host, message)
  }

  /// Where a byte of this process is; nil without the right to know.
  private func physicalAddress(of address: HostAddress) -> PhysicalAddress? {
    let map = PageMap(host)
    guard map.descriptor >= 0 else { return nil }
    defer { map.close(host) }
    let word = scratch.part(at: 0, byteCount: 8)
    guard map.read(host, from: address, into: word) == 8,
      let frame = PageMap.frame(word.u64(at: 0))
    else { return nil }
    return PhysicalAddress(frame * 4096 + address.rawValue % 4096)
  }

  /// Stops the guest for a reason, unless it stops already: every vCPU leaves KVM_RUN, and the main
  /// thread wakes.
  func end(_ reason: RunOutcome) {
    guard outcome == nil else { return }
    outcome = reason
    for index in 0..<options.cpuCount { kick(index) }
    doorbell.ring(host)
  }

  /// Has a vCPU leave KVM_RUN.
  func kick(_ index: Int) {
    let run = vcpus[index].run
    if !run.isEmpty { run.store(1 as UInt8, at: KVMRunLayout.immediateExit) }
    let thread = inbox.threadID(index)
    guard thread != 0 else { return }
    _ = host.call(
      .threadGroupKill, UInt64(bitPattern: host.call(.getProcessID)), UInt64(thread),
      Signal.user1.rawValue)
  }

  /// Ends the guest because the host refused something.
  func fail(_ failure: Failure) {
    explain(failure)
    end(.failed)
  }

  /// Puts a level on a shared interrupt's line.
  func setLine(_ intid: UInt32, _ level: Bool) {
    scratch.store(KVMInterruptLine.spi(intid).rawValue, at: KVMIRQLevelLayout.irq)
    scratch.store(level ? 1 : 0 as UInt32, at: KVMIRQLevelLayout.level)
    let result = host.ioctl(machine, .irqLine, scratch)
    if result < 0 { fail(.refused("KVM_IRQ_LINE", result)) }
  }

  /// Puts the UART's interrupt on its line, if it changed.
  func updateUARTLine() {
    guard uart.interruptLine != uartLevel else { return }
    uartLevel.toggle()
    setLine(Interrupt.uart0, uartLevel)
  }

  /// Tells the guest that there is a record in the source of events: by an edge of the error device's
  /// interrupt, or by the event that is delegated to it.
  func raiseErrorEvent() {
    if options.events == .sdei {
      events.raise(.errors)
      say("SDEI event raised")
      return offerEvents(except: nil)
    }
    setLine(Interrupt.errorEvent, true)
    setLine(Interrupt.errorEvent, false)
    say("error interrupt raised")
  }
}
