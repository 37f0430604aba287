// Everything an ACPI boot of Linux without UEFI needs besides kernel and initrd, in one range of
// memory: tables, EFI stubs, and a device tree of /chosen alone, which is what makes arm64 Linux
// take ACPI (facts tried with Debian's 6.1: all six linux,uefi-* properties are required). All that
// is ACPI reclaim memory: mapped by the kernel, not given out. At the end of the range, on 64 KiB of
// their own, are the runtime services.

import APEI
import Bytes
import DeviceTree

/// What a boot image holds and where.
public struct BootImage: Equatable, Sendable {
  /// A size that suffices for any machine and a command line of 4096 bytes.
  public static let size: UInt64 = 0x1_0000 + RuntimeServices.size

  /// The Root System Description Pointer.
  public private(set) var rsdp: UInt64 = 0
  /// The Extended System Description Table.
  public private(set) var xsdt: UInt64 = 0
  /// The EFI system table.
  public private(set) var systemTable: UInt64 = 0
  /// The EFI memory map.
  public private(set) var memoryMap: UInt64 = 0
  /// Its size in bytes.
  public private(set) var memoryMapSize: UInt64 = 0
  /// The device tree for X0 of the kernel.
  public private(set) var deviceTree: UInt64 = 0
  /// Its size in bytes.
  public private(set) var deviceTreeSize: UInt64 = 0

  /// Writes a boot image into `memory`, which is what `configuration.tables` is in this address
  /// space; `commandLine` has no end mark.
  ///
  /// The error region is not touched: see `ByteWriter.errorRegion`.
  public static func write<Sink: ByteSink>(
    _ configuration: BootConfiguration, commandLine: some ByteSource, into memory: Sink
  ) throws(BootError) -> BootImage {
    try configuration.validate()
    var image = BootImage()
    var writer = ByteWriter(memory)
    do {
      try image.writeTables(configuration, &writer)
      try image.writeStubs(configuration, &writer)
      image.memoryMap = try image.place(configuration, &writer, alignment: 16)
    } catch {
      throw .noRoom
    }
    try writer.memoryMap(configuration)
    image.memoryMapSize = configuration.tables.base + UInt64(writer.offset) - image.memoryMap
    do {
      image.deviceTree = try image.place(configuration, &writer, alignment: 16)
    } catch {
      throw .noRoom
    }
    do {
      image.deviceTreeSize = try image.writeDeviceTree(configuration, commandLine, &writer)
    } catch {
      throw .deviceTree(error)
    }
    let services = configuration.runtimeServices.base
    guard image.deviceTree + image.deviceTreeSize <= services else { throw .noRoom }
    do {
      var code = ByteWriter(writer.sink, at: Int(services - configuration.tables.base))
      try code.runtimeServices(at: services)
    } catch {
      throw .noRoom
    }
    return image
  }

  /// The address of what is written next, aligned.
  private func place<Sink>(
    _ configuration: BootConfiguration, _ writer: inout ByteWriter<Sink>, alignment: Int
  ) throws(ByteError) -> UInt64 {
    try writer.align(to: alignment)
    return configuration.tables.base + UInt64(writer.offset)
  }

