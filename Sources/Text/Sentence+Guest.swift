// What the small guest, /init and the firmware say that the judge reads.

extension Sentence {
  /// The small guest's kernel killed a program for an error: the core.
  public static let programKilled = Sentence("guest: program killed on core %d")
  /// It made its tables anew from what it knows.
  public static let tablesRebuilt = Sentence("guest: tables built anew")
  /// It put a copy in the place of a lost page: the virtual address.
  public static let pageReplaced = Sentence("guest: page replaced at va %x")
  /// It reads a section of a record that has an address: its type, its severity and what else it has;
  /// the address.
  public static let recordSection = Sentence("guest: section %s address %x")
  /// It cannot go on: why.
  public static let guestDown = Sentence("guest: down %s")
  /// /init says how a program ended: its name, its status as a shell counts it, 128 + n for signal n.
  public static let programEnded = Sentence("init: %s ended with status %d")
  /// What the firmware says begins so.
  public static let firmware = Sentence("firmware: ")
  /// It has met an error of its own and ends the run: how.
  public static let firmwareError = Sentence("firmware: hardware error in the firmware%s")
}
