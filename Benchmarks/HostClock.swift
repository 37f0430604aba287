// What a stretch of work cost the host. On a busy host wall time says little, so processor time is
// measured beside it.

import Foundation

/// Wall time and processor time of some work, in seconds.
struct HostCost {
  var wall: Double
  var processor: Double

  /// What `work` costs in this process.
  static func of(_ work: () throws -> Void) rethrows -> HostCost {
    let clock = ContinuousClock()
    let start = clock.now
    let before = usage(0)
    try work()
    return HostCost(
      wall: (clock.now - start) / .seconds(1), processor: seconds(usage(0)) - seconds(before))
  }

  /// Processor time of the children that have ended, in seconds.
  static var ofChildren: Double { seconds(usage(-1)) }

  /// RUSAGE_SELF is 0, RUSAGE_CHILDREN -1; libraries type the constants differently.
  private static func usage(_ who: Int32) -> rusage {
    var usage = rusage()
    unsafe getrusage(who, &usage)
    return usage
  }

  private static func seconds(_ usage: rusage) -> Double {
    Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
      + Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
  }
}
