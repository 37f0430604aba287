// A board as a user asks for one: how big, and what is in its flash and its fw_cfg.

import Arm
import Platform

/// What a board is made of and starts with.
public struct BoardConfiguration: Sendable {
  /// Cores, 1...8.
  public var coreCount: Int
  /// Bytes of RAM, a multiple of 4 KiB.
  public var ramSize: UInt64
  /// The firmware, run from address 0 at EL3; at most 64 MiB.
  public var firmware: [UInt8]
  /// The kernel's file that firmware finds in fw_cfg, as QEMU's `-kernel`.
  public var kernel: [UInt8]?
  /// The initrd's file, as QEMU's `-initrd`.
  public var initrd: [UInt8]?
  /// The kernel's command line, as QEMU's `-append`.
  public var commandLine: String
  /// Files in fw_cfg by name, as QEMU's `-fw_cfg`: what firmware reads its own settings from.
  public var files: [String: [UInt8]]
  /// The error nodes: the board's, all or the first of them.
  public var errorNodes: [ErrorNodeRow]
  /// What executes instructions.
  public var engine: ExecutionEngine

  /// A configuration.
  public init(
    coreCount: Int = 1, ramSize: UInt64 = 1 << 30, firmware: [UInt8], kernel: [UInt8]? = nil,
    initrd: [UInt8]? = nil, commandLine: String = "", files: [String: [UInt8]] = [:],
    errorNodes: [ErrorNodeRow] = ErrorNodeRow.machine, engine: ExecutionEngine = .standard
  ) {
    self.coreCount = coreCount
    self.ramSize = ramSize
    self.firmware = firmware
    self.kernel = kernel
    self.initrd = initrd
    self.commandLine = commandLine
    self.files = files
    self.errorNodes = errorNodes
    self.engine = engine
  }
}

/// Why a board cannot be made.
public enum BoardError: Error, Equatable {
  /// The number of cores is not 1...8.
  case coreCount(Int)
  /// What it starts with does not fit.
  case load(LoadError)
  /// The memory cannot be had.
  case memory(MemoryError)
}

extension Board {
  /// A board in reset, with empty flash.
  ///
  /// - Parameters:
  ///   - coreCount: Cores, 1...8.
  ///   - ramSize: Bytes of RAM, a multiple of 4 KiB.
  ///   - errorNodes: The error nodes: the board's, all or the first of them.
  ///   - engine: What executes instructions; the interpreter, where the host has no other.
  /// - Throws: `MemoryError` when the host cannot reserve the memory.
  public convenience init(
    coreCount: Int, ramSize: UInt64, errorNodes: [ErrorNodeRow] = ErrorNodeRow.machine,
    engine: ExecutionEngine = .standard
  ) throws(MemoryError) {
    let (chosen, refusal) = Board.translator(for: engine)
    try self.init(
      coreCount: coreCount, ramSize: ramSize, errorNodes: errorNodes, translator: chosen,
      refusal: refusal)
  }

  /// A board ready to run its firmware.
  public convenience init(_ configuration: BoardConfiguration) throws(BoardError) {
    guard (1...maximumCoreCount).contains(configuration.coreCount) else {
      throw .coreCount(configuration.coreCount)
    }
    do {
      try self.init(
        coreCount: configuration.coreCount, ramSize: configuration.ramSize,
        errorNodes: configuration.errorNodes, engine: configuration.engine)
    } catch {
      throw .memory(error)
    }
    do {
      try bus.load(
        firmware: configuration.firmware, kernel: configuration.kernel,
        initrd: configuration.initrd, commandLine: configuration.commandLine)
    } catch {
      throw .load(error)
    }
    for (name, data) in configuration.files.sorted(by: { $0.key < $1.key })
    where !bus.devices.fwCfg.addFile(name, data) {
      throw .load(.fileRefused(name: name))
    }
  }
}
