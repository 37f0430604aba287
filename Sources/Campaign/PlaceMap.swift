// Whose each page of memory is, at one moment: from the tables that cores used, what was ever written, and
// where firmware keeps what it shares with kernels.
//
// What comes later in the list below goes before what comes earlier: guest memory is mapped by its VMM too.

import Arm
import Machine
import Platform

/// The place of every line.
struct PlaceMap {
  /// By page of RAM, its place.
  private(set) var pages: [Place]
  private let start = MemoryMap.ram

  /// Draws the map. `written` are the pages that anybody has written since reset.
  init(
    of board: Board, size: UInt64, spaces: AddressSpaces, written: Set<UInt64>,
    firmware: [Range<UInt64>]
  ) {
    pages = Array(repeating: .free, count: Int(size >> 12))
    let read: (UInt64, Int) -> [UInt8]? = {
      board.bus.readBytes(PhysicalAddress($0), count: $1, isSecure: false)
    }
    for page in written { set(page, 4096, .hostKernelData) }
    // Tables that no register holds now are a process's that waits, or what the kernel booted with.
    let surveys = spaces.host.map { walk in
      (
        isCurrent: spaces.current.contains(walk.base),
        survey: TableSurvey(
          walk, isCertain: spaces.current.contains(walk.base),
          hasUsers: !spaces.withoutUsers.contains(walk.base), read: read)
      )
    }.filter { $0.isCurrent || $0.survey.leaves.contains(where: \.isUsers) }
    let tables = surveys.map(\.survey)
    let guests = spaces.guests.map { guest in
      (
        guest,
        TableSurvey(guest.stage2, isCertain: spaces.current.contains(guest.stage2.base), read: read)
      )
    }
    var guestPages: Set<UInt64> = []
    for (_, survey) in guests {
      for leaf in survey.leaves { forEachPage(leaf.output, leaf.size) { guestPages.insert($0) } }
    }
    for (isCurrent, survey) in surveys where isCurrent {
      for leaf in survey.leaves where leaf.isKernelCode && !leaf.isUsers {
        setWritten(leaf.output, leaf.size, .hostKernelText)
      }
    }
    for isVMMs in [false, true] {
      for survey in tables {
        let users = survey.leaves.filter(\.isUsers)
        guard !users.isEmpty else { continue }
        let hasGuest = users.contains { leaf in
          var found = false
          forEachPage(leaf.output, leaf.size) { found = found || guestPages.contains($0) }
          return found
        }
        guard hasGuest == isVMMs else { continue }
        for leaf in users { set(leaf.output, leaf.size, isVMMs ? .vmm : .hostProcess) }
      }
    }
    for (guest, survey) in guests { add(guest, survey, spaces, read) }
    for survey in tables {
      for table in survey.tables { set(table.address, table.size, .hostTables) }
    }
    for range in firmware { set(range.lowerBound, UInt64(range.count), .firmware) }
  }

  /// A guest's memory.
  private mutating func add(
    _ guest: AddressSpaces.Guest, _ stage2: TableSurvey, _ spaces: AddressSpaces,
    _ read: @escaping (UInt64, Int) -> [UInt8]?
  ) {
    for leaf in stage2.leaves { set(leaf.output, leaf.size, .guestKernelData) }
    let locate: (UInt64) -> UInt64? = { address in
      guard
        case .address(let place) = guest.stage2.end(
          of: address,
          read: { place in
            read(place, 8)?.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
          })
      else { return nil }
      return place
    }
    let surveys = guest.stage1.map {
      TableSurvey($0, isCertain: spaces.current.contains($0.base), read: read, locate: locate)
    }
    for survey in surveys {
      for leaf in survey.leaves where leaf.isUsers || leaf.isKernelCode {
        for input in stride(from: leaf.output, to: leaf.output &+ leaf.size, by: 4096) {
          guard let page = locate(input) else { continue }
          set(page, 4096, leaf.isUsers ? .guestProcess : .guestKernelText)
        }
      }
    }
    for survey in surveys {
      for table in survey.tables { set(table.address, table.size, .guestTables) }
    }
    for table in stage2.tables { set(table.address, table.size, .stage2Tables) }
  }

  private func forEachPage(_ address: UInt64, _ size: UInt64, _ body: (UInt64) -> Void) {
    let end = min(address &+ size, start + UInt64(pages.count) << 12)
    guard address >= start, address < end else { return }
    for page in stride(from: address & ~4095, to: end, by: 4096) { body(page) }
  }

  private mutating func set(_ address: UInt64, _ size: UInt64, _ place: Place) {
    let end = min(address &+ size, start + UInt64(pages.count) << 12)
    guard address >= start, address < end else { return }
    for page in Int((address - start) >> 12)...Int((end - 1 - start) >> 12) { pages[page] = place }
  }

  /// As `set`, but for pages that nobody wrote: a direct map has all memory.
  private mutating func setWritten(_ address: UInt64, _ size: UInt64, _ place: Place) {
    let end = min(address &+ size, start + UInt64(pages.count) << 12)
    guard address >= start, address < end else { return }
    for page in Int((address - start) >> 12)...Int((end - 1 - start) >> 12)
    where pages[page] != .free { pages[page] = place }
  }

  /// The place of an address.
  subscript(address: UInt64) -> Place {
    let page = Int(truncatingIfNeeded: (address &- start) >> 12)
    return address >= start && page < pages.count ? pages[page] : .firmware
  }

  /// How many units of a shape each place has, those of the secure RAM among them; a unit is where its
  /// first line is.
  func counts(of shape: FaultShape) -> [Place: UInt64] {
    var counts: [Place: UInt64] = [:]
    if shape == .line {
      counts[.firmware] = MemoryMap.secureRAMSize / CacheLine.size
      for place in pages { counts[place, default: 0] += 4096 / CacheLine.size }
    } else {
      for unit in shape.units(ram: UInt64(pages.count) << 12) {
        counts[self[unit], default: 0] += 1
      }
    }
    return counts
  }
}
