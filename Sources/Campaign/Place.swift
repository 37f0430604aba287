// Where a line of memory is: whose it is when it goes bad. Each place is a stratum of a campaign, with a
// size that is known to the line.

/// A place.
public enum Place: String, CaseIterable, Sendable {
  /// Memory of a guest's programs.
  case guestProcess = "guest process"
  /// Code of a guest's kernel.
  case guestKernelText = "guest kernel text"
  /// A guest's other memory: its kernel's data, caches, what it has free.
  case guestKernelData = "guest kernel data"
  /// A guest's own translation tables.
  case guestTables = "guest tables"
  /// The tables of stage 2.
  case stage2Tables = "stage 2 tables"
  /// The program that runs a guest, apart from the guest's memory.
  case vmm = "VMM"
  /// Memory of the host's other programs.
  case hostProcess = "host process"
  /// Code of the kernel that owns the machine.
  case hostKernelText = "host kernel text"
  /// Its data, and whatever else was written since reset and is nobody else's.
  case hostKernelData = "host kernel data"
  /// Its stage 1 tables, and those of its processes.
  case hostTables = "host tables"
  /// The secure RAM, ACPI tables and error status blocks.
  case firmware
  /// What nobody has written since reset.
  case free

  /// The places that a word of a campaign's file stands for; nil for a word that means nothing.
  public static func named(_ word: String) -> [Place]? {
    switch word {
    case "guest kernel": [.guestKernelText, .guestKernelData]
    case "host kernel", "hypervisor": [.hostKernelText, .hostKernelData]
    case "all": allCases
    default: Place(rawValue: word).map { [$0] }
    }
  }

  /// The words that a file may use.
  static let accepted =
    (allCases.map(\.rawValue) + ["guest kernel", "host kernel", "hypervisor", "all"])
    .joined(separator: ", ")
}
