// KVM_RUN: the loop around the guest. A call that must wait (WFI, powered off) or that has had its
// turn is made again from the start, so everything that must survive is in the vCPU.
//
// While a vCPU is loaded its EL1 registers are in the core and those in the block are stale: they
// are put back before anything looks at them, and before this function is left by any way. X0 to
// X30, PC, PSTATE and HCR_EL2 are in the block whenever the guest does not run.

import Arm
import KVM
import Platform

/// The list registers and timers of the core that a vCPU is loaded on.
struct GuestInterface<P: HypervisorPlatform>: ListRegisterFile {
  let platform: P
  let listRegisterCount: Int
  /// SGI_base of this core's redistributor.
  let redistributor: UInt64

  func readListRegister(_ index: Int) -> UInt64 { platform.readListRegister(index) }
  func writeListRegister(_ index: Int, _ value: UInt64) { platform.writeListRegister(index, value) }
  func writeVirtualInterfaceControl(_ value: UInt64) {
    platform.writeVirtualInterfaceControl(value)
  }
  func isTimerAsserted(_ intid: Int) -> Bool {
    let control =
      UInt32(intid) == Interrupt.virtualTimer
      ? platform.readVirtualTimerControl() : platform.readPhysicalTimerControl()
    return TimerControl(rawValue: control).isInterrupting
  }
  /// GICR_ISACTIVER0, GICR_ICACTIVER0.
  func setPhysicalActive(_ intid: Int, _ isActive: Bool) {
    let register =
      isActive ? InterruptRegister.setActive.rawValue : InterruptRegister.clearActive.rawValue
    platform.store32(PhysicalAddress(redistributor + register), 1 << UInt32(intid))
  }
}

/// How the handling of an exit goes on.
enum GuestStep: Equatable {
  /// The guest runs on.
  case resume
  /// KVM_RUN returns 0: kvm_run says why.
  case leave
  /// KVM_RUN fails.
  case fail(LinuxError)
}

extension GuestMonitor {
  func guestInterface() -> GuestInterface<P> {
    GuestInterface(
      platform: platform, listRegisterCount: features.listRegisterCount,
      redistributor: kernel.redistributor + GICR.sgiBase)
  }

  /// KVM_RUN.
  func run(_ processor: VirtualProcessor, _ thread: Thread) throws(CallEnd) -> UInt64 {
    guard processor.features != nil else { throw .failed(.notExecutable) }
    // kvm_run itself is gone: a look at it would be the kernel's own error.
    guard !kernel.isLost(processor.runPage) else { throw .failed(.hardwarePoison) }
    let machine = processor.machine
    if let gic = machine.gic {
      guard gic.isComplete else {
        throw .failed(gic.isInitialized ? .noDeviceOrAddress : .busy)
      }
      guard gic.timers.virtual != gic.timers.physical else { throw .failed(.invalid) }
    }
    if processor.thread == nil {
      // Descriptors may be closed meanwhile: the VM stays until the call is over.
      machine.references += 1
      processor.thread = thread
      thread.guest = processor
    }
    machine.hasRun = true
    if let mask = processor.signalMask, processor.threadMask == nil {
      processor.threadMask = thread.signals.mask
      thread.signals.mask = mask
    }
    let result: UInt64
    do throws(CallEnd) {
      result = try loop(processor, thread)
    } catch {
      put(processor)
      if error != .blocked && error != .again { finish(processor) }
      throw error
    }
    put(processor)
    finish(processor)
    return result
  }

  /// KVM_RUN is over: whoever waits for the vCPU may have it. If nobody has the VM any more, it ends.
  private func finish(_ processor: VirtualProcessor) {
    if let mask = processor.threadMask {
      processor.thread?.signals.mask = mask
      processor.threadMask = nil
    }
    processor.thread?.guest = nil
    processor.thread = nil
    kernel.wake(WaitChannel(.guest, processor.channel))
    release(processor.machine)
  }

