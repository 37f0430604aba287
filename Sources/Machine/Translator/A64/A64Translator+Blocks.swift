// The budget, leaving, steps, bodies, and where branches go.

extension A64Translator {
  func takeOffBudget(_ count: Int) -> JumpSite {
    if areFlagsLive {
      a64.arithmetic(.sub, Self.budget, Self.budget, imm: UInt32(count), w: true)
      a64.bitfield(.unsigned, Self.scratch, Self.budget, r: 63, s: 63, w: true)
      return a64.jump(ifNotZero: Self.scratch, w: true)
    }
    a64.arithmetic(.subs, Self.budget, Self.budget, imm: UInt32(count), w: true)
    // LT.
    return a64.jump(flags: 11)
  }

  func giveBackToBudget(_ count: Int) {
    a64.arithmetic(.add, Self.budget, Self.budget, imm: UInt32(count), w: true)
  }

  func leave(at index: Int) {
    a64.mov(Self.place, imm: UInt64(index * 4))
    a64.jump(to: exitStub)
  }

  // MARK: Calls

  /// Calls a function of `ContextWord` with the core; its other arguments are there.
  private func call(_ word: Int) {
    read(.x0, ContextWord.core)
    read(.x16, word)
    a64.call(.x16)
  }

  func callStep(_ k: Int) {
    a64.mov(.x1, imm: UInt64(page.address))
    a64.mov(.x2, imm: UInt64((first + k) * 4))
    a64.add(.x3, Self.budget, constant: count - k)
    call(ContextWord.step)
    // CBNZ may not reach the exit.
    let goesOn = a64.jump(ifZero: .x0, w: false)
    a64.jump(to: commonExit)
    a64.patch(goesOn)
  }

  /// An operation by its body, without the loop (`Core.executeBody`); a step where that does nothing.
  func callBody(_ k: Int) {
    writeBack()
    forgetRegisters()
    a64.mov(.x1, imm: UInt64(page.operationAddress(first + k)))
    a64.add(.x2, Self.budget, constant: count - k - 1)
    call(ContextWord.body)
    forgetFlags()
    finish(k, Sites(a64.jump(ifNotZero: .x0, w: false)), CachedRegisters())
  }

  /// FP and Advanced SIMD: the body that the interpreter calls too. Where it throws, the step behind it
  /// does so again, and takes the exception.
  func callVector(_ k: Int) {
    writeBack()
    forgetRegisters()
    var sites = Sites(guardZero(ContextWord.isFloatingPointTrapped))
    a64.mov(.x1, imm: UInt64(page.operationAddress(first + k)))
    call(ContextWord.vector)
    forgetFlags()
    sites.append(a64.jump(ifNotZero: .x0, w: false))
    finish(k, sites, CachedRegisters())
  }

  /// The jump for when a word is not zero. Keeps the flags; X17 is scratch.
  func guardZero(_ word: Int) -> JumpSite {
    read(Self.scratch, word)
    return a64.jump(ifNotZero: Self.scratch, w: true)
  }

  // MARK: Branches

  func condition(isZero register: UInt8, w: Bool) -> A64Condition { .zero(use(register), w: w) }

  func condition(isBitZero bit: Int, _ register: UInt8) -> A64Condition {
    // TBZ reaches less than a block may be long.
    a64.bitfield(
      .unsigned, Self.scratch, use(register), r: UInt32(bit), s: UInt32(bit), w: true)
    return .zero(Self.scratch, w: true)
  }

  func link(_ k: Int) {
    let d = define(30)
    read(d, ContextWord.page)
    a64.add(d, d, constant: (first + k + 1) * 4)
    commit(30)
  }

  func jumpByEntry(_ index: Int) {
    a64.mov(Self.place, imm: UInt64(index * 4))
    a64.mov(Self.scratch, imm: UInt64(page.entryAddress(index)))
    a64.load(Self.scratch, Self.scratch, 0)
    a64.jump(Self.scratch)
  }

  func setTarget(_ distance: Int) {
    read(Self.place, ContextWord.page)
    a64.add(Self.place, Self.place, constant: distance)
  }

  func setTarget(register: UInt8) { a64.mov(Self.place, use(register)) }

  /// The target is in X16.
  func jumpFar() {
    // X17: the entry; X0: the page.
    a64.bitfield(
      .unsigned, .x17, .x16, r: 12, s: 11 + UInt32(TLB.fetchCount.trailingZeroBitCount), w: true)
    read(.x0, ContextWord.codeTLB)
    a64.alu(.add, .x17, .x0, .x17, amount: 5, w: true)
    a64.load(.x1, .x17, 0)
    a64.logical(.and, .x0, .x16, mask: ~0xFFC, w: true)
    a64.alu(.eor, .x1, .x1, .x0, w: true)
    let miss = a64.jump(ifNotZero: .x1, w: true)
    a64.load(.x17, .x17, FetchEntry.payloadOffset)
    write(.x0, ContextWord.page)
    a64.logical(.and, .x16, .x16, mask: 0xFFC, w: true)
    a64.alu(.add, .x17, .x17, .x16, amount: 1, w: true)
    a64.add(.x17, .x17, constant: -(CodePage.entriesOffset & ~0xFFF))
    a64.add(.x17, .x17, constant: -(CodePage.entriesOffset & 0xFFF))
    a64.load(.x17, .x17, 0)
    a64.jump(.x17)
    a64.patch(miss)
    write(.x16, StateWord.pc)
    write(Self.budget, ContextWord.budget)
    a64.jump(to: commonExit)
  }
}
