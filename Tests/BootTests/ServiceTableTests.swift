// EINJ, ERST and BERT: against iasl, against the checkers, and each rule of the checkers against a table that
// breaks it.

import APEI
import Boot
import Bytes
import Foundation
import Support
import Testing

@Suite struct ServiceTableTests {
  static var region: ServiceRegion {
    var region = ServiceRegion(base: 0x5f02_0000)
    region.doorbell = 0x0b00_0000
    region.hasStore = true
    return region
  }

  /// A table of its own.
  static func table(
    _ write: (inout ByteWriter<Memory>) throws -> Void
  ) throws -> [UInt8] {
    let scratch = ScratchMemory(byteCount: 0x1000)
    var writer = ByteWriter(scratch.memory)
    try write(&writer)
    return scratch.bytes(writer.offset)
  }

  static func einj() throws -> [UInt8] { try table { try $0.einj(region) } }
  static func erst() throws -> [UInt8] { try table { try $0.erst(region) } }

  @Test func iaslReadsThemAndWritesTheSameBytes() throws {
    let iasl = try Tool("iasl")
    let bert = try Self.table { try $0.bert(region: 0x5f02_0000, length: 0x2000) }
    for (name, bytes) in [("einj", try Self.einj()), ("erst", try Self.erst()), ("bert", bert)] {
      try withFolder { folder in
        let file = folder.appendingPathComponent("\(name).aml")
        try Data(bytes).write(to: file)
        #expect(try iasl.run(["-d", file.path], in: folder).status == 0)
        let source = folder.appendingPathComponent("\(name).dsl")
        let text = try String(contentsOf: source, encoding: .utf8)
        #expect(!text.contains("terminates"), "\(text)")
        // Debian 12's iasl has no word for EINJV2_GET_ERROR_TYPE.
        let unknown = text.split(separator: "\n").filter { $0.contains("Unknown") }
        #expect(unknown.count <= 1, "\(text)")
        #expect(unknown.allSatisfy { $0.contains("Action : 11") }, "\(text)")
        try FileManager.default.removeItem(at: file)
        #expect(try iasl.run([source.path], in: folder).status == 0)
        #expect(try [UInt8](Data(contentsOf: file)) == bytes, "\(name)")
      }
    }
  }

  @Test func theCheckersFindNothing() throws {
    for bytes in [try Self.einj(), try Self.erst()] {
      #expect(TableChecker().check(bytes).isEmpty)
      #expect(ActionTableChecker().check(bytes).isEmpty, "\(ActionTableChecker().check(bytes))")
    }
    for rings in [true, false] {
      let trigger = try Self.table { try $0.triggerTable(Self.region, rings: rings) }
      #expect(ActionTableChecker().check(trigger: trigger).isEmpty)
    }
  }

  @Test(arguments: [
    (36, 13, "header"), (44, 1, "entries"), (48, 0x42, "not known"), (49, 9, "not known"),
    (50, 2, "reserved flags"), (52, 3, "cannot be accessed"), (55, 9, "cannot be accessed"),
  ])
  func whatIsWrongIsFound(offset: Int, value: UInt8, words: String) throws {
    var bytes = try Self.einj()
    bytes[offset] = value
    let findings = ActionTableChecker().check(bytes)
    #expect(findings.contains { $0.message.contains(words) }, "\(findings)")
  }

  @Test func anActionWithoutAnInstructionIsMissed() throws {
    for (bytes, isInjection) in [(try Self.einj(), true), (try Self.erst(), false)] {
      for entry in stride(from: 48, to: bytes.count, by: 32) {
        // BEGIN, END and the optional ones may be missing.
        let optional: [UInt8] = isInjection ? [0, 4, 8, 9, 0x11] : [0, 1, 2, 3, 0xB, 0x10]
        if optional.contains(bytes[entry]) { continue }
        let action = bytes[entry]
        var less = bytes
        for other in stride(from: 48, to: bytes.count, by: 32) where bytes[other] == action {
          less[other] = isInjection ? 4 : 3
        }
        #expect(
          ActionTableChecker().check(less).contains { $0.message.contains("no instruction") })
      }
    }
  }
}
