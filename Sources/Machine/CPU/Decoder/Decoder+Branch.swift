// Branches and exception generation. Arm ARM C4.1.

extension Decoder {
  static let branchRows: [Encoding] = [
    .init("B.cond", "01010100iiiiiiiiiiiiiiiiiii0cccc") {
      var operation = Operation(.branchConditional)
      operation.extra = UInt16($0.bits(3, 0))
      operation.immediate = $0.signed(23, 5) &<< 2
      return operation
    },
    .init("SVC", "11010100000iiiiiiiiiiiiiiii00001") { exception($0, .supervisorCall) },
    .init("HVC", "11010100000iiiiiiiiiiiiiiii00010") { exception($0, .hypervisorCall) },
    .init("SMC", "11010100000iiiiiiiiiiiiiiii00011") { exception($0, .secureMonitorCall) },
    .init("BRK", "11010100001iiiiiiiiiiiiiiii00000") { exception($0, .breakpointInstruction) },
    .init("HLT", "11010100010iiiiiiiiiiiiiiii00000") { exception($0, .haltInstruction) },
    .init("BR", "1101011000011111000000nnnnn00000") { branchRegister($0, .branchRegister) },
    .init("BLR", "1101011000111111000000nnnnn00000") { branchRegister($0, .branchLinkRegister) },
    .init("RET", "1101011001011111000000nnnnn00000") { branchRegister($0, .returnFromSubroutine) },
    .init("ERET", "11010110100111110000001111100000") { _ in Operation(.exceptionReturn) },
    .init("B", "000101iiiiiiiiiiiiiiiiiiiiiiiiii") {
      var operation = Operation(.branch)
      operation.immediate = $0.signed(25, 0) &<< 2
      return operation
    },
    .init("BL", "100101iiiiiiiiiiiiiiiiiiiiiiiiii") {
      var operation = Operation(.branchLink)
      operation.immediate = $0.signed(25, 0) &<< 2
      return operation
    },
    .init("CBZ", "z0110100iiiiiiiiiiiiiiiiiiittttt") {
      compareBranch($0, .compareBranchZero64, .compareBranchZero32)
    },
    .init("CBNZ", "z0110101iiiiiiiiiiiiiiiiiiittttt") {
      compareBranch($0, .compareBranchNonZero64, .compareBranchNonZero32)
    },
    .init("TBZ", "b0110110bbbbbiiiiiiiiiiiiiittttt") { testBranch($0, .testBranchZero) },
    .init("TBNZ", "b0110111bbbbbiiiiiiiiiiiiiittttt") { testBranch($0, .testBranchNonZero) },
  ]

  private static func exception(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.immediate = UInt64(word.bits(20, 5))
    return operation
  }

  private static func branchRegister(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.rn = word.source(5)
    return operation
  }

  private static func compareBranch(_ word: UInt32, _ wide: Opcode, _ narrow: Opcode) -> Operation {
    var operation = Operation(word.bit(31) ? wide : narrow)
    operation.rn = word.source(0)
    operation.immediate = word.signed(23, 5) &<< 2
    return operation
  }

  private static func testBranch(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.rn = word.source(0)
    operation.extra = UInt16(word.bits(31, 31) << 5 | word.bits(23, 19))
    operation.immediate = word.signed(18, 5) &<< 2
    return operation
  }

  /// A branch whose target is in the page of the operation at `index` becomes a local one, whose
  /// distance is in bytes of operations from the one after it.
  static func localise(_ operation: Operation, at index: Int) -> Operation {
    guard let local = localForm(operation) else { return operation }
    let distance = Int(Int64(bitPattern: operation.immediate)) / 4
    guard (0..<1024).contains(index + distance) else { return operation }
    var result = operation
    result.opcode = local
    result.immediate = UInt64(
      bitPattern: Int64((distance - 1) * MemoryLayout<Operation>.stride))
    return result
  }

  private static func localForm(_ operation: Operation) -> Opcode? {
    switch operation.opcode {
    case .branch: return .branchLocal
    case .branchLink: return .branchLinkLocal
    case .compareBranchZero64: return .compareBranchZeroLocal64
    case .compareBranchZero32: return .compareBranchZeroLocal32
    case .compareBranchNonZero64: return .compareBranchNonZeroLocal64
    case .compareBranchNonZero32: return .compareBranchNonZeroLocal32
    case .testBranchZero: return .testBranchZeroLocal
    case .testBranchNonZero: return .testBranchNonZeroLocal
    case .branchConditional:
      let forms: [Opcode] = [
        .branchLocalEQ, .branchLocalNE, .branchLocalCS, .branchLocalCC, .branchLocalMI,
        .branchLocalPL, .branchLocalVS, .branchLocalVC, .branchLocalHI, .branchLocalLS,
        .branchLocalGE, .branchLocalLT, .branchLocalGT, .branchLocalLE, .branchLocal, .branchLocal,
      ]
      return forms[Int(operation.extra & 15)]
    default: return nil
    }
  }
}
