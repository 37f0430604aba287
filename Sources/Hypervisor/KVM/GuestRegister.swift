// The state of a vCPU that the world switch moves: one block of 64-bit words, laid out once here and
// once, as `.set` lines, in Images/Sources/HypervisorEntry/world.S. A test compares the two.

import Arm

/// A word of a vCPU's register block, by its index.
public struct GuestRegister: RawRepresentable, Equatable, Sendable {
  /// The index of the word in the block.
  public let rawValue: Int
  /// The word with this index.
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }

  @inlinable init(_ index: Int) { rawValue = index }

  /// The word of a system register as the guest has it; nil where the block has none.
  @inlinable public init?(_ register: SystemRegister) {
    switch register {
    case .spEL0: self.init(31)
    case .spEL1: self.init(34)
    case .elrEL1: self.init(35)
    case .spsrEL1: self.init(36)
    case .sctlrEL1: self.init(37)
    case .cpacrEL1: self.init(38)
    case .ttbr0EL1: self.init(39)
    case .ttbr1EL1: self.init(40)
    case .tcrEL1: self.init(41)
    case .esrEL1: self.init(42)
    case .afsr0EL1: self.init(43)
    case .afsr1EL1: self.init(44)
    case .farEL1: self.init(45)
    case .mairEL1: self.init(46)
    case .vbarEL1: self.init(47)
    case .contextidrEL1: self.init(48)
    case .amairEL1: self.init(49)
    case .cntkctlEL1: self.init(50)
    case .tpidrEL1: self.init(51)
    case .tpidrEL0: self.init(52)
    case .tpidrroEL0: self.init(53)
    case .parEL1: self.init(54)
    case .csselrEL1: self.init(55)
    case .mdscrEL1: self.init(56)
    case .midrEL1: self.init(57)  // VPIDR_EL2
    case .mpidrEL1: self.init(58)  // VMPIDR_EL2
    case .disrEL1: self.init(59)  // VDISR_EL2
    case .vsesrEL2: self.init(60)  // the syndrome of the pending virtual SError
    case .cntvCVALEL0: self.init(61)
    case .cntvCTLEL0: self.init(62)
    case .cntpCVALEL0: self.init(63)
    case .cntpCTLEL0: self.init(64)
    case .cntvoffEL2: self.init(65)
    case .vttbrEL2: self.init(66)
    case .vtcrEL2: self.init(67)
    case .ichVMCREL2: self.init(68)
    case .ichAP0R0EL2: self.init(69)
    case .ichAP1R0EL2: self.init(70)
    case .hcrEL2: self.init(71)  // while the guest runs; VSE is read back at every exit
    case .actlrEL1: self.init(82)
    case .mdccintEL1: self.init(83)
    case .fpsr: self.init(224)
    case .fpcr: self.init(225)
    default: return nil
    }
  }

  /// Xn, `number` 0 to 30.
  @inlinable public static func x(_ number: Int) -> GuestRegister { GuestRegister(number) }
  /// PC.
  public static let pc = GuestRegister(32)
  /// PSTATE.
  public static let pstate = GuestRegister(33)

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
  /// OSLSR_EL1.OSLK.
  public static let osLock = GuestRegister(84)

  // AArch32's, which no guest has: user space stores and loads them, the world switch knows nothing of
  // them.
  /// SPSR_abt, SPSR_und, SPSR_irq, SPSR_fiq, `number` 0 to 3.
  static func bankedSPSR(_ number: Int) -> GuestRegister { GuestRegister(85 + number) }
  /// DACR32_EL2.
  static let dacr32 = GuestRegister(89)
  /// IFSR32_EL2.
  static let ifsr32 = GuestRegister(90)
  /// FPEXC32_EL2.
  static let fpexc32 = GuestRegister(91)
  /// DBGVCR32_EL2.
  static let dbgvcr32 = GuestRegister(92)

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

  /// A system register as the guest has it: of the block, so stale while the registers are loaded.
  /// The block must have it.
  @inlinable public subscript(register: SystemRegister) -> UInt64 {
    get { load(GuestRegister(register)?.rawValue ?? -1) }
    nonmutating set { store(GuestRegister(register)?.rawValue ?? -1, newValue) }
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
