// Numbers as reports print them.

import Foundation

/// Texts of numbers.
enum Format {
  /// A share as a percentage, with as many digits as it needs.
  static func percent(_ share: Double) -> String {
    let value = share * 100
    if value == 0 { return "0 %" }
    if value == 100 { return "100 %" }
    let digits = value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.01 ? 3 : 5
    return String(format: "%.\(digits)f %%", value)
  }

  /// A share with its bounds; one that is exact alone.
  static func estimate(_ estimate: Estimate) -> String {
    estimate.lower == estimate.upper
      ? percent(estimate.value)
      : "\(percent(estimate.value)) (\(percent(estimate.lower)) to \(percent(estimate.upper)))"
  }

  /// A number with so many decimals.
  static func decimal(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  /// A word of a shell's command, quoted where it must be.
  static func shell(_ text: String) -> String {
    let plain = text.allSatisfy { $0.isLetter || $0.isNumber || "/._-+".contains($0) }
    return plain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
