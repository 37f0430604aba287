// The small guest's EL0 program. What it is to do comes in four arguments: a mode, an address, how
// long to wait between saying where the victim is and using it, and a moment to wait for instead.
// Modes and fill are those of GuestImage (Programs.swift, AddressSpace.swift).

import GuestTouch
import ProgramEntry

@main enum GuestProgram {
  static func main() {
    let address = program_argument(1)
    switch program_argument(0) {
    case 0:
      announce(address)
      _ = touch_read(address)
      check(address)
    case 1:
      announce(address)
      let right: UInt64 = touch_call(address) == 42 ? 1 : 0
      _ = kernel_call(UInt64(CALL_RESULT), right, 1, 0)
    case 2:
      announce(address)
      let result = kernel_call(UInt64(CALL_WRITE), address, 0, 0)
      if result != 0 { exit(1) }
    case 3: check(address)
    case 4: compute(address)
    default: exit(64)
    }
  }

  static func exit(_ status: UInt64) {
    _ = kernel_call(UInt64(CALL_EXIT), status, 0, 0)
  }

  /// Says where the victim is, waits, and says that it will be used; or waits for the moment that
  /// another program waits for too.
  static func announce(_ address: UInt64) {
    let start = program_argument(3)
    if start != 0 {
      _ = kernel_call(UInt64(CALL_READING), 0, 0, 0)
      while counter() < start {}
      return
    }
    _ = kernel_call(UInt64(CALL_VICTIM), address, 0, 0)
    let end = counter() + program_argument(2)
    while counter() < end {}
    _ = kernel_call(UInt64(CALL_READING), 0, 0, 0)
  }

  /// Every word of the page, against what the kernel filled it with.
  static func check(_ address: UInt64) {
    let page = address & ~0xFFF
    var right: UInt64 = 0
    var digest: UInt64 = 0
    for index in 0..<512 as Range<UInt64> {
      let word = load_word(page + index * 8)
      if word == 0x9E37_79B9_7F4A_7C15 &* ((page & 0x1F_FFFF) / 8 + index + 1) { right += 1 }
      digest = mix(digest ^ word)
    }
    _ = kernel_call(UInt64(CALL_RESULT), right, 512, digest)
  }

  static func compute(_ rounds: UInt64) {
    var digest: UInt64 = 0x0123_4567_89AB_CDEF
    for round in 0..<rounds { digest = mix(digest &+ round) }
    _ = kernel_call(UInt64(CALL_RESULT), rounds, rounds, digest)
  }

  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
