// What the firmware says when it cannot boot: what was found and what is needed.

import Boot
import Platform
import Text

extension Startup {
  /// Says on the console why there is no boot.
  public func explain(_ error: StartupError) {
    var console = FirmwareText(platform)
    console.add("firmware: cannot boot: ")
    switch error {
    case .configuration(.noDevice):
      console.add("no fw_cfg device with DMA at ")
      console.add(hex: MemoryMap.fwCfg)
    case .configuration(.transferFailed(let key)):
      console.add("fw_cfg failed to transfer item ")
      console.add(hex: UInt64(key))
    case .configuration(.unknownNotification):
      console.add("fw_cfg's opt/faultline/serror is neither event nor sei")
    case .configuration(.unknownRouting):
      console.add("fw_cfg's opt/faultline/aborts is neither el3 nor direct")
    case .configuration(.unknownEvents):
      console.add("fw_cfg's opt/faultline/events is neither gpio nor gsiv nor polled nor sdei")
    case .configuration(.unknownWatchdog):
      console.add("fw_cfg's opt/faultline/watchdog is no number of seconds from 0 to ")
      console.add(decimal: Watchdog.longest)
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
