// Which engine executes a machine's instructions. They are the same to the last bit: an engine is not
// part of a machine's state, and a snapshot of one goes on in the other.

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What executes instructions.
public enum ExecutionEngine: String, CaseIterable, Sendable {
  /// One operation after the other.
  case interpreter
  /// Everything is translated to the host's instructions before it executes.
  case jit
  /// What executes a few times is translated.
  case auto

  /// How often a block is interpreted before it is translated.
  var threshold: UInt8 { self == .jit ? 0 : 4 }

  /// The engine of machines that nobody chose one for: `auto`, or what FAULTLINE_ENGINE in the environment
  /// says, so that every test can be run with each.
  public static let standard: ExecutionEngine = setting.flatMap(Self.init) ?? .auto

  /// What is wrong with FAULTLINE_ENGINE, if anything.
  public static var environmentMistake: String? {
    guard let setting, ExecutionEngine(rawValue: setting) == nil else { return nil }
    let accepted = allCases.map(\.rawValue).joined(separator: ", ")
    return "FAULTLINE_ENGINE is '\(setting)': accepted are \(accepted)."
  }

  private static var setting: String? {
    unsafe getenv("FAULTLINE_ENGINE").map { unsafe String(cString: $0) }
  }
}

/// What an engine has done, for people.
public struct EngineStatistics: Equatable, Sendable {
  /// The engine that runs: `interpreter`, if the one asked for cannot.
  public var engine: ExecutionEngine
  /// Why it is not the one asked for.
  public var refusal: String?
  /// Blocks that were translated.
  public var blocks = 0
  /// Operations in them.
  public var operations = 0
  /// Bytes of the host's instructions.
  public var bytes = 0
  /// How often all of them were thrown away because there was no room left.
  public var flushes = 0

  /// One line.
  public var description: String {
    if let refusal { return "\(engine.rawValue): \(refusal)" }
    if engine == .interpreter { return engine.rawValue }
    return "\(engine.rawValue), \(blocks) blocks of \(operations) operations translated to "
      + "\(bytes / 1024) KiB" + (flushes == 0 ? "" : ", \(flushes) times thrown away")
  }
}
