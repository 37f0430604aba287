// Which bits ERR<n>CTLR has for a FR.

import Arm
import Testing

@Suite struct ErrorFeatureTests {
  /// RASSA, ERR<n>FR and ERR<n>CTLR: the low bit of the feature, the bit of the control (on reads),
  /// and that of the control on writes.
  static let rows: [(name: String, feature: UInt64, control: UInt64, onWrites: UInt64?)] = [
    ("ED", 0, 0, nil), ("UI", 4, 2, 5), ("FI", 6, 3, 6), ("UE", 8, 4, 7), ("CFI", 10, 8, 9),
    ("DUI", 16, 10, 11), ("CI", 22, 13, nil), ("DFI", 26, 14, 15),
  ]

  @Test func aControlExistsWhereFRPromisesOne() {
    for row in Self.rows {
      for value in 0...3 as ClosedRange<UInt64> {
        let feature = ErrorFeature(rawValue: value << row.feature)
        var expected: UInt64 = 0
        if value == 2 { expected = 1 << row.control }
        if value == 3, let onWrites = row.onWrites { expected = 1 << row.control | 1 << onWrites }
        #expect(feature.controls == expected, "\(row.name) \(value)")
      }
    }
    #expect(ErrorFeature(rawValue: 1 << 30).controls == 1 << 12)
    // Features without a control, and all controls at once.
    #expect(ErrorFeature(rawValue: 0x00FF_0000_B33C_F00C).controls == 0)
    #expect(
      Self.rows.reduce(ErrorFeature(rawValue: 0)) {
        ErrorFeature(rawValue: $0.rawValue | 2 << $1.feature)
      }.controls == 0b0110_0101_0001_1101)
  }
}
