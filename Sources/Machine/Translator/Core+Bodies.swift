// Operations that generated code asks for without the interpreter's loop around them: they touch registers
// only, or memory that is in the fast TLB.
//
// Where that is not so nothing has happened yet, and the operation is a step. So no exception, no device and
// no event is met here.

import Arm

extension Core {
  /// Executes an operation by its body. False: nothing happened. `rest` is the budget behind it.
  func executeBody(_ op: Operation, rest: Int) -> Bool {
    do throws(GuestException) {
      switch op.opcode {
      case .moveFromSystem:
        note(rest)
        guard let value = try readWithoutEffect(op.extra, rt: op.ra) else { return false }
        state[x: op.rd] = value
        return true
      case .moveToSystem:
        return try writeWithoutEffect(op.extra, state[x: op.rn], rt: op.ra)
      case .moveToPSTATE:
        // DAIFClr.
        guard op.rn == 3, op.rm == 7, state.el > 0 else { return false }
        return unmask(state.daif & ~((op.immediate & 0xF) << UInt64(ProcessState.daif.low)))
      case .loadExclusive: return loadExclusiveAtOnce(op, dataTLB)
      case .storeExclusive: return storeExclusiveAtOnce(op, dataTLB)
      case .loadExclusivePair: return loadExclusivePairAtOnce(op, dataTLB)
      case .storeExclusivePair: return storeExclusivePairAtOnce(op, dataTLB)
      case .compareAndSwap: return compareAndSwapAtOnce(op, dataTLB)
      case .compareAndSwapPair: return compareAndSwapPairAtOnce(op, dataTLB)
      default: return updateAtOnce(op, dataTLB)
      }
    } catch {
      return false
    }
  }

  /// What reads the time or a count of instructions sees this budget.
  private func note(_ rest: Int) {
    budgetLeft = rest
    bus.now = board.sliceEnd &- UInt64(truncatingIfNeeded: turnLeft)
  }
}
