// ACPI tables, against iasl: what we write is what it compiles.

import APEI
import Boot
import Bytes
import Foundation
import Support
import Testing

@Suite struct TableTests {
  /// The DSDT as a person would write it; what iasl makes of it is what we write.
  static func source(cores: Int) -> String {
    var text = """
      DefinitionBlock ("", "DSDT", 2, "FLTLN ", "FAULTLIN", 0x00000001)
      {
        Scope (_SB)
        {
          Method (_OSC, 4, Serialized)
          {
            CreateDWordField (Arg3, 0, CDW1)
            If (Arg0 == ToUUID ("0811b06e-4a27-44f9-8d60-3cbbc22e7b48"))
            {
              CreateDWordField (Arg3, 4, CDW2)
              Local0 = CDW2 & 0x10
              If (Local0 != CDW2)
              {
                CDW1 |= 0x10
                CDW2 = Local0
              }
              Return (Arg3)
            }
            If (Arg0 == ToUUID ("ed855e0c-6c90-47bf-a62a-26de0fc5ad5c"))
            {
              Return (Arg3)
            }
            CDW1 |= 0x04
            Return (Arg3)
          }

      """
    for core in 0..<cores {
      text += "Device (C00\(core)) { Name (_HID, \"ACPI0007\") Name (_UID, \(core)) }\n"
    }
    text += """
          Device (COM0)
          {
            Name (_HID, "ARMH0011")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate () {
              Memory32Fixed (ReadWrite, 0x09000000, 0x1000)
              Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 33 }
            })
          }
          Device (ERRD) { Name (_HID, "PNP0C33") Name (_UID, 0) }
          Device (GED0)
          {
            Name (_HID, "ACPI0013")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate () {
              Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { 41 }
            })
            Method (_EVT, 1, Serialized) { If (Arg0 == 41) { Notify (ERRD, 0x80) } }
          }

      """
    for index in 0..<32 {
      text += """
        Device (VR\(index < 10 ? "0" : "")\(index))
        {
          Name (_HID, "LNRO0005")
          Name (_UID, \(index))
          Name (_CCA, 1)
          Name (_CRS, ResourceTemplate () {
            Memory32Fixed (ReadWrite, \(0x0a00_0000 + index * 0x200), 0x200)
            Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { \(48 + index) }
          })
        }

        """
    }
    return text + "  }\n}\n"
  }

  @Test func theDSDTIsWhatIaslMakesOfItsSource() throws {
    let iasl = try Tool("iasl")
    for cores in [1, 8] {
      let table = try #require(try BootFixture(coreCount: cores).tables().last)
      #expect(table.name == "DSDT")
      try withFolder { folder in
        try Self.source(cores: cores).write(
          to: folder.appendingPathComponent("dsdt.asl"), atomically: true, encoding: .utf8)
        let (status, output) = try iasl.run(["dsdt.asl"], in: folder)
        #expect(status == 0)
        #expect(output.contains("0 Errors, 0 Warnings, 0 Remarks"), "\(output)")
        let compiled = [UInt8](try Data(contentsOf: folder.appendingPathComponent("dsdt.aml")))
        #expect(compiled.count == table.bytes.count)
        #expect(compiled == table.bytes)
      }
    }
  }

