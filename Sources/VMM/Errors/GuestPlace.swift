// Where an address of the guest's is found in its memory: what its vCPU was touching when memory
// failed. The host says which page of guest memory is lost, but not whether the vCPU fetched from
// it, loaded from it, or met it in a table. The tables are the guest's own, and may be hostile.

import Arm
import Boot

/// Where a virtual address of a guest leads.
public enum GuestPlace: Equatable, Sendable {
  /// To this guest physical address.
  case address(GuestPhysicalAddress)
  /// To a table descriptor of this level, 0 to 3, that is lost; and where that is.
  case lostTable(level: UInt8, at: GuestPhysicalAddress)
  /// Nowhere: a fault of the guest's own, tables outside its RAM, or a table that turns out to be
  /// lost now, of which the vCPU cannot have been told.
  case nowhere
}

extension StageOneTranslation {
  /// Where a virtual address leads in a guest with this stage 1.
  public func place<Host: HostKernel>(
    of address: VirtualAddress, _ host: Host, _ memory: GuestMemory
  ) -> GuestPlace {
    let virtual = address.rawValue
    guard isEnabled else { return .address(GuestPhysicalAddress(virtual & 0xFFFF_FFFF_FFFF)) }
    guard let walk = walk(for: address) else { return .nowhere }
    let end = walk.end(of: virtual) {
      let place = GuestPhysicalAddress($0)
      return memory.isLost(place) ? nil : memory.u64(host, place)
    }
    switch end {
    case .address(let address): return .address(GuestPhysicalAddress(address))
    case .unreadable(let level, let place) where memory.isLost(GuestPhysicalAddress(place)):
      return .lostTable(level: level, at: GuestPhysicalAddress(place))
    case .unreadable, .fault: return .nowhere
    }
  }
}
