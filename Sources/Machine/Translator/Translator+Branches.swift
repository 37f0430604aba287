// Branches: inside the page directly, to other pages by the fetch TLB. A block runs on past a conditional
// branch forward; where it branches back to its own beginning, its body is emitted twice, the second time
// with the guest's registers staying where they are for as long as it loops.

import Arm

extension Translator {
  /// Translates a branch. Whether the block ends with it.
  func emitBranch(_ k: Int, _ o: Operation) -> Bool {
    let opcode = opcodes[k]
    let distance = (first + k) * 4 + Int(Int64(bitPattern: o.immediate))
    switch opcode {
    case .branchLocal, .branchLinkLocal:
      if opcode == .branchLinkLocal { link(k) }
      writeBack()
      if let target = o.localTarget(at: first + k) { jumpLocal(target) }
      return true
    case .branch, .branchLink:
      if opcode == .branchLink { link(k) }
      writeBack()
      setTarget(distance)
      jumpFar()
      return true
    case .branchConditional where o.extra >= 14:
      // Always; the condition 0b1111 too.
      writeBack()
      setTarget(distance)
      jumpFar()
      return true
    case .branchRegister, .returnFromSubroutine, .branchLinkRegister:
      // The target may be X30.
      setTarget(register: o.rn)
      if opcode == .branchLinkRegister { link(k) }
      writeBack()
      jumpFar()
      return true
    default: break
    }
    let condition = branchCondition(opcode, o)
    if let target = o.localTarget(at: first + k) { return emitLocalBranch(k, condition, target) }
    branchAway(k, condition, .far(distance))
    return false
  }

  /// The condition on which a branch is taken, after what it tests was tested.
  private func branchCondition(_ opcode: Opcode, _ o: Operation) -> Condition {
    switch opcode {
    case .compareBranchZeroLocal64, .compareBranchZero64: condition(isZero: o.rn, w: true)
    case .compareBranchZeroLocal32, .compareBranchZero32: condition(isZero: o.rn, w: false)
    case .compareBranchNonZeroLocal64, .compareBranchNonZero64:
      condition(isZero: o.rn, w: true).inverted
    case .compareBranchNonZeroLocal32, .compareBranchNonZero32:
      condition(isZero: o.rn, w: false).inverted
    case .testBranchZeroLocal, .testBranchZero: condition(isBitZero: Int(o.extra), o.rn)
    case .testBranchNonZeroLocal, .testBranchNonZero:
      condition(isBitZero: Int(o.extra), o.rn).inverted
    case .branchConditional: condition(flags: Int(o.extra))
    default: condition(flags: Int(opcode.rawValue - Opcode.branchLocalEQ.rawValue))
    }
  }

  /// A conditional branch inside the page. Whether it ends the block.
  private func emitLocalBranch(_ k: Int, _ condition: Condition, _ target: Int) -> Bool {
    guard k == count - 1 else {
      branchAway(k, condition, .local(target))
      return false
    }
    let next = first + count
    if target == first {
      branchAway(k, condition.inverted, next == 1024 ? .far(4096) : .local(next))
      if isLoopBody {
        // The same operations were before the head.
        precondition(pendingFlags == loopFlags, "flags are not where they were at a loop's head")
        restoreLoopRegisters()
        jump(to: loopHead)
      } else {
        emitLoop()
      }
      return true
    }
    branchAway(k, condition, .local(target))
    writeBack()
    goOn(at: next)
    return true
  }

  /// The block once more, as a loop that begins with the registers as they are now.
  private func emitLoop() {
    isLoopBody = true
    loopRegisters = cached
    dirty = mappedRegisters().chosen
    loopHead = address
    loopFlags = pendingFlags
    let outOfBudget = takeOffBudget(count)
    stubs.append(
      Stub(
        kind: .outOfBudget, sites: Sites(outOfBudget), resume: address, ordinal: 0,
        spill: dirtyRegisters(), flags: pendingFlags))
    for k in 0..<count {
      locked = 0
      _ = emit(k)
    }
  }

  private func branchAway(_ k: Int, _ condition: Condition, _ kind: Stub.Kind) {
    stubs.append(
      Stub(
        kind: kind, sites: Sites(jump(condition)), resume: address, ordinal: k,
        spill: dirtyRegisters(), flags: pendingFlags))
  }
}

extension Opcode {
  /// Whether it goes elsewhere without an exception.
  var isBranch: Bool {
    rawValue >= Opcode.branchLocal.rawValue && rawValue <= Opcode.returnFromSubroutine.rawValue
  }
}
