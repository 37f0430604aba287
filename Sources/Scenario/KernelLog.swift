// What Linux says about memory errors on its console, and what each line means. The wording is
// that of Linux 4.19 to 7.x: mm/memory-failure.c, drivers/acpi/apei/ghes.c,
// drivers/firmware/efi/cper.c, arch/arm64/kernel/traps.c. And what our small kernel says
// (Images/Sources/GuestImage).

import Text

/// One line's meaning.
enum KernelLine: Equatable, Sendable {
  /// memory_failure finished with a page.
  case recoveryAction(pageFrame: UInt64, page: String, result: String)
  /// A page was given up of which nothing was lost (soft offline).
  case softOffline(pageFrame: UInt64)
  /// /proc/meminfo says how much memory was given up in all.
  case memoryGivenUp(kilobytes: UInt64)
  /// A process is told of it, or forced off; the page, where the kernel says which.
  case processSignalled(name: String, pid: UInt64, page: UInt64?)
  /// The physical address in a record.
  case recordAddress(UInt64)
  /// The address in a section of a record that our small kernel reads.
  case sectionAddress(UInt64)
  /// It reads the record of an error source.
  case recordOf(source: UInt16)
  /// Another line about hardware errors.
  case hardwareError
  /// The kernel stumbled over an exception of its own.
  case oops(String)
  /// It prints the state of a process: that stumbled, or of which it warns.
  case dumpOf(name: String, pid: UInt64)
  /// The kernel stopped.
  case panic(String)
  /// It restarts the machine because somebody asked for it (kernel/reboot.c).
  case restart
  /// The last line of a panic: nothing follows.
  case panicEnd
  /// Firmware says something: ours begins its lines so.
  case firmware
  /// The firmware has met an error of its own, and ends the run.
  case firmwareError
  /// A process says or is said to have died of SIGBUS.
  case busError
  /// A process of ours says that it got SIGBUS, and which it is.
  case busErrorOf(name: String, pid: UInt64)
  /// Our small kernel killed a program for an error.
  case programKilled
  /// It made up for what was lost.
  case lossRepaired
  /// Our /init says how a program ended, as a shell counts it: 128 + n for signal n.
  case processEnded(name: String, status: UInt64)

  /// The meaning of a line, or nil for a line that is not about errors.
  init?(_ line: String) {
    guard
      let meaning = Self.busErrorOfReader(line)?.meaning ?? Self.memoryFailure(line)
        ?? Self.smallKernel(line) ?? Self.initProcess(line) ?? Self.kernelEnd(line)
        ?? Self.hardwareWords(line) ?? Self.other(line)
    else { return nil }
    self = meaning
  }

  /// All that a line means: where a kernel printed while a process did, its line is the rest of the
  /// process's.
  static func all(in line: String) -> [KernelLine] {
    guard let meaning = KernelLine(line) else { return [] }
    guard let rest = busErrorOfReader(line)?.rest, let second = KernelLine(rest) else {
      return [meaning]
    }
    return [meaning, second]
  }

