// Lines of guests and of the program that runs them (Sources/VMM). With `vmm --name NAME` each line
// of the guest and each message of the VMM begins with `NAME| `, which is how one console serves a
// host and several guests.

import Text

/// Who wrote a console line, and the line without the mark of that.
struct ConsoleVoice: Equatable {
  /// The name of the guest; nil for the host, and for a VMM without a name.
  let guest: String?
  /// The line itself.
  let text: String

  /// The voice of a line.
  init(_ line: String, vmm: VMMDescription = VMMDescription()) {
    if let mark = vmm.mark {
      let found = mark.prefix(of: line)
      guest = found?.name
      text = found?.rest ?? line
      return
    }
    let name = line.utf8.prefix { $0 != UInt8(ascii: "|") }
    guard (1...16).contains(name.count), name.count < line.utf8.count,
      name.allSatisfy({ byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
          || "._-".utf8.contains(byte)
      })
    else {
      guest = nil
      text = line
      return
    }
    guest = String(Substring(name))
    var scanner = LineScanner(line)
    _ = scanner.skip(behind: "|")
    _ = scanner.take(" ")
    text = scanner.text
  }

  /// What keeps the order of lines: the log of the host's kernel or of a guest's, or "" for all that programs
  /// write.
  var log: String { withoutTime == text ? "" : (guest ?? "") + "[" }

  /// The line without what differs between two runs of the same guest: the time of a kernel's log,
  /// and its count of records.
  var withoutTime: String {
    var scanner = LineScanner(text)
    if scanner.take("[") {
      while scanner.take(" ") {}
      guard scanner.digits(radix: 10) != nil, scanner.take("."), scanner.digits(radix: 10) != nil
      else { return text }
      // CONFIG_PRINTK_CALLER: the thread's number, or the processor's.
      if scanner.take("][") {
        while scanner.take(" ") {}
        guard scanner.take("T") || scanner.take("C"), scanner.digits(radix: 10) != nil else {
          return text
        }
      }
      guard scanner.take("] ") else { return text }
    }
    let rest = scanner
    if scanner.take("{"), scanner.digits(radix: 10) != nil, scanner.take("}") {
      return scanner.text
    }
    return rest.text
  }
}

/// What a VMM says.
enum VMMLine: Equatable, Sendable {
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
    guard Sentence.vmm.begins(line) else { return nil }
    func numbers(_ sentences: [Sentence]) -> [UInt64]? {
      for sentence in sentences {
        if let gaps = sentence.gaps(in: line) { return gaps.numbers }
      }
      return nil
    }
    if let found = numbers([.guestMemoryUsed, .guestMemoryNoticed]) {
      self = .guestMemoryLost(physical: found[1], leastBit: found[2])
    } else if let found = numbers([.abortUnclaimed]) {
      self = .guestMemoryLost(physical: found[2], leastBit: 0)
    } else if numbers([.memoryUnknown, .abortUnclaimedNowhere]) != nil {
      self = .guestMemoryLost(physical: nil, leastBit: 0)
    } else if numbers([.ownMemoryNoticed]) != nil {
      self = .ownMemoryNoticed
    } else if numbers([.ownMemoryUsed, .ownMemoryLost, .foreignSignal]) != nil {
      self = .ownMemoryLost
    } else if let found = numbers([.recordWritten, .waitingRecordWritten]) {
      self = .record(physical: found[0])
    } else if numbers([.recordWrittenNowhere, .waitingRecordWrittenNowhere]) != nil {
      self = .record(physical: nil)
    } else if numbers([.abortInjected, .errorInjected]) != nil {
      self = .injected
    } else if numbers([.guestCrashed]) != nil {
      self = .guestEnded
    } else {
      self = .other
    }
  }
}
