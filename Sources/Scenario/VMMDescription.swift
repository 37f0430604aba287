// The program that runs guests, as a scenario describes it: what its process is called on the host, and
// how its guests' lines are told apart from the host's.

/// A virtual machine monitor.
public struct VMMDescription: Equatable, Sendable {
  /// The name of its program.
  public var processName: String
  /// What a guest's line begins with, if not with `NAME| `: a pattern whose group `guest`, or first group,
  /// is the guest's name. The guest's words follow the match.
  public var mark: ConsolePattern?

  /// A VMM; ours, if nothing is said.
  public init(processName: String = "vmm", mark: ConsolePattern? = nil) {
    self.processName = processName
    self.mark = mark
  }

  /// Equal in what was written.
  public static func == (a: VMMDescription, b: VMMDescription) -> Bool {
    a.processName == b.processName && a.mark?.source == b.mark?.source
  }
}
