// Goldens: a text that people or programs read, kept in a file beside the test, so that a change of it
// is seen, looked at and meant. With FAULTLINE_UPDATE_GOLDENS=1 in the environment the files are
// written anew instead of compared.

import Foundation

/// Texts to compare with, in the folder `Goldens` beside a test's file.
public enum Golden {
  /// Where a text differs from the golden of this name; nil when it does not, or was written.
  /// `test` is the file of the test that asks.
  public static func difference(
    _ text: String, from name: String, test: StaticString = #filePath
  ) -> String? {
    let file = URL(fileURLWithPath: "\(test)").deletingLastPathComponent()
      .appendingPathComponent("Goldens").appendingPathComponent(name)
    let text = text.hasSuffix("\n") ? text : text + "\n"
    if ProcessInfo.processInfo.environment["FAULTLINE_UPDATE_GOLDENS"] == "1" {
      do { try Data(text.utf8).write(to: file) } catch {
        return "cannot write \(file.path): \(error)"
      }
      return nil
    }
    guard let data = FileManager.default.contents(atPath: file.path) else {
      return "there is no golden \(name): write it with FAULTLINE_UPDATE_GOLDENS=1"
    }
    let golden = String(decoding: data, as: UTF8.self)
    if golden == text { return nil }
    let (wanted, found) = (
      golden.split(separator: "\n", omittingEmptySubsequences: false),
      text.split(separator: "\n", omittingEmptySubsequences: false)
    )
    let line = zip(wanted, found).prefix { $0 == $1 }.count
    return """
      \(name):\(line + 1) differs (FAULTLINE_UPDATE_GOLDENS=1 writes it anew)
      golden: \(line < wanted.count ? String(wanted[line]) : "nothing")
      now:    \(line < found.count ? String(found[line]) : "nothing")
      """
  }
}
