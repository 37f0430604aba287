// The error injector: the Secure world's way to real errors, as memory controllers and cores have one for who
// tests them. It makes a line of memory bad, or gives a core an error of its own that is told by an SError.
//
// This device is our own: QEMU's board has none like it. Only Secure accesses reach it.
//
//     offset | name    |
//     0x00   | ADDRESS | of any byte in the line, 64 bits; of a core's error: what its record names
//     0x08   | STATE   | what is recorded: 0 CE, 1 UEO, 2 UER, 3 UEU, 4 UC, 5 DE (of memory alone)
//     0x0C   | CORE    | the core; with bit 31 its error has ADDRESS
//     0x10   | DELAY   | nanoseconds until the core meets it, at most 1,048,575
//     0x14   | COMMAND | writes: 1 makes the line bad, 2 gives the core its error
//     0x18   | RESULT  | of the last command: 0 done, 1 there is no such line, core or state, or a core's
//            |         | error is on its way already
//
// A line is bad in all its bytes until they are written. A core meets its error after the delay, as with the
// countdown of the architecture's fault injection: who asks is out of EL3 by then, whose own the error would
// be otherwise. Each core has a countdown of its own.

import Arm
import Platform

/// The error injector of the board.
final class ErrorInjector: WordDevice {
  /// All that changes.
  struct State: DeviceState {
    var addressLow: UInt32 = 0
    var addressHigh: UInt32 = 0
    var errorState: UInt32 = 0
    var core: UInt32 = 0
    var delay: UInt32 = 0
    var result: UInt32 = 0
    /// The errors that cores are to meet, at most one a core, in the order in which they were asked for.
    var coming: [Coming] = []

    /// An error on its way.
    struct Coming: Equatable, Sendable {
      /// Nanoseconds of virtual time at which the core meets it.
      var at: UInt64
      var core: Int
      var state: ErrorState
      var address: PhysicalAddress?
    }

    /// Mixes in all of it.
    func hash(into hash: inout StateHash) {
      for word in [addressLow, addressHigh, errorState, core, delay, result] {
        hash.combine(UInt64(word))
      }
      for coming in coming {
        hash.combine(coming.at)
        hash.combine(coming.core)
        hash.combine(coming.state.rawValue)
        hash.combine(coming.address?.rawValue ?? .max)
      }
    }
  }

  /// All that changes.
  var state = State()

  /// Whose memory and cores it makes bad.
  weak var bus: Bus?

  /// When a core meets its error.
  var deadline: UInt64? { state.coming.map(\.at).min() }

  /// Cores meet their errors.
  func update(now: UInt64) {
    let due = state.coming.filter { $0.at <= now }
    guard !due.isEmpty else { return }
    state.coming.removeAll { $0.at <= now }
    for coming in due {
      bus?.injectError(core: coming.core, coming.state, address: coming.address)
    }
  }

  /// Forgets everything.
  func reset() { state = State() }

  /// Reads a register.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    switch offset {
    case ErrorInjectorRegister.addressLow: return state.addressLow
    case ErrorInjectorRegister.addressHigh: return state.addressHigh
    case ErrorInjectorRegister.state: return state.errorState
    case ErrorInjectorRegister.core: return state.core
    case ErrorInjectorRegister.delay: return state.delay
    case ErrorInjectorRegister.command: return 0
    case ErrorInjectorRegister.result: return state.result
    default:
      host.hasNoRegister(offset)
      return 0
    }
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    switch offset {
    case ErrorInjectorRegister.addressLow: state.addressLow = value
    case ErrorInjectorRegister.addressHigh: state.addressHigh = value
    case ErrorInjectorRegister.state: state.errorState = value
    case ErrorInjectorRegister.core: state.core = value
    case ErrorInjectorRegister.delay: state.delay = value & 0xF_FFFF
    case ErrorInjectorRegister.command: state.result = execute(value, host) ? 0 : 1
    case ErrorInjectorRegister.result: return
    default: host.hasNoRegister(offset, value)
    }
  }

  private func execute(_ command: UInt32, _ host: DeviceHost) -> Bool {
    guard let errorState = ErrorInjectorRegister.state(state.errorState) else { return false }
    let address = PhysicalAddress(UInt64(state.addressHigh) << 32 | UInt64(state.addressLow))
    switch command {
    case ErrorInjectorRegister.memory:
      return host.makeBad(line: address, Poison(state: errorState))
    case ErrorInjectorRegister.processor:
      let hasAddress = state.core & ErrorInjectorRegister.coreHasAddress != 0
      let core = Int(state.core & 0xFFFF)
      guard errorState != .deferred, core < host.coreCount,
        !state.coming.contains(where: { $0.core == core })
      else { return false }
      state.coming.append(
        State.Coming(
          at: host.now &+ max(1, UInt64(state.delay)), core: core, state: errorState,
          address: hasAddress ? address : nil))
      return true
    default: return false
    }
  }
}
