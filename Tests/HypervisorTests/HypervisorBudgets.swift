// What the built hypervisor promises: at most 256 KiB of Image, a header that a firmware which
// loads Linux takes. Run by `make test`, which builds the images first.

import APEI
import Boot
import Support
import Testing

@Suite struct HypervisorBudgets {
  @Test func theImageHas256KiBAndALinuxHeader() throws {
    let bytes = try Checkout.bytes(".build/images/hypervisor.bin")
    #expect(bytes.count <= 256 << 10)
    let header = try LinuxImage(bytes, fileSize: UInt64(bytes.count))
    #expect(header.textOffset == 0)
    #expect(header.pageSize == 4096)
    // .bss and stacks are counted.
    #expect(header.imageSize > UInt64(bytes.count))
  }
}
