// The ACPI tables that firmware leaves for a kernel, read out of the machine's memory after the
// firmware has entered one: by the reader that our kernels use, which checks what it is handed. Any firmware's:
// nothing here knows where ours puts its tables.

import Arm
import Boot
import Bytes

/// The ACPI tables in a target's memory.
public struct FirmwareTables: Sendable {
  /// A table.
  public struct Table: Sendable {
    /// Its signature, four letters; `RSDP` for the pointer that all begins with.
    public var signature: String
    /// Physical address.
    public var address: UInt64
    /// All of it.
    public var bytes: [UInt8]
  }

  /// The tables: RSDP, XSDT, those it names in its order, and the DSDT that the FADT names.
  public let tables: [Table]

  /// The most tables that an XSDT may name here.
  private static let limit = 256

  /// Reads the tables that the first valid RSDP leads to; nil where there is none.
  public init?(_ target: some Target) {
    let step: UInt64 = 1 << 20
    var address = target.memory.start
    let end = target.memory.start + target.memory.size
    let signature = Array("RSD PTR ".utf8)
    while address < end {
      let count = Int(min(step, end - address))
      guard let page = target.read(PhysicalAddress(address), count: count) else { return nil }
      for offset in stride(from: 0, to: count - signature.count, by: 16)
      where page[offset] == signature[0]
        && page[offset..<offset + signature.count].elementsEqual(signature)
      {
        let root = PhysicalAddress(address + UInt64(offset))
        if let found = FirmwareTables.tables(TargetMemory(target: target), root) {
          tables = found
          return
        }
      }
      address += step
    }
    return nil
  }

  /// What an RSDP leads to; nil if it is none. Both of its checksums must be right (ACPI 6.5, 5.2.5.3), those of
  /// tables need not.
  private static func tables<Subject: Target>(
    _ memory: TargetMemory<Subject>, _ root: PhysicalAddress
  ) -> [Table]? {
    guard let pointer = memory.bytes(at: root, count: 36),
      (try? pointer.checksum(0, count: 20)) == 0,
      let system = try? SystemTables(memory, rsdp: root, acceptsWrongSums: true),
      let start = try? pointer.u64(at: 24),
      let xsdt = table(system, PhysicalAddress(start))
    else { return nil }
    var found = [Table(signature: "RSDP", address: root.rawValue, bytes: pointer), xsdt]
    for index in 0..<min(system.count, limit) {
      guard let next = table(system, system.address(index)) else { continue }
      found.append(next)
      if next.signature == "FACP",
        let dsdt = table(system, SystemTables<TargetMemory<Subject>>.dsdt(of: next.bytes))
      {
        found.append(dsdt)
      }
    }
    return found
  }

  private static func table<Subject: Target>(
    _ system: SystemTables<TargetMemory<Subject>>, _ address: PhysicalAddress?
  ) -> Table? {
    guard let address, let bytes = try? system.table(at: address),
      bytes[..<4].allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
    else { return nil }
    return Table(
      signature: String(decoding: bytes[..<4], as: UTF8.self), address: address.rawValue,
      bytes: bytes)
  }

  /// The smallest kernel that firmware enters: an arm64 Image of one page that waits for ever.
  /// Linux, Documentation/arch/arm64/booting.rst.
  public static let waitingKernel: [UInt8] = {
    var image = [UInt8](repeating: 0, count: 4096)
    func put(_ value: UInt64, _ count: Int, at offset: Int) {
      for index in 0..<count {
        image[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    }
    put(0xD503_207F, 4, at: 0)  // wfi
    put(0x17FF_FFFF, 4, at: 4)  // b to it
    put(4096, 8, at: 16)  // image size
    put(0xA, 8, at: 24)  // 4 KiB pages, anywhere
    put(0x644D_5241, 4, at: 56)  // "ARM\x64"
    return image
  }()
}
