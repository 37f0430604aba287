// Logs as the kernel prints them. The lines are made here after the formats of Linux
// (arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c, drivers/firmware/efi/cper.c, cper-arm.c,
// drivers/acpi/apei), with numbers of public reports.

import Foundation
import Testing

@testable import Decode

@Suite struct LogTests {
  private func events(_ text: String) throws -> [JSON] {
    let json = try JSON(Decoding(Array(text.utf8), DecodeRequest(style: .json)).bytes)
    #expect(json["kind"]?.string == "log")
    return try #require(json["events"]?.list)
  }

  static let memoryRecord = """
    [   12.000001] {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 2
    [   12.000002] {1}[Hardware Error]: event severity: recoverable
    [   12.000003] {1}[Hardware Error]:  precise tstamp: 2026-11-28 10:11:12
    [   12.000004] {1}[Hardware Error]:  Error 0, type: recoverable
    [   12.000005] {1}[Hardware Error]:   section_type: memory error
    [   12.000006] {1}[Hardware Error]:    error_status: Storage error in DRAM memory (0x0000000000000400)
    [   12.000007] {1}[Hardware Error]:   physical_address: 0x0000000012345000
    [   12.000008] {1}[Hardware Error]:   node:0 card:1 module:0 rank:1 bank:2 row:77 column:8
    [   12.000009] {1}[Hardware Error]:   error_type: 3, multi-bit ECC
    [   12.000010] Memory failure: 0x12345: recovery action for dirty LRU page: Recovered
    """

  @Test func aMemoryRecordIsOneEventWithItsFields() throws {
    let found = try events(Self.memoryRecord)
    #expect(found.map { $0["event"]?.string } == ["hardwareError", "memoryFailure"])
    let record = try #require(found.first)
    #expect(record["line"]?.int == 1)
    #expect(record["lastLine"]?.int == 9)
    #expect(record["sequence"]?.int == 1)
    #expect(record["severity"]?.string == "recoverable")
    #expect(record["source"]?.string == "2")
    #expect(record["physicalAddress"]?.string == "0x0000000012345000")
    let fields = try #require(record["fields"]?.list)
    let status = try #require(fields.first { $0["name"]?.string == "error_status" })
    #expect(status["meaning"]?.string == "storage error in memory")
  }

  @Test func anOopsTellsItsSyndromeAndWhatIsMasked() throws {
    let found = try events(
      """
      [  101.123456] Internal error: synchronous external abort: 0000000096000410 [#1] SMP
      [  101.123460] CPU: 3 PID: 412 Comm: reader Tainted: G   M  6.1.0-32-arm64 #1 Debian
      [  101.123461] pstate: 604000c5 (nZCv daIF +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
      [  101.123470] Kernel panic - not syncing: synchronous external abort: Fatal exception
      """)
    #expect(found.map { $0["event"]?.string } == ["syndrome", "processState", "panic"])
    #expect(found[0]["esr"]?.string == "0x96000410")
    #expect(found[0]["fields"]?["DFSC"]?.string == "0x10")
    #expect(found[1]["meaning"]?.string == "EL1, masked: IF")
  }

  @Test(arguments: [
    ("SError Interrupt on CPU2, code 0x00000000be000000 -- SError", "0xbe000000"),
    (
      "[    5.1] Bad mode in Error handler detected on CPU0, code 0xbf000002 -- SError",
      "0xbf000002"
    ),
    (
      "Unhandled fault: synchronous external abort (0x96000210) at 0xffff000012345678", "0x96000210"
    ),
    ("Mem abort info:\n  ESR = 0x0000000096000004\n", "0x96000004"),
    ("Internal error: Oops: 96000006 [#1] PREEMPT SMP", "0x96000006"),
  ])
  func syndromesAreFoundWhereverLogsHaveThem(text: String, value: String) throws {
    let found = try events(text)
    #expect(found.first?["esr"]?.string == value)
  }

  @Test func aDumpOfAnUnknownSectionIsDecodedByItsGUID() throws {
    let found = try events(
      """
      {3}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 7
      {3}[Hardware Error]: event severity: corrected
      {3}[Hardware Error]:  Error 0, type: corrected
      {3}[Hardware Error]:   section type: unknown, 6d5244f2-2712-11ec-bea7-cb3fdb95c786
      {3}[Hardware Error]:   section length: 0x30
      {3}[Hardware Error]:   00000000: 50434545 44454552 00000000 00000000  EECPREED........
      {3}[Hardware Error]:   00000010: 00010002 01020002 04030201 00000000  ................
      {3}[Hardware Error]:   00000020: 00001000 00000000 000000aa 00000000  ................
      """)
    #expect(found.count == 1)
    let dump = try #require(found.first?["dumps"]?[0])
    #expect(dump["decoded"]?["typeName"]?.string == "NVIDIA vendor error")
    #expect(dump["decoded"]?["signature"]?.string == "EECPREED")
    #expect(dump["decoded"]?["registers"]?[0]?["address"]?.string == "0x1000")
    #expect(dump["form"]?.string == "kernel hex dump")
  }

  @Test func anErrorInformationThatLinuxDumpsIsExplained() throws {
    let found = try events(
      "[Firmware Warn]: GHES: ARM Processor Err Info raw data: 00 50 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
    )
    let decoded = try #require(found.first?["decoded"])
    #expect(decoded["note"]?.string == "length 80 in a 32-byte structure, no field valid")
  }

  @Test func aVendorsErrorRecordIsExplained() throws {
    let found = try events(
      """
      ERROR:   RAS Error in IOB, ERRSELR_EL1=0x200:
      ERROR:   \tStatus = 0xe4000612
      ERROR:   \tSERR = Error response from slave: 0x12
      ERROR:   \tIERR = CBB Interface Error: 0x6
      ERROR:   \tADDR = 0x8000000000000200
      """)
    let record = try #require(found.first { $0["event"]?.string == "errorRecord" })
    #expect(record["fields"]?["SERRname"]?.string == "Error response from Completer of access")
    #expect(record["address"]?["pa"]?.string == "0x200")
  }

  @Test func anOrdinaryLogHasNoEvents() {
    let text =
      "[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x413fd0c1]\n[    0.1] done\n"
    let decoding = Decoding(Array(text.utf8), DecodeRequest(kind: .log, style: .json))
    #expect(decoding.outcome == .unrecognized)
    #expect(decoding.reason.contains("found 3 lines") || decoding.reason.contains("found 2 lines"))
  }

  @Test func textShowsTheLinesThatItExplains() {
    let text = Decoding(Array(Self.memoryRecord.utf8), DecodeRequest()).text
    #expect(text.contains("line 1: hardware error record"))
    #expect(text.contains("= storage error in memory"))
    #expect(text.contains("line 10: Memory failure: 0x12345"))
  }
}
