// `faultline campaign` as a user meets it: killed, divided, replayed, reported.

import Foundation
import Support
import Testing

/// A folder for a campaign's plan and rows.
struct CampaignFolder: ~Copyable {
  let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-campaign-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Plans the small kernel's campaign, with these lines in place of its census.
  init(
    _ places: String = "{all: all, census: [host tables, host process]}", most: Int = 150,
    stop: String = ""
  ) throws {
    _ = try Checkout.required(".build/images/guest.bin")
    let scenario = Checkout.path("Scenarios/small-program-reads-poison.yaml")
    let text = """
      title: The small kernel
      scenario: \(scenario)
      moments: [{console: 'guest: victim at ipa'}]
      errors: [{what: poison, severity: recoverable}]
      places: \(places)
      stop: {\(stop)at-most: {injections: \(most)}}
      require: [{place: host process, outcome: host down, at-most: 0}]
      """
    let folder = path
    let outcome = try withTemporaryFile("c.yaml", text) {
      try faultline("campaign", "plan", $0, "--to", folder)
    }
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  /// Every row as CSV, but for the time it took; of another folder, if one is named.
  func rows(in other: String? = nil) throws -> [String] {
    let outcome = try faultline("campaign", "report", other ?? path, "--csv", "-")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      .map { $0.dropLast().joined(separator: ",") }
  }

  /// The same plan in another folder, without rows.
  func copy(to other: String) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: other, withIntermediateDirectories: true)
    for name in ["plan.db", "images"] {
      try manager.copyItem(atPath: path + "/" + name, toPath: other + "/" + name)
    }
  }
}

@Suite(.serialized) struct CampaignCommandTests {
  @Test func helpHasExamplesForEverySubcommand() throws {
    for name in ["plan", "run", "status", "merge", "report", "replay", "diff", "submit", "serve"] {
      let help = try faultline("campaign", name, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("EXAMPLES"), "\(name)")
    }
  }

  @Test func killedDividedAndManyWorkersAreTheSameRows() throws {
    let whole = try CampaignFolder()
    let run = try faultline("campaign", "run", whole.path, "--progress", "json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("\"widest\": \""), "\(run.output)")
    let wanted = try whole.rows()
    #expect(wanted.count == 152)

    let parts = whole.path + "-parts"
    defer { try? FileManager.default.removeItem(atPath: parts) }
    try whole.copy(to: parts)
    // Of rows that are not run nothing is known; a shard that was ended at once left a file without anything.
    let unknown = try faultline("campaign", "diff", whole.path, parts)
    #expect(unknown.status == 75 && unknown.output.contains("150 rows of B are still to be run"))
    #expect(FileManager.default.createFile(atPath: parts + "/shard-9-of-9.db", contents: nil))
    let status = try faultline("campaign", "status", parts)
    #expect(status.status == 0 && status.output.contains("0 of 150 rows"), "\(status.errors)")
    let tool = try Checkout.required(".build/release/faultline")
    // The second shard is killed as soon as some of it is written.
    let script = """
      '\(tool)' campaign run '\(parts)' --shard 2/3 --workers 2 & pid=$!
      for _ in $(seq 600); do
        '\(tool)' campaign status '\(parts)' | grep -q '^[1-9]' && break
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
      done
      kill -9 $pid; wait $pid 2>/dev/null
      '\(tool)' campaign run '\(parts)' --shard 2/3 --workers 2 || exit
      '\(tool)' campaign run '\(parts)' --shard 1/3 && '\(tool)' campaign run '\(parts)' --shard 3/3 \\
        && '\(tool)' campaign merge '\(parts)' && rm '\(parts)'/shard-*
      """
    let divided = try execute("/bin/bash", ["-c", script])
    #expect(divided.status == 0, "\(divided.errors)")
    #expect(try whole.rows(in: parts) == wanted)

