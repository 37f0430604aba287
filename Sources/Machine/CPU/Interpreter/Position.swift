// Where the interpreter is: pointers into a page of predecoded operations, and the arithmetic
// that keeps the program counter and the budget exact without counting.

/// The interpreter's place in a page of operations.
///
/// Invariant: `cursor`, `limit` and `pageEnd` are addresses inside one `CodePage`, or one past its
/// last operation, and that page lives as long as the code cache.
@safe struct Position {
  /// Size of an operation, in bytes.
  static let stride = 16

  /// Address of the next operation.
  var cursor: Int
  /// Where to stop: the end of the page or of the budget, whichever comes first.
  var limit: Int
  /// One past the page's last operation.
  var pageEnd: Int
  /// Where the budget would end if execution went straight on; may lie outside the page.
  var budgetEnd: Int
  /// Adding a quarter of the cursor's address gives the virtual address of its instruction.
  var bias: UInt64

  /// At the instruction at virtual address `pc` in the page whose operations begin at `operations`.
  @inline(__always) init(pc: UInt64, operations: Int, budget: Int) {
    cursor = operations &+ Int(pc & 0xFFC) &* 4
    pageEnd = operations &+ 1024 &* Position.stride
    budgetEnd = cursor &+ budget &* Position.stride
    limit = min(pageEnd, budgetEnd)
    bias = (pc & ~0xFFF) &- UInt64(UInt(bitPattern: operations)) &>> 2
  }

  /// Whether there is another operation to execute here.
  @inline(__always) var isInside: Bool { cursor != limit }
  /// The virtual address of the operation that `next` returned last.
  @inline(__always) var pc: UInt64 { nextPC &- 4 }
  /// The virtual address of the operation that `next` would return.
  @inline(__always) var nextPC: UInt64 { UInt64(UInt(bitPattern: cursor)) &>> 2 &+ bias }
  /// Instructions left of the budget.
  @inline(__always) var budgetLeft: Int { (budgetEnd &- cursor) / Position.stride }

  /// The next operation, moving past it.
  @inline(__always) mutating func next() -> OperationReference {
    let reference = unsafe OperationReference(
      UnsafePointer<Operation>(bitPattern: cursor).unsafelyUnwrapped)
    cursor &+= Position.stride
    return reference
  }

  /// The operation that `next` returned last.
  var previous: Operation {
    unsafe UnsafePointer<Operation>(bitPattern: cursor &- Position.stride).unsafelyUnwrapped.pointee
  }

  /// Undoes `next`.
  @inline(__always) mutating func stepBack() { cursor &-= Position.stride }

  /// A taken branch inside the page.
  @inline(__always) mutating func jumpLocal(_ distance: UInt64) {
    let bytes = Int(truncatingIfNeeded: Int64(bitPattern: distance))
    cursor &+= bytes
    budgetEnd &+= bytes
    limit = min(pageEnd, budgetEnd)
  }

  /// The branch that follows and was fused with the operation that `next` returned last; its
  /// distance is in operations.
  @inline(__always) mutating func branchNext(_ isTaken: Bool, _ distance: UInt16) {
    cursor &+= Position.stride
    if isTaken {
      jumpLocal(UInt64(bitPattern: Int64(Int16(bitPattern: distance)) &* Int64(Position.stride)))
    }
  }

  /// A taken branch to anywhere; false when the TLB does not know the page.
  @inline(__always) mutating func jump(to target: UInt64, _ tlb: TLBTable) -> Bool {
    let operations = tlb.operations(for: target)
    guard operations != 0 else { return false }
    let left = budgetEnd &- cursor
    cursor = operations &+ Int(target & 0xFFC) &* 4
    pageEnd = operations &+ 1024 &* Position.stride
    budgetEnd = cursor &+ left
    limit = min(pageEnd, budgetEnd)
    bias = (target & ~0xFFF) &- UInt64(UInt(bitPattern: operations)) &>> 2
    return true
  }
}

/// An operation where it lies, so that a case of the switch loads only the fields it needs.
///
/// Invariant: as `Position`.
@safe struct OperationReference {
  private let pointer: UnsafePointer<Operation>

  @inline(__always) init(_ pointer: UnsafePointer<Operation>) { unsafe self.pointer = pointer }

  @inline(__always) var opcode: Opcode { unsafe pointer.pointee.opcode }
  @inline(__always) var extra: UInt16 { unsafe pointer.pointee.extra }
  @inline(__always) var rd: UInt8 { unsafe pointer.pointee.rd }
  @inline(__always) var rn: UInt8 { unsafe pointer.pointee.rn }
  @inline(__always) var rm: UInt8 { unsafe pointer.pointee.rm }
  @inline(__always) var ra: UInt8 { unsafe pointer.pointee.ra }
  @inline(__always) var immediate: UInt64 { unsafe pointer.pointee.immediate }
  /// A copy of all of it.
  @inline(__always) var operation: Operation { unsafe pointer.pointee }
}

extension TLBTable {
  /// The address of the operations of the page that a fetch address is in, 0 when the page is not
  /// here or the address is not aligned.
  @inline(__always) func operations(for target: UInt64) -> Int {
    let entry = unsafe fetchEntry(target)
    guard unsafe target & ~0xFFC == entry.pointee.tag else { return 0 }
    return unsafe Int(truncatingIfNeeded: entry.pointee.payload)
  }

  /// The host's address of `size` bytes for loading, nil when the slow path must see them.
  @inline(__always) @unsafe func readable(
    _ address: UInt64, _ size: UInt64
  )
    -> UnsafeMutableRawPointer?
  {
    unsafe hostForRead(address, lastByte: size &- 1)
  }

  /// The host's address of `size` bytes for storing, nil when the slow path must see them.
  @inline(__always) @unsafe func writable(
    _ address: UInt64, _ size: UInt64
  )
    -> UnsafeMutableRawPointer?
  {
    unsafe hostForWrite(address, lastByte: size &- 1)
  }
}
