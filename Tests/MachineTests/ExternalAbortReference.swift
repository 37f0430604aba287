// What the manual says an external abort does, written from its tables and not from the machine:
// Arm ARM D20.4.4 (routing: SyncExternalAbortTarget), D1.4.1.6 (vectors), D1.4.2 (exception entry),
// D24.2 (ESR_EL1, ISS of Data and Instruction Aborts), and Arm RAS (IHI0100) 2.4 for the records.

import Arm

@testable import Machine

/// Where an abort was detected, and by what kind of access.
struct AbortCause {
  enum Place: Equatable {
    /// The access itself.
    case access
    /// A stage 1 descriptor, at a level of stage 1.
    case stage1(UInt64)
    /// A stage 2 descriptor for the access's own address, at a level of stage 2.
    case stage2(UInt64)
    /// A stage 2 descriptor for the address of a stage 1 descriptor, at a level of stage 2.
    case stage2OfStage1(UInt64)
  }

  enum Access { case read, write, fetch, addressTranslation }

  var place = Place.access
  var access = Access.read
  /// ISS.SET, valid for the access itself.
  var errorType: UInt64 = 0

  /// ESR but for the class's bit 0.
  var syndrome: UInt64 {
    // IL is 1: an Instruction Abort, or a Data Abort with ISV = 0.
    var esr: UInt64 = (access == .fetch ? 0x20 : 0x24) << 26 | 1 << 25
    switch place {
    case .access: esr |= 0x10 | errorType << 11
    case .stage1(let level), .stage2(let level): esr |= 0x14 + level
    case .stage2OfStage1(let level): esr |= (0x14 + level) | 1 << 7
    }
    // WnR; for AT it is always 1, with CM.
    if access == .write { esr |= 1 << 6 }
    if access == .addressTranslation { esr |= 1 << 8 | 1 << 6 }
    return esr
  }
}

/// The exception that an abort becomes.
struct AbortReference {
  typealias Setting = ExternalAbortWorld.Setting

  /// The level that takes it.
  static func target(_ setting: Setting, _ place: AbortCause.Place) -> UInt64 {
    if setting.level == 3 || setting.ea == 1 { return 3 }
    if setting.level == 2 { return 2 }
    let isStage2: Bool
    switch place {
    case .access, .stage1: isStage2 = false
    case .stage2, .stage2OfStage1: isStage2 = true
    }
    if setting.hasEL2 {
      if setting.tea == 1 || isStage2 { return 2 }
      if setting.level == 0, setting.tge == 1 { return 2 }
    }
    return 1
  }

  /// PSTATE as SPSR_ELx holds it.
  static func savedState(_ setting: Setting) -> UInt64 {
    setting.flags & 0xF0C0_13C0 | setting.level << 2 | (setting.level == 0 ? 0 : setting.spSel)
  }

  /// The state of the core at the WFI of the vector, from its state before.
  static func state(
    after before: [UInt64], _ setting: Setting, _ cause: AbortCause, faultAddress: UInt64
  ) -> [UInt64] {
    let target = target(setting, cause.place)
    return entry(
      after: before, setting, target: target,
      syndrome: cause.syndrome | (target == setting.level ? 1 << 26 : 0),
      faultAddress: faultAddress, slot: target == 3 && setting.ease == 1 ? 0x180 : 0)
  }

  /// The state of the core at the WFI of a vector, from its state before an exception to `target`.
  ///
  /// `faultAddress` is nil where FAR_ELx is not written; `slot` is the offset in a group of four.
  static func entry(
    after before: [UInt64], _ setting: Setting, target: UInt64, syndrome: UInt64,
    faultAddress: UInt64?, slot: UInt64
  ) -> [UInt64] {
    var words = before
    func index(_ register: SystemRegister) -> Int {
      CoreState.systemRegisters + register.ordinal
    }
    let registers: [SystemRegister]
    switch target {
    case 1: registers = [.esrEL1, .farEL1, .elrEL1, .spsrEL1, .vbarEL1, .sctlrEL1]
    case 2: registers = [.esrEL2, .farEL2, .elrEL2, .spsrEL2, .vbarEL2, .sctlrEL2]
    default: registers = [.esrEL3, .farEL3, .elrEL3, .spsrEL3, .vbarEL3, .sctlrEL3]
    }
    words[index(registers[0])] = syndrome
    if let faultAddress { words[index(registers[1])] = faultAddress }
    words[index(registers[2])] = before[102]
    words[index(registers[3])] = savedState(setting)

    // Lower level 0x400, same level 0x000 with SP_EL0 and 0x200 with SP_ELx; a synchronous abort
    // taken to EL3 goes to the SError's slot when SCR_EL3.EASE is 1 (FEAT_DoubleFault).
    var vector = before[index(registers[4])]
    if target > setting.level {
      vector += 0x400
    } else if setting.spSel == 1 {
      vector += 0x200
    }
    words[102] = vector + slot + 4  // the WFI has been executed

    // SP_ELx of the target replaces the current SP.
    let old = setting.level == 0 || setting.spSel == 0 ? 0 : Int(setting.level)
    if old != Int(target) {
      words[111 + old] = before[31]
      words[31] = before[111 + Int(target)]
    }
    words[103] = target
    words[104] = 1
    words[105] = 0x3C0
    let control = before[index(registers[5])]
    let isHostTarget = target == 2 && setting.isHost
    if target == 1 || isHostTarget, control >> 23 & 1 == 0 { words[106] = 1 }
    words[107] = 0
    words[108] = control >> 44 & 1
    words[109] = 0
    words[110] = 0
    words[120] = 1
    return words
  }

  /// What the memory node records when an error of a state is read: RASSA 2.4.2 to 2.4.4, and the
  /// node's ERR1FR (addresses, a timestamp in MISC3, in-band response).
  static func memoryStatus(_ state: ErrorState, code: UInt64, isPoison: Bool = false) -> UInt64 {
    // V, AV, MV.
    var status: UInt64 = 1 << 30 | 1 << 31 | 1 << 26 | code
    switch state {
    case .uncontainable: status |= 1 << 29 | 0 << 20 | 1 << 28
    case .unrecoverable: status |= 1 << 29 | 1 << 20 | 1 << 28
    case .restartable: status |= 1 << 29 | 2 << 20 | 1 << 28
    case .recoverable: status |= 1 << 29 | 3 << 20 | 1 << 28
    case .deferred: status |= 1 << 23
    case .corrected: status |= 3 << 24
    }
    return isPoison ? status | 1 << 22 : status
  }

  /// ISS.SET for an error of a state: UER 00, UC 10, UEO 11. A deferred error is a recoverable one
  /// to its consumer, and so is one that the memory cannot recover from (UEU): a PE has no such
  /// state in a synchronous abort.
  static func errorType(_ state: ErrorState) -> UInt64 {
    switch state {
    case .restartable: 3
    case .unrecoverable, .uncontainable: 2
    default: 0
    }
  }
}
