// Which body translates which opcode. What is not here is a step.

import Arm

extension X86Translator {
  /// Translates the operation at a place in the block. Whether the block ends with it.
  func emit(_ k: Int) -> Bool {
    let o = operation(k)
    incoming = liveFlags
    liveFlags = .none
    let opcode = opcodes[k]
    if let processing = opcode.dataProcessing {
      emit(k, o, processing, incoming)
      return false
    }
    if let access = opcode.access {
      emit(k, o, access)
      return false
    }
    if opcode.isBranch { return emitBranch(k, o) }
    if !emitData(k, o, incoming) { emitOther(k, o, incoming) }
    return false
  }

  /// The rest of data processing. False for anything else.
  private func emitData(_ k: Int, _ o: Operation, _ incoming: LiveFlags) -> Bool {
    switch opcodes[k] {
    case .address: emitAddress(k, o, incoming)
    case .addressPage: emitAddressPage(o, incoming)
    case .moveImmediate: emitMoveImmediate(o, incoming)
    case .moveKeep64: emitMoveKeep(o, w: true)
    case .moveKeep32: emitMoveKeep(o, w: false)
    case .unsignedExtract: emitUnsignedExtract(o, incoming)
    case .unsignedInsertZeros: emitUnsignedInsert(o)
    case .signedExtract64, .signedInsertZeros64: emitSigned(o, incoming, w: true)
    case .signedExtract32, .signedInsertZeros32: emitSigned(o, incoming, w: false)
    case .bitfieldInsert64: emitBitfieldInsert(o, isExtract: false, w: true)
    case .bitfieldInsert32: emitBitfieldInsert(o, isExtract: false, w: false)
    case .bitfieldExtractInsertLow64: emitBitfieldInsert(o, isExtract: true, w: true)
    case .bitfieldExtractInsertLow32: emitBitfieldInsert(o, isExtract: true, w: false)
    case .extract64: emitExtract(o, w: true)
    case .extract32: emitExtract(o, w: false)
    case .moveRegister64: emitMove(o, incoming, w: true)
    case .moveRegister32: emitMove(o, incoming, w: false)

    case .addWithCarry64, .addsWithCarry64: emitWithCarry(k, o, isAdd: true, w: true)
    case .addWithCarry32, .addsWithCarry32: emitWithCarry(k, o, isAdd: true, w: false)
    case .subtractWithCarry64, .subtractsWithCarry64: emitWithCarry(k, o, isAdd: false, w: true)
    case .subtractWithCarry32, .subtractsWithCarry32: emitWithCarry(k, o, isAdd: false, w: false)
    case .conditionalCompare64:
      emitConditionalCompare(k, o, incoming, isAdd: false, isImmediate: false, w: true)
    case .conditionalCompare32:
      emitConditionalCompare(k, o, incoming, isAdd: false, isImmediate: false, w: false)
    case .conditionalCompareImmediate64:
      emitConditionalCompare(k, o, incoming, isAdd: false, isImmediate: true, w: true)
    case .conditionalCompareImmediate32:
      emitConditionalCompare(k, o, incoming, isAdd: false, isImmediate: true, w: false)
    case .conditionalCompareNegative64:
      emitConditionalCompare(k, o, incoming, isAdd: true, isImmediate: false, w: true)
    case .conditionalCompareNegative32:
      emitConditionalCompare(k, o, incoming, isAdd: true, isImmediate: false, w: false)
    case .conditionalCompareNegativeImmediate64:
      emitConditionalCompare(k, o, incoming, isAdd: true, isImmediate: true, w: true)
    case .conditionalCompareNegativeImmediate32:
      emitConditionalCompare(k, o, incoming, isAdd: true, isImmediate: true, w: false)
    case .conditionalSelect64: emitSelect(o, incoming, .plain, w: true)
    case .conditionalSelect32: emitSelect(o, incoming, .plain, w: false)
    case .conditionalSelectIncrement64: emitSelect(o, incoming, .incremented, w: true)
    case .conditionalSelectIncrement32: emitSelect(o, incoming, .incremented, w: false)
    case .conditionalSelectInvert64: emitSelect(o, incoming, .inverted, w: true)
    case .conditionalSelectInvert32: emitSelect(o, incoming, .inverted, w: false)
    case .conditionalSelectNegate64: emitSelect(o, incoming, .negated, w: true)
    case .conditionalSelectNegate32: emitSelect(o, incoming, .negated, w: false)

    case .unsignedDivide64: emitDivide(o, isSigned: false, w: true)
    case .unsignedDivide32: emitDivide(o, isSigned: false, w: false)
    case .signedDivide64: emitDivide(o, isSigned: true, w: true)
    case .signedDivide32: emitDivide(o, isSigned: true, w: false)
    case .shiftLeftVariable64: emitShift(o, incoming, .shl, w: true)
    case .shiftLeftVariable32: emitShift(o, incoming, .shl, w: false)
    case .shiftRightVariable64: emitShift(o, incoming, .shr, w: true)
    case .shiftRightVariable32: emitShift(o, incoming, .shr, w: false)
    case .arithmeticShiftRightVariable64: emitShift(o, incoming, .sar, w: true)
    case .arithmeticShiftRightVariable32: emitShift(o, incoming, .sar, w: false)
    case .rotateRightVariable64: emitRotate(o, w: true)
    case .rotateRightVariable32: emitRotate(o, w: false)
    case .countLeadingZeros64: emitCountLeadingZeros(o, w: true)
    case .countLeadingZeros32: emitCountLeadingZeros(o, w: false)
    case .reverseBits64: emitReverseBits(o, w: true)
    case .reverseBits32: emitReverseBits(o, w: false)
    case .reverseBytes64: emitReverseBytes(o, w: true)
    case .reverseBytesWord: emitReverseBytes(o, w: false)
    case .reverseBytes32: emitReverseBytesOfWords(o)
    case .reverseBytes1664: emitReverseBytesOfHalves(o, w: true)
    case .reverseBytes1632: emitReverseBytesOfHalves(o, w: false)
    case .multiplyAdd64: emitMultiply(o, isAdd: true, w: true)
    case .multiplyAdd32: emitMultiply(o, isAdd: true, w: false)
    case .multiplySubtract64: emitMultiply(o, isAdd: false, w: true)
    case .multiplySubtract32: emitMultiply(o, isAdd: false, w: false)
    case .signedMultiplyAddLong: emitMultiplyLong(o, isAdd: true, isSigned: true)
    case .unsignedMultiplyAddLong: emitMultiplyLong(o, isAdd: true, isSigned: false)
    case .signedMultiplySubtractLong: emitMultiplyLong(o, isAdd: false, isSigned: true)
    case .unsignedMultiplySubtractLong: emitMultiplyLong(o, isAdd: false, isSigned: false)
    case .signedMultiplyHigh: emitMultiplyHigh(o, isSigned: true)
    case .unsignedMultiplyHigh: emitMultiplyHigh(o, isSigned: false)
    default: return false
    }
    return true
  }

  /// What accesses memory in other ways, what the system does, and steps.
  private func emitOther(_ k: Int, _ o: Operation, _ incoming: LiveFlags) {
    switch opcodes[k] {
    case .noOperation, .instructionBarrier, .barrier, .yieldHint: liveFlags = incoming
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
