// Numbers as the command prints them, and the one that it asks the host for.

import Foundation

/// A number with so many decimals.
func rounded(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}

/// Memory that this process uses.
enum HostMemoryUse {
  /// The most it had resident. On Linux that is VmHWM of proc(5): getrusage(2) counts what the process was
  /// before it became this program.
  static var peakKibibytes: Int {
    #if os(Linux)
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    #else
    var usage = rusage()
    // RUSAGE_SELF, which libraries type differently.
    unsafe getrusage(0, &usage)
    return usage.ru_maxrss / 1024
    #endif
  }
}
