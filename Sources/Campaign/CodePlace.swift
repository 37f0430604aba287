// Where an error was met, as a name: the function of our images that the program counter is in. Programs of
// others (Linux, and what runs on it) have addresses alone.

import Foundation
import Scenario

/// The functions of a campaign's images.
struct CodePlaces {
  private let symbols: [CodeSymbol]

  init(_ symbols: [CodeSymbol]) { self.symbols = symbols }

  /// The program whose code runs at a level, if it is one of ours: the small guest is a kernel at EL1,
  /// whoever's guest it is.
  private static func program(level: Int) -> String? {
    switch level {
    case 3: "firmware"
    case 2: "hypervisor"
    case 1: "guest"
    case 0: "vmm"
    default: nil
    }
  }

  /// The function in which a row met its error, as `PROGRAM: NAME`; nil where none is known. `who` is who
  /// uses the row's line first.
  func name(_ result: RowResult, who: String) -> String? {
    guard let pc = result.pc, let level = result.level, let program = Self.program(level: level),
      // EL0 of a guest is not the VMM's.
      level != 0 || !who.contains("guest")
    else { return nil }
    let found = symbols.first {
      $0.program == program && $0.address <= pc && pc - $0.address < $0.size
    }
    return found.map { "\(program): \(Self.plain($0.name))" }
  }

  private static let demangled = Demangler()

  /// A name as its source has it.
  static func plain(_ name: String) -> String { demangled.name(name) ?? name }
}

/// Names of Swift's symbols, by the runtime's own demangler, where it has one.
@safe private struct Demangler: Sendable {
  /// The runtime's `swift_demangle`: it takes a name and gives a C string that the caller frees.
  private typealias Function =
    @convention(c) (
      UnsafePointer<CChar>?, Int, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?, UInt32
    ) -> UnsafeMutablePointer<CChar>?
  private let function: Function?

  init() {
    let symbol = unsafe dlsym(dlopen(nil, RTLD_NOW), "swift_demangle")
    unsafe function = unsafe symbol.map { unsafe unsafeBitCast($0, to: Function.self) }
  }

  /// A Swift name in plain words; nil of any other.
  func name(_ mangled: String) -> String? {
    guard mangled.hasPrefix("$s") || mangled.hasPrefix("$e"), let function = unsafe function else {
      return nil
    }
    // Embedded Swift marks its names with another letter.
    let text = "$s" + mangled.dropFirst(2)
    guard let result = unsafe function(text, text.utf8.count, nil, nil, 0) else { return nil }
    defer { unsafe free(result) }
    return unsafe String(cString: result)
  }
}