    // Workers that boot by themselves come to the same; a line of progress is JSON.
    let spawned = whole.path + "-spawned"
    defer { try? FileManager.default.removeItem(atPath: spawned) }
    try whole.copy(to: spawned)
    let other = try faultline(
      "campaign", "run", spawned, "--workers", "2", "--start", "spawn", "--progress", "json")
    #expect(other.status == 0, "\(other.errors)")
    for line in other.lines where !line.isEmpty {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["rows"] != nil || object?["end"] as? String == "done", "\(line)")
    }
    #expect(try whole.rows(in: spawned) == wanted)

    // A row is what it was, from reset; and as a scenario.
    for row in ["0", "77", "149"] {
      let scenario = whole.path + "/row.yaml"
      let replay = try faultline("campaign", "replay", whole.path, row, "--write", scenario)
      #expect(replay.status == 0, "\(replay.errors)")
      #expect(replay.output.contains("the same verdict and the same hash"))
      let alone = try faultline("run", scenario)
      #expect(alone.status == 0, "\(alone.output)\(alone.errors)")
    }
    // The page needs nothing else.
    let page = try faultline("campaign", "report", whole.path, "--html", "-", "--fit", "25")
    #expect(page.status == 0)
    #expect(page.output.hasPrefix("<!doctype html>") && page.output.hasSuffix("</html>\n"))
    for outside in ["<script", "src=", "href=", "url("] { #expect(!page.output.contains(outside)) }
    // The same campaign is no regression of itself.
    let difference = try faultline("campaign", "diff", whole.path, parts)
    #expect(difference.status == 0, "\(difference.output)")
  }

  @Test(arguments: ["fork", "spawn"])
  func aDeadWorkerCostsOneTryOfOneRow(start: String) throws {
    let folder = try CampaignFolder(most: 1500)
    let tool = try Checkout.required(".build/release/faultline")
    let script = """
      '\(tool)' campaign run '\(folder.path)' --workers 1 --start \(start) >'\(folder.path)/log' & pid=$!
      for _ in $(seq 400); do
        child=$(cat /proc/$pid/task/*/children 2>/dev/null)
        [ -n "$child" ] && '\(tool)' campaign status '\(folder.path)' | grep -q '^[1-9]' && break
        sleep 0.02
      done
      kill -9 $child; wait $pid
      """
    let run = try execute("/bin/bash", ["-c", script])
    #expect(run.status == 0, "\(run.errors)")
    let report = try faultline("campaign", "report", folder.path, "--json", "-")
    #expect(report.output.contains("a worker died of signal 9"), "\(run.output)")
    #expect(report.output.contains("\"complete\": true"))
  }

  @Test func aSpawnedWorkerWithoutItsMachineEndsTheRun() throws {
    let folder = try CampaignFolder(most: 110)
    let tool = try Checkout.required(".build/release/faultline")
    // It dies on its way to the moments.
    let script = """
      '\(tool)' campaign run '\(folder.path)' --start spawn & pid=$!
      while kill -0 $pid 2>/dev/null; do
        child=$(cat /proc/$pid/task/*/children 2>/dev/null)
        [ -n "$child" ] && kill -9 $child 2>/dev/null
      done
      wait $pid
      """
    let run = try execute("/bin/bash", ["-c", script])
    #expect(run.status == 70, "\(run.output)")
    #expect(run.errors.contains("a worker died of signal 9 before it had its machine"))
  }

  @Test func twoOfOneNumberCannotBothWriteAndASignalMeansAgain() throws {
    let folder = try CampaignFolder(most: 1500)
    let tool = try Checkout.required(".build/release/faultline")
    let script = """
      '\(tool)' campaign run '\(folder.path)' >/dev/null & pid=$!
      for _ in $(seq 600); do
        '\(tool)' campaign status '\(folder.path)' | grep -q '^[1-9]' && break
        sleep 0.05
      done
      '\(tool)' campaign run '\(folder.path)'; second=$?
      kill -TERM $pid; wait $pid; echo $second $?
      """
    let both = try execute("/bin/bash", ["-c", script])
    #expect(both.output == "73 75\n", "\(both.errors)")
    #expect(both.errors.contains("is being written by another process"))
  }

  @Test(arguments: [
    (["campaign", "run", "absent"], 66), (["campaign", "report", "absent"], 66),
    (["campaign", "run", "x", "--shard", "4/3"], 64),
    (["campaign", "run", "x", "--for", "long"], 64),
    (["campaign", "submit", "x"], 64), (["campaign", "plan", "absent.yaml", "--to", "/tmp/x"], 66),
  ])
  func wrongUseHasItsStatus(arguments: [String], status: Int) throws {
    #expect(try Int(faultline(arguments).status) == status)
  }

  @Test func aFullDiskIsSaidAndNothingIsLost() throws {
    let folder = try CampaignFolder(most: 120)
    // Files may grow to 64 KiB only: the journal or the database does not fit any more.
    let tool = try Checkout.required(".build/release/faultline")
    let full = try execute(
      "/bin/bash",
      [
        "-c",
        "trap '' XFSZ; ulimit -f 24; exec '\(tool)' campaign run '\(folder.path)' --progress json",
      ])
    #expect(full.status == 73, "\(full.status) \(full.errors)")
    #expect(full.errors.contains("cannot write"))
    let again = try faultline("campaign", "run", folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.rows().count == 122)
  }
}
