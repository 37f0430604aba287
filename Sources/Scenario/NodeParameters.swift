// The error nodes of a scenario's machine, and of `boot --parameter`: parameters with the names that Arm's models
// have for them, and with values in the models' form or in YAML's own:
//
//     number_of_error_records: 2
//     error_record_feature_register: '{"INJ":0x1,"ED":0x1,"UI":0x0}'
//     memory.pseudo_fault_generation_feature_register: {UC: true, R: false}

import Machine
import Yams

/// Parameters of error nodes.
public enum NodeParameters {
  /// A register of a row of the board, and the names under which it may be asked for.
  private static let registers: [(row: Int, parameter: ErrorNodeRow.Parameter, names: [String])] =
    ErrorNodeRow.machine.enumerated().flatMap { index, row in
      ErrorNodeRow.Parameter.allCases.map { parameter in
        let name = parameter.rawValue
        let others = row.affinity == .processor ? [name, "cluster0." + name] : []
        return (index, parameter, others + [row.instance + "." + name])
      }
    }
  private static let counts = [
    ErrorNodeRow.countParameter, "cluster0." + ErrorNodeRow.countParameter,
  ]

  /// All names.
  static let names = counts + registers.flatMap(\.names)

  /// The nodes that parameters ask for, each found by its name. Throws ScenarioError.
  static func nodes(_ parameter: (String) -> ScenarioNode?) throws -> [ErrorNodeRow] {
    var rows = ErrorNodeRow.machine
    if let node = try one(of: counts, parameter) {
      let count = try node.number(.count, in: 0...UInt64.max, "0 to \(rows.count)")
      rows = try node.checked { () throws(ErrorNodeMistake) in
        try ErrorNodeRow.machine(count: count)
      }
    }
    for (index, register, names) in registers {
      guard let node = try one(of: names, parameter) else { continue }
      guard rows.indices.contains(index) else {
        throw node.mistake(
          "registers of nodes that the machine has: \(ErrorNodeRow.countParameter) is \(rows.count)",
          found: "a register of the node '\(ErrorNodeRow.machine[index].name)'")
      }
      let fields = try node.fields()
      rows[index] = try node.checked { () throws(ErrorNodeMistake) in
        try rows[index].with(register, fields)
      }
    }
    return rows
  }

  /// The nodes that arguments `NAME=VALUE` ask for. Throws ScenarioError, in which the option is the file.
  public static func nodes(arguments: [String], option: String) throws -> [ErrorNodeRow] {
    var given: [String: ScenarioNode] = [:]
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let node = ScenarioNode(
        file: option, path: String(parts[0]), node: Node(parts.count == 2 ? String(parts[1]) : ""))
      guard parts.count == 2 else { throw node.mistake("NAME=VALUE", found: "'\(argument)'") }
      guard names.contains(node.path) else {
        throw node.mistake(names.joined(separator: ", "), found: "an unknown parameter")
      }
      guard given.updateValue(node, forKey: node.path) == nil else {
        throw node.mistake("each parameter once", found: "it twice")
      }
    }
    return try nodes { given[$0] }
  }

  /// What is asked for under one of the names that a parameter has.
  private static func one(
    of names: [String], _ parameter: (String) -> ScenarioNode?
  ) throws -> ScenarioNode? {
    let given = names.compactMap(parameter)
    if given.count > 1 {
      throw given[1].mistake("one of its names", found: "what \(given[0].path) asks for as well")
    }
    return given.first
  }
}

extension ScenarioNode {
  /// Fields of a register with their values, in a map or in a text that is one.
  fileprivate func fields() throws -> [(name: String, value: UInt64)] {
    let accepted = #"a map of fields, as {ED: 2, UI: 0} or '{"ED":0x2,"UI":0x0}'"#
    guard isMap else {
      let text = try text(accepted)
      guard let inner = try? ScenarioNode.root(of: text, file: file), inner.isMap else {
        throw mistake(accepted)
      }
      return try ScenarioNode(file: file, path: path, node: inner.node.unmarked, fallbackLine: line)
        .fields()
    }
    return try entries(accepted).map { name, value in
      let text = try value.text("a number, true or false")
      switch text {
      case "true": return (name, 1)
      case "false": return (name, 0)
      default:
        return (name, try value.number(.count, in: 0...UInt64.max, "a number, true or false"))
      }
    }
  }

  /// What a closure makes of it; a mistake in it is one here.
  fileprivate func checked<Result>(
    _ body: () throws(ErrorNodeMistake) -> Result
  ) throws -> Result {
    do { return try body() } catch {
      let key = error.field.isEmpty ? path : path + "." + error.field
      throw ScenarioError(
        file: file, line: line, key: key, found: error.found, accepted: error.accepted)
    }
  }
}

extension Node {
  /// The same without its place: that of a text in a file is not the file's.
  fileprivate var unmarked: Node {
    guard let mapping else { return Node(scalar?.string ?? "") }
    return Node(mapping.map { (Node($0.key.scalar?.string ?? ""), $0.value.unmarked) })
  }
}
