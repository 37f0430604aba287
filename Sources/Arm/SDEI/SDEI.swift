// The Software Delegated Exception Interface: its numbers.

/// Function identifiers, results and values of SDEI 1.1. Arm DEN 0054.
public enum SDEI {
  /// The functions, all of them SMC64. DEN 0054, 5.1.
  public enum Function: UInt32, CaseIterable, Sendable {
    /// SDEI_VERSION.
    case version = 0xC400_0020
    /// SDEI_EVENT_REGISTER: event, entry, argument, flags, affinity.
    case eventRegister = 0xC400_0021
    /// SDEI_EVENT_ENABLE: event.
    case eventEnable = 0xC400_0022
    /// SDEI_EVENT_DISABLE: event.
    case eventDisable = 0xC400_0023
    /// SDEI_EVENT_CONTEXT: the number of a general register.
    case eventContext = 0xC400_0024
    /// SDEI_EVENT_COMPLETE: what the handler made of it, `handled` or `failed`.
    case eventComplete = 0xC400_0025
    /// SDEI_EVENT_COMPLETE_AND_RESUME: where to go on.
    case eventCompleteAndResume = 0xC400_0026
    /// SDEI_EVENT_UNREGISTER: event.
    case eventUnregister = 0xC400_0027
    /// SDEI_EVENT_STATUS: event.
    case eventStatus = 0xC400_0028
    /// SDEI_EVENT_GET_INFO: event, which.
    case eventGetInfo = 0xC400_0029
    /// SDEI_EVENT_ROUTING_SET: event, flags, affinity.
    case eventRoutingSet = 0xC400_002A
    /// SDEI_PE_MASK.
    case peMask = 0xC400_002B
    /// SDEI_PE_UNMASK.
    case peUnmask = 0xC400_002C
    /// SDEI_INTERRUPT_BIND: INTID.
    case interruptBind = 0xC400_002D
    /// SDEI_INTERRUPT_RELEASE: event.
    case interruptRelease = 0xC400_002E
    /// SDEI_EVENT_SIGNAL: event, affinity.
    case eventSignal = 0xC400_002F
    /// SDEI_FEATURES: which.
    case features = 0xC400_0030
    /// SDEI_PRIVATE_RESET.
    case privateReset = 0xC400_0031
    /// SDEI_SHARED_RESET.
    case sharedReset = 0xC400_0032
  }

  /// Identifiers that are kept for the interface, whether there is a function or not.
  public static let identifiers: ClosedRange<UInt32> = 0xC400_0020...0xC400_003F

  /// What SDEI_VERSION answers for version 1.1: major 62:48, minor 47:32, the vendor's 31:0.
  public static let version1Dot1: Int64 = 1 << 48 | 1 << 32

  /// A result, sign-extended in X0; what is not negative is an answer. DEN 0054, 5.2.
  public enum Result: Int64, Sendable {
    /// SUCCESS.
    case success = 0
    /// NOT_SUPPORTED.
    case notSupported = -1
    /// INVALID_PARAMETERS.
    case invalidParameters = -2
    /// DENIED: the state of the event or of the PE does not allow the call.
    case denied = -3
    /// PENDING: the handler is still running; the event is unregistered when it completes.
    case pending = -5
    /// OUT_OF_RESOURCE.
    case outOfResource = -10
  }

  /// The state of an event as SDEI_EVENT_STATUS answers it. DEN 0054, 5.1.
  public struct Status: Register {
    /// The 64 bits.
    public var rawValue: UInt64
    /// A status with these bits.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// A handler is registered.
    public static let registered = Field("registered", 0)
    /// It is enabled.
    public static let enabled = Field("enabled", 1)
    /// It is running. Not registered any more, its unregistration is pending.
    public static let running = Field("running", 2)
    /// All fields.
    public static let fields = [registered, enabled, running]
  }

  /// What SDEI_EVENT_GET_INFO can be asked. DEN 0054, 5.1.
  public enum Information: UInt32, CaseIterable, Sendable {
    /// 0 private, 1 shared.
    case type = 0
    /// 1 if SDEI_EVENT_SIGNAL can raise it.
    case signaled = 1
    /// 0 normal, 1 critical.
    case priority = 2
    /// The routing mode of a shared event, `RoutingMode`.
    case routingMode = 3
    /// The affinity that a shared event is routed to.
    case routingAffinity = 4
  }

  /// To which PEs a shared event goes; the flags of SDEI_EVENT_REGISTER and SDEI_EVENT_ROUTING_SET.
  public enum RoutingMode: UInt64, Sendable {
    /// RM_ANY: one that is not masked.
    case any = 0
    /// RM_PE: the one that is named.
    case one = 1
  }

  /// What SDEI_FEATURES can be asked.
  public enum Feature: UInt32, CaseIterable, Sendable {
    /// BIND_SLOTS: how many interrupts can be bound: private 15:0, shared 31:16.
    case bindSlots = 0
    /// RELATIVE_MODE: whether an entry can be relative to VBAR_ELx. Since 1.1.
    case relativeMode = 1
  }

  /// The event that SDEI_EVENT_SIGNAL raises.
  public static let signaledEvent: UInt32 = 0
  /// General registers that a handler may use, and that SDEI_EVENT_CONTEXT reads: X0 to X17.
  public static let savedRegisterCount = 18
}
