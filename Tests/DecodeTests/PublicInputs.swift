// What people have at hand beside logs: registers by any name, the region of a BERT, a whole acpidump,
// vendors' sections. Built by the specifications' tables, or after what the named programs print.

import APEI
import Foundation
import Testing

@testable import Decode

@Suite struct PublicInputTests {
  private func json(
    _ bytes: [UInt8], _ kind: DecoderKind? = nil, section: String? = nil
  ) throws
    -> JSON
  {
    try JSON(Decoding(bytes, DecodeRequest(kind: kind, style: .json, section: section)).bytes)
  }
  private func lines(_ text: String) throws -> [JSON] {
    try Decoding(Array(text.utf8), DecodeRequest(style: .jsonLine)).bytes.split(separator: 0x0A)
      .map { try JSON(Array($0)) }
  }

  // MARK: Registers

  @Test func addressesAreNoStatus() throws {
    let found = try lines(
      "ESR_EL1: 0x96000210\nFAR_EL1: 0xffff000012345678\nELR_EL1: 0xffff800010000000\n"
        + "SPSR_EL1: 0x60000305\n")
    #expect(found.map { $0["kind"]?.string } == ["esr", "address", "address", "spsr"])
    #expect(found[1]["value"]?.string == "0xffff000012345678")
    #expect(found[1]["meaning"]?.string == "the virtual address that faulted")
    let lone = Decoding(Array("addr 0x1234".utf8), DecodeRequest(kind: .errstatus))
    #expect(lone.outcome == .malformed)
    #expect(lone.text.contains("no status among the values"))
  }

  @Test(arguments: [
    ("EC 0x25 ISS 0x210", "0x96000210"), ("ESR : EC 0x25  IL 0x0  ISS 0x00000004", "0x94000004"),
    ("EC 0x2f IL 0x1 ISS 0x11", "0xbe000011"), ("ISS 0x210", nil),
  ])
  func aSyndromeInPartsIsPutTogether(text: String, value: String?) throws {
    #expect(try lines(text).first?["esr"]?.string == value)
  }

  @Test func aVirtualSErrorsSyndromeHasTheBitsOfADeferredError() throws {
    let found = try #require(try lines("VSESR_EL2=0x00000c11").first)
    #expect(found["kind"]?.string == "disr")
    #expect(found["fields"]?["IDS"]?.int == 0)
    #expect(found["fields"]?["AET"]?.int == 3)
    #expect(found["fields"]?["A"] == nil)
    #expect(try lines("VSESR_EL2 0x1000011").first?["fields"]?["IDS"]?.int == 1)
  }

  @Test(arguments: ["2516582928", "0x96000210", "96000210"])
  func aLoneNumberOfACommandLineIsARegister(text: String) throws {
    #expect(try lines(text).first?["esr"]?.string == "0x96000210")
    #expect(DecodeRequest.isInline([text]))
  }

  @Test func aLineOfALogOfACommandLineIsRead() throws {
    #expect(try lines("0").first?["esr"]?.string == "0x0")
    #expect(try lines("0x0").first?["esr"]?.string == "0x0")
    let found = try lines("ESR 0x00000000be000811 -- SError")
    #expect(found.first?["events"]?[0]?["esr"]?.string == "0xbe000811")
    // The same without its dashes is base64 as well.
    #expect(try lines("ESR 0x00000000be000811 SError").first?["kind"]?.string == "log")
    #expect(!DecodeRequest.isInline(["no", "such", "file"]))
  }

  // MARK: Records

