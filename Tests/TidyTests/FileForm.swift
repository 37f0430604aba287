// How a file looks: it opens with what it is, and a reader sees a line whole and a file at a sitting.

import Testing

/// Rules for a file by itself.
enum FileForm {
  /// Kinds of file that are read by people and can hold a comment.
  static let kinds = scripts.union(["swift", "S", "c", "h", "inc", "ld", "md", "yaml"])

  /// Those of them whose comments begin with #: by their names where they have no suffix.
  private static let scripts: Set<String> = [
    "Makefile", "mk", "sed", "run", "init", "setup", "apt-private", "fetch-kernel", "fetch-qemu",
    "fetch-rasdaemon", "slurm-up", "slurm-down", "tf-a-tests",
  ]

  /// Files that do not open with what they are.
  static func withoutOpening(_ files: [TextFile]) -> [Finding] {
    files.filter { $0.isOne(of: kinds) }.compactMap { file in
      var lines = file.lines[...]
      // What an interpreter, the package manager or an image's compiler reads may come first.
      if let first = lines.first,
        first.hasPrefix("#!") || first.hasPrefix("#if ") || first.contains("swift-tools-version")
      {
        lines = lines.dropFirst()
      }
      let opening = lines.first { line in
        !line.isEmpty && !(file.path.hasSuffix("Package.swift") && line.hasPrefix("import "))
      }
      let marks =
        switch file.kind {
        case "md": ["# "]
        case "yaml": ["# ", "title: "]
        case let kind where scripts.contains(kind): ["# "]
        default: ["// ", "/* "]
        }
      if let opening, marks.contains(where: opening.hasPrefix) { return nil }
      return Finding(file.path, 1, "does not open with a comment that says what it is")
    }
  }

  /// How long a line may be: swift-format holds code to 100, and leaves comments and tables alone.
  static let longestLine = 120

  /// Lines that are too long. A scenario's patterns and an assembler's conditions are as long as they
  /// must be, prose is wrapped by who reads it, and nobody divides a string.
  static func longLines(_ files: [TextFile]) -> [Finding] {
    files.filter { $0.isOne(of: kinds.subtracting(["yaml", "md", "S"])) }.flatMap {
      file -> [Finding] in
      let text = SwiftText(file)
      return file.lines.indices.compactMap { index -> Finding? in
        let count = text.code[index].count + text.comments[index].count
        guard count > longestLine else { return nil }
        return Finding(file.path, index + 1, "\(count) characters; at most \(longestLine)")
      }
    }
  }
}

/// The list of files that are longer than a file should be, and how long they may be.
struct LengthExceptions {
  /// The longest that a file may be without an exception.
  static let longest = 400
  /// Limits are multiples of this, so that not every edit of a long file is one of the list.
  static let step = 20
  static let path = "Tests/TidyTests/LongFiles.txt"
  /// How many files the list has, and how many lines it allows them in all. Both only go down.
  static let ceiling = (files: 7, lines: 3660)

  /// The limit of each excepted file and the line that says so.
  private(set) var limits: [String: (limit: Int, line: Int)] = [:]
  private(set) var findings: [Finding] = []

  /// Reads the list: a number and a path a line.
  init(_ list: TextFile) {
    for (index, line) in list.lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      if words.count == 2, let limit = Int(words[0]), limit % Self.step == 0 {
        limits[String(words[1])] = (limit, index + 1)
      } else {
        findings.append(
          Finding(list.path, index + 1, "expected a multiple of \(Self.step) and a path"))
      }
    }
  }

  /// A list that has grown, or a ceiling that has not followed one that has shrunk.
  func findings(under ceiling: (files: Int, lines: Int)) -> [Finding] {
    let lines = limits.values.map(\.limit).reduce(0, +)
    guard limits.count != ceiling.files || lines != ceiling.lines else { return [] }
    let found = "\(limits.count) files of \(lines) lines; the ceiling is"
    return [Finding(Self.path, 1, "\(found) \(ceiling.files) of \(ceiling.lines)")]
  }

  /// Files that are too long, and exceptions that are too generous or of no use.
  func findings(_ files: [TextFile]) -> [Finding] {
    var findings = findings
    var seen: Set<String> = []
    for file in files where file.isOne(of: FileForm.kinds) {
      let count = file.lines.count
      guard let (limit, line) = limits[file.path] else {
        if count > Self.longest {
          findings.append(Finding(file.path, count, "\(count) lines; at most \(Self.longest)"))
        }
        continue
      }
      seen.insert(file.path)
      let smallest = (count + Self.step - 1) / Self.step * Self.step
      if count > limit {
        findings.append(Finding(file.path, count, "\(count) lines; its exception allows \(limit)"))
      } else if count <= Self.longest {
        findings.append(Finding(Self.path, line, "\(file.path) needs no exception any more"))
      } else if smallest < limit {
        findings.append(Finding(Self.path, line, "\(file.path) needs \(smallest), not \(limit)"))
      }
    }
    for (path, place) in limits where !seen.contains(path) {
      findings.append(Finding(Self.path, place.line, "\(path) does not exist"))
    }
    return findings
  }
}

