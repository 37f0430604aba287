// Branches and exception generation. Arm ARM C4.1.

extension Decoder {
  static let branchRows: [Encoding] = [
    .init("B.cond", "01010100iiiiiiiiiiiiiiiiiii0cccc", .conditionalBranch),
    .init("SVC", "11010100000iiiiiiiiiiiiiiii00001", .exception(.supervisorCall)),
    .init("HVC", "11010100000iiiiiiiiiiiiiiii00010", .exception(.hypervisorCall)),
    .init("SMC", "11010100000iiiiiiiiiiiiiiii00011", .exception(.secureMonitorCall)),
    .init("BRK", "11010100001iiiiiiiiiiiiiiii00000", .exception(.breakpointInstruction)),
    .init("HLT", "11010100010iiiiiiiiiiiiiiii00000", .exception(.haltInstruction)),
    .init("BR", "1101011000011111000000nnnnn00000", .branchRegister(.branchRegister)),
    .init("BLR", "1101011000111111000000nnnnn00000", .branchRegister(.branchLinkRegister)),
    .init("RET", "1101011001011111000000nnnnn00000", .branchRegister(.returnFromSubroutine)),
    .init("ERET", "11010110100111110000001111100000", .plain(.exceptionReturn)),
    .init("B", "000101iiiiiiiiiiiiiiiiiiiiiiiiii", .branch(.branch)),
    .init("BL", "100101iiiiiiiiiiiiiiiiiiiiiiiiii", .branch(.branchLink)),
    .init(
      "CBZ", "z0110100iiiiiiiiiiiiiiiiiiittttt",
      .compareBranch(.compareBranchZero64, .compareBranchZero32)),
    .init(
      "CBNZ", "z0110101iiiiiiiiiiiiiiiiiiittttt",
      .compareBranch(.compareBranchNonZero64, .compareBranchNonZero32)),
    .init("TBZ", "b0110110bbbbbiiiiiiiiiiiiiittttt", .testBranch(.testBranchZero)),
    .init("TBNZ", "b0110111bbbbbiiiiiiiiiiiiiittttt", .testBranch(.testBranchNonZero)),
  ]

  static func conditionalBranch(_ word: UInt32) -> Operation {
    var operation = Operation(.branchConditional)
    operation.extra = UInt16(word.bits(3, 0))
    operation.immediate = word.signed(23, 5) &<< 2
    return operation
  }

  static func branch(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.immediate = word.signed(25, 0) &<< 2
    return operation
  }

  static func exception(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.immediate = UInt64(word.bits(20, 5))
    return operation
  }

  static func branchRegister(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.rn = word.source(5)
    return operation
  }

  static func compareBranch(_ word: UInt32, _ wide: Opcode, _ narrow: Opcode) -> Operation {
    var operation = Operation(word.bit(31) ? wide : narrow)
    operation.rn = word.source(0)
    operation.immediate = word.signed(23, 5) &<< 2
    return operation
  }

  static func testBranch(_ word: UInt32, _ opcode: Opcode) -> Operation {
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
