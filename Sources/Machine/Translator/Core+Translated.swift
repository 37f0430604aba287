// Running translated code, and the interpreter for what is not.
//
// Surprising: the interpreter has no part in counting. A block that is not translated yet is interpreted
// with a budget of its length, and counted here.

import Arm

/// One operation by the interpreter, for generated code. 0: go on with the next one. Nothing is thrown
/// through the frames of generated code: what an operation raises has been taken when it returns.
private let stepFunction: @convention(c) (UnsafeRawPointer, Int, Int, Int) -> Int32 = {
  core, operations, offset, budget in
  unsafe Unmanaged<Core>.fromOpaque(core)._withUnsafeGuaranteedRef {
    $0.step(operations, offset, budget)
  }
}

/// The body of an FP or Advanced SIMD operation, for generated code. 1: it throws.
private let vectorFunction: @convention(c) (UnsafeRawPointer, UnsafeRawPointer) -> Int32 = {
  core, operation in
  unsafe Unmanaged<Core>.fromOpaque(core)._withUnsafeGuaranteedRef { core in
    do throws(GuestException) {
      try core.executeVector(unsafe operation.assumingMemoryBound(to: Operation.self).pointee)
      return 0
    } catch {
      return 1
    }
  }
}

/// An operation without the loop around it, for generated code. 1: nothing happened.
private let bodyFunction: @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Int32 = {
  core, operation, rest in
  unsafe Unmanaged<Core>.fromOpaque(core)._withUnsafeGuaranteedRef {
    $0.executeBody(unsafe operation.assumingMemoryBound(to: Operation.self).pointee, rest: rest)
      ? 0 : 1
  }
}

extension CalledFunctions {
  /// The addresses of this program's own.
  static var own: CalledFunctions {
    CalledFunctions(
      step: unsafe unsafeBitCast(stepFunction, to: UInt.self),
      vector: unsafe unsafeBitCast(vectorFunction, to: UInt.self),
      body: unsafe unsafeBitCast(bodyFunction, to: UInt.self))
  }
}

extension Core {
  /// Executes at most `budgetLeft` instructions with the board's engine.
  func execute() {
    if let translator = board.translator { executeTranslated(translator) } else { executeLoop() }
  }

  /// One operation of a page, the one at `offset` bytes of instructions. `budget` is exact: the
  /// operation's own instruction is still in it.
  fileprivate func step(_ operations: Int, _ offset: Int, _ budget: Int) -> Int32 {
    let pc = self[context: ContextWord.page] &+ UInt64(truncatingIfNeeded: offset)
    state.pc = pc
    let rest = budget &- 1
    budgetReserve = rest
    budgetLeft = 1
    let invalidations = board.codeCache.invalidations
    executeLoop(single: Position(pc: pc, operations: operations, budget: 1))
    let left = budgetLeft &+ budgetReserve
    budgetReserve = 0
    budgetLeft = left
    self[context: ContextWord.budget] = UInt64(bitPattern: Int64(left))
    let goesOn =
      state.pc == pc &+ 4 && left == rest && board.codeCache.invalidations == invalidations
    return goesOn && !needsToLeave ? 0 : 1
  }

  /// As `executeLoop`, with translated code.
  private func executeTranslated(_ translator: any Translator) {
    self[context: ContextWord.core] = UInt64(
      UInt(bitPattern: unsafe Unmanaged.passUnretained(self).toOpaque()))
    self[context: ContextWord.step] = UInt64(translator.functions.step)
    self[context: ContextWord.vector] = UInt64(translator.functions.vector)
    self[context: ContextWord.body] = UInt64(translator.functions.body)
    self[context: ContextWord.sliceEnd] = board.sliceEnd
    while budgetLeft > 0 {
      if needsToLeave, !prepareToExecute() { return }
      let tlb = dataTLB
      var operations = isStepping ? 0 : tlb.operations(for: state.pc)
      if operations == 0 {
        do throws(GuestException) {
          operations = try findCode(state.pc)
        } catch {
          budgetLeft &-= 1
          takeException(error)
          continue
        }
      }
      guard operations != 0, let page = CodePage(address: operations) else {
        stepUncached()
        continue
      }
      let index = Int(state.pc & 0xFFC) / 4
      guard let length = blockLength(page, index, translator) else {
        stepUncached()
        continue
      }
      var code = page.entry(index)
      if code == translator.exitEntry {
        if page.executions(index) < translator.threshold {
          page.noteExecution(index)
          guard interpret(length) else { return }
          continue
        }
        if translator.isFull { board.removeTranslations() }
        // Its length is forgotten with the others.
        page.setBlockLength(index, length)
        code = translator.translate(page, index, length)
      }
      if budgetLeft < length {
        guard interpret(budgetLeft) else { return }
        continue
      }
      self[context: ContextWord.page] = state.pc & ~0xFFF
      self[context: ContextWord.codeTLB] = UInt64(unsafe UInt(bitPattern: tlb.code))
      self[context: ContextWord.dataTLB] = UInt64(unsafe UInt(bitPattern: tlb.data))
      unsafe translator.enter(state.words, code, budget: budgetLeft)
      budgetLeft = Int(Int64(bitPattern: self[context: ContextWord.budget]))
    }
  }

  /// How many operations the block at an index has; nil where none may be cached.
  private func blockLength(_ page: CodePage, _ index: Int, _ translator: any Translator) -> Int? {
    var length = page.blockLength(index)
    if length == 0 {
      length = translator.scan(self, page, index, state.pc & ~0xFFF)
      page.setBlockLength(index, length)
    }
    return length == 0 ? nil : length
  }

  /// Interprets at most so many instructions. False when the core must not go on.
  private func interpret(_ count: Int) -> Bool {
    let clip = min(count, budgetLeft)
    let rest = budgetLeft &- clip
    budgetReserve = rest
    budgetLeft = clip
    executeLoop()
    let isDone = budgetLeft <= 0
    budgetLeft &+= rest
    budgetReserve = 0
    return isDone
  }

  /// A word before the state.
  @inline(__always) subscript(context word: Int) -> UInt64 {
    get { unsafe state.words[word] }
    set { unsafe state.words[word] = newValue }
  }
}
