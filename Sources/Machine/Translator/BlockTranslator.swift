// What every back end has: memory for code, what was done so far, and the block that is being translated.

/// Functions of this program that generated code calls, by address.
struct CalledFunctions {
  /// What executes one operation.
  var step: UInt
  /// What executes an FP or Advanced SIMD operation without the loop around it.
  var vector: UInt
  /// What executes an operation without the loop around it, or says that it is a step.
  var body: UInt
}

/// The state of a back end that does not depend on the host.
///
/// Safe because a back end writes only through its assembler, and because `enter` is given what `translate`
/// returned.
@safe class BlockTranslator {
  /// The most operations of a block.
  static let maximumLength = 64
  /// Bytes for code. Nothing is used of them before it is written.
  static let standardCapacity = 32 << 20
  /// Bytes that must be left to begin a block: more than the longest takes.
  static let reserve = 1 << 16

  let memory: CodeMemory
  /// What to add to an address that is written to for the one that executes.
  let executableOffset: Int
  /// Where blocks begin in `memory`.
  let start: Int
  /// What the entries of operations without a translation hold: leaves, with the offset in the page in a
  /// register of the back end's choice.
  let exitEntry: UInt
  /// How often a block is interpreted first.
  let threshold: UInt8
  /// What generated code calls.
  let functions: CalledFunctions
  /// What was done so far.
  private(set) var statistics: EngineStatistics

  // The block that is being translated.

  var page: CodePage
  /// What `page` is before the first block; nothing looks into it.
  nonisolated(unsafe) private static let noPage = unsafe CodePage(
    host: UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16))
  /// The place of its first operation in the page.
  var first = 0
  /// How many operations it has.
  var count = 0
  /// The opcodes, those of fused compares as if they were not.
  var opcodes = [Opcode](repeating: .undecoded, count: maximumLength)
  /// The flags that somebody wants after each operation.
  var wanted = [ConditionFlags](repeating: [], count: maximumLength)
  /// The flags that only the host has, of a back end that keeps them there.
  var pendingFlags: ConditionFlags = []
  /// Where its code begins.
  var blockEntry = 0
  /// Code out of the way, written behind the block.
  var stubs: [Stub] = []

  // Guest registers in the host's: `Translator+Registers.swift`.

  var hostOf = [Int8](repeating: -1, count: 34)
  var cached = CachedRegisters()
  var lastUse = [Int32](repeating: 0, count: 16)
  var useCount: Int32 = 0
  /// Those whose value is not in the state yet.
  var dirty: UInt16 = 0
  /// Those the current operation uses.
  var locked: UInt16 = 0

  // A block that is a loop: `Translator+Branches.swift`.

  var isLoopBody = false
  var loopRegisters = CachedRegisters()
  var loopHead = 0
  /// `pendingFlags` there.
  var loopFlags: ConditionFlags = []

  init(
    _ engine: ExecutionEngine, _ memory: CodeMemory, start: Int, exitEntry: UInt,
    functions: CalledFunctions
  ) {
    self.memory = memory
    executableOffset = memory.executableOffset
    self.start = start
    self.exitEntry = exitEntry
    self.functions = functions
    threshold = engine.threshold
    statistics = EngineStatistics(engine: engine)
    page = unsafe BlockTranslator.noPage
  }

  /// Counts a block.
  func note(bytes: Int) {
    statistics.blocks += 1
    statistics.operations += count
    statistics.bytes += bytes
  }

  /// Counts that everything was thrown away.
  func noteFlush() { statistics.flushes += 1 }

  /// The displacement of a word of state or context from where generated code has its base: 16 words into
  /// the state.
  @inline(__always) static func offset(_ word: Int) -> Int32 { Int32((word - 16) * 8) }
  /// The operation at a place in the block.
  @inline(__always) func operation(_ k: Int) -> Operation { page.operation(first + k) }
}
