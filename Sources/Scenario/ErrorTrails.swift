// What became of each injected error in the hardware: whether somebody used it, and whether whoever did
// was told. Each use is followed by itself, so that one that was told does not hide one that was not.
//
// A use is told when the core that made it takes an External abort or an SError afterwards, or an ESB puts
// the SError into DISR_EL1, where software reads it. A core that meets several errors before one SError is
// told of all of them: they merge (Arm ARM D1.4.6; RASSA 2.4.3).

import Arm
import Machine

/// The errors of one experiment.
struct ErrorTrails: Equatable, Sendable {
  /// What is hit: a line, or a core.
  private enum Place: Hashable, Sendable {
    case line(UInt64)
    case core(Int)
  }

  /// One error.
  private struct Trail: Equatable, Sendable {
    /// Its state, as injected or as a node corrected it.
    var state: ErrorState
    /// Whether somebody used it; an error of a core's own is met when it is injected.
    var isUsed = false
    /// Whether a write made the line good.
    var isCured = false
  }

  /// All of them, in their order: one that hits the same place again is another.
  private var trails: [Trail] = []
  /// Which of them is the one at a place now: an index of `trails`.
  private var current: [Place: Int] = [:]
  /// Errors that each core used and was not told of yet: indices of `trails`, as all that follow.
  private var untold: [Int: Set<Int>] = [:]
  /// Errors that devices used, and their lines: nothing that a core takes tells of them, but a record may.
  private var usedByDevices: [Int: UInt64] = [:]
  /// The last that was used: what a node records next is that.
  private var last: Int?
  /// Lines that records may name.
  private var named: Set<UInt64> = []
  /// Lines that were hit by a rule, the latest last, each with its state.
  private var patterns: [Pattern] = []
  private struct Pattern: Equatable, Sendable {
    var lines: LinePattern
    var state: ErrorState
  }

  /// A line is hit.
  mutating func plant(_ line: UInt64, _ state: ErrorState) {
    begin(.line(line), state)
    named.insert(line)
  }

  /// All lines of a pattern are hit.
  mutating func plant(_ lines: LinePattern, _ state: ErrorState) {
    patterns.append(Pattern(lines: lines, state: state))
  }

  /// Memory lost its contents, and the errors in them.
  mutating func losePower() {
    for index in trails.indices { trails[index].isCured = true }
    patterns = []
    untold = [:]
  }

  private func state(ofPatterned line: UInt64) -> ErrorState? {
    patterns.last { $0.lines.contains(line) }?.state
  }

  /// The record of a core's own error is to name a line.
  mutating func mayName(_ line: UInt64) { named.insert(line) }

  /// Takes in what the hardware notes.
  mutating func add(_ event: TimelineEvent) {
    switch event.kind {
    case .lineMadeBad(let physical, let state), .poisonForwarded(_, let physical, let state):
      plant(CacheLine.start(of: physical), state)
    case .coreMadeBad(let core, let state, let physical):
      if let physical { mayName(CacheLine.start(of: physical)) }
      begin(.core(core), state)
      use(.core(core), by: core)
    case .errorInjected(let core, let state, _):
      begin(.core(core), state)
      use(.core(core), by: core)
    case .consumed(let use):
      self.use(
        .line(CacheLine.start(of: use.physical)), by: use.access == .dma ? nil : use.core)
    case .recordWritten(_, let status, _, _):
      if let last, status.highestState == .corrected { trails[last].state = .corrected }
      // What a node finds without an access is not that.
      last = nil
    case .poisonCured(_, let physical):
      if let index = current[.line(CacheLine.start(of: physical))] { trails[index].isCured = true }
    case .exceptionTaken(let core, let taken) where taken.cause != .virtualSError:
      untold[core] = nil
    case .errorDeferred(let core, .disr, _): untold[core] = nil
    default: break
    }
  }

  /// A place has an error from now on; one that nobody used yet is no more. Returns its index.
  @discardableResult
  private mutating func begin(_ place: Place, _ state: ErrorState) -> Int {
    if let index = current[place], !trails[index].isUsed {
      trails[index] = Trail(state: state)
      return index
    }
    trails.append(Trail(state: state))
    current[place] = trails.count - 1
    return trails.count - 1
  }

  private mutating func use(_ place: Place, by core: Int?) {
    var state = ErrorState.recoverable
    if case .line(let line) = place { state = self.state(ofPatterned: line) ?? state }
    let index = current[place] ?? begin(place, state)
    trails[index].isUsed = true
    last = index
    if let core {
      untold[core, default: []].insert(index)
    } else if case .line(let line) = place {
      usedByDevices[index] = line
    }
  }

  /// Whether hardware corrects what is read from a line.
  func isCorrected(line: UInt64) -> Bool {
    (current[.line(line)].map { trails[$0].state } ?? state(ofPatterned: line)) == .corrected
  }

  /// Whether there are none.
  var isEmpty: Bool { trails.isEmpty && patterns.isEmpty }

  /// Whether some error was used.
  var isUsed: Bool { trails.contains(where: \.isUsed) }

  /// Whether some error was used and nobody was told. Hardware corrects a corrected one.
  var isSilent: Bool {
    untold.values.reduce(Set(usedByDevices.keys)) { $0.union($1) }
      .contains { trails[$0].state != .corrected }
  }

  /// A kernel read a record that names a line: it was told of what devices have used of it.
  mutating func tellOfDevices(_ line: UInt64) {
    usedByDevices = usedByDevices.filter { $0.value != line }
  }

  /// Whether all errors that were used are corrected ones.
  var areUsedCorrected: Bool {
    isUsed && trails.allSatisfy { !$0.isUsed || $0.state == .corrected }
  }

  /// Whether a write made all of them good. Of those that a rule names, some are always left.
  var areCured: Bool { patterns.isEmpty && !trails.isEmpty && trails.allSatisfy(\.isCured) }

  /// Whether a record may name a line.
  func holds(_ line: UInt64) -> Bool {
    named.contains(line) || state(ofPatterned: line) != nil
  }
}
