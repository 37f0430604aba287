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

  private var trails: [Place: Trail] = [:]
  /// Errors that each core used and was not told of yet.
  private var untold: [Int: Set<Place>] = [:]
  /// Errors that devices used: nothing that a core takes tells them.
  private var usedByDevices: Set<Place> = []
  /// The last that was used: what a node records next is that.
  private var last: Place?
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
    trails[.line(line)] = Trail(state: state)
    named.insert(line)
  }

  /// All lines of a pattern are hit.
  mutating func plant(_ lines: LinePattern, _ state: ErrorState) {
    patterns.append(Pattern(lines: lines, state: state))
  }

  /// Memory lost its contents, and the errors in them.
  mutating func losePower() {
    for place in trails.keys { trails[place]?.isCured = true }
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
    case .lineMadeBad(let physical, let state): plant(physical & ~63, state)
    case .coreMadeBad(let core, let state, let physical):
      if let physical { mayName(physical & ~63) }
      trails[.core(core)] = Trail(state: state)
      use(.core(core), by: core)
    case .errorInjected(let core, let state, _):
      trails[.core(core)] = Trail(state: state)
      use(.core(core), by: core)
    case .consumed(let use):
      self.use(.line(use.physical & ~63), by: use.access == .dma ? nil : use.core)
    case .recordWritten(_, let status, _, _):
      if let last, status.highestState == .corrected { trails[last]?.state = .corrected }
      // What a node finds without an access is not that.
      last = nil
    case .poisonCured(_, let physical): trails[.line(physical & ~63)]?.isCured = true
    case .exceptionTaken(let taken) where taken.cause != .virtualSError: untold[taken.core] = nil
    case .errorDeferred(let core, .disr, _): untold[core] = nil
    default: break
    }
  }

  private mutating func use(_ place: Place, by core: Int?) {
    var state = ErrorState.recoverable
    if case .line(let line) = place { state = self.state(ofPatterned: line) ?? state }
    trails[place, default: Trail(state: state)].isUsed = true
    last = place
    if let core {
      untold[core, default: []].insert(place)
    } else {
      usedByDevices.insert(place)
    }
  }

  /// Whether hardware corrects what is read from a line.
  func isCorrected(line: UInt64) -> Bool {
    (trails[.line(line)]?.state ?? state(ofPatterned: line)) == .corrected
  }

  /// Whether there are none.
  var isEmpty: Bool { trails.isEmpty && patterns.isEmpty }

  /// Whether some error was used.
  var isUsed: Bool { trails.values.contains(where: \.isUsed) }

  /// Whether some error was used and nobody was told. Hardware corrects a corrected one.
  var isSilent: Bool {
    untold.values.reduce(usedByDevices) { $0.union($1) }
      .contains { trails[$0]?.state != .corrected }
  }

  /// Whether all errors that were used are corrected ones.
  var areUsedCorrected: Bool {
    isUsed && trails.values.allSatisfy { !$0.isUsed || $0.state == .corrected }
  }

  /// Whether a write made all of them good. Of those that a rule names, some are always left.
  var areCured: Bool { patterns.isEmpty && !trails.isEmpty && trails.values.allSatisfy(\.isCured) }

  /// Whether a record may name a line.
  func holds(_ line: UInt64) -> Bool {
    named.contains(line) || state(ofPatterned: line) != nil
  }
}
