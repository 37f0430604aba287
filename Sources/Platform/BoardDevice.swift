// The devices of the board, a row each: where one answers, which wires it pulls, what the device tree
// and ACPI call it. The machine makes its devices from these rows, the board's device tree and the
// DSDT are written from them, and software addresses them by them.
//
// QEMU 7.2, hw/arm/virt.c, base_memmap and a15irqmap.

/// A device of the board.
public struct BoardDevice: Sendable {
  /// What messages call it.
  public var name: StaticString
  /// First physical address.
  public var base: UInt64
  /// Bytes at which it answers.
  public var size: UInt64
  /// INTID of its first wire; the others follow it. 0: it has none.
  public var interrupt: UInt32 = 0
  /// Number of wires that it pulls.
  public var wireCount: UInt32 = 0
  /// Whether its wires are edge-triggered, as the device tree says it.
  public var isEdge = false
  /// Whether only Secure accesses reach it.
  public var isSecureOnly = false
  /// Whether QEMU's board has it too.
  ///
  /// Software that runs on both looks in the device tree before it touches one that QEMU has not.
  public var isQEMUs = true
  /// How the device tree describes it; nil if it does not.
  public var binding: Binding?
  /// ACPI's _HID; nil if ACPI does not know it.
  public var hardwareID: StaticString?

  /// How the device tree describes a device: the node's name and what is in it besides `reg` and
  /// `interrupts`.
  public struct Binding: Sendable {
    /// The node's name, without its address.
    public var node: StaticString
    /// "compatible"; a PrimeCell is compatible with "arm,primecell" too.
    public var compatible: StaticString
    /// Whether it is a PrimeCell, which has a clock "apb_pclk".
    public var isPrimeCell = false
    /// Whether it has a clock "uartclk" as well.
    public var hasBaudClock = false
    /// Whether its DMA sees the caches ("dma-coherent").
    public var isCoherent = false
  }

  /// Where in it an address is; nil if it does not answer there.
  public func offset(of address: UInt64) -> UInt64? {
    address >= base && address - base < size ? address - base : nil
  }
}

extension BoardDevice {
  /// GICv3 distributor.
  public static var gicDistributor: BoardDevice {
    BoardDevice(name: "GIC distributor", base: 0x0800_0000, size: 0x1_0000)
  }

  /// GICv3 redistributors, 128 KiB per core.
  public static var gicRedistributors: BoardDevice {
    BoardDevice(name: "GIC redistributor", base: 0x080A_0000, size: 0x00F6_0000)
  }

  /// The console.
  public static var uart0: BoardDevice {
    BoardDevice(
      name: "PL011 (console)", base: 0x0900_0000, size: 0x1000, interrupt: 33, wireCount: 1,
      binding: Binding(
        node: "pl011", compatible: "arm,pl011", isPrimeCell: true, hasBaudClock: true),
      hardwareID: "ARMH0011")
  }

  /// The real-time clock.
  public static var rtc: BoardDevice {
    BoardDevice(
      name: "PL031", base: 0x0901_0000, size: 0x1000, interrupt: 34, wireCount: 1,
      binding: Binding(node: "pl031", compatible: "arm,pl031", isPrimeCell: true))
  }

  /// fw_cfg: data at +0, selector at +8, DMA at +16.
  public static var fwCfg: BoardDevice {
    BoardDevice(
      name: "fw_cfg", base: 0x0902_0000, size: FwCfgRegister.size,
      binding: Binding(node: "fw-cfg", compatible: "qemu,fw-cfg-mmio", isCoherent: true))
  }

  /// The GPIO controller; pin 3 is the power button.
  ///
  /// Not in the device tree: QEMU describes another power button where there is Secure firmware.
  public static var gpio: BoardDevice {
    BoardDevice(
      name: "PL061", base: 0x0903_0000, size: 0x1000, interrupt: 39, wireCount: 1)
  }

  /// The Secure world's console.
  public static var secureUART: BoardDevice {
    BoardDevice(
      name: "PL011 (secure)", base: 0x0904_0000, size: 0x1000, interrupt: 40, wireCount: 1,
      isSecureOnly: true,
      binding: Binding(
        node: "pl011", compatible: "arm,pl011", isPrimeCell: true, hasBaudClock: true))
  }

  /// The Secure world's GPIO controller: pin 0 powers off, pin 1 resets.
  ///
  /// QEMU has no interrupt for it and wires it to SPI 0.
  public static var secureGPIO: BoardDevice {
    BoardDevice(
      name: "PL061 (secure)", base: 0x090B_0000, size: 0x1000, interrupt: 32, wireCount: 1,
      isSecureOnly: true,
      binding: Binding(node: "pl061", compatible: "arm,pl061", isPrimeCell: true))
  }

  /// The doorbell, by which an operating system asks EL3 for something.
  public static var doorbell: BoardDevice {
    BoardDevice(
      name: "doorbell", base: 0x0B00_0000, size: 0x1000, interrupt: 44, wireCount: 1,
      isQEMUs: false, binding: Binding(node: "doorbell", compatible: "faultline,doorbell"))
  }

  /// The error injector, by which the Secure world makes real errors.
  public static var errorInjector: BoardDevice {
    BoardDevice(
      name: "error injector", base: 0x0B01_0000, size: 0x1000, isSecureOnly: true, isQEMUs: false,
      binding: Binding(node: "error-injector", compatible: "faultline,error-injector"))
  }

  /// The memory controller, as far as software sees it: the error records of its node, in a group.
  ///
  /// Its interrupts are the node's (`Interrupt.memoryFault`), as are those of each PE's.
  public static var memoryController: BoardDevice {
    BoardDevice(
      name: "memory controller", base: 0x0910_0000, size: 0x1000, isSecureOnly: true,
      isQEMUs: false)
  }

  /// The second memory controller, in the same way.
  public static var upperMemoryController: BoardDevice {
    BoardDevice(
      name: "second memory controller", base: 0x0911_0000, size: 0x1000, isSecureOnly: true,
      isQEMUs: false)
  }

  /// The interconnect, in the same way.
  public static var interconnect: BoardDevice {
    BoardDevice(
      name: "interconnect", base: 0x0912_0000, size: 0x1000, isSecureOnly: true, isQEMUs: false)
  }

  /// Number of virtio-mmio transports.
  public static var virtioCount: Int { 32 }

  /// A virtio-mmio transport, 0 to 31.
  public static func virtio(_ index: Int) -> BoardDevice {
    BoardDevice(
      name: "virtio-mmio", base: 0x0A00_0000 + 0x200 * UInt64(index), size: 0x200,
      interrupt: 48 + UInt32(index), wireCount: 1, isEdge: true,
      binding: Binding(node: "virtio_mmio", compatible: "virtio,mmio", isCoherent: true),
      hardwareID: "LNRO0005")
  }
}