  private mutating func writeTables<Sink>(
    _ configuration: BootConfiguration, _ writer: inout ByteWriter<Sink>
  ) throws(ByteError) {
    var tables = InlineArray<12, UInt64>(repeating: 0)
    var count = 0
    let dsdt = try place(configuration, &writer, alignment: 16)
    try writer.dsdt(
      coreCount: configuration.coreCount, virtioCount: configuration.board.virtioCount)
    tables[0] = try place(configuration, &writer, alignment: 16)
    try writer.fadt(dsdt: dsdt, isPSCIByHVC: configuration.board.isPSCIByHVC)
    tables[1] = try place(configuration, &writer, alignment: 16)
    try writer.madt(
      coreCount: configuration.coreCount,
      performanceInterrupt: configuration.performanceInterrupt, board: configuration.board)
    tables[2] = try place(configuration, &writer, alignment: 16)
    try writer.gtdt()
    tables[3] = try place(configuration, &writer, alignment: 16)
    try writer.spcr()
    count = 4
    if configuration.board.describesCaches {
      tables[count] = try place(configuration, &writer, alignment: 16)
      count += 1
      try writer.pptt(coreCount: configuration.coreCount)
    }
    if let region = configuration.errorRegion {
      tables[count] = try place(configuration, &writer, alignment: 16)
      count += 1
      try writer.hest(region)
    }
    if let nodes = configuration.errorNodes {
      tables[count] = try place(configuration, &writer, alignment: 16)
      count += 1
      try writer.aest(coreCount: configuration.coreCount, nodes)
    }
    if let services = configuration.services {
      tables[count] = try place(configuration, &writer, alignment: 16)
      count += 1
      try writer.bert(
        region: services.bootErrors, length: UInt32(ServiceRegion.bootErrorsSize))
      if services.doorbell != nil {
        tables[count] = try place(configuration, &writer, alignment: 16)
        count += 1
        try writer.einj(services)
        if services.hasStore {
          tables[count] = try place(configuration, &writer, alignment: 16)
          count += 1
          try writer.erst(services)
        }
      }
    }
    if configuration.hasDelegatedExceptions {
      tables[count] = try place(configuration, &writer, alignment: 16)
      count += 1
      try writer.sdei()
    }
    xsdt = try place(configuration, &writer, alignment: 16)
    let start = try writer.beginTable("XSDT", revision: 1)
    for index in 0..<count { try writer.u64(tables[index]) }
    try writer.endTable(start)
    rsdp = try place(configuration, &writer, alignment: 16)
    try writer.rsdp(xsdt: xsdt)
  }

  private mutating func writeStubs<Sink>(
    _ configuration: BootConfiguration, _ writer: inout ByteWriter<Sink>
  ) throws(ByteError) {
    let vendor = try place(configuration, &writer, alignment: 16)
    try writer.utf16("Faultline")
    let properties = try place(configuration, &writer, alignment: 16)
    try writer.u16(1)  // EFI_RT_PROPERTIES_TABLE version
    try writer.u16(8)
    try writer.u32(RuntimeServices.supported)
    let configurationTables = try place(configuration, &writer, alignment: 16)
    try writer.guid(EFI.acpi20)
    try writer.u64(rsdp)
    try writer.guid(EFI.runtimeProperties)
    try writer.u64(properties)
    systemTable = try place(configuration, &writer, alignment: 16)
    try writer.systemTable(
      vendor: vendor, runtime: configuration.runtimeServices.base,
      configurationTables: configurationTables, count: 2)
  }

  private func writeDeviceTree<Sink>(
    _ configuration: BootConfiguration, _ commandLine: some ByteSource,
    _ writer: inout ByteWriter<Sink>
  ) throws(FDTError) -> UInt64 {
    let start = writer.offset
    var tree = try FDTWriter(into: writer.sink, at: start, stringCapacity: 512)
    try tree.beginNode("")
    try tree.property("#address-cells", 2)
    try tree.property("#size-cells", 2)
    try tree.beginNode("chosen")
    try tree.property("bootargs", bytes: commandLine, terminated: true)
    if let initrd = configuration.initrd {
      try tree.property("linux,initrd-start", u64: initrd.base)
      try tree.property("linux,initrd-end", u64: initrd.end)
    }
    try tree.property("linux,uefi-system-table", u64: systemTable)
    try tree.property("linux,uefi-mmap-start", u64: memoryMap)
    try tree.property("linux,uefi-mmap-size", UInt32(truncatingIfNeeded: memoryMapSize))
    try tree.property("linux,uefi-mmap-desc-size", UInt32(EFI.memoryDescriptorSize))
    try tree.property("linux,uefi-mmap-desc-ver", EFI.memoryDescriptorVersion)
    try tree.property("linux,uefi-secure-boot", 2)  // disabled
    try tree.endNode()
    try tree.endNode()
    let size = try tree.finish()
    return UInt64(size)
  }
}
