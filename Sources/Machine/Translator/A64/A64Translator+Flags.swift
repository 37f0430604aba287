// Flags: the host's own while nothing has changed them, else the words of the state.
//
// What is set is written to the words only where somebody may look: before a call, where the block ends, and
// in the code out of the way. Where it is set again before that it is never written. Nothing but what sets the
// guest's flags changes the host's, apart from calls and a few places that say so.

import Arm

extension A64Translator {
  /// The host's flags are the guest's now, and the state's are old where somebody wants them.
  func haveFlags(_ wanted: ConditionFlags) {
    areFlagsLive = true
    pendingFlags = wanted
  }

  func forgetFlags() {
    precondition(pendingFlags.isEmpty, "flags that only the host has are lost")
    areFlagsLive = false
  }

  var areFlagsKept: Bool { areFlagsLive }

  /// X1 is scratch.
  func store(flags: ConditionFlags) {
    if flags.contains(.n) {
      // MI.
      a64.setMask(.x1, 4)
      write(.x1, StateWord.n)
    }
    if flags.contains(.z) {
      // NE: the word is zero where Z is 1.
      a64.set(.x1, 1)
      write(.x1, StateWord.z)
    }
    if flags.contains(.c) {
      a64.set(.x1, 2)
      write(.x1, StateWord.c)
    }
    if flags.contains(.v) {
      a64.setMask(.x1, 6)
      write(.x1, StateWord.v)
    }
  }

  /// X1 and X2 are scratch.
  func restoreFlags() {
    // N from bit 63 to bit 31, Z to 30, C to 29, V to 28.
    read(.x1, StateWord.n)
    a64.bitfield(.unsigned, .x1, .x1, r: 63, s: 63, w: true)
    read(.x2, StateWord.z)
    a64.arithmetic(.subs, .zr, .x2, imm: 0, w: true)
    a64.set(.x2, 0)
    a64.alu(.add, .x1, .x2, .x1, amount: 1, w: true)
    read(.x2, StateWord.c)
    a64.alu(.add, .x1, .x2, .x1, amount: 1, w: true)
    read(.x2, StateWord.v)
    a64.bitfield(.unsigned, .x2, .x2, r: 63, s: 63, w: true)
    a64.alu(.add, .x1, .x2, .x1, amount: 1, w: true)
    a64.bitfield(.unsigned, .x1, .x1, r: 36, s: 35, w: true)
    a64.writeFlags(.x1)
  }

  func condition(flags number: Int) -> A64Condition { .flags(hostCondition(number)) }

  /// The host's condition that holds where the A64 condition does. Where the host's flags are not the
  /// guest's the words are asked, with X1 to X3 as scratch.
  func hostCondition(_ number: Int) -> UInt8 {
    if number >= 14 { return 14 }
    if areFlagsLive { return UInt8(number) }
    let inverted = UInt8(number & 1)
    let compare: (A64Register) -> Void = { [self] in
      a64.arithmetic(.subs, .zr, $0, imm: 0, w: true)
    }
    switch number >> 1 {
    case 0:
      read(.x1, StateWord.z)
      compare(.x1)
      return 0 ^ inverted
    case 1:
      read(.x1, StateWord.c)
      compare(.x1)
      // NE.
      return 1 ^ inverted
    case 2, 3:
      read(.x1, number >> 1 == 2 ? StateWord.n : StateWord.v)
      compare(.x1)
      // MI.
      return 4 ^ inverted
    case 4:
      // C where Z is not, else 0; NE.
      read(.x1, StateWord.z)
      read(.x2, StateWord.c)
      compare(.x1)
      a64.select(0, .x1, .x2, .zr, 1, w: true)
      compare(.x1)
      return 1 ^ inverted
    case 5:
      // N differs from V where the sign is set; PL.
      read(.x1, StateWord.n)
      read(.x2, StateWord.v)
      a64.alu(.eor, .x1, .x1, .x2, w: true)
      compare(.x1)
      return 5 ^ inverted
    default:
      // All ones where Z is; else as above.
      read(.x1, StateWord.n)
      read(.x2, StateWord.v)
      read(.x3, StateWord.z)
      a64.alu(.eor, .x1, .x1, .x2, w: true)
      compare(.x3)
      a64.select(1 << 30, .x1, .x1, .zr, 1, w: true)
      compare(.x1)
      return 5 ^ inverted
    }
  }

  /// ADC, SBC and those that set flags.
  func emitWithCarry(_ k: Int, _ o: Operation, _ bits: UInt32, w: Bool) {
    let x = use(o.rn)
    let m = use(o.rm)
    var setsFlags = false
    if case .sets = opcodes[k].flagEffect { setsFlags = true }
    let d = define(o.rd)
    if !areFlagsLive {
      // The host's C is that 0 or 1 is at least 1.
      read(.x1, StateWord.c)
      a64.arithmetic(.subs, .zr, .x1, imm: 1, w: true)
    }
    a64.three(bits, d, x, m, w: w)
    commit(o.rd)
    if setsFlags { haveFlags(wanted[k]) }
  }

  /// CCMP, CCMN.
  func emitConditionalCompare(
    _ k: Int, _ o: Operation, isAdd: Bool, isImmediate: Bool, w: Bool
  ) {
    let x = use(o.rn)
    let second = isImmediate ? UInt32(truncatingIfNeeded: o.immediate) & 31 : use(o.rm).number
    let condition = UInt32(hostCondition(Int(o.extra & 15)))
    let bits: UInt32 = (isAdd ? 0x3A40_0000 : 0x7A40_0000) | (isImmediate ? 1 << 11 : 0)
    a64.word(
      (w ? 1 << 31 : 0) | bits | second << 16 | condition << 12 | x.number << 5 | UInt32(o.ra & 15))
    haveFlags(wanted[k])
  }

  /// CSEL, CSINC, CSINV, CSNEG, by their bits 30 and 10.
  func emitSelect(_ o: Operation, _ bits: UInt32, w: Bool) {
    let x = use(o.rn)
    let m = use(o.rm)
    let condition = hostCondition(Int(o.extra & 15))
    let d = define(o.rd)
    a64.select(bits, d, x, m, condition, w: w)
    commit(o.rd)
  }
}
