// The program that runs guests, as a scenario describes it: what its process is called on the host, and
// how its guests' lines are told apart from the host's.

/// A virtual machine monitor.
public struct VMMDescription: Equatable, Sendable {
  /// The name of its program; nil for any program that is known to run guests.
  public var processName: String?
  /// What a guest's line begins with, if not with `NAME| `: a pattern whose group `guest`, or first group,
  /// is the guest's name. The guest's words follow the match.
  public var mark: ConsolePattern?

  /// Programs that run guests by KVM: ours, QEMU under the names that Debian and others give it, kvmtool, crosvm,
  /// Firecracker, Cloud Hypervisor.
  public static let known = [
    "vmm", "qemu-system-aarch64", "qemu-kvm", "kvm", "lkvm", "lkvm-static", "kvmtool", "crosvm",
    "firecracker", "cloud-hypervisor",
  ]

  /// The names that its processes may have.
  var names: [String] { processName.map { [$0] } ?? Self.known }

  /// A VMM; any known one, if nothing is said.
  public init(processName: String? = nil, mark: ConsolePattern? = nil) {
    self.processName = processName
    self.mark = mark
  }

  /// Equal in what was written.
  public static func == (a: VMMDescription, b: VMMDescription) -> Bool {
    a.processName == b.processName && a.mark?.source == b.mark?.source
  }
}
