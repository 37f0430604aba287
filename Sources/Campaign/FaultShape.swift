// What of a DRAM goes bad together, and which lines of memory that is.
//
// The DRAM behind a machine's memory is made of ranks of 1 GiB, each of nine DDR3 devices of 1 Gbit, 8 bits
// wide: eight for data, one for check bits. A device has 8 banks of 16,384 rows of 1,024 columns; a burst of
// eight columns over the rank is a line of 64 bytes (JESD79-3F, "DDR3 SDRAM
// Addressing", 1 Gb, 128 Mb x 8). Addresses are mapped
// row, bank, column, so that the lines of one row follow one another:
//
//     address bits   63..30   29..16   15..13   12..6    5..0
//                    rank     row      bank     column   byte of the line
//
// There is no interleaving of channels, and rows are not scrambled. The secure RAM is a small memory of its own
// of the same form. Surprising: a memory smaller than a rank has fewer rows, not fewer banks.

import Arm
import Platform

/// What goes bad together.
public enum FaultShape: String, CaseIterable, Sendable {
  /// A line of 64 bytes, or some of its bits: what is poisoned for them is the line.
  case line
  /// A row of a bank, over all devices of its rank: 8 KiB in one piece.
  case row
  /// A column of a bank: one line of each row of the bank.
  case column
  /// A bank: every row of it.
  case bank
  /// All banks of a rank.
  case rank
  /// All ranks, and all of the secure RAM.
  case memory

  private static let rankBits: UInt64 = ~((1 << 30) - 1)
  private static let bankBits: UInt64 = 7 << 13
  private static let columnBits: UInt64 = 127 << 6
  private static let rowBits: UInt64 = ((1 << 30) - 1) & ~((1 << 16) - 1)

  /// The bits of an address in which the lines of one unit agree.
  public var mask: UInt64 {
    switch self {
    case .line: CacheLine.start(of: .max)
    case .row: Self.rankBits | Self.rowBits | Self.bankBits
    case .column: Self.rankBits | Self.bankBits | Self.columnBits
    case .bank: Self.rankBits | Self.bankBits
    case .rank: Self.rankBits
    case .memory: 0
    }
  }

  /// Bytes of a unit that is in one piece; nil for one that is not.
  public var length: UInt64? {
    switch self {
    case .line: CacheLine.size
    case .row: 8192
    case .column, .bank, .rank, .memory: nil
    }
  }

  /// The unit of an address, as its first address: the lowest that there is memory at.
  func unit(of address: UInt64) -> UInt64 {
    guard self != .memory else { return MemoryMap.ram }
    let base = address < MemoryMap.ram ? MemoryMap.secureRAM : MemoryMap.ram
    let first = address & mask
    // Bits that do not count are those of the memory's first address in the same rank.
    return first | base & ~mask & ~Self.rankBits
  }

  /// All units of a machine with so many bytes of RAM, the secure RAM's among them, ascending.
  func units(ram size: UInt64) -> [UInt64] {
    if self == .memory { return [MemoryMap.ram] }
    let memories = [
      (MemoryMap.secureRAM, MemoryMap.secureRAMSize), (MemoryMap.ram, size),
    ]
    return memories.flatMap { start, size -> [UInt64] in
      let end = start + size
      switch self {
      case .line, .row:
        return Array(stride(from: start, to: end, by: Int(length ?? CacheLine.size)))
      case .column, .bank, .rank:
        // Each unit has a line in the first 64 KiB of its rank: all banks and columns of one row.
        let step = self == .column ? Int(CacheLine.size) : self == .bank ? 8192 : 1 << 16
        return stride(from: start, to: end, by: 1 << 30).flatMap { rank in
          stride(from: rank, to: min(end, rank + 1 << 16), by: step).map { $0 }
        }
      case .memory: return []
      }
    }
  }

  /// How many units a machine with so many bytes of RAM has.
  func count(ram size: UInt64) -> UInt64 {
    if let length { return (size + MemoryMap.secureRAMSize) / length }
    return UInt64(units(ram: size).count)
  }

