// A VM and its vCPUs: plain state; what is done with it is in `Kernel+...` of this folder.

import Arm
import KVM

/// What an open file of /dev/kvm, of a VM, a vCPU or a device refers to.
///
/// No enum with a class in several of its cases: the compiler keeps the case of such an enum in bits
/// of the reference that are always zero at user addresses, and are ones at this kernel's.
public final class KVMObject {
  /// Which of them.
  enum Kind: UInt8 { case system, machine, processor, interruptController }

  let kind: Kind
  /// The VM; nil for /dev/kvm.
  let machine: VirtualMachine?
  /// The vCPU, of a vCPU's file.
  let processor: VirtualProcessor?

  init(_ kind: Kind, _ machine: VirtualMachine? = nil, _ processor: VirtualProcessor? = nil) {
    self.kind = kind
    self.machine = machine
    self.processor = processor
  }
}

/// A VM.
final class VirtualMachine {
  /// The vCPUs a VM can have (`VirtualGIC.kicked` has a bit for each).
  static let processorLimit = 64

  /// The process memory that its slots are of.
  let space: AddressSpace
  var stage2: Stage2
  var slots = MemorySlots()
  /// How many tables of stage 2 hardware lost.
  var lostTableCount = 0
  /// How many of its pages and tables hardware lost.
  var lostCount: Int { space.lostPageCount + lostTableCount }
  /// By the order of creation: the index in the GIC. Numbers are the user's (`id`).
  var processors: [VirtualProcessor] = []
  var gic: VirtualGIC?
  /// CNTVOFF_EL2 of all its vCPUs.
  var counterOffset: UInt64
  /// KVM_CAP_ARM_SEA_TO_USER was enabled.
  var sendsAbortsToUser = false
  /// KVM_CAP_ARM_SERROR_TO_USER was enabled.
  var sendsErrorsToUser = false
  /// KVM_CAP_ARM_CORRECTED_TO_USER was enabled.
  var sendsCorrectedToUser = false
  /// Corrected errors that wait for an exit of a vCPU.
  var corrected = CorrectedQueue()
  /// KVM_CAP_ARM_NISV_TO_USER was enabled.
  var sendsUndecodedToUser = false
  /// KVM_CAP_ARM_SYSTEM_SUSPEND was enabled.
  var sendsSuspendToUser = false
  /// The calls that its vCPUs may make, of KVM_REG_ARM_FW_FEAT_BMAP.
  var services = GuestServiceSet()
  /// What becomes of their calls before that.
  var filter = CallFilter()
  /// PSCI version that its vCPUs see.
  var psciVersion: UInt64 = PSCI.version1Dot1
  /// Open files that refer to it, to its vCPUs or its devices, and threads in KVM_RUN.
  var references = 0
  var hasRun = false

  init(space: AddressSpace, stage2: Stage2, counterOffset: UInt64) {
    self.space = space
    self.stage2 = stage2
    self.counterOffset = counterOffset
  }

  func processor(id: UInt64) -> VirtualProcessor? {
    for processor in processors where processor.id == id { return processor }
    return nil
  }
}

/// A load or store that user space must finish.
struct PendingAccess: Equatable, Sendable {
  var isWrite: Bool
  var byteCount: Int
  var isSignExtended: Bool
  var is64Bit: Bool
  /// 31 is XZR.
  var register: Int
}

/// A vCPU.
final class VirtualProcessor {
  /// Its VM; the VM lets go of its vCPUs when the last file is closed.
  let machine: VirtualMachine
  /// The user's number.
  let id: UInt64
  /// Its place in `VirtualMachine.processors`.
  let index: Int
  /// The page of struct kvm_run.
  let runPage: PhysicalAddress
  /// What threads that want it wait for.
  let channel: UInt64
  let registers = GuestRegisters()

  /// KVM_ARM_VCPU_INIT was called, with these features.
  var features: UInt32?
  /// The thread in KVM_RUN.
  var thread: Thread?
  /// KVM_SET_SIGNAL_MASK; nil for the thread's own.
  var signalMask: UInt64?
  /// The mask that the thread in KVM_RUN gets back.
  var threadMask: UInt64?
  /// Its registers are in this core.
  var loadedCore: Int?
  /// Its vectors are in the core as well.
  var hasVectorsLoaded = false
  /// The guest's breakpoints are in the core.
  var hasDebugLoaded = false
  /// The stage 2 root or a register changed behind a core's back: load again.
  var mustReload = false
  /// PSCI: off. mp_state STOPPED.
  var isOff = false
  /// PSCI CPU_ON: where it starts, and X0.
  var start: (pc: UInt64, context: UInt64)?
  /// In WFI.
  var isWaiting = false
  /// mp_state SUSPENDED: as in WFI, until user space makes it runnable.
  var isSuspended = false
  /// Where in guest memory its stolen time is told; nil if user space did not say.
  var stolenTimeAddress: UInt64?
  /// The part of its thread's waiting that was told, in counter ticks.
  var stolenTimeTold: UInt64 = 0
  var pendingAccess: PendingAccess?
  /// FAR_EL2 of the last abort: what an injected SEA carries.
  var lastFaultAddress: UInt64 = 0

  /// `VirtualMachine.lostCount` when the guest was entered last.
  var lostAtEntry = 0
  /// Where the last error without an address was met: PC.
  private var lastErrorPC: UInt64?

  init(
    machine: VirtualMachine, id: UInt64, index: Int, runPage: PhysicalAddress, channel: UInt64
  ) {
    self.machine = machine
    self.id = id
    self.index = index
    self.runPage = runPage
    self.channel = channel
    registers[.mpidrEL1] = VirtualProcessor.multiprocessorAffinity(id)
  }

