// Which body translates which opcode. What is not here is a step.

import Arm

extension A64Translator {
  func emit(_ k: Int) -> Bool {
    let o = operation(k)
    let opcode = opcodes[k]
    if let processing = opcode.dataProcessing {
      emit(k, o, processing)
      return false
    }
    if let access = opcode.access {
      emit(k, o, access)
      return false
    }
    if opcode.isBranch { return emitBranch(k, o) }
    if !emitMoves(k, o), !emitConditional(k, o), !emitData(o, opcode) { emitOther(k, o) }
    return false
  }

  /// Moves, addresses and bitfields. False for others.
  private func emitMoves(_ k: Int, _ o: Operation) -> Bool {
    switch opcodes[k] {
    case .address: emitAddress(k, o)
    case .addressPage: emitAddressPage(o)
    case .moveImmediate: emitMoveImmediate(o)
    case .moveKeep64: emitMoveKeep(o, w: true)
    case .moveKeep32: emitMoveKeep(o, w: false)
    case .moveRegister64: emitMove(o, w: true)
    case .moveRegister32: emitMove(o, w: false)
    case .unsignedExtract: emitUnsigned(o, isExtract: true)
    case .unsignedInsertZeros: emitUnsigned(o, isExtract: false)
    case .signedExtract64, .signedInsertZeros64: emitSigned(o, w: true)
    case .signedExtract32, .signedInsertZeros32: emitSigned(o, w: false)
    case .bitfieldInsert64: emitBitfieldInsert(o, isExtract: false, w: true)
    case .bitfieldInsert32: emitBitfieldInsert(o, isExtract: false, w: false)
    case .bitfieldExtractInsertLow64: emitBitfieldInsert(o, isExtract: true, w: true)
    case .bitfieldExtractInsertLow32: emitBitfieldInsert(o, isExtract: true, w: false)
    case .extract64: emitExtract(o, w: true)
    case .extract32: emitExtract(o, w: false)
    default: return false
    }
    return true
  }

  /// What reads flags. False for others.
  private func emitConditional(_ k: Int, _ o: Operation) -> Bool {
    switch opcodes[k] {
    case .addWithCarry64: emitWithCarry(k, o, 0x1A00_0000, w: true)
    case .addWithCarry32: emitWithCarry(k, o, 0x1A00_0000, w: false)
    case .addsWithCarry64: emitWithCarry(k, o, 0x3A00_0000, w: true)
    case .addsWithCarry32: emitWithCarry(k, o, 0x3A00_0000, w: false)
    case .subtractWithCarry64: emitWithCarry(k, o, 0x5A00_0000, w: true)
    case .subtractWithCarry32: emitWithCarry(k, o, 0x5A00_0000, w: false)
    case .subtractsWithCarry64: emitWithCarry(k, o, 0x7A00_0000, w: true)
    case .subtractsWithCarry32: emitWithCarry(k, o, 0x7A00_0000, w: false)
    case .conditionalCompare64:
      emitConditionalCompare(k, o, isAdd: false, isImmediate: false, w: true)
    case .conditionalCompare32:
      emitConditionalCompare(k, o, isAdd: false, isImmediate: false, w: false)
    case .conditionalCompareImmediate64:
      emitConditionalCompare(k, o, isAdd: false, isImmediate: true, w: true)
    case .conditionalCompareImmediate32:
      emitConditionalCompare(k, o, isAdd: false, isImmediate: true, w: false)
    case .conditionalCompareNegative64:
      emitConditionalCompare(k, o, isAdd: true, isImmediate: false, w: true)
    case .conditionalCompareNegative32:
      emitConditionalCompare(k, o, isAdd: true, isImmediate: false, w: false)
    case .conditionalCompareNegativeImmediate64:
      emitConditionalCompare(k, o, isAdd: true, isImmediate: true, w: true)
    case .conditionalCompareNegativeImmediate32:
      emitConditionalCompare(k, o, isAdd: true, isImmediate: true, w: false)
    case .conditionalSelect64: emitSelect(o, 0, w: true)
    case .conditionalSelect32: emitSelect(o, 0, w: false)
    case .conditionalSelectIncrement64: emitSelect(o, 1 << 10, w: true)
    case .conditionalSelectIncrement32: emitSelect(o, 1 << 10, w: false)
    case .conditionalSelectInvert64: emitSelect(o, 1 << 30, w: true)
    case .conditionalSelectInvert32: emitSelect(o, 1 << 30, w: false)
    case .conditionalSelectNegate64: emitSelect(o, 1 << 30 | 1 << 10, w: true)
    case .conditionalSelectNegate32: emitSelect(o, 1 << 30 | 1 << 10, w: false)
    default: return false
    }
    return true
  }

