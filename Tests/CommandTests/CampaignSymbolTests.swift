// Escapes by function: names against the toolchain's own nm, and as a report tells them.

import Foundation
import Support
import Testing

@Suite struct CampaignSymbolTests {
  /// Functions by address, as llvm-nm has them.
  private func functions(
    _ program: String
  ) throws -> [(address: UInt64, size: UInt64, name: String)] {
    let elf = try Checkout.required(".build/images/\(program).elf")
    let nm = try execute(
      "/usr/bin/env", ["llvm-nm", "--numeric-sort", "--print-size", "--defined-only", elf])
    #expect(nm.status == 0, "\(nm.errors)")
    return nm.lines.compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 4, words[2].lowercased() == "t",
        let address = UInt64(words[0], radix: 16), let size = UInt64(words[1], radix: 16), size > 0
      else { return nil }
      return (address, size, String(words[3]))
    }
  }

  @Test func eachGroupOfEscapesHasItsFunctionAndARowToRunAgain() throws {
    let folder = try CampaignFolder("{all: all}", most: 150)
    let run = try faultline("campaign", "run", folder.path)
    #expect(run.status == 0, "\(run.errors)")
    let report = try faultline("campaign", "report", folder.path, "--json", "-")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any])
    let groups = try #require(json["escapeGroups"] as? [[String: Any]])
    let escapes = try #require(json["escapes"] as? [[String: Any]])
    #expect(groups.reduce(0) { $0 + ($1["rows"] as? Int ?? 0) } == escapes.count)
    let programs = [1: try functions("guest"), 3: try functions("firmware")]
    var named = 0
    for group in groups {
      let symbol = try #require(group["symbol"] as? String)
      guard let level = group["level"] as? Int, let known = programs[level],
        let text = group["pc"] as? String, let pc = UInt64(text.dropFirst(2), radix: 16),
        let wanted = known.last(where: { $0.address <= pc && pc < $0.address + $0.size })
      else { continue }
      named += 1
      let program = level == 1 ? "guest" : "firmware"
      #expect(symbol.hasPrefix("\(program): "), "\(group)")
      // What is not Swift's is not demangled.
      if !wanted.name.hasPrefix("$") { #expect(symbol == "\(program): \(wanted.name)") }
      #expect(!symbol.contains("$s") && !symbol.contains("$e"), "\(symbol)")
    }
    #expect(named > 0)
    let first = try #require(groups.first?["replay"] as? String)
    #expect(first.hasPrefix("faultline campaign replay \(folder.path) "))
    let words = first.split(separator: " ").map(String.init)
    #expect(try faultline(Array(words.dropFirst())).status == 0)
    // The page and the summary have them too.
    let symbol = try #require(
      groups.lazy.compactMap { $0["symbol"] as? String }.first { $0.contains(": ") })
    let summary = try faultline("campaign", "report", folder.path)
    #expect(summary.output.contains("met at EL"))
    let page = try faultline("campaign", "report", folder.path, "--html", "-")
    #expect(page.output.contains(symbol.prefix { $0 != "<" && $0 != "&" && $0 != ">" }))
  }

  @Test func anotherBuildsSymbolsAreNotUsed() throws {
    // Firmware of other bytes: names of ours would be wrong.
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-symbols-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bytes = try #require(
      FileManager.default.contents(atPath: Checkout.required(".build/images/firmware.bin")))
    var other = bytes
    // In a function that only an SError needs: the firmware boots. Its first byte has address 0.
    let unused = try #require(try functions("firmware").first { $0.name.contains("forgeSError") })
    other[Int(unused.address)] ^= 1
    let campaign = """
      title: t
      scenario: \(Checkout.path("Scenarios/small-program-reads-poison.yaml"))
      moments: [{console: 'guest: victim at ipa'}]
      errors: [{what: poison}]
      """
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let image = folder + "/firmware.bin"
    try other.write(to: URL(fileURLWithPath: image))
    let plan = try withTemporaryFile("c.yaml", campaign) {
      try faultline("campaign", "plan", $0, "--to", folder + "/plan", "--firmware", image)
    }
    try #require(plan.status == 0, "\(plan.errors)")
    let stored = try #require(FileManager.default.contents(atPath: folder + "/plan/plan.db"))
    #expect(stored.range(of: Data("guest".utf8)) != nil)
    // A function of the firmware alone.
    let guests = Set(try functions("guest").map(\.name))
    let ours = try #require(
      try functions("firmware").map(\.name).first { !guests.contains($0) && $0.count > 20 })
    #expect(stored.range(of: Data(ours.utf8)) == nil, "\(ours)")
  }
}
