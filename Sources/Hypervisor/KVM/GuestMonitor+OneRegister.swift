// KVM_GET_ONE_REG, KVM_SET_ONE_REG, KVM_GET_REG_LIST. api.rst 4.68. The list is that of Linux 6.1 on a
// host without AArch32: AArch32's registers are in it, and are storage.

import Arm
import KVM

/// What a register id names.
private enum RegisterPlace {
  /// A word of the block.
  case word(GuestRegister)
  /// The low 32 bits of a word of the block.
  case half(GuestRegister)
  /// Two words, by the number of the vector register.
  case vector(Int)
  case processState
  case timerControl
  case timerCount
  case multiprocessorAffinity
  case osLockStatus
  /// What was read may be written, and nothing else.
  case constant(UInt64)
  /// AArch32's ID registers read as zero and ignore writes.
  case ignored
  case psciVersion
  /// SMCCC_ARCH_WORKAROUND_<n>.
  case workaround(UInt64)
  /// KVM_REG_ARM_FW_FEAT_BMAP_REG(n).
  case services(Int)
}

extension GuestMonitor {
  /// Every register id of a vCPU.
  func registerList() -> [UInt64] {
    var list: [UInt64] = []
    @inline(never) func add(_ register: OneRegister) { list.append(register.id) }
    for number in 0..<31 as Range<UInt64> { add(.x(number)) }
    for register in [
      OneRegister.spEL0, .pc, .pstate, .spEL1, .elrEL1, .spsrEL1, .fpsr, .fpcr, .timerControl,
      .timerCompare, .timerCount,
    ] { add(register) }
    for number in 0..<4 as Range<UInt64> {
      add(.bankedSPSR(number))
      add(.firmware(number))
    }
    for number in 0..<UInt64(GuestServiceSet.count) { add(.firmwareFeatures(number)) }
    for number in 0..<32 as Range<UInt64> { add(.v(number)) }
    for selection in 0..<GuestFeatures.cacheLimit where features.hasCache(selection) {
      add(.cacheSize(selection))
    }
    for register in GuestSystemRegister.table() { add(.system(register)) }
    for register in GuestSystemRegister.others { add(.system(register)) }
    for encoding in GuestSystemRegister.ofAArch32 { add(.system(encoding)) }
    for crm in 0...15 as ClosedRange<UInt8> {
      for op2 in 0...7 as ClosedRange<UInt8> {
        if op2 >= 4 { add(.system(SystemRegisterEncoding(2, 0, 0, crm, op2))) }
        if (1...7).contains(crm) { add(.system(SystemRegisterEncoding(3, 0, 0, crm, op2))) }
      }
    }
    return list
  }

  // MARK: What an id names

  private func place(
    _ id: UInt64, _ processor: VirtualProcessor
  ) throws(LinuxError) -> RegisterPlace {
    let one = OneRegister(id: id)
    switch one.space {
    case .core: return try corePlace(one)
    case .cacheSize:
      // Bits 15:8 say that it is CCSIDR_EL1.
      guard one.byteCount == 4, features.hasCache(one.index) else { throw .noEntry }
      return .constant(features.ccsidr[Int(one.index)])
    case .firmware:
      guard one.byteCount == 8, one.index < 4 else { throw .noEntry }
      return one.index == 0 ? .psciVersion : .workaround(one.index)
    case .firmwareFeatures:
      guard one.byteCount == 8, one.index < UInt64(GuestServiceSet.count) else { throw .noEntry }
      return .services(Int(one.index))
    case .system:
      guard one.byteCount == 8 else { throw .noEntry }
      return try systemPlace(one, processor)
    default: throw .noEntry
    }
  }

  /// A register of struct kvm_regs.
  private func corePlace(_ one: OneRegister) throws(LinuxError) -> RegisterPlace {
    typealias Layout = KVMRegistersLayout
    let offset = one.coreOffset
    guard offset + one.byteCount < Layout.size else { throw .noEntry }
    switch (one.byteCount, offset) {
    case (8, Layout.pstate): return .processState
    case (8, 0..<Layout.wordsEnd) where offset & 7 == 0: return .word(try coreWord(offset))
    case (16, Layout.v..<Layout.fpsr) where offset & 15 == 0:
      return .vector(Int(offset - Layout.v) / 16)
    case (4, Layout.fpsr): return .half(try word(.fpsr))
    case (4, Layout.fpcr): return .half(try word(.fpcr))
    default: throw .invalid
    }
  }

  private func coreWord(_ offset: UInt64) throws(LinuxError) -> GuestRegister {
    typealias Layout = KVMRegistersLayout
    return switch offset {
    case Layout.x..<Layout.spEL0: .x(Int(offset - Layout.x) / 8)
    case Layout.spEL0: try word(.spEL0)
    case Layout.pc: .pc
    case Layout.spEL1: try word(.spEL1)
    case Layout.elrEL1: try word(.elrEL1)
    case Layout.spsrEL1: try word(.spsrEL1)
    default: .bankedSPSR(Int(offset - Layout.bankedSPSR) / 8)
    }
  }

  private func word(_ register: SystemRegister) throws(LinuxError) -> GuestRegister {
    guard let word = GuestRegister(register) else { throw .noEntry }
    return word
  }

