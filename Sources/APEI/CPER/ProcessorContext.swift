// ARM Processor Context Information. UEFI 2.10, N.2.4.4.2. The specification pads each structure
// with zeros to 16 bytes, but Linux and libcper step by 8 + size: so the types whose size needs no
// padding (5 and 6) come first and type 4, which needs eight bytes, comes last, where every reader
// takes them for vendor data at worst.

import Bytes

/// Register Context Type.
public enum ProcessorContextType: UInt16, CaseIterable, Sendable {
  /// AArch32 general-purpose registers.
  case aarch32General = 0
  /// AArch32 EL1 registers.
  case aarch32EL1 = 1
  /// AArch32 EL2 registers.
  case aarch32EL2 = 2
  /// AArch32 secure registers.
  case aarch32Secure = 3
  /// X0 to X30, SP.
  case general = 4
  /// AArch64 EL1 registers.
  case el1 = 5
  /// AArch64 EL2 registers.
  case el2 = 6
  /// AArch64 EL3 registers; not for readers outside Secure state.
  case el3 = 7
  /// Other system registers, each with its encoding.
  case miscellaneous = 8

  /// Registers of the types made of 64-bit registers.
  public var registerCount: Int? {
    switch self {
    case .general: 32
    case .el1: 17
    case .el2: 15
    case .el3: 10
    default: nil
    }
  }

  /// Size of the register array in bytes, or nil if it varies.
  public var arraySize: Int? {
    switch self {
    case .aarch32General, .aarch32EL2: 64
    case .aarch32EL1: 96
    case .aarch32Secure: 8
    case .miscellaneous: nil
    case .general, .el1, .el2, .el3: registerCount.map { $0 * 8 }
    }
  }

  /// Size of the structure with header and padding.
  public static func paddedSize(arraySize: Int) -> Int {
    (ProcessorContextLayout.size + arraySize + 15) & ~15
  }

  /// Name of a register of the types 4 to 7.
  public func registerName(_ index: Int) -> StaticString? {
    switch self {
    case .el1: index < 17 ? Self.el1Names[index] : nil
    case .el2: index < 15 ? Self.el2Names[index] : nil
    case .el3: index < 10 ? Self.el3Names[index] : nil
    default: nil
    }
  }

  private static let el1Names: [StaticString] = [
    "ELR_EL1", "ESR_EL1", "FAR_EL1", "ISR_EL1", "MAIR_EL1", "MIDR_EL1", "MPIDR_EL1", "SCTLR_EL1",
    "SP_EL0", "SP_EL1", "SPSR_EL1", "TCR_EL1", "TPIDR_EL0", "TPIDR_EL1", "TPIDRRO_EL0",
    "TTBR0_EL1", "TTBR1_EL1",
  ]
  private static let el2Names: [StaticString] = [
    "ELR_EL2", "ESR_EL2", "FAR_EL2", "HACR_EL2", "HCR_EL2", "HPFAR_EL2", "MAIR_EL2", "SCTLR_EL2",
    "SP_EL2", "SPSR_EL2", "TCR_EL2", "TPIDR_EL2", "TTBR0_EL2", "VTCR_EL2", "VTTBR_EL2",
  ]
  private static let el3Names: [StaticString] = [
    "ELR_EL3", "ESR_EL3", "FAR_EL3", "MAIR_EL3", "SCTLR_EL3", "SP_EL3", "SPSR_EL3", "TCR_EL3",
    "TPIDR_EL3", "TTBR0_EL3",
  ]
}

/// Where an encoder gets the registers of the contexts from: the frame an exception saved, or
/// the registers themselves. One register at a time, so that none are copied onto a small stack.
public protocol ProcessorContextRegisters {
  /// Whether a context of this type is to be written: only 4, 5 and 6 are asked for.
  func provides(_ type: ProcessorContextType) -> Bool
  /// A register, in the order of the specification: type 4 X0 to X30 and SP, 5 and 6 as
  /// `ProcessorContextType.registerName` names them.
  func register(_ index: Int, of type: ProcessorContextType) -> UInt64
}

/// No contexts at all.
public struct NoProcessorContext: ProcessorContextRegisters {
  /// Nothing.
  public init() {}
  /// Never.
  public func provides(_ type: ProcessorContextType) -> Bool { false }
  /// Zero.
  public func register(_ index: Int, of type: ProcessorContextType) -> UInt64 { 0 }
}

/// A decoded context structure.
public struct ProcessorContext: Equatable, Sendable {
  /// Structure version: 0.
  public var version: UInt16
  /// Register Context Type, known or not.
  public var type: UInt16
  /// Register Array Size in bytes.
  public var arraySize: UInt32
  /// The 64-bit registers of types 4 to 7; empty for others.
  public var registers: [UInt64]

  /// What the type means, if it is known.
  public var kind: ProcessorContextType? { ProcessorContextType(rawValue: type) }

  /// The structure at an offset.
  public init(_ source: some ByteSource, at offset: Int) throws(ByteError) {
    version = try source.u16(at: offset + ProcessorContextLayout.version.offset)
    type = try source.u16(at: offset + ProcessorContextLayout.type.offset)
    arraySize = try source.u32(at: offset + ProcessorContextLayout.arraySize.offset)
    let array = offset + ProcessorContextLayout.size
    try source.require(Int(arraySize), at: array)
    registers = []
    if let count = ProcessorContextType(rawValue: type)?.registerCount {
      for index in 0..<min(count, Int(arraySize) / 8) {
        registers.append(try source.u64(at: array + index * 8))
      }
    }
  }
}
