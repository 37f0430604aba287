// The back end for arm64 hosts.
//
// The guest's instructions are the host's, on other registers: so most are encoded again from their operations.
// Generated code keeps CoreState.words + 16 in X19 (so that X0 to X31 are within the reach of LDUR), the data
// TLB's table in X20 and the budget in X21. X4 to X15 hold guest registers inside a block; X0 to X3, X16 and X17
// are scratch. X18 is the platform's and never named. Calls are those of AAPCS64.
//
// Surprising: this was never executed by an arm64 host. It is executed in tests by our own machine
// (`A64HostMachine`), on any host.

import Arm

/// Makes A64 code.
@safe final class A64Translator: BlockTranslator, Translator {
  /// Executes code: the state's words and 16, code, the budget.
  typealias Enter = (UnsafeMutablePointer<UInt64>, UInt, Int) -> Void

  // The registers that have a meaning throughout.

  static let state = A64Register.x19
  static let dataTLB = A64Register.x20
  static let budget = A64Register.x21
  /// The address of an access; the target of a branch; the offset in the page when leaving.
  static let place = A64Register.x16
  /// Scratch for whatever is short.
  static let scratch = A64Register.x17

  /// The address of the function that enters code, in the view that executes.
  let enterAddress: UInt
  /// The exit stub in the view that is written to: leaves, with X16 the offset in the page.
  let exitStub: Int
  /// Leaves; pc and budget are stored.
  let commonExit: Int
  /// What executes code instead of this processor: a test's machine.
  private let simulator: Enter?

  var a64: A64Assembler
  /// Whether the host's N, Z, C and V are the guest's.
  var areFlagsLive = false

  /// A translator for an engine. `simulator` and `functions` are a test's, whose machine executes the code.
  init(
    _ engine: ExecutionEngine, capacity: Int = standardCapacity, usesOneView: Bool = false,
    functions: CalledFunctions = .own, simulator: Enter? = nil
  ) throws(TranslatorRefusal) {
    let memory = try CodeMemory(count: capacity, usesOneView: usesOneView)
    var a64 = unsafe A64Assembler(memory.bytes)
    let beginning = a64.address
    memory.beginWriting()
    // enter(words + 16, code, budget).
    a64.pushPair(.x29, .x30, -48)
    a64.arithmetic(.add, .x29, .sp, imm: 0, w: true)
    a64.pair(isLoad: false, .x19, .x20, .sp, 16, size: 3)
    a64.store(.x21, .sp, 32)
    a64.mov(Self.state, .x0)
    a64.mov(Self.budget, .x2)
    a64.load(Self.dataTLB, Self.state, Self.offset(ContextWord.dataTLB))
    a64.jump(.x1)
    exitStub = a64.address
    a64.load(.x17, Self.state, Self.offset(ContextWord.page))
    a64.alu(.add, .x17, .x17, Self.place, w: true)
    a64.store(.x17, Self.state, Self.offset(StateWord.pc))
    a64.store(Self.budget, Self.state, Self.offset(ContextWord.budget))
    commonExit = a64.address
    a64.load(.x21, .sp, 32)
    a64.pair(isLoad: true, .x19, .x20, .sp, 16, size: 3)
    a64.popPair(.x29, .x30, 48)
    a64.ret()
    let start = a64.address
    memory.endWriting(from: beginning, to: start)
    self.a64 = a64
    unsafe self.simulator = simulator
    enterAddress = UInt(beginning + memory.executableOffset)
    super.init(
      engine, memory, start: start, exitEntry: UInt(exitStub + memory.executableOffset),
      functions: functions)
  }

  /// Executes code of a core's page.
  @unsafe func enter(_ words: UnsafeMutablePointer<UInt64>, _ code: UInt, budget: Int) {
    if let simulator = unsafe simulator { return unsafe simulator(words + 16, code, budget) }
    typealias Function = @convention(c) (UnsafeMutablePointer<UInt64>, UInt, Int) -> Void
    let function = unsafe unsafeBitCast(enterAddress, to: Function.self)
    unsafe function(words + 16, code, budget)
  }

  // MARK: Places in code

  var address: Int { a64.address }
  func rewind(to address: Int) { a64.rewind(to: address) }
  func patch(_ site: JumpSite) { a64.patch(site) }
  func jump(to address: Int) { a64.jump(to: address) }

  func jump(_ condition: A64Condition) -> JumpSite {
    switch condition {
    case .flags(let number): a64.jump(flags: number)
    case .zero(let register, let w): a64.jump(ifZero: register, w: w)
    case .notZero(let register, let w): a64.jump(ifNotZero: register, w: w)
    }
  }

  // MARK: Registers

  /// X4 to X15.
  static let pool: UInt16 = 0xFFF0

  /// A register of the pool by its number.
  @inline(__always) private static func register(_ number: UInt8) -> A64Register {
    A64Register(rawValue: number & 15) ?? .x4
  }

  func load(_ host: UInt8, guest: UInt8) { read(Self.register(host), Int(guest)) }
  func store(_ host: UInt8, guest: UInt8) { write(Self.register(host), Int(guest)) }

  /// A register to read; the one that reads as zero is the host's.
  func use(_ guest: UInt8) -> A64Register {
    if guest == CoreState.zeroRegister { return .zr }
    if let register = host(of: guest) { return Self.register(register) }
    let register = allocate(guest)
    load(register, guest: guest)
    return Self.register(register)
  }

  /// A register to write, with nothing in it yet; the host's zero register for a result that is discarded.
  func define(_ guest: UInt8) -> A64Register {
    if guest >= CoreState.zeroRegister { return .zr }
    return Self.register(host(of: guest) ?? allocate(guest))
  }

  /// Reads a word of state or context.
  func read(_ d: A64Register, _ word: Int) { a64.load(d, Self.state, Self.offset(word)) }
  /// Writes one.
  func write(_ s: A64Register, _ word: Int) { a64.store(s, Self.state, Self.offset(word)) }
}

/// What a branch of the host asks.
enum A64Condition: HostCondition {
  /// A condition code.
  case flags(UInt8)
  /// Whether a register, or its lower half, is zero.
  case zero(A64Register, w: Bool)
  case notZero(A64Register, w: Bool)

  var inverted: A64Condition {
    switch self {
    case .flags(let number): .flags(number ^ 1)
    case .zero(let register, let w): .notZero(register, w: w)
    case .notZero(let register, let w): .zero(register, w: w)
    }
  }
}
