// Hardware errors that a guest consumed, or that were found when it stopped. The host claims them
// first, through APEI; whoever's memory it was is told as any process is. What nobody has an address
// for is the VMM's to answer. The classes of SErrors are Linux's (arch/arm64/kernel/traps.c,
// arch/arm64/kvm/handle_exit.c), with the SEI source that Linux lacks.

import APEI
import Arm
import KVM

extension GuestMonitor {
  /// handle_guest_sea: a synchronous external abort of a guest.
  func handleExternalAbort(
    _ processor: VirtualProcessor, _ thread: Thread, _ syndrome: Syndrome
  ) -> GuestStep {
    let far = processor.registers[.exitFAR]
    // Where it was, before anything changes the guest's mappings: for `leave` below. HPFAR_EL2 says
    // nothing of an external abort that was not on a stage 2 walk.
    let isOnWalk = syndrome.faultStatus.isExternalAbortOnWalk
    let isStage2 = isOnWalk && syndrome.isSet(Syndrome.s1ptw)
    switch kernel.claimErrors(.synchronousAbort, for: thread) {
    case .claimed: return .resume
    case .unattributed:
      kernel.forceWithoutAddress(thread)
      return .resume
    case .none:
      // Another core may have found the record first: then a page of its has gone since it was
      // entered, and the access, made again, tells of it.
      if processor.machine.lostCount > processor.lostAtEntry { return .resume }
    }
    // The host's tables are the host's business: the guest only hears that something went wrong.
    if isStage2 || !features.hasRAS {
      processor.raiseError(VirtualProcessor.defaultErrorSyndrome)
      return .resume
    }
    let isInstruction = syndrome.exceptionClass == .instructionAbortLower
    // Nothing of stage 2.
    typealias ESR = Syndrome
    let visible = syndrome.only(
      ESR.ec | ESR.il | ESR.set | ESR.fnv | ESR.ea | ESR.cm | ESR.wnr | ESR.fsc
    ).rawValue
    if processor.machine.sendsAbortsToUser {
      let isAddressValid = !syndrome.isSet(Syndrome.fnv)
      var ipa: UInt64?
      if isAddressValid, !isOnWalk {
        // The guest may have changed its tables since: then it tries again.
        guard let par = platform.translateGuest(VirtualAddress(far), processor.registers),
          let page = TranslationResult(rawValue: par).address(of: 0)
        else {
          return .resume
        }
        ipa = page.rawValue
      }
      setRunWord(processor, KVMRunLayout.seaFlags, ipa == nil ? 0 : KVMRunLayout.seaAddressValid)
      setRunWord(processor, KVMRunLayout.seaSyndrome, visible)
      setRunWord(processor, KVMRunLayout.seaVirtualAddress, isAddressValid ? far : 0)
      setRunWord(processor, KVMRunLayout.seaPhysicalAddress, ipa ?? 0)
      setExit(processor, .armSEA)
      return .leave
    }
    put(processor)
    processor.injectExternalAbort(
      isInstruction: isInstruction, address: syndrome.isSet(Syndrome.fnv) ? 0 : far,
      syndrome: Syndrome(rawValue: visible))
    return .resume
  }

  /// handle_guest_sei: a physical SError taken from a guest, or found by the ESB at its exit.
  func handleError(
    _ processor: VirtualProcessor, _ thread: Thread, _ syndrome: Syndrome
  ) -> GuestStep {
    let severity = SystemErrorClass(syndrome, hasRAS: features.hasRAS)
    let claim = kernel.claimErrors(.systemError, for: severity == .harmless ? nil : thread)
    if claim == .none, syndrome.asynchronousErrorType == .recoverable {
      // Firmware may tell by the error device instead, and the record is there before the SError
      // is; another core may have it already. What the core has in its registers is good and the
      // load is made again: it is enough that a page has gone since the guest was entered.
      kernel.claimErrors(.notification, for: nil)
      if processor.machine.lostCount > processor.lostAtEntry { return .resume }
    }
    switch severity {
    case .harmless: return .resume
    case .contained, .implementationDefined:
      // A record with an address has been acted upon: memory_failure, and SIGBUS.
      return claim == .claimed ? .resume : tell(processor, thread, syndrome)
    case .uncontained, .uncategorized: kernel.panic(systemError: syndrome)
    }
  }

  /// An error of which nobody knows where it was: the VMM is told, and chooses what its guest sees. If
  /// it does not want to be asked the guest is told that something asynchronous happened, and no
  /// more than is known.
  private func tell(
    _ processor: VirtualProcessor, _ thread: Thread, _ syndrome: Syndrome
  ) -> GuestStep {
    let isStuck = processor.isStuckAtError()
    if processor.machine.sendsErrorsToUser {
      setRunWord(processor, KVMRunLayout.serrorFlags, isStuck ? KVMRunLayout.serrorNotTaken : 0)
      setRunWord(processor, KVMRunLayout.serrorSyndrome, syndrome.rawValue)
      setExit(processor, .armSError)
      return .leave
    }
    if isStuck {
      // One more of the same would not be taken either: whoever runs the guest has to end it.
      kernel.forceWithoutAddress(thread)
    } else {
      processor.raiseError(VirtualProcessor.defaultErrorSyndrome)
    }
    return .resume
  }
}
