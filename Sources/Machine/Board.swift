// The whole computer.

import Arm
import Platform

/// A simulated computer.
public final class Board {
  /// The cores.
  public private(set) var cores: [Core] = []
  /// Nanoseconds of virtual time, as the core that runs now sees it.
  public var now: UInt64 = 0

  /// A board with this many cores, in reset.
  public init(coreCount: Int) {
    for index in 0..<coreCount { cores.append(Core(index: index, board: self)) }
  }
}
