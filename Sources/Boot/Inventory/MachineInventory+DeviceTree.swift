// A machine from its device tree, as QEMU's `virt` and kvmtool write it. Devices are taken to be on
// a bus whose addresses are the CPU's.

import Arm
import Bytes
import DeviceTree

extension MachineInventory {
  /// The machine that a device tree describes.
  public init<Source>(_ tree: FDTReader<Source>) throws(FDTError) {
    self.init()
    let root = try tree.root()
    var node = try tree.firstChild(of: root)
    let cells = try Self.cells(tree, root)
    while let current = node {
      try add(tree, current, cells)
      node = try tree.nextSibling(of: current)
    }
    if let gic = try tree.firstNode(with: "compatible", "arm,gic-v3"),
      let reg = try tree.property("reg", of: gic)
    {
      distributor = Self.number(reg, 0, cells.address)
      let second = cells.address + cells.size
      redistributors = MemoryRange(
        base: Self.number(reg, second, cells.address) ?? 0,
        size: Self.number(reg, second + cells.address, cells.size) ?? 0)
    }
    console = try Self.console(tree, root, cells)
  }

  private mutating func add<Source>(
    _ tree: FDTReader<Source>, _ node: FDTNode, _ cells: (address: Int, size: Int)
  ) throws(FDTError) {
    if tree.isNamed(node, "memory") {
      guard let reg = try tree.property("reg", of: node) else { return }
      var index = 0
      while let base = Self.number(reg, index, cells.address),
        let size = Self.number(reg, index + cells.address, cells.size)
      {
        addRange(MemoryRange(base: base, size: size))
        index += cells.address + cells.size
      }
    } else if tree.isNamed(node, "psci") {
      if let method = try tree.property("method", of: node) {
        conduit = method.contains("hvc") ? .hvc : .smc
      }
    } else if tree.isNamed(node, "timer") {
      // Secure, non-secure, virtual: three cells each, the number counted from INTID 16.
      if let list = try tree.property("interrupts", of: node), let number = list.cell(7) {
        virtualTimer = 16 + number
      }
    } else if tree.isNamed(node, "cpus") {
      let own = try Self.cells(tree, node)
      var child = try tree.firstChild(of: node)
      while let cpu = child {
        if let reg = try tree.property("reg", of: cpu), tree.isNamed(cpu, "cpu"),
          let mpidr = Self.number(reg, 0, own.address)
        {
          addCore(mpidr: mpidr)
        }
        child = try tree.nextSibling(of: cpu)
      }
    }
  }

  /// The PL011 at the unit address in /chosen's stdout-path, or else the first.
  private static func console<Source>(
    _ tree: FDTReader<Source>, _ root: FDTNode, _ cells: (address: Int, size: Int)
  ) throws(FDTError) -> UInt64? {
    var wanted: UInt64?
    if let chosen = try tree.child("chosen", of: root),
      let path = try tree.property("stdout-path", of: chosen)
    {
      wanted = unitAddress(path.value)
    }
    var first: UInt64?
    var node = try tree.firstNode(with: "compatible", "arm,pl011")
    while let current = node {
      if let reg = try tree.property("reg", of: current),
        let base = number(reg, 0, cells.address)
      {
        if base == wanted { return base }
        first = first ?? base
      }
      node = try tree.firstNode(with: "compatible", "arm,pl011", after: current)
    }
    return first
  }

  /// The hexadecimal number behind the last `@` of a path.
  private static func unitAddress(_ path: some ByteSource) -> UInt64? {
    var value: UInt64?
    for index in 0..<path.byteCount {
      let letter = path.byte(at: index)
      if letter == 0x40 {
        value = 0
      } else if letter == 0x3a || letter == 0 {
        break
      } else if letter == 0x2f {
        value = nil
      } else if let digits = value {
        let digit: UInt64? =
          switch letter {
          case 0x30...0x39: UInt64(letter) - 0x30
          case 0x61...0x66: UInt64(letter) - 0x57
          default: nil
          }
        value = digit.map { digits << 4 | $0 }
      }
    }
    return value
  }

  private static func cells<Source>(
    _ tree: FDTReader<Source>, _ node: FDTNode
  ) throws(FDTError) -> (address: Int, size: Int) {
    let address = try tree.property("#address-cells", of: node)?.u32 ?? 2
    let size = try tree.property("#size-cells", of: node)?.u32 ?? 1
    return (Int(min(address, 2)), Int(min(size, 2)))
  }

  /// A number of `count` cells, 1 or 2, from a cell on.
  private static func number<Source>(
    _ property: FDTProperty<Source>, _ index: Int, _ count: Int
  ) -> UInt64? {
    guard let first = property.cell(index) else { return nil }
    guard count == 2 else { return UInt64(first) }
    guard let second = property.cell(index + 1) else { return nil }
    return UInt64(first) << 32 | UInt64(second)
  }
}
