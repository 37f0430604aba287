// Which records of corrected errors the console shows: a line that is corrected at every use makes more of
// them than a console can print, and a kernel that prints them all does nothing else.

/// Two records in any five seconds are shown, as Linux shows them (drivers/acpi/apei/ghes.c,
/// __ghes_print_estatus).
struct CorrectedLines {
  static let most = 2
  static let seconds: UInt64 = 5

  /// When the first of those that were shown came, in ticks of the counter.
  private var begin: UInt64 = 0
  private var shownCount = 0
  private var omittedCount = 0

  /// A record came: how many before it were not shown, or nil if it is not to be shown either.
  /// `second` is a second in ticks.
  mutating func show(at now: UInt64, second: UInt64) -> Int? {
    if shownCount == 0 || now &- begin >= Self.seconds &* second {
      begin = now
      shownCount = 0
    }
    guard shownCount < Self.most else {
      omittedCount += 1
      return nil
    }
    shownCount += 1
    defer { omittedCount = 0 }
    return omittedCount
  }
}