  private static func memoryFailure(_ line: String) -> KernelLine? {
    var scanner = LineScanner(line)
    for words in ["soft_offline: 0x", "soft offline: 0x"] {
      var scanner = scanner
      if scanner.skip(behind: words), let frame = scanner.digits(radix: 16),
        scanner.take(": invalidated") || scanner.take(": migrated")
      {
        return .softOffline(pageFrame: frame)
      }
    }
    if scanner.take("HardwareCorrupted:") {
      while scanner.take(" ") {}
      if let kilobytes = scanner.digits(radix: 10), kilobytes > 0, scanner.take(" kB") {
        return .memoryGivenUp(kilobytes: kilobytes)
      }
      return nil
    }
    if scanner.skip(behind: "Memory failure: ") {
      _ = scanner.take("0x")
      if let frame = scanner.digits(radix: 16), scanner.take(": recovery action for "),
        let end = scanner.text.range(ofLast: ": ")
      {
        let text = scanner.text
        let result = text[end.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        if !result.isEmpty {
          return .recoveryAction(
            pageFrame: frame, page: String(text[..<end.lowerBound]), result: String(result))
        }
      }
    }
    for verb in ["Sending SIGBUS to ", "illing "] {
      for reason in [" due to hardware", " because of failure"] {
        var scanner = LineScanner(line)
        if scanner.skip(behind: verb), let who = scanner.text(before: reason),
          let process = Self.process(who, page: Self.pageFrame(in: line))
        {
          return process
        }
      }
    }
    scanner = LineScanner(line)
    if scanner.skip(behind: "GHES: "),
      let who = scanner.text(before: ": synchronous unrecoverable error")
    {
      return Self.process(who, page: nil)
    }
    return nil
  }

  /// The page that memory_failure speaks of.
  private static func pageFrame(in line: String) -> UInt64? {
    var scanner = LineScanner(line)
    guard scanner.skip(behind: "Memory failure: ") else { return nil }
    _ = scanner.take("0x")
    return scanner.digits(radix: 16)
  }

  /// `NAME:PID`.
  private static func process(_ text: String, page: UInt64?) -> KernelLine? {
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
      let pid = UInt64(text[text.index(after: colon)...])
    else { return nil }
    return .processSignalled(name: String(text[..<colon]), pid: pid, page: page)
  }

  /// The meaning of a line of our small kernel.
  private static func smallKernel(_ line: String) -> KernelLine? {
    guard Sentence.guest.begins(line) else { return nil }
    if Sentence.programKilled.gaps(in: line) != nil { return .programKilled }
    if Sentence.tablesRebuilt.gaps(in: line) != nil { return .lossRepaired }
    if Sentence.pageReplaced.gaps(in: line) != nil { return .lossRepaired }
    if let gaps = Sentence.guestDown.gaps(in: line) { return .panic(gaps.words[0]) }
    return Sentence.recordSection.gaps(in: line).map { .sectionAddress($0.numbers[0]) }
  }

  /// The meaning of a line of our /init.
  private static func initProcess(_ line: String) -> KernelLine? {
    guard Sentence.initProcess.begins(line), let gaps = Sentence.programEnded.gaps(in: line),
      !gaps.words[0].isEmpty, !gaps.words[0].contains(" ")
    else { return nil }
    return .processEnded(name: gaps.words[0], status: gaps.numbers[0])
  }

  private static func kernelEnd(_ line: String) -> KernelLine? {
    var scanner = LineScanner(line)
    if scanner.skip(behind: "Kernel panic - not syncing: ") {
      return LineScanner.finds("end Kernel panic", in: line) ? .panicEnd : .panic(scanner.text)
    }
    if scanner.skip(behind: "Internal error: ") { return .oops(scanner.text) }
    // "CPU: 0 PID: 89 Comm: reader Tainted: ...", since 6.12 with UID before PID.
    if scanner.skip(behind: "CPU: "), scanner.skip(behind: " PID: "),
      let pid = scanner.digits(radix: 10), scanner.take(" Comm: ")
    {
      for end in [" Tainted:", " Not tainted"] {
        var scanner = scanner
        if let name = scanner.text(before: end) { return .dumpOf(name: name, pid: pid) }
      }
    }
    if Sentence.hypervisorLost.reading(of: line)?.rest == "" { return .panic(line) }
    scanner = LineScanner(line)
    if scanner.skip(behind: "reboot: "), scanner.text.hasPrefix("Restarting system") {
      return .restart
    }
    return LineScanner.finds("Unable to handle kernel", in: line) ? .oops(line) : nil
  }

  private static func hardwareWords(_ line: String) -> KernelLine? {
    var scanner = LineScanner(line)
    if scanner.skip(behind: "[Hardware Error]:") {
      var source = scanner
      if source.skip(behind: "Generic Hardware Error Source: "),
        let number = source.digits(radix: 10).flatMap({ UInt16(exactly: $0) })
      {
        return .recordOf(source: number)
      }
      for words in [" physical address: ", " physical_address: "] {
        var scanner = scanner
        if scanner.skip(behind: words), let address = scanner.hexadecimal() {
          return .recordAddress(address)
        }
      }
      for words in [" physical fault address: ", " physical fault_address: "] {
        var scanner = scanner
        if scanner.skip(behind: words), let address = scanner.hexadecimal() {
          return .recordAddress(address)
        }
      }
      return .hardwareError
    }
    let marks = ["[Hardware Error]", "Memory failure: "]
    return marks.contains { LineScanner.finds($0, in: line) } ? .hardwareError : nil
  }

  /// What a process of ours says of its own SIGBUS. A kernel's line may follow on the same one.
  private static func busErrorOfReader(_ line: String) -> (meaning: KernelLine, rest: String)? {
    guard let (gaps, rest) = Sentence.processSignalled.reading(of: line),
      !gaps.words[0].isEmpty, !gaps.words[0].contains(" ")
    else { return nil }
    return (.busErrorOf(name: gaps.words[0], pid: gaps.numbers[0]), rest)
  }

  private static func other(_ line: String) -> KernelLine? {
    if let said = Sentence.firmware.reading(of: line)?.rest {
      return Sentence.firmwareError.begins(said) ? .firmwareError : .firmware
    }
    return LineScanner.finds("Bus error", in: line) || LineScanner.finds("SIGBUS", in: line)
      ? .busError : nil
  }
}

extension String {
  /// Where the last of these words is.
  fileprivate func range(ofLast words: String) -> Range<Index>? {
    var end = endIndex
    while end > startIndex {
      let start = index(before: end)
      if self[start...].hasPrefix(words) { return start..<index(start, offsetBy: words.count) }
      end = start
    }
    return nil
  }
}
