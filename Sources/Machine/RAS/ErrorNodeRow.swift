// The machine's error nodes, a row each. ERRSELR_EL1.SEL counts the records of the rows in their
// order, so that a row added at the end renumbers nothing; `Platform.ErrorNode` is what firmware
// knows of the numbers.
//
// What is recorded where. A read that meets poison is detected by the memory node, which answers
// it with an error response: it records the error as a producer does (UER is "signaled error"),
// with ER = 1, the address, and PN = 0 since the fault is the memory's own. The PE that gets the
// response takes an external abort and records nothing: the error is recorded where it was
// detected, and a second record would report it twice. Only a value that the memory node deferred
// (a line planted with state `deferred`) is detected once more, by the PE that cannot defer it
// any further: record 0 then has UER, PN = 1, SERR 0x15. An error that a PE finds in itself (in its
// cache, say) is in its own record alone, with any state, and is told by an SError. There are two memory
// nodes, one for each part of RAM (Platform, `ErrorNode`). What the interconnect finds wrong in itself is in its
// own record alone, and is told by its interrupts.
//
// A machine may have fewer of them, or nodes that can do less (`ErrorNodeRow+Parameters.swift`). Where a memory's
// node is missing, its controller answers and defers as one whose controls are all on, and nobody records.
//
// A node tells of its errors by interrupts as well: FHI, ERI and, of the shared nodes, CRI, whose levels follow
// from its records and controls (`RASNodes+Interrupts.swift`). A PE's are private to it.

import Arm
import Platform

/// What a node is.
public struct ErrorNodeRow: Equatable, Sendable {
  /// Who has such a node.
  public enum Affinity: Sendable {
    /// Every PE its own: the same record number is another record on each.
    case processor
    /// The machine has one, which all PEs see.
    case shared
  }

  /// Names it in events.
  public let name: String
  /// Who has one.
  public let affinity: Affinity
  /// ERR<n>FR of its first record: what it can do, which controls it has, and its outputs (in-band
  /// responses: UE).
  public internal(set) var feature: ErrorFeature
  /// Its records, at least 1.
  public let recordCount: Int
  /// ERR<n>PFGF, where FR.INJ says that there is one: the errors that it can be asked to fake; 0 for none.
  public internal(set) var injection: ErrorInjectionFeature
  /// INTID of its fault handling interrupt (FHI): a PPI where each PE has a node, or an SPI. Nil if it
  /// has none.
  public let faultInterrupt: UInt32?
  /// INTID of its error recovery interrupt (ERI), in the same way.
  public let recoveryInterrupt: UInt32?
  /// INTID of its critical error interrupt (CRI), in the same way.
  public let criticalInterrupt: UInt32?

  /// A row.
  public init(
    name: String, affinity: Affinity, feature: ErrorFeature,
    injection: ErrorInjectionFeature = ErrorInjectionFeature(rawValue: 0),
    recordCount: Int = 1, faultInterrupt: UInt32? = nil, recoveryInterrupt: UInt32? = nil,
    criticalInterrupt: UInt32? = nil
  ) {
    self.name = name
    self.affinity = affinity
    self.feature = feature
    self.injection = injection
    self.recordCount = recordCount
    self.faultInterrupt = faultInterrupt
    self.recoveryInterrupt = recoveryInterrupt
    self.criticalInterrupt = criticalInterrupt
  }

  /// The machine's nodes. All follow RASSA version 1.1; FR promises what works.
  public static let machine = [processor, memory, upperMemory, interconnect]

  /// The node that a shared node of the board is, with this FR and PFGF.
  private static func shared(
    _ node: SharedErrorNode, _ feature: ErrorFeature, _ injection: ErrorInjectionFeature
  ) -> ErrorNodeRow {
    ErrorNodeRow(
      name: "\(node.name)", affinity: .shared, feature: feature, injection: injection,
      faultInterrupt: node.faultInterrupt, recoveryInterrupt: node.recoveryInterrupt,
      criticalInterrupt: node.criticalInterrupt)
  }

  /// What all can fake: every uncorrected error, by itself, again and again, with OF and PN as asked for,
  /// and an address, SERR, IERR and a timestamp that software has written before; with CRI critical ones, too.
  private static let uncorrected = ErrorInjectionFeature(rawValue: 0)
    .with(ErrorInjectionFeature.uc, 1).with(ErrorInjectionFeature.ueu, 1)
    .with(ErrorInjectionFeature.uer, 1).with(ErrorInjectionFeature.ueo, 1)
    .with(ErrorInjectionFeature.of, 1).with(ErrorInjectionFeature.pn, 1)
    .with(ErrorInjectionFeature.av, 1)
    .with(ErrorInjectionFeature.mv, 1).with(ErrorInjectionFeature.syn, 1)
    .with(ErrorInjectionFeature.na, 1).with(ErrorInjectionFeature.r, 1)

