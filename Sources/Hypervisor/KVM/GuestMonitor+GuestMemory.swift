// Aborts of a guest: missing pages of its memory, devices, and what is neither.

import Arm
import KVM

extension GuestMonitor {
  func handleAbort(
    _ processor: VirtualProcessor, _ thread: Thread, _ syndrome: Syndrome
  ) -> GuestStep {
    let far = processor.registers[.exitFAR]
    processor.lastFaultAddress = far
    if syndrome.isMemoryError { return handleExternalAbort(processor, thread, syndrome) }
    let isInstruction = syndrome.exceptionClass == .instructionAbortLower
    let isWalk = syndrome.isSet(Syndrome.s1ptw)
    let kind = syndrome.faultStatus.rawValue >> 2
    // Translation, access flag, permission; any other stage 2 fault is of this kernel's making.
    guard (1...3).contains(kind) else { return .fail(.badAddress) }
    var ipa = HypervisorFaultAddress(rawValue: processor.registers[.exitHPFAR]).page.rawValue
    if kind == 3 && !isWalk {
      // HPFAR_EL2 is not valid then. Arm ARM D24.2, HPFAR_EL2.
      guard let par = platform.translateGuest(VirtualAddress(far), processor.registers),
        let address = TranslationResult(rawValue: par).address(of: far)
      else {
        return .resume
      }
      ipa = address.rawValue & ~0xFFF
    }
    guard ipa >> UInt64(processor.machine.stage2.addressBits) == 0 else {
      return abortGuest(processor, isInstruction: isInstruction, far)
    }
    let isMaintenance = !isInstruction && syndrome.isSet(Syndrome.cm)
    let isWrite = isWalk || !isInstruction && !isMaintenance && syndrome.isSet(Syndrome.wnr)
    guard let slot = processor.machine.slots.slot(at: ipa), !(isWrite && slot.isReadOnly) else {
      if isInstruction || isWalk {
        return abortGuest(processor, isInstruction: isInstruction, far)
      }
      if isMaintenance {
        processor.skipInstruction()
        return .resume
      }
      return handleDevice(processor, syndrome, ipa | far & 0xFFF)
    }
    return mapPage(
      processor, thread, slot, ipa, isWrite: isWrite, isInstruction: isInstruction && !isWalk)
  }

  /// What the guest touched is not there: to it, a synchronous external abort.
  private func abortGuest(
    _ processor: VirtualProcessor, isInstruction: Bool, _ far: UInt64
  ) -> GuestStep {
    put(processor)
    processor.injectExternalAbort(
      isInstruction: isInstruction, address: far,
      syndrome: Syndrome(rawValue: UInt64(FaultStatus.externalAbort.rawValue)))
    return .resume
  }

  /// Brings in what user space has at a guest physical address.
  private func mapPage(
    _ processor: VirtualProcessor, _ thread: Thread, _ slot: MemorySlot, _ ipa: UInt64,
    isWrite: Bool, isInstruction: Bool
  ) -> GuestStep {
    let machine = processor.machine
    let user = slot.userAddress + (ipa - slot.guestAddress)
    let page: UserPage
    do throws(UserFault) {
      page = try kernel.resolve(machine.space, user, for: isWrite ? .write : .read)
    } catch {
      switch error {
      case .lost(let leastBit):
        // Poison: as if the thread had read it. Not forced, as KVM's is not.
        kernel.send(
          SignalInformation(
            .bus, .memoryErrorActionRequired, address: user, leastBit: leastBit), to: thread)
        return .resume
      case .noMemory: return .fail(.noMemory)
      case .unmapped, .forbidden, .beyondFile: return .fail(.badAddress)
      }
    }
    var size = Stage2.Size.page
    let block = Stage2.Size.block.rawValue
    let start = ipa & ~(block - 1)
    if page.size >= block, (ipa ^ user) & (block - 1) == 0, start >= slot.guestAddress,
      start + block <= slot.guestAddress + slot.byteCount
    {
      size = .block
    }
    let mask = size.rawValue - 1
    let target = PhysicalAddress(page.address.rawValue & ~mask)
    let address = IntermediatePhysicalAddress(ipa & ~mask)
    // Executable once it is executed: then, what was stored there is made visible to fetches.
    var isExecutable = isInstruction
    if !isInstruction, let old = machine.stage2.lookup(address, tables) {
      isExecutable = old.entry & Stage2.neverExecuted == 0
    }
    if isInstruction {
      platform.synchronizeCode(target, byteCount: Int(size.rawValue))
    }
    do throws(Stage2.OutOfMemory) {
      try machine.stage2.map(
        address, to: target, size, isWritable: page.isWritable && !slot.isReadOnly,
        isExecutable: isExecutable, tables)
    } catch { return .fail(.noMemory) }
    return .resume
  }

  // MARK: Devices

  /// A load or store outside the slots: the virtual GIC's, or user space's.
  private func handleDevice(
    _ processor: VirtualProcessor, _ syndrome: Syndrome, _ address: UInt64
  ) -> GuestStep {
    guard syndrome.isSet(Syndrome.isv) else {
      guard processor.machine.sendsUndecodedToUser else {
        kernel.log("KVM: access to ", .hex(address), " cannot be emulated: no valid syndrome")
        return .fail(.notImplemented)
      }
      setRunWord(processor, KVMRunLayout.nisvSyndrome, syndrome[Syndrome.iss])
      setRunWord(processor, KVMRunLayout.nisvAddress, address)
      setExit(processor, .armNISV)
      return .leave
    }
    let access = PendingAccess(
      isWrite: syndrome.isSet(Syndrome.wnr), byteCount: 1 << Int(syndrome[Syndrome.sas]),
      isSignExtended: syndrome.isSet(Syndrome.sse), is64Bit: syndrome.isSet(Syndrome.sf),
      register: Int(syndrome[Syndrome.srt]))
    let mask: UInt64 =
      access.byteCount == 8 ? .max : (1 << UInt64(access.byteCount * 8)) - 1
    let value = processor.x(access.register) & mask
    if let gic = processor.machine.gic, gic.contains(address) {
      if access.isWrite {
        gic.write(address, byteCount: access.byteCount, value)
      } else {
        finish(processor, access, gic.read(address, byteCount: access.byteCount))
      }
      processor.skipInstruction()
      return .resume
    }
    setRunWord(processor, KVMRunLayout.mmioAddress, address)
    setRunWord(processor, KVMRunLayout.mmioData, access.isWrite ? value : 0)
    setRunWord(
      processor, KVMRunLayout.mmioLength,
      UInt64(access.byteCount) | (access.isWrite ? 1 << 32 : 0))
    setExit(processor, .mmio)
    processor.pendingAccess = access
    return .leave
  }

  /// The data of a load goes to its register.
  private func finish(_ processor: VirtualProcessor, _ access: PendingAccess, _ data: UInt64) {
    let bits = UInt64(access.byteCount * 8)
    var value = bits == 64 ? data : data & ((1 << bits) - 1)
    if access.isSignExtended, bits < 64, value >> (bits - 1) & 1 != 0 {
      value |= ~((1 << bits) - 1)
    }
    if !access.is64Bit { value &= 0xFFFF_FFFF }
    processor.setX(access.register, value)
  }

  /// KVM_RUN after an MMIO exit: user space has done its part.
  func completeAccess(_ processor: VirtualProcessor) {
    guard let access = processor.pendingAccess else { return }
    processor.pendingAccess = nil
    if !access.isWrite { finish(processor, access, runWord(processor, KVMRunLayout.mmioData)) }
    processor.skipInstruction()
  }
}
