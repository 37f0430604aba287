// The device tree that is in RAM when the firmware starts, as QEMU's `virt` leaves it at the base
// of RAM when it has Secure firmware: same nodes, same order, same phandles.
//
// Not described, since not modelled: PCIe, the ITS, the PMU, the platform bus and CFI flash. And
// no rng-seed or kaslr-seed: nothing in the machine is random.

import Arm
import DeviceTree
import Platform

/// The board's device tree.
enum BoardDeviceTree {
  /// First phandle, as QEMU counts them: the clock has it, then the cores from the last to the
  /// first, the interrupt controller, the ITS (absent here, its number unused), the Secure GPIO.
  private static let firstPhandle: UInt32 = 0x8000

  private static let coreNames: [StaticString] = [
    "core0", "core1", "core2", "core3", "core4", "core5", "core6", "core7",
  ]

  /// Interrupt specifier cells.
  private enum Cell {
    static let shared: UInt32 = 0
    static let privatePeripheral: UInt32 = 1
    static let edge: UInt32 = 1
    static let level: UInt32 = 4
  }

  /// Makes the tree of a board.
  ///
  /// - Parameters:
  ///   - ramSize: Bytes of RAM.
  ///   - coreCount: Cores, 1...8.
  ///   - commandLine: /chosen/bootargs; none if empty.
  ///   - rows: The board's devices; those that QEMU has not come last.
  /// - Returns: The flattened tree.
  /// - Throws: `FDTError.noRoom` if the command line is too long.
  static func make(
    ramSize: UInt64, coreCount: Int, commandLine: String, rows: [BoardDevice]
  ) throws(FDTError) -> [UInt8] {
    let capacity = 0x8000 + commandLine.utf8.count
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    defer { unsafe buffer.deallocate() }
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    var tree = try unsafe FDTMemoryWriter(buffer: buffer)
    try write(&tree, ramSize: ramSize, coreCount: coreCount, commandLine: commandLine, rows: rows)
    let size = try tree.finish()
    return unsafe [UInt8](buffer[..<size])
  }

  private static func write(
    _ tree: inout FDTMemoryWriter, ramSize: UInt64, coreCount: Int, commandLine: String,
    rows: [BoardDevice]
  ) throws(FDTError) {
    let controller = firstPhandle + UInt32(coreCount) + 1
    let secureGPIO = controller + 2
    try tree.beginNode("")
    try tree.property("interrupt-parent", controller)
    try tree.property("model", string: "linux,dummy-virt")
    try tree.property("#size-cells", 2)
    try tree.property("#address-cells", 2)
    try tree.property("compatible", string: "linux,dummy-virt")
    try tree.beginNode("memory", at: MemoryMap.ram)
    try tree.property("reg", address: MemoryMap.ram, size: ramSize)
    try tree.property("device_type", string: "memory")
    try tree.endNode()
    try writeDevice(&tree, .fwCfg)
    for index in 0..<BoardDevice.virtioCount { try writeDevice(&tree, .virtio(index)) }
    try writePower(&tree, secureGPIO)
    try writeDevice(&tree, .rtc)
    try writeDevice(&tree, .secureUART)
    try writeSecureRAM(&tree)
    try writeDevice(&tree, .uart0)
    for row in rows where !row.isQEMUs { try writeDevice(&tree, row) }
    if rows.contains(where: { $0.base == MemoryMap.errorInjector }) { try writeRecordStore(&tree) }
    try writeInterruptController(&tree, phandle: controller)
    try writeCores(&tree, coreCount)
    try writeClocks(&tree)
    try writeChosen(&tree, commandLine)
    try tree.endNode()
  }

  /// Writes a device's node, from its row. A GPIO controller, to which others refer by its phandle, has more
  /// in it, and in another order.
  private static func writeDevice(
    _ tree: inout FDTMemoryWriter, _ row: BoardDevice, gpio phandle: UInt32? = nil
  ) throws(FDTError) {
    guard let binding = row.binding else { return }
    try tree.beginNode(binding.node, at: row.base)
    if row.isSecureOnly { try markSecure(&tree) }
    if let phandle { try tree.property("phandle", phandle) }
    if binding.isCoherent { try tree.property("dma-coherent") }
    if binding.hasBaudClock {
      try tree.property("clock-names", strings: ["uartclk", "apb_pclk"])
      try tree.property("clocks", cells: [firstPhandle, firstPhandle])
    } else if binding.isPrimeCell {
      try tree.property("clock-names", string: "apb_pclk")
      try tree.property("clocks", firstPhandle)
    }
    try writeInterrupts(&tree, row)
    if phandle == nil {
      try tree.property("reg", address: row.base, size: row.size)
      try writeCompatible(&tree, binding)
    } else {
      try tree.property("gpio-controller")
      try tree.property("#gpio-cells", 2)
      try writeCompatible(&tree, binding)
      try tree.property("reg", address: row.base, size: row.size)
    }
    try tree.endNode()
  }

  /// The path of a device's node; "" if it has none.
  private static func path(_ row: BoardDevice) -> String {
    row.binding.map { "/\($0.node)@" + String(row.base, radix: 16) } ?? ""
  }

  private static func writeInterrupts(
    _ tree: inout FDTMemoryWriter, _ row: BoardDevice
  ) throws(FDTError) {
    guard row.wireCount > 0 else { return }
    var cells: [UInt32] = []
    for wire in 0..<row.wireCount {
      cells += [Cell.shared, row.interrupt - 32 + wire, row.isEdge ? Cell.edge : Cell.level]
    }
    try tree.property("interrupts", cells: cells)
  }

