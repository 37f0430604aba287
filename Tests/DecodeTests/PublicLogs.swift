// Logs as they reach people: through serial lines, terminals, journals, Windows and letters; with words of
// firmware, hypervisors and other kernels. The lines are those that these programs print; whole public
// logs are in Inputs.

import APEI
import Foundation
import Testing

@testable import Decode

@Suite struct PublicLogTests {
  private func events(_ bytes: [UInt8], auto: Bool = true) throws -> [JSON] {
    let request = DecodeRequest(kind: auto ? nil : .log, style: .json, source: "log")
    let json = try JSON(Decoding(bytes, request).bytes)
    #expect(json["kind"]?.string == "log")
    return try #require(json["events"]?.list)
  }
  private func events(_ text: String, auto: Bool = true) throws -> [JSON] {
    try events(Array(text.utf8), auto: auto)
  }

  /// What a line lost on its way, and how a reader may find it.
  static let ways: [(name: String, change: @Sendable (String) -> [UInt8])] = [
    ("as it is", { Array($0.utf8) }),
    ("Windows", { Array($0.replacingOccurrences(of: "\n", with: "\r\n").utf8) }),
    ("a serial line", { Array($0.replacingOccurrences(of: "\n", with: "\r\r\n").utf8) }),
    ("an old Macintosh", { Array($0.replacingOccurrences(of: "\n", with: "\r").utf8) }),
    ("a byte order mark", { [0xEF, 0xBB, 0xBF] + Array($0.utf8) }),
    (
      "colours",
      { text in
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return Array(lines.map { "\u{1B}[32m\u{1B}[0m\($0)\u{1B}[K" }.joined(separator: "\n").utf8)
      }
    ),
    ("NULs and bells", { [0, 0] + Array($0.utf8).flatMap { $0 == 0x3A ? [$0, 0, 7] : [$0] } }),
    (
      "UTF-16",
      { text in [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
    ),
    (
      "UTF-16 without a mark, big-endian",
      { text in text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } }
    ),
    ("a letter", { Array($0.split(separator: "\n").map { "> > \($0)\n" }.joined().utf8) }),
  ]

  @Test(arguments: ways.indices)
  func aLogIsTheSameWhateverWayItCame(way: Int) throws {
    let lines = """
      [   12.0] {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 2
      [   12.0] {1}[Hardware Error]: event severity: recoverable
      [   12.0] {1}[Hardware Error]:   section_type: memory error
      [   12.0] {1}[Hardware Error]:   physical_address: 0x0000000012345000
      [   12.1] SError Interrupt on CPU3, code 0x00000000be000811 -- SError
      [   12.2] pstate: 204000c9 (nzCv daIF +PAN -UAO -TCO -DIT -SSBS BTYPE=--)

      """
    let found = try events(Self.ways[way].change(lines))
    #expect(found.map { $0["event"]?.string } == ["hardwareError", "syndrome", "processState"])
    #expect(found.map { $0["line"]?.int } == [1, 5, 6])
    #expect(found[0]["physicalAddress"]?.string == "0x0000000012345000")
    #expect(found[1]["esr"]?.string == "0xbe000811")
  }

  @Test func aJournalAsJSONHasItsMessages() throws {
    let found = try events(
      #"{"_TRANSPORT":"kernel","MESSAGE":"{77}[Hardware Error]: event severity: corrected","N":"1"}"#
        + "\n" + #"{"MESSAGE":"a \"quoted\" SError Interrupt on CPU3, code 0xbe000811 -- SError"}"#)
    #expect(found.map { $0["severity"]?.string } == ["corrected", nil])
    #expect(found.last?["esr"]?.string == "0xbe000811")
    #expect(found.last?["text"]?.string?.contains(#"a "quoted" SError"#) == true)
  }

  /// Lines of other programs than Linux, and the syndromes in them.
  @Test(arguments: [
    ("ERROR:   Exception reason=1 syndrome=0x82000010", "0x82000010"),
    ("esr_el3        = 0x0000000092000010", "0x92000010"),
    ("\"Synchronous Abort\" handler, esr 0x96000210, far 0xfe34001c", "0x96000210"),
    ("panic: Unhandled System Error\n esr:         bf000000", "0xbf000000"),
    ("Unexpected Trap: Data Abort\n(XEN)     ESR_EL2: 0000000096000210", "0x96000210"),
    ("(XEN) traps.c:1987:d0v3 HSR=0x0000000093820046 pc=0xffff8000105fc1a4", "0x93820046"),
    ("Exception taken from EL2h\nESR_EL1:  0x96000210 (data abort (current))", "0x96000210"),
    ("[00:00:00.000,000] <err> os: ESR_ELn: 0x0000000096000210", "0x96000210"),
    ("NOTICE:  EsrEl3 = 0x92000410", "0x92000410"),
    ("E/TC:0 0 Core data-abort at address 0xfe34001c\nE/TC:0 0  esr 0x96000210", "0x96000210"),
    ("Synchronous Exception at 0x00000000BF7A3C48\n ESR 0x96000210   FAR 0xFE34001C", "0x96000210"),
  ])
  func syndromesOfFirmwareAndOtherKernelsAreFound(text: String, value: String) throws {
    #expect(try events(text).compactMap { $0["esr"]?.string } == [value])
  }

  // MARK: Error records

  @Test func whatIsCalledStatusIsNoErrorRecordByThat() throws {
    let text = """
      [    2.0] hub 1-0:1.0 status=0x503
      [    3.0] dwc3 fe800000.usb: Event STATUS = 0x40000003
      [    4.0] i2c transfer failed status: 0x40000080
      [    5.0] spi-nor addr: 0x10 misc0: 0x0
      [    6.0] status = 0xc0000001
      """
    let request = DecodeRequest(kind: .log, style: .json)
    #expect(Decoding(Array(text.utf8), request).outcome == .unrecognized)
  }

  @Test func companionsInTheSameLineBelongToTheRecord() throws {
    let found = try events(
      """
      CPU0: RAS: JSR:RET Uncorrectable error, ERR_STATUS=0xe4000612
      ERXSTATUS_EL1 = 0xe4000612  ERXADDR_EL1 = 0x8000000000000200
       1st : ERXSTATUS_EL1: 00000000e8000904, ERXADDR_EL1: 8000000000000240, ERXMISC0_EL1: 0000000000000001
      ERR0STATUS: 0xe4000613, ERR0ADDR: 0x300, ERR1STATUS: 0xc4000612, ERR1ADDR: 0x400
      """)
    #expect(found.allSatisfy { $0["event"]?.string == "errorRecord" })
    #expect(
      found.map { $0["address"]?["value"]?.string }
        == [nil, "0x8000000000000200", "0x8000000000000240", "0x300", "0x400"])
    #expect(found[2]["misc0"]?.string == "0x1")
  }

  @Test func theTimeOfALogGrowsWithItsLinesOnly() throws {
    let line = "[0.0] x29: ffff80000aea3900 x28: ffff00009ac7d700 status = 0x0 line\n"
    func seconds(_ lines: Int) -> Double {
      let text = Array(String(repeating: line, count: lines).utf8)
      let start = Date()
      #expect(Decoding(text, DecodeRequest(kind: .log)).outcome == .unrecognized)
      return Date().timeIntervalSince(start)
    }
    _ = seconds(100)
    #expect(seconds(8000) < 20 * max(seconds(2000), 0.01))
  }

  // MARK: Hardware errors

  @Test func linesOfOthersDoNotSplitARecord() throws {
    let found = try events(
      """
      {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 5
      {2}[Hardware Error]: event severity: corrected
      {1}[Hardware Error]: event severity: recoverable
      usb 1-1: new high-speed USB device number 2
      {2}[Hardware Error]:   section_type: PCIe error
      {1}[Hardware Error]:   section_type: memory error
      Memory failure: 0x12345: recovery action for dirty LRU page: Recovered
      {1}[Hardware Error]:   physical_address: 0x000000f0a1b2c3c0
      {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 6
      """)
    #expect(
      found.map { $0["event"]?.string }
        == ["hardwareError", "hardwareError", "memoryFailure", "hardwareError"])
    #expect(found[0]["physicalAddress"]?.string == "0x000000f0a1b2c3c0")
    #expect(found[0]["lastLine"]?.int == 8)
    #expect(found[1]["sections"]?[0]?["type"]?.string == "PCIe error")
    #expect(found[3]["source"]?.string == "6")
  }

