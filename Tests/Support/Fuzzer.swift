// The registry of fuzzers: every test that tries random inputs is a row here, with its name, its seed,
// how long it is in every run of the tests, and how long in `make fuzz`. A fuzzer that finds nothing may
// be one that looks nowhere, so that each has a canary, a mistake made on purpose that the short run
// must find: a test whose name begins with `canary`, in the suite of the row.
//
// FAULTLINE_FUZZ=long makes runs long, FAULTLINE_FUZZ_RUNS=N of a length of your own, and
// FAULTLINE_FUZZ_SEED=N different.

import Foundation

/// A fuzzer.
public struct Fuzzer: Sendable {
  /// Its name.
  public let name: String
  /// The suite that runs it and has its canary.
  public let suite: String
  /// The seed of every run.
  public let fixedSeed: UInt64
  /// How many inputs a run of the tests tries.
  public let shortRuns: Int
  /// How many `make fuzz` tries.
  public let longRuns: Int

  private init(
    _ name: String, in suite: String, seed: UInt64, runs shortRuns: Int, long longRuns: Int
  ) {
    self.name = name
    self.suite = suite
    fixedSeed = seed
    self.shortRuns = shortRuns
    self.longRuns = longRuns
  }

  /// Bytes that are nearly records, tables and logs, for the decoders.
  public static let decoder = Fuzzer(
    "decoder", in: "FuzzTests", seed: 20_261_128, runs: 100_000, long: 5_000_000)
  /// Boot tables with right checksums and wrong numbers, for the inventory.
  public static let inventory = Fuzzer(
    "inventory", in: "InventoryFuzz", seed: 1, runs: 2000, long: 500_000)
  /// Instructions of a program, beside QEMU.
  public static let userMode = Fuzzer(
    "userMode", in: "FuzzUserMode", seed: 1, runs: 800, long: 60_000)
  /// Instructions at every level under random regimes, beside QEMU.
  public static let systemMode = Fuzzer(
    "systemMode", in: "FuzzSystemMode", seed: 1, runs: 2000, long: 60_000)
  /// Random programs in two engines.
  public static let engines = Fuzzer(
    "engines", in: "EngineLockstep", seed: 1, runs: 100_000, long: 1_000_000)
  /// Random programs, interpreted and translated to A64, which our own machine executes.
  public static let arm64Host = Fuzzer(
    "arm64Host", in: "A64Lockstep", seed: 1, runs: 1000, long: 100_000)
  /// Random programs whose addresses lead out of the guest, if anything lets them.
  public static let addresses = Fuzzer(
    "addresses", in: "HostileAddresses", seed: 12, runs: 2000, long: 500_000)
  /// Machines full of random code, each run twice.
  public static let chaos = Fuzzer("chaos", in: "HostSurvives", seed: 0, runs: 150, long: 600)
  /// Guests of random code beside a guest and a process that must not notice.
  public static let guests = Fuzzer("guests", in: "HostileGuests", seed: 0, runs: 1, long: 8)

  /// What an operating system may write into the registers of EINJ and ERST, and which bells it rings.
  public static let services = Fuzzer(
    "services", in: "ServiceFuzz", seed: 15, runs: 20_000, long: 1_000_000)

  /// Calls of the delegated exception interface, with whatever arguments.
  public static let delegation = Fuzzer(
    "delegation", in: "DelegationFuzz", seed: 14, runs: 30_000, long: 3_000_000)

  /// Calls of EL3 by any identifier, with whatever arguments.
  public static let calls = Fuzzer(
    "calls", in: "MonitorCallFuzz", seed: 16, runs: 50_000, long: 5_000_000)

  /// Accesses to the memory-mapped groups of error records.
  public static let errorGroups = Fuzzer(
    "errorGroups", in: "ErrorGroupFuzz", seed: 20_261_130, runs: 20_000, long: 1_000_000)

  /// All of them.
  public static let all = [
    decoder, inventory, userMode, systemMode, engines, arm64Host, addresses, chaos, guests,
    services, delegation, calls, errorGroups,
  ]

  /// How many inputs this run tries.
  public var runs: Int {
    Self.setting("FAULTLINE_FUZZ_RUNS").flatMap { Int($0) }
      ?? (Self.setting("FAULTLINE_FUZZ") == "long" ? longRuns : shortRuns)
  }
  /// The seed of this run.
  public var seed: UInt64 {
    Self.setting("FAULTLINE_FUZZ_SEED").flatMap { UInt64($0) } ?? fixedSeed
  }

  /// Tells how far a long run is: every tenth of it, on standard error. `done` inputs are tried of this run or,
  /// where it has several parts, of `part`; `step` of them since this was last called.
  public func tell(_ done: Int, step: Int = 1, part: String = "") {
    guard Self.setting("FAULTLINE_FUZZ") == "long", runs > 0 else { return }
    let tenth = done * 10 / runs
    guard tenth != (done - step) * 10 / runs else { return }
    let line = "fuzz: \(name)\(part): \(tenth * 10)% (\(done) of \(runs))\n"
    FileHandle.standardError.write(Data(line.utf8))
  }

  private static func setting(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name]
  }
}
