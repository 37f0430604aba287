// The interrupt controller's registers as devices on the bus: the distributor's frame and the
// redistributors'. Their state is the interrupt controller's, which the cores use as well, and which
// the board saves.

import Arm

/// The distributor's frame, GICD_*.
final class DistributorFrame: Device {
  typealias State = NoState
  private let gic: GIC

  init(_ gic: GIC) { self.gic = gic }

  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64 {
    gic.readDistributor(offset, size: size, isSecure: host.isSecure)
  }

  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    gic.writeDistributor(offset, size: size, value, isSecure: host.isSecure)
  }
}

/// The redistributors' frames, GICR_*: of as many cores as there are; nothing answers beyond them.
final class RedistributorFrames: Device {
  typealias State = NoState
  private let gic: GIC

  init(_ gic: GIC) { self.gic = gic }

  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64 {
    guard offset < gic.redistributorsSize else { throw .unmapped }
    return gic.readRedistributor(offset, size: size, isSecure: host.isSecure)
  }

  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    guard offset < gic.redistributorsSize else { throw .unmapped }
    gic.writeRedistributor(offset, size: size, value, isSecure: host.isSecure)
  }
}