  /// What reads one, two or three registers and is encoded with them. False for others.
  private func emitData(_ o: Operation, _ opcode: Opcode) -> Bool {
    switch opcode {
    case .unsignedDivide64: emitTwo(o, 0x1AC0_0800, w: true)
    case .unsignedDivide32: emitTwo(o, 0x1AC0_0800, w: false)
    case .signedDivide64: emitTwo(o, 0x1AC0_0C00, w: true)
    case .signedDivide32: emitTwo(o, 0x1AC0_0C00, w: false)
    case .shiftLeftVariable64: emitTwo(o, 0x1AC0_2000, w: true)
    case .shiftLeftVariable32: emitTwo(o, 0x1AC0_2000, w: false)
    case .shiftRightVariable64: emitTwo(o, 0x1AC0_2400, w: true)
    case .shiftRightVariable32: emitTwo(o, 0x1AC0_2400, w: false)
    case .arithmeticShiftRightVariable64: emitTwo(o, 0x1AC0_2800, w: true)
    case .arithmeticShiftRightVariable32: emitTwo(o, 0x1AC0_2800, w: false)
    case .rotateRightVariable64: emitTwo(o, 0x1AC0_2C00, w: true)
    case .rotateRightVariable32: emitTwo(o, 0x1AC0_2C00, w: false)
    case .signedMultiplyHigh: emitTwo(o, 0x1B40_7C00, w: true)
    case .unsignedMultiplyHigh: emitTwo(o, 0x1BC0_7C00, w: true)
    case .reverseBits64: emitOne(o, 0x5AC0_0000, w: true)
    case .reverseBits32: emitOne(o, 0x5AC0_0000, w: false)
    case .reverseBytes1664: emitOne(o, 0x5AC0_0400, w: true)
    case .reverseBytes1632: emitOne(o, 0x5AC0_0400, w: false)
    case .reverseBytesWord: emitOne(o, 0x5AC0_0800, w: false)
    case .reverseBytes32: emitOne(o, 0x5AC0_0800, w: true)
    case .reverseBytes64: emitOne(o, 0x5AC0_0C00, w: true)
    case .countLeadingZeros64: emitOne(o, 0x5AC0_1000, w: true)
    case .countLeadingZeros32: emitOne(o, 0x5AC0_1000, w: false)
    case .countLeadingSigns64: emitOne(o, 0x5AC0_1400, w: true)
    case .countLeadingSigns32: emitOne(o, 0x5AC0_1400, w: false)
    case .multiplyAdd64: emitMultiply(o, 0x1B00_0000, w: true)
    case .multiplyAdd32: emitMultiply(o, 0x1B00_0000, w: false)
    case .multiplySubtract64: emitMultiply(o, 0x1B00_8000, w: true)
    case .multiplySubtract32: emitMultiply(o, 0x1B00_8000, w: false)
    case .signedMultiplyAddLong: emitMultiply(o, 0x1B20_0000, w: true)
    case .signedMultiplySubtractLong: emitMultiply(o, 0x1B20_8000, w: true)
    case .unsignedMultiplyAddLong: emitMultiply(o, 0x1BA0_0000, w: true)
    case .unsignedMultiplySubtractLong: emitMultiply(o, 0x1BA0_8000, w: true)
    default: return false
    }
    return true
  }

  /// What accesses memory in other ways, what the system does, and steps.
  private func emitOther(_ k: Int, _ o: Operation) {
    switch opcodes[k] {
    case .noOperation, .instructionBarrier, .barrier, .yieldHint: break
    case .loadAcquire: emitLoadAcquire(k, o)
    case .storeRelease: emitStoreRelease(k, o)
    case .compareAndSwap: emitCompareAndSwap(k, o)
    case .atomicAdd, .atomicSet, .atomicClear, .atomicExclusiveOr, .atomicSwap: emitAtomic(k, o)
    case .loadExclusive, .storeExclusive, .loadExclusivePair, .storeExclusivePair,
      .compareAndSwapPair, .atomicSignedMaximum, .atomicSignedMinimum, .atomicUnsignedMaximum,
      .atomicUnsignedMinimum, .moveToSystem:
      callBody(k)
    case .moveFromSystem: emitMoveFromSystem(k, o)
    case .moveToPSTATE: emitMoveToPSTATE(k, o)
    case .systemInstruction: emitSystemInstruction(k, o)
    case .vector: emitVector(k, o)
    case .loadVector, .storeVector, .loadVectorRegister, .storeVectorRegister, .loadVectorPair,
      .storeVectorPair, .loadLiteralVector:
      emitVectorAccess(k, o)
    default: step(k)
    }
  }
}
