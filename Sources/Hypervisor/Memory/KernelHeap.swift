// The kernel's heap, behind Swift's own allocations: what class, Array and closure take. Small
// objects come from frames cut into one size class each and go back to that class; large ones are
// blocks of frames. It must not allocate while it works, so its state lies in the frame table and
// in the free objects themselves.

import Arm

/// The kernel heap.
@safe public struct KernelHeap {
  /// log2 of the smallest object.
  static let smallestShift = 5
  /// log2 of the largest object that is cut out of a frame.
  static let largestShift = 11

  /// Head of the list of free objects of each class: the address of one, 0 for none; each holds
  /// the address of the next. Kernel addresses.
  private var free: InlineArray<12, UInt> = InlineArray(repeating: 0)
  /// Bytes handed out, whole objects.
  public private(set) var usedBytes = 0

  /// An empty heap.
  public init() {}

  private static func shift(forByteCount count: Int, alignment: Int) -> Int {
    var shift = smallestShift
    while 1 << shift < count || 1 << shift < alignment { shift += 1 }
    return shift
  }

  /// Memory of at least `byteCount` bytes, aligned to `alignment` (a power of two, at most 4 MiB),
  /// or nil. Not cleared.
  @unsafe public mutating func allocate<P: HypervisorPlatform>(
    byteCount: Int, alignment: Int, _ platform: P, _ frames: inout FrameAllocator
  ) -> UnsafeMutableRawPointer? {
    guard byteCount <= 4 << 20, alignment <= 4 << 20 else { return nil }
    let shift = Self.shift(forByteCount: byteCount, alignment: alignment)
    guard shift <= Self.largestShift else {
      let order = max(0, shift - 12)
      guard let block = frames.allocate(order: order, for: .heap) else { return nil }
      usedBytes += 4096 << order
      return unsafe platform.pointer(block)
    }
    if free[shift] == 0 {
      guard let frame = frames.allocate(for: .heap) else { return nil }
      frames.setObjectShift(frame, UInt8(shift))
      let start = unsafe UInt(bitPattern: platform.pointer(frame))
      var object = start + 4096
      while object > start {
        object -= 1 << UInt(shift)
        unsafe push(object, shift)
      }
    }
    let object = free[shift]
    guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: object) else { return nil }
    free[shift] = unsafe pointer.load(as: UInt.self)
    usedBytes += 1 << shift
    return unsafe pointer
  }

  @unsafe private mutating func push(_ object: UInt, _ shift: Int) {
    guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: object) else { return }
    unsafe pointer.storeBytes(of: free[shift], as: UInt.self)
    free[shift] = object
  }

  /// Takes back what `allocate` gave; `address` is where it is in physical memory.
  @unsafe public mutating func free(
    _ pointer: UnsafeMutableRawPointer, at address: PhysicalAddress,
    _ frames: inout FrameAllocator
  ) {
    guard let block = frames.block(of: address), block.use == .heap else { return }
    let shift = frames.objectShift(block.base)
    if shift == 0 {
      usedBytes -= 4096 << block.order
      frames.free(block.base)
    } else {
      usedBytes -= 1 << shift
      unsafe push(UInt(bitPattern: pointer), shift)
    }
  }
}

extension FrameAllocator {
  func setObjectShift(_ frame: PhysicalAddress, _ shift: UInt8) {
    if let index = table.index(of: frame) { table[index].objectShift = shift }
  }

  func objectShift(_ frame: PhysicalAddress) -> Int {
    table.index(of: frame).map { Int(table[$0].objectShift) } ?? 0
  }
}