  /// Type, bits, and what JSON has of them: nil if only the vendor knows.
  @Test(
    arguments: [
      (
        8, 0xF << 8 | 1 << 34 | 1 << 43 | 2 << 22 | 4,
        [
          "affinityLevel", "timeout", "addressSpace",
          "memoryAttributes", "accessMode",
        ]
      ),
      (2, 4 | 1 << 22, ["level"]), (2, 4 | 1 << 22 | 1 << 7, ["affinityLevel", "participation"]),
      (6, 4 | 1 << 22, ["level"]), (0x10, 0x1234, nil), (3, 0x1234, nil),
    ] as [(UInt64, UInt64, [String]?)])
  func errorInformationIsTakenApartByItsTable(type: UInt64, bits: UInt64, keys: [String]?) throws {
    var structure = Built(32)
    structure.put(32, 1, at: 1)
    structure.put(4, 2, at: 2)
    structure.put(type, 1, at: 4)
    structure.put(bits, 8, at: 8)
    let found = try json(structure.bytes)["errorInfoFields"]
    if let keys {
      #expect(Set(found?.object.map { Array($0.keys) } ?? []) == Set(keys))
    } else {
      #expect(found?.isNull == true)
    }
    let text = Decoding(structure.bytes, DecodeRequest()).text
    #expect(text.contains("only its vendor knows") == (keys == nil))
  }

  @Test func attributesAndModeOfABusErrorAreSaid() throws {
    var structure = Built(32)
    structure.put(32, 1, at: 1)
    structure.put(4, 2, at: 2)
    structure.put(8, 1, at: 4)
    structure.put(0xC00 | 0x155 << 34 | 1 << 43, 8, at: 8)
    let fields = try json(structure.bytes)["errorInfoFields"]
    #expect(fields?["memoryAttributes"]?.string == "0x155")
    #expect(fields?["accessMode"]?.string == "normal")
  }

  /// A block of one entry of an unknown section.
  private func block(_ value: UInt64) -> Built {
    var block = Built(20 + 72 + 8)
    block.put(0x12, 4, at: 0)
    block.put(80, 4, at: 12)
    block.put(2, 4, at: 16)
    block.put(2, 4, at: 36)
    block.put(0x300, 2, at: 40)
    block.put(8, 4, at: 44)
    block.put(value, 8, at: 92)
    return block
  }

