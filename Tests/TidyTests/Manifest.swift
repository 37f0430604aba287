// The targets of a Package.swift, read as text: asking SwiftPM would wait for the very build that
// runs the test.

import Foundation

/// A target as a manifest declares it.
struct DeclaredTarget {
  let name: String
  /// The folder of its sources, from the root.
  let folder: String
  /// The names of the targets and products it may import.
  let dependencies: Set<String>
  /// Whether it is a program: who depends on one wants it built.
  let isExecutable: Bool
  /// The manifest's line that begins it.
  let line: Int
}

/// A package's manifest.
struct Manifest {
  let path: String
  private(set) var targets: [DeclaredTarget] = []

  /// The root's manifest and the images'.
  static let paths = ["Package.swift", "Images/Package.swift"]

  /// Reads a manifest's targets.
  init(_ file: TextFile) {
    path = file.path
    let text = Array(file.lines.joined(separator: "\n"))
    let root = file.folder.isEmpty ? "" : file.folder + "/"
    for call in Self.calls(in: text) {
      let strings = Self.strings(call.text)
      guard let name = strings.first else { continue }
      let arguments = String(call.text)
      var dependencies: Set<String> = []
      if call.name == "guest" {
        dependencies = ["GuestEntry", "GuestRuntime"]
        dependencies.formUnion(Self.dependencies(call.text, after: ","))
      } else if arguments.contains("dependencies:") {
        dependencies = Self.dependencies(call.text, after: "dependencies:")
      }
      let folder =
        Self.string(arguments, after: "path:")
        ?? (call.name == "testTarget" ? "Tests/" : "Sources/") + name
      targets.append(
        DeclaredTarget(
          name: name, folder: root + folder, dependencies: dependencies,
          isExecutable: call.name == "executableTarget", line: call.line))
    }
  }

  /// The calls that declare a target: what is between their parentheses.
  private static func calls(
    in text: [Character]
  ) -> [(name: String, text: [Character], line: Int)] {
    var found: [(String, [Character], Int)] = []
    for name in ["target", "executableTarget", "testTarget", "guest"] {
      let opening = Array(name == "guest" ? "\n    guest(" : "    ." + name + "(")
      var index = 0
      while index + opening.count <= text.count {
        guard Array(text[index..<index + opening.count]) == opening else {
          index += 1
          continue
        }
        let start = index + opening.count
        var depth = 1
        var end = start
        while end < text.count, depth > 0 {
          if text[end] == "(" { depth += 1 }
          if text[end] == ")" { depth -= 1 }
          end += 1
        }
        let line = 1 + text[..<start].count { $0 == "\n" }
        found.append((name, Array(text[start..<max(start, end - 1)]), line))
        index = end
      }
    }
    return found
  }

  private static func strings(_ text: some Sequence<Character>) -> [String] {
    var found: [String] = []
    var current: String?
    for letter in text {
      if letter == "\"" {
        if let text = current {
          found.append(text)
          current = nil
        } else {
          current = ""
        }
      } else {
        current?.append(letter)
      }
    }
    return found
  }

  /// The names in the list that comes after a mark; of a product, its own.
  private static func dependencies(_ text: [Character], after mark: String) -> Set<String> {
    guard let start = String(text).range(of: mark) else { return [] }
    let rest = String(text)[start.upperBound...]
    guard let opening = rest.firstIndex(of: "[") else { return [] }
    var depth = 0
    var list = ""
    for letter in rest[opening...] {
      if letter == "[" { depth += 1 }
      if letter == "]" { depth -= 1 }
      if depth == 0 { break }
      list.append(letter)
    }
    var names: Set<String> = []
    for part in list.split(separator: "name:") {
      names.formUnion(strings(part.prefix { $0 != ")" }.split(separator: "package:")[0]))
    }
    return names
  }

  private static func string(_ text: String, after mark: String) -> String? {
    guard let start = text.range(of: mark) else { return nil }
    return strings(text[start.upperBound...]).first
  }
}
