// The device tree against the one QEMU makes, by way of dtc. What differs is listed.

import Arm
import Foundation
import Support
import Testing

@testable import Machine
@testable import Platform

/// Runs a program; nil if it fails.
///
/// - Throws: `OracleFailure` when it is not installed.
func output(of program: String, _ arguments: [String]) throws -> String? {
  let (status, output) = try Oracle.run(program, arguments, errors: .dropped)
  return status == 0 ? String(decoding: output, as: UTF8.self) : nil
}

@Suite struct DeviceTreeTests {
  /// Nodes of QEMU's tree that ours leaves out, with what is below them.
  static let absentNodes = [
    "/platform-bus@c000000", "/pcie@10000000", "/pmu", "/intc@8000000/its@8080000",
    "/flash@4000000", "/secflash@0",
  ]
  /// Properties that differ: QEMU's and ours.
  ///
  /// The EL2 virtual timer is wired here: PPI 12 of the device tree, INTID 28.
  static let differences = [
    (
      path: "/timer",
      theirs: "interrupts = <0x01 0x0d 0x04 0x01 0x0e 0x04 0x01 0x0b 0x04 0x01 0x0a 0x04>;",
      ours: "interrupts = <0x01 0x0d 0x04 0x01 0x0e 0x04 0x01 0x0b 0x04 0x01 0x0a 0x04 "
        + "0x01 0x0c 0x04>;"
    )
  ]
  /// Properties that ours leaves out.
  static let absentProperties = ["rng-seed", "kaslr-seed"]

  /// A tree as dtc prints it: property lines by the path of their node.
  func parse(_ source: String) -> [String: Set<String>] {
    var tree: [String: Set<String>] = [:]
    var path: [String] = []
    for line in source.split(separator: "\n") {
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasSuffix("{") {
        path.append(String(text.dropLast(2)))
        tree[path.dropFirst().map { "/" + $0 }.joined(), default: []] = []
      } else if text == "};" {
        path.removeLast()
      } else if !path.isEmpty {
        tree[path.dropFirst().map { "/" + $0 }.joined(), default: []].insert(text)
      }
    }
    return tree
  }

  func decompile(_ blob: [UInt8]) throws -> [String: Set<String>] {
    try withFolder { folder in
      let file = folder.appendingPathComponent("tree.dtb")
      try Data(blob).write(to: file)
      let source = try output(of: "dtc", ["-q", "-I", "dtb", "-O", "dts", file.path])
      return parse(try #require(source))
    }
  }

  @Test(
    arguments: [(1, 512 << 20), (2, 1 << 30), (8, 4 << 30)] as [(Int, UInt64)])
  func theTreeIsQEMUsButForWhatIsNotModelled(coreCount: Int, ramSize: UInt64) throws {
    let blob = try withFolder { folder in
      let file = folder.appendingPathComponent("zeros.bin")
      try Data(count: 4096).write(to: file)
      _ = try Oracle.qemu(
        cores: coreCount, mebibytes: ramSize >> 20, more: ",dumpdtb=qemu.dtb",
        ["-bios", file.path, "-kernel", file.path, "-append", "console=ttyAMA0 x=\"y\""],
        in: folder, errors: .dropped)
      return [UInt8](try Data(contentsOf: folder.appendingPathComponent("qemu.dtb")))
    }
    var theirs = try decompile(blob)
    var left: [String: Set<String>] = [:]
    for (path, properties) in theirs {
      if Self.absentNodes.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) { continue }
      left[path] = properties.filter { line in
        !Self.absentProperties.contains { line.hasPrefix($0 + " ") }
      }
    }
    for difference in Self.differences {
      #expect(left[difference.path]?.remove(difference.theirs) != nil, "\(difference.path)")
      left[difference.path]?.insert(difference.ours)
    }
    for node in Self.absentNodes { #expect(theirs.removeValue(forKey: node) != nil, "\(node)") }
    let ours = try decompile(
      BoardDeviceTree.make(
        ramSize: ramSize, coreCount: coreCount, commandLine: "console=ttyAMA0 x=\"y\"",
        rows: makeBus().devices.rows.filter(\.isQEMUs)))
    #expect(Set(ours.keys) == Set(left.keys))
    for (path, properties) in ours { #expect(properties == left[path], "\(path)") }
  }

  @Test func aDeviceThatQEMUHasNotIsDescribedLast() throws {
    let row = BoardDevice(
      name: "test", base: 0x0B00_0000, size: 0x200, interrupt: 80, wireCount: 2, isQEMUs: false,
      binding: BoardDevice.Binding(node: "test", compatible: "faultline,test"))
    let bare = try decompile(
      BoardDeviceTree.make(ramSize: 512 << 20, coreCount: 1, commandLine: "", rows: []))
    let tree = try decompile(
      BoardDeviceTree.make(ramSize: 512 << 20, coreCount: 1, commandLine: "", rows: [row]))
    #expect(Set(tree.keys).subtracting(bare.keys) == ["/test@b000000"])
    #expect(
      tree["/test@b000000"] == [
        "compatible = \"faultline,test\";", "reg = <0x00 0xb000000 0x00 0x200>;",
        "interrupts = <0x00 0x30 0x04 0x00 0x31 0x04>;",
      ])
  }

  @Test func loadingPutsTheTreeAtTheBaseOfRAM() throws {
    let bus = try makeBus()
    try bus.load(firmware: [1, 2, 3], commandLine: "quiet")
    #expect(bus.readBytes(ramAddress(0), count: 4) == [0xD0, 0x0D, 0xFE, 0xED])
    #expect(bus.readBytes(PhysicalAddress(0), count: 4) == [1, 2, 3, 0])
    // What software did to the tree, a reset undoes.
    bus.writeBytes(ramAddress(0), [0, 0, 0, 0])
    bus.resetDevices()
    #expect(bus.readBytes(ramAddress(0), count: 4) == [0xD0, 0x0D, 0xFE, 0xED])
    let small = try makeBus(ramSize: 4096)
    #expect(throws: LoadError.deviceTreeTooLarge) { try small.load(firmware: []) }
  }
}
