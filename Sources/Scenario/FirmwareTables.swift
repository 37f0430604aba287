// The ACPI tables that firmware leaves for a kernel, read out of the machine's memory after the
// firmware has entered one. Any firmware's: nothing here knows where ours puts its tables.

import Arm

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
  public init?(_ target: any Target) {
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
        if let found = FirmwareTables.tables(target, root: address + UInt64(offset)) {
          tables = found
          return
        }
      }
      address += step
    }
    return nil
  }

  /// What an RSDP leads to; nil if it is none. ACPI 6.5, 5.2.5.3.
  private static func tables(_ target: any Target, root: UInt64) -> [Table]? {
    guard let pointer = target.read(PhysicalAddress(root), count: 36),
      pointer[..<20].reduce(0, &+) == 0, pointer.reduce(0, &+) == 0,
      let xsdt = table(target, pointer.littleEndian(24, 8)), xsdt.signature == "XSDT"
    else { return nil }
    var found = [Table(signature: "RSDP", address: root, bytes: pointer), xsdt]
    for offset in stride(from: 36, to: xsdt.bytes.count - 7, by: 8).prefix(limit) {
      guard let next = table(target, xsdt.bytes.littleEndian(offset, 8)) else { continue }
      found.append(next)
      // The FADT's X_DSDT, or its DSDT where that is 0. ACPI 6.5, 5.2.9.
      if next.signature == "FACP", next.bytes.count >= 44 {
        let wide = next.bytes.count >= 148 ? next.bytes.littleEndian(140, 8) : 0
        let address = wide != 0 ? wide : next.bytes.littleEndian(40, 4)
        if let dsdt = table(target, address) { found.append(dsdt) }
      }
    }
    return found
  }

  private static func table(_ target: any Target, _ address: UInt64) -> Table? {
    guard let header = target.read(PhysicalAddress(address), count: 36),
      header[..<4].allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
    else { return nil }
    let length = header.littleEndian(4, 4)
    guard length >= 36, length <= 1 << 24,
      let bytes = target.read(PhysicalAddress(address), count: Int(length))
    else { return nil }
    return Table(
      signature: String(decoding: header[..<4], as: UTF8.self), address: address, bytes: bytes)
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
