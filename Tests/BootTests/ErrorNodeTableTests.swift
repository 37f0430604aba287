// The AEST: beside iasl, as far as iasl knows it; by its checker; and each rule of the checker against a table
// that breaks it.

import APEI
import Boot
import Bytes
import Foundation
import Support
import Testing

@Suite struct ErrorNodeTableTests {
  private static let interrupting = ErrorNodeOwnership(faultInterrupts: 15, recoveryInterrupts: 15)
  private static let polled = ErrorNodeOwnership(faultInterrupts: 0, recoveryInterrupts: 0)

  /// The table of a machine of two cores, whose error records are the operating system's.
  static func table(_ ownership: ErrorNodeOwnership = interrupting) throws -> [UInt8] {
    let fixture = try BootFixture(coreCount: 2, errorNodes: ownership)
    return try required(fixture.tables().first { $0.name == "AEST" }?.bytes)
  }

  @Test func onlyAKernelThatOwnsTheRecordsHasOne() throws {
    let fixture = try BootFixture(coreCount: 2)
    #expect(try !fixture.tables().contains { $0.name == "AEST" })
  }

  /// Debian 12's iasl knows the header alone, and takes what is behind it for bytes.
  @Test func iaslReadsIt() throws {
    let iasl = try Tool("iasl")
    try withFolder { folder in
      let file = folder.appendingPathComponent("aest.aml")
      try Data(Self.table()).write(to: file)
      let (status, output) = try iasl.run(["-d", file.path], in: folder)
      #expect(status == 0, "\(output)")
      let text = try String(
        contentsOf: folder.appendingPathComponent("aest.dsl"), encoding: .utf8)
      #expect(text.contains("Signature : \"AEST\""), "\(text)")
      #expect(!text.contains("Invalid") && !text.contains("Incorrect"), "\(text)")
    }
  }

  @Test(arguments: [interrupting, polled])
  func theCheckerFindsNothing(ownership: ErrorNodeOwnership) throws {
    let table = try Self.table(ownership)
    #expect(TableChecker().check(table).isEmpty)
    #expect(ErrorNodeChecker().check(table).isEmpty, "\(ErrorNodeChecker().check(table))")
    // A processor's node: 44 + 20 + 48 and two interrupts; a memory's: 44 + 4 + 48; the interconnect's,
    // which is its vendor's: 44 + 24 + 48.
    let interrupts = ownership == Self.polled ? 0 : 24
    #expect(table.count == 36 + 2 * (112 + interrupts) + 2 * (96 + interrupts) + 116 + interrupts)
  }

  /// Offsets of the first node: data at 80, interface at 100, interrupts at 148; the second is 136 behind.
  @Test(
    arguments: [
      (8, [2], "revision"), (36, [9], "type 9"), (37, [20], "cut off"), (39, [1], "reserved"),
      (40, [40], "not behind"), (44, [200], "not in"), (37, [137], "are used"),
      (84, [3], "resource"),
      (86, [4], "flags"), (85, [1], "reserved"), (100, [3], "interface type"),
      (104, [4], "reserved flags"), (108, [0x40], "does not fit"), (116, [64], "records"),
      (120, [0], "records"), (124, [0xff], "not to be implemented"), (148, [2], "interrupt type"),
      (151, [2], "flags"), (152, [3], "interrupt 3"), (80 + 136, [0], "another node"),
      (360, [0], "shared"),
    ] as [(Int, [UInt8], String)])
  func whatIsWrongIsFound(offset: Int, bytes: [UInt8], words: String) throws {
    var table = try Self.table()
    table.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    let findings = ErrorNodeChecker().check(table)
    #expect(findings.contains { $0.message.contains(words) }, "\(findings)")
  }

  @Test func aTableThatIsCutOffIsFound() throws {
    let table = try Self.table()
    for count in 37..<table.count where ![172, 308, 428, 548].contains(count) {
      let findings = ErrorNodeChecker().check(Array(table.prefix(count)))
      #expect(findings.contains { $0.message.contains("cut off") }, "\(count)")
    }
    #expect(!ErrorNodeChecker().check(Array(table.prefix(36))).isEmpty)
  }

  /// A machine with fewer nodes, of which only some tell by interrupts.
  @Test func onlyTheNodesOfTheMachineAreInIt() throws {
    let one = try Self.table(
      ErrorNodeOwnership(recordCount: 1, faultInterrupts: 0, recoveryInterrupts: 1))
    #expect(ErrorNodeChecker().check(one).isEmpty, "\(ErrorNodeChecker().check(one))")
    #expect(one.count == 36 + 2 * (112 + 12))
    let two = try Self.table(
      ErrorNodeOwnership(recordCount: 2, faultInterrupts: 2, recoveryInterrupts: 0))
    #expect(ErrorNodeChecker().check(two).isEmpty, "\(ErrorNodeChecker().check(two))")
    #expect(two.count == 36 + 2 * 112 + 96 + 12)
  }
}