  private static func writeCompatible(
    _ tree: inout FDTMemoryWriter, _ binding: BoardDevice.Binding
  ) throws(FDTError) {
    if binding.isPrimeCell {
      try tree.property("compatible", strings: [binding.compatible, "arm,primecell"])
    } else {
      try tree.property("compatible", string: binding.compatible)
    }
  }

  /// Marks a node as the Secure world's.
  private static func markSecure(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    try tree.property("secure-status", string: "okay")
    try tree.property("status", string: "disabled")
  }

  private static func writePower(
    _ tree: inout FDTMemoryWriter, _ secureGPIO: UInt32
  ) throws(FDTError) {
    try tree.beginNode("gpio-restart")
    try markSecure(&tree)
    try tree.property("gpios", cells: [secureGPIO, 1, 0])
    try tree.property("compatible", string: "gpio-restart")
    try tree.endNode()
    try tree.beginNode("gpio-poweroff")
    try markSecure(&tree)
    try tree.property("gpios", cells: [secureGPIO, 0, 0])
    try tree.property("compatible", string: "gpio-poweroff")
    try tree.endNode()
    try writeDevice(&tree, .secureGPIO, gpio: secureGPIO)
  }

  private static func writeSecureRAM(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    try tree.beginNode("secram", at: MemoryMap.secureRAM)
    try markSecure(&tree)
    try tree.property("reg", address: MemoryMap.secureRAM, size: MemoryMap.secureRAMSize)
    try tree.property("device_type", string: "memory")
    try tree.endNode()
  }

  /// The record store, which a board has that has an error injector.
  private static func writeRecordStore(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    try tree.beginNode("nvram", at: MemoryMap.recordStore)
    try markSecure(&tree)
    try tree.property("reg", address: MemoryMap.recordStore, size: MemoryMap.recordStoreSize)
    try tree.property("compatible", string: "faultline,record-store")
    try tree.endNode()
  }

  private static func writeInterruptController(
    _ tree: inout FDTMemoryWriter, phandle: UInt32
  ) throws(FDTError) {
    try tree.beginNode("intc", at: MemoryMap.gicDistributor)
    try tree.property("phandle", phandle)
    try tree.property(
      "interrupts", cells: [Cell.privatePeripheral, Interrupt.maintenance - 16, Cell.level])
    try tree.property(
      "reg",
      cells: [
        0, UInt32(MemoryMap.gicDistributor), 0, UInt32(BoardDevice.gicDistributor.size),
        0, UInt32(MemoryMap.gicRedistributors), 0, UInt32(MemoryMap.gicRedistributorsSize),
      ])
    try tree.property("#redistributor-regions", 1)
    try tree.property("compatible", string: "arm,gic-v3")
    try tree.property("ranges")
    try tree.property("#size-cells", 2)
    try tree.property("#address-cells", 2)
    try tree.property("interrupt-controller")
    try tree.property("#interrupt-cells", 3)
    try tree.endNode()
  }

  private static func writeCores(
    _ tree: inout FDTMemoryWriter, _ coreCount: Int
  ) throws(FDTError) {
    func phandle(_ core: Int) -> UInt32 { firstPhandle + UInt32(coreCount - core) }
    try tree.beginNode("cpus")
    try tree.property("#size-cells", 0)
    try tree.property("#address-cells", 1)
    try tree.beginNode("cpu-map")
    try tree.beginNode("socket0")
    try tree.beginNode("cluster0")
    for core in 0..<min(coreCount, coreNames.count) {
      try tree.beginNode(coreNames[core])
      try tree.property("cpu", phandle(core))
      try tree.endNode()
    }
    try tree.endNode()
    try tree.endNode()
    try tree.endNode()
    for core in 0..<coreCount {
      try tree.beginNode("cpu", at: UInt64(core))
      try tree.property("phandle", phandle(core))
      try tree.property("reg", UInt32(core))
      try tree.property("compatible", string: "arm,neoverse-n1")
      try tree.property("device_type", string: "cpu")
      try tree.endNode()
    }
    try tree.endNode()
  }

  /// The timers' interrupts are the five of linux/Documentation/devicetree/bindings/timer/arm,arch_timer.yaml
  /// in its order; QEMU 7.2 does not wire the last, and names four.
  private static func writeClocks(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    let timers = [
      Interrupt.secureTimer, Interrupt.physicalTimer, Interrupt.virtualTimer,
      Interrupt.hypervisorTimer, Interrupt.hypervisorVirtualTimer,
    ]
    var cells: [UInt32] = []
    for timer in timers { cells += [Cell.privatePeripheral, timer - 16, Cell.level] }
    try tree.beginNode("timer")
    try tree.property("interrupts", cells: cells)
    try tree.property("always-on")
    try tree.property("compatible", strings: ["arm,armv8-timer", "arm,armv7-timer"])
    try tree.endNode()
    try tree.beginNode("apb-pclk")
    try tree.property("phandle", firstPhandle)
    try tree.property("clock-output-names", string: "clk24mhz")
    try tree.property("clock-frequency", 24_000_000)
    try tree.property("#clock-cells", 0)
    try tree.property("compatible", string: "fixed-clock")
    try tree.endNode()
  }

  private static func writeChosen(
    _ tree: inout FDTMemoryWriter, _ commandLine: String
  ) throws(FDTError) {
    try tree.beginNode("secure-chosen")
    try tree.property("stdout-path", text: path(.secureUART))
    try tree.endNode()
    try tree.beginNode("chosen")
    if !commandLine.isEmpty { try tree.property("bootargs", text: commandLine) }
    try tree.property("stdout-path", text: path(.uart0))
    try tree.endNode()
  }
}