  private func loop(
    _ processor: VirtualProcessor, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    completeAccess(processor)
    tellStolenTime(processor, thread)
    if runByte(processor, KVMRunLayout.immediateExit) != 0 { throw .failed(.interrupted) }
    let file = guestInterface()
    while true {
      if let end = kernel.mustLeave(thread) {
        put(processor)
        if case .failed(.interrupted) = end { setExit(processor, .interrupted) }
        throw end
      }
      if leaveForCorrected(processor) { return 0 }
      if let start = processor.start {
        put(processor)
        processor.restart(features, pc: start.pc, context: start.context)
      }
      if processor.isOff {
        put(processor)
        kernel.sleep(thread, on: WaitChannel(.guest, 0))
        throw .blocked
      }
      if processor.isWaiting || processor.isSuspended {
        put(processor)
        if let deadline = try waitForInterrupt(processor) {
          kernel.sleep(thread, on: WaitChannel(.guest, 0), until: deadline == .max ? nil : deadline)
          throw .blocked
        }
        processor.isWaiting = false
        // Suspended until user space says otherwise, which hears that there is a reason to.
        if processor.isSuspended {
          setSystemEvent(processor, .wakeUp, flags: nil)
          return 0
        }
      }
      if processor.mustReload { put(processor) }
      load(processor, file)
      processor.machine.gic?.flush(processor.index, file)
      deliverKicks(processor.machine)
      processor.lostAtEntry = processor.machine.lostCount
      let code = kernel.run(processor.registers)
      processor.machine.gic?.sync(processor.index, file)
      switch handle(processor, thread, code) {
      case .resume: break
      case .leave: return 0
      case .fail(let error): throw .failed(error)
      }
      deliverKicks(processor.machine)
    }
  }

  // MARK: Loading

  private func load(_ processor: VirtualProcessor, _ file: GuestInterface<P>) {
    guard processor.loadedCore == nil else { return }
    processor.mustReload = false
    updateTimers(processor)
    while loaded.count < kernel.coreCount { loaded.append(nil) }
    loaded[platform.core] = processor
    processor.loadedCore = platform.core
    let gic = processor.machine.gic
    let timers = gic?.timers ?? GuestTimers()
    for timer in [timers.virtual, timers.physical] {
      file.setPhysicalActive(
        Int(timers.hardware(behind: timer)),
        gic?.wantsPhysicalActive(timer, processor.index) ?? true)
    }
    platform.loadGuest(processor.registers)
    // The guest uses its breakpoints.
    typealias MDSCR = MonitorDebugSystemControl
    if processor.registers[.mdscrEL1] & (MDSCR.mde | MDSCR.kde).mask != 0 {
      platform.loadGuestDebug(
        processor.registers, breakpoints: features.dfr0.breakpointCount,
        watchpoints: features.dfr0.watchpointCount)
      processor.hasDebugLoaded = true
    }
  }

  /// Takes a vCPU's registers out of this core, if they are in it.
  func put(_ processor: VirtualProcessor) {
    guard processor.loadedCore != nil else { return }
    if processor.hasVectorsLoaded {
      platform.saveGuestVectors(processor.registers)
      processor.hasVectorsLoaded = false
    }
    platform.putGuest(processor.registers)
    if processor.hasDebugLoaded {
      platform.clearGuestDebug(
        breakpoints: features.dfr0.breakpointCount, watchpoints: features.dfr0.watchpointCount)
      processor.hasDebugLoaded = false
    }
    processor.loadedCore = nil
    loaded[platform.core] = nil
  }

  // MARK: Timers and WFI

  /// When a timer of a vCPU that is not loaded fires, in ticks of the physical counter (now, if it
  /// should have long ago); nil when it is off or masked. The guest's counter may be ahead of the
  /// physical one: the offset is then a negative number.
  private func deadline(_ control: UInt64, _ compare: UInt64, _ offset: UInt64) -> UInt64? {
    guard TimerControl(rawValue: control).canInterrupt else { return nil }
    let time = kernel.now
    let count = time &- offset
    guard compare > count else { return time }
    let (sum, overflow) = time.addingReportingOverflow(compare - count)
    return overflow ? .max : sum
  }

  private func deadlines(_ processor: VirtualProcessor) -> (virtual: UInt64?, physical: UInt64?) {
    let registers = processor.registers
    return (
      deadline(
        registers[.cntvCTLEL0], registers[.cntvCVALEL0], registers[.cntvoffEL2]),
      deadline(registers[.cntpCTLEL0], registers[.cntpCVALEL0], 0)
    )
  }

