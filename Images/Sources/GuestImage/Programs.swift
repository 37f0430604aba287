// EL0 programs: one runs on a core until it exits or is killed, and its calls. The calls' numbers
// are in ProgramEntry.h.

import Arm
import CArch
import GuestKernelEntry
import ImageRuntime
import Text

/// A core's work, in memory that the vectors know.
struct Job {
  private let address: UInt64

  /// That of a core.
  init(_ core: Int) { address = job_address(UInt64(core)) }

  /// Where the kernel's stack pointer is kept while a program runs.
  var kept: UInt64 { address }
  /// Where the program's four arguments are.
  var arguments: UInt64 { address + 16 }
  /// How the program ended.
  var result: UInt64 {
    get { load_64(address + 8) }
    nonmutating set { store_64(address + 8, newValue) }
  }
  /// 0 none, 1 to do, 2 done.
  var state: UInt64 {
    get { job_load(address + 64) }
    nonmutating set { job_store(address + 64, newValue) }
  }
  /// Whether the core has come up.
  var isOnline: Bool { job_load(address + 72) != 0 }
  /// Says that it has.
  func setOnline() { job_store(address + 72, 1) }
}

/// What a program is to do. Images/Sources/GuestProgram has the same numbers.
enum ProgramMode: UInt64 {
  /// Reads the word at its address, then checks its page.
  case read = 0
  /// Calls the code at its address.
  case fetch = 1
  /// Has the kernel read the word at its address.
  case copy = 2
  /// Checks the page at its address and says nothing before.
  case check = 3
  /// Computes so many rounds.
  case compute = 4
}

/// How a program ended.
enum ProgramEnd: UInt64 {
  /// By itself.
  case exited = 0
  /// Killed for a hardware error.
  case killed = 1
  /// Killed for a fault of its own.
  case faulted = 2
}

/// Running programs.
enum Programs {
  /// The top of the stack of a core's program.
  static func stack(_ core: Int) -> UInt64 { 0x7000_4000 + UInt64(core) * 0x10_0000 }

  /// Gives a space a stack for every core that may run a program.
  static func addStacks(_ space: inout AddressSpace, cores: Int = 1) {
    for core in 0..<cores {
      for page in 1...4 as ClosedRange<UInt64> { space.add(stack(core) - page * 4096, .zeros) }
    }
  }

  /// Runs a program in `state.space` on a core; `wait` is in ticks of the counter, `start` a moment
  /// to wait for, or 0.
  static func begin(
    _ mode: ProgramMode, _ address: UInt64, wait: UInt64 = 0, start: UInt64 = 0, core: Int
  ) {
    let job = Job(core)
    store_64(job.arguments, mode.rawValue)
    store_64(job.arguments + 8, address)
    store_64(job.arguments + 16, wait)
    store_64(job.arguments + 24, start)
    job.state = 1
  }

  /// Does this core's job.
  static func work(_ core: Int) {
    let job = Job(core)
    state.space.activate()
    job.result = guest_enter_program(state.space.entry, stack(core), job.kept, job.arguments)
    unmask_serror()
    job.state = 2
  }

  /// Runs a program on the boot core to its end.
  @discardableResult
  static func run(
    _ mode: ProgramMode, _ address: UInt64, wait: UInt64 = 0, start: UInt64 = 0
  ) -> ProgramEnd {
    begin(mode, address, wait: wait, start: start, core: 0)
    work(0)
    unmask_interrupts()
    return end(0)
  }

  /// How a core's program ended.
  static func end(_ core: Int) -> ProgramEnd { ProgramEnd(rawValue: Job(core).result) ?? .faulted }

  /// Leaves the program that this core was running.
  static func leave(_ end: ProgramEnd) -> Never {
    guest_leave_program(end.rawValue, load_64(Job(Int(SystemRegister.tpidrEL1.read())).kept))
  }

  /// A call of a program.
  static func call(_ frame: Frame) {
    switch frame.x(8) {
    case 0: exit(frame)
    case 1: write(frame)
    case 2: victim(frame.x(0))
    case 3: say("reading")
    case 4: result(frame)
    default: frame.setX(0, UInt64.max)
    }
  }

  private static func exit(_ frame: Frame) -> Never {
    var line = Line(guest: "program ended with status ")
    line.add(decimal: frame.x(0))
    line.print()
    leave(.exited)
  }

  /// Copies a word of the program's as any kernel would, ready for it to be bad.
  private static func write(_ frame: Frame) {
    let address = frame.x(0)
    guard address & 7 == 0, state.space.physical(address) != nil else {
      frame.setX(0, UInt64.max)
      return
    }
    let buffer = Job(Int(SystemRegister.tpidrEL1.read())).arguments
    if guest_copy_word(address, buffer) == 0 {
      var line = Line(guest: "copied ")
      line.add(hex: load_64(buffer))
      line.print()
      frame.setX(0, 0)
      return
    }
    guest_lock()
    state.killed += 1
    say(.programKilled, SystemRegister.tpidrEL1.read())
    guest_unlock()
    leave(.killed)
  }

  /// Says where a victim is.
  static func victim(_ address: UInt64) {
    guard let physical = state.space.physical(address) else { return }
    victim(physical: physical, address)
  }

  /// Says where a victim is.
  static func victim(physical: UInt64, _ address: UInt64) {
    var line = Line(guest: "victim at ipa ")
    line.add(hex: physical)
    line.add(" va ", hex: address)
    line.print()
  }

  private static func result(_ frame: Frame) {
    var line = Line(guest: "result ")
    line.add(decimal: frame.x(0))
    line.add(" of ", decimal: frame.x(1))
    line.add(" right digest ", hex: frame.x(2))
    line.print()
    frame.setX(0, 0)
  }
}
