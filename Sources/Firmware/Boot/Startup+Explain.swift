// What the firmware says when it cannot boot: what was found and what is needed.

import Boot
import Platform

extension Startup {
  /// Says on the console why there is no boot.
  public func explain(_ error: StartupError) {
    let console = FirmwareText(platform)
    console.write("firmware: cannot boot: ")
    switch error {
    case .configuration(.noDevice):
      console.write("no fw_cfg device with DMA at ")
      console.write(hex: MemoryMap.fwCfg)
    case .configuration(.transferFailed(let key)):
      console.write("fw_cfg failed to transfer item ")
      console.write(hex: UInt64(key))
    case .configuration(.unknownNotification):
      console.write("fw_cfg's opt/faultline/serror is neither event nor sei")
    case .configuration(.unknownRouting):
      console.write("fw_cfg's opt/faultline/aborts is neither el3 nor direct")
    case .noKernel:
      console.write("no kernel in fw_cfg; give one with -kernel (and -initrd, -append)")
    case .image(let error):
      console.write(reason(error))
    case .tooLittleRAM(let present):
      console.write("RAM of ")
      console.write(decimal: present >> 20)
      console.write(" MiB does not hold the kernel, the initrd and the tables")
    case .commandLineTooLong(let limit):
      console.write("the command line is longer than ")
      console.write(decimal: UInt64(limit))
      console.write(" bytes")
    case .tables:
      console.write("the ACPI tables cannot describe this board")
    }
    console.write("\n")
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
