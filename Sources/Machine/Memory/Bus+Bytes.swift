// Runs of bytes: the loader's, the tool's and the tests' view of memory, and devices' DMA.

import Arm

extension Bus {
  /// Reads bytes as the tool does, without side effects; nil if not all of it is memory.
  public func readBytes(
    _ address: PhysicalAddress, count: Int, isSecure: Bool = true
  ) -> [UInt8]? {
    guard count > 0 else { return [] }
    guard let region = memory(at: address.rawValue, count: count, isSecure: isSecure) else {
      return nil
    }
    return region.bytes.bytes(Int(address.rawValue &- region.base), count: count)
  }

  /// Writes bytes as the loader does: also to flash, without side effects on poison or watches.
  ///
  /// - Returns: False, with nothing written, if not all of it is memory.
  @discardableResult
  public func writeBytes(
    _ address: PhysicalAddress, _ bytes: ArraySlice<UInt8>, isSecure: Bool = true
  ) -> Bool {
    guard !bytes.isEmpty else { return true }
    guard let region = memory(at: address.rawValue, count: bytes.count, isSecure: isSecure)
    else { return false }
    store(bytes, at: Int(address.rawValue &- region.base), in: region)
    return true
  }

  /// Writes bytes as the loader does.
  @discardableResult
  public func writeBytes(
    _ address: PhysicalAddress, _ bytes: [UInt8], isSecure: Bool = true
  ) -> Bool {
    writeBytes(address, bytes[...], isSecure: isSecure)
  }

  private func store(_ bytes: ArraySlice<UInt8>, at offset: Int, in region: MemoryRegion) {
    for page in offset >> 12...(offset + bytes.count - 1) >> 12 {
      region.prepareWrite(page, codeCache)
    }
    region.bytes.copy(offset, from: bytes)
  }

  /// Reads bytes as a device's DMA does.
  ///
  /// - Throws: `unmapped` if not all of it is memory, or `error`.
  func dmaRead(
    _ address: PhysicalAddress, count: Int, _ access: BusAccess
  ) throws(BusFault) -> [UInt8] {
    guard count > 0 else { return [] }
    guard let region = memory(at: address.rawValue, count: count, isSecure: access.isSecure)
    else { throw .unmapped }
    let offset = Int(address.rawValue &- region.base)
    for line in lines(address, count: count)
    where region.flags[Int(line.rawValue &- region.base) >> 12]
      & (PageFlags.poisoned | PageFlags.watched) != 0
    {
      try observeRead(line, size: Int(CacheLine.size), access)
    }
    return region.bytes.bytes(offset, count: count)
  }

  /// Writes bytes as a device's DMA does: bytes of poisoned lines are replaced as by a store.
  ///
  /// - Throws: `unmapped` if not all of it is memory that can be written.
  func dmaWrite(
    _ address: PhysicalAddress, _ bytes: ArraySlice<UInt8>, _ access: BusAccess
  ) throws(BusFault) {
    guard !bytes.isEmpty else { return }
    guard let region = memory(at: address.rawValue, count: bytes.count, isSecure: access.isSecure),
      !region.isReadOnly
    else { throw .unmapped }
    store(bytes, at: Int(address.rawValue &- region.base), in: region)
    let end = address.rawValue + UInt64(bytes.count)
    for line in lines(address, count: bytes.count) {
      let flags = region.flags[Int(line.rawValue &- region.base) >> 12]
      let first = max(line.rawValue, address.rawValue)
      let last = min(line.rawValue + CacheLine.size, end)
      if flags & PageFlags.watched != 0 {
        firstUses?.noteDeviceWrite(first, size: Int(last - first), access)
        self.count(.write, line, size: Int(CacheLine.size), access)
      }
      if flags & PageFlags.poisoned != 0 {
        mergeStore(PhysicalAddress(first), size: Int(last - first))
      }
    }
  }

  /// First addresses of the lines that a range touches.
  private func lines(
    _ address: PhysicalAddress, count: Int
  ) -> LazyMapSequence<StrideTo<UInt64>, PhysicalAddress> {
    stride(
      from: address.line.rawValue, to: address.rawValue + UInt64(count), by: Int(CacheLine.size)
    ).lazy.map { PhysicalAddress($0) }
  }
}
