// The budget, leaving, steps, and where branches go.

extension X86Translator {
  func takeOffBudget(_ count: Int) -> JumpSite {
    x86.alu(.sub, .r15, imm: Int32(count), w: true)
    liveFlags = .none
    return x86.jump(.l)
  }

  func giveBackToBudget(_ count: Int) { x86.alu(.add, .r15, imm: Int32(count), w: true) }

  func leave(at index: Int) {
    x86.mov(.ax, imm: UInt64(index * 4))
    x86.jump(to: exitStub)
  }

  func forgetFlags() { liveFlags = .none }

  // Nearly everything changes the host's flags: the state always has the guest's.

  var areFlagsKept: Bool { false }
  func store(flags: ConditionFlags) {}
  func restoreFlags() {}

  func callStep(_ k: Int) {
    x86.load(.di, .bx, Self.offset(ContextWord.core))
    x86.mov(.si, imm: UInt64(page.address))
    x86.mov(.dx, imm: UInt64((first + k) * 4))
    x86.lea(.cx, .r15, Int32(count - k))
    x86.callMemory(.bx, Self.offset(ContextWord.step))
    x86.test(.ax, .ax, w: false)
    x86.jump(.ne, to: commonExit)
  }

  // MARK: Branches

  func condition(flags number: Int) -> X86Condition { condition(number, incoming) }

  func condition(isZero register: UInt8, w: Bool) -> X86Condition {
    let x = use(register)
    x86.test(x, x, w: w)
    return .e
  }

  func condition(isBitZero bit: Int, _ register: UInt8) -> X86Condition {
    x86.bitTest(use(register), UInt8(bit))
    return .ae
  }

  func link(_ k: Int) {
    let d = define(30)
    x86.load(d, .bx, Self.offset(ContextWord.page))
    x86.lea(d, d, Int32((first + k + 1) * 4))
    commit(30)
  }

  func jumpByEntry(_ index: Int) {
    x86.mov(.ax, imm: UInt64(index * 4))
    x86.mov(.cx, imm: UInt64(page.entryAddress(index)))
    x86.jumpMemory(.cx, 0)
  }

  func setTarget(_ distance: Int) {
    x86.load(.ax, .bx, Self.offset(ContextWord.page))
    x86.lea(.ax, .ax, Int32(truncatingIfNeeded: distance))
  }

  func setTarget(register: UInt8) { x86.mov(.ax, use(register)) }

  /// The target is in AX.
  func jumpFar() {
    x86.mov(.cx, .ax)
    x86.shift(.shr, .cx, 7, w: false)
    x86.alu(.and, .cx, imm: Int32((TLB.fetchCount - 1) * 32), w: false)
    x86.alu(.add, .cx, .bx, Self.offset(ContextWord.codeTLB), w: true)
    x86.mov(.dx, .ax)
    x86.alu(.and, .dx, imm: ~0xFFC, w: true)
    x86.alu(.cmp, .dx, .cx, 0, w: true)
    let miss = x86.jump(.ne)
    x86.load(.cx, .cx, FetchEntry.payloadOffset)
    x86.store(.dx, .bx, Self.offset(ContextWord.page))
    x86.alu(.and, .ax, imm: 0xFFC, w: false)
    x86.jumpMemory(.cx, .ax, 1, -Int32(CodePage.entriesOffset))
    x86.patch(miss)
    x86.store(.ax, .bx, Self.offset(StateWord.pc))
    x86.store(.r15, .bx, Self.offset(ContextWord.budget))
    x86.jump(to: commonExit)
  }
}
