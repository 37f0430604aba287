// From fw_cfg to a kernel's entry, on boards of every size, and what is said when it cannot be.

import APEI
import Arm
import Boot
import Bytes
import DeviceTree
import Firmware
import Platform
import Testing

@Suite struct StartupTests {
  /// A kernel of `fileSize` bytes that needs `imageSize` bytes of RAM.
  static func kernel(fileSize: Int = 4096, imageSize: UInt64 = 0x180_0000) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: fileSize)
    func put(_ value: UInt64, _ offset: Int, _ count: Int) {
      for index in 0..<count {
        bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
      }
    }
    put(0x1400_0000_1400_0000, 0, 8)
    put(0, 8, 8)
    put(imageSize, 16, 8)
    put(0xa, 24, 8)
    put(0x644d_5241, 56, 4)
    return bytes
  }

  static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
  }

  /// A board whose fw_cfg has these.
  func board(
    kernel: [UInt8]? = kernel(), initrd: [UInt8] = [1, 2, 3], commandLine: String = "quiet",
    ramSize: UInt64 = 1 << 30, coreCount: UInt64 = 2
  ) -> FakePlatform {
    let platform = FakePlatform()
    let line = [UInt8](commandLine.utf8) + [0]
    platform.items = [
      0: [UInt8]("QEMU".utf8), 1: [3, 0, 0, 0], 3: Self.little(ramSize, 8),
      5: Self.little(coreCount, 2), 8: Self.little(UInt64(kernel?.count ?? 0), 4),
      0x11: kernel ?? [], 0xb: Self.little(UInt64(initrd.count), 4), 0x12: initrd,
      0x14: Self.little(UInt64(line.count), 4), 0x15: line,
    ]
    return platform
  }

  func start(_ platform: FakePlatform) throws -> Startup<FakePlatform>.Entry {
    try Startup(platform).run(platform.features, reports: platform.reports)
  }

  /// A board whose fw_cfg also has these files.
  func board(files: [(String, [UInt8])]) -> FakePlatform {
    let platform = board()
    var directory = Array(Self.little(UInt64(files.count), 4).reversed())
    for (index, (name, data)) in files.enumerated() {
      let key = 0x20 + UInt64(index)
      directory += Self.little(UInt64(data.count), 4).reversed() + Self.little(key, 2).reversed()
      directory += [0, 0] + Array(name.utf8)
      directory += [UInt8](repeating: 0, count: 56 - name.utf8.count)
      platform.items?[UInt16(key)] = data
    }
    platform.items?[0x19] = directory
    return platform
  }

  @Test func sourcesOfSErrorsAreThereIfTheyAreAskedFor() throws {
    let setting = "opt/faultline/serror"
    for (files, sources) in [
      ([], 0), ([("etc/else", [1, 2])], 0), ([(setting, [UInt8]("event".utf8))], 0),
      ([(setting, [UInt8]("sei".utf8))], 2),
      ([("a", [9]), (setting, [UInt8]("sei".utf8) + [0])], 2),
      ([(setting + "s", [UInt8]("sei".utf8))], 0), ([("opt/faultline", [UInt8]("sei".utf8))], 0),
    ] as [([(String, [UInt8])], Int)] {
      let entry = try start(board(files: files))
      #expect(entry.monitor.errors.region.sources.contains(.systemError) == (sources > 0))
      #expect(entry.monitor.errors.region.sourceCount == 3 + sources)
    }
    for text in ["", "seis", "SEI", "se", "eventually"] {
      let platform = board(files: [(setting, [UInt8](text.utf8))])
      #expect(throws: StartupError.configuration(.unknownNotification)) { try start(platform) }
      Startup(platform).explain(.configuration(.unknownNotification))
      #expect(platform.console.contains("opt/faultline/serror"))
    }
  }

  @Test func abortsAreLeftToTheLevelsBelowIfThatIsAskedFor() throws {
    let setting = "opt/faultline/aborts"
    for (text, isDirect) in [(nil, false), ("el3", false), ("direct", true)] as [(String?, Bool)] {
      let platform = board(files: text.map { [(setting, [UInt8]($0.utf8))] } ?? [])
      let entry = try start(platform)
      #expect(entry.monitor.leavesErrorsBelow == isDirect)
      // Without firmware's records there is no table that announces them.
      let tables = platform.bytes(entry.monitor.power.reserved.lowerBound, 0x2_0000)
      func has(_ signature: String) -> Bool {
        let letters = [UInt8](signature.utf8)
        return (0..<tables.count - 4).contains {
          tables[$0] == letters[0] && Array(tables[$0..<$0 + 4]) == letters
        }
      }
      let hasHEST = has("HEST")
      #expect(hasHEST == !isDirect)
      #expect(!has("AEST"))
      platform.write(.scrEL3, SecureState.securityConfiguration(platform.features))
      #expect(platform.read(.scrEL3) >> 3 & 1 == 1)
      SecureState.leaveErrorsBelow(platform, platform.features)
      #expect(platform.read(.scrEL3) & (1 << 3 | 1 << 15) == 0)
      #expect(
        platform.read(.scrEL3) | 1 << 3 | 1 << 15
          == SecureState.securityConfiguration(platform.features) | 1 << 15 | 1 << 21)
    }
    let platform = board(files: [(setting, [UInt8]("el2".utf8))])
    #expect(throws: StartupError.configuration(.unknownRouting)) { try start(platform) }
    Startup(platform).explain(.configuration(.unknownRouting))
    #expect(platform.console.contains(setting))
  }

  /// An AEST tells of the board's records to a kernel that owns them, and to no other.
  @Test func recordsAreAnnouncedToWhoeverOwnsThem() throws {
    for (text, count, isTold) in [
      ("direct", 4, true), ("el3", 4, false), ("direct", 3, true), ("direct", 1, true),
      ("direct", 0, false), ("direct", 5, false),
    ] as [(String, Int, Bool)] {
      let platform = board(files: [("opt/faultline/aborts", [UInt8](text.utf8))])
      platform.records = [ErrorRecord](repeating: ErrorRecord(), count: count)
      let entry = try start(platform)
      let tables = platform.bytes(entry.monitor.power.reserved.lowerBound, 0x2_0000)
      let isThere = (0..<tables.count - 4).contains {
        tables[$0] == 0x41 && Array(tables[$0..<$0 + 4]) == [UInt8]("AEST".utf8)
      }
      #expect(isThere == isTold, "\(text) \(count)")
    }
  }

  @Test(
    arguments: [64, 512, 1024, 3072, 4096, 16384, 255 << 10] as [UInt64], [1, 2, 8] as [UInt64])
  func everythingIsInPlace(_ megabytes: UInt64, _ cores: UInt64) throws {
    let platform = board(ramSize: megabytes << 20, coreCount: cores)
    let entry = try start(platform)
    #expect(entry.kernel == 0x4020_0000)
    #expect(platform.bytes(entry.kernel, 4096) == Self.kernel())
    #expect(entry.monitor.power.coreCount == Int(cores))
    // The kernel's x0 is a device tree with the command line, the initrd and the EFI stubs.
    let tree = try FDTReader(platform.bytes(entry.deviceTree, 0x4000))
    let chosen = try #require(try tree.child("chosen", of: tree.root()))
    let arguments = try #require(try tree.property("bootargs", of: chosen))
    #expect(arguments.contains("quiet"))
    let initrd = try #require(try tree.property("linux,initrd-start", of: chosen)?.u64)
    #expect(platform.bytes(initrd, 3) == [1, 2, 3])
    // Acknowledged, and one source more than there are cores.
    let region = entry.monitor.errors.region
    #expect(region.sourceCount == Int(cores) + 1)
    for source in 0..<region.sourceCount {
      #expect(platform.load64(PhysicalAddress(region.acknowledgeLocation(source))) == 1)
      #expect(
        platform.load64(PhysicalAddress(region.statusAddressLocation(source)))
          == region.block(source))
    }
    let ram = 0x4000_0000..<0x4000_0000 + (megabytes << 20)
    #expect(entry.monitor.power.ram == ram)
    #expect(entry.monitor.power.reserved.contains(region.base))
    #expect(entry.monitor.power.reserved.contains(entry.deviceTree))
    #expect(ram.contains(region.base + region.size - 1))
  }

  @Test func theDeviceTreeOfTheBoardIsBelievedBeforeFwCfg() throws {
    let platform = board(ramSize: 0, coreCount: 1)
    var bytes = [UInt8](repeating: 0, count: 4096)
    let size = try unsafe bytes.withUnsafeMutableBytes { buffer in
      var tree = try FDTWriter(into: unsafe Memory(buffer), stringCapacity: 512)
      try tree.beginNode("")
      try tree.beginNode("secram", at: 0xe00_0000)
      try tree.property("device_type", string: "memory")
      try tree.property("reg", address: 0xe00_0000, size: 0x100_0000)
      try tree.endNode()
      try tree.beginNode("memory", at: 0x4000_0000)
      try tree.property("reg", address: 0x4000_0000, size: 0x3000_0000)
      try tree.property("device_type", string: "memory")
      try tree.endNode()
      try tree.beginNode("cpus")
      for core in 0..<3 as Range<UInt64> {
        try tree.beginNode("cpu", at: core)
        try tree.property("device_type", string: "cpu")
        try tree.endNode()
      }
      try tree.endNode()
      try tree.endNode()
      return try tree.finish()
    }
    for index in 0..<size { platform.memory[0x4000_0000 + UInt64(index)] = bytes[index] }
    let entry = try start(platform)
    #expect(entry.monitor.power.coreCount == 3)
    #expect(entry.monitor.power.ram == 0x4000_0000..<0x7000_0000)
  }

  @Test func aBoardWithoutKernelSaysSo() {
    expect(board(kernel: nil), .noKernel, "no kernel in fw_cfg")
  }

  @Test func aKernelThatIsNoneIsNamed() {
    expect(board(kernel: [1, 2, 3]), .image(.notAnImage), "not an arm64 Image")
    var zipped = Self.kernel()
    zipped.replaceSubrange(0..<2, with: [0x1f, 0x8b])
    expect(board(kernel: zipped), .image(.gzip), "compressed by gzip")
  }

  @Test func tooLittleRAMIsSaidInMiB() {
    expect(board(ramSize: 32 << 20), .tooLittleRAM(present: 32 << 20), "RAM of 32 MiB")
    expect(
      board(kernel: Self.kernel(imageSize: 0x400_0000), ramSize: 64 << 20),
      .tooLittleRAM(present: 64 << 20), "RAM of 64 MiB does not hold")
  }

  @Test func aCommandLineThatLinuxWouldCutIsRefused() throws {
    expect(
      board(commandLine: String(repeating: "x", count: 2048)), .commandLineTooLong(limit: 2047),
      "longer than 2047 bytes")
    _ = try start(board(commandLine: String(repeating: "x", count: 2047)))
  }

  @Test func aBoardWithoutFwCfgIsNamed() {
    let platform = FakePlatform()
    expect(platform, .configuration(.noDevice), "no fw_cfg device with DMA at 0x9020000")
  }

  private func expect(_ platform: FakePlatform, _ wanted: StartupError, _ text: String) {
    do {
      _ = try Startup(platform).run(platform.features, reports: platform.reports)
      Issue.record("booted instead of \(wanted)")
    } catch {
      #expect(error == wanted)
      Startup(platform).explain(error)
      #expect(platform.console.hasPrefix("firmware: cannot boot: "))
      #expect(platform.console.contains(text), "\(platform.console)")
      #expect(platform.console.hasSuffix("\n"))
    }
  }
}

