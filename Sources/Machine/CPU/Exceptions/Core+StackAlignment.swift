// SP alignment checking: a load or store whose base is SP faults when SP is no multiple of 16 and
// SCTLR_ELx.SA (or SA0, at EL0) says so. Arm ARM D1.4.10.
//
// Surprising: no load or store looks. The few instructions that can change SP's alignment execute
// alone, outside the code cache, and afterwards the core does so for all as long as SP is misaligned.

import Arm

extension Decoder {
  /// Takes instructions that can change the alignment of SP out of the code cache.
  ///
  /// What adds a multiple of 16 to SP, by write-back too, keeps its alignment and stays there.
  static func isolate(_ operation: Operation) -> Operation {
    switch operation.opcode {
    case .addImmediate64, .subtractImmediate64:
      if operation.rd == 31, operation.rn != 31 || operation.immediate & 15 != 0 { break }
      return operation
    case .addImmediate32, .subtractImmediate32, .andImmediate64, .andImmediate32, .orrImmediate64,
      .orrImmediate32, .eorImmediate64, .eorImmediate32, .addExtended64, .addExtended32,
      .subtractExtended64, .subtractExtended32:
      if operation.rd == 31 { break }
      return operation
    case .loadVector, .storeVector, .loadVectorPair, .storeVectorPair:
      // `extra` is not zero with write-back.
      if operation.rn == 31, operation.extra != 0, operation.immediate & 15 != 0 { break }
      return operation
    case .vectorStructure:
      // With write-back by a register or by the size of what is transferred.
      if operation.rn == 31 { break }
      return operation
    default:
      let writesBase = operation.opcode.access?.writesBase == true
      if writesBase, operation.rn == 31, operation.immediate & 15 != 0 { break }
      return operation
    }
    return Operation(.alone)
  }
}

extension Core {
  /// Whether a load or store with SP as its base would fault now.
  var mustFaultOnStack: Bool {
    guard state[x: 31] & 15 != 0 else { return false }
    return systemControl(of: TranslationContext(level: exceptionLevel))
      .isSet(exceptionLevel == .el0 ? SystemControl.sa0 : SystemControl.sa)
  }

  /// Throws SP alignment fault, EC 0x26, if an instruction accesses memory with SP as its base.
  ///
  /// UNDEFINED encodings and trapped FP and Advanced SIMD instructions come first, prefetches are
  /// exempt. Arm ARM J1, CheckSPAlignment and its callers.
  func checkStackAlignment(_ word: UInt32, _ operation: Operation) throws(GuestException) {
    let isLoadOrStore = word & 0x0A00_0000 == 0x0800_0000
    let isLiteral = word & 0x3B00_0000 == 0x1800_0000
    guard isLoadOrStore, !isLiteral, word.bits(9, 5) == 31 else { return }
    // Prefetches have become NOPs.
    if operation.opcode == .unallocated || operation.opcode == .noOperation { return }
    if word.bit(26) { try checkFloatingPointAccess() }
    throw GuestException(.fault, Syndrome(.spAlignment, iss: 0))
  }
}
