// What an experiment needs of a machine, and no more: `BoardTarget` is the real one, tests bring
// their own.

import Arm
import Machine

/// A machine under experiment.
public protocol Target: AnyObject {
  /// Instructions executed by all cores since reset.
  var instructions: UInt64 { get }
  /// Nanoseconds of virtual time since reset; it also passes while no core executes.
  var virtualNanoseconds: UInt64 { get }
  /// How many cores there are.
  var coreCount: Int { get }
  /// Runs at most so many instructions.
  func run(instructions budget: UInt64) -> TargetStop
  /// Resets it: `run` ended with `.reset`, and the next one begins in firmware again.
  func reset(_ kind: ResetKind)
  /// What the console printed since the last call.
  func takeConsole() -> [UInt8]
  /// Types on the console.
  func type(_ bytes: [UInt8])
  /// What the hardware noted since the last call.
  func takeEvents() -> [TimelineEvent]
  /// Reads physical memory as a debugger does: nothing in the machine changes. nil where there is
  /// no memory.
  func read(_ address: PhysicalAddress, count: Int) -> [UInt8]?
  /// Start and size of the RAM.
  var memory: (start: UInt64, size: UInt64) { get }
  /// Who runs on a core; nil for firmware.
  func context(core: Int) -> Scenario.Context?
  /// Whether a core does something useful: it waits for an interrupt, or runs a process or a guest.
  func isUseful(core: Int) -> Bool
  /// Whether a core has waited for an interrupt since this was last asked. One look at a core does not tell:
  /// where the others wait as well, it comes when this one is at work.
  func takeWait(core: Int) -> Bool
  /// What a core does, as far as one look tells.
  func activity(core: Int) -> CoreActivity
  /// Whether `run` ends when a line of the console is complete.
  var stopsAtLines: Bool { get set }
  /// A general register of a core, as what runs there sees it.
  func read(_ register: TargetRegister, core: Int) -> UInt64
  /// The physical address that a virtual one has in a core's current context, or nil.
  func translate(core: Int, _ address: VirtualAddress) -> PhysicalAddress?
  /// The physical address of the stage 1 descriptor of a virtual address at a level, or nil.
  func descriptor(core: Int, _ address: VirtualAddress, level: Int) -> PhysicalAddress?
  /// The physical address that a guest's physical one has in the guest that a core runs, or nil.
  func translate(core: Int, _ address: IntermediatePhysicalAddress) -> PhysicalAddress?
  /// The physical address of the stage 2 descriptor of a guest's physical address at a level, or
  /// nil.
  func descriptor(
    core: Int, _ address: IntermediatePhysicalAddress, level: Int
  )
    -> PhysicalAddress?
  /// Where a physical address is for the guest that a core runs, or ran when EL3 took it; nil where
  /// there is no such guest, or it has no such page.
  func guestAddress(core: Int, _ address: PhysicalAddress) -> IntermediatePhysicalAddress?
  /// Poisons the 64-byte line at a physical address. False where there is no memory.
  func plantPoison(_ address: PhysicalAddress, _ poison: Poison) -> Bool
  /// Poisons every line of memory that a pattern has. False where no memory has one.
  func plantPoison(_ lines: LinePattern, _ poison: Poison) -> Bool
  /// The memory node finds the line at a physical address to be bad, which it is, without an access.
  func announcePoison(_ address: PhysicalAddress)
  /// A whole-line engine copies so many lines, with their poison: how many it did; nil where there is not so much
  /// memory.
  func copyLines(from source: PhysicalAddress, to destination: PhysicalAddress, count: Int) -> Int?
  /// From now on lines are read `rate` times a second, `count` times or for as long as they are bad.
  func addTraffic(_ lines: LinePattern, rate: UInt64, count: UInt64?)
  /// Makes a core meet an error of its own now, told by an SError; `address` is what its record
  /// names, if that is valid.
  func injectError(core: Int, _ address: PhysicalAddress?, _ poison: Poison)
  /// Makes the interconnect meet an error in itself now; its record names `address` if there is one.
  func injectInterconnectError(
    _ state: ErrorState, isCritical: Bool, cause: Scenario.InterconnectCause,
    _ address: PhysicalAddress?)
  /// Stops `run` right after the n-th access from now on to `length` bytes at a physical address.
  /// The watch's number, for its hit; nil where there is no memory.
  func watch(
    _ address: PhysicalAddress, length: UInt64, kind: Scenario.AccessKind, count: UInt64
  ) -> Int?
  /// Stops `run` before the instruction at a virtual address, on whatever core.
  func setBreakpoint(_ address: VirtualAddress)
  /// A hash of the whole state.
  func hash() -> UInt64

  /// Drops what saving drops, so that a run that was saved and one that was not are the same run.
  func mark()
  /// The whole machine at one time, with what it was asked to wait for and what was not taken from
  /// it yet.
  associatedtype Saved
  /// Saves it. Throws what the machine says when the host has no room for it.
  func save() throws -> Saved
  /// Makes it what it was.
  func restore(_ saved: Saved)
}

/// A general register: a scenario names it as a capture once its `pc` trigger has come.
public enum TargetRegister: String, CaseIterable, Sendable {
  case x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20
  case x21, x22, x23, x24, x25, x26, x27, x28, x29, x30
  /// The stack pointer in use.
  case sp
}

/// Why `run` returned.
public enum TargetStop: Equatable, Sendable {
  /// The budget is used up.
  case budget
  /// The hardware noted something: events wait.
  case event
  /// Watches or breakpoints were hit; they are gone now.
  case triggers([TriggerHit])
  /// Software switched the machine off.
  case powerOff
  /// Software reset the machine.
  case reset
  /// Every core waits, and nothing but input will ever end it.
  case idle
  /// Every core waits, until this virtual time or for input, and what runs here lives through waits.
  case waiting(until: UInt64)
  /// The machine met something that nobody models.
  case unmodelled(String)
}

/// The hit of one watch or breakpoint.
public struct TriggerHit: Equatable, Sendable {
  /// What was waited for.
  public enum Cause: Equatable, Sendable {
    /// The watch of this number.
    case watch(Int)
    /// The breakpoint at this virtual address.
    case breakpoint(VirtualAddress)
  }
  /// What was waited for.
  public var cause: Cause
  /// The core that did it; nil for a device.
  public var core: Int?

  /// A hit.
  public init(_ cause: Cause, core: Int?) {
    self.cause = cause
    self.core = core
  }
}