  /// Gives the lines of the timers of a vCPU that is not loaded the level they have now.
  private func updateTimers(_ processor: VirtualProcessor) {
    guard let gic = processor.machine.gic else { return }
    let due = deadlines(processor)
    let time = kernel.now
    gic.setLine(
      gic.timers.virtual, processor.index,
      isHigh: due.virtual.map { $0 <= time } ?? false)
    gic.setLine(
      gic.timers.physical, processor.index,
      isHigh: due.physical.map { $0 <= time } ?? false)
  }

  /// In WFI: nil when there is something to wake for, otherwise until when to sleep (`.max` for
  /// ever). Masked interrupts wake as well: the guest looks itself.
  private func waitForInterrupt(_ processor: VirtualProcessor) throws(CallEnd) -> UInt64? {
    updateTimers(processor)
    deliverKicks(processor.machine)
    if processor.isErrorPending || processor.machine.gic?.hasPending(processor.index) == true {
      return nil
    }
    let due = deadlines(processor)
    let time = kernel.now
    var next: UInt64 = .max
    if let virtual = due.virtual, virtual > time { next = min(next, virtual) }
    if let physical = due.physical, physical > time { next = min(next, physical) }
    return next
  }

  // MARK: struct kvm_run

  private func runAddress(_ processor: VirtualProcessor, _ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(processor.runPage.rawValue + offset & ~7)
  }

  func runWord(_ processor: VirtualProcessor, _ offset: UInt64) -> UInt64 {
    unsafe kernel.word(runAddress(processor, offset))
  }

  func runByte(_ processor: VirtualProcessor, _ offset: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: runWord(processor, offset) >> (offset & 7 * 8))
  }

  @inline(never)
  func setRunWord(_ processor: VirtualProcessor, _ offset: UInt64, _ value: UInt64) {
    unsafe kernel.store(value, runAddress(processor, offset))
  }

  /// exit_reason; the word's other half (ready_for_interrupt_injection, if_flag, flags) is zero.
  func setExit(_ processor: VirtualProcessor, _ reason: KVMExitReason) {
    setRunWord(processor, KVMRunLayout.exitReason, UInt64(reason.rawValue))
  }

  // MARK: Exits

  private func handle(
    _ processor: VirtualProcessor, _ thread: Thread, _ code: UInt64
  ) -> GuestStep {
    let syndrome = Syndrome(rawValue: processor.registers[.exitESR])
    if code & GuestExitCode.deferredError != 0 {
      let disr = DeferredError(rawValue: processor.registers[.exitDISR])
      // The instruction that trapped runs again, after the error. HVC alone has left PC behind it.
      if code & 0xFF == GuestExitCode.trap, syndrome.exceptionClass == .hvc {
        processor.registers[.pc] &-= 4
      }
      return handleError(processor, thread, Syndrome(.serror, iss: disr.rawValue))
    }
    switch code & 0xFF {
    case GuestExitCode.interrupt:
      kernel.handleInterrupts()
      return .resume
    case GuestExitCode.serror: return handleError(processor, thread, syndrome)
    default: return handleTrap(processor, thread, syndrome)
    }
  }

  private func handleTrap(
    _ processor: VirtualProcessor, _ thread: Thread, _ syndrome: Syndrome
  ) -> GuestStep {
    switch syndrome.exceptionClass {
    case .waitFor:
      // WFI waits; WFE and the timed ones go on.
      if syndrome[Syndrome.ti] == 0 { processor.isWaiting = true }
      processor.skipInstruction()
      return .resume
    case .floatingPointAccess:
      // The core's vectors are the thread's still: they go to memory first, with FP open.
      platform.write(.cptrEL2, (FeatureAccessControl.fpen | FeatureAccessControl.tta).mask)
      platform.synchronizeContext()
      kernel.releaseVectors()
      platform.loadGuestVectors(processor.registers)
      processor.hasVectorsLoaded = true
      return .resume
    case .hvc: return handleCall(processor, isSMC: false)
    case .smc:
      // PC is still on the SMC.
      processor.skipInstruction()
      // Reserved: DEN 0028, 2.9.
      guard syndrome[Syndrome.imm16] == 0 else {
        processor.setX(0, .max)
        return .resume
      }
      return handleCall(processor, isSMC: true)
    case .systemRegister: return handleSystemRegister(processor, syndrome)
    case .dataAbortLower, .instructionAbortLower: return handleAbort(processor, thread, syndrome)
    default:
      put(processor)
      processor.injectUndefined()
      return .resume
    }
  }
}
