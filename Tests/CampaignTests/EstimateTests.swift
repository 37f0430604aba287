// The statistics, against values from textbooks and against simulation.

import Testing

@testable import Campaign

@Suite struct EstimateTests {
  @Test func wilsonsIntervalIsThatOfTheTextbook() {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 1 of 29 at 95 %.
    for (count, trials, lower, upper) in [
      (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718),
    ] {
      let estimate = Estimate.wilson(count, of: trials, confidence: 0.95)
      #expect(abs(estimate.lower - lower) < 6e-5)
      #expect(abs(estimate.upper - upper) < 6e-5)
    }
  }

  @Test func clopperAndPearsonsIntervalIsThatOfTheTextbook() {
    // Newcombe 1998, table I, method 5.
    for (count, trials, lower, upper) in [
      (81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (1, 29, 0.0009, 0.1776),
      (0, 20, 0, 0.1684),
    ] {
      let estimate = Estimate.clopperPearson(count, of: trials, confidence: 0.95)
      #expect(abs(estimate.lower - lower) < 6e-5)
      #expect(abs(estimate.upper - upper) < 6e-5)
    }
    // Nothing in 9,604: 1 - 0.025^(1/n).
    let none = Estimate.shown(0, of: 9604, confidence: 0.95)
    #expect(none.lower == 0)
    #expect(abs(none.upper - 0.000384) < 1e-6)
    #expect(Estimate.shown(5, of: 5, confidence: 0.95).upper == 1)
  }

  @Test func withoutRowsNothingIsKnown() {
    #expect(
      Estimate.shown(0, of: 0, confidence: 0.95) == Estimate(value: 0, lower: 0, upper: 1))
  }

  @Test(arguments: [0.01, 0.1, 0.5])
  func intervalsCoverTheTruthAsOftenAsTheyPromise(p: Double) {
    var random = CounterGenerator(seed: 7, row: UInt64(p * 1000))
    var (wilson, exact) = (0, 0)
    let (runs, trials) = (1000, 1000)
    for _ in 0..<runs {
      let count = (0..<trials).count { _ in random.share < p }
      let estimates = (
        Estimate.wilson(count, of: trials, confidence: 0.95),
        Estimate.clopperPearson(count, of: trials, confidence: 0.95)
      )
      if estimates.0.lower <= p, p <= estimates.0.upper { wilson += 1 }
      if estimates.1.lower <= p, p <= estimates.1.upper { exact += 1 }
    }
    #expect(Double(wilson) / Double(runs) > 0.93)
    #expect(Double(exact) / Double(runs) > 0.935)
  }

  @Test func totalsOverStrataCoverTheTruthThoughOneStratumShowsNothing() {
    let strata = [(0.7, 0.002, 150), (0.2, 0.3, 150), (0.1, 0.9, 150)]
    let truth = strata.reduce(0) { $0 + $1.0 * $1.1 }
    var random = CounterGenerator(seed: 11, row: 0)
    var covered = 0
    for _ in 0..<2000 {
      let total = Estimate.total(
        strata.map { weight, p, n in
          (
            weight,
            Estimate.shown((0..<n).count { _ in random.share < p }, of: n, confidence: 0.95)
          )
        })
      if total.lower <= truth, truth <= total.upper { covered += 1 }
    }
    #expect(covered > 1880, "\(covered) of 2000")
  }

  @Test func whoLooksAtPlannedTimesKeepsThePromiseAndWhoPeeksDoesNot() {
    let p = 0.01
    let looks = PlannedLooks(confidence: 0.95, count: 10, size: 4000)
    #expect(looks.sizes == (1...10).map { $0 * 400 })
    func covered(_ confidence: Double) -> Int {
      var random = CounterGenerator(seed: 13, row: 1)
      return (0..<1500).count { _ in
        var (count, n) = (0, 0)
        var interval = Estimate(value: 0, lower: 0, upper: 1)
        for size in looks.sizes {
          while n < Int(size) {
            if random.share < p { count += 1 }
            n += 1
          }
          interval = Estimate.wilson(count, of: n, confidence: confidence)
          if interval.halfWidth <= 0.008 { break }
        }
        return interval.lower <= p && p <= interval.upper
      }
    }
    #expect(Double(covered(looks.confidenceOfOne)) / 1500 >= 0.95)
    #expect(covered(looks.confidenceOfOne) > covered(0.95))
  }

  @Test func theExactPairedTestIsTheBinomialTail() {
    // 1 against 9: 2 (1 + 10) / 2^10.
    #expect(abs(PairedTest(onlyBefore: 1, onlyAfter: 9).p - 22.0 / 1024) < 1e-12)
    #expect(abs(PairedTest(onlyBefore: 6, onlyAfter: 0).p - 2.0 / 64) < 1e-12)
    #expect(PairedTest(onlyBefore: 5, onlyAfter: 5).p == 1)
    #expect(PairedTest(onlyBefore: 0, onlyAfter: 0).p == 1)
  }

  @Test func holmRaisesValuesStepByStep() {
    let adjusted = PairedTest.holm([0.01, 0.04, 0.03, 0.005])
    for (value, wanted) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
      #expect(abs(value - wanted) < 1e-12)
    }
  }
}

@Suite struct CounterGeneratorTests {
  @Test func aRowsNumbersDependOnSeedAndRowAlone() {
    func numbers(_ seed: UInt64, _ row: UInt64) -> [UInt64] {
      var generator = CounterGenerator(seed: seed, row: row)
      return (0..<4).map { _ in generator.next() }
    }
    #expect(numbers(1, 5) == numbers(1, 5))
    #expect(numbers(1, 5) != numbers(1, 6))
    #expect(numbers(1, 5) != numbers(2, 5))
    let all = (0..<1000).flatMap { numbers(1, $0) }
    #expect(Set(all).count == all.count)
  }

  @Test func firstDrawsOfConsecutiveRowsAreEven() {
    var counts = [Int](repeating: 0, count: 16)
    for row in 0..<UInt64(16_000) {
      var generator = CounterGenerator(seed: 3, row: row)
      counts[Int(generator.next(below: 16))] += 1
    }
    let squares = counts.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
    // The 99.9 % quantile of chi-squared with 15 degrees of freedom.
    #expect(squares < 37.7, "\(counts)")
  }
}

extension CounterGenerator {
  /// A number from 0 to 1.
  fileprivate var share: Double {
    mutating get { Double(next() >> 11) / Double(1 << 53) }
  }
}

@Suite struct MovedLineTests {
  @Test func linesThatHardlyAnyBuildSharesAreNotCompared() {
    let lines = Set<UInt64>(0..<100)
    #expect(!Difference.areElsewhere(lines, lines))
    #expect(!Difference.areElsewhere(lines, Set(0..<10)))
    #expect(!Difference.areElsewhere(lines, Set(50..<150)))
    #expect(Difference.areElsewhere(lines, Set(51..<151)))
    #expect(Difference.areElsewhere(lines, [200]))
  }
}
