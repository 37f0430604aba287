// The machine's two kinds of error node: each PE's own (record 0, one per PE) and the memory
// controller's (record 1, shared by all PEs). Both follow RASSA version 1.1.
//
// What is recorded where. A read that meets poison is detected by the memory node, which answers
// it with an error response: it records the error as a producer does (UER is "signaled error"),
// with ER = 1, the address, and PN = 0 since the fault is the memory's own. The PE that gets the
// response takes an external abort and records nothing: the error is recorded where it was
// detected, and a second record would report it twice. Only a value that the memory node deferred
// (a line planted with state `deferred`) is detected once more, by the PE that cannot defer it
// any further: record 0 then has UER, PN = 1, SERR 0x15. An error that a PE finds in itself (in its
// cache, say) is in its own record alone, with any state, and is told by an SError.

import Arm
import Platform

/// The error nodes.
public final class RASNodes {
  /// One record with its node's control register.
  public struct Node: Sendable, Equatable {
    /// ERR<n>CTLR.
    public var control: ErrorControl
    /// ERR<n>STATUS, ADDR and MISC0...3.
    public var record = ErrorRecord()
  }

  /// All that changes.
  public struct State: Sendable, Equatable {
    /// The PEs' nodes, by core.
    public var processors: [Node]
    /// The memory node.
    public var memory: Node
    /// ERRSELR_EL1, by core.
    public var selections: [UInt64]

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for node in processors + [memory] {
        hash.combine(node.control.rawValue)
        hash.combine(node.record.status.rawValue)
        hash.combine(node.record.address.rawValue)
        hash.combine(node.record.misc0)
        hash.combine(node.record.misc1)
        hash.combine(node.record.misc2)
        hash.combine(node.record.misc3)
      }
      for selection in selections { hash.combine(selection) }
    }
  }

  /// All that changes.
  public var state: State

  /// ERR0FR: recording controllable, in-band response always, every state but deferred, generic
  /// timestamp.
  ///
  /// No interrupts and no fault injection: FR promises what works.
  public static let processorFeature = ErrorFeature(rawValue: 0)
    .with(ErrorFeature.ed, 0b10).with(ErrorFeature.ue, 0b01).with(ErrorFeature.ts, 0b01)
    .with(ErrorFeature.frx, 1).with(ErrorFeature.uc, 1).with(ErrorFeature.ueu, 1)
    .with(ErrorFeature.uer, 1).with(ErrorFeature.ueo, 1).with(ErrorFeature.ce, 0b01)

  /// ERR1FR: recording and in-band response controllable, 16-bit corrected error counter that keeps
  /// the first syndrome, every state, generic timestamp.
  ///
  /// No interrupts, no fault injection.
  public static let memoryFeature = ErrorFeature(rawValue: 0)
    .with(ErrorFeature.ed, 0b10).with(ErrorFeature.ue, 0b10).with(ErrorFeature.ts, 0b01)
    .with(ErrorFeature.cec, 0b100).with(ErrorFeature.frx, 1).with(ErrorFeature.uc, 1)
    .with(ErrorFeature.ueu, 1).with(ErrorFeature.uer, 1).with(ErrorFeature.ueo, 1)
    .with(ErrorFeature.de, 1).with(ErrorFeature.ce, 0b01)

  /// The bits of ERR0CTLR that can be set.
  static let processorControlMask = ErrorControl.ed.mask
  /// The bits of ERR1CTLR that can be set.
  static let memoryControlMask = ErrorControl.ed.mask | ErrorControl.ue.mask

  /// Nodes after a cold reset: recording and responses enabled (IMPLEMENTATION DEFINED; as a
  /// server's management processor leaves them before the PEs start), records empty.
  public init(coreCount: Int) {
    state = State(
      processors: [Node](
        repeating: Node(control: ErrorControl(rawValue: RASNodes.processorControlMask)),
        count: coreCount),
      memory: Node(control: ErrorControl(rawValue: RASNodes.memoryControlMask)),
      selections: [UInt64](repeating: 0, count: coreCount))
  }

  /// Mixes in all records and controls.
  public func hash(into hash: inout StateHash) { state.hash(into: &hash) }
}
