// The pages on which somebody looks: poison and watches.

import Arm
import Platform

extension Bus {
  /// The flags byte of the page of an address, whatever its security state.
  private func pageFlags(_ address: UInt64) -> (region: MemoryRegion, page: Int)? {
    guard let region = memory(at: address, isSecure: true) else { return nil }
    return (region, Int((address &- region.base) >> 12))
  }

  /// What a read does before it returns data: consume poison, count.
  @inline(never) func observeRead(
    _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) throws(BusFault) {
    guard access.purpose != .debug else { return }
    try consume(address, size: size, access)
    let kind: AccessKinds =
      switch access.purpose {
      case .instructionFetch: .execute
      case .tableWalk: .tableWalk
      case .data, .debug: .read
      }
    count(kind, address, size: size, access)
  }

  // MARK: Poison

  /// Makes the 64-byte line of an address hold poison.
  ///
  /// Its bytes stay what they are.
  ///
  /// - Parameters:
  ///   - address: Any address in the line.
  ///   - poison: What its consumption will report, and how.
  /// - Returns: False if there is no memory at the address; nothing happened then.
  @discardableResult
  public func plantPoison(
    _ address: PhysicalAddress, _ poison: Poison = Poison()
  ) -> Bool {
    let line = address.line
    guard poisonLine(line.rawValue, poison) else { return false }
    pendingEvents.append(.poisonPlanted(line: line, poison))
    return true
  }

  /// Software makes the line of an address of RAM hold poison; false where there is none.
  func makeBad(_ address: PhysicalAddress, _ poison: Poison) -> Bool {
    let line = address.line.rawValue
    guard line >= ram.base, line - ram.base < ram.size, poisonLine(line, poison) else {
      return false
    }
    pendingEvents.append(.lineMadeBad(line: PhysicalAddress(line), poison))
    return true
  }

  /// A core meets an error of its own that software has asked for, at a Non-secure physical address or
  /// none.
  func injectError(core: Int, _ state: ErrorState, address: PhysicalAddress?) {
    let recording = ras.recordError(ofCore: core, state, address: address, now: now)
    pendingEvents.append(.coreMadeBad(core: core, SystemError(state), recording))
  }

  func poisonLine(_ line: UInt64, _ poison: Poison) -> Bool {
    guard let (region, page) = pageFlags(line) else { return false }
    catchUpScrubbing()
    self.poison[line] = poison
    settleScrubbing()
    region.flags[page] |= PageFlags.poisoned
    if region.flags[page] & PageFlags.hasCode != 0 {
      region.flags[page] &= ~PageFlags.hasCode
      codeCache.invalidate(page: line & ~4095)
    }
    flushRequested = true
    return true
  }

  /// The poison of the line of an address, if it holds any.
  public func poison(at address: PhysicalAddress) -> Poison? {
    poison[address.line.rawValue]
  }

  /// First addresses of the poisoned lines, ascending; those that are bad by a rule are not among them.
  public var poisonedLines: [PhysicalAddress] { poison.addresses.map { PhysicalAddress($0) } }

  /// A store went to part of a line, perhaps a poisoned one: the store that replaces the last of
  /// the bad bytes makes it good.
  func mergeStore(_ address: PhysicalAddress, size: Int) {
    if poison.store(address.rawValue, size: size) {
      curePoison(address.line)
    }
  }

  /// Makes a line good: all of it was written.
  func curePoison(_ line: PhysicalAddress) {
    guard poison[line.rawValue] != nil else { return }
    poison[line.rawValue] = nil
    pendingEvents.append(.poisonCured(line: line))
    let start = line.rawValue & ~4095
    if !poison.contains(page: start), let (region, page) = pageFlags(start) {
      region.flags[page] &= ~PageFlags.poisoned
    }
  }

  /// An access reads a line: if it is poisoned, the nodes record it, and answer.
  private func consume(
    _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) throws(BusFault) {
    let line = address.line
    guard var poison = poison[line.rawValue] else { return }
    let result = ras.consume(&poison, line: line, address, size: size, access, now: now)
    self.poison.change(poison, line: line.rawValue)
    for consumption in result.consumptions { pendingEvents.append(.consumed(consumption)) }
    settleNodes()
    if result.isMended { curePoison(line) }
    if let response = result.response { throw .error(response) }
  }

  /// Nodes fake the errors that they were asked for, a core's own or the shared ones.
  ///
  /// - Returns: Their states.
  @discardableResult
  func injectErrors(core: Int?, now: UInt64) -> [ErrorState] {
    let recordings = ras.injectErrors(core: core, now: now)
    pendingEvents += recordings.map { .nodeRecorded($0) }
    settleNodes()
    return recordings.map(\.state)
  }

  /// Whether any line holds poison.
  var hasPoison: Bool { !poison.isEmpty }

  /// From now on somebody reads lines `rate` times a second, `count` times or for as long as they are bad:
  /// traffic that is not modelled otherwise.
  public func addTraffic(_ lines: LinePattern, rate: UInt64, count: UInt64?) {
    devices.memoryController.addTraffic(lines, rate: rate, count: count)
  }

