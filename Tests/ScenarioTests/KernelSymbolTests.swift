// The names inside a Linux Image: Images of both layouts made here, Debian's own kernels, and garbage.

import Foundation
import Support
import Testing

@testable import Scenario

@Suite struct KernelSymbolTests {
  /// An Image with `count` functions f0, f1, ... of 64 bytes each, from 64 KiB behind its beginning.
  private static func image(count: Int, isNew: Bool) -> [UInt8] {
    let text: UInt64 = 0xFFFF_8000_0800_0000
    var bytes = [UInt8](repeating: 0, count: 64)
    bytes.replaceSubrange(56..<60, with: Array("ARMd".utf8))
    func append(_ value: UInt64, _ size: Int) {
      for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    }
    func align() { while bytes.count % 8 != 0 { bytes.append(0) } }
    var base = 0
    func appendOffsets() {
      for number in 0..<count { append(UInt64(number * 64), 4) }
      align()
      base = bytes.count
      append(0, 8)
    }
    if !isNew { appendOffsets() }
    append(UInt64(count), 8)
    var markers: [Int] = []
    let start = bytes.count
    for number in 0..<count {
      if number % 256 == 0 { markers.append(bytes.count - start) }
      let name = Array("tf\(number)".utf8)
      bytes.append(UInt8(name.count))
      bytes += name
    }
    align()
    for marker in markers { append(UInt64(marker), 4) }
    align()
    var places: [Int] = []
    let tokens = bytes.count
    for token in 0..<256 {
      places.append(bytes.count - tokens)
      bytes += token < 0x21 || token > 0x7E ? Array("x\(token)".utf8) : [UInt8(token)]
      bytes.append(0)
    }
    align()
    for place in places { append(UInt64(place), 2) }
    if isNew { appendOffsets() }
    append(text + UInt64(base), 8)
    append(0x403, 8)
    append(text + 0x10000, 8)
    return bytes + [UInt8](repeating: 0, count: 0x10000)
  }

  @Test(arguments: [false, true]) func namesAndAddressesAreThoseOfTheImage(_ isNew: Bool) throws {
    let symbols = try #require(KernelSymbol.all(Self.image(count: 1000, isNew: isNew)))
    #expect(symbols.count == 1000)
    #expect(
      symbols[777]
        == KernelSymbol(name: "f777", address: 0xFFFF_8000_0801_0000 + 777 * 64, type: "t"))
    let functions = CodeSymbol.all(of: "kernel", kernel: Self.image(count: 1000, isNew: isNew))
    #expect(functions[3].size == 64)
  }

  @Test func anImageThatIsCutOrChangedIsNoCrash() {
    let whole = Self.image(count: 300, isNew: true)
    for length in stride(from: 0, to: whole.count, by: 97) {
      _ = KernelSymbol.all(Array(whole[..<length]))
    }
    var random = SeededRandom(seed: 8)
    for _ in 0..<200 {
      var bytes = whole
      bytes[Int.random(in: 64..<bytes.count - 0x10000, using: &random)] ^= 0xFF
      _ = KernelSymbol.all(bytes)
    }
  }

  /// Beside the kernel's own word: a panic's backtrace has names and where in the function it was.
  @Test func debiansKernelHasItsFunctions() throws {
    let path = ".cache/linux/cloud/vmlinuz"
    let image = [UInt8](
      try #require(FileManager.default.contents(atPath: path), "`make images` fetches \(path)"))
    let table = try SymbolTable(image)
    let start = try #require(table["start_kernel"])
    #expect(table["memory_failure"] != nil && table["do_sea"] != nil)
    // It is linked to a multiple of 128 MiB, and this function's code is in the file.
    let text = start & ~0x7FF_FFFF
    #expect(start - text < UInt64(image.count))
    let functions = CodeSymbol.all(of: "kernel", kernel: image)
    let one = try #require(functions.last { $0.address <= start + 8 })
    #expect(one.name == "start_kernel" && functions.count > 10_000)
  }
}
