// What each target imports, what its manifest lets it import, and what Architecture.md says it may
// know: the three must agree.

import Foundation
import Testing

/// Rules about which room knows which.
enum Imports {
  /// Modules that belong to the system or the toolchain.
  static let system: Set<String> = [
    "Darwin", "Foundation", "Glibc", "Musl", "PackageDescription", "Testing", "_StringProcessing",
  ]

  /// A file's imports: the module and the line.
  static func imports(_ file: TextFile) -> [(module: String, line: Int)] {
    let code = SwiftText(file).code
    return code.enumerated().compactMap { index, line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
        words[..<place].allSatisfy({ $0.hasPrefix("@") || $0 == "public" || $0 == "internal" })
      else { return nil }
      return (String(words[place + 1].split(separator: ".")[0]), index + 1)
    }
  }

  /// Where a manifest and the imports of its targets differ.
  static func findings(_ manifest: Manifest, _ files: [TextFile]) -> [Finding] {
    let programs = Set(manifest.targets.filter(\.isExecutable).map(\.name))
    return manifest.targets.flatMap { target in
      let own = files.filter { $0.path.hasPrefix(target.folder + "/") && $0.kind == "swift" }
      var findings: [Finding] = []
      var used: Set<String> = []
      for file in own {
        for (module, line) in imports(file) where !system.contains(module) {
          used.insert(module)
          if !target.dependencies.contains(module) {
            findings.append(
              Finding(file.path, line, "\(target.name) does not depend on \(module)"))
          }
        }
      }
      // A target in C or assembly depends by including a header, or by linking.
      guard !own.isEmpty else { return findings }
      let unused = target.dependencies.subtracting(used).subtracting(programs)
      for name in unused.sorted() where !isLinked(name, files) {
        findings.append(
          Finding(manifest.path, target.line, "\(target.name) never imports \(name)"))
      }
      return findings
    }
  }

  /// Whether a target is there to be linked: entry code in assembly or C, and memory functions.
  private static func isLinked(_ name: String, _ files: [TextFile]) -> Bool {
    files.contains { file in
      file.path.hasPrefix("Images/Sources/\(name)/") && ["S", "c"].contains(file.kind)
    }
  }

  /// The rows of Architecture.md's table of rooms: a room and those that it may know.
  static func arrows(_ document: TextFile) -> [String: (rooms: Set<String>, line: Int)] {
    var rows: [String: (rooms: Set<String>, line: Int)] = [:]
    var isTable = false
    for (index, line) in document.lines.enumerated() {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if line.hasPrefix("| Room | May know |") { isTable = true }
      guard isTable, cells.count >= 2 else {
        isTable = isTable && line.hasPrefix("|")
        continue
      }
      guard cells[0].hasPrefix("`") else { continue }
      let names = cells[1].split { $0 == "," || $0 == " " || $0 == "`" }.map(String.init)
      rows[cells[0].replacing("`", with: "")] = (Set(names).subtracting(["nobody"]), index + 1)
    }
    return rows
  }

  /// Where Architecture.md's table and the manifest differ.
  static func findings(arrows document: TextFile, _ manifest: Manifest) -> [Finding] {
    let rows = arrows(document)
    let rooms = manifest.targets.filter { $0.folder.hasPrefix("Sources/") }
    let names = Set(rooms.map(\.name))
    var findings: [Finding] = []
    for room in rooms {
      guard let row = rows[room.name] else {
        findings.append(Finding(document.path, 1, "'\(room.name)' has no row: what may it know?"))
        continue
      }
      let declared = room.dependencies.intersection(names)
      for extra in declared.subtracting(row.rooms).sorted() {
        findings.append(
          Finding(manifest.path, room.line, "\(room.name) must not depend on \(extra)"))
      }
      for missing in row.rooms.subtracting(declared).sorted() {
        findings.append(
          Finding(document.path, row.line, "\(room.name) does not depend on \(missing)"))
      }
    }
    for (name, row) in rows where !names.contains(name) {
      findings.append(Finding(document.path, row.line, "there is no room '\(name)'"))
    }
    return findings
  }
}

@Suite struct ImportTests {
  @Test(arguments: Manifest.paths)
  func aTargetImportsWhatItDependsOnAndNothingElse(path: String) throws {
    let manifest = Manifest(try #require(Repository.file(path)))
    #expect(manifest.targets.count > 15)
    expectNone(Imports.findings(manifest, Repository.files))
  }

  @Test func theArrowsOfTheArchitectureHold() throws {
    let manifest = Manifest(try #require(Repository.file("Package.swift")))
    let document = try #require(Repository.file("Documentation/Architecture.md"))
    expectNone(Imports.findings(arrows: document, manifest))
  }

  /// Hardware does not know ACPI, not even through a room between them.
  @Test func theMachineReachesNoACPI() throws {
    let manifest = Manifest(try #require(Repository.file("Package.swift")))
    let targets = Dictionary(uniqueKeysWithValues: manifest.targets.map { ($0.name, $0) })
    var reached: Set<String> = []
    func enter(_ name: String) {
      guard reached.insert(name).inserted else { return }
      for next in targets[name]?.dependencies ?? [] { enter(next) }
    }
    enter("Machine")
    #expect(reached == ["Arm", "Bytes", "DeviceTree", "Machine", "Platform"])
  }

  @Test func aWrongImportIsFoundOnEitherSide() {
    let manifest = Manifest(
      TextFile(
        "Package.swift",
        """
        let package = Package(
          targets: [
            .target(name: "A"),
            .target(name: "B", dependencies: ["A", .product(name: "P", package: "p")]),
            .testTarget(name: "BTests", dependencies: ["B"]),
          ])
        """))
    let files = [
      TextFile("Sources/A/A.swift", "// A.\nimport B\n"),
      TextFile("Sources/B/B.swift", "// B.\n// import A\nimport Foundation\npublic import P\n"),
      TextFile("Tests/BTests/B.swift", "// B.\n@testable import B\n"),
    ]
    #expect(
      Imports.findings(manifest, files).map(\.description)
        == [
          "Sources/A/A.swift:2: A does not depend on B", "Package.swift:4: B never imports A",
        ])
    let document = TextFile(
      "A.md", "# A\n\n| Room | May know |\n|---|---|\n| `A` | nobody |\n| `C` | `A`, B |\n")
    #expect(
      Imports.findings(arrows: document, manifest).map(\.description)
        == ["A.md:1: 'B' has no row: what may it know?", "A.md:6: there is no room 'C'"])
  }
}
