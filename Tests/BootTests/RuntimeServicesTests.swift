// The runtime services in the boot image: their table, and the code against an assembler's.

import APEI
import Bytes
import Foundation
import Platform
import Support
import Testing

@testable import Boot

@Suite struct RuntimeServicesTests {
  /// The code as a person would write it; what the assembler makes of it is what we have.
  static let source = """
    get_time:                           // x0: EFI_TIME, x1: EFI_TIME_CAPABILITIES or 0
      cbz x0, invalid
      mov w9, #0x09010000
      ldr w2, [x9]
      mov w3, #0x5180                   // 86400
      movk w3, #1, lsl #16
      udiv w4, w2, w3
      msub w2, w4, w3, w2
      mov w3, #3600
      udiv w5, w2, w3
      msub w2, w5, w3, w2
      mov w3, #60
      udiv w6, w2, w3
      msub w2, w6, w3, w2
      strb w5, [x0, #4]
      strb w6, [x0, #5]
      strb w2, [x0, #6]
      strb wzr, [x0, #7]
      str wzr, [x0, #8]
      str wzr, [x0, #12]
      mov w3, #0xfa6c                   // 719468: from 0000-03-01 to 1970-01-01
      movk w3, #10, lsl #16
      add w4, w4, w3
      mov w3, #0x3ab1                   // 146097 days in 400 years
      movk w3, #2, lsl #16
      udiv w5, w4, w3
      msub w4, w5, w3, w4
      mov w7, #1460
      udiv w6, w4, w7
      sub w8, w4, w6
      mov w7, #36524
      udiv w6, w4, w7
      add w8, w8, w6
      sub w3, w3, #1
      udiv w6, w4, w3
      sub w8, w8, w6
      mov w7, #365
      udiv w8, w8, w7
      msub w4, w8, w7, w4
      sub w4, w4, w8, lsr #2
      mov w7, #100
      udiv w6, w8, w7
      add w4, w4, w6
      mov w7, #400
      madd w8, w5, w7, w8
      add w5, w4, w4, lsl #2
      add w5, w5, #2
      mov w7, #153
      udiv w5, w5, w7
      mul w6, w5, w7
      add w6, w6, #2
      mov w7, #5
      udiv w6, w6, w7
      sub w4, w4, w6
      add w4, w4, #1
      strb w4, [x0, #3]
      add w6, w5, #3
      sub w7, w5, #9
      cmp w5, #10
      csel w6, w6, w7, lo
      cinc w8, w8, hs
      strb w6, [x0, #2]
      strh w8, [x0]
      cbz x1, 1f
      mov w2, #1
      str w2, [x1]
      str wzr, [x1, #4]
      strb w2, [x1, #8]
    1:
      mov x0, #0
      ret
    set_time:                           // x0: EFI_TIME
      cbz x0, invalid
      ldrh w2, [x0]
      ldrb w3, [x0, #2]
      ldrb w4, [x0, #3]
      ldrb w5, [x0, #4]
      ldrb w6, [x0, #5]
      ldrb w7, [x0, #6]
      sub w8, w2, #1970
      cmp w8, #136
      b.hi invalid
      sub w8, w3, #1
      cmp w8, #11
      b.hi invalid
      eor w8, w3, w3, lsr #3            // 31 or 30, but for February
      and w8, w8, #1
      add w8, w8, #30
      cmp w3, #2
      b.ne 2f
      mov w8, #28
      tst w2, #3
      b.ne 2f
      mov w10, #100
      udiv w11, w2, w10
      msub w10, w11, w10, w2
      cbnz w10, 3f
      tst w11, #3
      b.ne 2f
    3:
      mov w8, #29
    2:
      sub w9, w4, #1
      cmp w9, w8
      b.hs invalid
      cmp w5, #23
      b.hi invalid
      cmp w6, #59
      b.hi invalid
      cmp w7, #59
      b.hi invalid
      cmp w3, #2
      cset w8, ls
      sub w2, w2, w8
      sub w8, w3, #3
      add w10, w3, #9
      csel w8, w10, w8, ls
      mov w10, #153
      mul w8, w8, w10
      add w8, w8, #2
      mov w10, #5
      udiv w8, w8, w10
      add w9, w9, w8
      mov w10, #365
      madd w9, w2, w10, w9
      add w9, w9, w2, lsr #2
      mov w10, #100
      udiv w8, w2, w10
      sub w9, w9, w8
      add w9, w9, w8, lsr #2
      mov w8, #0xfa6c
      movk w8, #10, lsl #16
      sub w9, w9, w8
      mov w8, #0x5180
      movk w8, #1, lsl #16
      smull x9, w9, w8
      mov w8, #3600
      umaddl x9, w5, w8, x9
      mov w8, #60
      umaddl x9, w6, w8, x9
      add x9, x9, x7
      ldrsh w10, [x0, #12]              // TimeZone
      cmp w10, #2047
      b.eq 4f
      add w11, w10, #1440
      mov w12, #2880
      cmp w11, w12
      b.hi invalid
      smaddl x9, w10, w8, x9
    4:
      lsr x8, x9, #32
      cbnz x8, invalid
      mov w8, #0x09010000
      str w9, [x8, #8]
      mov x0, #0
      ret
    invalid:
      mov x0, #2
      movk x0, #0x8000, lsl #48
      ret
    unsupported:
      mov x0, #3
      movk x0, #0x8000, lsl #48
      ret

    """

