// Branches: inside the page directly, to other pages by the fetch TLB. A block runs on past a conditional
// branch forward; where it branches back to its own beginning, its body is emitted twice, the second time
// with the guest's registers staying where they are for as long as it loops.

import Arm

extension Translator {
  /// Whether a conditional branch inside the page, taken on `condition`, ends the block. It is emitted
  /// either way.
  func emitLocalBranch(_ k: Int, _ condition: HostCondition, _ target: Int) -> Bool {
    guard k == count - 1 else {
      branchAway(k, condition, .local(target))
      return false
    }
    let next = first + count
    if target == first {
      branchAway(k, condition.inverted, next == 1024 ? .far(4096) : .local(next))
      if isLoopBody {
        restoreLoopRegisters()
        x86.jump(to: loopHead)
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
    loopHead = x86.address
    x86.alu(.sub, .r15, imm: Int32(count), w: true)
    stubs.append(
      Stub(
        kind: .outOfBudget, sites: Sites(x86.jump(.l)), resume: x86.address, ordinal: 0,
        spill: dirtyRegisters()))
    liveFlags = .none
    for k in 0..<count {
      locked = 0
      _ = emit(k)
    }
  }

  /// A conditional branch to another page.
  func emitFarBranch(_ k: Int, _ condition: HostCondition, _ o: Operation) {
    let distance = (first + k) * 4 + Int(Int64(bitPattern: o.immediate))
    branchAway(k, condition, .far(distance))
  }

  private func branchAway(_ k: Int, _ condition: HostCondition, _ kind: Stub.Kind) {
    stubs.append(
      Stub(
        kind: kind, sites: Sites(x86.jump(condition)), resume: x86.address, ordinal: k,
        spill: dirtyRegisters()))
  }

  /// X30: the address behind the operation.
  func link(_ k: Int) {
    let d = define(30)
    x86.load(d, .bx, Self.offset(ContextWord.page))
    x86.lea(d, d, Int32((first + k + 1) * 4))
    commit(30)
  }

  /// B and BL inside the page.
  func emitLocalJump(_ k: Int, _ target: Int, links: Bool) {
    if links { link(k) }
    writeBack()
    jumpLocal(target)
  }

  /// B and BL to another page.
  func emitFarJump(_ k: Int, _ o: Operation, links: Bool) {
    if links { link(k) }
    writeBack()
    x86.load(.ax, .bx, Self.offset(ContextWord.page))
    x86.lea(.ax, .ax, Int32((first + k) * 4) + Int32(truncatingIfNeeded: o.immediate))
    jumpFar()
  }

  /// BR, BLR, RET.
  func emitRegisterJump(_ k: Int, _ o: Operation, links: Bool) {
    x86.mov(.ax, use(o.rn))
    if links { link(k) }
    writeBack()
    jumpFar()
  }

  /// The flags for CBZ and CBNZ.
  func testZero(_ o: Operation, w: Bool) {
    let x = use(o.rn)
    x86.test(x, x, w: w)
  }

  /// The carry for TBZ and TBNZ.
  func testBit(_ o: Operation) { x86.bitTest(use(o.rn), UInt8(o.extra)) }
}
