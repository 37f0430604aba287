// The records that the VMM writes for its guest, to the last byte.

import APEI
import Arm
import Boot
import Bytes
import Foundation
import KVM
import Support
import Testing

@testable import VMM

@Suite struct GuestRecordGoldens {
  /// A report, with the fields that the VMM fills in.
  static func report(
    vcpu: Int?, lost: GuestRange?, syndrome: UInt64?, far: UInt64 = 0x1234_5678
  ) -> GuestErrorReport {
    var report = GuestErrorReport(vcpu: vcpu, lost: lost)
    report.syndrome = syndrome.map { Syndrome(rawValue: $0) }
    report.faultAddress = VirtualAddress(far)
    report.affinity = 0x8000_0001
    report.identification = 0x414f_d0c1
    report.seconds = 1_700_000_000
    report.sequence = 7
    return report
  }

  @Test(arguments: [false, true])
  func everyRecordIsThisToTheLastByte(_ hasOverflowed: Bool) throws {
    let page = GuestRange(base: 0x4020_0000, size: 4096)
    let cases: [(String, GuestErrorReport)] = [
      ("load", Self.report(vcpu: 1, lost: page, syndrome: 0x9200_0010)),
      ("store", Self.report(vcpu: 1, lost: page, syndrome: 0x9200_0050)),
      ("fetch", Self.report(vcpu: 1, lost: page, syndrome: 0x8200_0010)),
      ("load, no address", Self.report(vcpu: 1, lost: page, syndrome: 0x9200_0410)),
      ("load, nothing known lost", Self.report(vcpu: 0, lost: nil, syndrome: 0x9200_0010)),
      (
        "nobody, a large page",
        Self.report(vcpu: nil, lost: GuestRange(base: 0x4020_0000, size: 2 << 20), syndrome: nil)
      ),
    ]
    var corrected = Self.report(
      vcpu: nil, lost: GuestRange(base: 0x4020_0240, size: 64), syndrome: nil)
    corrected.isCorrected = true
    var worn = corrected
    worn.isOverThreshold = true
    var text = ""
    for (name, report) in cases + [("corrected", corrected), ("too many", worn)] {
      let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
      defer { unsafe storage.deallocate() }
      unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
      let status = try report.compose(
        into: unsafe Memory(storage), hasOverflowed: hasOverflowed)
      let block = unsafe [UInt8](storage)
      text += "\(name): status \(status)\n"
      let length = 20 + Int(block[12]) + Int(block[13]) << 8
      for start in stride(from: 0, to: length, by: 32) {
        text +=
          block[start..<min(start + 32, length)]
          .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ") + "\n"
      }
    }
    let name = "guest-records\(hasOverflowed ? "-overflow" : "").txt"
    #expect(Golden.difference(text, from: name) == nil)
  }
}
