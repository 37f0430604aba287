// When an error was recorded, in the calendar's numbers.

/// A time as records carry it: eight bytes of binary-coded decimal. UEFI 2.10, N.2.1.
public struct Timestamp: Equatable, Sendable {
  /// 0 to 59.
  public var second: UInt8
  /// 0 to 59.
  public var minute: UInt8
  /// 0 to 23.
  public var hour: UInt8
  /// Whether the time is that of the error, not of its report.
  public var isPrecise: Bool
  /// 1 to 31.
  public var day: UInt8
  /// 1 to 12.
  public var month: UInt8
  /// 0 to 9999.
  public var year: UInt16

  /// A time by its parts.
  public init(
    year: UInt16, month: UInt8, day: UInt8, hour: UInt8, minute: UInt8, second: UInt8,
    isPrecise: Bool = false
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.isPrecise = isPrecise
  }

  /// The time `seconds` after 1970-01-01 00:00:00, as the PL031 counts; until the year 9999.
  public init(secondsSince1970 seconds: UInt64, isPrecise: Bool = false) {
    let clamped = min(seconds, 253_402_300_799)
    var days = clamped / 86400
    let rest = clamped % 86400
    // Days since 0000-03-01 in eras of 400 years: leap days fall at the end of a year.
    days += 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = UInt8(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    month = UInt8(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
    year = UInt16(yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
    hour = UInt8(rest / 3600)
    minute = UInt8(rest / 60 % 60)
    second = UInt8(rest % 60)
    self.isPrecise = isPrecise
  }

  /// The time eight bytes encode, or nil if they are no time.
  public init?(rawValue: UInt64) {
    func part(_ index: UInt64, _ range: ClosedRange<UInt8>) -> UInt8? {
      let byte = UInt8(truncatingIfNeeded: rawValue >> (index * 8))
      guard byte & 0xf <= 9, byte >> 4 <= 9 else { return nil }
      let value = (byte >> 4) * 10 + byte & 0xf
      return range.contains(value) ? value : nil
    }
    guard let second = part(0, 0...59), let minute = part(1, 0...59), let hour = part(2, 0...23),
      let day = part(4, 1...31), let month = part(5, 1...12), let year = part(6, 0...99),
      let century = part(7, 0...99), rawValue >> 24 & 0xfe == 0
    else { return nil }
    self.init(
      year: UInt16(century) * 100 + UInt16(year), month: month, day: day, hour: hour,
      minute: minute, second: second, isPrecise: rawValue >> 24 & 1 != 0)
  }

  /// The eight bytes, the lowest first.
  public var rawValue: UInt64 {
    func decimal(_ value: UInt16) -> UInt64 { UInt64(value / 10 % 10) << 4 | UInt64(value % 10) }
    let clock =
      decimal(UInt16(second)) | decimal(UInt16(minute)) << 8 | decimal(UInt16(hour)) << 16
      | (isPrecise ? 1 << 24 : 0)
    let date =
      decimal(UInt16(day)) | decimal(UInt16(month)) << 8 | decimal(year % 100) << 16
      | decimal(year / 100) << 24
    return clock | date << 32
  }
}
