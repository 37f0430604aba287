// The state of a vCPU that the world switch moves: one block of 64-bit words, laid out once here and
// once, as `.set` lines, in Images/Sources/HypervisorEntry/world.S. A test compares the two.

/// A word of a vCPU's register block, by its index.
public struct GuestRegister: RawRepresentable, Equatable, Sendable {
  /// The index of the word in the block.
  public let rawValue: Int
  /// The word with this index.
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }

  @inlinable init(_ index: Int) { rawValue = index }

  /// Xn, `number` 0 to 30.
  @inlinable public static func x(_ number: Int) -> GuestRegister { GuestRegister(number) }
  /// SP_EL0.
  public static let spEL0 = GuestRegister(31)
  /// PC.
  public static let pc = GuestRegister(32)
  /// PSTATE.
  public static let pstate = GuestRegister(33)
  /// SP_EL1.
  public static let spEL1 = GuestRegister(34)
  /// ELR_EL1.
  public static let elrEL1 = GuestRegister(35)
  /// SPSR_EL1.
  public static let spsrEL1 = GuestRegister(36)
  /// SCTLR_EL1.
  public static let sctlrEL1 = GuestRegister(37)
  /// CPACR_EL1.
  public static let cpacrEL1 = GuestRegister(38)
  /// TTBR0_EL1.
  public static let ttbr0EL1 = GuestRegister(39)
  /// TTBR1_EL1.
  public static let ttbr1EL1 = GuestRegister(40)
  /// TCR_EL1.
  public static let tcrEL1 = GuestRegister(41)
  /// ESR_EL1.
  public static let esrEL1 = GuestRegister(42)
  /// AFSR0_EL1.
  public static let afsr0EL1 = GuestRegister(43)
  /// AFSR1_EL1.
  public static let afsr1EL1 = GuestRegister(44)
  /// FAR_EL1.
  public static let farEL1 = GuestRegister(45)
  /// MAIR_EL1.
  public static let mairEL1 = GuestRegister(46)
  /// VBAR_EL1.
  public static let vbarEL1 = GuestRegister(47)
  /// CONTEXTIDR_EL1.
  public static let contextidrEL1 = GuestRegister(48)
  /// AMAIR_EL1.
  public static let amairEL1 = GuestRegister(49)
  /// CNTKCTL_EL1.
  public static let cntkctlEL1 = GuestRegister(50)
  /// TPIDR_EL1.
  public static let tpidrEL1 = GuestRegister(51)
  /// TPIDR_EL0.
  public static let tpidrEL0 = GuestRegister(52)
  /// TPIDRRO_EL0.
  public static let tpidrroEL0 = GuestRegister(53)
  /// PAR_EL1.
  public static let parEL1 = GuestRegister(54)
  /// CSSELR_EL1.
  public static let csselrEL1 = GuestRegister(55)
  /// MDSCR_EL1.
  public static let mdscrEL1 = GuestRegister(56)
  /// What the guest reads as MIDR_EL1 (VPIDR_EL2).
  public static let midrEL1 = GuestRegister(57)
  /// What the guest reads as MPIDR_EL1 (VMPIDR_EL2).
  public static let mpidrEL1 = GuestRegister(58)
  /// What the guest reads as DISR_EL1 (VDISR_EL2).
  public static let disrEL1 = GuestRegister(59)
  /// The syndrome of the pending virtual SError (VSESR_EL2).
  public static let vsesrEL2 = GuestRegister(60)
  /// CNTV_CVAL_EL0.
  public static let cntvCVALEL0 = GuestRegister(61)
  /// CNTV_CTL_EL0.
  public static let cntvCTLEL0 = GuestRegister(62)
  /// CNTP_CVAL_EL0.
  public static let cntpCVALEL0 = GuestRegister(63)
  /// CNTP_CTL_EL0.
  public static let cntpCTLEL0 = GuestRegister(64)
  /// CNTVOFF_EL2.
  public static let cntvoffEL2 = GuestRegister(65)
  /// VTTBR_EL2.
  public static let vttbrEL2 = GuestRegister(66)
  /// VTCR_EL2.
  public static let vtcrEL2 = GuestRegister(67)
  /// ICH_VMCR_EL2.
  public static let ichVMCREL2 = GuestRegister(68)
  /// ICH_AP0R0_EL2.
  public static let ichAP0R0EL2 = GuestRegister(69)
  /// ICH_AP1R0_EL2.
  public static let ichAP1R0EL2 = GuestRegister(70)
  /// HCR_EL2 while the guest runs; VSE is read back at every exit.
  public static let hcrEL2 = GuestRegister(71)

  // What the last exit left.
  /// ESR_EL2.
  public static let exitESR = GuestRegister(72)
  /// FAR_EL2.
  public static let exitFAR = GuestRegister(73)
  /// HPFAR_EL2.
  public static let exitHPFAR = GuestRegister(74)
  /// DISR_EL1.
  public static let exitDISR = GuestRegister(75)

  // What belongs to the host's thread while the guest's registers are loaded.
  /// SP_EL0 of the thread.
  public static let hostSPEL0 = GuestRegister(76)
  /// TPIDR_EL0 of the thread.
  public static let hostTPIDREL0 = GuestRegister(77)
  /// TPIDRRO_EL0 of the thread.
  public static let hostTPIDRROEL0 = GuestRegister(78)
  /// MDCR_EL2 of the host.
  public static let hostMDCREL2 = GuestRegister(79)
  /// CPTR_EL2 of the host.
  public static let hostCPTREL2 = GuestRegister(80)
  /// MDCR_EL2 while the guest's registers are loaded.
  public static let guestMDCREL2 = GuestRegister(81)
  /// ACTLR_EL1.
  public static let actlrEL1 = GuestRegister(82)
  /// MDCCINT_EL1.
  public static let mdccintEL1 = GuestRegister(83)
  /// OSLSR_EL1.OSLK.
  public static let osLock = GuestRegister(84)

  // Breakpoints and watchpoints; the guest's accesses trap and land here.
  /// DBGBVR<n>_EL1, `number` 0 to 15.
  @inlinable public static func dbgbvr(_ number: Int) -> GuestRegister {
    GuestRegister(96 + number)
  }
  /// DBGBCR<n>_EL1.
  @inlinable public static func dbgbcr(_ number: Int) -> GuestRegister {
    GuestRegister(112 + number)
  }
  /// DBGWVR<n>_EL1.
  @inlinable public static func dbgwvr(_ number: Int) -> GuestRegister {
    GuestRegister(128 + number)
  }
  /// DBGWCR<n>_EL1.
  @inlinable public static func dbgwcr(_ number: Int) -> GuestRegister {
    GuestRegister(144 + number)
  }

  /// The low (`half` 0) or high half of Vn.
  @inlinable public static func v(_ number: Int, half: Int) -> GuestRegister {
    GuestRegister(160 + 2 * number + half)
  }
  /// FPSR.
  public static let fpsr = GuestRegister(224)
  /// FPCR.
  public static let fpcr = GuestRegister(225)
  /// The first word of the host thread's V0...V31, FPSR, FPCR.
  public static let hostV = GuestRegister(228)

  /// Words in a block.
  public static let count = 296
}

/// The register block of one vCPU. The memory lives as long as the vCPU that holds it.
@safe public struct GuestRegisters: Sendable {
  private nonisolated(unsafe) let words: UnsafeMutablePointer<UInt64>

  /// A block of zeroes.
  public init() {
    unsafe words = UnsafeMutablePointer<UInt64>.allocate(capacity: GuestRegister.count)
    unsafe words.initialize(repeating: 0, count: GuestRegister.count)
  }

  /// A register of the vCPU: of the block, so stale while the registers are loaded.
  @inlinable public subscript(register: GuestRegister) -> UInt64 {
    get { load(register.rawValue) }
    nonmutating set { store(register.rawValue, newValue) }
  }

  @usableFromInline func load(_ index: Int) -> UInt64 {
    precondition(index >= 0 && index < GuestRegister.count)
    return unsafe words[index]
  }

  @usableFromInline func store(_ index: Int, _ value: UInt64) {
    precondition(index >= 0 && index < GuestRegister.count)
    unsafe words[index] = value
  }

  /// The address of the block, for the world switch.
  public var address: UInt64 { unsafe UInt64(UInt(bitPattern: words)) }

  /// Gives the memory back. Nobody may use the block afterwards.
  public func deallocate() { unsafe words.deallocate() }
}