  @Test func theCodeIsWhatTheAssemblerMakesOfItsSource() throws {
    let (assembler, copy) = (
      try Tool("aarch64-linux-gnu-as"), try Tool("aarch64-linux-gnu-objcopy")
    )
    try withFolder { folder in
      try Self.source.write(
        to: folder.appendingPathComponent("code.s"), atomically: true, encoding: .utf8)
      let (status, output) = try assembler.run(["code.s", "-o", "code.o"], in: folder)
      try #require(status == 0, "\(output)")
      #expect(try copy.run(["-O", "binary", "code.o", "code.bin"], in: folder).status == 0)
      let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("code.bin")))
      let words = try stride(from: 0, to: bytes.count, by: 4).map { try bytes.u32(at: $0) }
      #expect(words == RuntimeServices.code.indices.map { RuntimeServices.code[$0] })
      // mov w9, #base: a 16-bit immediate shifted by 16.
      #expect(UInt64(words[1] >> 5 & 0xFFFF) << 16 == BoardDevice.rtc.base)
    }
  }

  @Test func theSystemTableLeadsToServicesThatTheKernelMaps() throws {
    let fixture = try BootFixture()
    let system = try required(fixture.read(fixture.image.systemTable, count: 120))
    let address = try system.u64(at: 88)
    let table = try required(fixture.read(address, count: RuntimeServices.tableSize))
    #expect(try table.u64(at: 0) == RuntimeServices.signature)
    let code = address + UInt64(RuntimeServices.tableSize)
    for service in 0..<RuntimeServices.serviceCount {
      let entry = try table.u64(at: 24 + service * 8)
      #expect(entry - code == [0, 0x114, 0x264][min(service, 2)])
    }
    #expect(BootChecker(fixture).check(deviceTree: fixture.image.deviceTree) == [])
  }

  @Test func theCheckerFindsWhatIsWrongWithServices() throws {
    let good = try BootFixture()
    let services = try required(good.read(good.image.systemTable, count: 120)).u64(at: 88)
    func findings(_ address: UInt64, _ bytes: [UInt8]) -> String {
      var fixture = good
      let offset = Int(address - fixture.configuration.tables.base)
      fixture.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return BootChecker(fixture).check(deviceTree: fixture.image.deviceTree)
        .map(\.description).joined(separator: "\n")
    }
    #expect(findings(services, [0]).contains("RUNTSERV"))
    #expect(findings(services + 30, [0xFF]).contains("CRC"))
    #expect(findings(services + 30, [0xFF]).contains("service 0"))
    // The map's entry of the services (the fifth) without the attribute, or at another address.
    let entry = good.image.memoryMap + 4 * 48
    #expect(findings(entry + 39, [0]).contains("service 0"))
    #expect(findings(entry + 16 + 2, [0x55]).contains("is mapped at"))
  }
}