  @Test func aRegionOfABERTIsReadBlockByBlock() throws {
    let region = block(1).bytes + block(2).bytes + block(3).bytes + [UInt8](repeating: 0, count: 64)
    let found = try json(region, .bert)
    #expect(found["entries"]?[0]?["decoded"]?["data"]?.string == "0100000000000000")
    let more = try #require(found["moreBlocks"]?.list)
    #expect(more.map { $0["offset"]?.int } == [100, 200])
    #expect(more[1]["entries"]?[0]?["decoded"]?["data"]?.string == "0300000000000000")
    #expect(found["findings"]?[0]?["message"]?.string?.contains("64 zero bytes") == true)
    let behind = try json(block(1).bytes + [1, 2, 3, 4], .cper)
    #expect(behind["moreBlocks"] == nil)
    #expect(
      behind["findings"]?.list?.contains {
        $0["message"]?.string?.contains("4 bytes after the last block") == true
      } == true)
    let cut = Decoding(Array(region[..<150]), DecodeRequest(kind: .bert))
    #expect(cut.outcome == .malformed)
  }

  @Test func aPayloadOfAltraIsThatOfItsFirstBits() throws {
    for (payload, key) in ["misc3", "correctableMask", "uncorrectedAddress", "data5"].enumerated() {
      var section = Built(48)
      section.put(UInt64(payload << 6 | 7), 1, at: 0)
      section.put(1 << 14 | 3, 2, at: 2)
      let found = try json(section.bytes, .cper, section: "altra")
      #expect(found[key] != nil, "\(payload)")
      #expect(found["socket"]?.int == 1 && found["instanceNumber"]?.int == 3)
      #expect(found["typeWords"]?.string == "PCIe AER")
    }
  }

  @Test func aSectionOfHiSiliconHasItsRegisters() throws {
    var section = Built(40)
    section.put(0x1020, 4, at: 0)
    section.put(16, 1, at: 10)
    section.put(8, 4, at: 28)
    section.put(0xAB, 4, at: 32)
    section.put(0xCD, 4, at: 36)
    let found = try json(section.bytes, .cper, section: "hisilicon")
    #expect(found["module"]?.int == 16 && found["socket"] == nil)
    #expect(found["registers"]?.list?.map { $0["value"]?.string } == ["0xab", "0xcd"])
    section.put(12, 4, at: 28)
    let lying = Decoding(section.bytes, DecodeRequest(kind: .cper, section: "hisilicon"))
    #expect(lying.outcome == .malformed)
  }

  @Test func everyGUIDIsThereOnce() {
    let guids = SectionKind.all.map { DecoderFuzzer.bytes($0) }
    #expect(Set(guids).count == guids.count)
    #expect(Set(SectionKind.all.map { $0.key.description }).count == guids.count)
  }

  // MARK: Tables

  /// A table as acpidump prints it.
  private func dump(_ table: [UInt8]) throws -> [UInt8] {
    try #require(FormWriter.all.first { $0.name == "acpidump" }).write(table)
  }

  @Test func aWholeAcpidumpIsReadForWhatIsKnownInIt() throws {
    var other = Built.table("DSDT", 64)
    other.sum()
    var facs = Built(64)
    facs.put("FACS", at: 0)
    facs.put(64, 4, at: 4)
    facs.put(2, 1, at: 32)
    var known = Built.table("SDEI", 36)
    known.sum()
    let whole = Decoding(
      try dump(other.bytes) + dump(facs.bytes) + dump(known.bytes), DecodeRequest(style: .jsonLine))
    #expect(whole.outcome == .whole)
    let tables = try whole.bytes.split(separator: 0x0A).map { try JSON(Array($0)) }
    #expect(tables.map { $0["signature"]?.string } == ["DSDT", "FACS", "SDEI"])
    #expect(tables[1]["version"]?.int == 2 && tables[1]["checksum"] == nil)
    #expect(
      tables[1]["findings"]?.list?.allSatisfy { $0["severity"]?.string == "note" } == true)
    #expect(Decoding(try dump(other.bytes), DecodeRequest()).outcome == .unrecognized)
    let broken = try dump(other.bytes) + dump(Array(known.bytes[..<30]))
    #expect(Decoding(broken, DecodeRequest()).outcome == .malformed)
  }

  @Test func shortDumpsOfOnePasteAreReadEach() throws {
    let text = """
      Generic Error Data Entry (72 bytes):
            00000000  16 3d 9e e1 11 bc e4 11 9c aa c2 05 1d 5d 46 b0   .=...........]F.
            00000010  00 00 00 00 00 03 00 00 48 00 00 00 00 00 00 00   ........H.......
            00000020  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ................
            00000030  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ................
            00000040  00 00 00 00 00 00 00 00                           ........

      Payload (72 bytes):
            00000000  05 00 00 00 01 00 00 00 48 00 00 00 00 00 00 00   ........H.......
            00000010  00 00 00 80 00 00 00 00 10 05 0f 00 00 00 00 00   ................
            00000020  00 00 00 00 00 00 00 00 00 20 14 00 02 01 00 03   ......... ......
            00000030  0f 00 91 00 00 00 00 00 ef be ad de 00 00 00 00   ................
            00000040  ef be ad de 00 00 00 00                           ........
      """
    let found = try lines(text)
    #expect(found.map { $0["bytesGiven"]?.int } == [72, 72])
    #expect(found.map { $0["is"]?.string } == ["error data entry", "section: ARM processor error"])
    #expect(found[1]["midr"]?.string == "0xf0510")
    // With the head before them they are a block.
    let head = """
      Generic Error Status Block (20 bytes):
            00000000  01 00 00 00 00 00 00 00 00 00 00 00 90 00 00 00   ................
            00000010  00 00 00 00                                       ....

      """
    let block = try lines(head + "\n" + text)
    #expect(block.count == 1)
    #expect(block[0]["is"]?.string == "error status block")
    #expect(block[0]["entries"]?[0]?["decoded"]?["midr"]?.string == "0xf0510")
  }
}
