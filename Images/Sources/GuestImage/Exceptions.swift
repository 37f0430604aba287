// From the vectors: what every exception of EL1 means. Errors have a file of their own.

import Arm
import Bytes
import CArch
import GuestKernelEntry

/// The interrupted context, as vectors.S saved it on this core's stack.
struct Frame {
  /// Where it is.
  let place: UInt64
  /// The slot of the vector table, 0 to 15.
  let slot: UInt64

  /// x0 to x30.
  func x(_ index: UInt64) -> UInt64 { load_64(place + index * 8) }
  /// Sets x0 to x30.
  func setX(_ index: UInt64, _ value: UInt64) { store_64(place + index * 8, value) }
  /// The stack pointer.
  var sp: UInt64 { load_64(place + 248) }
  /// ELR_EL1.
  var elr: UInt64 { load_64(place + 256) }
  /// SPSR_EL1.
  var spsr: UInt64 { load_64(place + 264) }
  /// ESR_EL1.
  var syndrome: Syndrome { Syndrome(rawValue: load_64(place + 272)) }
  /// FAR_EL1.
  var far: UInt64 { load_64(place + 280) }
  /// Goes on elsewhere.
  func setELR(_ value: UInt64) { store_64(place + 256, value) }
  /// Whether a program was interrupted.
  var isFromProgram: Bool { slot >= 8 }

  /// One number for all of it: equal for equal registers. An SError leaves FAR_EL1, the last of them,
  /// UNKNOWN.
  var digest: UInt64 {
    var digest: UInt64 = 0
    let end: UInt64 = syndrome.exceptionClass == .serror ? 280 : 288
    for offset in stride(from: 0 as UInt64, to: end, by: 8) {
      digest = WordSum.adding(load_64(place + offset), to: digest)
      digest ^= digest >> 29
    }
    return digest
  }
}

/// From vectors.S: the frame's address and the vector's slot.
@c(guest_exception) func guestException(_ place: UInt64, _ slot: UInt64) {
  let frame = Frame(place: place, slot: slot)
  switch slot & 3 {
  case 0: synchronous(frame)
  case 1: Interrupts.handle()
  case 3: HardwareError.serror(frame)
  default: unexpected(frame)
  }
}

private func synchronous(_ frame: Frame) {
  let syndrome = frame.syndrome
  if frame.isFromProgram, syndrome.exceptionClass == .svc {
    Programs.call(frame)
  } else if syndrome.isSynchronousExternalAbort {
    HardwareError.abort(frame)
  } else if !frame.isFromProgram, Probe.skip(frame) {
    return
  } else {
    unexpected(frame)
  }
}

/// An exception that no experiment foresees.
private func unexpected(_ frame: Frame) {
  guest_lock()
  HardwareError.describe(frame)
  guard frame.isFromProgram else { down("unexpected exception") }
  guest_unlock()
  Programs.leave(.faulted)
}
