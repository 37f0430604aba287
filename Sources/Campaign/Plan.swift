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
  /// Bytes of the machine's RAM.
  public var memory: UInt64
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

  /// A place at a moment, for a way of going bad.
  public struct Stratum: Equatable, Sendable {
    /// The moment's number, from 0.
    public var moment: Int
    /// Which of the pattern's modes.
    public var mode: Int
    /// The place.
    public var place: Place
    /// Units there: lines, or rows of 8 KiB. One that is met is where it is met first, any other where its
    /// first line is.
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
    /// Which of the pattern's modes.
    public var mode: Int
    /// Where it is met first.
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
  private let pools: [Pool]
  private struct Pool {
    var place: Place
    /// By mode, those that have any.
    var modes: [(weight: Double, units: [Int])]
  }
  /// How probable one unit of a mode is.
  private let weights: [Double]
  private let censusUnits: [Int]
  /// Places of which a sample is drawn.
  public let sampledPlaces: [Place]
  /// How many rows a census makes.
  public let censusCount: UInt64
  /// How many rows the sample has at most.
  public let sampleCount: UInt64

  /// A plan of these parts. `used` is by moment, mode and address.
  public init(
    file: CampaignFile, fingerprint: String, memory: UInt64, moments: [Moment],
    strata: [Stratum], used: [UsedLine]
  ) {
    self.file = file
    self.fingerprint = fingerprint
    self.memory = memory
    self.moments = moments
    self.strata = strata
    self.used = used
    var byPlace: [Place: [Int]] = [:]
    for (index, line) in used.enumerated() { byPlace[line.place, default: []].append(index) }
    let places = file.places.filter { byPlace[$0] != nil }
    censusUnits = places.filter(file.census.contains).flatMap { byPlace[$0] ?? [] }
    censusCount = UInt64(censusUnits.count) * UInt64(file.errors.count)
    let weights = file.pattern.weights(ram: memory)
    self.weights = weights
    pools = places.filter { !file.census.contains($0) }.map { place in
      let units = Dictionary(grouping: byPlace[place] ?? []) { used[$0].mode }
      return Pool(
        place: place,
        modes: units.sorted { $0.key < $1.key }.map { mode, units in
          (weights[mode] * Double(units.count), units)
        })
    }
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
    let pool = pools[Int((k - censusCount) % UInt64(pools.count))]
    let units = pool.modes[generator.next(by: pool.modes.map(\.weight))].units
    let unit = units[Int(generator.next(below: UInt64(units.count)))]
    let error = generator.next(by: file.errors.map(\.weight))
    return Row(k: k, unit: unit, error: error, isSampled: true)
  }

  /// The way in which a row's unit goes bad.
  public func mode(_ row: Row) -> FaultMode { file.pattern.modes[used[row.unit].mode] }

  /// The error of a row: what the file says, or what is left of it where ECC corrects it.
  public func error(_ row: Row) -> CampaignFile.WeightedError {
    let error = file.errors[row.error]
    return mode(row).isCorrected ? error.corrected : error
  }

  /// What else goes bad at once in a row of a storm: the first addresses of other units that are met at its
  /// moment, each once, drawn by the row's own numbers.
  public func others(_ row: Row) -> [UInt64] {
    let wanted = mode(row).crowd - 1
    guard wanted > 0 else { return [] }
    let moment = used[row.unit].moment
    guard let first = used.firstIndex(where: { $0.moment == moment }),
      let last = used.lastIndex(where: { $0.moment == moment })
    else { return [] }
    var generator = CounterGenerator(seed: file.seed ^ 0x5709_1000, row: row.k)
    var found: Set<Int> = [row.unit]
    var order: [UInt64] = []
    while order.count < min(wanted, last - first) {
      let index = first + Int(generator.next(below: UInt64(last - first + 1)))
      if found.insert(index).inserted { order.append(used[index].line) }
    }
    return order
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

  /// The part of a census row in its place: how probable its error is, in lines' worth. Rows of a sample
  /// are drawn so that each counts for one.
  public func weight(_ row: Row) -> Double {
    guard !row.isSampled else { return 1 }
    return unitWeight(used[row.unit].mode) * file.errors[row.error].weight
      / file.errors.reduce(0) { $0 + $1.weight }
  }

  /// How much a unit of a mode counts beside others: 1 where there is one mode alone.
  private func unitWeight(_ mode: Int) -> Double {
    weights[mode]
      * (weights.count == 1 ? 1 / weights[0] : Double(FaultShape.line.count(ram: memory)))
  }

  /// How much the units of a place count that are met, over all moments.
  public func metWeight(_ place: Place) -> Double {
    strata.filter { $0.place == place }.reduce(0) {
      $0 + Double($1.used) * unitWeight($1.mode)
    }
  }

  /// How probable it is that an error anywhere, at any of the moments, is met in one of some places.
  public func metShare(_ places: [Place]) -> Double {
    strata.filter { places.contains($0.place) }.reduce(0) {
      $0 + Double($1.used) * weights[$1.mode]
    } / Double(max(1, moments.count))
  }
}
