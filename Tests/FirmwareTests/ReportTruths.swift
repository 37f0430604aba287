// What a published record says, where it could say too much or too little: how many errors, whether
// they were met, and addresses of which the node itself is not sure.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct ReportTruths {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion

  init() {
    platform.records = [ErrorRecord](repeating: ErrorRecord(), count: 4)
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
  }

  private func record(_ state: ErrorState, _ address: ErrorAddress?, in record: Int = 1) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = address
    platform.records[record].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
  }

  private func at(_ address: UInt64, _ more: Field? = nil) -> ErrorAddress {
    let known = ErrorAddress(PhysicalAddress(address), isSecure: false)
    return more.map { known.with($0, 1) } ?? known
  }

  /// The block after an abort of a load, or an SError.
  private func block(
    esr: UInt64 = 0x9200_0010, slot: UInt64 = 8, source: Int = 0
  ) throws -> ErrorStatusBlock {
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: esr, far: 0xffff_a000)
    #expect(monitor.handle(slot: slot, core: 0, context: &context) == .resume)
    let bytes = platform.bytes(region.block(source), 4096)
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    return try ErrorStatusBlock.decode(bytes)
  }

  @Test func oneErrorThatTwoNodesRecordIsOne() throws {
    record(.recoverable, at(0x5000_0040), in: 0)
    record(.recoverable, at(0x5000_0040), in: 1)
    #expect(try block().blockStatus & 0xf == 0b0001)
  }

  @Test func oneErrorOfWhichACoreKnowsNoAddressIsOne() throws {
    record(.recoverable, nil, in: 0)
    record(.recoverable, at(0x5000_0040), in: 1)
    #expect(try block().blockStatus & 0xf == 0b0001)
  }

  @Test func errorsOfTwoPlacesAreSeveral() throws {
    record(.recoverable, at(0x5000_0040), in: 1)
    record(.recoverable, at(0x5000_1040), in: 2)
    #expect(try block().blockStatus & 0xf == 0b0101)
  }

  @Test func anUncorrectedErrorAndACorrectedOneAreOneOfEach() throws {
    record(.recoverable, at(0x5000_0040), in: 1)
    record(.corrected, at(0x5000_1040), in: 2)
    #expect(try block().blockStatus & 0xf == 0b0011)
  }

  @Test func whatARecordCouldNotKeepIsAnError() throws {
    record(.recoverable, at(0x5000_0040))
    record(.recoverable, at(0x5000_1040))
    #expect(try block().blockStatus & 0xf == 0b0101)
  }

  @Test func aDeferredErrorThatWasConsumedIsNotLatent() throws {
    record(.deferred, at(0x5000_0040))
    #expect(try block().entries.allSatisfy { !$0.flags.contains(.latent) })
  }

  @Test func aDeferredErrorElsewhereIsLatent() throws {
    platform.translations = [.stage1EL2: 0x5000_1000]
    record(.deferred, at(0x5000_0040))
    let flags = try block().entries.compactMap { entry -> (UInt64?, Bool)? in
      guard case .memory(let section) = entry.payload else { return nil }
      return (section.physicalAddress, entry.flags.contains(.latent))
    }
    #expect(flags.count == 2)
    #expect(flags.allSatisfy { $0.1 == ($0.0 == 0x5000_0040) })
  }

  @Test func anSErrorThatLeftTheCoreInOrderLeavesTheErrorLatent() throws {
    for (esr, isLatent) in [(0xbe00_0811, true), (0xbe00_0c11, false)] as [(UInt64, Bool)] {
      record(.restartable, at(0x5000_0040))
      let memory = try block(esr: esr, slot: 11, source: 2).entries.last {
        $0.sectionType == SectionType.memory
      }
      #expect(memory?.flags.contains(.latent) == isLatent)
    }
  }

  @Test func anAddressThatMightBeWrongIsNotStated() throws {
    record(.recoverable, at(0x5000_0040, ErrorAddress.ai))
    #expect(try !block().entries.contains { $0.sectionType == SectionType.memory })
  }

  /// Nor is memory that might be the Secure world's; and it stops nobody either.
  @Test func anAddressOfAnUncertainWorldIsNotStated() throws {
    record(.recoverable, at(0x5000_0040, ErrorAddress.si))
    #expect(try !block().entries.contains { $0.sectionType == SectionType.memory })
    var secure = ErrorAddress(PhysicalAddress(0x0e00_1000), isSecure: true)
    secure[ErrorAddress.si] = 1
    record(.recoverable, secure)
    #expect(try !block().entries.contains { $0.sectionType == SectionType.memory })
  }

  @Test func noRecordHasMoreSectionsThanTheHESTAnnounces() throws {
    for index in 0..<4 { record(.recoverable, at(0x5000_0040 + UInt64(index) * 64), in: index) }
    let entries = try block().entries
    #expect(entries.count == 8)
    #expect(entries.count <= Int(region.errorSource(0).maximumSections))
  }

  @Test func aStepOverATrappedAccessIsAStep() {
    var monitor = Monitor.forTests(platform)
    // MRS X0, ERRIDR_EL1 from EL1, stepped by a debugger: SPSR.SS is 1.
    let syndrome = 0x6000_0000 | 3 << 20 | 0 << 17 | 0 << 14 | 5 << 10 | 0 << 5 | 3 << 1 | 1
    var context = LowerContext(elr: 0x1000, spsr: 1 << 21 | 0x5, esr: UInt64(syndrome), far: 0)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x1004)
    #expect(context.spsr == 0x5)
  }
}
