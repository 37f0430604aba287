// What only guests need of the hardware: the world switch, the virtual GIC interface, stage 2.

import Arm

/// What the processor is, as far as guests are concerned: read once on the boot core, the same on
/// all cores.
public struct GuestFeatures: Equatable, Sendable {
  /// MIDR_EL1.
  public var midr: UInt64 = 0
  /// REVIDR_EL1.
  public var revidr: UInt64 = 0
  /// ACTLR_EL1.
  public var actlr: UInt64 = 0
  /// CTR_EL0.
  public var ctr: UInt64 = 0
  /// CLIDR_EL1.
  public var clidr: UInt64 = 0
  /// AIDR_EL1.
  public var aidr: UInt64 = 0
  /// CCSIDR_EL1 by CSSELR_EL1, of the caches that CLIDR_EL1 has; zero elsewhere.
  public var ccsidr: [UInt64] = []
  /// ID_AA64PFR0_EL1.
  public var pfr0 = ProcessorFeature0(rawValue: 0)
  /// ID_AA64PFR1_EL1.
  public var pfr1 = ProcessorFeature1(rawValue: 0)
  /// ID_AA64DFR0_EL1.
  public var dfr0 = DebugFeature0(rawValue: 0)
  /// ID_AA64ISAR0_EL1.
  public var isar0 = InstructionSetAttribute0(rawValue: 0)
  /// ID_AA64ISAR1_EL1.
  public var isar1 = InstructionSetAttribute1(rawValue: 0)
  /// ID_AA64MMFR0_EL1.
  public var mmfr0 = MemoryModelFeature0(rawValue: 0)
  /// ID_AA64MMFR1_EL1.
  public var mmfr1 = MemoryModelFeature1(rawValue: 0)
  /// ID_AA64MMFR2_EL1.
  public var mmfr2 = MemoryModelFeature2(rawValue: 0)
  /// ICH_VTR_EL2.
  public var vtr = InterruptControllerVGICType(rawValue: 0)

  /// All zero.
  public init() {}

  /// How many caches CSSELR_EL1 can name: seven levels, data and instructions.
  public static let cacheLimit: UInt64 = 14
  /// Whether there is a cache that CSSELR_EL1 can name so. Arm ARM D24.2, CLIDR_EL1.
  public func hasCache(_ selection: UInt64) -> Bool {
    guard selection < Self.cacheLimit else { return false }
    let isInstruction = selection & 1 != 0
    return switch clidr >> (selection / 2 * 3) & 7 {
    case 1: isInstruction
    case 2, 4: !isInstruction
    case 3: true
    default: false
    }
  }

  /// The version of error records; nil without FEAT_RAS.
  public var errorRecordVersion: ErrorRecordVersion? { ErrorRecordVersion(pfr0, pfr1) }
  /// FEAT_RAS.
  public var hasRAS: Bool { pfr0.isSet(ProcessorFeature0.ras) }
  /// VMIDs of 16 bits.
  public var hasWideVMID: Bool { mmfr1[MemoryModelFeature1.vmidBits] == 2 }
  /// How many list registers there are.
  public var listRegisterCount: Int { vtr.listRegisterCount }
  /// Bits of physical address.
  public var physicalAddressBits: Int {
    Int(OutputAddressSize.bits(mmfr0[MemoryModelFeature0.paRange]))
  }
  /// Guests can run: FEAT_RAS, VHE, 4 KiB granules, and no more active-priority registers than are
  /// switched: one of each group, for up to five bits of preemption.
  public var canRunGuests: Bool {
    hasRAS && mmfr1.isSet(MemoryModelFeature1.vh) && mmfr0[MemoryModelFeature0.tgran4] != 0xF
      && vtr[InterruptControllerVGICType.preBits] <= 4
  }
}

/// Why a guest stopped; bit 31 of the code says that an ESB found a physical SError besides.
public enum GuestExitCode {
  /// A physical interrupt is pending.
  public static let interrupt: UInt64 = 0
  /// A physical SError was taken: ESR_EL2 says which.
  public static let serror: UInt64 = 1
  /// A synchronous exception.
  public static let trap: UInt64 = 2
  /// DISR_EL1 holds an SError.
  public static let deferredError: UInt64 = 1 << 31
}

/// The hardware under guests. All functions are of the core that calls.
public protocol GuestPlatform: Sendable {
  /// What the processor is.
  func readGuestFeatures() -> GuestFeatures

  /// Puts a vCPU's EL1 and EL0 registers, its timers and its virtual interface into the core, and
  /// stage 2 with them. Trapping of FP is on. Interrupts are masked.
  func loadGuest(_ registers: GuestRegisters)
  /// Takes them back; the timers of the core are off after.
  func putGuest(_ registers: GuestRegisters)
  /// Loads V0...V31, FPSR, FPCR; FP no longer traps.
  func loadGuestVectors(_ registers: GuestRegisters)
  /// Stores V0...V31, FPSR, FPCR; FP traps.
  func saveGuestVectors(_ registers: GuestRegisters)
  /// Loads breakpoints and watchpoints, as many as the core has.
  func loadGuestDebug(_ registers: GuestRegisters, breakpoints: Int, watchpoints: Int)
  /// Disables all breakpoints and watchpoints.
  func clearGuestDebug(breakpoints: Int, watchpoints: Int)

  /// Runs the loaded vCPU until something happens: `GuestExitCode`. The caller holds no lock;
  /// interrupts stay masked for the host.
  func enterGuest(_ registers: GuestRegisters) -> UInt64
  /// PAR_EL1 of a stage 1 translation of the loaded vCPU's for a read at EL1; nil when an External
  /// abort ended the walk.
  func translateGuest(_ address: VirtualAddress, _ registers: GuestRegisters) -> UInt64?

  /// ICH_LR<n>_EL2.
  func readListRegister(_ index: Int) -> UInt64
  /// ICH_LR<n>_EL2.
  func writeListRegister(_ index: Int, _ value: UInt64)
  /// ICH_HCR_EL2.
  func writeVirtualInterfaceControl(_ value: UInt64)
  /// CNTV_CTL_EL02.
  func readVirtualTimerControl() -> UInt64
  /// CNTP_CTL_EL02.
  func readPhysicalTimerControl() -> UInt64

  /// TLBI IPAS2E1IS and VMALLE1IS of the VMID in `vttbr`, complete on return.
  func invalidateStage2(vttbr: UInt64, _ address: IntermediatePhysicalAddress)
  /// TLBI VMALLS12E1IS of the VMID in `vttbr`, complete on return.
  func invalidateStage2(vttbr: UInt64)
}
