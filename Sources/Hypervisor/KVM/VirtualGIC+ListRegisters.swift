// The queue of a vCPU and the list registers: filled before the guest runs, read back after.

import Arm

/// What the list registers of a core are reached by.
public protocol ListRegisterFile {
  /// ICH_VTR_EL2.ListRegs + 1.
  var listRegisterCount: Int { get }
  /// Reads ICH_LR<n>_EL2.
  func readListRegister(_ index: Int) -> UInt64
  /// Writes ICH_LR<n>_EL2.
  func writeListRegister(_ index: Int, _ value: UInt64)
  /// Writes ICH_HCR_EL2.
  func writeVirtualInterfaceControl(_ value: UInt64)
  /// The output of the vCPU's timer behind a physical PPI; its registers are loaded on this core.
  func isTimerAsserted(_ intid: Int) -> Bool
  /// Makes the physical PPI active on this core (so that it is not taken again), or not.
  func setPhysicalActive(_ intid: Int, _ isActive: Bool)
}

extension VirtualGIC {
  /// Drops from the queue what is no longer to be presented; moves what has another target.
  private func prune<F: ListRegisterFile>(_ processor: Int, _ file: F) {
    var kept = 0
    for at in 0..<queues[processor].count {
      let intid = queues[processor][at]
      let place = place(Int(intid), processor)
      var state = states[place]
      if state.isMapped, state.isLineHigh, !state.isActive,
        !file.isTimerAsserted(Int(state.physical))
      {
        // The guest moved the timer since it fired.
        state.isLineHigh = false
        file.setPhysicalActive(Int(state.physical), false)
      }
      let isWanted = state.isActive || isDeliverable(state)
      let stays = isWanted && (state.isActive || state.target == UInt16(processor))
      if stays {
        queues[processor][kept] = intid
        kept += 1
      } else {
        state.isQueued = false
        if isWanted, let target = state.target {
          state.isQueued = true
          state.owner = target
          queues[Int(target)].append(intid)
          kicked |= 1 << UInt64(target)
        }
      }
      states[place] = state
    }
    queues[processor].removeLast(queues[processor].count - kept)
  }

  /// Active interrupts first, since only a list register can deactivate them; then by priority.
  private func isBefore(_ a: UInt16, _ b: UInt16, _ processor: Int) -> Bool {
    let first = states[place(Int(a), processor)]
    let second = states[place(Int(b), processor)]
    if first.isActive != second.isActive { return first.isActive }
    let firstDeliverable = isDeliverable(first)
    if firstDeliverable != isDeliverable(second) { return firstDeliverable }
    return first.priority < second.priority
  }

  /// Fills the list registers of this core for a vCPU that is about to run.
  @inline(__always)
  public func flush<F: ListRegisterFile>(_ processor: Int, _ file: F) {
    if processor < queues.count, !queues[processor].isEmpty { fill(processor, file) }
  }

  private func fill<F: ListRegisterFile>(_ processor: Int, _ file: F) {
    prune(processor, file)
    let count = queues[processor].count
    if count == 0 { return }
    let room = file.listRegisterCount
    if count > room {
      // Insertion sort: a handful of interrupts.
      for at in 1..<count {
        let intid = queues[processor][at]
        var to = at
        while to > 0, isBefore(intid, queues[processor][to - 1], processor) {
          queues[processor][to] = queues[processor][to - 1]
          to -= 1
        }
        queues[processor][to] = intid
      }
    }
    let used = min(count, room)
    for index in 0..<used {
      let intid = queues[processor][index]
      file.writeListRegister(index, take(Int(intid), processor, file).rawValue)
      listed[processor].append(intid)
    }
    typealias Control = InterruptControllerHypervisorControl
    file.writeVirtualInterfaceControl(Control.en.mask | (count > room ? Control.uie.mask : 0))
  }

  private func take<F: ListRegisterFile>(
    _ intid: Int, _ processor: Int, _ file: F
  ) -> ListRegister {
    let place = place(intid, processor)
    var state = states[place]
    var entry = ListRegister(rawValue: UInt64(intid))
    entry[ListRegister.priority] = UInt64(state.priority)
    entry[ListRegister.group] = state.isGroup1 ? 1 : 0
    var stateBits: UInt64 = state.isActive ? 2 : 0
    // A level cannot be both: its line is sampled again when it is deactivated.
    if isDeliverable(state), state.isEdge || !state.isActive { stateBits |= 1 }
    if state.isMapped {
      entry[ListRegister.hw] = 1
      entry[ListRegister.pINTID] = UInt64(state.physical)
      if state.isLineHigh || state.isActive {
        file.setPhysicalActive(Int(state.physical), true)
      }
    } else if !state.isEdge {
      entry[ListRegister.eoi] = 1
    }
    if state.isEdge, stateBits & 1 != 0 {
      state.isLatched = false
      states[place] = state
    }
    entry[ListRegister.state] = stateBits
    return entry
  }

  /// Reads the list registers back after a vCPU ran on this core, and empties them.
  @inline(__always)
  public func sync<F: ListRegisterFile>(_ processor: Int, _ file: F) {
    if processor < listed.count, !listed[processor].isEmpty { fold(processor, file) }
  }

  private func fold<F: ListRegisterFile>(_ processor: Int, _ file: F) {
    file.writeVirtualInterfaceControl(0)
    for index in 0..<listed[processor].count {
      let intid = Int(listed[processor][index])
      let entry = ListRegister(rawValue: file.readListRegister(index))
      file.writeListRegister(index, 0)
      let place = place(intid, processor)
      var state = states[place]
      let bits = entry[ListRegister.state]
      if !state.isActiveWritten { state.isActive = bits & 2 != 0 }
      state.isActiveWritten = false
      if state.isEdge {
        if bits & 1 != 0 { state.isLatched = true }
      } else if bits & 1 == 0 {
        state.isLatched = false
      }
      if state.isMapped, bits == 0, state.isLineHigh {
        // Deactivated by the guest, and the physical interrupt with it.
        state.isLineHigh = file.isTimerAsserted(Int(state.physical))
        file.setPhysicalActive(Int(state.physical), state.isLineHigh)
      }
      states[place] = state
    }
    listed[processor].removeAll(keepingCapacity: true)
  }

  /// Whether anything is in the list registers of a vCPU.
  public func isListed(_ processor: Int) -> Bool {
    processor < listed.count && !listed[processor].isEmpty
  }

  /// What the physical PPI behind a timer's must be when the vCPU's registers come to a core: active
  /// while the virtual one waits or is being handled.
  public func wantsPhysicalActive(_ intid: Int, _ processor: Int) -> Bool {
    guard isInitialized, processor < affinities.count else { return true }
    let state = states[place(intid, processor)]
    return state.isActive || state.isLineHigh
  }
}