  deinit { registers.deallocate() }

  /// X0 to X30; 31 reads as zero.
  func x(_ number: Int) -> UInt64 { number == 31 ? 0 : registers[.x(number)] }

  /// Writes X0 to X30; 31 is dropped.
  func setX(_ number: Int, _ value: UInt64) {
    if number != 31 { registers[.x(number)] = value }
  }

  /// Goes on after an emulated instruction: PC, and what an instruction changes of PSTATE anyway.
  func skipInstruction() {
    registers[.pc] &+= 4
    registers[.pstate] &= ~(ProcessState.ss.mask | ProcessState.btype.mask)
  }

  // MARK: Virtual SErrors

  /// The syndrome of one that nobody gave a syndrome: IMPLEMENTATION DEFINED (IDS), the rest zero.
  /// All zero would say "uncategorized RAS error".
  static let defaultErrorSyndrome = Syndrome.ids.mask

  var isErrorPending: Bool {
    registers[.hcrEL2] & HypervisorConfiguration.vse.mask != 0
  }

  /// Makes a virtual SError pending; `iss` is VSESR_EL2.
  func raiseError(_ iss: UInt64) {
    registers[.vsesrEL2] = iss
    registers[.hcrEL2] |= HypervisorConfiguration.vse.mask
  }

  /// Notes an error without an address. True if the virtual SError for the last one is still pending
  /// and the vCPU where it was: it masks SErrors, and what it meets it will meet for ever.
  func isStuckAtError() -> Bool {
    let pc = registers[.pc]
    defer { lastErrorPC = pc }
    return isErrorPending && lastErrorPC == pc
  }

  // MARK: Reset

  /// SCTLR_EL1 out of reset, as from KVM: RES1 bits of Armv8.0, the alignment checks of SP, and nAA.
  private static var resetSystemControl: UInt64 {
    typealias SCTLR = SystemControl
    let fields =
      SCTLR.sa | SCTLR.sa0 | SCTLR.cp15ben | SCTLR.naa | SCTLR.ntwi | SCTLR.ntwe | SCTLR.eis
      | SCTLR.span
    return fields.mask
  }

  /// As after KVM_ARM_VCPU_INIT.
  func reset(_ features: GuestFeatures) {
    for index in 0..<GuestRegister.count { registers[GuestRegister(rawValue: index)] = 0 }
    registers[.pstate] = ProcessState(level: .el1).rawValue
    registers[.sctlrEL1] = VirtualProcessor.resetSystemControl
    registers[.midrEL1] = features.midr
    registers[.mpidrEL1] = VirtualProcessor.multiprocessorAffinity(id)
    registers[.fpexc32] = VirtualProcessor.resetFPEXC32
    registers[.actlrEL1] = features.actlr
    registers[.cntvoffEL2] = machine.counterOffset
    registers[.ichVMCREL2] = InterruptControllerVirtualMachineControl.reset.rawValue
    registers[.hcrEL2] = VirtualProcessor.configuration(features)
    registers[.guestMDCREL2] = VirtualProcessor.debugConfiguration
    registers[.vttbrEL2] = machine.stage2.vttbr
    registers[.vtcrEL2] = machine.stage2.vtcr(
      physicalRange: features.mmfr0[MemoryModelFeature0.paRange],
      hasWideVMID: features.hasWideVMID)
    pendingAccess = nil
    lastErrorPC = nil
    isWaiting = false
    start = nil
  }

  /// As PSCI CPU_ON leaves a core: reset, at an entry point, with X0.
  func restart(_ features: GuestFeatures, pc: UInt64, context: UInt64) {
    reset(features)
    registers[.pc] = pc
    registers[.x(0)] = context
    isOff = false
  }

  /// FPEXC32_EL2 out of reset: DEX and RES1.
  private static let resetFPEXC32: UInt64 = 0x700

  /// MPIDR_EL1 of a vCPU: sixteen a cluster, as KVM numbers them.
  private static func multiprocessorAffinity(_ id: UInt64) -> UInt64 {
    MultiprocessorAffinity(rawValue: MultiprocessorAffinity.reservedOnes | id & 0xF)
      .with(MultiprocessorAffinity.aff1, id >> 4).with(MultiprocessorAffinity.aff2, id >> 12)
      .rawValue
  }

  /// Aff2, Aff1, Aff0.
  var affinity: UInt32 {
    UInt32(
      truncatingIfNeeded: registers[.mpidrEL1] & MultiprocessorAffinity.lowerAffinityMask)
  }

  /// HCR_EL2 while a guest runs.
  static func configuration(_ features: GuestFeatures) -> UInt64 {
    typealias H = HypervisorConfiguration
    var hcr = H(rawValue: 0)
    for field in [
      H.vm, H.swio, H.ptw, H.fmo, H.imo, H.amo, H.fb, H.twi, H.tid3, H.tsc, H.tidcp, H.tacr, H.tsw,
      H.rw, H.e2h, H.tlor,
    ] { hcr[field] = 1 }
    hcr[H.bsu] = 1
    if features.hasRAS {
      hcr[H.terr] = 1
      hcr[H.tea] = 1
    }
    return hcr.rawValue
  }

  /// MDCR_EL2 while a guest runs. HPMN is the host's.
  static var debugConfiguration: UInt64 {
    typealias MDCR = MonitorDebugConfiguration
    return MDCR.tdra.mask | MDCR.tdosa.mask | MDCR.tda.mask | MDCR.tpm.mask | MDCR.tpmcr.mask
  }
}
