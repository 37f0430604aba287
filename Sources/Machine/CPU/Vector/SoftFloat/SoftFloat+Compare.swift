// Comparison, maximum and minimum.

extension SoftFloat {
  /// What FPCompare found.
  enum Relation { case less, equal, greater, unordered }

  /// FPCompare; quiet NaNs are invalid only when `isSignaling`.
  mutating func compare(
    _ a: UInt64, _ b: UInt64, _ format: FloatFormat, isSignaling: Bool
  )
    -> Relation
  {
    if let relation = hostCompare(a, b, format) { return relation }
    let ua = unpack(a, format)
    let ub = unpack(b, format)
    if ua.isNaN || ub.isNaN {
      if isSignaling || ua.kind == .signalingNaN || ub.kind == .signalingNaN {
        flags |= SoftFloat.invalidOperation
      }
      return .unordered
    }
    let order: Int = ua.order(ub)
    return order < 0 ? .less : order == 0 ? .equal : .greater
  }

  /// FPMax and FPMin.
  mutating func extremum(_ a: UInt64, _ b: UInt64, _ format: FloatFormat, isMaximum: Bool) -> UInt64
  {
    let ua = unpack(a, format)
    let ub = unpack(b, format)
    if let nan = processNaNs(a, ua, b, ub, format) { return nan }
    let order: Int = ua.order(ub)
    let isFirst: Bool = isMaximum ? order > 0 : order < 0
    if (isFirst ? ua : ub).isZero {
      return format.zero(isMaximum ? ua.sign && ub.sign : ua.sign || ub.sign)
    }
    return isFirst ? a : b
  }

  /// FPMaxNum and FPMinNum: a quiet NaN loses to a number.
  mutating func extremumNumber(
    _ a: UInt64, _ b: UInt64, _ format: FloatFormat, isMaximum: Bool
  ) -> UInt64 {
    let isQuietA: Bool = unpack(a, format).kind == .quietNaN
    let isQuietB: Bool = unpack(b, format).kind == .quietNaN
    let least: UInt64 = format.infinity(isMaximum)
    return extremum(
      isQuietA && !isQuietB ? least : a, isQuietB && !isQuietA ? least : b, format,
      isMaximum: isMaximum)
  }
}
