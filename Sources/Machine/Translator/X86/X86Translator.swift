// The back end for x86-64.
//
// Generated code keeps CoreState.words + 16 in RBX (so that X0 to X31 are a byte's displacement away), the
// data TLB's table in R12 and the budget in R15. AX, CX and DX are scratch; nine registers hold guest
// registers inside a block.

import Arm

/// Makes x86-64 code.
@safe final class X86Translator: BlockTranslator, Translator {
  /// The exit stub in the view that is written to: leaves, with AX the offset in the page.
  let exitStub: Int
  /// Leaves; pc and budget are stored.
  let commonExit: Int
  private typealias Enter = @convention(c) (UnsafeMutablePointer<UInt64>, UInt, Int) -> Void
  private let enterFunction: Enter

  var x86: X86Assembler
  /// What the host's flags still say of the guest's.
  var liveFlags = LiveFlags.none
  /// What they said before the current operation.
  var incoming = LiveFlags.none

  /// A translator for an engine.
  init(
    _ engine: ExecutionEngine, capacity: Int = standardCapacity, usesOneView: Bool = false
  ) throws(TranslatorRefusal) {
    let memory = try CodeMemory(count: capacity, usesOneView: usesOneView)
    let executableOffset = memory.executableOffset
    var x86 = unsafe X86Assembler(memory.bytes)
    let features = x86.address
    x86.writeFeatureTest()
    typealias Test = @convention(c) () -> UInt64
    let test = unsafe unsafeBitCast(features + executableOffset, to: Test.self)
    guard test() == 1 else { throw .processor }

    // enter(words + 16, code, budget). Six registers and the return address: 8 bytes align the stack.
    let saved: [X86Register] = [.bx, .bp, .r12, .r13, .r14, .r15]
    unsafe enterFunction = unsafeBitCast(x86.address + executableOffset, to: Enter.self)
    for register in saved { x86.push(register) }
    x86.alu(.sub, .sp, imm: 8, w: true)
    x86.mov(.bx, .di)
    x86.mov(.r15, .dx)
    x86.load(.r12, .bx, Self.offset(ContextWord.dataTLB))
    x86.jump(.si)
    exitStub = x86.address
    x86.alu(.add, .ax, .bx, Self.offset(ContextWord.page), w: true)
    x86.store(.ax, .bx, Self.offset(StateWord.pc))
    x86.store(.r15, .bx, Self.offset(ContextWord.budget))
    commonExit = x86.address
    x86.alu(.add, .sp, imm: 8, w: true)
    for register in saved.reversed() { x86.pop(register) }
    x86.ret()
    let start = x86.address
    self.x86 = x86
    super.init(
      engine, memory, start: start, exitEntry: UInt(exitStub + executableOffset), functions: .own)
  }

  /// Executes code of a core's page.
  @unsafe func enter(_ words: UnsafeMutablePointer<UInt64>, _ code: UInt, budget: Int) {
    unsafe enterFunction(words + 16, code, budget)
  }

  // MARK: Places in code

  var address: Int { x86.address }
  func rewind(to address: Int) { x86.rewind(to: address) }
  func patch(_ site: JumpSite) { x86.patch(site) }
  func jump(to address: Int) { x86.jump(to: address) }
  func jump(_ condition: X86Condition) -> JumpSite { x86.jump(condition) }
}

extension X86Assembler {
  /// A function that returns 1 if the processor has what generated code uses: SSE4.1, FMA,
  /// what FMA needs of the system (OSXSAVE), LZCNT, BMI2.
  mutating func writeFeatureTest() {
    push(.bx)
    mov(.r8, imm: 1)
    let tests: [(leaf: UInt64, register: X86Register, bit: UInt8)] = [
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
