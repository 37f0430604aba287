// Code out of the way: written behind its block, and jumped to from inside.

/// A place in code that is known only later: the end of a jump that is to be patched.
struct JumpSite {
  /// The address after the jump, in the view that is written to.
  let end: Int
}

/// Code out of the way.
struct Stub {
  enum Kind {
    /// Has the interpreter execute an operation, and goes on behind it.
    case step
    /// Goes to an operation of the page.
    case local(Int)
    /// Goes so many bytes from the beginning of the page.
    case far(Int)
    /// Leaves: the budget is not enough for another turn of a loop.
    case outOfBudget
  }
  var kind: Kind
  /// The jumps that come here.
  var sites: Sites
  /// Where to go on, for `step`.
  var resume: Int
  /// The operation it belongs to.
  var ordinal: Int
  /// What to write to the state first.
  var spill: CachedRegisters
  /// The flags that only the host has.
  var flags: ConditionFlags = []
  /// What to read from the state afterwards.
  var reload = CachedRegisters()
  /// Whether the host's flags are to be the guest's again afterwards.
  var restoresFlags = false
}

/// Up to four jumps to one stub, without a heap.
struct Sites {
  private var ends = SIMD4<Int>(repeating: 0)
  private var count = 0

  init() {}
  init(_ site: JumpSite) { append(site) }

  mutating func append(_ site: JumpSite) {
    precondition(count < 4, "a stub has at most four sites")
    ends[count] = site.end
    count += 1
  }

  mutating func append(_ others: Sites) { others.forEach { append($0) } }

  func forEach(_ body: (JumpSite) -> Void) {
    for index in 0..<count { body(JumpSite(end: ends[index])) }
  }
}
