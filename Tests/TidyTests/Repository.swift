// The checkout as the tests of its form read it: every text file that is kept, and nothing that is
// built or fetched.

import Foundation
import Support

/// A text file of the repository.
struct TextFile: Sendable {
  /// Its path from the root, with '/'.
  let path: String
  /// Its lines, without their ends.
  let lines: [String]

  /// A file of this text.
  init(_ path: String, _ text: String) {
    self.path = path
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
  }

  /// What comes after the last dot of its name; its name where there is none.
  var kind: String {
    let name = path.split(separator: "/").last ?? ""
    return String(name.split(separator: ".").last ?? name)
  }

  /// Whether it is one of these kinds of file.
  func isOne(of kinds: Set<String>) -> Bool { kinds.contains(kind) }

  /// The folder it is in, "" for the root.
  var folder: String {
    path.split(separator: "/").dropLast().joined(separator: "/")
  }
}

/// What a rule objects to, and where.
struct Finding: CustomStringConvertible {
  let description: String

  /// An objection to a line, counted from 1.
  init(_ file: String, _ line: Int, _ message: String) {
    description = "\(file):\(line): \(message)"
  }
}

/// All of the checkout.
struct Repository: Sendable {
  /// The files of this checkout, read once.
  static let files: [TextFile] = read()

  /// The same without this target, whose examples of what is wrong are wrong.
  static let others = files.filter { !$0.path.hasPrefix("Tests/TidyTests/") }

  /// The folders below a folder, by their paths from it.
  static func folders(below folder: String) -> [String] {
    let prefix = folder + "/"
    var found: Set<String> = []
    for file in files where file.path.hasPrefix(prefix) {
      let parts = file.path.dropFirst(prefix.count).split(separator: "/").dropLast()
      for count in 1..<max(1, parts.count + 1) {
        found.insert(parts.prefix(count).joined(separator: "/"))
      }
    }
    return found.sorted()
  }

  /// A file by its path.
  static func file(_ path: String) -> TextFile? { files.first { $0.path == path } }

  /// Whether there is a file or a folder of this path.
  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: Checkout.root.appendingPathComponent(path).path)
  }

  private static let skipped: Set<String> = [".git", ".cache", "Package.resolved", "out.json"]

  private static func read() -> [TextFile] {
    var files: [TextFile] = []
    func enter(_ folder: String) {
      let names =
        (try? FileManager.default.contentsOfDirectory(
          atPath: Checkout.root.appendingPathComponent(folder).path)) ?? []
      for name in names where !skipped.contains(name) && !name.hasPrefix(".build") {
        let path = folder.isEmpty ? name : folder + "/" + name
        let url = Checkout.root.appendingPathComponent(path)
        if (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true {
          enter(path)
        } else if let text = try? String(contentsOf: url, encoding: .utf8) {
          files.append(TextFile(path, text))
        }
      }
    }
    enter("")
    return files.sorted { $0.path < $1.path }
  }
}