  /// Each PE's own, as a Neoverse N1 has it: recording controllable, in-band response always, two 8-bit
  /// corrected error counters, FHI on their overflow and on uncorrected errors, ERI on uncorrected
  /// errors; every state but deferred, generic timestamp.
  public static let processor = ErrorNodeRow(
    name: "PE", affinity: .processor,
    feature: ErrorFeature(rawValue: 0)
      .with(ErrorFeature.ed, 0b10).with(ErrorFeature.ue, 0b01).with(ErrorFeature.ts, 0b01)
      .with(ErrorFeature.ui, 0b10).with(ErrorFeature.fi, 0b10).with(ErrorFeature.cfi, 0b10)
      .with(ErrorFeature.cec, 0b010).with(ErrorFeature.rp, 1).with(ErrorFeature.inj, 0b01)
      .with(ErrorFeature.frx, 1).with(ErrorFeature.uc, 1).with(ErrorFeature.ueu, 1)
      .with(ErrorFeature.uer, 1).with(ErrorFeature.ueo, 1).with(ErrorFeature.ce, 0b10),
    injection: uncorrected.with(ErrorInjectionFeature.ce, 0b01).with(ErrorInjectionFeature.er, 1),
    faultInterrupt: Interrupt.processorFault, recoveryInterrupt: Interrupt.processorRecovery)

  /// A memory controller's: recording and in-band response controllable, two 16-bit corrected error
  /// counters, the first syndrome kept; FHI on each corrected error or on overflow (CED), on deferred
  /// and on uncorrected errors, ERI on deferred and on uncorrected ones, CRI, each controllable; every
  /// state, transient and persistent corrected errors, generic timestamp.
  private static let memoryFeature = ErrorFeature(rawValue: 0)
    .with(ErrorFeature.ed, 0b10).with(ErrorFeature.ue, 0b10).with(ErrorFeature.ts, 0b01)
    .with(ErrorFeature.ui, 0b10).with(ErrorFeature.fi, 0b10).with(ErrorFeature.cfi, 0b10)
    .with(ErrorFeature.dui, 0b10).with(ErrorFeature.dfi, 0b10).with(ErrorFeature.ced, 1)
    .with(ErrorFeature.ci, 0b10).with(ErrorFeature.cec, 0b100).with(ErrorFeature.rp, 1).with(
      ErrorFeature.inj, 0b01
    )
    .with(ErrorFeature.frx, 1).with(ErrorFeature.uc, 1)
    .with(ErrorFeature.ueu, 1).with(ErrorFeature.uer, 1).with(ErrorFeature.ueo, 1)
    .with(ErrorFeature.de, 1).with(ErrorFeature.ce, 0b01)
  private static let memoryInjection =
    uncorrected.with(ErrorInjectionFeature.de, 1).with(ErrorInjectionFeature.ce, 0b11)
    .with(ErrorInjectionFeature.er, 1).with(ErrorInjectionFeature.ci, 1)

  /// The first memory controller's.
  public static let memory = shared(.memory, memoryFeature, memoryInjection)
  /// The second memory controller's.
  public static let upperMemory = shared(.upperMemory, memoryFeature, memoryInjection)

  /// The interconnect's: recording controllable, no in-band response, a 16-bit counter of corrected errors;
  /// FHI on each corrected error or on overflow (CED), on deferred and on uncorrected errors, ERI on
  /// uncorrected ones, CRI, each controllable; every state, generic timestamp. IERR is an
  /// `InterconnectErrorCause`. It answers nobody, so that STATUS.ER cannot be faked either.
  public static let interconnect = shared(
    .interconnect,
    ErrorFeature(rawValue: 0)
      .with(ErrorFeature.ed, 0b10).with(ErrorFeature.ts, 0b01)
      .with(ErrorFeature.ui, 0b10).with(ErrorFeature.fi, 0b10).with(ErrorFeature.cfi, 0b10)
      .with(ErrorFeature.dfi, 0b10).with(ErrorFeature.ced, 1).with(ErrorFeature.ci, 0b10)
      .with(ErrorFeature.cec, 0b100).with(ErrorFeature.inj, 0b01)
      .with(ErrorFeature.frx, 1).with(ErrorFeature.uc, 1)
      .with(ErrorFeature.ueu, 1).with(ErrorFeature.uer, 1).with(ErrorFeature.ueo, 1)
      .with(ErrorFeature.de, 1).with(ErrorFeature.ce, 0b10),
    uncorrected.with(ErrorInjectionFeature.de, 1).with(ErrorInjectionFeature.ce, 0b01)
      .with(ErrorInjectionFeature.ci, 1))
}

/// One node of the machine.
public struct ErrorNodeIdentifier: Hashable, Sendable, CustomStringConvertible {
  /// The name of its row.
  public let name: String
  /// Whose it is; nil for a shared one.
  public let core: Int?

  /// The node of a row, on a core if each has one.
  public init(_ row: ErrorNodeRow, core: Int) {
    name = row.name
    self.core = row.affinity == .processor ? core : nil
  }

  /// "PE 1", "memory".
  public var description: String { core.map { "\(name) \($0)" } ?? name }
}
