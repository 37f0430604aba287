// The bodies that several operations share: flags, shifts, extensions, bit counting, CRC.

/// The flags of a 64-bit addition, and its result.
@inline(__always) func addFlags64(_ s: CoreState, _ a: UInt64, _ b: UInt64) -> UInt64 {
  let result = a &+ b
  s.n = result
  s.z = result
  s.c = result < a ? 1 : 0
  s.v = ~(a ^ b) & (a ^ result)
  return result
}

/// The flags of a 32-bit addition, and its result.
@inline(__always) func addFlags32(_ s: CoreState, _ a: UInt64, _ b: UInt64) -> UInt64 {
  let x = UInt32(truncatingIfNeeded: a)
  let y = UInt32(truncatingIfNeeded: b)
  let result = x &+ y
  s.n = UInt64(result) &<< 32
  s.z = UInt64(result)
  s.c = result < x ? 1 : 0
  s.v = UInt64(~(x ^ y) & (x ^ result)) &<< 32
  return UInt64(result)
}

/// The flags of a 64-bit subtraction, and its result.
@inline(__always) func subtractFlags64(_ s: CoreState, _ a: UInt64, _ b: UInt64) -> UInt64 {
  let result = a &- b
  s.n = result
  s.z = result
  s.c = a >= b ? 1 : 0
  s.v = (a ^ b) & (a ^ result)
  return result
}

/// The flags of a 32-bit subtraction, and its result.
@inline(__always) func subtractFlags32(_ s: CoreState, _ a: UInt64, _ b: UInt64) -> UInt64 {
  let x = UInt32(truncatingIfNeeded: a)
  let y = UInt32(truncatingIfNeeded: b)
  let result = x &- y
  s.n = UInt64(result) &<< 32
  s.z = UInt64(result)
  s.c = x >= y ? 1 : 0
  s.v = UInt64((x ^ y) & (x ^ result)) &<< 32
  return UInt64(result)
}

/// The flags of a 64-bit addition with carry in, and its result.
@inline(__always) func addWithCarryFlags64(_ s: CoreState, _ a: UInt64, _ b: UInt64) -> UInt64 {
  let (partial, first) = a.addingReportingOverflow(b)
  let (result, second) = partial.addingReportingOverflow(s.c)
  s.n = result
  s.z = result
  s.c = first || second ? 1 : 0
  s.v = ~(a ^ b) & (a ^ result)
  return result
}

/// The flags of a 32-bit addition with carry in, and its result.
@inline(__always) func addWithCarryFlags32(_ s: CoreState, _ a: UInt64, _ b: UInt64) -> UInt64 {
  let x = a & 0xFFFF_FFFF
  let y = b & 0xFFFF_FFFF
  let sum = x &+ y &+ s.c
  let result = sum & 0xFFFF_FFFF
  s.n = result &<< 32
  s.z = result
  s.c = sum &>> 32
  s.v = (~(x ^ y) & (x ^ result)) &<< 32
  return result
}

/// The flags of a 64-bit logical operation, and its result.
@inline(__always) func logicalFlags64(_ s: CoreState, _ result: UInt64) -> UInt64 {
  s.n = result
  s.z = result
  s.c = 0
  s.v = 0
  return result
}

/// The flags of a 32-bit logical operation, and its result.
@inline(__always) func logicalFlags32(_ s: CoreState, _ value: UInt64) -> UInt64 {
  let result = value & 0xFFFF_FFFF
  s.n = result &<< 32
  s.z = result
  s.c = 0
  s.v = 0
  return result
}

/// Sets N, Z, C, V from bits 3:0.
@inline(__always) func setFlags(_ s: CoreState, _ nzcv: UInt8) {
  let bits = UInt64(nzcv)
  s.n = bits &<< 60
  s.z = (bits &>> 2 & 1) ^ 1
  s.c = bits &>> 1 & 1
  s.v = bits &<< 63
}

/// ConditionHolds. Arm ARM J1.
@inline(__always) func conditionHolds(_ s: CoreState, _ condition: UInt16) -> Bool {
  let holds: Bool
  switch condition &>> 1 {
  case 0: holds = s.z == 0
  case 1: holds = s.c != 0
  case 2: holds = Int64(bitPattern: s.n) < 0
  case 3: holds = Int64(bitPattern: s.v) < 0
  case 4: holds = s.c != 0 && s.z != 0
  case 5: holds = Int64(bitPattern: s.n ^ s.v) >= 0
  case 6: holds = s.z != 0 && Int64(bitPattern: s.n ^ s.v) >= 0
  default: return true
  }
  return holds != (condition & 1 != 0)
}

@inline(__always) func signExtend8(_ value: UInt64) -> UInt64 {
  UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value)))
}
@inline(__always) func signExtend16(_ value: UInt64) -> UInt64 {
  UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: value)))
}
@inline(__always) func signExtend32(_ value: UInt64) -> UInt64 {
  UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
}

/// ExtendReg: `extra` is option << 8 | shift. Arm ARM C6.2, ADD (extended register).
@inline(__always) func extend(_ value: UInt64, _ extra: UInt16) -> UInt64 {
  let extended: UInt64
  switch extra &>> 8 {
  case 3, 7: extended = value
  case 2: extended = value & 0xFFFF_FFFF
  case 6: extended = signExtend32(value)
  case 0: extended = value & 0xFF
  case 1: extended = value & 0xFFFF
  case 4: extended = signExtend8(value)
  default: extended = signExtend16(value)
  }
  return extended &<< UInt64(extra & 7)
}

