// `faultline campaign plan`: the machine once, and what there is to try.

import ArgumentParser
import Campaign
import Foundation
import Scenario

/// Plans a campaign.
struct CampaignPlan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Boot once, and find whose every line is and what happens first to it.",
    discussion: """
      Writes DIR/plan.db and DIR/images: with them a shard needs nothing else.

      EXAMPLES
        faultline campaign plan Campaigns/guest-chain.yaml --to chain
        faultline campaign plan Campaigns/guest-chain.yaml --to chain-kvm --host linux
        faultline campaign plan Campaigns/small-guest.yaml --to b --firmware other/firmware.bin
      """)

  @Argument(help: "The campaign's file.")
  var file: String
  @Option(help: ArgumentHelp("Folder for the plan; made where there is none.", valueName: "dir"))
  var to: String
  @Option(help: "Host, faultline or linux, in place of the campaign's.")
  var host: Scenario.Host?
  @OptionGroup var replaced: ImageOptions

  func run() throws {
    guard !FileManager.default.fileExists(atPath: to + "/plan.db") else {
      throw failure(.cannotCreate, "'\(to)' has a plan already; name another folder, or remove it")
    }
    let text = try text(file, as: "campaign")
    let plan = try CampaignCommand.checked { () throws -> PlanStore in
      let campaign = try CampaignFile(yaml: text, file: file)
      let scenarioPath = HostFile.path(campaign.scenario, statedIn: file)
      let scenarioText = try self.text(scenarioPath, as: "scenario")
      let scenario = try Scenario(yaml: scenarioText, file: scenarioPath)
      let host = try chosenHost(campaign, scenario)
      let images = try images(scenario, host, scenarioPath)
      let source = PlanSource(
        campaignName: file, campaign: text, scenarioName: scenarioPath, scenario: scenarioText,
        host: host, tool: try CampaignCommand.tool(),
        images: images, symbols: symbols(images))
      let planner = Planner(
        campaign, scenario, host: source.host, files: source.files,
        tell: { StandardError.write($0 + "\n") })
      return try PlanStore(
        try planner.plan(fingerprint: source.fingerprint), source, in: to)
    }
    try tell(plan)
  }

  private func text(_ path: String, as what: String) throws -> String {
    guard let text = String(validating: try HostFile.read(path, as: what), as: UTF8.self) else {
      throw failure(.badContent, "\(what) '\(path)' is not UTF-8 text")
    }
    return text
  }

  private func chosenHost(_ campaign: CampaignFile, _ scenario: Scenario) throws -> Scenario.Host? {
    guard let chosen = host ?? campaign.host else { return scenario.hosts.first }
    guard scenario.hosts.contains(chosen) else {
      throw failure(
        .badContent,
        "\(file): host: found \(chosen.rawValue); accepted: "
          + (scenario.hosts.isEmpty
            ? "none, as the scenario has no hosts"
            : scenario.hosts.map(\.rawValue).joined(separator: ", ")))
    }
    return chosen
  }

  private func images(
    _ scenario: Scenario, _ host: Scenario.Host?, _ scenarioPath: String
  ) throws -> [PlanSource.Image] {
    let (loader, kernelPath, initrdPath) = replaced.paths(scenario.boot, statedIn: scenarioPath)
    let read: [(String, String?, [UInt8]?)] = [
      ("firmware", loader, try HostFile.firmware(loader)),
      ("kernel", kernelPath, try HostFile.kernel(kernelPath, of: host, starts: loader == nil)),
      ("initrd", initrdPath, try HostFile.initrd(initrdPath, of: host, starts: loader == nil)),
    ]
    return read.compactMap { name, path, bytes in
      bytes.map { PlanSource.Image(name: name, path: path ?? "default", bytes: $0) }
    }
  }

  /// The functions of our programs, where their ELF files are at hand and belong to these images, and those of
  /// a Linux Image that is the host's kernel.
  private func symbols(_ images: [PlanSource.Image]) -> [CodeSymbol] {
    let kernel = images.first { $0.name == "kernel" }?.bytes ?? []
    return CodeSymbol.all(of: "kernel", kernel: kernel)
      + ["firmware", "hypervisor", "vmm", "guest"].flatMap { program -> [CodeSymbol] in
        let file = FileManager.default.contents(
          atPath: HostFile.find(".build/images/\(program).elf"))
        return CodeSymbol.all(
          of: program, elf: file.map { [UInt8]($0) } ?? [], in: images.map(\.bytes))
      }
  }

  private func tell(_ store: PlanStore) throws {
    let plan = store.plan
    var lines = ["campaign: \(plan.file.title)"]
    let titles = ["place", plan.file.pattern.unitName, "met", "cured", "method"]
    var table = [titles]
    for place in plan.file.places {
      let lines = plan.lines(place)
      guard lines.all > 0 else { continue }
      table.append([
        place.rawValue, lines.all.grouped, lines.used.grouped, lines.cured.grouped,
        plan.file.census.contains(place) ? "census" : "sample",
      ])
    }
    let widths = titles.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    for row in table {
      lines.append(
        row.enumerated().map { index, text in
          let pad = String(repeating: " ", count: widths[index] - text.count)
          return index == 0 || index == 4 ? text + pad : pad + text
        }.joined(separator: "  ").trimmedEnd)
    }
    lines.append(
      "\(plan.censusCount.grouped) rows of a census, \(plan.sampleCount.grouped) of a sample; "
        + "fingerprint \(plan.fingerprint.prefix(12))")
    if plan.sampleCount == 0, !plan.sampledPlaces.isEmpty {
      lines.append(
        "no sample: stop.at-most.injections (\(plan.file.stop.injections.grouped)) is what the census "
          + "takes")
    }
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }
}

extension String {
  /// Without spaces at its end.
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
