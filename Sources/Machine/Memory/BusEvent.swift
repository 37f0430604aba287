// What the bus tells its observers: the run loop takes the events after each slow path and adds
// what the bus cannot know (instruction count, virtual address, PC).

import Arm

/// Something that happened on the bus.
public enum BusEvent: Sendable, Equatable {
  /// A line was made to hold poison.
  case poisonPlanted(line: PhysicalAddress, Poison)
  /// A full-line write cured a line.
  case poisonCured(line: PhysicalAddress)
  /// An access met poison.
  case poisonConsumed(Consumption)
  /// A watch's access has completed.
  case watchHit(WatchHit)
}

/// An access that met poison, and what the nodes made of it.
public struct Consumption: Sendable, Equatable {
  /// The address accessed.
  public var address: PhysicalAddress
  /// Number of bytes accessed.
  public var size: Int
  /// Who accessed it, and for what.
  public var access: BusAccess
  /// ERRSELR_EL1.SEL of the node that holds the record.
  public var node: UInt64
  /// What the node did with its record, or nil if recording is disabled (ERR<n>CTLR.ED = 0).
  public var outcome: RecordingOutcome?
  /// The record's status afterwards.
  public var status: ErrorStatus
  /// The record's address register afterwards.
  public var recordedAddress: ErrorAddress
  /// Whether the access failed (an external abort); if not, wrong data were returned.
  public var isSignalled: Bool
  /// The SError that the core will take for it; nil for a synchronous abort or none.
  public var asynchronous: SystemError?
}

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

extension Bus {
  /// The events since the last call, oldest first.
  public func takeEvents() -> [BusEvent] {
    let events = pendingEvents
    pendingEvents.removeAll()
    return events
  }
}
