// Where the names of a program are, so that a scenario can say `hypervisor:guest_enter` and go on
// meaning it after the next build: from the program's ELF file, from a Linux Image, or from the list that nm
// and Linux (System.map) write. Addresses are as linked; a program that is loaded elsewhere has other ones.

/// The symbols of one program.
public struct SymbolTable: Sendable {
  private var addresses: [String: UInt64] = [:]

  /// Why a file is no table.
  public enum Mistake: Error, Equatable, CustomStringConvertible {
    /// Neither ELF nor Image nor lines of "ADDRESS TYPE NAME".
    case unknownFormat
    /// An ELF file of another kind than 64-bit little-endian, or one that is cut off.
    case badELF
    /// Nothing in it: `strip` was here.
    case noSymbols

    /// What is wrong, for people.
    public var description: String {
      switch self {
      case .unknownFormat:
        "is neither an ELF file nor an arm64 Linux Image nor a list of symbols as nm writes it"
      case .badELF: "is not a whole 64-bit little-endian ELF file"
      case .noSymbols: "has no symbols"
      }
    }
  }

  /// The symbols in a file's bytes.
  public init(_ bytes: [UInt8]) throws(Mistake) {
    if bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
      try readELF(bytes)
    } else if KernelSymbol.isImage(bytes) {
      for symbol in KernelSymbol.all(bytes) ?? [] where addresses[symbol.name] == nil {
        addresses[symbol.name] = symbol.address
      }
    } else {
      try readList(bytes)
    }
    guard !addresses.isEmpty else { throw .noSymbols }
  }

  /// The address of a name.
  public subscript(name: String) -> UInt64? { addresses[name] }

  /// Names that are alike to one that is not there: those that hold it, a few of them.
  public func names(like name: String) -> [String] {
    Array(addresses.keys.filter { $0.contains(name) }.sorted().prefix(4))
  }

  private mutating func readELF(_ bytes: [UInt8]) throws(Mistake) {
    var isGlobal: Set<String> = []
    for symbol in try ELFSymbol.all(bytes)
    where
      addresses[symbol.name] == nil || symbol.isGlobal && !isGlobal.contains(symbol.name)
    {
      addresses[symbol.name] = symbol.address
      if symbol.isGlobal { isGlobal.insert(symbol.name) }
    }
  }

  private mutating func readList(_ bytes: [UInt8]) throws(Mistake) {
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ")
      guard words.count == 3, words[1].count == 1, let address = UInt64(words[0], radix: 16)
      else {
        // nm leaves the address of an undefined symbol out.
        if words.count == 2, words[0].count == 1 { continue }
        throw .unknownFormat
      }
      let name = String(words[2])
      if addresses[name] == nil { addresses[name] = address }
    }
  }
}

extension Scenario {
  /// The programs whose symbols the scenario names, each with the file that has them; nil for the
  /// one that `make images` leaves.
  public var programs: [(name: String, file: String?)] {
    var names: Set<String> = []
    for injection in injections {
      for expression in injection.expressions {
        if case .symbol(let program, _) = expression.base { names.insert(program) }
      }
    }
    return names.sorted().map { ($0, boot.symbols[$0]) }
  }

  /// Puts addresses in the place of symbols. `file` is the scenario's name in complaints.
  /// Throws ScenarioError for a symbol that its program does not have.
  public mutating func resolve(_ tables: [String: SymbolTable], file: String) throws {
    for index in injections.indices {
      func resolve(_ expression: inout Expression) throws {
        guard case .symbol(let program, let name) = expression.base else { return }
        guard let table = tables[program], let address = table[name] else {
          let alike = tables[program]?.names(like: name) ?? []
          throw ScenarioError(
            file: file, line: injections[index].line, key: "inject[\(index)]",
            found: "'\(program):\(name)', which \(program) does not have",
            accepted: alike.isEmpty
              ? "a symbol of \(program)" : "a symbol: " + alike.joined(separator: ", "))
        }
        expression.base = .number(address)
      }
      var injection = injections[index]
      if var place = injection.place {
        try resolve(&place.expression)
        injection.place = place
      }
      for step in injection.when.indices {
        switch injection.when[step] {
        case .access(var place, let kind, let count, let length):
          try resolve(&place.expression)
          injection.when[step] = .access(place, kind: kind, count: count, length: length)
        case .programCounter(var expression, let context):
          try resolve(&expression)
          injection.when[step] = .programCounter(expression, in: context)
        case .console, .prompt, .instructions, .after: break
        }
      }
      injections[index] = injection
    }
  }
}

extension Scenario.Injection {
  /// Every address in it.
  var expressions: [Expression] {
    var list = place.map { [$0.expression] } ?? []
    for step in when {
      switch step {
      case .access(let place, _, _, _): list.append(place.expression)
      case .programCounter(let expression, _): list.append(expression)
      case .console, .prompt, .instructions, .after: break
      }
    }
    return list
  }
}

extension [UInt8] {
  /// The little-endian number at an offset; bytes beyond the end are zero.
  func littleEndian(_ offset: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<count).reversed() {
      value = value << 8 | UInt64(offset + index < self.count ? self[offset + index] : 0)
    }
    return value
  }
}
