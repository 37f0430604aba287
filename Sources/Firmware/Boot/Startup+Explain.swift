// What the firmware says when it cannot boot: what was found and what is needed.

import APEI
import Boot
import Platform
import Text

extension Startup {
  /// Says on the console why there is no boot.
  public func explain(_ error: StartupError) {
    var console = FirmwareText(platform)
    console.add(Sentence.firmware.form)
    console.add("cannot boot: ")
    switch error {
    case .configuration(.noDevice):
      console.add("no fw_cfg device with DMA at ")
      console.add(hex: MemoryMap.fwCfg)
    case .configuration(.transferFailed(let key)):
      console.add("fw_cfg failed to transfer item ")
      console.add(hex: UInt64(key))
    case .configuration(.unknownNotification):
      refuse(&console, FirmwareSetting.serror, FirmwareSetting.serrorWords)
    case .configuration(.unknownRouting):
      refuse(&console, FirmwareSetting.aborts, FirmwareSetting.abortWords)
    case .configuration(.unknownEvents):
      refuse(&console, FirmwareSetting.events, EventNotification.words)
    case .configuration(.unknownWatchdog):
      console.add("fw_cfg's ")
      console.add(FirmwareSetting.watchdog)
      console.add(" is no number of seconds from 0 to ", decimal: Watchdog.longest)
    case .noKernel:
      console.add("no kernel in fw_cfg; give one with -kernel (and -initrd, -append)")
    case .image(let error):
      console.add(reason(error))
    case .tooLittleRAM(let present):
      console.add("RAM of ")
      console.add(decimal: present >> 20)
      console.add(" MiB does not hold the kernel, the initrd and the tables")
    case .commandLineTooLong(let limit):
      console.add("the command line is longer than ")
      console.add(decimal: UInt64(limit))
      console.add(" bytes")
    case .tables:
      console.add("the ACPI tables cannot describe this board")
    }
    console.add("\n")
  }

  /// Says that a setting is none of its words.
  private func refuse(
    _ console: inout FirmwareText<P>, _ setting: StaticString, _ words: FirmwareSetting.Words
  ) {
    console.add("fw_cfg's ")
    console.add(setting)
    console.add(" is neither ")
    console.add(words.0)
    let others: [3 of StaticString] = [words.1, words.2, words.3]
    for index in 0..<3 where others[index].utf8CodeUnitCount > 0 {
      console.add(" nor ")
      console.add(others[index])
    }
  }

  private func reason(_ error: ImageError) -> StaticString {
    switch error {
    case .notAnImage: "the kernel is not an arm64 Image"
    case .gzip: "the kernel is compressed by gzip; unpack it first"
    case .zboot: "the kernel is an EFI zboot file; give the Image inside it"
    case .elf: "the kernel is an ELF file; give the Image made from it"
    case .bigEndian: "the kernel is big-endian"
    case .badSize: "the kernel's header states an impossible size"
    }
  }
}
