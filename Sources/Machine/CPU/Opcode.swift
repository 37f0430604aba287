// The interpreter's first-level operations: what the decoder turns a word into. One case per body
// in the big switch; width, sign and addressing mode are part of the case where it is hot, and in
// `extra` where it is not.

/// The first-level selector of the interpreter's switch.
public enum Opcode: UInt16, CaseIterable, Sendable {
  /// Not decoded yet. Must be zero: a zeroed page is an undecoded page.
  case undecoded = 0
  /// To be fetched again and executed alone, outside the code cache: it may leave SP misaligned.
  case alone
  /// An encoding that is UNDEFINED. `immediate` is the word.
  case unallocated
  /// FP or Advanced SIMD; `extra` is the `VectorOpcode`.
  case vector
  /// LD1-LD4, ST1-ST4 and their kin: as `vector`, and accesses memory.
  case vectorStructure

  // Data processing, immediate. Arm ARM C4.1.
  case address, addressPage, addImmediate64, addImmediate32, subtractImmediate64,
    subtractImmediate32, addsImmediate64, addsImmediate32, subtractsImmediate64,
    subtractsImmediate32, andImmediate64, andImmediate32, orrImmediate64, orrImmediate32,
    eorImmediate64, eorImmediate32, andsImmediate64, andsImmediate32, moveImmediate, moveKeep64,
    moveKeep32, unsignedExtract, unsignedInsertZeros, signedExtract64, signedExtract32,
    signedInsertZeros64, signedInsertZeros32, bitfieldInsert64, bitfieldInsert32,
    bitfieldExtractInsertLow64, bitfieldExtractInsertLow32, extract64, extract32

  // SUBS or CMP (immediate) and the B.NE or B.EQ after it, within a 4 KiB page: `extra` is the
  // branch's distance in operations.
  case subtractsImmediate64BranchNE, subtractsImmediate64BranchEQ, subtractsImmediate32BranchNE,
    subtractsImmediate32BranchEQ

  // Branches within a 4 KiB page: `immediate` is the distance in bytes of operations.
  case branchLocal, branchLinkLocal, branchLocalEQ, branchLocalNE, branchLocalCS, branchLocalCC,
    branchLocalMI, branchLocalPL, branchLocalVS, branchLocalVC, branchLocalHI, branchLocalLS,
    branchLocalGE, branchLocalLT, branchLocalGT, branchLocalLE, compareBranchZeroLocal64,
    compareBranchZeroLocal32, compareBranchNonZeroLocal64, compareBranchNonZeroLocal32,
    testBranchZeroLocal, testBranchNonZeroLocal

  // Branches to other pages: `immediate` is the distance in bytes of instructions.
  case branch, branchLink, branchConditional, compareBranchZero64, compareBranchZero32,
    compareBranchNonZero64, compareBranchNonZero32, testBranchZero, testBranchNonZero,
    branchRegister, branchLinkRegister, returnFromSubroutine

  // Exceptions and system instructions. Arm ARM C4.1.
  case supervisorCall, hypervisorCall, secureMonitorCall, breakpointInstruction, haltInstruction,
    exceptionReturn, noOperation, waitForEvent, waitForInterrupt, sendEvent, sendEventLocal,
    yieldHint, errorSynchronizationBarrier, clearExclusive, barrier, instructionBarrier,
    moveToPSTATE, systemInstruction, systemInstructionWithResult, moveToSystem, moveFromSystem

  // Loads of one register: base plus immediate, plus extended register, with write-back.
  case load64, load32, load16, load8, loadS32To64, loadS16To64, loadS16To32, loadS8To64, loadS8To32,
    load64Register, load32Register, load16Register, load8Register, loadS32To64Register,
    loadS16To64Register, loadS16To32Register, loadS8To64Register, loadS8To32Register,
    load64PreIndex, load32PreIndex, load16PreIndex, load8PreIndex, loadS32To64PreIndex,
    loadS16To64PreIndex, loadS16To32PreIndex, loadS8To64PreIndex, loadS8To32PreIndex,
    load64PostIndex, load32PostIndex, load16PostIndex, load8PostIndex, loadS32To64PostIndex,
    loadS16To64PostIndex, loadS16To32PostIndex, loadS8To64PostIndex, loadS8To32PostIndex