  private func systemPlace(
    _ one: OneRegister, _ processor: VirtualProcessor
  ) throws(LinuxError) -> RegisterPlace {
    switch one {
    case .timerControl: return .timerControl
    case .timerCompare: return .word(try word(.cntvCVALEL0))
    case .timerCount: return .timerCount
    default: break
    }
    let encoding = SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: one.index))
    if let register = GuestSystemRegister.stored(encoding) { return .word(register) }
    switch encoding {
    case SystemRegister.mpidrEL1.encoding: return .multiprocessorAffinity
    case SystemRegister.oslsrEL1.encoding: return .osLockStatus
    default: break
    }
    guard let value = GuestSystemRegister.constant(encoding, features) else { throw .noEntry }
    return GuestIdentification.isOfAArch32(encoding) ? .ignored : .constant(value)
  }

  // MARK: Reading and writing. The vCPU is not loaded.

  /// Reads a register: its low and high 64 bits.
  func getRegister(
    _ processor: VirtualProcessor, _ id: UInt64
  ) throws(LinuxError) -> (low: UInt64, high: UInt64) {
    let registers = processor.registers
    switch try place(id, processor) {
    case .word(let word), .half(let word): return (registers[word], 0)
    case .vector(let number):
      return (registers[.v(number, half: 0)], registers[.v(number, half: 1)])
    case .processState: return (registers[.pstate], 0)
    case .timerControl:
      // ISTATUS as it would read now, and, as from Linux, even where the timer is disabled.
      let isDue = kernel.now &- registers[.cntvoffEL2] >= registers[.cntvCVALEL0]
      let control = timerSettings(registers[.cntvCTLEL0])
      return (control.with(TimerControl.istatus, isDue ? 1 : 0).rawValue, 0)
    case .timerCount: return (kernel.now &- registers[.cntvoffEL2], 0)
    case .multiprocessorAffinity: return (registers[.mpidrEL1], 0)
    case .osLockStatus: return (osLockStatus(processor), 0)
    case .constant(let value): return (value, 0)
    case .ignored: return (0, 0)
    case .psciVersion: return (processor.machine.psciVersion, 0)
    case .workaround(let number): return (workaroundLevel(number), 0)
    case .services(let index): return (processor.machine.services[index], 0)
    }
  }

  /// Writes a register.
  func setRegister(
    _ processor: VirtualProcessor, _ id: UInt64, _ low: UInt64, _ high: UInt64
  ) throws(LinuxError) {
    let registers = processor.registers
    let machine = processor.machine
    switch try place(id, processor) {
    case .word(let word):
      registers[word] = low
      // It is somewhere else, and waits no more: on Linux no WFI outlasts its KVM_RUN.
      if word == .pc { processor.isWaiting = false }
    case .half(let word): registers[word] = low & 0xFFFF_FFFF
    case .vector(let number):
      registers[.v(number, half: 0)] = low
      registers[.v(number, half: 1)] = high
    case .processState:
      // AArch64 EL0t, EL1t or EL1h: nothing else may ever be returned to.
      let state = ProcessState(rawValue: low)
      guard !state.isAArch32, !state.isSet(ProcessState.m1),
        state.exceptionLevel == .el1 || state[ProcessState.mode] == 0
      else { throw .invalid }
      registers[.pstate] = low & 0xFFFF_FFFF
    case .timerControl: registers[.cntvCTLEL0] = timerSettings(low).rawValue
    case .timerCount:
      // One offset for all vCPUs, as the counter is one.
      machine.counterOffset = kernel.now &- low
      for other in machine.processors {
        other.registers[.cntvoffEL2] = machine.counterOffset
        other.mustReload = true
      }
    case .multiprocessorAffinity:
      registers[.mpidrEL1] = low
      machine.gic?.setAffinity(processor.affinity, of: processor.index)
    case .osLockStatus:
      let changes = low ^ osLockStatus(processor)
      guard changes & ~OSLockStatus.oslk.mask == 0 else { throw .invalid }
      if changes != 0 { registers[.osLock] ^= 1 }
    case .constant(let value):
      guard value == low else { throw .invalid }
    case .ignored: break
    case .psciVersion:
      guard low == PSCI.version0Dot2 || low == PSCI.version1Dot0 || low == PSCI.version1Dot1
      else { throw .invalid }
      machine.psciVersion = low
    case .workaround(let number):
      // A guest may be promised less than there is; it is told what there is.
      // Of the second, 2 may come with "enabled".
      let level = number == 2 && low == 0x12 ? 2 : low
      guard level <= workaroundLevel(number) else { throw .invalid }
    case .services(let index):
      guard low & ~GuestServiceSet.all[index] == 0 else { throw .invalid }
      guard low == machine.services[index] || !machine.hasRun else { throw .busy }
      machine.services[index] = low
    }
  }

  /// What software sets in the control of a timer.
  private func timerSettings(_ control: UInt64) -> TimerControl {
    TimerControl(rawValue: control).only(TimerControl.enable | TimerControl.imask)
  }

  /// OSLSR_EL1.
  func osLockStatus(_ processor: VirtualProcessor) -> UInt64 {
    OSLockStatus(rawValue: OSLockStatus.oslm.mask)
      .with(OSLockStatus.oslk, processor.registers[.osLock]).rawValue
  }

  /// How well a guest is off without SMCCC_ARCH_WORKAROUND_<n>: NOT_REQUIRED, as the call itself says.
  private func workaroundLevel(_ number: UInt64) -> UInt64 { number == 2 ? 3 : 2 }
}
