// The host's FPU, used only where it provably gives Arm's bits and flags: round to nearest, all
// inputs normal (so no NaN, flush or IDC), and a result at least twice the smallest normal number
// (so no UFC, OFC, or flush). What is left is IXC, found from an error term that is exact in these
// ranges, or already set. Anything else returns nil and is done in integers.

import Arm

// Square root and fused multiply-add are functions of the C mathematics library.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension SoftFloat {
  /// Whether FPCR asks for round to nearest.
  @inline(__always) private var isHostRounding: Bool { !control.isSet(FloatingPointControl.rMode) }

  @inline(__always) private func isNormal(_ a: Double) -> Bool {
    a.bitPattern >> 52 & 0x7FF &- 1 < 0x7FE
  }
  @inline(__always) private func isNormal(_ a: Float) -> Bool {
    a.bitPattern >> 23 & 0xFF &- 1 < 0xFE
  }
  @inline(__always) private func isSafeResult(_ a: Double) -> Bool {
    a.bitPattern >> 52 & 0x7FF &- 2 < 0x7FD
  }
  @inline(__always) private func isSafeResult(_ a: Float) -> Bool {
    a.bitPattern >> 23 & 0xFF &- 2 < 0xFD
  }
  /// Whether the error of an operation with this result is far from underflow.
  @inline(__always) private func hasExactError(_ a: Double) -> Bool {
    a.bitPattern >> 52 & 0x7FF > 128
  }
  @inline(__always) private mutating func setInexact(_ isInexact: Bool) {
    if isInexact { flags |= SoftFloat.inexact }
  }

  @inline(__always)
  mutating func hostAdd(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64? {
    guard isHostRounding, format != .half else { return nil }
    if format == .double {
      let x = Double(bitPattern: a)
      let y = Double(bitPattern: b)
      let sum: Double = x + y
      guard isNormal(x), isNormal(y), isSafeResult(sum) else { return nil }
      // Knuth's two-sum: the exact error.
      let part: Double = sum - x
      setInexact((x - (sum - part)) + (y - part) != 0)
      return sum.bitPattern
    }
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    let y = Float(bitPattern: UInt32(truncatingIfNeeded: b))
    let sum: Float = x + y
    guard isNormal(x), isNormal(y), isSafeResult(sum) else { return nil }
    let part: Float = sum - x
    setInexact((x - (sum - part)) + (y - part) != 0)
    return UInt64(sum.bitPattern)
  }

  @inline(__always)
  mutating func hostMultiply(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64? {
    guard isHostRounding, format != .half else { return nil }
    if format == .double {
      let x = Double(bitPattern: a)
      let y = Double(bitPattern: b)
      let product: Double = x * y
      guard isNormal(x), isNormal(y), isSafeResult(product) else { return nil }
      if flags & SoftFloat.inexact == 0 {
        guard hasExactError(product) else { return nil }
        setInexact((-product).addingProduct(x, y) != 0)
      }
      return product.bitPattern
    }
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    let y = Float(bitPattern: UInt32(truncatingIfNeeded: b))
    let product: Float = x * y
    guard isNormal(x), isNormal(y), isSafeResult(product) else { return nil }
    setInexact(Double(x) * Double(y) != Double(product))
    return UInt64(product.bitPattern)
  }

  @inline(__always)
  mutating func hostDivide(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64? {
    guard isHostRounding, format != .half else { return nil }
    if format == .double {
      let x = Double(bitPattern: a)
      let y = Double(bitPattern: b)
      let quotient: Double = x / y
      guard isNormal(x), isNormal(y), isSafeResult(quotient) else { return nil }
      if flags & SoftFloat.inexact == 0 {
        guard hasExactError(x) else { return nil }
        setInexact((-x).addingProduct(quotient, y) != 0)
      }
      return quotient.bitPattern
    }
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    let y = Float(bitPattern: UInt32(truncatingIfNeeded: b))
    let quotient: Float = x / y
    guard isNormal(x), isNormal(y), isSafeResult(quotient) else { return nil }
    setInexact(Double(quotient) * Double(y) != Double(x))
    return UInt64(quotient.bitPattern)
  }

  @inline(__always)
  mutating func hostSquareRoot(_ a: UInt64, _ format: FloatFormat) -> UInt64? {
    guard isHostRounding, format != .half else { return nil }
    if format == .double {
      let x = Double(bitPattern: a)
      guard isNormal(x), x > 0, hasExactError(x) else { return nil }
      let root: Double = x.squareRoot()
      setInexact((-x).addingProduct(root, root) != 0)
      return root.bitPattern
    }
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    guard isNormal(x), x > 0 else { return nil }
    let root: Float = x.squareRoot()
    setInexact(Double(root) * Double(root) != Double(x))
    return UInt64(root.bitPattern)
  }

  /// Two normal doubles.
  @inline(__always)
  func hostCompare(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> Relation? {
    guard format == .double else { return nil }
    let x = Double(bitPattern: a)
    let y = Double(bitPattern: b)
    guard isNormal(x), isNormal(y) else { return nil }
    return x < y ? .less : x == y ? .equal : .greater
  }

  /// Only once IXC is set: the error of a fused operation is not a number.
  @inline(__always)
  func hostMultiplyAdd(_ addend: UInt64, _ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64?
  {
    guard isHostRounding, flags & SoftFloat.inexact != 0, format != .half else { return nil }
    if format == .double {
      let x = Double(bitPattern: a)
      let y = Double(bitPattern: b)
      let z = Double(bitPattern: addend)
      guard isNormal(x), isNormal(y), isNormal(z) || z == 0 else { return nil }
      let sum: Double = z.addingProduct(x, y)
      return isSafeResult(sum) ? sum.bitPattern : nil
    }
    let x = Float(bitPattern: UInt32(truncatingIfNeeded: a))
    let y = Float(bitPattern: UInt32(truncatingIfNeeded: b))
    let z = Float(bitPattern: UInt32(truncatingIfNeeded: addend))
    guard isNormal(x), isNormal(y), isNormal(z) || z == 0 else { return nil }
    let sum: Float = z.addingProduct(x, y)
    return isSafeResult(sum) ? UInt64(sum.bitPattern) : nil
  }
}
