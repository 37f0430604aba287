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
  /// - Returns: The flattened tree.
  /// - Throws: `FDTError.noRoom` if the command line is too long.
  static func make(
    ramSize: UInt64, coreCount: Int, commandLine: String
  ) throws(FDTError) -> [UInt8] {
    let capacity = 0x8000 + commandLine.utf8.count
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    defer { unsafe buffer.deallocate() }
    unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    var tree = try unsafe FDTMemoryWriter(buffer: buffer)
    try write(&tree, ramSize: ramSize, coreCount: coreCount, commandLine: commandLine)
    let size = try tree.finish()
    return unsafe [UInt8](buffer[..<size])
  }

  private static func write(
    _ tree: inout FDTMemoryWriter, ramSize: UInt64, coreCount: Int, commandLine: String
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
    try writeFirmwareDevices(&tree)
    try writePower(&tree, secureGPIO)
    try writePeripherals(&tree)
    try writeInterruptController(&tree, phandle: controller)
    try writeCores(&tree, coreCount)
    try writeClocks(&tree)
    try writeChosen(&tree, commandLine)
    try tree.endNode()
  }

  private static func writeFirmwareDevices(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    try tree.beginNode("fw-cfg", at: MemoryMap.fwCfg)
    try tree.property("dma-coherent")
    try tree.property("reg", address: MemoryMap.fwCfg, size: 0x18)
    try tree.property("compatible", string: "qemu,fw-cfg-mmio")
    try tree.endNode()
    for index in 0..<MemoryMap.virtioCount {
      let base = MemoryMap.virtio + index * MemoryMap.virtioStride
      try tree.beginNode("virtio_mmio", at: base)
      try tree.property("dma-coherent")
      try tree.property(
        "interrupts",
        cells: [Cell.shared, Interrupt.virtio - 32 + UInt32(index), Cell.edge])
      try tree.property("reg", address: base, size: MemoryMap.virtioStride)
      try tree.property("compatible", string: "virtio,mmio")
      try tree.endNode()
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
    try tree.beginNode("pl061", at: MemoryMap.secureGPIO)
    try markSecure(&tree)
    try tree.property("phandle", secureGPIO)
    try tree.property("clock-names", string: "apb_pclk")
    try tree.property("clocks", firstPhandle)
    try tree.property(
      "interrupts", cells: [Cell.shared, Bus.secureGPIOInterrupt - 32, Cell.level])
    try tree.property("gpio-controller")
    try tree.property("#gpio-cells", 2)
    try tree.property("compatible", strings: ["arm,pl061", "arm,primecell"])
    try tree.property("reg", address: MemoryMap.secureGPIO, size: 0x1000)
    try tree.endNode()
  }

  private static func writePeripherals(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    try tree.beginNode("pl031", at: MemoryMap.rtc)
    try tree.property("clock-names", string: "apb_pclk")
    try tree.property("clocks", firstPhandle)
    try tree.property("interrupts", cells: [Cell.shared, Interrupt.rtc - 32, Cell.level])
    try tree.property("reg", address: MemoryMap.rtc, size: 0x1000)
    try tree.property("compatible", strings: ["arm,pl031", "arm,primecell"])
    try tree.endNode()
    try writeUART(&tree, MemoryMap.secureUART, Interrupt.secureUART, isSecure: true)
    try tree.beginNode("secram", at: MemoryMap.secureRAM)
    try markSecure(&tree)
    try tree.property("reg", address: MemoryMap.secureRAM, size: MemoryMap.secureRAMSize)
    try tree.property("device_type", string: "memory")
    try tree.endNode()
    try writeUART(&tree, MemoryMap.uart0, Interrupt.uart0, isSecure: false)
  }

  private static func writeUART(
    _ tree: inout FDTMemoryWriter, _ base: UInt64, _ interrupt: UInt32, isSecure: Bool
  ) throws(FDTError) {
    try tree.beginNode("pl011", at: base)
    if isSecure { try markSecure(&tree) }
    try tree.property("clock-names", strings: ["uartclk", "apb_pclk"])
    try tree.property("clocks", cells: [firstPhandle, firstPhandle])
    try tree.property("interrupts", cells: [Cell.shared, interrupt - 32, Cell.level])
    try tree.property("reg", address: base, size: 0x1000)
    try tree.property("compatible", strings: ["arm,pl011", "arm,primecell"])
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
        0, UInt32(MemoryMap.gicDistributor), 0, 0x1_0000,
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

  private static func writeClocks(_ tree: inout FDTMemoryWriter) throws(FDTError) {
    let timers = [
      Interrupt.secureTimer, Interrupt.physicalTimer, Interrupt.virtualTimer,
      Interrupt.hypervisorTimer,
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
    try tree.property("stdout-path", string: "/pl011@9040000")
    try tree.endNode()
    try tree.beginNode("chosen")
    if !commandLine.isEmpty { try tree.property("bootargs", text: commandLine) }
    try tree.property("stdout-path", string: "/pl011@9000000")
    try tree.endNode()
  }
}
