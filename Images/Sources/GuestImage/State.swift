// What the kernel remembers. It is touched by the boot core before any other runs, and with
// `guest_lock` held after.

import APEI
import Boot
import GuestKernelEntry

/// Everything the kernel remembers.
struct GuestState {
  /// The machine.
  var inventory = MachineInventory()
  /// What the command line asks for.
  var options = Options()
  /// Free memory.
  var frames = Frames()
  /// The HEST's sources of generic errors.
  var sources: [ErrorSource] = []
  /// The running program's memory.
  var space = AddressSpace()
  /// Programs that were killed for an error.
  var killed: UInt64 = 0
  /// Errors after which everything went on as before.
  var recovered: UInt64 = 0
  /// Records read.
  var records: UInt64 = 0
  /// Error exceptions taken.
  var exceptions: UInt64 = 0
  /// Timer interrupts of the boot core.
  var ticks: UInt64 = 0
  /// Whether records are being read: an error then is one in the memory of the records.
  var isReading = false
  /// Whether the next record is left as it is (test=unacknowledged).
  var leavesRecord = false
  /// A page whose record is waited for, and whether that has come (test=unacknowledged).
  var wantedPage: UInt64 = 0
  var sawWantedPage = false
}

nonisolated(unsafe) private var storage = GuestState()

/// The one instance.
var state: GuestState {
  _read { yield unsafe storage }
  _modify { yield unsafe &storage }
}
