// What board this is: from the device tree that QEMU and our machine leave at the base of RAM, with
// fw_cfg as the second source. Read before anything is loaded over it.

import Arm
import Bytes
import DeviceTree
import Platform

/// What differs from board to board.
public struct BoardDescription: Equatable, Sendable {
  /// How many bytes of RAM there are, from `MemoryMap.ram` on.
  public var ramSize: UInt64
  /// How many cores there are, 1...8.
  public var coreCount: Int
  /// Whether an operating system can ring, and errors can be injected.
  public var hasDoorbell = false
  /// Whether there is memory that keeps records.
  public var hasRecordStore = false

  /// A board.
  public init(ramSize: UInt64, coreCount: Int) {
    self.ramSize = ramSize
    self.coreCount = coreCount
  }

  /// The most that a device tree may take, in bytes. QEMU makes room for 1 MiB.
  public static var deviceTreeLimit: Int { 1 << 20 }

  /// The board that a device tree describes, as far as it does: 0 for what it does not say.
  public init<Source: ByteSource>(deviceTree source: Source) {
    ramSize = 0
    coreCount = 0
    guard let tree = try? FDTReader(source) else { return }
    var node = try? tree.firstNode(with: "device_type", "memory")
    while let current = node {
      // Secure RAM is a memory node as well; ours is the one that starts where RAM does. Two cells
      // for the address and two for the size, as the root says on this board.
      if let reg = try? tree.property("reg", of: current), reg.value.byteCount >= 16,
        let start = reg.u64, start == MemoryMap.ram, let high = reg.cell(2), let low = reg.cell(3)
      {
        ramSize = UInt64(high) << 32 | UInt64(low)
      }
      node = try? tree.firstNode(with: "device_type", "memory", after: current)
    }
    // Not on QEMU's board.
    func has(_ device: StaticString) -> Bool {
      (try? tree.firstNode(with: "compatible", device)) != nil
    }
    hasDoorbell = has("faultline,doorbell") && has("faultline,error-injector")
    hasRecordStore = has("faultline,record-store")
    node = try? tree.firstNode(with: "device_type", "cpu")
    while let current = node, coreCount < maximumCoreCount {
      coreCount += 1
      node = try? tree.firstNode(with: "device_type", "cpu", after: current)
    }
  }
}
