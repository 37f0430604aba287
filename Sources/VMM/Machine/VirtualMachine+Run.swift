// A vCPU's thread: the guest runs, exits are answered, signals become the guest's errors.

import Arm
import Boot
import KVM
import Platform
import Text

extension VirtualMachine {
  /// Runs a vCPU until the guest stops. Called on the vCPU's own thread.
  public func runVCPU(_ index: Int) {
    host.lock()
    let vcpu = vcpus[index]
    inbox.claim(
      index, threadID: host.call(.getThreadID), run: vcpu.run, doorbell: doorbell.descriptor)
    useSignalStack(index)
    // Whether the host has yet to finish an access of a device.
    var hasOpenAccess = false
    while outcome == nil {
      enterHandler(vcpu, hasOpenAccess: hasOpenAccess)
      host.unlock()
      inbox.setInside(index, true)
      let result = host.ioctl(vcpu.descriptor, .run)
      inbox.setInside(index, false)
      host.lock()
      // Whatever wanted the guest interrupted is seen below.
      vcpu.run.store(0 as UInt8, at: KVMRunLayout.immediateExit)
      let reason = vcpu.run.u32(at: KVMRunLayout.exitReason)
      hasOpenAccess = result >= 0 && reason == KVMExitReason.mmio.rawValue
      if result >= 0 { handleExit(vcpu, reason) } else { handleError(result) }
      while outcome == nil, let signal = inbox.take(index) { handle(signal, on: vcpu) }
    }
    inbox.release(index)
    host.unlock()
  }

  private func handleError(_ result: Int64) {
    switch LinuxError(rawValue: Int32(truncatingIfNeeded: -result)) {
    case .interrupted, .again: break
    default: fail(.refused("KVM_RUN", result))
    }
  }

  private func handleExit(_ vcpu: VirtualCPU, _ reason: UInt32) {
    switch KVMExitReason(rawValue: reason) {
    case .mmio: handleMMIO(vcpu)
    case .interrupted: break
    case .hypercall: handleHypercall(vcpu)
    case .systemEvent: handleSystemEvent(vcpu)
    case .armSEA: handleUnclaimedAbort(vcpu)
    case .armSError: handleReportedError(vcpu)
    case .armCorrected: handleCorrected(vcpu)
    case .armNISV: refuseAccess(vcpu)
    case .failEntry:
      say("the host's processor refuses to enter the guest (KVM_EXIT_FAIL_ENTRY)")
      end(.failed)
    case .internalError:
      say("the host's KVM gave up (KVM_EXIT_INTERNAL_ERROR)")
      end(.failed)
    default: fail(.exit(reason))
    }
  }

  private func handleSystemEvent(_ vcpu: VirtualCPU) {
    switch KVMSystemEvent(rawValue: vcpu.run.u32(at: KVMRunLayout.systemEventType)) {
    case .shutdown: end(.powerOff)
    case .reset: end(.reset)
    case .crash: end(.crash)
    case .wakeUp, .suspend, nil: break
    }
  }

  private func handleMMIO(_ vcpu: VirtualCPU) {
    let address = vcpu.run.u64(at: KVMRunLayout.mmioAddress)
    let count = min(vcpu.run.u32(at: KVMRunLayout.mmioLength), 8)
    let isWrite = vcpu.run.u8(at: KVMRunLayout.mmioIsWrite) != 0
    let data = vcpu.run.part(at: KVMRunLayout.mmioData, byteCount: 8)
    var value = isWrite ? data.u64(at: 0) : 0
    if count < 8 { value &= 1 << (8 * UInt64(count)) - 1 }
    let word = UInt32(truncatingIfNeeded: value)
    if let offset = BoardDevice.uart0.offset(of: address) {
      if !isWrite {
        data.store(UInt64(uart.read(offset)), at: 0)
      } else if case .send(let character) = uart.write(offset, word) {
        send(character, vcpu)
      }
      updateUARTLine()
    } else if let offset = BoardDevice.rtc.offset(of: address) {
      if isWrite {
        clock.write(offset, word, seconds: seconds())
      } else {
        data.store(UInt64(clock.read(offset, seconds: seconds())), at: 0)
      }
    } else {
      if !isWrite { data.store(0 as UInt64, at: 0) }
      guard !hasSaidStrayAccess else { return }
      hasSaidStrayAccess = true
      var message = Message("vmm: the guest accesses ")
      message.add(hex: address)
      message.add(", where no device is: reads as zero\n")
      console.say(host, message)
    }
  }

  /// A load or store of a device that the hardware did not take apart (a pair, a vector, one that
  /// writes its base back): the guest gets an external abort for it.
  private func refuseAccess(_ vcpu: VirtualCPU) {
    do {
      let state = try vcpu.abortedState(host)
      try vcpu.take(
        host,
        ForgedAbort(host, refusingAccessAt: state, memory) { vcpu.x(self.host, $0, state.pstate) })
    } catch {
      return fail(error)
    }
    guard !hasSaidRefusedAccess else { return }
    hasSaidRefusedAccess = true
    var message = Message("vmm: the guest accesses ")
    message.add(hex: vcpu.run.u64(at: KVMRunLayout.nisvAddress))
    message.add(" by an instruction that cannot be emulated: external abort\n")
    console.say(host, message)
  }

  private func send(_ character: UInt8, _ vcpu: VirtualCPU) {
    if console.send(host, character) { doorbell.ring(host) }
    if let mark = options.poisonMark,
      let address = console.announcement(character, after: mark)
    {
      poison(address, vcpu)
    }
  }

  /// Has the host treat a guest page as bad.
  private func poison(_ guest: GuestPhysicalAddress, _ vcpu: VirtualCPU) {
    let page = guest.page
    guard let address = memory.hostAddress(of: page, count: 4096) else {
      say("--hwpoison-after: the address is outside of the guest's RAM")
      return
    }
    var message = Message("vmm: MADV_HWPOISON on guest physical ")
    message.add(hex: page.rawValue)
    // Newer Linux (mm/madvise.c: MF_ACTION_REQUIRED) tells the caller as if it had met the error
    // (BUS_MCEERR_AR).
    inbox.setInside(vcpu.index, true)
    let result = host.call(
      .advise, address.rawValue, 4096, MemoryAdvice.hardwarePoison.rawValue)
    inbox.setInside(vcpu.index, false)
    if result < 0 {
      message.add(": ")
      message.add(error: result)
    }
    message.add("\n")
    console.say(host, message)
    while let signal = inbox.take(vcpu.index) {
      if signal.code == SignalCode.memoryErrorActionRequired.rawValue {
        handleNoticed(signal)
      } else {
        handle(signal, on: vcpu)
      }
    }
  }
}
