// The interpreter's loop: one exhaustive switch over predecoded operations.
//
// `position` lives in registers: where we are, where the page and the budget end. A case either
// falls out of the switch (next operation), jumps, or leaves the loop with `continue outer` after
// storing the program counter. What throws is caught once, below the switch.
// Inside the loop no interrupt, timer or device needs a look: whatever could change one of them
// leaves the loop (`needsToLeave`).
//
// It is as long as its table of operations: a switch in two functions would dispatch twice.

import Arm

extension Core {
  /// Executes at most `budget` instructions, fewer when the core starts to wait or something
  /// outside must look at it. `budgetLeft` says how many were not used.
  ///
  /// Two rules that every engine keeps: the fetch translation of a page is looked up where execution enters
  /// it and where the loop begins again, and nowhere else; whether something asks the loop to leave is
  /// looked at after each access that left the fast path, and after each system instruction.
  ///
  /// `single` is a place to execute from first, with a budget of its own: one instruction that
  /// is not in the code cache.
  func executeLoop(single: Position? = nil) {
    let s = state
    var single = single
    outer: while budgetLeft > 0 {
      if single == nil, needsToLeave, !prepareToExecute() { return }
      wantsToLeave = false
      let tlb = dataTLB
      var position: Position
      do throws(GuestException) {
        if let place = single {
          position = place
          single = nil
        } else if let place = try enter(s.pc, tlb) {
          position = place
        } else {
          stepUncached()
          continue outer
        }
      } catch {
        budgetLeft &-= 1
        takeException(error)
        continue outer
      }
      do throws(GuestException) {
        while position.isInside {
          let op = position.next()
          switch op.opcode {
          case .undecoded:
            position.stepBack()
            decode(at: position)
          case .alone:
            position.stepBack()
            leave(to: position.nextPC, position)
            stepUncached()
            continue outer
          case .unallocated:
            throw .undefined
          case .vector:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeVector(op.operation)
          case .vectorStructure:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            synchronize(position)
            try executeVector(op.operation)
            if wantsToLeave { position.limit = position.cursor }

          case .address:
            s[x: op.rd] = position.pc &+ op.immediate
          case .addressPage:
            s[x: op.rd] = (position.pc & ~0xFFF) &+ op.immediate
          case .addImmediate64:
            s[x: op.rd] = s[x: op.rn] &+ op.immediate
          case .addImmediate32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &+ op.immediate))
          case .subtractImmediate64:
            s[x: op.rd] = s[x: op.rn] &- op.immediate
          case .subtractImmediate32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &- op.immediate))
          case .addsImmediate64:
            s[x: op.rd] = addFlags64(s, s[x: op.rn], op.immediate)
          case .addsImmediate32:
            s[x: op.rd] = addFlags32(s, s[x: op.rn], op.immediate)
          case .subtractsImmediate64:
            s[x: op.rd] = subtractFlags64(s, s[x: op.rn], op.immediate)
          case .subtractsImmediate32:
            s[x: op.rd] = subtractFlags32(s, s[x: op.rn], op.immediate)
          case .andImmediate64:
            s[x: op.rd] = s[x: op.rn] & op.immediate
          case .andImmediate32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] & op.immediate))
          case .orrImmediate64:
            s[x: op.rd] = s[x: op.rn] | op.immediate
          case .orrImmediate32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] | op.immediate))
          case .eorImmediate64:
            s[x: op.rd] = s[x: op.rn] ^ op.immediate
          case .eorImmediate32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] ^ op.immediate))
          case .subtractsImmediate64BranchNE:
            s[x: op.rd] = subtractFlags64(s, s[x: op.rn], op.immediate)
            if position.isInside { position.branchNext(s.z != 0, op.extra) }
          case .subtractsImmediate64BranchEQ:
            s[x: op.rd] = subtractFlags64(s, s[x: op.rn], op.immediate)
            if position.isInside { position.branchNext(s.z == 0, op.extra) }
          case .subtractsImmediate32BranchNE:
            s[x: op.rd] = subtractFlags32(s, s[x: op.rn], op.immediate)
            if position.isInside { position.branchNext(s.z != 0, op.extra) }
          case .subtractsImmediate32BranchEQ:
            s[x: op.rd] = subtractFlags32(s, s[x: op.rn], op.immediate)
            if position.isInside { position.branchNext(s.z == 0, op.extra) }
          case .andsImmediate64:
            s[x: op.rd] = logicalFlags64(s, s[x: op.rn] & op.immediate)
          case .andsImmediate32:
            s[x: op.rd] = logicalFlags32(s, s[x: op.rn] & op.immediate)
          case .moveImmediate:
            s[x: op.rd] = op.immediate
          case .moveKeep64:
            s[x: op.rd] = s[x: op.rn] & ~(0xFFFF &<< UInt64(op.extra)) | op.immediate
          case .moveKeep32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: s[x: op.rn] & ~(0xFFFF &<< UInt64(op.extra)) | op.immediate))
          case .unsignedExtract:
            s[x: op.rd] = (s[x: op.rn] &>> UInt64(op.extra)) & op.immediate
          case .unsignedInsertZeros:
            s[x: op.rd] = (s[x: op.rn] & op.immediate) &<< UInt64(op.extra)
          case .signedExtract64:
            s[x: op.rd] = UInt64(
              bitPattern: Int64(bitPattern: s[x: op.rn] &<< UInt64(op.extra))
                &>> Int64(bitPattern: op.immediate))
          case .signedExtract32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: Int64(bitPattern: s[x: op.rn] &<< UInt64(op.extra))
                  &>> Int64(bitPattern: op.immediate)))
          case .signedInsertZeros64:
            s[x: op.rd] = UInt64(
              bitPattern: Int64(bitPattern: s[x: op.rn] &<< UInt64(op.extra))
                &>> Int64(bitPattern: op.immediate))
          case .signedInsertZeros32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: Int64(bitPattern: s[x: op.rn] &<< UInt64(op.extra))
                  &>> Int64(bitPattern: op.immediate)))
          case .bitfieldInsert64:
            s[x: op.rd] =
              s[x: op.ra] & ~op.immediate | (s[x: op.rn] &<< UInt64(op.extra)) & op.immediate
          case .bitfieldInsert32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: s[x: op.ra] & ~op.immediate | (s[x: op.rn] &<< UInt64(op.extra))
                  & op.immediate))
          case .bitfieldExtractInsertLow64:
            s[x: op.rd] =
              s[x: op.ra] & ~op.immediate | (s[x: op.rn] &>> UInt64(op.extra)) & op.immediate
          case .bitfieldExtractInsertLow32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: s[x: op.ra] & ~op.immediate | (s[x: op.rn] &>> UInt64(op.extra))
                  & op.immediate))
          case .extract64:
            s[x: op.rd] = extract64(s[x: op.rn], s[x: op.rm], UInt64(op.extra))
          case .extract32:
            s[x: op.rd] = extract32(s[x: op.rn], s[x: op.rm], UInt64(op.extra))

          case .branchLocal:
            position.jumpLocal(op.immediate)
          case .branchLinkLocal:
            s[x: 30] = position.nextPC
            position.jumpLocal(op.immediate)
          case .branchLocalEQ:
            if s.z == 0 { position.jumpLocal(op.immediate) }
          case .branchLocalNE:
            if s.z != 0 { position.jumpLocal(op.immediate) }
          case .branchLocalCS:
            if s.c != 0 { position.jumpLocal(op.immediate) }
          case .branchLocalCC:
            if s.c == 0 { position.jumpLocal(op.immediate) }
          case .branchLocalMI:
            if Int64(bitPattern: s.n) < 0 { position.jumpLocal(op.immediate) }
          case .branchLocalPL:
            if Int64(bitPattern: s.n) >= 0 { position.jumpLocal(op.immediate) }
          case .branchLocalVS:
            if Int64(bitPattern: s.v) < 0 { position.jumpLocal(op.immediate) }
          case .branchLocalVC:
            if Int64(bitPattern: s.v) >= 0 { position.jumpLocal(op.immediate) }
          case .branchLocalHI:
            if s.c != 0 && s.z != 0 { position.jumpLocal(op.immediate) }
          case .branchLocalLS:
            if s.c == 0 || s.z == 0 { position.jumpLocal(op.immediate) }
          case .branchLocalGE:
            if Int64(bitPattern: s.n ^ s.v) >= 0 { position.jumpLocal(op.immediate) }
          case .branchLocalLT:
            if Int64(bitPattern: s.n ^ s.v) < 0 { position.jumpLocal(op.immediate) }
          case .branchLocalGT:
            if s.z != 0 && Int64(bitPattern: s.n ^ s.v) >= 0 { position.jumpLocal(op.immediate) }
          case .branchLocalLE:
            if s.z == 0 || Int64(bitPattern: s.n ^ s.v) < 0 { position.jumpLocal(op.immediate) }
          case .compareBranchZeroLocal64:
            if s[x: op.rn] == 0 { position.jumpLocal(op.immediate) }
          case .compareBranchZeroLocal32:
            if UInt32(truncatingIfNeeded: s[x: op.rn]) == 0 { position.jumpLocal(op.immediate) }
          case .compareBranchNonZeroLocal64:
            if s[x: op.rn] != 0 { position.jumpLocal(op.immediate) }
          case .compareBranchNonZeroLocal32:
            if UInt32(truncatingIfNeeded: s[x: op.rn]) != 0 { position.jumpLocal(op.immediate) }
          case .testBranchZeroLocal:
            if (s[x: op.rn] &>> UInt64(op.extra)) & 1 == 0 { position.jumpLocal(op.immediate) }
          case .testBranchNonZeroLocal:
            if (s[x: op.rn] &>> UInt64(op.extra)) & 1 != 0 { position.jumpLocal(op.immediate) }

          case .branch:
            let target = position.pc &+ op.immediate
            if !position.jump(to: target, tlb) {
              leave(to: target, position)
              continue outer
            }
          case .branchLink:
            s[x: 30] = position.nextPC
            let target = position.pc &+ op.immediate
            if !position.jump(to: target, tlb) {
              leave(to: target, position)
              continue outer
            }
          case .branchConditional:
            if conditionHolds(s, op.extra),
              !branch(by: op.immediate, tlb, &position)
            {
              continue outer
            }
          case .compareBranchZero64:
            if s[x: op.rn] == 0, !branch(by: op.immediate, tlb, &position) { continue outer }
          case .compareBranchZero32:
            if UInt32(truncatingIfNeeded: s[x: op.rn]) == 0,
              !branch(by: op.immediate, tlb, &position)
            {
              continue outer
            }
          case .compareBranchNonZero64:
            if s[x: op.rn] != 0, !branch(by: op.immediate, tlb, &position) { continue outer }
          case .compareBranchNonZero32:
            if UInt32(truncatingIfNeeded: s[x: op.rn]) != 0,
              !branch(by: op.immediate, tlb, &position)
            {
              continue outer
            }
          case .testBranchZero:
            if (s[x: op.rn] &>> UInt64(op.extra)) & 1 == 0,
              !branch(by: op.immediate, tlb, &position)
            {
              continue outer
            }
          case .testBranchNonZero:
            if (s[x: op.rn] &>> UInt64(op.extra)) & 1 != 0,
              !branch(by: op.immediate, tlb, &position)
            {
              continue outer
            }
          case .branchRegister, .returnFromSubroutine:
            let target = s[x: op.rn]
            if !position.jump(to: target, tlb) {
              leave(to: target, position)
              continue outer
            }
          case .branchLinkRegister:
            let target = s[x: op.rn]
            s[x: 30] = position.nextPC
            if !position.jump(to: target, tlb) {
              leave(to: target, position)
              continue outer
            }

          case .supervisorCall:
            throw supervisorCallException(op.immediate)
          case .hypervisorCall:
            throw hypervisorCallException(op.immediate)
          case .secureMonitorCall:
            throw secureMonitorCallException(op.immediate)
          case .breakpointInstruction:
            throw breakpointException(op.immediate)
          case .haltInstruction:
            throw .undefined
          case .exceptionReturn:
            synchronize(position)
            try returnFromException()
            leave(to: s.pc, position)
            continue outer
          case .noOperation, .clearExclusive, .barrier, .yieldHint, .sendEvent, .sendEventLocal:
            if op.opcode != .noOperation { executeHint(op.opcode) }
          case .waitForEvent:
            synchronize(position)
            if try waitForEvent() {
              leave(to: position.nextPC, position)
              continue outer
            }
          case .waitForInterrupt:
            synchronize(position)
            if try waitForInterrupt() {
              leave(to: position.nextPC, position)
              continue outer
            }
          case .errorSynchronizationBarrier:
            if hasErrorToSynchronize {
              synchronize(position)
              synchronizeErrors()
              if needsToLeave {
                leave(to: position.nextPC, position)
                continue outer
              }
            }
          case .instructionBarrier:
            break
          case .moveToPSTATE:
            synchronize(position)
            try writePSTATEImmediate(op1: op.rn, op2: op.rm, op.immediate)
            if needsToLeave {
              leave(to: position.nextPC, position)
              continue outer
            }
          case .systemInstruction where isMaintainedAtOnce(op.extra, s[x: op.rn], tlb):
            break
          case .systemInstruction:
            synchronize(position)
            try executeSystemInstruction(op.extra, s[x: op.rn], rt: op.ra)
            if needsToLeave {
              leave(to: position.nextPC, position)
              continue outer
            }
          case .systemInstructionWithResult:
            synchronize(position)
            s[x: op.rd] = try executeSystemInstructionWithResult(op.extra, rt: op.ra)
          case .moveToSystem:
            synchronize(position)
            try writeSystemRegister(op.extra, s[x: op.rn], rt: op.ra)
            if needsToLeave {
              leave(to: position.nextPC, position)
              continue outer
            }
          case .moveFromSystem:
            if let word = SystemRegisterTable.shared.plainWord(op.extra, level: s.el) {
              s[x: op.rd] = s[word: word]
              continue
            }
            if let count = counterAtOnce(op.extra, left: position.budgetLeft) {
              s[x: op.rd] = count
              continue
            }
            synchronize(position)
            s[x: op.rd] = try readSystemRegister(op.extra, rt: op.ra)
            if needsToLeave {
              leave(to: position.nextPC, position)
              continue outer
            }

          case .load64:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load64(address, tlb, &position)
            s[x: op.rd] = value
          case .load32:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load32(address, tlb, &position)
            s[x: op.rd] = value
          case .load16:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load16(address, tlb, &position)
            s[x: op.rd] = value
          case .load8:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load8(address, tlb, &position)
            s[x: op.rd] = value
          case .loadS32To64:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load32(address, tlb, &position)
            s[x: op.rd] = signExtend32(value)
          case .loadS16To64:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load16(address, tlb, &position)
            s[x: op.rd] = signExtend16(value)
          case .loadS16To32:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load16(address, tlb, &position)
            s[x: op.rd] = signExtend16(value) & 0xFFFF_FFFF
          case .loadS8To64:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load8(address, tlb, &position)
            s[x: op.rd] = signExtend8(value)
          case .loadS8To32:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load8(address, tlb, &position)
            s[x: op.rd] = signExtend8(value) & 0xFFFF_FFFF
          case .store64:
            let address = s[x: op.rn] &+ op.immediate
            try store64(address, s[x: op.rd], tlb, &position)
          case .store32:
            let address = s[x: op.rn] &+ op.immediate
            try store32(address, s[x: op.rd], tlb, &position)
          case .store16:
            let address = s[x: op.rn] &+ op.immediate
            try store16(address, s[x: op.rd], tlb, &position)
          case .store8:
            let address = s[x: op.rn] &+ op.immediate
            try store8(address, s[x: op.rd], tlb, &position)
          case .load64Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load64(address, tlb, &position)
            s[x: op.rd] = value
          case .load32Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load32(address, tlb, &position)
            s[x: op.rd] = value
          case .load16Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load16(address, tlb, &position)
            s[x: op.rd] = value
          case .load8Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load8(address, tlb, &position)
            s[x: op.rd] = value
          case .loadS32To64Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load32(address, tlb, &position)
            s[x: op.rd] = signExtend32(value)
          case .loadS16To64Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load16(address, tlb, &position)
            s[x: op.rd] = signExtend16(value)
          case .loadS16To32Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load16(address, tlb, &position)
            s[x: op.rd] = signExtend16(value) & 0xFFFF_FFFF
          case .loadS8To64Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load8(address, tlb, &position)
            s[x: op.rd] = signExtend8(value)
          case .loadS8To32Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            let value = try load8(address, tlb, &position)
            s[x: op.rd] = signExtend8(value) & 0xFFFF_FFFF
          case .store64Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            try store64(address, s[x: op.rd], tlb, &position)
          case .store32Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            try store32(address, s[x: op.rd], tlb, &position)
          case .store16Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            try store16(address, s[x: op.rd], tlb, &position)
          case .store8Register:
            let address = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
            try store8(address, s[x: op.rd], tlb, &position)
          case .load64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load64(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = value
          case .load32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load32(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = value
          case .load16PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load16(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = value
          case .load8PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load8(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = value
          case .loadS32To64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load32(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = signExtend32(value)
          case .loadS16To64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load16(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = signExtend16(value)
          case .loadS16To32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load16(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = signExtend16(value) & 0xFFFF_FFFF
          case .loadS8To64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load8(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = signExtend8(value)
          case .loadS8To32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let value = try load8(address, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = signExtend8(value) & 0xFFFF_FFFF
          case .store64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            try store64(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address
          case .store32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            try store32(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address
          case .store16PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            try store16(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address
          case .store8PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            try store8(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address
          case .load64PostIndex:
            let address = s[x: op.rn]
            let value = try load64(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = value
          case .load32PostIndex:
            let address = s[x: op.rn]
            let value = try load32(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = value
          case .load16PostIndex:
            let address = s[x: op.rn]
            let value = try load16(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = value
          case .load8PostIndex:
            let address = s[x: op.rn]
            let value = try load8(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = value
          case .loadS32To64PostIndex:
            let address = s[x: op.rn]
            let value = try load32(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = signExtend32(value)
          case .loadS16To64PostIndex:
            let address = s[x: op.rn]
            let value = try load16(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = signExtend16(value)
          case .loadS16To32PostIndex:
            let address = s[x: op.rn]
            let value = try load16(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = signExtend16(value) & 0xFFFF_FFFF
          case .loadS8To64PostIndex:
            let address = s[x: op.rn]
            let value = try load8(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = signExtend8(value)
          case .loadS8To32PostIndex:
            let address = s[x: op.rn]
            let value = try load8(address, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = signExtend8(value) & 0xFFFF_FFFF
          case .store64PostIndex:
            let address = s[x: op.rn]
            try store64(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address &+ op.immediate
          case .store32PostIndex:
            let address = s[x: op.rn]
            try store32(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address &+ op.immediate
          case .store16PostIndex:
            let address = s[x: op.rn]
            try store16(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address &+ op.immediate
          case .store8PostIndex:
            let address = s[x: op.rn]
            try store8(address, s[x: op.rd], tlb, &position)
            s[x: op.rn] = address &+ op.immediate
          case .loadLiteral64:
            s[x: op.rd] = try load64(position.pc &+ op.immediate, tlb, &position)
          case .loadLiteral32:
            s[x: op.rd] = try load32(position.pc &+ op.immediate, tlb, &position)
          case .loadLiteralS32:
            s[x: op.rd] = signExtend32(try load32(position.pc &+ op.immediate, tlb, &position))
          case .loadPair64:
            let address = s[x: op.rn] &+ op.immediate
            let first = try load64(address, tlb, &position)
            let second = try load64(address &+ 8, tlb, &position)
            s[x: op.rd] = first
            s[x: op.ra] = second
          case .loadPair64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let first = try load64(address, tlb, &position)
            let second = try load64(address &+ 8, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = first
            s[x: op.ra] = second
          case .loadPair64PostIndex:
            let address = s[x: op.rn]
            let first = try load64(address, tlb, &position)
            let second = try load64(address &+ 8, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = first
            s[x: op.ra] = second
          case .loadPair32:
            let address = s[x: op.rn] &+ op.immediate
            let first = try load32(address, tlb, &position)
            let second = try load32(address &+ 4, tlb, &position)
            s[x: op.rd] = first
            s[x: op.ra] = second
          case .loadPair32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let first = try load32(address, tlb, &position)
            let second = try load32(address &+ 4, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = first
            s[x: op.ra] = second
          case .loadPair32PostIndex:
            let address = s[x: op.rn]
            let first = try load32(address, tlb, &position)
            let second = try load32(address &+ 4, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = first
            s[x: op.ra] = second
          case .loadPairS32:
            let address = s[x: op.rn] &+ op.immediate
            let first = try load32(address, tlb, &position)
            let second = try load32(address &+ 4, tlb, &position)
            s[x: op.rd] = signExtend32(first)
            s[x: op.ra] = signExtend32(second)
          case .loadPairS32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            let first = try load32(address, tlb, &position)
            let second = try load32(address &+ 4, tlb, &position)
            s[x: op.rn] = address
            s[x: op.rd] = signExtend32(first)
            s[x: op.ra] = signExtend32(second)
          case .loadPairS32PostIndex:
            let address = s[x: op.rn]
            let first = try load32(address, tlb, &position)
            let second = try load32(address &+ 4, tlb, &position)
            s[x: op.rn] = address &+ op.immediate
            s[x: op.rd] = signExtend32(first)
            s[x: op.ra] = signExtend32(second)
          case .storePair64:
            let address = s[x: op.rn] &+ op.immediate
            try store64(address, s[x: op.rd], tlb, &position)
            try store64(address &+ 8, s[x: op.ra], tlb, &position)
          case .storePair64PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            try store64(address, s[x: op.rd], tlb, &position)
            try store64(address &+ 8, s[x: op.ra], tlb, &position)
            s[x: op.rn] = address
          case .storePair64PostIndex:
            let address = s[x: op.rn]
            try store64(address, s[x: op.rd], tlb, &position)
            try store64(address &+ 8, s[x: op.ra], tlb, &position)
            s[x: op.rn] = address &+ op.immediate
          case .storePair32:
            let address = s[x: op.rn] &+ op.immediate
            try store32(address, s[x: op.rd], tlb, &position)
            try store32(address &+ 4, s[x: op.ra], tlb, &position)
          case .storePair32PreIndex:
            let address = s[x: op.rn] &+ op.immediate
            try store32(address, s[x: op.rd], tlb, &position)
            try store32(address &+ 4, s[x: op.ra], tlb, &position)
            s[x: op.rn] = address
          case .storePair32PostIndex:
            let address = s[x: op.rn]
            try store32(address, s[x: op.rd], tlb, &position)
            try store32(address &+ 4, s[x: op.ra], tlb, &position)
            s[x: op.rn] = address &+ op.immediate
          case .loadUnprivileged:
            try executeLoadUnprivileged(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeUnprivileged:
            try executeStoreUnprivileged(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadExclusive:
            try executeLoadExclusive(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeExclusive:
            try executeStoreExclusive(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadExclusivePair:
            try executeLoadExclusivePair(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeExclusivePair:
            try executeStoreExclusivePair(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadAcquire:
            try executeLoadAcquire(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeRelease:
            try executeStoreRelease(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .compareAndSwap:
            try executeCompareAndSwap(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .compareAndSwapPair:
            try executeCompareAndSwapPair(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .atomicAdd, .atomicClear, .atomicExclusiveOr, .atomicSet, .atomicSignedMaximum,
            .atomicSignedMinimum, .atomicUnsignedMaximum, .atomicUnsignedMinimum, .atomicSwap:
            try executeAtomic(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadLiteralVector:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeLoadLiteralVector(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadVector:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeLoadVector(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeVector:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeStoreVector(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadVectorRegister:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeLoadVectorRegister(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeVectorRegister:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeStoreVectorRegister(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .loadVectorPair:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeLoadVectorPair(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }
          case .storeVectorPair:
            if isFloatingPointTrapped { try enableFloatingPoint(position) }
            try executeStoreVectorPair(op.operation, tlb, position)
            if wantsToLeave { position.limit = position.cursor }

          case .moveRegister64:
            s[x: op.rd] = s[x: op.rm]
          case .moveRegister32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rm]))
          case .add64:
            s[x: op.rd] = s[x: op.rn] &+ s[x: op.rm]
          case .add32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &+ s[x: op.rm]))
          case .subtract64:
            s[x: op.rd] = s[x: op.rn] &- s[x: op.rm]
          case .subtract32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &- s[x: op.rm]))
          case .and64:
            s[x: op.rd] = s[x: op.rn] & s[x: op.rm]
          case .and32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] & s[x: op.rm]))
          case .orr64:
            s[x: op.rd] = s[x: op.rn] | s[x: op.rm]
          case .orr32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] | s[x: op.rm]))
          case .eor64:
            s[x: op.rd] = s[x: op.rn] ^ s[x: op.rm]
          case .eor32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] ^ s[x: op.rm]))
          case .adds64:
            s[x: op.rd] = addFlags64(s, s[x: op.rn], s[x: op.rm])
          case .adds32:
            s[x: op.rd] = addFlags32(s, s[x: op.rn], s[x: op.rm])
          case .subtracts64:
            s[x: op.rd] = subtractFlags64(s, s[x: op.rn], s[x: op.rm])
          case .subtracts32:
            s[x: op.rd] = subtractFlags32(s, s[x: op.rn], s[x: op.rm])
          case .ands64:
            s[x: op.rd] = logicalFlags64(s, s[x: op.rn] & s[x: op.rm])
          case .ands32:
            s[x: op.rd] = logicalFlags32(s, s[x: op.rn] & s[x: op.rm])
          case .addShifted64:
            s[x: op.rd] = s[x: op.rn] &+ shift64(s[x: op.rm], op.extra)
          case .addShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] &+ shift32(s[x: op.rm], op.extra)))
          case .subtractShifted64:
            s[x: op.rd] = s[x: op.rn] &- shift64(s[x: op.rm], op.extra)
          case .subtractShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] &- shift32(s[x: op.rm], op.extra)))
          case .andShifted64:
            s[x: op.rd] = s[x: op.rn] & shift64(s[x: op.rm], op.extra)
          case .andShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] & shift32(s[x: op.rm], op.extra)))
          case .orrShifted64:
            s[x: op.rd] = s[x: op.rn] | shift64(s[x: op.rm], op.extra)
          case .orrShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] | shift32(s[x: op.rm], op.extra)))
          case .eorShifted64:
            s[x: op.rd] = s[x: op.rn] ^ shift64(s[x: op.rm], op.extra)
          case .eorShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] ^ shift32(s[x: op.rm], op.extra)))
          case .bicShifted64:
            s[x: op.rd] = s[x: op.rn] & ~shift64(s[x: op.rm], op.extra)
          case .bicShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] & ~shift32(s[x: op.rm], op.extra)))
          case .ornShifted64:
            s[x: op.rd] = s[x: op.rn] | ~shift64(s[x: op.rm], op.extra)
          case .ornShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] | ~shift32(s[x: op.rm], op.extra)))
          case .eonShifted64:
            s[x: op.rd] = s[x: op.rn] ^ ~shift64(s[x: op.rm], op.extra)
          case .eonShifted32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] ^ ~shift32(s[x: op.rm], op.extra)))
          case .addsShifted64:
            s[x: op.rd] = addFlags64(s, s[x: op.rn], shift64(s[x: op.rm], op.extra))
          case .addsShifted32:
            s[x: op.rd] = addFlags32(s, s[x: op.rn], shift32(s[x: op.rm], op.extra))
          case .subtractsShifted64:
            s[x: op.rd] = subtractFlags64(s, s[x: op.rn], shift64(s[x: op.rm], op.extra))
          case .subtractsShifted32:
            s[x: op.rd] = subtractFlags32(s, s[x: op.rn], shift32(s[x: op.rm], op.extra))
          case .andsShifted64:
            s[x: op.rd] = logicalFlags64(s, s[x: op.rn] & shift64(s[x: op.rm], op.extra))
          case .andsShifted32:
            s[x: op.rd] = logicalFlags32(s, s[x: op.rn] & shift32(s[x: op.rm], op.extra))
          case .bicsShifted64:
            s[x: op.rd] = logicalFlags64(s, s[x: op.rn] & ~shift64(s[x: op.rm], op.extra))
          case .bicsShifted32:
            s[x: op.rd] = logicalFlags32(s, s[x: op.rn] & ~shift32(s[x: op.rm], op.extra))
          case .addExtended64:
            s[x: op.rd] = s[x: op.rn] &+ extend(s[x: op.rm], op.extra)
          case .addExtended32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] &+ extend(s[x: op.rm], op.extra)))
          case .subtractExtended64:
            s[x: op.rd] = s[x: op.rn] &- extend(s[x: op.rm], op.extra)
          case .subtractExtended32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.rn] &- extend(s[x: op.rm], op.extra)))
          case .addsExtended64:
            s[x: op.rd] = addFlags64(s, s[x: op.rn], extend(s[x: op.rm], op.extra))
          case .addsExtended32:
            s[x: op.rd] = addFlags32(s, s[x: op.rn], extend(s[x: op.rm], op.extra))
          case .subtractsExtended64:
            s[x: op.rd] = subtractFlags64(s, s[x: op.rn], extend(s[x: op.rm], op.extra))
          case .subtractsExtended32:
            s[x: op.rd] = subtractFlags32(s, s[x: op.rn], extend(s[x: op.rm], op.extra))

          case .addWithCarry64:
            s[x: op.rd] = s[x: op.rn] &+ s[x: op.rm] &+ s.c
          case .addWithCarry32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &+ s[x: op.rm] &+ s.c))
          case .subtractWithCarry64:
            s[x: op.rd] = s[x: op.rn] &+ ~s[x: op.rm] &+ s.c
          case .subtractWithCarry32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &+ ~s[x: op.rm] &+ s.c))
          case .addsWithCarry64:
            s[x: op.rd] = addWithCarryFlags64(s, s[x: op.rn], s[x: op.rm])
          case .subtractsWithCarry64:
            s[x: op.rd] = addWithCarryFlags64(s, s[x: op.rn], ~s[x: op.rm])
          case .addsWithCarry32:
            s[x: op.rd] = addWithCarryFlags32(s, s[x: op.rn], s[x: op.rm])
          case .subtractsWithCarry32:
            s[x: op.rd] = addWithCarryFlags32(s, s[x: op.rn], ~s[x: op.rm])
          case .conditionalCompare64:
            if conditionHolds(s, op.extra) {
              _ = subtractFlags64(s, s[x: op.rn], s[x: op.rm])
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompareImmediate64:
            if conditionHolds(s, op.extra) {
              _ = subtractFlags64(s, s[x: op.rn], op.immediate)
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompareNegative64:
            if conditionHolds(s, op.extra) {
              _ = addFlags64(s, s[x: op.rn], s[x: op.rm])
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompareNegativeImmediate64:
            if conditionHolds(s, op.extra) {
              _ = addFlags64(s, s[x: op.rn], op.immediate)
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompare32:
            if conditionHolds(s, op.extra) {
              _ = subtractFlags32(s, s[x: op.rn], s[x: op.rm])
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompareImmediate32:
            if conditionHolds(s, op.extra) {
              _ = subtractFlags32(s, s[x: op.rn], op.immediate)
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompareNegative32:
            if conditionHolds(s, op.extra) {
              _ = addFlags32(s, s[x: op.rn], s[x: op.rm])
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalCompareNegativeImmediate32:
            if conditionHolds(s, op.extra) {
              _ = addFlags32(s, s[x: op.rn], op.immediate)
            } else {
              setFlags(s, op.ra)
            }
          case .conditionalSelect64:
            s[x: op.rd] = conditionHolds(s, op.extra) ? s[x: op.rn] : s[x: op.rm]
          case .conditionalSelect32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: conditionHolds(s, op.extra) ? s[x: op.rn] : s[x: op.rm]))
          case .conditionalSelectIncrement64:
            s[x: op.rd] = conditionHolds(s, op.extra) ? s[x: op.rn] : s[x: op.rm] &+ 1
          case .conditionalSelectIncrement32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: conditionHolds(s, op.extra) ? s[x: op.rn] : s[x: op.rm] &+ 1))
          case .conditionalSelectInvert64:
            s[x: op.rd] = conditionHolds(s, op.extra) ? s[x: op.rn] : ~s[x: op.rm]
          case .conditionalSelectInvert32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: conditionHolds(s, op.extra) ? s[x: op.rn] : ~s[x: op.rm]))
          case .conditionalSelectNegate64:
            s[x: op.rd] = conditionHolds(s, op.extra) ? s[x: op.rn] : 0 &- s[x: op.rm]
          case .conditionalSelectNegate32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: conditionHolds(s, op.extra) ? s[x: op.rn] : 0 &- s[x: op.rm]))
          case .unsignedDivide64:
            s[x: op.rd] = unsignedDivide64(s[x: op.rn], s[x: op.rm])
          case .unsignedDivide32:
            s[x: op.rd] = unsignedDivide32(s[x: op.rn], s[x: op.rm])
          case .signedDivide64:
            s[x: op.rd] = signedDivide64(s[x: op.rn], s[x: op.rm])
          case .signedDivide32:
            s[x: op.rd] = signedDivide32(s[x: op.rn], s[x: op.rm])
          case .shiftLeftVariable64:
            s[x: op.rd] = s[x: op.rn] &<< (s[x: op.rm] & 63)
          case .shiftLeftVariable32:
            s[x: op.rd] = UInt64(UInt32(truncatingIfNeeded: s[x: op.rn] &<< (s[x: op.rm] & 31)))
          case .shiftRightVariable64:
            s[x: op.rd] = s[x: op.rn] &>> (s[x: op.rm] & 63)
          case .shiftRightVariable32:
            s[x: op.rd] = (s[x: op.rn] & 0xFFFF_FFFF) &>> (s[x: op.rm] & 31)
          case .arithmeticShiftRightVariable64:
            s[x: op.rd] = shift64(s[x: op.rn], 0x200 | UInt16(truncatingIfNeeded: s[x: op.rm] & 63))
          case .arithmeticShiftRightVariable32:
            s[x: op.rd] = UInt64(
              UInt32(
                truncatingIfNeeded: shift32(
                  s[x: op.rn], 0x200 | UInt16(truncatingIfNeeded: s[x: op.rm] & 31))))
          case .rotateRightVariable64:
            s[x: op.rd] = shift64(s[x: op.rn], 0x300 | UInt16(truncatingIfNeeded: s[x: op.rm] & 63))
          case .rotateRightVariable32:
            s[x: op.rd] = shift32(s[x: op.rn], 0x300 | UInt16(truncatingIfNeeded: s[x: op.rm] & 31))
          case .reverseBits64:
            s[x: op.rd] = reverseBits64(s[x: op.rn])
          case .reverseBits32:
            s[x: op.rd] = reverseBits32(s[x: op.rn])
          case .countLeadingZeros64:
            s[x: op.rd] = countLeadingZeros64(s[x: op.rn])
          case .countLeadingZeros32:
            s[x: op.rd] = countLeadingZeros32(s[x: op.rn])
          case .countLeadingSigns64:
            s[x: op.rd] = countLeadingSigns64(s[x: op.rn])
          case .countLeadingSigns32:
            s[x: op.rd] = countLeadingSigns32(s[x: op.rn])
          case .reverseBytes1664:
            s[x: op.rd] = reverseBytes16(s[x: op.rn])
          case .reverseBytes1632:
            s[x: op.rd] = reverseBytes16(s[x: op.rn] & 0xFFFF_FFFF)
          case .reverseBytes32:
            s[x: op.rd] = reverseBytes32(s[x: op.rn])
          case .reverseBytes64:
            s[x: op.rd] = s[x: op.rn].byteSwapped
          case .reverseBytesWord:
            s[x: op.rd] = reverseBytes32(s[x: op.rn] & 0xFFFF_FFFF)
          case .multiplyAdd64:
            s[x: op.rd] = s[x: op.ra] &+ s[x: op.rn] &* s[x: op.rm]
          case .multiplyAdd32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.ra] &+ s[x: op.rn] &* s[x: op.rm]))
          case .multiplySubtract64:
            s[x: op.rd] = s[x: op.ra] &- s[x: op.rn] &* s[x: op.rm]
          case .multiplySubtract32:
            s[x: op.rd] = UInt64(
              UInt32(truncatingIfNeeded: s[x: op.ra] &- s[x: op.rn] &* s[x: op.rm]))
          case .signedMultiplyAddLong:
            s[x: op.rd] = s[x: op.ra] &+ signExtend32(s[x: op.rn]) &* signExtend32(s[x: op.rm])
          case .signedMultiplySubtractLong:
            s[x: op.rd] = s[x: op.ra] &- signExtend32(s[x: op.rn]) &* signExtend32(s[x: op.rm])
          case .unsignedMultiplyAddLong:
            s[x: op.rd] = s[x: op.ra] &+ (s[x: op.rn] & 0xFFFF_FFFF) &* (s[x: op.rm] & 0xFFFF_FFFF)
          case .unsignedMultiplySubtractLong:
            s[x: op.rd] = s[x: op.ra] &- (s[x: op.rn] & 0xFFFF_FFFF) &* (s[x: op.rm] & 0xFFFF_FFFF)
          case .signedMultiplyHigh:
            s[x: op.rd] = signedMultiplyHigh(s[x: op.rn], s[x: op.rm])
          case .unsignedMultiplyHigh:
            s[x: op.rd] = s[x: op.rn].multipliedFullWidth(by: s[x: op.rm]).high
          case .crc32:
            s[x: op.rd] = checksum(s[x: op.rn], s[x: op.rm], op.extra, 0xEDB8_8320)
          case .crc32c:
            s[x: op.rd] = checksum(s[x: op.rn], s[x: op.rm], op.extra, 0x82F6_3B78)
          }
        }
        leave(to: position.nextPC, position)
      } catch {
        leave(to: position.pc, position)
        takeException(error, operation: position.previous)
      }
    }
  }
}
