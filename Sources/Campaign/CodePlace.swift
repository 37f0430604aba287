// Where an error was met, as a name: the function of our images, or of the machine's Linux kernel, that the
// program counter is in. Programs of others have addresses alone; so has a Linux guest, whose Image is inside its
// host's initrd.

import Foundation
import Scenario

/// The functions of a campaign's images.
struct CodePlaces {
  /// Those of a program, by address.
  private let symbols: [String: [CodeSymbol]]

  init(_ symbols: [CodeSymbol]) {
    self.symbols = Dictionary(grouping: symbols, by: \.program).mapValues {
      $0.sorted { $0.address < $1.address }
    }
  }

  /// The programs whose code may run at a level: the small guest is a kernel at EL1, whoever's guest it is.
  private static func programs(level: Int) -> [String] {
    switch level {
    case 3: ["firmware"]
    case 2: ["hypervisor", "kernel"]
    case 1: ["guest"]
    case 0: ["vmm"]
    default: []
    }
  }

  /// The function in which a row met its error, as `PROGRAM: NAME`; nil where none is known. `who` is who
  /// uses the row's line first.
  func name(_ result: RowResult, who: String) -> String? {
    guard let pc = result.pc, let level = result.level,
      // EL0 of a guest is not the VMM's.
      level != 0 || !who.contains("guest")
    else { return nil }
    for program in Self.programs(level: level) {
      guard let all = symbols[program] else { continue }
      // The last one that begins at or before it.
      let next = all.partitioningIndex { $0.address > pc }
      guard next > 0, pc - all[next - 1].address < all[next - 1].size else { continue }
      return "\(program): \(Self.plain(all[next - 1].name))"
    }
    return nil
  }

  private static let demangled = Demangler()

  /// A name as its source has it.
  static func plain(_ name: String) -> String { demangled.name(name) ?? name }
}

extension [CodeSymbol] {
  /// The first index whose element meets a condition that all later ones meet too.
  fileprivate func partitioningIndex(where isLater: (CodeSymbol) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isLater(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
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
