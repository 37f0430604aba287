// The translator: blocks of predecoded operations become blocks of x86-64 instructions.
//
// Generated code keeps CoreState.words + 16 in RBX (so that X0 to X31 are a byte's displacement away), the
// data TLB's table in R12 and the budget in R15. AX, CX and DX are scratch; nine registers hold guest
// registers inside a block. What else it needs lies in words before the state (`ContextWord`), which are no
// part of it. Whatever it does not do itself it asks the interpreter for, an operation at a time (`step`):
// so an operation without a translation is slow, never wrong.
//
// Documentation/Translator.md has the rules.

import Arm

/// Words before a core's state that generated code uses; none of them is state.
enum ContextWord {
  /// How many there are.
  static let count = 64
  /// Instructions left, when code has returned.
  static let budget = -1
  /// The virtual address of the page that executes.
  static let page = -2
  /// The fetch TLB's table.
  static let codeTLB = -3
  /// The data TLB's table.
  static let dataTLB = -4
  /// The core, for the functions below.
  static let core = -5
  /// What executes one operation.
  static let step = -6
  /// What executes an FP or Advanced SIMD operation without the loop around it.
  static let vector = -7
  /// Whether FP and Advanced SIMD instructions must be asked for first.
  static let isFloatingPointTrapped = -8
  /// Whether DC and IC by VA must be asked for first.
  static let isMaintenanceTrapped = -9
  /// Nanoseconds of virtual time at which the turn ends: less the budget, it is now.
  static let sliceEnd = -11
  /// Whether reads of the virtual, and of the physical, counter must be asked for first.
  static let isVirtualCounterTrapped = -12
  static let isPhysicalCounterTrapped = -13
  /// What the virtual counter is behind the physical one for who reads it now.
  static let virtualCounterOffset = -14
  /// What executes an operation without the loop around it, or says that it is a step.
  static let body = -10
}

/// Makes code; one for each board.
///
/// Safe because it writes only through its assembler, and because `enter` is given what `translate`
/// returned.
@safe final class Translator {
  /// The most operations of a block.
  static let maximumLength = 64
  /// Bytes for code. Nothing is used of them before it is written.
  static let standardCapacity = 32 << 20
  /// Bytes that must be left to begin a block: more than the longest takes.
  static let reserve = 1 << 16

  private let memory: CodeMemory
  /// Where blocks begin in `memory`.
  private let start: Int
  /// What to add to an address that is written to for the one that executes.
  let executableOffset: Int
  /// What the entries of operations without a translation hold: leaves, with AX the offset in the page.
  let exitEntry: UInt
  /// The same place in the view that is written to.
  let exitStub: Int
  /// Leaves; pc and budget are stored.
  let commonExit: Int
  private typealias Enter = @convention(c) (UnsafeMutablePointer<UInt64>, UInt, Int) -> Void
  private let enterFunction: Enter

  /// How often a block is interpreted first.
  let threshold: UInt8
  /// What was done so far.
  private(set) var statistics: EngineStatistics

  var x86: Assembler

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
  /// Where its code begins.
  var blockEntry = 0
  /// Code out of the way, written behind the block.
  var stubs: [Stub] = []
  /// What the host's flags still say of the guest's.
  var liveFlags = LiveFlags.none

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

  /// A translator for an engine.
  init(
    _ engine: ExecutionEngine, capacity: Int = standardCapacity, usesOneView: Bool = false
  ) throws(TranslatorRefusal) {
    memory = try CodeMemory(count: capacity, usesOneView: usesOneView)
    executableOffset = memory.executableOffset
    threshold = engine.threshold
    statistics = EngineStatistics(engine: engine)
    page = unsafe Translator.noPage
    x86 = unsafe Assembler(memory.bytes)
    let features = x86.address
    x86.writeFeatureTest()
    typealias Test = @convention(c) () -> UInt64
    let test = unsafe unsafeBitCast(features + executableOffset, to: Test.self)
    guard test() == 1 else { throw .processor }

    // enter(words + 16, code, budget). Six registers and the return address: 8 bytes align the stack.
    let saved: [HostRegister] = [.bx, .bp, .r12, .r13, .r14, .r15]
    unsafe enterFunction = unsafeBitCast(x86.address + executableOffset, to: Enter.self)
    for register in saved { x86.push(register) }
    x86.alu(.sub, .sp, imm: 8, w: true)
    x86.mov(.bx, .di)
    x86.mov(.r15, .dx)
    x86.load(.r12, .bx, Self.offset(ContextWord.dataTLB))
    x86.jump(.si)
    exitStub = x86.address
    exitEntry = UInt(exitStub + executableOffset)
    x86.alu(.add, .ax, .bx, Self.offset(ContextWord.page), w: true)
    x86.store(.ax, .bx, Self.offset(StateWord.pc))
    x86.store(.r15, .bx, Self.offset(ContextWord.budget))
    commonExit = x86.address
    x86.alu(.add, .sp, imm: 8, w: true)
    for register in saved.reversed() { x86.pop(register) }
    x86.ret()
    start = x86.address
  }

  /// Whether there is no room for another block.
  var isFull: Bool { x86.room < Translator.reserve }

  /// Throws all blocks away. No core may be in one, and the caller forgets every entry.
  func removeAll() {
    makeOwn()
    x86.rewind(to: start)
    statistics.flushes += 1
  }

  /// Before code is written: in a child of fork(2), on memory of its own.
  func makeOwn() { unsafe memory.makeOwn(used: memory.bytes.count - x86.room) }

  /// Executes code of a core's page.
  @unsafe func enter(_ words: UnsafeMutablePointer<UInt64>, _ code: UInt, budget: Int) {
    unsafe enterFunction(words + 16, code, budget)
  }

  /// Counts a block.
  func note(_ bytes: Int) {
    unsafe memory.release(used: memory.bytes.count - x86.room)
    statistics.blocks += 1
    statistics.operations += count
    statistics.bytes += bytes
  }

  /// The displacement of a word of state or context from RBX.
  @inline(__always) static func offset(_ word: Int) -> Int32 { Int32((word - 16) * 8) }
  /// The operation at a place in the block.
  @inline(__always) func operation(_ k: Int) -> Operation { page.operation(first + k) }
}

extension Assembler {
  /// A function that returns 1 if the processor has what generated code uses: SSE4.1, FMA,
  /// what FMA needs of the system (OSXSAVE), LZCNT, BMI2.
  mutating func writeFeatureTest() {
    push(.bx)
    mov(.r8, imm: 1)
    let tests: [(leaf: UInt64, register: HostRegister, bit: UInt8)] = [
      (1, .cx, 19), (1, .cx, 12), (1, .cx, 27), (0x8000_0001, .cx, 5), (7, .bx, 8),
    ]
    for (leaf, register, bit) in tests {
      mov(.ax, imm: leaf)
      mov(.cx, imm: 0)
      byte(0x0F)
      byte(0xA2)
      // Keep the bit only.
      shift(.shr, register, bit, w: false)
      alu(.and, .r8, register, w: true)
    }
    // XGETBV, which OSXSAVE has: the system keeps the upper halves of vector registers.
    test(.r8, .r8, w: true)
    let none = jump(.e)
    mov(.cx, imm: 0)
    for code: UInt8 in [0x0F, 0x01, 0xD0] { byte(code) }
    shift(.shr, .ax, 2, w: false)
    alu(.and, .r8, .ax, w: true)
    patch(none)
    mov(.ax, .r8)
    pop(.bx)
    ret()
  }
}