  @Test func iaslDisassemblesAndRecompilesEveryTableToTheSameBytes() throws {
    let iasl = try Tool("iasl")
    let tables = try BootFixture(
      coreCount: 3, hasBootErrors: true, hasDelegatedExceptions: true
    ).tables()
    #expect(
      tables.map(\.name)
        == ["XSDT", "FACP", "APIC", "GTDT", "SPCR", "PPTT", "HEST", "BERT", "SDEI", "DSDT"])
    try withFolder { folder in
      for table in tables {
        let name = table.name.lowercased()
        try Data(table.bytes).write(to: folder.appendingPathComponent(name + ".aml"))
        let (status, output) = try iasl.run(["-d", name + ".aml"], in: folder)
        #expect(status == 0, "\(output)")
        // WHEA's UUID has no name in iasl: nothing to complain about.
        let text = try String(
          contentsOf: folder.appendingPathComponent(name + ".dsl"), encoding: .utf8
        ).replacingOccurrences(of: "Unknown UUID", with: "")
        for complaint in ["Incorrect checksum", "terminates", "Unknown", "Invalid", "Could not"] {
          #expect(!text.contains(complaint), "\(table.name): \(complaint)")
        }
        let (again, compiler) = try iasl.run(["-p", "again", name + ".dsl"], in: folder)
        #expect(again == 0, "\(table.name): \(compiler)")
        #expect(!compiler.contains("Error  "), "\(table.name): \(compiler)")
        #expect(!compiler.contains("Warning  "), "\(table.name): \(compiler)")
        let compiled = [UInt8](try Data(contentsOf: folder.appendingPathComponent("again.aml")))
        #expect(compiled == table.bytes, "\(table.name) is not the same")
      }
    }
  }

  @Test func withoutDelegatedExceptionsThereIsNoTableOfThem() throws {
    #expect(try BootFixture().tables().allSatisfy { $0.name != "SDEI" })
  }

  @Test func theCheckerFindsNothingInOurTables() throws {
    for cores in 1...8 {
      let fixture = try BootFixture(
        coreCount: cores, hasBootErrors: cores % 2 == 0, hasDelegatedExceptions: cores % 3 == 0)
      #expect(BootChecker(fixture).check(deviceTree: fixture.image.deviceTree) == [])
      #expect(BootChecker(fixture).check(rsdp: fixture.image.rsdp) == [])
    }
  }

  /// One defect: which table, where, what is written there, and what the finding must say.
  struct Defect {
    let table: String
    let offset: Int
    let bytes: [UInt8]
    let message: String
    /// Whether the table's checksum is made right again, so that the defect alone is found.
    var repairs = true
  }

  static let defects = [
    Defect(table: "FACP", offset: 9, bytes: [0x55], message: "sum up", repairs: false),
    Defect(table: "FACP", offset: 112, bytes: [0, 0, 0, 0], message: "hardware-reduced"),
    Defect(table: "FACP", offset: 129, bytes: [0, 0], message: "PSCI"),
    Defect(table: "FACP", offset: 140, bytes: [0, 0, 0, 1], message: "no DSDT"),
    Defect(table: "FACP", offset: 8, bytes: [4], message: "revision 4"),
    Defect(table: "DSDT", offset: 60, bytes: [0xff], message: "sum up", repairs: false),
    Defect(table: "APIC", offset: 44 + 8, bytes: [1], message: "UID 1 is used twice"),
    Defect(table: "APIC", offset: 44 + 80 + 68, bytes: [0], message: "MPIDR 0x0 is used twice"),
    Defect(table: "APIC", offset: 44 + 71, bytes: [0x80], message: "beside affinity"),
    Defect(table: "APIC", offset: 44 + 12, bytes: [0], message: "not enabled"),
    Defect(table: "APIC", offset: 44 + 56, bytes: [40], message: "not a PPI"),
    Defect(table: "APIC", offset: 44 + 1, bytes: [0], message: "outside"),
    Defect(table: "APIC", offset: 44, bytes: [0x20], message: "structure of type 32"),
    Defect(table: "APIC", offset: 44 + 160 + 20, bytes: [2], message: "GIC version 2"),
    Defect(table: "APIC", offset: 44 + 160, bytes: [0x0d], message: "0 distributors"),
    Defect(table: "APIC", offset: 44 + 160 + 24, bytes: [0x0d], message: "no redistributors"),
    Defect(table: "APIC", offset: 44 + 160 + 24 + 12, bytes: [0, 0, 2, 0], message: "too few"),
    Defect(table: "GTDT", offset: 48, bytes: [40], message: "interrupt 40 is not a PPI"),
    Defect(table: "GTDT", offset: 56, bytes: [29], message: "interrupt 29 is used twice"),
    Defect(table: "GTDT", offset: 100, bytes: [0x80], message: "reserved flags"),
    Defect(table: "PPTT", offset: 36 + 20 + 12, bytes: [1], message: "sets times ways"),
    Defect(table: "PPTT", offset: 36 + 20 + 24 + 8, bytes: [7], message: "7 is no cache"),
    Defect(table: "PPTT", offset: 36 + 20 + 72 + 8, bytes: [56], message: "no processor node"),
    Defect(table: "PPTT", offset: 36 + 20 + 72 + 20, bytes: [36], message: "36 is no cache"),
    Defect(
      table: "PPTT", offset: 36 + 20 + 100 + 72 + 12, bytes: [0], message: "UID 0 is used twice"),
    Defect(table: "PPTT", offset: 36 + 1, bytes: [0], message: "outside"),
    Defect(table: "XSDT", offset: 36, bytes: [0, 0, 0, 0], message: "no table"),
    Defect(table: "XSDT", offset: 4, bytes: [63], message: "fraction"),
    Defect(table: "SPCR", offset: 70, bytes: [0x70], message: "sum up", repairs: false),
    Defect(table: "HEST", offset: 40 + 2, bytes: [1], message: "source id 1 is used twice"),
    Defect(table: "HEST", offset: 36, bytes: [7], message: "7 sources announced"),
  ]

  @Test(arguments: 0..<Self.defects.count)
  func theCheckerFindsASeededDefect(_ index: Int) throws {
    let defect = Self.defects[index]
    var fixture = try BootFixture()
    let table = try #require(try fixture.tables().first { $0.name == defect.table })
    for (index, byte) in defect.bytes.enumerated() {
      fixture.bytes[table.offset + defect.offset + index] = byte
    }
    if defect.repairs {
      let length = Int(try fixture.bytes.u32(at: table.offset + 4))
      let sum = try fixture.bytes.checksum(table.offset, count: length)
      fixture.bytes[table.offset + 9] &-= sum
    }
    let findings = BootChecker(fixture).check(rsdp: fixture.image.rsdp)
    #expect(findings.contains { $0.message.contains(defect.message) }, "\(findings)")
    #expect(!defect.repairs || !findings.contains { $0.message.contains("sum up") })
  }

  @Test func theCheckerFindsDefectsAroundTheTables() throws {
    let good = try BootFixture()
    func findings(_ address: UInt64, _ bytes: [UInt8]) -> String {
      var fixture = good
      for (index, byte) in bytes.enumerated() {
        fixture.bytes[Int(address - fixture.configuration.tables.base) + index] = byte
      }
      return BootChecker(fixture).check(deviceTree: fixture.image.deviceTree)
        .map(\.description).joined(separator: "\n")
    }
    let image = good.image
    #expect(findings(image.rsdp, [0]).contains("RSD PTR"))
    #expect(findings(image.rsdp + 8, [0]).contains("first checksum"))
    #expect(findings(image.rsdp + 33, [1]).contains("RSDP at 0x20: the checksum"))
    #expect(findings(image.rsdp + 15, [0]).contains("revision 0"))
    #expect(findings(image.systemTable, [0]).contains("IBI SYST"))
    #expect(findings(image.systemTable + 24, [0]).contains("CRC"))
    #expect(findings(image.systemTable + 104, [0]).contains("no ACPI 2.0"))
    // The third descriptor starts where the second ends.
    #expect(findings(image.memoryMap + 96 + 8 + 2, [0]).contains("precedes"))
    #expect(findings(image.memoryMap + 24, [0x01, 0, 0]).contains("64 KiB"))
    #expect(findings(image.memoryMap + 32, [0]).contains("no cacheability"))
    #expect(findings(image.memoryMap, [99]).contains("memory type 99"))
    // The tables become memory like any other.
    #expect(findings(image.memoryMap + 144, [7]).contains("gives out"))
    #expect(findings(image.deviceTree, [0]).contains("no device tree"))
    let region = try required(good.configuration.errorRegion)
    #expect(findings(region.base, [0, 0, 0, 0]).contains("not in memory"))
    #expect(findings(region.base + 8, [0, 0x10]).contains("overlaps"))
  }

  @Test func hostileTablesNeverCrashTheChecker() throws {
    let good = try BootFixture()
    let used = Int(
      good.image.deviceTree + good.image.deviceTreeSize - good.configuration.tables.base)
    var random = SeededRandom(seed: 3)
    for _ in 0..<1500 {
      var fixture = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        fixture.bytes[Int.random(in: 0..<used, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      _ = BootChecker(fixture).check(deviceTree: fixture.image.deviceTree)
    }
  }
}
