// Boot tables whose checksums are right and whose numbers are not: no table may trap whoever looks for
// the machine in it. Hypervisor and small guest do, and have nobody to catch them.

import APEI
import Arm
import Boot
import Bytes
import Support
import Testing

@Suite struct InventoryFuzz {
  /// Memory in which one table is another.
  struct Rewritten: PhysicalReader {
    var fixture: BootFixture
    var place: UInt64
    var table: [UInt8]

    func bytes(at address: PhysicalAddress, count: Int) -> [UInt8]? {
      guard var bytes = fixture.read(address.rawValue, count: count) else { return nil }
      for index in bytes.indices {
        let offset = (address.rawValue + UInt64(index)) &- place
        if offset < UInt64(table.count) { bytes[index] = table[Int(offset)] }
      }
      return bytes
    }
  }

  /// A table with a few numbers that are nearly too large, or small, or anything.
  private static func mutate(_ table: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var table = table
    let numbers: [UInt64] = [
      0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max, .max - 1, .max - 0x1_0000,
      .max - 0x2_0000, 1 << 63, random.next(),
    ]
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let size = 1 << Int.random(in: 0...3, using: &random)
      let start = Int.random(in: 36..<table.count, using: &random) & ~(min(size, 4) - 1)
      let number = numbers[Int.random(in: numbers.indices, using: &random)]
      for byte in 0..<size where start + byte < table.count && start + byte >= 36 {
        table[start + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
      }
    }
    return sealed(table)
  }

  /// The same with a right checksum. ACPI 6.5, 5.2.6.
  private static func sealed(_ table: [UInt8]) -> [UInt8] {
    var table = table
    table[9] = 0
    table[9] = table.reduce(0) { $0 &- $1 }
    return table
  }

  private static func inventory(
    _ fixture: BootFixture, _ place: Int, _ table: [UInt8]
  )
    -> MachineInventory?
  {
    let reader = Rewritten(
      fixture: fixture, place: fixture.configuration.tables.base + UInt64(place), table: table)
    guard
      let tables = try? SystemTables(reader, rsdp: PhysicalAddress(fixture.image.rsdp))
    else { return nil }
    return try? MachineInventory(tables)
  }

  @Test func noNumberInATableTrapsTheInventory() throws {
    let fixture = try BootFixture(coreCount: 4)
    let tables = try fixture.tables().filter { ["APIC", "FACP", "SPCR", "DSDT"].contains($0.name) }
    var random = SeededRandom(seed: Fuzzer.inventory.seed)
    var read = 0
    for number in 0..<Fuzzer.inventory.runs {
      let table = tables[Int.random(in: tables.indices, using: &random)]
      let found = Self.inventory(fixture, table.offset, Self.mutate(table.bytes, &random))
      if let found {
        read += 1
        #expect(found.redistributors.base <= found.redistributors.end)
      }
      Fuzzer.inventory.tell(number + 1)
    }
    #expect(read > Fuzzer.inventory.runs / 2, "most of them are read")
  }

  /// The mistake that was there: a redistributor so near the end of the addresses that its own end is
  /// none. That an inventory is asked with such a one must come up in a short run.
  @Test func canaryARedistributorAtTheEndOfTheAddressesIsTried() throws {
    let fixture = try BootFixture(coreCount: 4)
    let table = try #require(try fixture.tables().first { $0.name == "APIC" })
    var random = SeededRandom(seed: Fuzzer.inventory.fixedSeed)
    var isFound = false
    for _ in 0..<Fuzzer.inventory.shortRuns where !isFound {
      let bytes = Self.mutate(table.bytes, &random)
      var offset = 44
      while offset + 80 <= bytes.count, bytes[offset + 1] >= 2 {
        if bytes[offset] == 0x0B, try bytes.u64(at: offset + 60) > .max - 0x2_0000 {
          isFound = true
        }
        offset += Int(bytes[offset + 1])
      }
    }
    #expect(isFound)
  }

  @Test func aRedistributorAtTheEndOfTheAddressesIsNone() throws {
    let fixture = try BootFixture(coreCount: 2)
    let table = try #require(try fixture.tables().first { $0.name == "APIC" })
    for own: UInt64 in [.max, .max - 0x1_FFFF, 0xFFFF_FFFF_FFFF_0000] {
      var bytes = table.bytes
      var offset = 44
      while offset + 2 <= bytes.count, bytes[offset + 1] >= 2 {
        let length = Int(bytes[offset + 1])
        if bytes[offset] == 0x0B {
          for byte in 0..<8 { bytes[offset + 60 + byte] = UInt8(own >> UInt64(8 * byte) & 0xFF) }
        }
        // No GICR structure: each core names its own.
        if bytes[offset] == 0x0E { bytes[offset] = 0x7F }
        offset += length
      }
      let found = try #require(Self.inventory(fixture, table.offset, Self.sealed(bytes)))
      #expect(found.redistributors.size == 0)
      #expect(found.coreCount == 2)
    }
  }
}
