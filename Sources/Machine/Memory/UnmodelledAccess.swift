// Where a device's model ends: what is noted, and stops a run that is asked to end there.

import Arm

/// A guest access to a part of a device that its model does not have.
public struct UnmodelledAccess: Sendable, Equatable, CustomStringConvertible {
  /// The device.
  public var device: String
  /// Where.
  public var address: PhysicalAddress
  /// Bytes.
  public var size: Int
  /// The value of a write, or nil for a read.
  public var value: UInt64?
  /// The core, or nil for DMA.
  public var core: Int?
  /// What is missing.
  public var reason: String

  /// What accesses have in common of which one is told.
  struct Kind: Hashable, Sendable {
    var device: String
    var reason: String
    var isWrite: Bool
  }

  /// What it has in common with others.
  var kind: Kind { Kind(device: device, reason: reason, isWrite: value != nil) }

  /// One line for the user.
  public var description: String {
    let place = String(address.rawValue, radix: 16)
    let what = value.map { "write of 0x\(String($0, radix: 16))" } ?? "read"
    let who = core.map { "core \($0)" } ?? "DMA"
    return "\(device): \(size)-byte \(what) at 0x\(place) by \(who) is not modelled: \(reason)"
  }
}
