// A campaign made ready: its moments as instruction counts, whose every line is, what happens first to each,
// and so which rows there are. A row depends on the plan and its own number alone.

import Machine
import Scenario

/// A campaign's plan.
public struct Plan {
  /// What the file asks.
  public var file: CampaignFile
  /// What all of it depends on: file, scenario, images, tool.
  public var fingerprint: String
  /// The moments, ascending.
  public var moments: [Moment]
  /// The strata, those of the first moment first.
  public var strata: [Stratum]
  /// Lines that would be met, by moment and address.
  public private(set) var used: [UsedLine]

  /// A moment.
  public struct Moment: Equatable, Sendable {
    /// Instructions from reset.
    public var instructions: UInt64
    /// The machine's hash there.
    public var hash: UInt64
    /// How the undisturbed run ends.
    public var end: ExperimentEnd
    /// Its instructions from the moment on.
    public var length: UInt64
    /// Its hash at the end.
    public var endHash: UInt64
    /// Virtual time at the moment, and at the end.
    public var nanoseconds: ClosedRange<UInt64>
  }

  /// A place at a moment.
  public struct Stratum: Equatable, Sendable {
    /// The moment's number, from 0.
    public var moment: Int
    /// The place.
    public var place: Place
    /// Units there: lines, or rows of 8 KiB.
    public var lines: UInt64
    /// Units of which some line would be met.
    public var used: UInt64
    /// Units that are wholly written before anybody reads them.
    public var cured: UInt64
  }

  /// A unit that would be met.
  public struct UsedLine: Equatable, Sendable {
    /// The moment's number, from 0.
    public var moment: Int
    /// Where it is.
    public var place: Place
    /// The unit's first address.
    public var line: UInt64
    /// What is first.
    public var first: FirstUse.Kind
    /// Who: `EL1 guest`, `EL2`, `device`.
    public var who: String
    /// The program counter of the first use.
    public var pc: UInt64
    /// Instructions from reset until then.
    public var at: UInt64
  }

  /// One injection.
  public struct Row: Equatable, Sendable {
    /// Its number.
    public var k: UInt64
    /// Which of `used`.
    public var unit: Int
    /// Which of the file's errors.
    public var error: Int
    /// Whether it is one of a sample.
    public var isSampled: Bool
  }

  /// What census and sample draw from: indexes of `used`, by place.
  private let pools: [(place: Place, units: [Int])]
  private let censusUnits: [Int]
  /// Places of which a sample is drawn.
  public let sampledPlaces: [Place]
  /// How many rows a census makes.
  public let censusCount: UInt64
  /// How many rows the sample has at most.
  public let sampleCount: UInt64

  /// A plan of these parts. `used` is by moment and address.
  public init(
    file: CampaignFile, fingerprint: String, moments: [Moment], strata: [Stratum],
    used: [UsedLine]
  ) {
    self.file = file
    self.fingerprint = fingerprint
    self.moments = moments
    self.strata = strata
    self.used = used
    var byPlace: [Place: [Int]] = [:]
    for (index, line) in used.enumerated() { byPlace[line.place, default: []].append(index) }
    let places = file.places.filter { byPlace[$0] != nil }
    censusUnits = places.filter(file.census.contains).flatMap { byPlace[$0] ?? [] }
    censusCount = UInt64(censusUnits.count) * UInt64(file.errors.count)
    pools = places.filter { !file.census.contains($0) }.map { ($0, byPlace[$0] ?? []) }
    sampledPlaces = pools.map(\.place)
    sampleCount =
      pools.isEmpty || file.stop.injections <= censusCount ? 0 : file.stop.injections - censusCount
  }

  /// How many rows there are at most.
  public var rowCount: UInt64 { censusCount + sampleCount }

  /// The looks at the sample.
  public var looks: PlannedLooks {
    PlannedLooks(
      confidence: file.stop.confidence, count: file.stop.halfWidths.isEmpty ? 1 : file.stop.looks,
      size: sampleCount)
  }

  /// Row k: those of the census first, then the sample, whose places take turns.
  public func row(_ k: UInt64) -> Row? {
    if k < censusCount {
      let errors = UInt64(file.errors.count)
      return Row(
        k: k, unit: censusUnits[Int(k / errors)], error: Int(k % errors), isSampled: false)
    }
    guard k < rowCount else { return nil }
    var generator = CounterGenerator(seed: file.seed, row: k)
    let units = pools[Int((k - censusCount) % UInt64(pools.count))].units
    let unit = units[Int(generator.next(below: UInt64(units.count)))]
    let total = file.errors.reduce(0) { $0 + $1.weight }
    var rest = Double(generator.next() >> 11) / Double(1 << 53) * total
    var error = 0
    while error + 1 < file.errors.count, rest >= file.errors[error].weight {
      rest -= file.errors[error].weight
      error += 1
    }
    return Row(k: k, unit: unit, error: error, isSampled: true)
  }

  /// Whether a row is run a second time elsewhere: one of a hundred.
  public func isAudited(_ k: UInt64) -> Bool {
    var generator = CounterGenerator(seed: file.seed ^ 0xA0D1_7000, row: k)
    return generator.next(below: 100) == 0
  }

  /// Units of a place over all moments.
  public func lines(_ place: Place) -> (all: UInt64, used: UInt64, cured: UInt64) {
    strata.filter { $0.place == place }.reduce((0, 0, 0)) {
      ($0.0 + $1.lines, $0.1 + $1.used, $0.2 + $1.cured)
    }
  }

  /// The part of a census row in its unit: its error's part of all weights.
  public func weight(_ row: Row) -> Double {
    guard !row.isSampled else { return 1 }
    return file.errors[row.error].weight / file.errors.reduce(0) { $0 + $1.weight }
  }
}
