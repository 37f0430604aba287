// Whether two campaigns of the same errors differ: only the errors whose result changed say anything
// (McNemar's test, exact), and of several tests the p-values are raised together (Holm).

import Foundation

/// The same errors before and after a change, as to one result.
public struct PairedTest: Equatable, Sendable {
  /// Errors that had the result before only.
  public var onlyBefore: Int
  /// Errors that have it after only.
  public var onlyAfter: Int

  /// The counts of changed errors.
  public init(onlyBefore: Int, onlyAfter: Int) {
    self.onlyBefore = onlyBefore
    self.onlyAfter = onlyAfter
  }

  /// The probability that chance alone changes them so unevenly, either way: twice the tail of a fair
  /// binomial.
  public var p: Double {
    let n = onlyBefore + onlyAfter
    guard n > 0 else { return 1 }
    let least = min(onlyBefore, onlyAfter)
    // P(X <= k) of a fair binomial is the incomplete beta function of 1/2 with n - k and k + 1.
    return min(1, 2 * Distribution.incompleteBeta(0.5, Double(n - least), Double(least + 1)))
  }

  /// Holm's step-down adjustment: as many values as were given, in their order.
  public static func holm(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var adjusted = values
    var greatest = 0.0
    for (rank, index) in order.enumerated() {
      greatest = max(greatest, min(1, values[index] * Double(values.count - rank)))
      adjusted[index] = greatest
    }
    return adjusted
  }
}
