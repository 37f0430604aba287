// The translator: blocks of predecoded operations become blocks of the host's instructions.
//
// What generated code needs beside the state lies in words before it (`ContextWord`), which are no part of
// it. Whatever a back end does not do itself it asks the interpreter for, an operation at a time (`step`): so
// an operation without a translation is slow, never wrong.
//
// There are two back ends, in `X86` and `A64`. What they share is written once, in extensions of `Translator`:
// what a block is, which flags anybody wants, which guest registers are in the host's, where branches go and
// what lies out of the way. A back end says how the host's instructions do it. Both are compiled on every
// host, since our own machine executes A64 in tests. Documentation/Translator.md has the rules.

/// A condition of the host's branches.
protocol HostCondition {
  /// What holds when this one does not.
  var inverted: Self { get }
}

/// Makes code; one for each board.
protocol Translator: BlockTranslator {
  associatedtype Condition: HostCondition

  // What cores ask for; extensions have all but the first.

  /// Executes code of a core's page.
  @unsafe func enter(_ words: UnsafeMutablePointer<UInt64>, _ code: UInt, budget: Int)
  /// Decodes the operations of the block at an index and tells how many there are; 0 where there is
  /// nothing to translate.
  func scan(_ core: Core, _ page: CodePage, _ index: Int, _ pageAddress: UInt64) -> Int
  /// Translates the block of so many operations at an index. The address of its code.
  func translate(_ page: CodePage, _ index: Int, _ length: Int) -> UInt
  /// Throws all blocks away. No core may be in one, and the caller forgets every entry.
  func removeAll()

  // Places in code, in the view that is written to.

  /// Where the next instruction goes.
  var address: Int { get }
  /// Goes back to an address that it had.
  func rewind(to address: Int)
  /// Makes a jump go to the next instruction.
  func patch(_ site: JumpSite)
  func jump(to address: Int)
  func jump(_ condition: Condition) -> JumpSite

  // The budget, and leaving.

  /// Takes operations off the budget; the jump is taken if they are not there.
  func takeOffBudget(_ count: Int) -> JumpSite
  func giveBackToBudget(_ count: Int)
  /// Leaves, to continue at an operation of the page.
  func leave(at index: Int)

  // Registers, by the host's numbers. Both keep the flags.

  /// The host's registers that may hold guest registers.
  static var pool: UInt16 { get }
  func load(_ host: UInt8, guest: UInt8)
  func store(_ host: UInt8, guest: UInt8)

  // Operations.

  /// Translates the operation at a place in the block. Whether the block ends with it.
  func emit(_ k: Int) -> Bool
  /// Has the interpreter execute an operation; leaves if that says so.
  func callStep(_ k: Int)
  /// The host's flags are nobody's.
  func forgetFlags()
  /// Whether the host's flags are the guest's, and stay so while a fast path is taken.
  var areFlagsKept: Bool { get }
  /// Writes some of the host's flags to the state.
  func store(flags: ConditionFlags)
  /// Makes the host's flags those of the state.
  func restoreFlags()

  // Branches.

  /// The condition that holds where the A64 condition, 0 to 13, does.
  func condition(flags number: Int) -> Condition
  /// The condition that holds if a guest register is zero.
  func condition(isZero register: UInt8, w: Bool) -> Condition
  /// The condition that holds if a bit of a guest register is zero.
  func condition(isBitZero bit: Int, _ register: UInt8) -> Condition
  /// X30: the address behind the operation.
  func link(_ k: Int)
  /// Makes a place, in bytes from the beginning of the page, the target of the next `jumpFar`.
  func setTarget(_ distance: Int)
  /// Makes a guest register the target.
  func setTarget(register: UInt8)
  /// Goes to the target, a virtual address: by the fetch TLB, as `Position.jump`, or leaves.
  func jumpFar()
  /// Goes to an operation of this page by way of its entry.
  func jumpByEntry(_ index: Int)
}

/// Chooses the back end.
enum HostTranslator {
  /// Whether this host has one.
  static var exists: Bool {
    #if arch(arm64) && (os(Linux) || os(macOS)) || arch(x86_64) && os(Linux)
    true
    #else
    false
    #endif
  }

  /// The translator for an engine on this host.
  static func make(_ engine: ExecutionEngine) throws(TranslatorRefusal) -> any Translator {
    #if arch(arm64) && (os(Linux) || os(macOS))
    return try unsafe A64Translator(engine)
    #elseif arch(x86_64) && os(Linux)
    return try X86Translator(engine)
    #else
    throw .host
    #endif
  }
}