@Suite struct SetUpTests {
  @Test func poweringOffRaisesPinZeroAndResettingPinOne() {
    let platform = FakePlatform()
    PowerController(platform).powerOff()
    #expect(platform.devices[MemoryMap.secureGPIO + 0x400] == 1)
    #expect(platform.devices[MemoryMap.secureGPIO + 4] == 1)
    PowerController(platform).reset()
    #expect(platform.devices[MemoryMap.secureGPIO + 0x400] == 2)
    #expect(platform.devices[MemoryMap.secureGPIO + 8] == 2)
  }

  @Test func everyInterruptBelongsToTheNormalWorldButTheWakeSGIAndTheTimers() {
    let platform = FakePlatform()
    let gic = SecureGIC(platform)
    gic.setUpDistributor()
    gic.setUpCore(3)
    for word in 1...3 as ClosedRange<UInt64> {
      #expect(platform.devices[MemoryMap.gicDistributor + 0x80 + word * 4] == 0xffff_ffff)
    }
    let frame = MemoryMap.gicRedistributors + 3 * 0x2_0000
    #expect(platform.devices[frame + 0x1_0080] == 0xdfff_7fff)
    #expect(platform.devices[frame + 0x14] == 0)
    #expect(platform.registers[.iccSREEL2] == 0xf)
    gic.wake(5)
    #expect(platform.registers[.iccSGI0REL1] == 0x0f00_0020)
  }

