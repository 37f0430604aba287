// Where generated code finds what it uses: words of the state, and words before it that are none.

/// Words before a core's state that generated code uses; none of them is state.
enum ContextWord {
  /// How many there are.
  static let count = 64
  /// Instructions left, when code has returned.
  static let budget = -1
  /// The virtual address of the page that executes.
  static let page = -2
  /// The fetch TLB's table.
  static let codeTLB = -3
  /// The data TLB's table.
  static let dataTLB = -4
  /// The core, for the functions below.
  static let core = -5
  /// What executes one operation.
  static let step = -6
  /// What executes an FP or Advanced SIMD operation without the loop around it.
  static let vector = -7
  /// Whether FP and Advanced SIMD instructions must be asked for first.
  static let isFloatingPointTrapped = -8
  /// Whether DC and IC by VA must be asked for first.
  static let isMaintenanceTrapped = -9
  /// Nanoseconds of virtual time at which the turn ends: less the budget, it is now.
  static let sliceEnd = -11
  /// Whether reads of the virtual, and of the physical, counter must be asked for first.
  static let isVirtualCounterTrapped = -12
  static let isPhysicalCounterTrapped = -13
  /// What the virtual counter is behind the physical one for who reads it now.
  static let virtualCounterOffset = -14
  /// What executes an operation without the loop around it, or says that it is a step.
  static let body = -10
}

/// Words of the state that generated code uses.
enum StateWord {
  static let n = 98
  static let z = 99
  static let c = 100
  static let v = 101
  static let pc = 102
  static let el = 103
  static let spSel = 104
  static let daif = 105
  static let bankedSP0 = 111
  static let vectors = 34
}
