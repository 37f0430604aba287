// Symbols of programs and kernels.

import Testing

@testable import Scenario

/// Symbols from both kinds of files, and what a scenario makes of them.
@Suite struct SymbolTableTests {
  /// A symbol of an ELF file made by hand.
  struct Symbol {
    var name: String
    var value: UInt64
    var information: UInt64 = 0x12  // STB_GLOBAL, STT_FUNC
    var section: UInt64 = 1
  }

  /// An ELF file with a header, names, symbols and three section headers, and nothing else.
  static func elf(_ symbols: [Symbol]) -> [UInt8] {
    var names: [UInt8] = [0]
    var table = [UInt8](repeating: 0, count: 24)
    for symbol in symbols {
      table += bytes(UInt64(names.count), 4) + bytes(symbol.information, 1) + [0]
      table += bytes(symbol.section, 2) + bytes(symbol.value, 8) + bytes(0, 8)
      names += Array(symbol.name.utf8) + [0]
    }
    let start = 64
    let headers = start + names.count + table.count
    var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 33)
    file += bytes(UInt64(headers), 8) + [UInt8](repeating: 0, count: 10)
    file += bytes(64, 2) + bytes(3, 2) + bytes(0, 2)
    file += names + table
    func section(_ type: UInt64, _ offset: Int, _ size: Int, link: UInt64 = 0) -> [UInt8] {
      bytes(0, 4) + bytes(type, 4) + bytes(0, 16) + bytes(UInt64(offset), 8)
        + bytes(UInt64(size), 8) + bytes(link, 4) + bytes(0, 20)
    }
    file += section(0, 0, 0)
    file += section(2, start + names.count, table.count, link: 2)
    return file + section(3, start, names.count)
  }

  @Test func theSymbolsOfAnELFFileAreFound() throws {
    let table = try SymbolTable(
      Self.elf([
        Symbol(name: "local", value: 0x10, information: 0x02),
        Symbol(name: "local", value: 0x20, information: 0x02),
        Symbol(name: "both", value: 0x30, information: 0x02),
        Symbol(name: "both", value: 0x40),
        Symbol(name: "absent", value: 0x50, section: 0),
        Symbol(name: "file.c", value: 0, information: 0x04),
        Symbol(name: "enter", value: 0xFFFF_8000_0000_1000),
      ]))
    #expect(table["local"] == 0x10)
    #expect(table["both"] == 0x40)
    #expect(table["absent"] == nil && table["file.c"] == nil)
    #expect(table["enter"] == 0xFFFF_8000_0000_1000)
    #expect(table.names(like: "o") == ["both", "local"])
  }

  @Test func aListOfSymbolsIsFoundAsNMWritesIt() throws {
    let list = "ffff800008010000 T _stext\n                 U outside\nffff800008010004 t a\n"
    let table = try SymbolTable(Array(list.utf8))
    #expect(table["_stext"] == 0xFFFF_8000_0801_0000 && table["a"] == 0xFFFF_8000_0801_0004)
  }

  @Test(arguments: [
    ("just words\n", SymbolTable.Mistake.unknownFormat), ("", .noSymbols),
    ("\u{7F}ELF\u{1}\u{1}", .badELF), ("\u{7F}ELF\u{2}\u{1}", .badELF),
  ])
  func whatIsNoTableIsSaidToBeSo(text: String, mistake: SymbolTable.Mistake) {
    #expect(throws: mistake) { _ = try SymbolTable(Array(text.utf8)) }
  }

  /// No cut makes the reader read outside of the file; only the end of the last header is not needed.
  @Test func aFileThatIsCutOffIsAMistake() {
    let whole = Self.elf([Symbol(name: "a", value: 1), Symbol(name: "b", value: 2)])
    for length in 0..<whole.count {
      guard let table = try? SymbolTable(Array(whole[..<length])) else { continue }
      #expect(length >= whole.count - 32 && table["a"] == 1 && table["b"] == 2)
    }
    #expect(throws: SymbolTable.Mistake.noSymbols) { _ = try SymbolTable(Self.elf([])) }
  }

  static let yaml = """
    title: x
    boot: {symbols: {mine: some.map}}
    inject:
      - when:
          - pc: hypervisor:guest_enter
          - access: {virtual: mine:a, in: host process}
        what: poison
        where: {descriptor: hypervisor:guest_enter+4, level: 3}
    """

  @Test func aScenarioSaysWhichProgramsItNames() throws {
    let programs = try Scenario(yaml: Self.yaml, file: "s.yaml").programs
    #expect(programs.map(\.name) == ["hypervisor", "mine"])
    #expect(programs.map(\.file) == [nil, "some.map"])
  }

  @Test func symbolsBecomeAddresses() throws {
    var scenario = try Scenario(yaml: Self.yaml, file: "s.yaml")
    let tables = [
      "hypervisor": try SymbolTable(Self.elf([Symbol(name: "guest_enter", value: 0x100)])),
      "mine": try SymbolTable(Array("200 T a\n".utf8)),
    ]
    try scenario.resolve(tables, file: "s.yaml")
    let injection = scenario.injections[0]
    #expect(injection.expressions.map { $0.value([:]) } == [0x104, 0x100, 0x200])
    guard case .access(.virtual(_, in: .hostProcess), _, _, _) = injection.when[1] else {
      Issue.record("the context is lost")
      return
    }
    #expect(scenario.programs.isEmpty)
  }

  @Test func aSymbolThatIsNotThereIsNamedWithThoseThatAreAlike() throws {
    var scenario = try Scenario(yaml: Self.yaml, file: "s.yaml")
    let tables = [
      "hypervisor": try SymbolTable(Self.elf([Symbol(name: "xguest_enter", value: 0x100)])),
      "mine": try SymbolTable(Array("200 T a\n".utf8)),
    ]
    let error = #expect(throws: ScenarioError.self) {
      try scenario.resolve(tables, file: "s.yaml")
    }
    #expect(
      error?.description
        == "s.yaml:4: inject[0]: found 'hypervisor:guest_enter', which hypervisor does not have; "
        + "accepted: a symbol: xguest_enter")
  }
}