/// ShiftReg, 64 bits: `extra` is type << 8 | amount (LSL, LSR, ASR, ROR).
@inline(__always) func shift64(_ value: UInt64, _ extra: UInt16) -> UInt64 {
  let amount = UInt64(extra & 63)
  switch extra &>> 8 {
  case 0: return value &<< amount
  case 1: return value &>> amount
  case 2: return UInt64(bitPattern: Int64(bitPattern: value) &>> Int64(amount))
  default: return value &>> amount | value &<< (64 &- amount)
  }
}

/// ShiftReg, 32 bits.
@inline(__always) func shift32(_ wide: UInt64, _ extra: UInt16) -> UInt64 {
  let value = UInt32(truncatingIfNeeded: wide)
  let amount = UInt32(extra & 31)
  switch extra &>> 8 {
  case 0: return UInt64(value &<< amount)
  case 1: return UInt64(value &>> amount)
  case 2: return UInt64(UInt32(bitPattern: Int32(bitPattern: value) &>> Int32(amount)))
  default: return UInt64(value &>> amount | value &<< (32 &- amount))
  }
}

@inline(__always) func extract64(_ high: UInt64, _ low: UInt64, _ amount: UInt64) -> UInt64 {
  amount == 0 ? low : low &>> amount | high &<< (64 &- amount)
}
@inline(__always) func extract32(_ high: UInt64, _ low: UInt64, _ amount: UInt64) -> UInt64 {
  let pair = (high & 0xFFFF_FFFF) &<< 32 | (low & 0xFFFF_FFFF)
  return (pair &>> amount) & 0xFFFF_FFFF
}

func unsignedDivide64(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? 0 : a / b }
func unsignedDivide32(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let divisor = b & 0xFFFF_FFFF
  return divisor == 0 ? 0 : (a & 0xFFFF_FFFF) / divisor
}
func signedDivide64(_ a: UInt64, _ b: UInt64) -> UInt64 {
  guard b != 0 else { return 0 }
  return UInt64(
    bitPattern: Int64(bitPattern: a).dividedReportingOverflow(by: Int64(bitPattern: b)).partialValue
  )
}
func signedDivide32(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let divisor = Int32(truncatingIfNeeded: b)
  guard divisor != 0 else { return 0 }
  let quotient = Int32(truncatingIfNeeded: a).dividedReportingOverflow(by: divisor).partialValue
  return UInt64(UInt32(bitPattern: quotient))
}
@inline(__always) func signedMultiplyHigh(_ a: UInt64, _ b: UInt64) -> UInt64 {
  UInt64(
    bitPattern: Int64(bitPattern: a).multipliedFullWidth(by: Int64(bitPattern: b)).high)
}

func reverseBits64(_ value: UInt64) -> UInt64 {
  var x = value.byteSwapped
  x = (x &>> 4) & 0x0F0F_0F0F_0F0F_0F0F | (x & 0x0F0F_0F0F_0F0F_0F0F) &<< 4
  x = (x &>> 2) & 0x3333_3333_3333_3333 | (x & 0x3333_3333_3333_3333) &<< 2
  return (x &>> 1) & 0x5555_5555_5555_5555 | (x & 0x5555_5555_5555_5555) &<< 1
}
func reverseBits32(_ value: UInt64) -> UInt64 { reverseBits64(value) &>> 32 }
@inline(__always) func reverseBytes16(_ value: UInt64) -> UInt64 {
  (value &>> 8) & 0x00FF_00FF_00FF_00FF | (value & 0x00FF_00FF_00FF_00FF) &<< 8
}
@inline(__always) func reverseBytes32(_ value: UInt64) -> UInt64 {
  let swapped = value.byteSwapped
  return swapped &>> 32 | swapped &<< 32
}
@inline(__always) func countLeadingZeros64(_ value: UInt64) -> UInt64 {
  UInt64(truncatingIfNeeded: value.leadingZeroBitCount)
}
@inline(__always) func countLeadingZeros32(_ value: UInt64) -> UInt64 {
  UInt64(truncatingIfNeeded: UInt32(truncatingIfNeeded: value).leadingZeroBitCount)
}
@inline(__always) func countLeadingSigns64(_ value: UInt64) -> UInt64 {
  let signs = value ^ UInt64(bitPattern: Int64(bitPattern: value) &>> 1)
  return countLeadingZeros64(signs & UInt64.max &>> 1) &- 1
}
@inline(__always) func countLeadingSigns32(_ value: UInt64) -> UInt64 {
  let low = Int32(truncatingIfNeeded: value)
  let signs = UInt32(bitPattern: low ^ (low &>> 1)) & 0x7FFF_FFFF
  return UInt64(truncatingIfNeeded: signs.leadingZeroBitCount) &- 1
}

/// CRC32 and CRC32C over 1, 2, 4 or 8 bytes; `polynomial` is bit-reversed. Arm ARM C6.2, CRC32B.
func checksum(
  _ accumulator: UInt64, _ value: UInt64, _ sizeLog2: UInt16, _ polynomial: UInt32
)
  -> UInt64
{
  var crc = UInt32(truncatingIfNeeded: accumulator)
  for index in 0..<(1 as UInt64) << UInt64(sizeLog2) {
    crc ^= UInt32(truncatingIfNeeded: value &>> (index &* 8)) & 0xFF
    for _ in 0..<8 { crc = crc &>> 1 ^ (crc & 1 == 1 ? polynomial : 0) }
  }
  return UInt64(crc)
}