  /// How many lines a unit has.
  func lineCount(_ unit: UInt64, ram size: UInt64) -> UInt64 {
    if let length { return length / CacheLine.size }
    let all = size + MemoryMap.secureRAMSize
    guard self != .memory else { return all / CacheLine.size }
    let bytes =
      unit < MemoryMap.ram
      ? MemoryMap.secureRAMSize
      : min(1 << 30, MemoryMap.ram + size - (unit & Self.rankBits))
    // Of each 64 KiB, one row of every bank.
    let part = self == .column ? 1 : self == .bank ? UInt64(128) : 1024
    return bytes >> 16 * part
  }
}

/// A way of going bad.
public struct FaultMode: Equatable, Sendable {
  /// Its name: `line`, `multi-bank`.
  public let name: String
  /// What goes bad.
  public let shape: FaultShape
  /// How often, beside the other modes of its pattern: FIT of one device, where they are rates.
  public let rate: Double
  /// Whether the ECC that stands before software corrects it.
  public let isCorrected: Bool
  /// How many units go bad at once, each elsewhere; 1 but for a storm.
  public let crowd: Int

  /// A way of going bad.
  public init(
    _ name: String, _ shape: FaultShape, rate: Double = 1, isCorrected: Bool = false, crowd: Int = 1
  ) {
    self.name = name
    self.shape = shape
    self.rate = rate
    self.isCorrected = isCorrected
    self.crowd = crowd
  }
}

/// What is hit at once.
public struct FaultPattern: Equatable, Sendable {
  /// As a file says it.
  public let name: String
  /// The ways of going bad, of which each error is one.
  public let modes: [FaultMode]

  private init(_ name: String, _ modes: [FaultMode]) {
    self.name = name
    self.modes = modes
  }

  private init(_ name: String, _ shape: FaultShape) {
    self.init(name, [FaultMode(name, shape)])
  }

  /// One line of 64 bytes.
  public static let line = Self("line", .line)
  /// One word: the line in which it is, which is what is poisoned for it.
  public static let word = Self("word", .line)
  /// A row of a bank: 8 KiB.
  public static let row = Self("row", .row)
  /// A column of a bank.
  public static let column = Self("column", .column)
  /// A bank.
  public static let bank = Self("bank", .bank)

  /// A storm: a line, and others that are met at the same moment, all at once.
  public static func storm(_ lines: Int) -> Self {
    Self("storm", [FaultMode("storm", .line, crowd: lines)])
  }

  /// Faults as the field has them: by mode, transient and permanent ones together, in FIT of one DDR3 device.
  ///
  /// The rates are those of the Jaguar system that FaultSim has as FM_JAGUAR (Nair, Roberts and Qureshi,
  /// "FaultSim", ACM TACO 12(4), 2015; from Sridharan and Liberty, "A Study of DRAM Failures in the Field",
  /// SC 2012). Before software stands SEC-DED over each 64 bits: it corrects single bits, and detects
  /// everything else.
  public static let ddr3Field = Self(
    "ddr3-field",
    [
      FaultMode("bit", .line, rate: 14.2 + 18.6, isCorrected: true),
      FaultMode("word", .line, rate: 1.4 + 0.3),
      FaultMode("column", .column, rate: 1.4 + 5.6),
      FaultMode("row", .row, rate: 0.2 + 8.2),
      FaultMode("bank", .bank, rate: 0.8 + 10.0),
      FaultMode("multi-bank", .rank, rate: 0.3 + 1.4),
      FaultMode("multi-rank", .memory, rate: 0.9 + 2.8),
    ])

  /// The presets by name, with the storm's usual size.
  static let presets: [Self] = [.line, .word, .row, .column, .bank, .storm(16), .ddr3Field]

  /// What its errors are called, of which a place has so many.
  public var unitName: String {
    guard modes.count == 1 else { return "faults" }
    switch modes[0].shape {
    case .line: return "lines"
    case .row: return "rows of 8 KiB"
    case .column: return "columns"
    case .bank: return "banks"
    case .rank, .memory: return "faults"
    }
  }

  /// How probable it is that the next error is the one of a mode at a given unit, in a machine with so much
  /// RAM, by mode.
  func weights(ram size: UInt64) -> [Double] {
    let all = modes.reduce(0) { $0 + $1.rate }
    return modes.map { $0.rate / all / Double($0.shape.count(ram: size)) }
  }
}
