// The repository speaks of the project alone: nothing of the machine it was written on.

import Testing
import _StringProcessing

/// Rules about what must not be in any file.
enum Traces {
  /// Hosts whose addresses may stand in a file: where the dependencies, the toolchain and the
  /// licence are.
  static let hosts: Set<String> = [
    "127.0.0.1", "github.com", "json-schema.org", "www.apache.org", "www.swift.org",
  ]

  /// Absolute paths into somebody's machine.
  static func paths(_ files: [TextFile]) -> [Finding] {
    files.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        guard line.contains("/") else { return [] as [Finding] }
        return line.matches(of: /(?:^|[\s"'`=(:])(\/(?:home|Users|work|root|mnt|private)\/[\w.-]+)/)
          .map {
            Finding(file.path, index + 1, "'\($0.1)' is a path of one machine")
          }
      }
    }
  }

  /// Addresses of hosts that nothing here needs.
  static func addresses(_ files: [TextFile]) -> [Finding] {
    files.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        guard line.contains("http") else { return [] as [Finding] }
        return line.matches(of: /\bhttps?:\/\/([\w.-]+)/).compactMap { match in
          hosts.contains(String(match.1))
            ? nil
            : Finding(file.path, index + 1, "the host '\(match.1)' is not one of \(hosts.sorted())")
        }
      }
    }
  }
}

@Suite struct TraceTests {
  @Test func noFileNamesAPathOfOneMachine() { expectNone(Traces.paths(Repository.others)) }

  @Test func noFileNamesAHostThatNothingNeeds() { expectNone(Traces.addresses(Repository.others)) }

  @Test func aTraceIsFound() {
    let slash = "/"
    let file = TextFile(
      "A.md",
      """
      # A
      Built in \(slash)home/somebody, kept in `\(slash)work/here`; /dev/kvm is a device.
      From https:/\(slash)registry.example.org/x and https:/\(slash)github.com/x.
      """)
    #expect(Traces.paths([file]).count == 2)
    #expect(Traces.addresses([file]).count == 1)
  }
}
