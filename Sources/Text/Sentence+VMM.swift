// What the VMM says of errors. With a guest's name a line begins with `NAME| `, before what is here.

extension Sentence {
  /// All that it says begins so.
  public static let vmm = Sentence("vmm: ")
  /// SIGBUS: a vCPU used memory of its guest that is lost. HVA, GPA, log2 of the bytes lost.
  public static let guestMemoryUsed = Sentence("vmm: SIGBUS BUS_MCEERR_AR HVA %x GPA %x lsb %d")
  /// SIGBUS: memory of the guest is lost and nobody has used it. HVA, GPA, log2 of the bytes lost.
  public static let guestMemoryNoticed = Sentence("vmm: SIGBUS BUS_MCEERR_AO HVA %x GPA %x lsb %d")
  /// SIGBUS: a vCPU used memory of the VMM's own that is lost. HVA, log2 of the bytes lost.
  public static let ownMemoryUsed = Sentence(
    "vmm: SIGBUS BUS_MCEERR_AR HVA %x, not guest memory lsb %d")
  /// SIGBUS: memory of the VMM's own is lost and nobody has used it. HVA, log2 of the bytes lost.
  public static let ownMemoryNoticed = Sentence(
    "vmm: SIGBUS BUS_MCEERR_AO HVA %x, not guest memory lsb %d")
  /// SIGBUS outside of a guest: the VMM itself used memory that is lost, and ends. HVA.
  public static let ownMemoryLost = Sentence(
    "vmm: SIGBUS HVA %x: hardware error in memory of the VMM's own, it cannot go on")
  /// SIGBUS that another process sent.
  public static let foreignSignal = Sentence("vmm: SIGBUS from another process")
  /// SIGBUS while a guest ran, for a place that the host does not know.
  public static let memoryUnknown = Sentence(
    "vmm: SIGBUS without an address while the guest ran")
  /// KVM_EXIT_ARM_SEA with an address: ESR, virtual address, GPA.
  public static let abortUnclaimed = Sentence("vmm: KVM_EXIT_ARM_SEA ESR %x VA %x GPA %x")
  /// KVM_EXIT_ARM_SEA without: ESR, virtual address.
  public static let abortUnclaimedNowhere = Sentence(
    "vmm: KVM_EXIT_ARM_SEA ESR %x VA %x, no GPA")
  /// A record for the guest: GPA, error source.
  public static let recordWritten = Sentence(
    "vmm: record for GPA %x written to error source %d")
  /// A record for the guest about a place that nobody knows: error source.
  public static let recordWrittenNowhere = Sentence(
    "vmm: record for GPA unknown written to error source %d")
  /// A record that had to wait is written: GPA, error source.
  public static let waitingRecordWritten = Sentence(
    "vmm: waiting record for GPA %x written to error source %d")
  /// The same about a place that nobody knows: error source.
  public static let waitingRecordWrittenNowhere = Sentence(
    "vmm: waiting record for GPA unknown written to error source %d")
  /// An abort goes into the guest: vCPU, ESR_EL1, FAR_EL1, ELR_EL1.
  public static let abortInjected = Sentence(
    "vmm: SEA into vCPU %d ESR_EL1 %x FAR_EL1 %x ELR_EL1 %x")
  /// A virtual SError goes into the guest: vCPU. What follows is its syndrome.
  public static let errorInjected = Sentence("vmm: virtual SError into vCPU %d ")
  /// The guest cannot go on.
  public static let guestCrashed = Sentence("vmm: the guest crashed")
}
