// The doorbell: how an operating system tells EL3 that it wants something. Tables of ACPI can ask an operating
// system to read and write registers, and no more; here is one whose write EL3 hears. What is wanted lies in
// memory that both know (APEI, ServiceRegion); the bells only say that something is.
//
// This device is our own: QEMU's board has none like it.
//
//     offset | name  | Non-secure                 | Secure
//     0x0    | RING  | reads: which bells ring    | the same
//            |       | writes: 1 rings a bell     |
//     0x4    | DONE  | reads as zero, writes      | writes: 1 stills a bell
//            |       | nothing                    |
//     0x8    | COUNT | reads: how many bells      | the same
//
// Its wire is high while a bell rings.

import Platform

/// The doorbell of the board.
final class Doorbell: WordDevice {
  /// All that changes.
  struct State: DeviceState {
    /// A bit for each bell that rings.
    var ringing: UInt32 = 0

    /// Mixes in all of it.
    func hash(into hash: inout StateHash) { hash.combine(UInt64(ringing)) }
  }

  /// All that changes.
  var state = State()

  /// High while a bell rings.
  var interruptLines: UInt32 { state.ringing != 0 ? 1 : 0 }

  /// No bell rings.
  func reset() { state = State() }

  /// Reads a register.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    switch offset {
    case DoorbellRegister.ring: return state.ringing
    case DoorbellRegister.done: return 0
    case DoorbellRegister.count: return DoorbellRegister.bellCount
    default:
      host.hasNoRegister(offset)
      return 0
    }
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    switch offset {
    case DoorbellRegister.ring: state.ringing |= value & DoorbellRegister.bells
    case DoorbellRegister.done: if host.isSecure { state.ringing &= ~value }
    case DoorbellRegister.count: return
    default: host.hasNoRegister(offset, value)
    }
  }
}