  @Test func abortsComeToEL3AndErrorRecordsAreItsOwn() {
    let scr = SecureConfiguration(
      rawValue: SecureState.securityConfiguration(FakePlatform().features))
    for field in [
      SecureConfiguration.ns, SecureConfiguration.ea, SecureConfiguration.hce,
      SecureConfiguration.rw, SecureConfiguration.terr,
    ] {
      #expect(scr.isSet(field))
    }
    for field in [
      SecureConfiguration.irq, SecureConfiguration.fiq, SecureConfiguration.smd,
      SecureConfiguration.fien, SecureConfiguration.twi, SecureConfiguration.twe,
    ] {
      #expect(!scr.isSet(field))
    }
  }

  @Test func detectionIsTurnedOnAndRecordsOfTheLastRunStay() {
    let platform = FakePlatform()
    platform.records = [ErrorRecord(), ErrorRecord()]
    platform.records[1].record(
      DetectedError(state: .uncontainable, code: .externalMemoryData),
      feature: ErrorFeature(rawValue: 0), version: .v1p1)
    platform.registers[.erxfrEL1] = 0b10_0000_0010  // UE and ED can be controlled
    ErrorRecords(platform, platform.features).enable()
    #expect(platform.records[1].status.isSet(ErrorStatus.v))
    #expect(platform.registers[.erxctlrEL1] == 0b1_0001)
    #expect(!platform.hasUsedStaleSelection)
  }
}
