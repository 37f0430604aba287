// The way a kernel without UEFI services finds its ACPI tables: the device tree's /chosen names the
// EFI system table, its configuration tables the RSDP, that the XSDT, that the rest. Every table is
// checked before it is given out: whoever wrote them may have made mistakes.

import APEI
import Arm
import Bytes

/// Why system tables cannot be used.
public enum SystemTableError: Error, Equatable, Sendable {
  /// There is no memory where a table is said to be.
  case noMemory(UInt64)
  /// No EFI system table at the address.
  case notEFI(UInt64)
  /// The EFI system table names no ACPI 2.0 tables.
  case noACPI
  /// No RSDP or XSDT at the address, or its checksum is wrong.
  case noRoot(UInt64)
  /// A table's length or checksum is wrong; the signature's letters, the first in the lowest byte.
  case damaged(signature: UInt32)
}

/// The ACPI tables of a machine. ACPI 6.5, 5.2.
public struct SystemTables<Reader: PhysicalReader> {
  let reader: Reader
  let root: Reader.Bytes
  let acceptsWrongSums: Bool

  /// The tables that an EFI system table leads to. UEFI 2.10, 4.3 and 4.6.
  public init(
    _ reader: Reader, efiSystemTable: PhysicalAddress
  ) throws(SystemTableError) {
    guard let system = reader.bytes(at: efiSystemTable, count: EFI.systemTableSize) else {
      throw .noMemory(efiSystemTable.rawValue)
    }
    guard (try? system.u64(at: 0)) == EFI.systemTableSignature,
      let count = try? system.u64(at: 104), let start = try? system.u64(at: 112), count <= 256
    else { throw .notEFI(efiSystemTable.rawValue) }
    guard let list = reader.bytes(at: PhysicalAddress(start), count: Int(count) * 24) else {
      throw .noMemory(start)
    }
    for index in 0..<Int(count) where (try? list.guid(at: index * 24)) == EFI.acpi20 {
      guard let rsdp = try? list.u64(at: index * 24 + 16) else { break }
      try self.init(reader, rsdp: PhysicalAddress(rsdp))
      return
    }
    throw .noACPI
  }

  /// The tables that a Root System Description Pointer leads to. ACPI 6.5, 5.2.5.3.
  ///
  /// `acceptsWrongSums` takes tables whose checksum is wrong, as Linux does after a warning; that of
  /// the pointer itself must be right.
  public init(
    _ reader: Reader, rsdp: PhysicalAddress, acceptsWrongSums: Bool = false
  ) throws(SystemTableError) {
    guard let pointer = reader.bytes(at: rsdp, count: 36) else { throw .noMemory(rsdp.rawValue) }
    guard pointer.matches("RSD PTR ", at: 0), (try? pointer.checksum(0, count: 36)) == 0,
      let address = try? pointer.u64(at: 24)
    else { throw .noRoot(rsdp.rawValue) }
    let table = try Self.table(reader, PhysicalAddress(address), acceptsWrongSums)
    guard table.matches("XSDT", at: 0) else { throw .noRoot(address) }
    self.reader = reader
    self.acceptsWrongSums = acceptsWrongSums
    root = table
  }

  /// How many tables there are, the DSDT not counted.
  public var count: Int { (root.byteCount - TableHeader.size) / 8 }

  /// The first table with a signature, or nil.
  public func table(_ signature: StaticString) throws(SystemTableError) -> Reader.Bytes? {
    for index in 0..<count {
      guard let address = address(index),
        let header = reader.bytes(at: address, count: TableHeader.size),
        header.matches(signature, at: 0)
      else { continue }
      return try table(at: address)
    }
    return nil
  }

  /// The DSDT, which only the FADT names.
  public func dsdt() throws(SystemTableError) -> Reader.Bytes? {
    guard let fadt = try table("FACP"), let address = Self.dsdt(of: fadt) else { return nil }
    return try table(at: address)
  }

  /// Where the DSDT is that a FADT names; nil where it names none. ACPI 6.5, 5.2.9.
  public static func dsdt(of fadt: Reader.Bytes) -> PhysicalAddress? {
    var address = (try? fadt.u64(at: 140)) ?? 0
    if address == 0 { address = UInt64((try? fadt.u32(at: 40)) ?? 0) }
    return address == 0 ? nil : PhysicalAddress(address)
  }

  /// The address of the table of a number, 0 to `count - 1`.
  public func address(_ index: Int) -> PhysicalAddress? {
    (try? root.u64(at: TableHeader.size + index * 8)).map { PhysicalAddress($0) }
  }

  /// The table at an address.
  public func table(at address: PhysicalAddress) throws(SystemTableError) -> Reader.Bytes {
    try Self.table(reader, address, acceptsWrongSums)
  }

  private static func table(
    _ reader: Reader, _ address: PhysicalAddress, _ acceptsWrongSums: Bool
  ) throws(SystemTableError) -> Reader.Bytes {
    guard let head = reader.bytes(at: address, count: TableHeader.size),
      let header = try? TableHeader(head)
    else { throw .noMemory(address.rawValue) }
    let length = Int(header.length)
    guard length >= TableHeader.size, length <= 1 << 24 else {
      throw .damaged(signature: header.signature)
    }
    guard let table = reader.bytes(at: address, count: length) else {
      throw .noMemory(address.rawValue)
    }
    guard acceptsWrongSums || (try? table.checksum(0, count: length)) == 0 else {
      throw .damaged(signature: header.signature)
    }
    return table
  }
}
