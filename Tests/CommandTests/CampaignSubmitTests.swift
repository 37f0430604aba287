// What schedulers are given. Slurm itself takes a job array in CampaignSlurmTests; the manifest for Kubernetes is
// compared with the API's schema, as far as it uses it.

import Foundation
import Testing
import Yams

/// The part of Kubernetes' OpenAPI that an Indexed Job of ours uses: fields, types, what is required, and the
/// words that a field accepts.
///
/// From kubernetes/kubernetes, api/openapi-spec/v3/apis__batch__v1_openapi.json (schemas
/// io.k8s.api.batch.v1.Job, JobSpec, PodFailurePolicy and below; io.k8s.api.core.v1.PodTemplateSpec, PodSpec,
/// Container, VolumeMount, Volume, PersistentVolumeClaimVolumeSource).
private indirect enum JobSchema: Sendable {
  case text([String] = [])
  case number(ClosedRange<Int>)
  case list(JobSchema, most: Int = .max)
  case map([String: JobSchema], required: [String] = [])

  static let job = map(
    [
      "apiVersion": .text(["batch/v1"]), "kind": .text(["Job"]), "metadata": map(["name": .text()]),
      "spec": jobSpec,
    ], required: ["apiVersion", "kind", "metadata", "spec"])

  static let jobSpec = map(
    [
      // An Indexed Job has at most 10^5 completions, and as many failed indexes as completions.
      "completions": .number(1...100_000), "parallelism": .number(0...100_000),
      "completionMode": .text(["NonIndexed", "Indexed"]),
      "backoffLimitPerIndex": .number(0...Int(Int32.max)),
      "maxFailedIndexes": .number(0...100_000),
      "podFailurePolicy": map(
        ["rules": .list(podFailureRule, most: 20)], required: ["rules"]),
      "template": map(["spec": podSpec]),
    ], required: ["template"])

  static let podFailureRule = map(
    [
      "action": .text(["FailJob", "FailIndex", "Ignore", "Count"]),
      "onExitCodes": map(
        [
          "containerName": .text(), "operator": .text(["In", "NotIn"]),
          "values": .list(.number(0...255), most: 255),
        ], required: ["operator", "values"]),
      "onPodConditions": .list(
        map(
          ["type": .text(), "status": .text(["True", "False", "Unknown"])],
          required: ["type", "status"]), most: 20),
    ], required: ["action"])

  static let podSpec = map(
    [
      "restartPolicy": .text(["Always", "OnFailure", "Never"]),
      "containers": .list(
        map(
          [
            "name": .text(), "image": .text(), "command": .list(.text()),
            "volumeMounts": .list(
              map(
                ["name": .text(), "mountPath": .text()], required: ["name", "mountPath"])),
          ], required: ["name"])),
      "volumes": .list(
        map(
          [
            "name": .text(),
            "persistentVolumeClaim": map(["claimName": .text()], required: ["claimName"]),
          ], required: ["name"])),
    ], required: ["containers"])

  /// What is wrong with a value: each with its place.
  func mistakes(_ node: Node, at path: String = "") -> [String] {
    switch (self, node) {
    case (.text(let accepted), .scalar(let scalar)):
      // A word that YAML reads as something else is no text: True, 1.
      guard node.tag.description == "tag:yaml.org,2002:str" else {
        return ["\(path): no text: \(scalar.string)"]
      }
      return accepted.isEmpty || accepted.contains(scalar.string)
        ? [] : ["\(path): \(scalar.string)"]
    case (.number(let range), .scalar(let scalar)):
      return node.int.map(range.contains) ?? false ? [] : ["\(path): \(scalar.string)"]
    case (.list(let element, let most), .sequence(let sequence)):
      let tooMany = sequence.count > most ? ["\(path): too many"] : []
      return tooMany
        + sequence.enumerated().flatMap { element.mistakes($1, at: "\(path)[\($0)]") }
    case (.map(let fields, let required), .mapping(let mapping)):
      let keys = mapping.keys.compactMap(\.string)
      return required.filter { !keys.contains($0) }.map { "\(path): no \($0)" }
        + mapping.flatMap { key, value -> [String] in
          let name = key.string ?? ""
          return fields[name].map { $0.mistakes(value, at: "\(path).\(name)") }
            ?? ["\(path).\(name): unknown"]
        }
    default: return ["\(path): of another kind"]
    }
  }
}

@Suite struct CampaignSubmitTests {
  @Test func schedulersAreGivenWhatTheyTake() throws {
    let folder = try CampaignFolder(most: 120)
    let slurm = try faultline("campaign", "submit", folder.path, "--slurm", "8")
    #expect(slurm.output.hasPrefix("#!/bin/sh\n#SBATCH"))
    #expect(slurm.output.contains("--array=1-8\n"))
    let parallel = try faultline("campaign", "submit", folder.path, "--parallel", "4")
    #expect(parallel.output.contains("--shard {}/4"))
    for shards in ["1", "64", "100000"] {
      let job = try faultline("campaign", "submit", folder.path, "--kubernetes", shards)
      let node = try #require(try Yams.compose(yaml: job.output))
      #expect(JobSchema.job.mistakes(node) == [])
      try checkRules(node, shards: Int(shards) ?? 0)
    }
  }

  /// What the API server checks beyond types: the descriptions of JobSpec and its policy.
  private func checkRules(_ job: Node, shards: Int) throws {
    let spec = try #require(job["spec"])
    #expect(spec["completions"]?.int == shards)
    #expect(spec["completionMode"]?.string == "Indexed")
    // backoffLimitPerIndex and podFailurePolicy want pods that are never restarted in place.
    #expect(spec["template"]?["spec"]?["restartPolicy"]?.string == "Never")
    #expect(try #require(spec["maxFailedIndexes"]?.int) <= (shards > 100_000 ? 10_000 : shards))
    let containers = try #require(spec["template"]?["spec"]?["containers"]?.sequence)
    let volumes = try #require(spec["template"]?["spec"]?["volumes"]?.sequence)
    for rule in try #require(spec["podFailurePolicy"]?["rules"]?.sequence) {
      #expect((rule["onExitCodes"] == nil) != (rule["onPodConditions"] == nil))
      guard let codes = rule["onExitCodes"] else { continue }
      #expect(containers.contains { $0["name"] == codes["containerName"] })
      let values = codes["values"]?.array().compactMap(\.int) ?? []
      #expect(values == Set(values).sorted() && !values.contains(0))
    }
    for mount in containers.flatMap({ $0["volumeMounts"]?.array() ?? [] }) {
      #expect(volumes.contains { $0["name"] == mount["name"] })
    }
  }

  @Test(arguments: [
    ("completions: 8", "completions: many", [".spec.completions: many"]),
    ("kind: Job", "kind: CronJob", [".kind: CronJob"]),
    (
      "status: \"True\"", "status: True",
      [".spec.podFailurePolicy.rules[2].onPodConditions[0].status: no text: True"]
    ),
    (", status: \"True\"", "", [".spec.podFailurePolicy.rules[2].onPodConditions[0]: no status"]),
    ("backoffLimitPerIndex", "backoffLimitPerindex", [".spec.backoffLimitPerindex: unknown"]),
  ])
  func theCheckerFindsWhatIsWrong(text: String, other: String, mistakes: [String]) throws {
    let folder = try CampaignFolder(most: 120)
    let job = try faultline("campaign", "submit", folder.path, "--kubernetes", "8")
    let node = try #require(try Yams.compose(yaml: job.output.replacing(text, with: other)))
    #expect(JobSchema.job.mistakes(node) == mistakes)
  }
}
