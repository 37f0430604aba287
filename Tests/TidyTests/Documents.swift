// What documents and comments say of the repository itself: paths, links, targets of the Makefile,
// and the rooms and chapters.

import Foundation
import Testing

/// Rules about documents.
enum Documents {
  /// The folders whose names begin a path from the root.
  private static let tops = [
    "Sources", "Images", "Tests", "Documentation", "Scenarios", "Campaigns", "Scripts",
    "Benchmarks", ".ci",
  ]

  /// Paths from the root that a text names, and that do not exist.
  static func brokenPaths(_ files: [TextFile], exists: (String) -> Bool) -> [Finding] {
    files.filter { $0.isOne(of: FileForm.kinds) }.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        // From the root, from the file, from the images' package; without a suffix.
        paths(in: line).filter { path in
          ["", file.folder + "/", "Images/"].allSatisfy { start in
            !exists(start + path) && !exists(start + path + ".swift")
          }
        }.map { Finding(file.path, index + 1, "'\($0)' does not exist") }
      }
    }
  }

  /// The paths in a line that begin with a folder of the root.
  static func paths(in line: String) -> [String] {
    guard line.contains("/") else { return [] }
    return words(line).compactMap { word in
      guard let top = tops.first(where: { word.hasPrefix($0 + "/") }) else { return nil }
      // `Tests/Name.swift` and not a pattern or a name that is put together.
      let path = word.replacing(/[.:,;]+$/, with: "")
      let isPlain = path.allSatisfy { $0.isLetter || $0.isNumber || "/+-_.".contains($0) }
      guard isPlain, path.count > top.count + 1, !path.contains("/.build") else { return nil }
      // Linux keeps its documents in a folder of the same name, with small letters below it.
      let below = path.dropFirst(top.count + 1).first
      return top == "Documentation" && below?.isLowercase == true ? nil : path
    }
  }

  /// A line's words: what stands between spaces, quotes, brackets and backticks.
  private static func words(_ line: String) -> [String] {
    line.split { " `'\"()[]<>|=,;".contains($0) }.map(String.init)
  }

  /// Links of documents that lead nowhere: to files, and to headings.
  static func brokenLinks(_ files: [TextFile], exists: (String) -> Bool) -> [Finding] {
    let documents = files.filter { $0.kind == "md" }
    let headings = Dictionary(uniqueKeysWithValues: documents.map { ($0.path, anchors($0)) })
    return documents.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        line.matches(of: /\]\(([^)\s]+)\)/).compactMap { match -> Finding? in
          let target = String(match.1)
          guard !target.contains("://") else { return nil }
          let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
          let path = parts[0].isEmpty ? file.path : resolve(String(parts[0]), from: file.folder)
          if !exists(path) {
            return Finding(file.path, index + 1, "link to '\(target)', not there")
          }
          if parts.count == 2, let known = headings[path], !known.contains(String(parts[1])) {
            return Finding(file.path, index + 1, "no heading for the link to '\(target)'")
          }
          return nil
        }
      }
    }
  }

  /// The anchors of a document's headings.
  static func anchors(_ file: TextFile) -> Set<String> {
    Set(
      file.lines.filter { $0.hasPrefix("#") }.map { line in
        String(
          line.drop { $0 == "#" || $0 == " " }.lowercased()
            .compactMap { letter -> Character? in
              if letter == " " { return "-" }
              return letter.isLetter || letter.isNumber || "-_".contains(letter) ? letter : nil
            })
      })
  }

  static func resolve(_ path: String, from folder: String) -> String {
    var parts = folder.split(separator: "/").map(String.init)
    for part in path.split(separator: "/") {
      switch part {
      case ".": break
      case "..": _ = parts.popLast()
      default: parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }

  /// Source files that documents name in backticks, with any part of their path, and that are not
  /// there.
  static func brokenNames(_ files: [TextFile]) -> [Finding] {
    let paths = files.map { "/" + $0.path }
    return files.filter { $0.kind == "md" && $0.path != "CHANGELOG.md" }.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        line.matches(of: /`([\w.+\/-]+\.(?:swift|S|c|h|ld|md))`/).compactMap { match -> Finding? in
          // `Type+Facet.swift` is a pattern, and small letters begin a path of Linux or QEMU.
          let name = "/" + match.1
          guard !["Type+Facet", "NAME"].contains(where: match.1.contains),
            match.1.first?.isLowercase == false,
            !paths.contains(where: { $0.hasSuffix(name) })
          else { return nil }
          return Finding(file.path, index + 1, "there is no file '\(match.1)'")
        }
      }
    }
  }

  /// Targets of `make` that a text names in backticks or an indented block, and that are not there.
  static func brokenTargets(_ files: [TextFile], _ makefile: TextFile) -> [Finding] {
    let targets = Set(
      makefile.lines.compactMap { line in
        line.firstMatch(of: /^([a-z-]+):(?!=)/).map { String($0.1) }
      })
    return files.filter { $0.isOne(of: FileForm.kinds) }.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        guard line.contains("make ") else { return [] as [Finding] }
        return line.matches(of: /(?:`|^ {4}|^\$ )make ([a-z-]+)/).compactMap { match in
          let name = String(match.1)
          return targets.contains(name)
            ? nil : Finding(file.path, index + 1, "the Makefile has no '\(name)'")
        }
      }
    }
  }

  /// Folders under Sources without a row in Architecture.md's chapters, and rows without a folder.
  static func rooms(_ document: TextFile, folders: [String]) -> [Finding] {
    var rows: [String: Int] = [:]
    var findings: [Finding] = []
    for (index, line) in document.lines.enumerated() {
      guard line.hasPrefix("| `"), let cell = line.dropFirst().split(separator: "|").first else {
        continue
      }
      for match in cell.matches(of: /`([\w\/]+)\/`/) { rows[String(match.1)] = index + 1 }
    }
    for folder in folders where rows[folder] == nil {
      findings.append(Finding(document.path, 1, "no row for the folder 'Sources/\(folder)/'"))
    }
    for (row, line) in rows where !folders.contains(row) {
      findings.append(Finding(document.path, line, "there is no folder 'Sources/\(row)/'"))
    }
    return findings
  }
}

