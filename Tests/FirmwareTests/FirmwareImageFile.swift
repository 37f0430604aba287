// The built firmware as an ELF file: symbols and instructions, enough to follow calls and count
// stack. ELF-64 (System V ABI); A64 encodings (Arm ARM C4.1).

import Foundation
import Support

/// The linked firmware.
struct FirmwareImageFile {
  /// A function: its address range and what it does to stack and control flow.
  struct Function {
    var name: String
    var start: UInt64
    var end: UInt64
    /// Bytes of stack that the function takes for itself.
    var frame = 0
    /// Functions it calls or continues in.
    var callees: Set<UInt64> = []
    /// Whether it calls through a pointer, or takes stack whose size is not a constant.
    var isUnbounded = false
  }

  /// Where `make images` leaves it.
  static var path: String {
    Checkout.path("Images/.build/aarch64-none-none-elf/release/FirmwareImage")
  }

  private let bytes: [UInt8]
  /// By address.
  private(set) var functions: [UInt64: Function] = [:]
  private var textAddress: UInt64 = 0
  private var textOffset = 0
  private var textSize = 0
  private var textIndex: UInt64 = 0

  init?() {
    guard let data = FileManager.default.contents(atPath: Self.path) else { return nil }
    bytes = [UInt8](data)
    guard word(0, 4) == 0x464c_457f else { return nil }
    var symbols: (offset: Int, size: Int, link: Int)?
    let sections = Int(word(40, 8))
    for index in 0..<Int(word(60, 2)) {
      let section = sections + index * 64
      if word(section + 4, 4) == 2 {
        symbols = (
          Int(word(section + 24, 8)), Int(word(section + 32, 8)), Int(word(section + 40, 4))
        )
      }
      // The first executable section is .text.
      if textSize == 0, word(section + 8, 8) & 4 != 0 {
        textIndex = UInt64(index)
        textAddress = word(section + 16, 8)
        textOffset = Int(word(section + 24, 8))
        textSize = Int(word(section + 32, 8))
      }
    }
    guard let symbols else { return nil }
    let strings = Int(word(sections + symbols.link * 64 + 24, 8))
    var names: [UInt64: String] = [:]
    for symbol in stride(from: symbols.offset, to: symbols.offset + symbols.size, by: 24) {
      let type = bytes[symbol + 4] & 0xf
      let address = word(symbol + 8, 8)
      var end = strings + Int(word(symbol, 4))
      let start = end
      while bytes[end] != 0 { end += 1 }
      let name = String(decoding: bytes[start..<end], as: UTF8.self)
      guard type == 2 || type == 0, !name.hasPrefix("$x"), !name.isEmpty,
        word(symbol + 6, 2) == textIndex, address < textAddress + UInt64(textSize)
      else { continue }
      // Mapping symbols of the ELF for AArch64: literals from $d on.
      if name.hasPrefix("$d"), names[address] != nil { continue }
      names[address] = name
    }
    let starts = names.keys.sorted()
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : textAddress + UInt64(textSize)
      let name = names[start] ?? ""
      if name.hasPrefix("$d") { continue }
      functions[start] = scan(Function(name: name, start: start, end: end))
    }
  }

  /// The function of a name.
  func function(_ name: String) -> Function? { functions.values.first { $0.name == name } }

  /// The function whose code includes an address.
  private func containing(_ address: UInt64) -> Function? {
    functions.values.first { $0.start <= address && address < $0.end }
  }

  /// The first instruction at an address.
  func instruction(_ address: UInt64) -> UInt32 {
    UInt32(word(textOffset + Int(address - textAddress), 4))
  }

  private func word(_ offset: Int, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(index * 8) }
    return value
  }

  private func scan(_ function: Function) -> Function {
    var function = function
    for address in stride(from: function.start, to: function.end & ~3, by: 4) {
      let code = instruction(address)
      function.frame += Self.stack(code)
      // BLR; SUB SP, SP, register.
      if code & 0xffff_fc1f == 0xd63f_0000 || code & 0xffe0_03ff == 0xcb20_03ff {
        function.isUnbounded = true
      }
      guard let target = Self.branchTarget(code, at: address),
        target < function.start || target >= function.end
      else { continue }
      function.callees.insert(target)
    }
    return function
  }

  /// What an instruction takes from the stack: SUB SP, SP, #n; STP and STR with write-back.
  static func stack(_ code: UInt32) -> Int {
    if code & 0xff80_03ff == 0xd100_03ff {
      return Int(code >> 10 & 0xfff) << (code & 1 << 22 != 0 ? 12 : 0)
    }
    if code & 0xffc0_03e0 == 0xa980_03e0 {
      let offset = Int(code >> 15 & 0x7f)
      return offset >= 64 ? (128 - offset) * 8 : 0
    }
    if code & 0xffe0_0fe0 == 0xf800_0fe0 {
      let offset = Int(code >> 12 & 0x1ff)
      return offset >= 256 ? 512 - offset : 0
    }
    return 0
  }

  /// Where B, BL, B.cond, CBZ, CBNZ, TBZ or TBNZ goes.
  static func branchTarget(_ code: UInt32, at address: UInt64) -> UInt64? {
    func target(_ bits: UInt32, _ width: UInt32) -> UInt64 {
      let shift = 64 - width - 2
      let offset = Int64(bitPattern: UInt64(bits) << UInt64(shift + 2)) >> Int64(shift)
      return address &+ UInt64(bitPattern: offset)
    }
    if code & 0x7c00_0000 == 0x1400_0000 { return target(code & 0x3ff_ffff, 26) }
    if code & 0xff00_0010 == 0x5400_0000 || code & 0x7e00_0000 == 0x3400_0000 {
      return target(code >> 5 & 0x7_ffff, 19)
    }
    if code & 0x7e00_0000 == 0x3600_0000 { return target(code >> 5 & 0x3fff, 14) }
    return nil
  }

  /// The deepest use of stack from a function on, and every function that can run. Nil if it cannot
  /// be bounded: recursion, calls through pointers.
  func deepest(from name: String) -> (bytes: Int, path: [String], reached: Set<String>)? {
    guard let start = function(name) else { return nil }
    var known: [UInt64: (Int, [String])] = [:]
    var reached: Set<String> = []
    var isBounded = true
    func visit(_ address: UInt64, _ path: [UInt64]) -> (Int, [String]) {
      if let result = known[address] { return result }
      // A branch into a function (the linker leaves stubs without a name) counts as all of it.
      guard let function = functions[address] ?? containing(address), !path.contains(address)
      else {
        isBounded = false
        return (0, [])
      }
      reached.insert(function.name)
      if function.isUnbounded { isBounded = false }
      var worst = (0, [] as [String])
      for callee in function.callees {
        let result = visit(callee, path + [address])
        if result.0 > worst.0 { worst = result }
      }
      let result = (function.frame + worst.0, ["\(function.name) \(function.frame)"] + worst.1)
      known[address] = result
      return result
    }
    let (bytes, path) = visit(start.start, [])
    return isBounded ? (bytes, path, reached) : nil
  }
}
