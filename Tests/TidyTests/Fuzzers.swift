// The registry of fuzzers is whole: every row is run by its suite and has its canary, and `make fuzz`
// runs every suite.

import Support
import Testing

@Suite struct FuzzerRegistryTests {
  @Test func everyFuzzerHasASuiteACanaryAndIsRunByMakeFuzz() throws {
    let makefile = try #require(Repository.file("Makefile"))
    let lines = makefile.lines.filter { $0.hasPrefix("FUZZERS := ") }
    try #require(!lines.isEmpty, "the Makefile names the suites")
    let suites = lines.flatMap { line in
      line.dropFirst("FUZZERS := ".count).split(separator: "|").map(String.init)
        .filter { $0 != "$(FUZZERS)" }
    }
    #expect(Set(suites) == Set(Fuzzer.all.map(\.suite)))
    for fuzzer in Fuzzer.all {
      let file = try #require(
        Repository.files.first { file in
          file.path.hasPrefix("Tests/")
            && file.lines.contains { $0.contains("struct \(fuzzer.suite) {") }
        }, "\(fuzzer.suite)")
      let uses = file.lines.count { $0.contains("Fuzzer.\(fuzzer.name).") }
      #expect(uses > 0, "\(file.path) does not use the row")
      #expect(file.lines.contains { $0.contains("func canary") }, "\(file.path) has no canary")
      #expect(fuzzer.shortRuns < fuzzer.longRuns)
    }
    #expect(Set(Fuzzer.all.map(\.name)).count == Fuzzer.all.count)
  }
}
