// A comparison and the branch on its outcome, executed as one operation. The branch keeps its own
// operation, for those who jump to it and for a budget that ends between the two.

extension Decoder {
  /// Whether `fuse` may want the operation after this one.
  static func canFuse(_ operation: Operation) -> Bool {
    operation.opcode == .subtractsImmediate64 || operation.opcode == .subtractsImmediate32
  }

  /// Both operations as one; the first as it is where there is no such operation.
  static func fuse(_ first: Operation, _ second: Operation) -> Operation {
    let is64 = first.opcode == .subtractsImmediate64
    var fused = first
    switch second.opcode {
    case .branchLocalNE:
      fused.opcode = is64 ? .subtractsImmediate64BranchNE : .subtractsImmediate32BranchNE
    case .branchLocalEQ:
      fused.opcode = is64 ? .subtractsImmediate64BranchEQ : .subtractsImmediate32BranchEQ
    default: return first
    }
    let distance = Int64(bitPattern: second.immediate) / Int64(Position.stride)
    fused.extra = UInt16(bitPattern: Int16(distance))
    return fused
  }
}
