// Which address a load or store of A64 goes to, from the instruction and the registers before it.
// Arm ARM C4.1, "Loads and Stores", and C5.3 for the DC instructions. An encoding that is not
// known here has no address, which is then said as "FAR not valid".

import Arm

/// The memory access of one instruction.
public struct MemoryAccess: Equatable, Sendable {
  /// What FAR_ELx would be: the first byte, or what the register of a DC instruction holds.
  public var address: VirtualAddress
  /// How many bytes follow one another from the first.
  public var byteCount: UInt64
  /// Whether ESR_ELx.WnR is 1 for it; an atomic operation counts as a read.
  public var isWrite: Bool
  /// Whether ESR_ELx.CM is 1: a cache maintenance instruction.
  public var isCacheMaintenance = false
  /// Whether it is of the whole 64-byte block around its address: DC by virtual address.
  public var isOfBlock = false

  /// The first byte.
  public var firstByte: VirtualAddress {
    isOfBlock ? VirtualAddress(CacheLine.start(of: address.rawValue)) : address
  }

  /// An access.
  public init(address: VirtualAddress, byteCount: UInt64, isWrite: Bool) {
    self.address = address
    self.byteCount = byteCount
    self.isWrite = isWrite
  }

  /// The access of an instruction at `pc`; `x` gives X0 to X30 and the stack pointer as 31. Nil when
  /// it has none or is not known.
  public init?(_ word: UInt32, pc: VirtualAddress, x: (UInt64) -> UInt64) {
    func bits(_ high: UInt32, _ low: UInt32) -> UInt64 {
      UInt64(word >> low & (UInt32.max >> (31 - (high - low))))
    }
    func signed(_ high: UInt32, _ low: UInt32) -> UInt64 {
      let width = UInt64(high - low + 1)
      return UInt64(bitPattern: Int64(bitPattern: bits(high, low) << (64 - width)) >> (64 - width))
    }
    let rn = bits(9, 5)
    let isVector = bits(26, 26) != 0
    let isLoad = bits(22, 22) != 0
    // SYS #3, C7: DC by virtual address; Rt holds it. #1 of C4 is ZVA, the others maintain.
    if word & 0xFFF8_0000 == 0xD508_0000 {
      guard bits(15, 12) == 7, bits(4, 0) != 31 else { return nil }
      let isByAddress =
        bits(18, 16) == 3 && (bits(11, 8) == 4 || bits(11, 8) >= 10) && bits(7, 5) == 1
        || bits(18, 16) == 0 && bits(11, 8) == 6 && bits(7, 5) == 1
      guard isByAddress else { return nil }
      self.init(address: VirtualAddress(x(bits(4, 0))), byteCount: CacheLine.size, isWrite: true)
      isOfBlock = true
      isCacheMaintenance = !(bits(18, 16) == 3 && bits(11, 8) == 4)
      return
    }
    guard bits(27, 27) == 1, bits(25, 25) == 0 else { return nil }
    switch bits(29, 24) & 0b111011 {
    case 0b011000 where bits(29, 24) == 0b011001:
      return nil
    case 0b011000:
      // LDR (literal).
      self.init(
        address: VirtualAddress(pc.rawValue &+ signed(23, 5) &* 4),
        byteCount: isVector ? 4 << bits(31, 30) : 8, isWrite: false)
      return
    case 0b011001:
      // LDAPUR, STLUR and kin: unscaled 9-bit offset.
      guard !isVector, bits(21, 21) == 0, bits(11, 10) == 0 else { return nil }
      self.init(
        address: VirtualAddress(x(rn) &+ signed(20, 12)), byteCount: 1 << bits(31, 30),
        isWrite: bits(23, 22) == 0)
      return
    default: break
    }
    if bits(29, 24) == 0b001000 {
      // Exclusive, ordered, compare and swap: the base alone. CAS reads first.
      let isCompare = bits(21, 21) != 0 && (bits(23, 23) != 0 || bits(31, 31) == 0)
      let isPair = bits(21, 21) != 0
      let size: UInt64 = isPair && !(bits(23, 23) != 0) ? 8 << bits(30, 30) : 1 << bits(31, 30)
      self.init(address: VirtualAddress(x(rn)), byteCount: size, isWrite: !isCompare && !isLoad)
      return
    }
    if bits(29, 27) == 0b101, bits(25, 25) == 0 {
      // Pairs: post-index 01, offset 10 and 00, pre-index 11.
      let scale = isVector ? 2 + bits(31, 30) : 2 + bits(31, 31)
      let offset = bits(24, 23) == 1 ? 0 : signed(21, 15) << scale
      self.init(
        address: VirtualAddress(x(rn) &+ offset), byteCount: 2 << scale, isWrite: !isLoad)
      return
    }
    if bits(31, 31) == 0, bits(29, 25) == 0b00110 {
      // Advanced SIMD structures: the base alone; at most four registers.
      self.init(address: VirtualAddress(x(rn)), byteCount: 64, isWrite: !isLoad)
      return
    }
    guard bits(29, 27) == 0b111, bits(25, 25) == 0 else { return nil }
    let scale = isVector && bits(23, 23) != 0 ? 4 : bits(31, 30)
    let isPrefetch = !isVector && bits(31, 30) == 3 && bits(23, 22) == 2
    guard !isPrefetch else { return nil }
    let isWrite = isVector ? !isLoad : bits(23, 22) == 0
    let address: UInt64
    if bits(24, 24) != 0 {
      address = x(rn) &+ bits(21, 10) << scale
    } else if bits(21, 21) == 0 {
      address = bits(11, 10) == 1 ? x(rn) : x(rn) &+ signed(20, 12)
    } else if bits(11, 10) == 2 {
      let rm = bits(20, 16) == 31 ? 0 : x(bits(20, 16))
      let extended: UInt64 =
        switch bits(15, 13) {
        case 2: rm & 0xFFFF_FFFF
        case 6: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: rm)))
        default: rm
        }
      address = x(rn) &+ extended << (bits(12, 12) != 0 ? scale : 0)
    } else if bits(11, 10) == 0, !isVector {
      // Atomic memory operations (FEAT_LSE): they read first.
      self.init(address: VirtualAddress(x(rn)), byteCount: 1 << bits(31, 30), isWrite: false)
      return
    } else {
      return nil
    }
    self.init(address: VirtualAddress(address), byteCount: 1 << scale, isWrite: isWrite)
  }
}