@Suite struct FileFormTests {
  @Test func everyFileOpensWithWhatItIs() { expectNone(FileForm.withoutOpening(Repository.files)) }

  @Test func aLineIsSeenWhole() { expectNone(FileForm.longLines(Repository.files)) }

  @Test func aFileIsReadAtASittingAndExceptionsOnlyShrink() throws {
    let list = try #require(Repository.file(LengthExceptions.path))
    let exceptions = LengthExceptions(list)
    expectNone(exceptions.findings(Repository.files))
    expectNone(exceptions.findings(under: LengthExceptions.ceiling))
  }

  @Test func aFileWithoutAnOpeningIsFound() {
    let files = [
      TextFile("Sources/A.swift", "import Arm\n// Later.\n"),
      TextFile("Sources/B.swift", "// What it is.\nimport Arm\n"),
      TextFile(
        "Package.swift", "// swift-tools-version: 6.3\nimport PackageDescription\n\n// It.\n"),
      TextFile("Scripts/setup", "#!/bin/sh\nset -eu\n"),
      TextFile("Scripts/tf-a/a.mk", "A := 1\n"), TextFile("Scripts/tf-a/a.sed", "# It.\n/a/d\n"),
    ]
    #expect(
      FileForm.withoutOpening(files).map(\.description)
        == ["Sources/A.swift", "Scripts/setup", "Scripts/tf-a/a.mk"].map {
          $0 + ":1: does not open with a comment that says what it is"
        })
  }

  @Test func aLongLineIsFound() {
    let long = String(repeating: "x", count: 120)
    #expect(FileForm.longLines([TextFile("A.swift", "// A.\n// " + long)]).count == 1)
    #expect(FileForm.longLines([TextFile("A.md", "# A\n" + long + long)]).isEmpty)
  }

  @Test func anExceptionThatCouldShrinkIsFound() {
    let list = TextFile(LengthExceptions.path, "# It.\n460 A.swift\n420 B.swift\n440 C.swift\n")
    func file(_ path: String, _ count: Int) -> TextFile {
      TextFile(path, String(repeating: "\n", count: count))
    }
    let files = [
      file("A.swift", 430), file("B.swift", 421), file("C.swift", 400), file("D.swift", 401),
    ]
    #expect(
      LengthExceptions(list).findings(files).map(\.description)
        == [
          "Tests/TidyTests/LongFiles.txt:2: A.swift needs 440, not 460",
          "B.swift:421: 421 lines; its exception allows 420",
          "Tests/TidyTests/LongFiles.txt:4: C.swift needs no exception any more",
          "D.swift:401: 401 lines; at most 400",
        ])
    #expect(
      LengthExceptions(list).findings(Array(files.prefix(2))).map(\.description).last
        == "Tests/TidyTests/LongFiles.txt:4: C.swift does not exist")
  }

  @Test func aListThatHasGrownIsFound() {
    let list = LengthExceptions(
      TextFile(LengthExceptions.path, "# It.\n460 A.swift\n420 B.swift\n"))
    #expect(list.findings(under: (files: 2, lines: 880)).isEmpty)
    #expect(
      list.findings(under: (files: 1, lines: 460)).map(\.description)
        == ["\(LengthExceptions.path):1: 2 files of 880 lines; the ceiling is 1 of 460"])
    // Shrunk, and the ceiling has not followed.
    #expect(list.findings(under: (files: 2, lines: 900)).count == 1)
  }
}

/// Expects that a rule objects to nothing; what it objects to is listed.
func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
  let list = findings.map(\.description).joined(separator: "\n")
  #expect(findings.isEmpty, "\n\(list)", sourceLocation: sourceLocation)
}
