// Every way into the kernel: exceptions from EL0, interrupts, aborts of the kernel itself.

import APEI
import Arm
import Boot
import KVM
import Platform

/// What was taken, by the vector's place among the four of its group.
public enum ExceptionKind: UInt64, Sendable {
  case synchronous = 0
  case irq = 1
  case fiq = 2
  case serror = 3
}

extension Kernel {
  /// An exception from EL0. The thread's registers are in its context; the answer is the context to
  /// go on with, of any thread, and the lock is given back.
  @unsafe public func enter(_ kind: ExceptionKind) -> UnsafeMutablePointer<UserContext> {
    platform.lock()
    let core = platform.core
    if let thread = cores[core].current {
      switch kind {
      // One that must end makes no more calls: a thread that it made would outlive its process.
      case .synchronous: if !thread.mustExit { synchronous(thread) }
      case .irq: handleInterrupts()
      case .fiq: break
      case .serror: errors.systemError(Syndrome(rawValue: thread.context.esr), thread)
      }
    }
    return unsafe leave()
  }

  private func synchronous(_ thread: Thread) {
    let syndrome = Syndrome(rawValue: thread.context.esr)
    let far = thread.context.far
    switch syndrome.exceptionClass {
    case .svc:
      thread.wakeReason = .none
      thread.callState = nil
      performCall(thread)
    case .dataAbortLower, .instructionAbortLower: abort(thread, syndrome, far)
    case .pcAlignment: force(.init(.bus, .busAlignment, address: far), thread)
    case .spAlignment:
      force(.init(.bus, .busAlignment, address: thread.context.sp), thread)
    case .brk, .breakpointLower, .softwareStepLower, .watchpointLower:
      force(fault(.trap, 1, thread.context.pc), thread)
    case .floatingPoint: force(fault(.floatingPoint, 0, thread.context.pc), thread)
    default:
      // Undefined, trapped, or not modelled: ILL_ILLOPC.
      force(fault(.illegal, 1, thread.context.pc), thread)
    }
  }

  private func fault(_ signal: Signal, _ code: Int32, _ address: UInt64) -> SignalInformation {
    var information = SignalInformation(signal, .kernel, address: address)
    information.code = code
    return information
  }

  private func abort(_ thread: Thread, _ syndrome: Syndrome, _ far: UInt64) {
    if syndrome.isMemoryError { return errors.userAbort(thread, syndrome) }
    if syndrome.faultStatus == .alignment {
      return force(.init(.bus, .busAlignment, address: far), thread)
    }
    guard let space = thread.process.space else { return }
    let access: UserAccess =
      syndrome.exceptionClass == .instructionAbortLower
      ? .execute : syndrome.isSet(Syndrome.wnr) && !syndrome.isSet(Syndrome.cm) ? .write : .read
    do throws(UserFault) {
      _ = try resolve(space, far, for: access)
    } catch {
      force(Self.signal(for: error, far), thread)
    }
  }

  /// What a thread is told of a user address that cannot be used: for who met it on its behalf.
  public static func signal(for fault: UserFault, _ address: UInt64) -> SignalInformation {
    var information: SignalInformation
    switch fault {
    case .unmapped:
      information = SignalInformation(.segmentation, .kernel, address: address)
      information.code = 1
    case .forbidden:
      information = SignalInformation(.segmentation, .kernel, address: address)
      information.code = 2
    case .beyondFile, .noMemory:
      information = SignalInformation(.bus, .busAddress, address: address)
    case .lost(let bit):
      information = SignalInformation(
        .bus, .memoryErrorActionRequired, address: address, leastBit: bit)
    }
    return information
  }

  // MARK: Interrupts.

  /// Takes every interrupt that is pending for this core. With the lock held.
  public func handleInterrupts() {
    while true {
      let number = platform.read(.iccIAR1EL1)
      guard number < 1020 else { break }
      // A guest's timer stays high until the guest has seen it: what ends here would come again at
      // once, were it not made active, for the guest to deactivate, after its end.
      let isGuestTimer =
        number == UInt64(Interrupt.virtualTimer) || number == UInt64(Interrupt.physicalTimer)
      if isGuestTimer { platform.write(.iccEOIR1EL1, number) }
      handle(UInt32(truncatingIfNeeded: number))
      if !isGuestTimer { platform.write(.iccEOIR1EL1, number) }
    }
    platform.synchronizeContext()
    // Not before those who are due are awake: a deadline in the past would fire for ever.
    wakeSleepers()
    armTimer(platform.core)
  }

  private func handle(_ number: UInt32) {
    let core = platform.core
    switch number {
    case 0..<16: errors.settleWaiting()  // a kick: the way out looks at what else there is to do
    case Interrupt.hypervisorTimer:
      platform.write(.cnthpCTLEL2, 0)
      let time = now
      if cores[core].current != nil, time >= cores[core].turnEnd {
        cores[core].mustReschedule = true
        cores[core].turnEnd = time + ticks(nanoseconds: Self.turnMilliseconds * 1_000_000)
      }
      if core == 0 { errors.poll(time) }
    case Interrupt.uart0: consoleInterrupt()
    case Interrupt.maintenance, Interrupt.virtualTimer, Interrupt.physicalTimer:
      guests.interrupt(number)
    default:
      if number == machine.errorEvent {
        errors.claim(.notification, for: nil)
      } else {
        guests.interrupt(number)
      }
    }
  }

  // MARK: The kernel's own mistakes and misfortunes.

  /// Whether an exception that was taken from EL2 to EL2 inside of the copy that survives aborts is one
  /// of those: then it goes on at the copy's way out, and `settleCopyAbort` has the rest. Anything else
  /// that the kernel runs into ends in `kernelException`.
  public static func survivesCopyAbort(_ syndrome: Syndrome) -> Bool {
    syndrome.isMemoryError && syndrome.exceptionClass.isDataAbort
  }

  /// An exception that the kernel itself ran into. An SError may be survived; everything else
  /// panics, with the record that firmware has of it.
  public func kernelException(
    _ kind: ExceptionKind, _ syndrome: Syndrome, elr: UInt64, far: UInt64
  ) {
    if kind == .serror { return errors.systemError(syndrome, nil) }
    if isPanicking { platform.abandon(.inPanic, syndrome, elr: elr, far: far) }
    // First what is known without asking: it may be the asking that met the error.
    let isMemoryError = syndrome.isMemoryError
    if isMemoryError {
      log(
        "Internal error: synchronous external abort: ", .digits(syndrome.rawValue, 16),
        " [#1] SMP")
    } else {
      log(
        "Unable to handle kernel access at virtual address ", .digits(far, 16))
      log("Internal error: Oops: ", .digits(syndrome.rawValue, 16), " [#1] SMP")
    }
    log("pc : ", .hex(elr, digits: 16), " far : ", .hex(far, digits: 16))
    if isMemoryError, !errors.isClaiming { errors.claim(.synchronousAbort, for: nil) }
    panic("Oops: Fatal exception")
  }

  /// Ends everything.
  public func panic(_ reason: StaticString) -> Never {
    if isPanicking { platform.stop() }
    isPanicking = true
    log("Kernel panic - not syncing: ", .text(reason))
    log("CPU: ", .decimal(platform.core), " Faultline hypervisor")
    log("---[ end Kernel panic - not syncing: ", .text(reason), " ]---")
    platform.stop()
  }
}
