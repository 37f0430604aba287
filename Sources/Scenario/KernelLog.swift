// What Linux says about memory errors on its console, and what each line means. The wording is
// that of Linux 4.19 to 7.x: mm/memory-failure.c, drivers/acpi/apei/ghes.c,
// drivers/firmware/efi/cper.c, arch/arm64/kernel/traps.c. And what our small kernel says
// (Images/Sources/GuestImage).

import _StringProcessing

/// One line's meaning.
enum KernelLine: Equatable {
  /// memory_failure finished with a page.
  case recoveryAction(pageFrame: UInt64, page: String, result: String)
  /// A process is told of it, or forced off.
  case processSignalled(name: String, pid: UInt64)
  /// The physical address in a record.
  case recordAddress(UInt64)
  /// The address in a section of a record that our small kernel reads.
  case sectionAddress(UInt64)
  /// Another line about hardware errors.
  case hardwareError
  /// The kernel stumbled over an exception of its own.
  case oops(String)
  /// The kernel stopped.
  case panic(String)
  /// The last line of a panic: nothing follows.
  case panicEnd
  /// Firmware says something: ours begins its lines so.
  case firmware
  /// A process says or is said to have died of SIGBUS.
  case busError
  /// Our small kernel killed a program for an error.
  case programKilled
  /// It made up for what was lost.
  case lossRepaired
  /// Our /init says how a program ended, as a shell counts it: 128 + n for signal n.
  case processEnded(name: String, status: UInt64)

  /// The meaning of a line, or nil for a line that is not about errors.
  init?(_ line: String) {
    if let match = line.firstMatch(
      of: /Memory failure: (?:0x)?([0-9a-f]+): recovery action for (.*): (\w+)/)
    {
      self = .recoveryAction(
        pageFrame: UInt64(match.1, radix: 16) ?? 0, page: String(match.2), result: String(match.3))
    } else if let match = line.firstMatch(
      of: /(?:Sending SIGBUS to|[Kk]illing) (.+):(\d+) (?:due to hardware|because of failure)/)
    {
      self = .processSignalled(name: String(match.1), pid: UInt64(match.2) ?? 0)
    } else if line.firstMatch(of: /^guest: program killed on core \d/) != nil {
      self = .programKilled
    } else if line.firstMatch(of: /^guest: (?:tables built anew|page replaced)/) != nil {
      self = .lossRepaired
    } else if let match = line.firstMatch(of: /^guest: section .* address (0x[0-9a-f]+)/) {
      self = .sectionAddress(UInt64(match.1.dropFirst(2), radix: 16) ?? 0)
    } else if let match = line.firstMatch(of: /^guest: down (.*)/) {
      self = .panic(String(match.1))
    } else if let match = line.firstMatch(of: /^init: (\S+) ended with status (\d+)/) {
      self = .processEnded(name: String(match.1), status: UInt64(match.2) ?? 0)
    } else if let match = line.firstMatch(
      of: /GHES: (.+):(\d+): synchronous unrecoverable error/)
    {
      self = .processSignalled(name: String(match.1), pid: UInt64(match.2) ?? 0)
    } else if let match = line.firstMatch(of: /Kernel panic - not syncing: (.*)/) {
      self = line.contains("end Kernel panic") ? .panicEnd : .panic(String(match.1))
    } else if let match = line.firstMatch(of: /Internal error: (.*)/) {
      self = .oops(String(match.1))
    } else if line.contains("Unable to handle kernel") {
      self = .oops(line)
    } else if let match = line.firstMatch(
      of: /\[Hardware Error\]:.* physical(?: fault)?[ _]address: (0x[0-9a-f]+)/)
    {
      self = .recordAddress(UInt64(match.1.dropFirst(2), radix: 16) ?? 0)
    } else if line.contains("[Hardware Error]") || line.contains("Memory failure: ") {
      self = .hardwareError
    } else if line.hasPrefix("firmware: ") {
      self = .firmware
    } else if line.contains("Bus error") || line.contains("SIGBUS") {
      self = .busError
    } else {
      return nil
    }
  }
}
