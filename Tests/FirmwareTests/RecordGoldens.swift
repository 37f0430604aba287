// The records that the firmware publishes, to the last byte: every kind of abort and SError, with
// every kind of thing that records can say.

import APEI
import Arm
import Firmware
import Foundation
import Platform
import Support
import Testing

@Suite struct RecordGoldens {
  /// One error: what the records hold and what the core takes.
  struct Case {
    var name: String
    var slot: UInt64 = 8
    var esr: UInt64
    var spsr: UInt64 = 0
    /// State, address, record, whether Secure.
    var errors: [(state: ErrorState, code: ErrorCode, address: UInt64?, record: Int)] = []
    var isSecure = false
    /// The line that the access went to, if it can be told.
    var line: UInt64?
  }

  static let cases: [Case] = [
    Case(
      name: "load, recoverable", esr: 0x9200_0010,
      errors: [(.recoverable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "store, recoverable", esr: 0x9600_0050,
      errors: [(.recoverable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "fetch, restartable", esr: 0x8200_1810,
      errors: [(.restartable, .externalMemoryData, 0x5000_0080, 1)]),
    Case(
      name: "load, address not valid in FAR_EL3", esr: 0x9200_0410,
      errors: [(.recoverable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "walk, level 2", esr: 0x9200_0016,
      errors: [(.recoverable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "load, the core's cache and memory", esr: 0x9200_0010,
      errors: [
        (.recoverable, .associativeMemoryData, 0x5000_0040, 0),
        (.recoverable, .externalMemoryData, 0x5000_0040, 1),
      ]),
    Case(
      name: "load, two places", esr: 0x9200_0010,
      errors: [
        (.corrected, .completerErrorResponse, 0x5000_1000, 0),
        (.recoverable, .externalMemoryData, 0x5000_0040, 1),
      ]),
    Case(
      name: "load, a corrected error before it", esr: 0x9200_0010,
      errors: [
        (.corrected, .externalMemoryData, 0x5000_1000, 1),
        (.recoverable, .externalMemoryData, 0x5000_0040, 1),
      ]),
    Case(
      name: "load, another error in its record", esr: 0x9200_0010,
      errors: [(.deferred, .externalMemoryData, 0x5000_1000, 1)], line: 0x5000_0040),
    Case(
      name: "load, no address", esr: 0x9200_0010,
      errors: [(.recoverable, .externalMemoryData, nil, 1)]),
    Case(
      name: "load, an address of the Secure world", esr: 0x9200_0010,
      errors: [(.recoverable, .externalMemoryData, 0x0e00_1000, 1)], isSecure: true),
    Case(name: "load, uncontainable, no record", esr: 0x9200_1010),
    Case(
      name: "load, uncontainable record", esr: 0x9200_0010,
      errors: [(.uncontainable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "SError, recoverable", slot: 11, esr: 0xbe00_0c11,
      errors: [(.recoverable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "SError, corrected, of the core", slot: 11, esr: 0xbe00_1811,
      errors: [(.corrected, .associativeMemoryData, 0x5000_0040, 0)]),
    Case(
      name: "SError, restartable, masked", slot: 11, esr: 0xbe00_0811, spsr: 0x1c9,
      errors: [(.restartable, .externalMemoryData, 0x5000_0040, 1)]),
    Case(
      name: "SError, unrecoverable", slot: 11, esr: 0xbe00_0411,
      errors: [(.unrecoverable, .externalMemoryData, nil, 0)]),
    Case(
      name: "SError of unknown type", slot: 11, esr: 0xbf00_0000,
      errors: [(.deferred, .externalMemoryData, 0x5000_0040, 1)]),
  ]

  private func dump(_ item: Case) throws -> String {
    let platform = FakePlatform()
    platform.records = [ErrorRecord(), ErrorRecord()]
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
    platform.registers[.cntpctEL0] = 62_500_000 * 3
    if let line = item.line { platform.translations = [.stage1EL2: line & ~0xfff] }
    var monitor = Monitor.forTests(platform)
    for error in item.errors {
      var detected = DetectedError(state: error.state, code: error.code)
      detected.address = error.address.map {
        ErrorAddress(PhysicalAddress($0), isSecure: item.isSecure)
      }
      detected.hasInBandResponse = item.slot == 8
      platform.records[error.record].record(
        detected, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    }
    var context = LowerContext(
      elr: 0x40_1000, spsr: item.spsr, esr: item.esr, far: 0xffff_a000 | (item.line ?? 0) & 0xfff)
    let action = monitor.handle(slot: item.slot, core: 0, context: &context)
    var text = "\(item.name): \(action)\n"
    let region = Monitor<FakePlatform>.testRegion
    for source in 0..<region.sourceCount {
      let block = platform.bytes(region.block(source), 4096)
      guard block.prefix(4) != [0, 0, 0, 0] else { continue }
      let acknowledge = platform.load64(PhysicalAddress(region.acknowledgeLocation(source)))
      text += "source \(source), acknowledge word \(acknowledge)\n"
      let length = 20 + Int(block[12]) + Int(block[13]) << 8
      for start in stride(from: 0, to: length, by: 32) {
        text +=
          block[start..<min(start + 32, length)]
          .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ") + "\n"
      }
    }
    return text
  }

  @Test func everyRecordIsThisToTheLastByte() throws {
    let text = try Self.cases.map(dump).joined(separator: "\n")
    #expect(Golden.difference(text, from: "records.txt") == nil)
  }
}