@Suite struct DocumentTests {
  @Test func pathsInTextsExist() {
    expectNone(Documents.brokenPaths(Repository.others, exists: Repository.exists))
  }

  @Test func linksLeadSomewhere() {
    expectNone(Documents.brokenLinks(Repository.others, exists: Repository.exists))
  }

  @Test func filesThatDocumentsNameAreThere() {
    expectNone(Documents.brokenNames(Repository.others))
  }

  @Test func targetsThatTextsNameAreInTheMakefile() throws {
    let makefile = try #require(Repository.file("Makefile"))
    expectNone(Documents.brokenTargets(Repository.others, makefile))
  }

  @Test func everyFolderUnderSourcesStandsInTheArchitecture() throws {
    let document = try #require(Repository.file("Documentation/Architecture.md"))
    expectNone(Documents.rooms(document, folders: Repository.folders(below: "Sources")))
  }

  @Test func whatIsBrokenIsFound() {
    let files = [
      TextFile(
        "Documentation/A.md",
        """
        # A chapter, and more
        See [B](B.md#two), [itself](#a-chapter-and-more), [C](../C.md), [out](https://x.org/A).
        `Sources/Arm`, `Sources/Nothing`, and `Core+Gone.swift`.
            make nothing
        """),
      TextFile("Documentation/B.md", "# One\n"), TextFile("Makefile", "# M\ntest: setup\n"),
    ]
    let there: Set<String> = ["Documentation/A.md", "Documentation/B.md", "Sources/Arm"]
    #expect(
      Documents.brokenLinks(files, exists: there.contains).map(\.description)
        == [
          "Documentation/A.md:2: no heading for the link to 'B.md#two'",
          "Documentation/A.md:2: link to '../C.md', not there",
        ])
    #expect(
      Documents.brokenPaths(files, exists: there.contains).map(\.description)
        == ["Documentation/A.md:3: 'Sources/Nothing' does not exist"])
    #expect(Documents.brokenNames(files).count == 1)
    #expect(Documents.brokenTargets(files, files[2]).count == 1)
    let document = TextFile("A.md", "# A\n| `Arm/` | x |\n| `Arm/Gone/` | x |\n")
    #expect(
      Documents.rooms(document, folders: ["APEI", "Arm"]).map(\.description)
        == [
          "A.md:1: no row for the folder 'Sources/APEI/'",
          "A.md:3: there is no folder 'Sources/Arm/Gone/'",
        ])
  }
}
