// Lines of guests and of the program that runs them (Sources/VMM). With `vmm --name NAME` each line
// of the guest and each message of the VMM begins with `NAME| `, which is how one console serves a
// host and several guests.

import _StringProcessing

/// Who wrote a console line, and the line without the mark of that.
struct ConsoleVoice: Equatable {
  /// The name of the guest; nil for the host, and for a VMM without a name.
  let guest: String?
  /// The line itself.
  let text: String

  /// The voice of a line.
  init(_ line: String) {
    if let match = line.prefixMatch(of: /([A-Za-z0-9._-]{1,16})\| ?/) {
      guest = String(match.1)
      text = String(line[match.range.upperBound...])
    } else {
      guest = nil
      text = line
    }
  }

  /// The line without what differs between two runs of the same guest: the time of a kernel's log,
  /// and its count of records.
  var withoutTime: String {
    text.replacing(#/^\[ *\d+\.\d+\] /#, with: "").replacing(#/^\{\d+\}/#, with: "")
  }
}

/// What a VMM says.
enum VMMLine: Equatable {
  /// SIGBUS or KVM_EXIT_ARM_SEA for memory of its guest, where that is for the guest, if the host
  /// knew, and log2 of the bytes lost.
  case guestMemoryLost(physical: UInt64?, leastBit: UInt64)
  /// SIGBUS for memory of its own, and it cannot go on.
  case ownMemoryLost
  /// It was told that memory of its own is bad, and has not used it.
  case ownMemoryNoticed
  /// A record written for the guest, and the guest physical address in it, if any.
  case record(physical: UInt64?)
  /// An abort or a virtual SError goes into the guest.
  case injected
  /// The guest cannot go on, as its VMM says.
  case guestEnded
  /// Anything else.
  case other

  /// The meaning of a line; nil when it is not a VMM's.
  init?(_ line: String) {
    guard line.hasPrefix("vmm: ") else { return nil }
    if let match = line.firstMatch(
      of: /(?:SIGBUS|KVM_EXIT_ARM_SEA) .* GPA (0x[0-9a-f]+)(?: lsb (\d+))?/)
    {
      self = .guestMemoryLost(
        physical: UInt64(match.1.dropFirst(2), radix: 16) ?? 0,
        leastBit: match.2.flatMap { UInt64($0) } ?? 0)
    } else if line.contains("SIGBUS without an address") || line.contains("KVM_EXIT_ARM_SEA") {
      self = .guestMemoryLost(physical: nil, leastBit: 0)
    } else if line.contains("SIGBUS BUS_MCEERR_AO") {
      self = .ownMemoryNoticed
    } else if line.contains("SIGBUS") {
      self = .ownMemoryLost
    } else if let match = line.firstMatch(of: /record for GPA (0x[0-9a-f]+|unknown) written/) {
      self = .record(physical: UInt64(match.1.dropFirst(2), radix: 16))
    } else if line.contains(" into vCPU ") {
      self = .injected
    } else if line == "vmm: the guest crashed" {
      self = .guestEnded
    } else {
      self = .other
    }
  }
}
