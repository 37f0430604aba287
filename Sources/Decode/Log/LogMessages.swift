// Lines that Linux and firmware print about errors, and what they mean. Linux drivers/acpi/apei,
// drivers/firmware/efi/cper*.c, drivers/pci/pcie/aer.c, arch/arm64 and mm/memory-failure.c, of 6.1 to
// 7.x.

enum LogMessages {
  /// A line that is known.
  struct Message {
    /// What the line contains.
    let mark: String
    /// What it contains as well.
    var also = ""
    /// What JSON calls it.
    let event: StaticString
    let meaning: StaticString
  }

  /// The message that a line is; the first that fits.
  static func of(_ line: Substring) -> Message? {
    for number in marks.all(in: line) {
      let message = all[number]
      if message.also.isEmpty || line.has(message.also) { return message }
    }
    return nil
  }

  private static let marks = Phrases(all.map(\.mark))

  private static let all: [Message] = [
    Message(
      mark: "Fatal hardware error but panic disabled", event: "panic",
      meaning: "a fatal record; the panic timeout is 0; Linux stops all the same"),
    Message(
      mark: "not syncing: GHES: Fatal hardware error", event: "panic",
      meaning: "the record's severity was fatal: Linux stops at once, whoever used the data"),
    Message(
      mark: "not syncing: Asynchronous SError Interrupt", event: "panic",
      meaning:
        "an SError that Linux could not contain: not a RAS error, or its state is worse than restartable"
    ),
    Message(
      mark: "not syncing: Fatal hardware error", event: "panic",
      meaning: "a hardware error of fatal severity"),
    Message(
      mark: "Kernel panic - not syncing", event: "panic", meaning: "the kernel stopped"),
    Message(
      mark: "Failed to read error status block", event: "firmwareWarning",
      meaning: "the firmware's error status block failed the kernel's checks; its content is lost"),
    Message(
      mark: "Invalid error status block length", event: "firmwareWarning",
      meaning:
        "the block says that it is longer than the HEST allows: a firmware fault; the record is lost"
    ),
    Message(
      mark: "Truncated error status block", event: "firmwareWarning",
      meaning: "an entry reaches beyond its block: a firmware fault; the record is lost"),
    Message(
      mark: "Invalid CPER header", event: "firmwareWarning",
      meaning: "the block's lengths contradict one another: a firmware fault; the record is lost"),
    Message(
      mark: "Invalid error block length", event: "firmwareWarning",
      meaning: "the HEST gives a source less than 20 bytes for its block; Linux ignores the source"),
    Message(
      mark: "Unhandled processor error type", event: "firmwareWarning",
      meaning:
        "an ARM processor error that is no cache error with a physical address: Linux only logs it; it reads the type as UEFI 2.10 has it"
    ),
    Message(
      mark: "Unknown notification type", event: "firmwareWarning",
      meaning:
        "the HEST names a notification that this kernel does not know; Linux ignores the source"),
    Message(
      mark: "Unknown or unused hardware error source type", event: "firmwareWarning",
      meaning: "a source type that Linux does not know: the whole HEST is ignored"),
    Message(
      mark: "Table contents overflow for hardware error source", event: "firmwareWarning",
      meaning: "the HEST ends inside a source: the whole HEST is ignored"),
    Message(
      mark: "Duplicated hardware error source ID", event: "firmwareWarning",
      meaning: "two sources have one id: the whole HEST is ignored"),
    Message(
      mark: "Failed to map GSI to IRQ for generic hardware error source", event: "firmwareWarning",
      meaning:
        "the source notifies by an interrupt that nobody has set up; Linux on arm64 cannot use it"),
    Message(
      mark: "firmware-generated error record is incorrect", event: "firmwareWarning",
      meaning:
        "the ARM processor section's length does not fit the entry that holds it: a firmware fault"),
    Message(
      mark: "section length is too small", event: "firmwareWarning",
      meaning:
        "the ARM processor section says less bytes than its structures need: a firmware fault"),
    Message(
      mark: "section length is too big", event: "firmwareWarning",
      meaning: "the ARM processor section says more bytes than the entry has: a firmware fault"),
    Message(
      mark: "APEI firmware first mode is enabled", event: "start",
      meaning: "errors go to the firmware first; Linux reads its records"),
    Message(
      mark: "Failed to enable APEI firmware first mode", event: "start",
      meaning: "the firmware did not grant the mode; GHES is active all the same"),
    Message(
      mark: "HEST: Table parsing has been initialized", event: "start",
      meaning: "Linux has read the HEST without complaint"),
    Message(
      mark: "Machine check events logged", event: "machineCheck",
      meaning:
        "x86 only: machine checks went to the log of mcelog or rasdaemon; none of them is here"),
    Message(
      mark: "Skipped ", also: " error records", event: "bootError",
      meaning: "the BERT has more records than Linux prints; theirs are not in the log"),
    Message(
      mark: "Total records found", event: "bootError",
      meaning: "how many records of the previous boot the BERT had"),
    Message(
      mark: "Error records from previous boot", event: "bootError",
      meaning: "the BERT has a record of an error before this boot"),
    Message(
      mark: "Uncorrected hardware memory error in user-access", event: "memoryFailure",
      meaning: "a process touched bad memory; it gets SIGBUS"),
    Message(
      mark: "Memory failure: ", also: "hardware memory corruption", event: "memoryFailure",
      meaning: "Linux sends SIGBUS to a process that uses the bad memory, or kills it"),
    Message(
      mark: "Memory failure: ", also: ": Recovered", event: "memoryFailure",
      meaning: "Linux took the page out of use: nobody can read the bad data any more"),
    Message(
      mark: "Memory failure: ", also: ": Ignored", event: "memoryFailure",
      meaning:
        "Linux can do nothing with such a page and left it: whoever uses it meets the error again"),
    Message(
      mark: "Memory failure: ", also: ": Failed", event: "memoryFailure",
      meaning: "Linux could not take the page out of use: whoever uses it meets the error again"),
    Message(
      mark: "Memory failure: ", also: ": Delayed", event: "memoryFailure",
      meaning: "Linux takes the page out of use later, when its users are gone"),
    Message(
      mark: "Memory failure: ", also: "already hardware poisoned", event: "memoryFailure",
      meaning: "an error was told before for this page; Linux has dealt with it"),
    Message(
      mark: "Memory failure: ", also: "unhandlable page", event: "memoryFailure",
      meaning: "Linux has no way to take such a page out of use"),
    Message(
      mark: "Memory failure: ", event: "memoryFailure",
      meaning: "what Linux did with the page that holds the bad memory"),
    Message(
      mark: "Sending SIGBUS to", event: "memoryFailure",
      meaning: "a process that has the page mapped gets SIGBUS"),
    Message(
      mark: "hardware memory corruption", event: "memoryFailure",
      meaning: "a process is killed because of bad memory"),
    Message(
      mark: "synchronous unrecoverable error (SIGBUS)", event: "memoryFailure",
      meaning: "an abort that no record explains: the process gets SIGBUS"),
    Message(
      mark: "soft offline", event: "memoryFailure",
      meaning: "Linux moves the data of a page that had corrected errors, and stops using it"),
    Message(
      mark: "Unhandled External Abort", event: "firmware",
      meaning: "EL3 firmware took an External abort or SError that nothing in it handles, and stops"
    ),
    Message(
      mark: "PCIe Bus Error: severity=", also: "Corrected", event: "pcieError",
      meaning: "AER: a corrected error of a PCIe link or device; the status follows"),
    Message(
      mark: "PCIe Bus Error: severity=", also: "Non-Fatal", event: "pcieError",
      meaning: "AER: a transaction was lost, the link works; the status follows"),
    Message(
      mark: "PCIe Bus Error: severity=", event: "pcieError",
      meaning: "AER: an uncorrected error, with which the link is unreliable; the status follows"),
    Message(
      mark: "AER: ", also: "rror ", event: "pcieError",
      meaning: "a root port told of an error of a PCIe device"),
    Message(
      mark: "EDAC ", event: "edac", meaning: "an error counted by an EDAC driver"),
    Message(
      mark: "[Firmware Bug]", event: "firmwareWarning",
      meaning: "Linux found the firmware's data wrong"),
    Message(
      mark: "[Firmware Warn]", event: "firmwareWarning",
      meaning: "Linux found the firmware's data odd"),
  ]
}
