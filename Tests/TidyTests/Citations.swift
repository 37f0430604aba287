// Documents are cited as References.md lists them, and each in one revision: a place in a manual is
// worth nothing if the reader's copy counts its chapters differently.

import Testing
import _StringProcessing

/// Rules about citations.
struct Citations {
  /// The revision of each document by its number, such as "DDI 0487" and "L.b".
  private(set) var revisions: [String: String] = [:]
  /// The version of each document by the name it is cited as, such as "ACPI" and "6.5".
  private(set) var versions: [String: String] = [:]
  /// The sections of the Arm ARM that are cited, as the revision numbers them: "D24.2", or "D2" for a
  /// whole chapter. What is in a section is counted further by the manual.
  private(set) var sections: Set<String> = []

  /// Reads References.md.
  init(_ references: TextFile) {
    for line in references.lines where line.hasPrefix("|") {
      let cells = line.split(separator: "|").map { String($0).trimmed }
      guard cells.count == 3 else {
        if cells.count == 2, cells[0].wholeMatch(of: /[A-K]\d+(\.\d+)?/) != nil {
          sections.insert(cells[0])
        }
        continue
      }
      if let match = cells[1].firstMatch(of: /(?:DDI|IHI|DEN) \d{4}/) {
        revisions[String(match.0)] = cells[2]
      }
      versions[cells[0]] = cells[2]
    }
  }

  /// Citations that References.md does not cover.
  func findings(_ files: [TextFile]) -> [Finding] {
    files.filter { $0.isOne(of: FileForm.kinds) && $0.path != "Documentation/References.md" }
      .flatMap { file in
        file.lines.enumerated().flatMap { index, line in
          objections(line).map { Finding(file.path, index + 1, $0) }
        }
      }
  }

  private static let marks = ["DDI", "IHI", "DEN", "Arm ARM", "ACPI", "UEFI"]

  private func objections(_ line: String) -> [String] {
    var found: [String] = []
    guard Self.marks.contains(where: line.contains) else { return found }
    for match in line.matches(of: /\b((?:DDI|IHI|DEN) ?\d{4}) ?([A-Z](?:\.[a-z])?)?\b/) {
      let number =
        match.1.contains(" ") ? String(match.1) : match.1.prefix(3) + " " + match.1.suffix(4)
      guard let revision = revisions[number] else {
        found.append("\(number) is not in References.md")
        continue
      }
      if let cited = match.2, !revision.contains(cited) {
        found.append("\(number) \(cited) is cited; References.md has \(revision)")
      }
    }
    // What follows the first place belongs to the manual too: "Arm ARM D1.4.2, D24.2".
    if let start = line.firstMatch(of: /\bArm ARM\b/) {
      let rest = line[start.range.upperBound...].prefix { $0 != ";" }
      for match in rest.matches(of: /(?:^|[ (])([A-K]\d+(?:\.\d+)?)((?:\.\d+)*)\b/) {
        if !sections.contains(String(match.1)) {
          found.append("Arm ARM \(match.1) is not a section that References.md lists")
        } else if match.1 == "D24.2", !match.2.isEmpty {
          // They are counted anew in each revision.
          found.append("Arm ARM D24.2\(match.2): cite a register by its name")
        }
      }
    }
    for match in line.matches(of: /\b(ACPI|UEFI) (\d+\.\d+[A-C]?)/) {
      let document = String(match.1)
      let allowed = versions.filter { $0.key.hasPrefix(document) }.values
      if !allowed.contains(String(match.2)), !Self.isHistory(document, String(match.2)) {
        found.append("\(document) \(match.2) is cited; References.md has \(allowed.sorted())")
      }
    }
    return found
  }

  /// Versions that are named because a structure came or changed with them, not as a place.
  private static func isHistory(_ document: String, _ version: String) -> Bool {
    [
      "ACPI 1.0", "ACPI 2.0", "UEFI 2.2", "UEFI 2.3", "UEFI 2.9", "UEFI 2.9A", "UEFI 2.10A",
      "UEFI 2.11",
    ]
    .contains(
      document + " " + version)
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

@Suite struct CitationTests {
  @Test func documentsAreCitedInTheRevisionsOfTheReferences() throws {
    let citations = Citations(try #require(Repository.file("Documentation/References.md")))
    #expect(citations.revisions["DDI 0487"] == "M.a.a")
    #expect(citations.sections.count > 20)
    expectNone(citations.findings(Repository.others))
  }

  @Test func anotherRevisionIsFound() {
    let citations = Citations(
      TextFile(
        "R.md",
        """
        # R
        | Arm ARM | Arm Architecture Reference Manual, DDI 0487 | M.a.a |
        | ACPI | Advanced Configuration and Power Interface | 6.5 |
        | D24.2 | General system control registers |
        """))
    let file = TextFile(
      "A.swift",
      """
      // Arm ARM D24.2, ESR_EL1; Arm ARM (DDI 0487) D24.2; ACPI 6.5, 18.3.
      // Arm ARM D17.2.37; DDI 0487J.a; IHI 0069; ACPI 6.4.
      // Arm ARM D24.2.40.
      """)
    #expect(
      citations.findings([file]).map(\.description)
        == [
          "A.swift:2: DDI 0487 J.a is cited; References.md has M.a.a",
          "A.swift:2: IHI 0069 is not in References.md",
          "A.swift:2: Arm ARM D17.2 is not a section that References.md lists",
          "A.swift:2: ACPI 6.4 is cited; References.md has [\"6.5\"]",
          "A.swift:3: Arm ARM D24.2.40: cite a register by its name",
        ])
  }
}
