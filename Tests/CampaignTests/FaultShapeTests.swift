// What goes bad together: units against a small memory in which every line is looked at.

import Machine
import Platform
import Scenario
import Testing

@testable import Campaign

@Suite struct FaultShapeTests {
  /// 2 MiB of RAM have 32 rows of each bank.
  private static let size: UInt64 = 2 << 20

  private static var lines: [UInt64] {
    [(MemoryMap.secureRAM, MemoryMap.secureRAMSize), (MemoryMap.ram, size)].flatMap { start, size in
      Array(stride(from: start, to: start + size, by: 64))
    }
  }

  @Test(arguments: FaultShape.allCases)
  func unitsDivideMemoryAndEachIsTheLinesThatItsMaskNames(shape: FaultShape) {
    var counts: [UInt64: UInt64] = [:]
    for line in Self.lines {
      let unit = shape.unit(of: line)
      counts[unit, default: 0] += 1
      #expect(
        shape == .memory || LinePattern(agreeingWith: unit, in: shape.mask).contains(line),
        "\(line)")
      #expect(shape.unit(of: unit) == unit)
    }
    #expect(counts.keys.sorted() == shape.units(ram: Self.size))
    #expect(UInt64(counts.count) == shape.count(ram: Self.size))
    for (unit, count) in counts { #expect(count == shape.lineCount(unit, ram: Self.size)) }
  }

  @Test func aRankOfAGibibyteIsTheOneOfJEDEC() {
    // 1 Gb x8 devices: 8 banks of 16,384 rows; a line is a burst of 8 of 1,024 columns.
    let bank = MemoryMap.ram + 3 << 13
    #expect(FaultShape.bank.lineCount(bank, ram: 1 << 30) == 16_384 * 128)
    #expect(FaultShape.column.lineCount(bank, ram: 1 << 30) == 16_384)
    #expect(FaultShape.row.lineCount(bank, ram: 1 << 30) == 128)
    #expect(FaultShape.column.count(ram: 1 << 30) == 2 * 8 * 128)
    #expect(FaultShape.rank.count(ram: 3 << 30) == 4)
  }

  @Test func theFieldsRatesAreThoseOfItsSource() {
    let modes = FaultPattern.ddr3Field.modes
    // FaultSim's table for Jaguar, summed: 19.2 transient, 46.9 permanent.
    #expect(abs(modes.reduce(0) { $0 + $1.rate } - (19.2 + 46.9)) < 1e-9)
    #expect(modes.filter(\.isCorrected).map(\.name) == ["bit"])
    let weights = FaultPattern.ddr3Field.weights(ram: 256 << 20)
    let total = zip(modes, weights).reduce(0) {
      $0 + $1.1 * Double($1.0.shape.count(ram: 256 << 20))
    }
    #expect(abs(total - 1) < 1e-12)
  }
}

@Suite struct PatternCampaignTests {
  private static func plan(_ pattern: String, _ injections: Int = 40) throws -> SmallGuest {
    try SmallGuest(
      census: "[]", more: "stop: {at-most: {injections: \(injections)}}", pattern: pattern)
  }

  /// The lines of a unit that the undisturbed run meets, from a campaign of lines.
  private func met(_ plan: Plan, _ lines: Plan, _ unit: Plan.UsedLine) -> [Plan.UsedLine] {
    let shape = plan.file.pattern.modes[unit.mode].shape
    return lines.used.filter { shape.unit(of: $0.line) == unit.line }
  }

  @Test(arguments: ["row", "column", "bank", "ddr3-field"])
  func aUnitIsMetWhereItsFirstLineThatIsUsedIs(pattern: String) throws {
    let (small, lines) = (try Self.plan(pattern), try SmallGuest.shared.get().plan)
    let plan = small.plan
    for (mode, description) in plan.file.pattern.modes.enumerated() {
      let used = plan.used.filter { $0.mode == mode }
      #expect(
        Set(used.map(\.line))
          == Set(lines.used.map { description.shape.unit(of: $0.line) }))
      for unit in used {
        let first = try #require(
          met(plan, lines, unit).min { ($0.at, $0.line) < ($1.at, $1.line) })
        #expect((unit.place, unit.pc, unit.at) == (first.place, first.pc, first.at))
      }
      let strata = plan.strata.filter { $0.mode == mode }
      #expect(
        strata.reduce(0) { $0 + $1.lines } == description.shape.count(ram: plan.memory))
    }
  }

  @Test(arguments: ["column", "bank", "storm", "ddr3-field"])
  func aRowOfManyLinesIsTheSameFromResetAndAsAScenario(pattern: String) throws {
    let small = try Self.plan(pattern)
    let (plan, rig) = (small.plan, try small.rig())
    var seen: Set<String> = []
    for row in (0..<plan.rowCount).compactMap(plan.row)
    where seen.insert(plan.mode(row).name).inserted || row.k < 2 {
      let result = RowResult(row.k, try rig.run(row, of: plan))
      let other = try Rig(small.scenario, host: nil, files: small.files, file: small.file)
      let again = Experiment(plan.scenario(row, on: other.scenario), on: other.target)
      #expect(RowResult(row.k, try again.run()) == result)
      // Whatever has a line that is met is met: nothing is pruned that matters.
      #expect(result.consumedAt != nil, "\(row)")
      #expect(result.address != Verdict.AddressReport.wrong.rawValue)
      if plan.mode(row).isCorrected {
        #expect(result.outcome == Verdict.Outcome.corrected.rawValue)
      }
    }
  }

  @Test func aStormIsManyLinesThatAreMetAndDependsOnTheRowAlone() throws {
    let plan = try Self.plan("{preset: storm, lines: 8}").plan
    let rows = (0..<plan.rowCount).compactMap(plan.row)
    let met = Set(plan.used.map(\.line))
    for row in rows {
      let others = plan.others(row)
      #expect(Set(others + [plan.used[row.unit].line]).count == 8)
      #expect(met.isSuperset(of: others))
      #expect(plan.others(row) == others)
    }
    #expect(Set(rows.map(plan.others)).count == rows.count)
  }

  @Test func aSampleOfTheFieldHasModesAsOftenAsTheyAreMet() throws {
    let plan = try Self.plan("ddr3-field", 6000).plan
    let place = Place.hostKernelData
    let rows = (0..<plan.rowCount).compactMap(plan.row).filter {
      plan.used[$0.unit].place == place
    }
    let weights = plan.file.pattern.weights(ram: plan.memory)
    let all = weights.indices.map { mode in
      plan.strata.first { $0.mode == mode && $0.place == place }.map {
        Double($0.used) * weights[mode]
      } ?? 0
    }
    for mode in weights.indices {
      let wanted = all[mode] / all.reduce(0, +)
      let found = Double(rows.count { plan.used[$0.unit].mode == mode }) / Double(rows.count)
      let deviation = (wanted * (1 - wanted) / Double(rows.count)).squareRoot()
      #expect(abs(found - wanted) <= 4 * deviation + 1e-9, "\(mode): \(found) of \(wanted)")
    }
  }

  @Test func aCensusThatTakesMoreThanTheFileAllowsIsRefused() {
    #expect {
      try SmallGuest(census: "all", more: "stop: {at-most: {injections: 20}}")
    } throws: {
      "\($0)".hasPrefix("c.yaml:7: stop.at-most.injections: found '20'; accepted: 2")
    }
  }
}
