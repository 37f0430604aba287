// The named experiments: each makes a victim, says where it is, has it used, and says what became of
// everybody.

import APEI
import Arm
import Boot
import CArch
import GuestKernelEntry
import GuestTouch
import ImageRuntime
import Platform
import Text

/// The experiments of the command line.
enum Experiments {
  /// Where a program's victim page is, its code page, its block; each on 2 MiB of its own.
  static let page: UInt64 = 0x1000_0000
  static let code: UInt64 = 0x2000_0000
  static let block: UInt64 = 0x4000_0000

  /// The time between `victim` and `reading` in ticks of the counter.
  private static var wait: UInt64 {
    state.options.wait * SystemRegister.cntfrqEL0.read() / 1_000_000
  }
  /// The victim in its page.
  private static var victim: UInt64 { page + state.options.offset }

  /// Runs the experiment that was asked for.
  static func run() -> Never {
    switch state.options.test {
    case .idle: idle()
    case .compute:
      // Without a victim: beside a guest that has one, a scenario must not mistake the two.
      makeSpace(hasVictim: false)
      Programs.run(.compute, state.options.times)
      done("computed")
    case .el0Read, .serror:
      makeSpace()
      Programs.run(.read, victim, wait: wait)
      conclude()
    case .el0Copy:
      makeSpace()
      Programs.run(.copy, victim, wait: wait)
      conclude()
    case .fetch:
      makeSpace()
      state.space.add(code, .code, isExecutable: true)
      Programs.run(.fetch, code + CacheLine.start(of: state.options.offset), wait: wait)
      conclude()
    case .el1Read: kernelRead()
    case .deferred: deferred()
    case .pageTable: pageTable()
    case .twoCPUs, .suspend: twoCPUs()
    case .hugepage: hugepage()
    case .reboot: reboot()
    case .unacknowledged: unacknowledged()
    case .calls: calls()
    case .countdown: countdown()
    case .ras:
      Probe.printRAS()
      done("idle")
    }
  }

  /// A fresh program with a fresh victim page.
  private static func makeSpace(cores: Int = 1, hasVictim: Bool = true) {
    var space = AddressSpace.make()
    Programs.addStacks(&space, cores: cores)
    if hasVictim { space.add(page, .words) }
    state.space = space
  }

  /// Who is left: a program that was killed is followed by another with fresh memory, which shows
  /// that the kernel goes on.
  private static func conclude() -> Never {
    if state.killed > 0 {
      makeSpace()
      Programs.run(.check, page)
      done("survived")
    }
    if state.exceptions > 0 { done("recovered") }
    done("untouched")
  }

  private static func idle() -> Never {
    while state.ticks < state.options.times {
      mask_interrupts()
      if state.ticks < state.options.times { wait_for_interrupt() }
      unmask_interrupts()
    }
    var line = Line(guest: "ticks ")
    line.add(decimal: state.options.times)
    line.print()
    done("idle")
  }

  private static func spin(_ ticks: UInt64) {
    let end = counter() + ticks
    while counter() < end {}
  }

  /// The kernel's own data have no copy.
  private static func kernelRead() -> Never {
    let physical = state.frames.takePage()
    Fill.fill(physical, 4096, .words)
    let address = KernelMap.linear(physical) + state.options.offset
    Programs.victim(physical: physical + state.options.offset, address)
    spin(wait)
    say("reading")
    let value = touch_read(address)
    var line = Line(guest: "word ")
    line.add(value == Fill.word(state.options.offset / 8) ? "right" : "WRONG")
    line.print()
    conclude()
  }

  /// An SError that comes while it is masked waits for an ESB.
  private static func deferred() -> Never {
    mask_interrupts()
    mask_serror()
    let physical = state.frames.takePage()
    Fill.fill(physical, 4096, .words)
    let address = KernelMap.linear(physical) + state.options.offset
    Programs.victim(physical: physical + state.options.offset, address)
    spin(wait)
    say("reading")
    let value = touch_read(address)
    error_barrier()
    HardwareError.deferred()
    unmask_serror()
    unmask_interrupts()
    var line = Line(guest: "word ")
    line.add(value == Fill.word(state.options.offset / 8) ? "right" : "lost")
    line.print()
    conclude()
  }

  private static func pageTable() -> Never {
    makeSpace()
    let level = state.options.level
    guard let descriptor = state.space.descriptor(victim, level: level) else {
      down("no descriptor of that level")
    }
    var line = Line(guest: "descriptor of level ")
    line.add(decimal: level)
    line.add(" at kernel va ", hex: KernelMap.linear(descriptor))
    line.print()
    Programs.victim(physical: descriptor, victim)
    spin(wait)
    Programs.run(.read, victim, start: counter())
    conclude()
  }

