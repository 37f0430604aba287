// What a sample says of a share, with honest bounds.
//
// Wilson's interval is shown; Clopper and Pearson's, which never promises too much, is for gates and for
// counts of zero. Shares over several strata have the bounds of each combined (Zou and Donner's method of
// variance estimates recovery), so that a stratum in which nothing was seen still counts.

import Foundation

/// A share with bounds, each from 0 to 1.
public struct Estimate: Equatable, Sendable {
  /// The share itself.
  public var value: Double
  /// The lower bound.
  public var lower: Double
  /// The upper bound.
  public var upper: Double

  /// Half of the interval's width.
  public var halfWidth: Double { (upper - lower) / 2 }

  /// A share that is known exactly.
  public static func exact(_ value: Double) -> Estimate {
    Estimate(value: value, lower: value, upper: value)
  }

  /// Wilson's score interval.
  public static func wilson(_ count: Int, of trials: Int, confidence: Double) -> Estimate {
    guard trials > 0 else { return Estimate(value: 0, lower: 0, upper: 1) }
    let (n, p) = (Double(trials), Double(count) / Double(trials))
    let z = Distribution.normalQuantile(1 - (1 - confidence) / 2)
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(
      value: p, lower: count == 0 ? 0 : max(0, middle - half),
      upper: count == trials ? 1 : min(1, middle + half))
  }

  /// Clopper and Pearson's exact interval.
  public static func clopperPearson(_ count: Int, of trials: Int, confidence: Double) -> Estimate {
    guard trials > 0 else { return Estimate(value: 0, lower: 0, upper: 1) }
    let tail = (1 - confidence) / 2
    let (x, n) = (Double(count), Double(trials))
    return Estimate(
      value: x / n, lower: count == 0 ? 0 : Distribution.betaQuantile(tail, x, n - x + 1),
      upper: count == trials ? 1 : Distribution.betaQuantile(1 - tail, x + 1, n - x))
  }

  /// What is shown: Wilson's interval, and the exact one where nothing or everything was seen.
  public static func shown(_ count: Int, of trials: Int, confidence: Double) -> Estimate {
    count == 0 || count == trials
      ? clopperPearson(count, of: trials, confidence: confidence)
      : wilson(count, of: trials, confidence: confidence)
  }

  /// The weighted total of independent shares; the weights are the strata's parts of the whole.
  public static func total(_ strata: [(weight: Double, share: Estimate)]) -> Estimate {
    var (value, below, above) = (0.0, 0.0, 0.0)
    for (weight, share) in strata {
      value += weight * share.value
      below += (weight * (share.value - share.lower)) * (weight * (share.value - share.lower))
      above += (weight * (share.upper - share.value)) * (weight * (share.upper - share.value))
    }
    return Estimate(
      value: value, lower: max(0, value - below.squareRoot()),
      upper: min(1, value + above.squareRoot()))
  }
}

/// Looks at a sample while it grows: the chance of an error is divided among them (Bonferroni), so that
/// the interval at which one stops still means what it says.
public struct PlannedLooks: Equatable, Sendable {
  /// The confidence that is promised, 0.95 say.
  public var confidence: Double
  /// How many looks there are.
  public var count: Int
  /// The sample's full size.
  public var size: UInt64

  /// Looks at a sample of a size.
  public init(confidence: Double, count: Int, size: UInt64) {
    self.confidence = confidence
    self.count = max(1, count)
    self.size = size
  }

  /// The confidence of an interval at any one look.
  public var confidenceOfOne: Double { 1 - (1 - confidence) / Double(count) }

  /// The sizes at which to look, ascending; the last is the full one.
  public var sizes: [UInt64] {
    guard size > 0 else { return [] }
    var sizes: [UInt64] = []
    for look in 1...UInt64(count) {
      let at = size.multipliedFullWidth(by: look)
      let part = UInt64(count).dividingFullWidth(at).quotient
      if part > sizes.last ?? 0 { sizes.append(part) }
    }
    return sizes
  }
}

/// Distribution functions.
public enum Distribution {
  /// The value that a standard normal variable stays below with a probability: by bisection over the
  /// distribution function.
  public static func normalQuantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p <= 0 ? -.infinity : .infinity }
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if 0.5 * erfc(-middle / 2.0.squareRoot()) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The value that a beta variable stays below with a probability.
  public static func betaQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if incompleteBeta(middle, a, b) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The regularized incomplete beta function, by its continued fraction (Lentz's method).
  public static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let logarithm =
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
    let tiny = 1e-300
    var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
    d = 1 / (abs(d) < tiny ? tiny : d)
    var fraction = d
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 + even * d
      c = 1 + even / c
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = abs(c) < tiny ? tiny : c
      fraction *= c * d
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 + odd * d
      c = 1 + odd / c
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = abs(c) < tiny ? tiny : c
      fraction *= c * d
      if abs(c * d - 1) < 1e-14 { break }
    }
    return exp(logarithm) * fraction / a
  }

  /// The logarithm of the gamma function of a positive number: Stirling's series, after steps up to
  /// where it is exact.
  private static func logGamma(_ x: Double) -> Double {
    var (x, shift) = (x, 0.0)
    while x < 12 {
      shift -= log(x)
      x += 1
    }
    let (r, r2) = (1 / x, 1 / (x * x))
    let series = r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680))))
    return shift + (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series
  }
}
