// A campaign on a real Slurm: a job array of shards, on a cluster of one node that this test starts.

import Foundation
import Support
import Testing

@Suite struct CampaignSlurmTests {
  @Test func aJobArrayRunsTheShardsAndARequeuedOneGoesOn() throws {
    for program in ["/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged"] {
      try #require(FileManager.default.fileExists(atPath: program), "\(program): run `make setup`")
    }
    let whole = try CampaignFolder(most: 120)
    #expect(try faultline("campaign", "run", whole.path).status == 0)
    let wanted = try whole.rows()
    let parts = whole.path + "-slurm"
    defer { try? FileManager.default.removeItem(atPath: parts) }
    try whole.copy(to: parts)
    let cluster = whole.path + "-cluster"
    defer { try? FileManager.default.removeItem(atPath: cluster) }
    let tool = try Checkout.required(".build/release/faultline")
    let script = """
      set -e
      # Ports of its own: another cluster may run, or be left of a run that was killed.
      export SLURM_PORT=$((20000 + $$ % 20000))
      timeout 60 '\(Checkout.path("Scripts/slurm-up"))' '\(cluster)'
      export SLURM_CONF='\(cluster)/slurm.conf'
      trap "'\(Checkout.path("Scripts/slurm-down"))' '\(cluster)'" EXIT
      # A node that was killed in the middle: its shard has some rows already.
      timeout -s KILL 2 '\(tool)' campaign run '\(parts)' --shard 1/3 >/dev/null || true
      '\(tool)' campaign submit '\(parts)' --slurm 3 | timeout 300 sbatch --wait
      '\(tool)' campaign merge '\(parts)'
      """
    let outcome = try execute("/bin/bash", ["-c", script])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    try #require(outcome.output.contains("120 rows of "), "\(outcome.output)")
    let report = try faultline("campaign", "report", parts, "--csv", "-")
    #expect(
      report.lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        .map { $0.dropLast().joined(separator: ",") } == wanted)
  }
}
