// What the built hypervisor promises: at most 256 KiB of Image, a header that a firmware which
// loads Linux takes. Run by `make test`, which builds the images first.

import APEI
import Boot
import Foundation
import Testing

/// Where `make images` leaves it.
private let image = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent(".build/images/hypervisor.bin").path

@Suite struct HypervisorBudgets {
  @Test func theImageHas256KiBAndALinuxHeader() throws {
    let bytes = [UInt8](
      try #require(
        FileManager.default.contents(atPath: image), "the images are not built; run `make images`"))
    #expect(bytes.count <= 256 << 10)
    let header = try LinuxImage(bytes, fileSize: UInt64(bytes.count))
    #expect(header.textOffset == 0)
    #expect(header.pageSize == 4096)
    // .bss and stacks are counted.
    #expect(header.imageSize > UInt64(bytes.count))
  }
}
