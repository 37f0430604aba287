// Signals: numbers, siginfo_t, struct sigaction and the frame that a handler finds
// (linux/include/uapi/asm-generic/signal.h, siginfo.h, arch/arm64/include/uapi/asm/sigcontext.h,
// ucontext.h; the frame: arch/arm64/kernel/signal.c). Offsets in bytes, little endian.

/// A signal's number.
public enum Signal: UInt64, Sendable, CaseIterable {
  case hangUp = 1
  case interrupt = 2
  case quit = 3
  case illegal = 4
  case trap = 5
  case abort = 6
  case bus = 7
  case floatingPoint = 8
  case kill = 9
  case user1 = 10
  case segmentation = 11
  case user2 = 12
  case pipe = 13
  case alarm = 14
  case terminate = 15
  case stackFault = 16
  case child = 17
  case `continue` = 18
  case stop = 19
  case terminalStop = 20
  case terminalInput = 21
  case terminalOutput = 22
  case urgent = 23
  case processorLimit = 24
  case fileSizeLimit = 25
  case virtualAlarm = 26
  case profile = 27
  case windowChange = 28
  case pollable = 29
  case power = 30
  case badCall = 31

  /// Its bit in a sigset_t of 64 bits.
  public var bit: UInt64 { 1 << (rawValue - 1) }
}

/// si_code of SIGBUS (siginfo.h), and those that say who sent a signal.
public enum SignalCode: Int32, Sendable {
  /// BUS_ADRALN.
  case busAlignment = 1
  /// BUS_ADRERR.
  case busAddress = 2
  /// BUS_OBJERR.
  case busObject = 3
  /// BUS_MCEERR_AR: this thread touched a hardware memory error; action required.
  case memoryErrorActionRequired = 4
  /// BUS_MCEERR_AO: a hardware memory error that no one has touched; action optional.
  case memoryErrorActionOptional = 5
  /// SI_USER: kill(2).
  case user = 0
  /// SI_KERNEL.
  case kernel = 0x80
  /// SI_TKILL: tkill(2), tgkill(2).
  case threadKill = -6
}

/// siginfo_t.
public enum SignalInformationLayout {
  /// Bytes.
  public static let size: UInt64 = 128
  /// si_signo, 32 bits.
  public static let number: UInt64 = 0
  /// si_errno, 32 bits.
  public static let error: UInt64 = 4
  /// si_code, 32 bits, signed.
  public static let code: UInt64 = 8
  /// si_addr of SIGBUS and SIGSEGV, 64 bits.
  public static let address: UInt64 = 16
  /// si_addr_lsb of BUS_MCEERR_*: log2 of what is lost, 16 bits.
  public static let addressLeastBit: UInt64 = 24
  /// si_pid of kill(2), 32 bits.
  public static let processID: UInt64 = 16
  /// si_uid of kill(2), 32 bits.
  public static let userID: UInt64 = 20
}

/// struct sigaction as rt_sigaction takes it.
public enum SignalActionLayout {
  /// Bytes.
  public static let size: UInt64 = 32
  /// sa_handler: 0 SIG_DFL, 1 SIG_IGN, or the handler.
  public static let handler: UInt64 = 0
  /// sa_flags, 64 bits.
  public static let flags: UInt64 = 8
  /// sa_restorer, used with SA_RESTORER.
  public static let restorer: UInt64 = 16
  /// sa_mask, 64 bits.
  public static let mask: UInt64 = 24
}

/// sa_flags.
public struct SignalActionFlags: OptionSet, Equatable, Sendable {
  /// The bits of sa_flags.
  public var rawValue: UInt64
  /// From the bits of sa_flags.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// SA_NOCLDSTOP.
  public static let noChildStop = SignalActionFlags(rawValue: 0x1)
  /// SA_SIGINFO: the handler takes siginfo_t and ucontext_t.
  public static let information = SignalActionFlags(rawValue: 0x4)
  /// SA_RESTORER: LR of the handler is `restorer` instead of the vDSO's.
  public static let restorer = SignalActionFlags(rawValue: 0x0400_0000)
  /// SA_ONSTACK.
  public static let onStack = SignalActionFlags(rawValue: 0x0800_0000)
  /// SA_RESTART.
  public static let restart = SignalActionFlags(rawValue: 0x1000_0000)
  /// SA_NODEFER.
  public static let noDefer = SignalActionFlags(rawValue: 0x4000_0000)
  /// SA_RESETHAND.
  public static let resetHandler = SignalActionFlags(rawValue: 0x8000_0000)
}

/// rt_sigprocmask's first argument.
public enum SignalMaskChange: UInt64, Sendable {
  case block = 0
  case unblock = 1
  case set = 2
}

/// struct rt_sigframe at SP of a handler: siginfo_t, then ucontext_t. X0 signal, X1 siginfo_t, X2
/// ucontext_t, X30 the restorer. The frame is 16-byte aligned; a frame record {FP, LR} lies above.
public enum SignalFrameLayout {
  /// Bytes, without the frame record.
  public static let size: UInt64 = 128 + SignalContextLayout.size
  /// siginfo_t.
  public static let information: UInt64 = 0
  /// ucontext_t.
  public static let context: UInt64 = 128
}

/// ucontext_t of arm64.
public enum SignalContextLayout {
  /// Bytes.
  public static let size: UInt64 = 4560
  /// uc_flags, 64 bits.
  public static let flags: UInt64 = 0
  /// uc_link, 64 bits.
  public static let link: UInt64 = 8
  /// uc_stack: ss_sp.
  public static let stackPointer: UInt64 = 16
  /// uc_stack: ss_flags, 32 bits.
  public static let stackFlags: UInt64 = 24
  /// uc_stack: ss_size, 64 bits.
  public static let stackSize: UInt64 = 32
  /// uc_sigmask, 64 bits used of 1024.
  public static let mask: UInt64 = 40
  /// uc_mcontext.fault_address.
  public static let faultAddress: UInt64 = 176
  /// uc_mcontext.regs[0], X0; X1 follows.
  public static let registers: UInt64 = 184
  /// uc_mcontext.sp.
  public static let sp: UInt64 = 432
  /// uc_mcontext.pc.
  public static let pc: UInt64 = 440
  /// uc_mcontext.pstate.
  public static let pstate: UInt64 = 448
  /// uc_mcontext.__reserved: records of {magic, size}, ended by {0, 0}; 4096 bytes.
  public static let reserved: UInt64 = 464
  /// FPSIMD_MAGIC: fpsr @8, fpcr @12, 32 vector registers @16.
  public static let vectorMagic: UInt32 = 0x4650_8001
  /// Bytes of the FPSIMD record.
  public static let vectorSize: UInt32 = 528
  /// ESR_MAGIC: the syndrome @8, 16 bytes.
  public static let syndromeMagic: UInt32 = 0x4553_5201
}
