// The interconnect, as far as software sees it: the error record of its node, in a group. It finds errors in
// itself: in the data or the request of a transfer that it holds, or in its snoop filter. Nobody is answered with
// one: the data are deferred or sent again, and its interrupts tell (`RASNodes.recordError(ofInterconnect:)`).

import Arm
import Platform

/// The interconnect.
final class Interconnect: Device {
  // Nothing but the node's records changes, which are `RASNodes`'.
  typealias State = NoState

  private let group = ErrorRecordGroup(record: ErrorNode.interconnect)

  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64 {
    group.read(offset, size: size, host)
  }

  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    group.write(offset, size: size, value, host)
  }
}