  /// The core's own node is asked for a recoverable error, which comes by itself while a program runs: an
  /// SError, whose record is there to be read. RASSA 2.6, pseudo-fault generation.
  private static func countdown() -> Never {
    SystemRegister.errselrEL1.write(ErrorNode.processor)
    instruction_barrier()
    guard
      Probe.value({ SystemRegister.erxpfgfEL1.read() }).map({
        ErrorInjectionFeature(rawValue: $0).isSet(ErrorInjectionFeature.uer)
      }) == true
    else { down("no pseudo-faults") }
    makeSpace()
    // What the record is to say: SERR 2, IERR 7.
    SystemRegister.erxstatusEL1.write(7 << 8 | UInt64(ErrorCode.internalMemoryData.rawValue))
    SystemRegister.erxpfgcdnEL1.write(wait)
    SystemRegister.erxpfgctlEL1.write(
      ErrorInjectionFeature.uer.mask | ErrorInjectionFeature.er.mask
        | ErrorInjectionControl.cdnen.mask)
    instruction_barrier()
    say("counts down")
    Programs.run(.read, victim, wait: 2 * wait)
    var line = Line(guest: "record 0 status ")
    line.add(hex: SystemRegister.erxstatusEL1.read())
    line.add(" control ", hex: SystemRegister.erxpfgctlEL1.read())
    line.print()
    conclude()
  }

  /// Both programs share their memory and use the line at the same moment.
  private static func twoCPUs() -> Never {
    guard Job(1).isOnline else { down("this test needs two cores") }
    makeSpace(cores: 2)
    Programs.victim(victim)
    let start = counter() + wait + SystemRegister.cntfrqEL0.read() / 2000
    Programs.begin(.read, victim, start: start, core: 1)
    Interrupts.wake(1)
    Programs.run(.read, victim, start: start)
    waitFor(1)
    conclude()
  }

  private static func waitFor(_ core: Int) {
    while Job(core).state == 1 {
      mask_interrupts()
      if Job(core).state == 1 { wait_for_interrupt() }
      unmask_interrupts()
    }
  }

  /// The victim is in the middle of a block of 2 MiB: how much of it is lost? After eight pages more
  /// the answer is all of it.
  private static func hugepage() -> Never {
    makeSpace()
    state.space.add(block, size: 0x20_0000, .words)
    let address = block + 0x10_0000 + state.options.offset
    guard let start = state.space.physical(block) else { down("no block") }
    Programs.run(.read, address, wait: wait)
    let scratch = Job(0).arguments
    var right: UInt64 = 0
    var wrong: UInt64 = 0
    var lost: UInt64 = 0
    for index in 0..<512 as Range<UInt64> where index != 0x100 && lost < 8 {
      if guest_copy_word(KernelMap.linear(start) + index * 4096, scratch) != 0 {
        lost += 1
      } else if load_64(scratch) == Fill.word(index * 512) {
        right += 1
      } else {
        wrong += 1
      }
    }
    var line = Line(guest: "other pages of the block ")
    line.add("right ", decimal: right)
    line.add(" wrong ", decimal: wrong)
    line.add(" lost ", decimal: lost)
    line.print()
    conclude()
  }

  private static let noteMark: UInt64 = 0x666C_745F_6E6F_7465

  /// A reset after an error: is the memory good again?
  private static func reboot() -> Never {
    let notes = KernelMap.linear(state.frames.notes)
    if load_64(notes) == noteMark {
      store_64(notes, 0)
      let physical = load_64(notes + 8)
      var line = Line(guest: "came back; victim at ipa ")
      line.add(hex: physical)
      line.add(
        guest_copy_word(KernelMap.linear(physical), Job(0).arguments) == 0
          ? " is readable" : " is still bad")
      line.print()
      done(state.exceptions == 0 ? "rebooted" : "still bad")
    }
    makeSpace()
    let physical = state.space.physical(victim) ?? 0
    Programs.run(.read, victim, wait: wait)
    guard state.killed > 0 else { conclude() }
    store_64(notes + 8, physical)
    store_64(notes, noteMark)
    for offset in [0, 8] as [UInt64] { clean_line(notes + offset) }
    data_barrier()
    say("resetting")
    Power.reset()
  }

  /// A record that nobody acknowledges holds the next one up, and must not lose it.
  private static func unacknowledged() -> Never {
    state.leavesRecord = true
    makeSpace()
    Programs.run(.read, victim, wait: wait)
    makeSpace()
    state.wantedPage = (state.space.physical(victim) ?? 0) & ~0xFFF
    Programs.run(.read, victim, wait: wait)
    guard state.killed == 2 else { conclude() }
    // The second exception found the first record and acknowledged it. Its own comes now, or did
    // with an interrupt.
    let end = counter() + SystemRegister.cntfrqEL0.read() / 10
    while !state.sawWantedPage, counter() < end {
      Power.call(PSCI.version)
      guest_lock()
      ErrorSources.claim { _ in true }
      guest_unlock()
    }
    done(state.sawWantedPage ? "queued" : "lost")
  }

  /// What a trip to the level above costs; a benchmark counts instructions between the lines.
  private static func calls() -> Never {
    let times = state.options.times
    say("calls begin")
    for _ in 0..<times { Power.call(PSCI.version) }
    say("calls end")
    if let console = state.inventory.console {
      let place = KernelMap.linear(console) + PL011Register.fr.rawValue
      say("reads begin")
      for _ in 0..<times { _ = load_32(place) }
      say("reads end")
    }
    done("idle")
  }
}