  @Test func wordsOfAKernelsDumpAreNumbersAndItsBytesAreBytes() throws {
    func decoded(_ lines: [String]) throws -> JSON {
      let head = """
        {1}[Hardware Error]: event severity: recoverable
        {1}[Hardware Error]:   section type: unknown, fbcd0a77-c260-417f-85a9-088b1621eba6
        """
      let text = ([head] + lines.map { "{1}[Hardware Error]:   " + $0 }).joined(separator: "\n")
      return try #require(try events(text)[0]["dumps"]?[0]?["decoded"])
    }
    let words = try decoded([
      "00000000: 00000090 00000007 00000000 0d938086  ................",
      "00000010: 00100000 00000000 00040000 00000000  ................",
    ])
    #expect(words["length"]?.int == 144 && words["vendor"]?.string == "0x8086")
    let bytes = try decoded([
      "00000000: 90 00 00 00 07 00 00 00 00 00 00 00 86 80 93 0d",
      "00000010: 00 00 10 00 00 00 00 00 00 00 04 00 00 00 00 00",
    ])
    #expect(bytes["length"]?.int == 144 && bytes["vendor"]?.string == "0x8086")
  }

  @Test func aDumpIsWhatTheLineAboveItSays() throws {
    // Bytes that a guess takes for a section: they are general registers, and a vendor's.
    let text = """
      {1}[Hardware Error]: event severity: recoverable
      {1}[Hardware Error]:   section_type: ARM processor error
      {1}[Hardware Error]:    register context type: AArch64 general purpose registers
      {1}[Hardware Error]:    00000000: 00000000 00000000 00000001 00000000
      {1}[Hardware Error]:    00000010: a000b000 ffff8000 00000000 00000000
      {1}[Hardware Error]:   Vendor specific error info has 32 bytes:
      {1}[Hardware Error]:    00000000: 00002000 00000004 00000000 00000000
      {1}[Hardware Error]:    00000010: 00000000 00000000 00000000 00000000
      """
    let dumps = try #require(try events(text)[0]["dumps"]?.list)
    #expect(
      dumps.map { $0["is"]?.string }
        == ["AArch64 general registers of a context", "a vendor's bytes"])
    #expect(dumps[0]["decoded"]?["registers"]?["X2"]?.string == "0xffff8000a000b000")
    #expect(dumps[1]["decoded"]?["data"]?.string?.hasPrefix("0020000004000000") == true)
  }

  @Test func aRecordOfThePreviousBootStopsNobodyNow() throws {
    let found = try events(
      """
      BERT: Error records from previous boot:
      [Hardware Error]: event severity: fatal
      [Hardware Error]:   section_type: memory error
      BERT: [Hardware Error]: Skipped 1 error records
      mce: [Hardware Error]: Machine check events logged
      """)
    #expect(
      found.map { $0["event"]?.string }
        == ["bootError", "hardwareError", "bootError", "machineCheck"])
    #expect(found[1]["meaning"]?.string?.contains("before this boot") == true)
    #expect(found[1]["meaning"]?.string?.contains("panics") == false)
  }

  @Test func eachOutcomeOfAMemoryFailureHasItsOwnWords() throws {
    let ends = [
      "Killing reader:12 due to hardware memory corruption",
      "recovery action for dirty LRU page: Recovered",
      "recovery action for reserved kernel page: Ignored",
      "recovery action for already poisoned page: Failed",
      "recovery action for huge page: Delayed", "unhandlable page.", "already hardware poisoned",
    ]
    let text = ends.map { "Memory failure: 0x12345: " + $0 + "\n" }.joined()
    let found = try events(text)
    #expect(found.count == ends.count)
    #expect(Set(found.compactMap { $0["meaning"]?.string }).count == ends.count)
  }

  @Test func aPCIeErrorHasItsBitsInWords() throws {
    let found = try events(
      """
      {1}[Hardware Error]: event severity: recoverable
      {1}[Hardware Error]:   section_type: PCIe error
      {1}[Hardware Error]:   aer_uncor_status: 0x00100000, aer_uncor_mask: 0x00010000
      {1}[Hardware Error]:   aer_cor_status: 0x00002000, aer_cor_mask: 0x00000000
      pcieport 0000:00:01.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer
      pcieport 0000:00:01.0:   device [8086:347a] error status/mask=00040000/00100020
      pcieport 0000:00:01.0: PCIe Bus Error: severity=Corrected, type=Data Link Layer
      pcieport 0000:00:01.0:   device [8086:347a] error status/mask=00000040/00002000
      """)
    let fields = try #require(found[0]["fields"]?.list)
    func meaning(_ name: String) -> String? {
      fields.first { $0["name"]?.string == name }?["meaning"]?.string
    }
    #expect(meaning("aer_uncor_status") == "unsupported request")
    #expect(meaning("aer_uncor_mask") == "unexpected completion")
    #expect(meaning("aer_cor_status") == "advisory non-fatal error")
    #expect(found[2]["meaning"]?.string == "uncorrected: malformed TLP")
    #expect(found[4]["meaning"]?.string == "corrected: bad TLP")
  }

  @Test func aMemoryErrorsPlaceIsFieldsInBothForms() throws {
    for place in ["node:6 card:1 module:0 row:77", "node: 6 card: 1 module: 0 row: 77"] {
      let found = try events(
        "{1}[Hardware Error]: event severity: corrected\n{1}[Hardware Error]:   \(place)\n")
      let fields = try #require(found[0]["fields"]?.list)
      #expect(fields.map { $0["name"]?.string } == ["node", "card", "module", "row"])
      #expect(fields.map { $0["value"]?.string } == ["6", "1", "0", "77"])
    }
  }

  @Test func rasdaemonsLinesHaveProcessorsAndSections() throws {
    let found = try events(
      """
      <...>-1 [000] 0.1 arm_event: affinity level: 0; MPIDR: 0000000081080000; MIDR: 00000000413fd0c1; running
      <...>-1 [000] 0.1 non_standard_event  Corrected
       section type: e8ed898ddf1643cc8ecc54f060ef157f fru text: fru id: 00000000-0000-0000-0000-000000000000
       length: 48
       error:
        00000000: 00000005 ec30000e 00080110 80001001
        00000010: 00000300 00000000 00000000 00000000
        00000020: 00000000 00000000 00000000 00000000
      """)
    #expect(found[0]["midr"]?.string == "0x413fd0c1" && found[0]["mpidr"]?.string == "0x81080000")
    #expect(found.last?["decoded"]?["status"]?.string == "0xec30000e")
  }
}
