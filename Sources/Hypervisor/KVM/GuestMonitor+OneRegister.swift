// KVM_GET_ONE_REG, KVM_SET_ONE_REG, KVM_GET_REG_LIST. api.rst 4.68.

import Arm
import KVM

extension GuestMonitor {
  /// Every register id of a vCPU.
  func registerList() -> [UInt64] {
    var list: [UInt64] = []
    @inline(never) func add(_ id: UInt64) { list.append(id) }
    @inline(never) func addSystem(_ encoding: SystemRegisterEncoding) {
      add(OneRegister.system(encoding).id)
    }
    for number in 0..<31 as Range<UInt64> { add(OneRegister.x(number).id) }
    for register in [
      OneRegister.spEL0, .pc, .pstate, .spEL1, .elrEL1, .spsrEL1,
    ] { add(register.id) }
    for number in 0..<32 as Range<UInt64> { add(OneRegister.v(number).id) }
    add(OneRegister.fpsr.id)
    add(OneRegister.fpcr.id)
    add(OneRegister.psciVersion.id)
    for register in GuestSystemRegister.table() { addSystem(register.encoding) }
    for number in 0..<UInt8(features.dfr0.breakpointCount) {
      addSystem(SystemRegisterEncoding(2, 0, 0, number, 4))
      addSystem(SystemRegisterEncoding(2, 0, 0, number, 5))
    }
    for number in 0..<UInt8(features.dfr0.watchpointCount) {
      addSystem(SystemRegisterEncoding(2, 0, 0, number, 6))
      addSystem(SystemRegisterEncoding(2, 0, 0, number, 7))
    }
    for register in [SystemRegister.midrEL1, .mpidrEL1, .revidrEL1, .clidrEL1, .ctrEL0] {
      addSystem(register.encoding)
    }
    for crm in 1...7 as ClosedRange<UInt8> {
      for op2 in 0...7 as ClosedRange<UInt8> {
        addSystem(SystemRegisterEncoding(3, 0, 0, crm, op2))
      }
    }
    for register in [OneRegister.timerControl, .timerCompare, .timerCount] {
      add(register.id)
    }
    return list
  }

  /// The words of struct kvm_regs that are 64-bit registers, by offset in units of four bytes.
  private func coreRegister(_ index: UInt64) -> GuestRegister? {
    guard index & 1 == 0 else { return nil }
    return switch index {
    case 0x00...0x3C: .x(Int(index / 2))
    case 0x3E: GuestRegister(.spEL0)
    case 0x40: .pc
    case 0x42: .pstate
    case 0x44: GuestRegister(.spEL1)
    case 0x46: GuestRegister(.elrEL1)
    case 0x48: GuestRegister(.spsrEL1)
    default: nil
    }
  }

  /// The vector register at an index, when one begins there.
  private func vectorRegister(_ index: UInt64) -> Int? {
    guard index >= 0x54, index < 0xD4, index & 3 == 0 else { return nil }
    return Int(index - 0x54) / 4
  }

  /// Reads a register: its low and high 64 bits. The vCPU is not loaded.
  func getRegister(
    _ processor: VirtualProcessor, _ id: UInt64
  ) throws(LinuxError) -> (low: UInt64, high: UInt64) {
    let one = OneRegister(id: id)
    let registers = processor.registers
    switch one.space {
    case .core:
      if one.byteCount == 8, let register = coreRegister(one.index) {
        return (registers[register], 0)
      }
      if one.byteCount == 16, let number = vectorRegister(one.index) {
        return (registers[.v(number, half: 0)], registers[.v(number, half: 1)])
      }
      if one.byteCount == 4, one.index == 0xD4 { return (registers[.fpsr], 0) }
      if one.byteCount == 4, one.index == 0xD5 { return (registers[.fpcr], 0) }
      throw .invalid
    case .firmware:
      guard id == OneRegister.psciVersion.id else { throw .noEntry }
      return (processor.machine.psciVersion, 0)
    case .system:
      guard one.byteCount == 8 else { throw .noEntry }
      switch OneRegister(id: id) {
      case .timerControl:
        return (timerControl(registers[.cntvCTLEL0], processor, isVirtual: true), 0)
      case .timerCompare: return (registers[.cntvCVALEL0], 0)
      case .timerCount: return (kernel.now &- registers[.cntvoffEL2], 0)
      default: break
      }
      let encoding = SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: id))
      for register in GuestSystemRegister.table() where register.encoding == encoding {
        return (registers[register], 0)
      }
      if let register = GuestSystemRegister.debug(encoding, features) {
        return (registers[register], 0)
      }
      guard let value = GuestSystemRegister.constant(encoding, processor, features) else {
        throw .noEntry
      }
      return (value, 0)
    default: throw .invalid
    }
  }

  /// CNT<x>_CTL_EL0 with ISTATUS as it would read now.
  private func timerControl(
    _ value: UInt64, _ processor: VirtualProcessor, isVirtual: Bool
  ) -> UInt64 {
    let count = isVirtual ? kernel.now &- processor.registers[.cntvoffEL2] : kernel.now
    return value & 3 | (value & 1 != 0 && count >= processor.registers[.cntvCVALEL0] ? 4 : 0)
  }

  /// Writes a register. The vCPU is not loaded.
  func setRegister(
    _ processor: VirtualProcessor, _ id: UInt64, _ low: UInt64, _ high: UInt64
  ) throws(LinuxError) {
    let one = OneRegister(id: id)
    let registers = processor.registers
    switch one.space {
    case .core:
      if one.byteCount == 8, let register = coreRegister(one.index) {
        // AArch64 EL0t, EL1t or EL1h: nothing else may ever be returned to.
        if register == .pstate {
          let mode = low & 0x1F
          guard mode == 0 || mode == 4 || mode == 5 else { throw .invalid }
          registers[register] = low & 0xFFFF_FFFF
        } else {
          registers[register] = low
        }
      } else if one.byteCount == 16, let number = vectorRegister(one.index) {
        registers[.v(number, half: 0)] = low
        registers[.v(number, half: 1)] = high
      } else if one.byteCount == 4, one.index == 0xD4 {
        registers[.fpsr] = low & 0xFFFF_FFFF
      } else if one.byteCount == 4, one.index == 0xD5 {
        registers[.fpcr] = low & 0xFFFF_FFFF
      } else {
        throw .invalid
      }
    case .firmware:
      guard id == OneRegister.psciVersion.id else { throw .noEntry }
      guard low == 2 || low == 0x1_0000 || low == PSCI.version1Dot1 else { throw .invalid }
      processor.machine.psciVersion = low
    case .system:
      guard one.byteCount == 8 else { throw .noEntry }
      switch one {
      case .timerControl: return registers[.cntvCTLEL0] = low & 3
      case .timerCompare: return registers[.cntvCVALEL0] = low
      case .timerCount:
        // One offset for all vCPUs, as the counter is one.
        processor.machine.counterOffset = kernel.now &- low
        for other in processor.machine.processors {
          other.registers[.cntvoffEL2] = processor.machine.counterOffset
          other.mustReload = true
        }
        return
      default: break
      }
      let encoding = SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: id))
      for register in GuestSystemRegister.table() where register.encoding == encoding {
        // ACTLR_EL1 is the host's.
        if register != .actlrEL1 { registers[register] = low }
        return
      }
      if let register = GuestSystemRegister.debug(encoding, features) {
        return registers[register] = low
      }
      guard let value = GuestSystemRegister.constant(encoding, processor, features) else {
        throw .noEntry
      }
      guard value == low else { throw .invalid }
    default: throw .invalid
    }
  }
}
