// Device trees, against dtc.

import Bytes
import DeviceTree
import Foundation
import Support
import Testing

@Suite struct FDTTests {
  /// A tree with every kind of property, and its source text as dtc prints it.
  static func tree(_ scratch: ScratchMemory, strings: Int = 512) throws(FDTError) -> [UInt8] {
    var writer = try FDTWriter(
      into: scratch.memory, stringCapacity: strings,
      reservations: [(address: 0x1_4000_0000, size: 0x1000)], bootCore: 1)
    try writer.beginNode("")
    try writer.property("#address-cells", 2)
    try writer.property("compatible", strings: ["linux,dummy-virt", "faultline,virt"])
    try writer.property("model", string: "faultline")
    try writer.beginNode("memory", at: 0x4000_0000)
    try writer.property("device_type", string: "memory")
    try writer.property("reg", address: 0x4000_0000, size: 0x1_0000_0000)
    try writer.endNode()
    try writer.beginNode("cpus")
    for core in 0..<3 as Range<UInt64> {
      try writer.beginNode("cpu", at: core)
      try writer.property("reg", u64: core)
      try writer.property("dma-coherent")
      try writer.endNode()
    }
    try writer.endNode()
    try writer.beginNode("chosen")
    try writer.property("bootargs", text: "console=ttyAMA0")
    try writer.property("odd", bytes: [1, 2, 3] as [UInt8])
    try writer.property("interrupts", cells: [1, 13, 0xf08])
    try writer.endNode()
    try writer.endNode()
    return scratch.bytes(try writer.finish())
  }

  static let source = """
    /dts-v1/;
    /memreserve/\t0x0000000140000000 0x0000000000001000;
    / {
    \t#address-cells = <0x02>;
    \tcompatible = "linux,dummy-virt\\0faultline,virt";
    \tmodel = "faultline";
    \tmemory@40000000 {
    \t\tdevice_type = "memory";
    \t\treg = <0x00 0x40000000 0x01 0x00>;
    \t};
    \tcpus {
    \t\tcpu@0 {
    \t\t\treg = <0x00 0x00>;
    \t\t\tdma-coherent;
    \t\t};
    \t\tcpu@1 {
    \t\t\treg = <0x00 0x01>;
    \t\t\tdma-coherent;
    \t\t};
    \t\tcpu@2 {
    \t\t\treg = <0x00 0x02>;
    \t\t\tdma-coherent;
    \t\t};
    \t};
    \tchosen {
    \t\tbootargs = "console=ttyAMA0";
    \t\todd = [01 02 03];
    \t\tinterrupts = <0x01 0x0d 0xf08>;
    \t};
    };
    """

  @Test func dtcReadsWhatTheWriterWrote() throws {
    let dtc = try Tool("dtc")
    let blob = try Self.tree(ScratchMemory(byteCount: 4096))
    try withFolder { folder in
      let file = folder.appendingPathComponent("tree.dtb")
      try Data(blob).write(to: file)
      let (status, text) = try dtc.run(["-q", "-I", "dtb", "-O", "dts", "tree.dtb"], in: folder)
      #expect(status == 0)
      let lines = text.split(separator: "\n").filter { !$0.isEmpty }
      #expect(lines == Self.source.split(separator: "\n"))
    }
  }

  @Test func readerFindsWhatTheWriterWrote() throws {
    let reader = try FDTReader(try Self.tree(ScratchMemory(byteCount: 4096)))
    let root = try reader.root()
    #expect(try reader.property("model", of: root)?.contains("faultline") == true)
    #expect(try reader.property("compatible", of: root)?.contains("faultline,virt") == true)
    #expect(try reader.property("compatible", of: root)?.contains("faultline") == false)
    let memory = try #require(try reader.firstNode(with: "device_type", "memory"))
    #expect(reader.name(of: memory) == "memory@40000000")
    let reg = try #require(try reader.property("reg", of: memory))
    #expect(reg.u64 == 0x4000_0000)
    #expect(reg.cell(2) == 1)
    #expect(reg.cell(4) == nil)
    let cpus = try #require(try reader.child("cpus", of: root))
    var names: [String] = []
    var child = try reader.firstChild(of: cpus)
    while let node = child {
      names.append(reader.name(of: node))
      child = try reader.nextSibling(of: node)
    }
    #expect(names == ["cpu@0", "cpu@1", "cpu@2"])
    #expect(try reader.child("cpu", of: root) == nil)
    let range = try #require(try reader.reservation(0))
    #expect(range.address == 0x1_4000_0000 && range.size == 0x1000)
    #expect(try reader.reservation(1) == nil)
  }

  @Test func aBufferTooSmallIsAnErrorAtEverySize() throws {
    let whole = try Self.tree(ScratchMemory(byteCount: 4096)).count
    for size in stride(from: 0, to: whole, by: 4) {
      #expect(throws: FDTError.noRoom) {
        try Self.tree(ScratchMemory(byteCount: size), strings: min(size, 128))
      }
    }
  }

  @Test func misplacedCallsAreErrors() throws {
    let scratch = ScratchMemory(byteCount: 1024)
    #expect(throws: FDTError.misplaced) {
      var writer = try FDTWriter(into: scratch.memory, stringCapacity: 64)
      try writer.property("early", 1)
    }
    #expect(throws: FDTError.misplaced) {
      var writer = try FDTWriter(into: scratch.memory, stringCapacity: 64)
      try writer.beginNode("")
      try writer.beginNode("child")
      try writer.endNode()
      try writer.property("late", 1)
    }
    #expect(throws: FDTError.misplaced) {
      var writer = try FDTWriter(into: scratch.memory, stringCapacity: 64)
      try writer.beginNode("")
      _ = try writer.finish()
    }
    #expect(throws: FDTError.misplaced) {
      var writer = try FDTWriter(into: scratch.memory, stringCapacity: 64)
      try writer.beginNode("")
      try writer.endNode()
      try writer.beginNode("second")
    }
  }

  /// Reads everything there is; gives how many nodes and properties that was.
  static func walk(_ bytes: [UInt8]) throws(FDTError) -> Int {
    let reader = try FDTReader(bytes)
    var count = 0
    var node: FDTNode? = try reader.root()
    while let current = node {
      count += 1
      _ = reader.name(of: current)
      var property = try reader.firstProperty(of: current)
      while let item = property {
        count += 1
        _ = (reader.name(of: item), item.u64, item.contains("memory"), item.cell(3))
        property = try reader.next(after: item)
      }
      node = try reader.next(after: current)
    }
    var index = 0
    while index < 8, try reader.reservation(index) != nil { index += 1 }
    return count
  }

  @Test func hostileTreesNeverCrashTheReader() throws {
    let good = try Self.tree(ScratchMemory(byteCount: 4096))
    #expect(try Self.walk(good) == 21)
    var random = SeededRandom(seed: 1)
    var accepted = 0
    for _ in 0..<4000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      if (try? Self.walk(bytes)) != nil { accepted += 1 }
    }
    for size in 0..<good.count {
      #expect(throws: FDTError.self) { try Self.walk(Array(good[0..<size])) }
    }
    #expect(accepted > 0 && accepted < 4000)
  }
}
