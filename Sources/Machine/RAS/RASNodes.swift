// The error nodes of a machine: their state, and how a record's number leads to it.

import Arm

/// The error nodes.
public final class RASNodes {
  /// One node's registers.
  public struct Node: Sendable, Equatable {
    /// ERR<n>CTLR of the node's first record; the others have none.
    public var control: ErrorControl
    /// ERR<n>STATUS, ADDR and MISC0...3, by record.
    public var records: [ErrorRecord]
    /// What it was asked to fake.
    public internal(set) var injection = FaultInjection()
    /// ERR<irq>CR2.IRQEN of its group: the interrupts that it may assert, as `NodeInterrupt.bit`. A PE's node is in
    /// no group.
    public internal(set) var enabledInterrupts: UInt64 = 0

    /// The node's first record.
    public var record: ErrorRecord {
      get { records[0] }
      set { records[0] = newValue }
    }
  }

  /// All that changes.
  public struct State: Sendable, Equatable {
    /// Every node: in the order of the rows, and in a row by core.
    public internal(set) var nodes: [Node]
    /// ERRSELR_EL1, by core.
    public internal(set) var selections: [UInt64]

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for node in nodes {
        hash.combine(node.control.rawValue)
        node.injection.hash(into: &hash)
        if node.enabledInterrupts != 0 { hash.combine(node.enabledInterrupts) }
        for record in node.records {
          hash.combine(record.status.rawValue)
          hash.combine(record.address.rawValue)
          hash.combine(record.misc0)
          hash.combine(record.misc1)
          hash.combine(record.misc2)
          hash.combine(record.misc3)
        }
      }
      for selection in selections { hash.combine(selection) }
    }
  }

  /// Where the record of a number is.
  struct Slot {
    /// Its node's row.
    let row: ErrorNodeRow
    /// Its node on core 0, in `State.nodes`.
    let firstNode: Int
    /// How far the same node of the next core is.
    let stride: Int
    /// Its place among the records of its node.
    let record: Int

    /// Its node as a core sees it, in `State.nodes`.
    func node(_ core: Int) -> Int { firstNode + core * stride }
  }

  /// All that changes.
  public var state: State
  /// The records, by number.
  let slots: [Slot]
  /// What the nodes are.
  let rows: [ErrorNodeRow]
  /// Whom an SError goes to.
  struct Receiver {
    /// A core, which holds the bus that holds these nodes: it must not be held here.
    unowned let core: any ErrorReceiver
  }

  /// Whom an SError goes to, by core.
  var receivers: [Receiver] = []
  /// Whether a level may have changed since `drive` put the levels on the interrupt controller.
  var hasChanged = false
  /// What happened to the nodes that an observer may want to know; `Bus.settleNodes` takes it.
  var pendingEvents: [MachineEvent.Kind] = []

  /// Nodes after a cold reset: recording and responses enabled (IMPLEMENTATION DEFINED; as a
  /// server's management processor leaves them before the PEs start), records empty.
  public init(coreCount: Int, rows: [ErrorNodeRow] = ErrorNodeRow.machine) {
    var nodes: [Node] = []
    var slots: [Slot] = []
    for row in rows {
      for record in 0..<row.recordCount {
        slots.append(
          Slot(
            row: row, firstNode: nodes.count, stride: row.affinity == .processor ? 1 : 0,
            record: record))
      }
      let node = Node(
        control: ErrorControl(
          rawValue: row.feature.controls & (ErrorControl.ed.mask | ErrorControl.ue.mask)),
        records: Array(repeating: ErrorRecord(), count: row.recordCount))
      nodes += Array(repeating: node, count: row.affinity == .processor ? coreCount : 1)
    }
    self.slots = slots
    self.rows = rows
    state = State(nodes: nodes, selections: Array(repeating: 0, count: coreCount))
  }

  /// Every node becomes what a cold reset leaves.
  func losePower() {
    let cores = state.selections.count
    state = RASNodes(coreCount: cores, rows: rows).state
  }

  /// ERRIDR_EL1.NUM.
  public var recordCount: UInt64 { UInt64(slots.count) }

  /// Whether there is a record of a number.
  func has(_ record: UInt64) -> Bool { record < recordCount }

  /// The node of a record that exists, by number, as a core sees it.
  public subscript(record: UInt64, core core: Int = 0) -> Node {
    get { state.nodes[slots[Int(record)].node(core)] }
    set {
      state.nodes[slots[Int(record)].node(core)] = newValue
      hasChanged = true
    }
  }

  /// Mixes in all records and controls.
  public func hash(into hash: inout StateHash) { state.hash(into: &hash) }
}

/// Who may be told of an error by an SError.
protocol ErrorReceiver: AnyObject {
  /// Whether an SError would be taken now if one were pending.
  var canTakeError: Bool { get }
}