  /// Bytes that patrol scrubbing of each memory controller reads a second; 0 for none.
  public var scrubRate: UInt64 {
    get { devices.memoryController.state.scrubRate }
    set {
      for controller in devices.memoryControllers { controller.state.scrubRate = newValue }
      catchUpScrubbing()
      settleScrubbing()
    }
  }

  /// Poison is about to change: what the scrubbers have passed by now is behind them.
  func catchUpScrubbing() {
    for controller in devices.memoryControllers { controller.catchUp(now: now) }
  }

  /// Poison has changed: what the scrubbers find next may have.
  func settleScrubbing() {
    for controller in devices.memoryControllers { settle(controller) }
  }

  /// The interconnect meets an error in itself, while it transfers a line or by itself: its node records it.
  ///
  /// - Parameters:
  ///   - state: What it is.
  ///   - isCritical: Whether it is a critical error of the interconnect: STATUS.CI.
  ///   - cause: IERR, an `InterconnectErrorCause`.
  ///   - address: A physical address that its record names, if any.
  public func injectInterconnectError(
    _ state: ErrorState, isCritical: Bool = false, cause: UInt8, address: PhysicalAddress?
  ) {
    let isSecure = address.flatMap { memory(at: $0.rawValue, isSecure: true) }?.isSecureOnly
    let recording = ras.recordError(
      ofInterconnect: state, isCritical: isCritical, cause: cause,
      address: address.map { ErrorAddress($0, isSecure: isSecure ?? false) }, now: now)
    pendingEvents.append(.nodeRecorded(recording))
    settleNodes()
  }

  /// The memory node finds a line to be bad, as it goes bad.
  public func announcePoison(_ address: PhysicalAddress) {
    detectPoison(address.line, cause: MemoryErrorCause.access)
  }

  /// The memory node finds a line to be bad, if it is, without an access; `cause` is a
  /// `MemoryErrorCause`.
  func detectPoison(_ line: PhysicalAddress, cause: UInt8) {
    guard var poison = self.poison[line.rawValue] else { return }
    let isSecure = memory(at: line.rawValue, isSecure: true)?.isSecureOnly ?? false
    let recording = ras.detect(&poison, line: line, isSecure: isSecure, cause: cause, now: now)
    self.poison.change(poison, line: line.rawValue)
    pendingEvents.append(.nodeRecorded(recording))
    settleNodes()
    if poison.isMendedByReading { curePoison(line) }
  }

  // MARK: Watches

  /// Counts accesses to a range of physical addresses and reports one of them, or all.
  ///
  /// - Parameters:
  ///   - start: First address.
  ///   - byteCount: Bytes, at least 1.
  ///   - kinds: What counts.
  ///   - ordinal: The access to report, from 1; 0 for every one.
  /// - Returns: The watch's identifier, for its hits and for `unwatch`; nil where there is no
  ///   memory (devices cannot be watched).
  @discardableResult
  public func watch(
    _ start: PhysicalAddress, byteCount: UInt64 = 1, kinds: AccessKinds, ordinal: UInt64 = 1
  ) -> Int? {
    guard byteCount > 0,
      memory(at: start.rawValue, count: Int(clamping: byteCount), isSecure: true) != nil
    else { return nil }
    let identifier = (watches.last?.identifier ?? 0) + 1
    let watch = Watch(
      identifier: identifier, start: start, count: byteCount, kinds: kinds, ordinal: ordinal)
    watches.append(watch)
    setWatchFlags(watch, true)
    return identifier
  }

  /// Ends a watch.
  public func unwatch(_ identifier: Int) {
    guard let index = watches.firstIndex(where: { $0.identifier == identifier }) else { return }
    setWatchFlags(watches.remove(at: index), false)
    for watch in watches { setWatchFlags(watch, true) }
  }

  /// Marks the pages of a watch.
  func setWatchFlags(_ watch: Watch, _ isWatched: Bool) {
    let first = watch.start.rawValue >> 12
    let last = (watch.start.rawValue + watch.count - 1) >> 12
    for number in first...last {
      guard let (region, page) = pageFlags(number << 12) else { continue }
      if isWatched {
        region.flags[page] |= PageFlags.watched
        if region.flags[page] & PageFlags.hasCode != 0 {
          region.flags[page] &= ~PageFlags.hasCode
          codeCache.invalidate(page: number << 12)
        }
      } else {
        region.flags[page] &= ~PageFlags.watched
      }
    }
    flushRequested = true
  }

  /// Counts one access.
  @inline(never) func count(
    _ kind: AccessKinds, _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) {
    guard access.purpose != .debug else { return }
    firstUses?.note(kind, address.rawValue, size: size, access)
    for index in watches.indices
    where watches[index].kinds.contains(kind)
      && watches[index].overlaps(address.rawValue, size: size)
    {
      watches[index].accesses += 1
      let watch = watches[index]
      guard watch.ordinal == 0 || watch.accesses == watch.ordinal else { continue }
      pendingEvents.append(
        .watchHit(
          WatchHit(
            identifier: watch.identifier, core: access.core, address: address, size: size,
            kind: kind, ordinal: watch.accesses)))
    }
  }
}

extension Bus {
  /// The events since the last call, oldest first.
  public func takeEvents() -> [MachineEvent.Kind] {
    let events = pendingEvents
    pendingEvents.removeAll()
    return events
  }
}
