// What the small guest, the programs of an initrd, the hypervisor and the firmware say that the judge
// reads.

extension Sentence {
  /// What the small guest says begins so.
  public static let guest = Sentence("guest: ")
  /// The small guest's kernel killed a program for an error: the core.
  public static let programKilled = Sentence("guest: program killed on core %d")
  /// It made its tables anew from what it knows.
  public static let tablesRebuilt = Sentence("guest: tables built anew")
  /// It put a copy in the place of a lost page: the virtual address.
  public static let pageReplaced = Sentence("guest: page replaced at va %x")
  /// It reads a section of a record that has an address: its type, its severity and what else it has;
  /// the address.
  public static let recordSection = Sentence("guest: section %s address %x")
  /// The same of one that has none.
  public static let recordSectionNowhere = Sentence("guest: section %s")
  /// It cannot go on: why.
  public static let guestDown = Sentence("guest: down %s")
  /// A program got SIGBUS: its name, what the kernel told it, its number. What the kernel itself prints may
  /// follow on the same line.
  public static let processSignalled = Sentence("%s: SIGBUS %s pid %d")
  /// What /init says begins so.
  public static let initProcess = Sentence("init: ")
  /// It says how a program ended: its name, its status as a shell counts it, 128 + n for signal n.
  public static let programEnded = Sentence("init: %s ended with status %d")
  /// The hypervisor has not even a stack left, and says it letter by letter (HypervisorEntry/emergency.S).
  public static let hypervisorLost = Sentence("EL2 lost")
  /// What the firmware says begins so.
  public static let firmware = Sentence("firmware: ")
  /// What follows when it has met an error of its own and ends the run.
  public static let firmwareError = Sentence("hardware error in the firmware")
}