  // Stores of one register.
  case store64, store32, store16, store8, store64Register, store32Register, store16Register,
    store8Register, store64PreIndex, store32PreIndex, store16PreIndex, store8PreIndex,
    store64PostIndex, store32PostIndex, store16PostIndex, store8PostIndex

  // Loads from a literal. `immediate` is the distance.
  case loadLiteral64, loadLiteral32, loadLiteralS32, loadLiteralVector

  // Pairs.
  case loadPair64, loadPair64PreIndex, loadPair64PostIndex, loadPair32, loadPair32PreIndex,
    loadPair32PostIndex, loadPairS32, loadPairS32PreIndex, loadPairS32PostIndex, storePair64,
    storePair64PreIndex, storePair64PostIndex, storePair32, storePair32PreIndex,
    storePair32PostIndex

  // Unprivileged loads and stores; `ra` is the load kind.
  case loadUnprivileged, storeUnprivileged

  // SIMD&FP loads and stores; `ra` is log2 of the size, `extra` the mode.
  case loadVector, storeVector, loadVectorRegister, storeVectorRegister, loadVectorPair,
    storeVectorPair

  // Exclusives, ordered accesses and atomics; `extra` is log2 of the size.
  case loadExclusive, storeExclusive, loadExclusivePair, storeExclusivePair, loadAcquire,
    storeRelease, compareAndSwap, compareAndSwapPair, atomicAdd, atomicClear, atomicExclusiveOr,
    atomicSet, atomicSignedMaximum, atomicSignedMinimum, atomicUnsignedMaximum,
    atomicUnsignedMinimum, atomicSwap

  // Data processing, register. Arm ARM C4.1.
  case moveRegister64, moveRegister32, add64, add32, subtract64, subtract32, adds64, adds32,
    subtracts64, subtracts32, and64, and32, orr64, orr32, eor64, eor32, ands64, ands32

  // With a shifted operand: `extra` is shift type << 8 | amount.
  case addShifted64, addShifted32, subtractShifted64, subtractShifted32, addsShifted64,
    addsShifted32, subtractsShifted64, subtractsShifted32, andShifted64, andShifted32, orrShifted64,
    orrShifted32, eorShifted64, eorShifted32, andsShifted64, andsShifted32, bicShifted64,
    bicShifted32, ornShifted64, ornShifted32, eonShifted64, eonShifted32, bicsShifted64,
    bicsShifted32

  // With an extended operand: `extra` is option << 8 | shift.
  case addExtended64, addExtended32, subtractExtended64, subtractExtended32, addsExtended64,
    addsExtended32, subtractsExtended64, subtractsExtended32

  // The rest.
  case addWithCarry64, addWithCarry32, subtractWithCarry64, subtractWithCarry32, addsWithCarry64,
    addsWithCarry32, subtractsWithCarry64, subtractsWithCarry32, conditionalCompareNegative64,
    conditionalCompareNegative32, conditionalCompare64, conditionalCompare32,
    conditionalCompareNegativeImmediate64, conditionalCompareNegativeImmediate32,
    conditionalCompareImmediate64, conditionalCompareImmediate32, conditionalSelect64,
    conditionalSelect32, conditionalSelectIncrement64, conditionalSelectIncrement32,
    conditionalSelectInvert64, conditionalSelectInvert32, conditionalSelectNegate64,
    conditionalSelectNegate32, unsignedDivide64, unsignedDivide32, signedDivide64, signedDivide32,
    shiftLeftVariable64, shiftLeftVariable32, shiftRightVariable64, shiftRightVariable32,
    arithmeticShiftRightVariable64, arithmeticShiftRightVariable32, rotateRightVariable64,
    rotateRightVariable32, reverseBits64, reverseBits32, reverseBytes1664, reverseBytes1632,
    countLeadingZeros64, countLeadingZeros32, countLeadingSigns64, countLeadingSigns32,
    multiplyAdd64, multiplyAdd32, multiplySubtract64, multiplySubtract32, reverseBytes32,
    reverseBytes64, reverseBytesWord, signedMultiplyAddLong, signedMultiplySubtractLong,
    unsignedMultiplyAddLong, unsignedMultiplySubtractLong, signedMultiplyHigh, unsignedMultiplyHigh,
    crc32, crc32c

}
