// Memory that firmware and the operating system share besides the error blocks: where BERT leads, and the
// registers of EINJ and ERST that need no hardware of their own. It is one reserved range, and everything in
// it has a fixed place, so that whoever reads it needs no more than its base.
//
// An operating system asks by writing here and ringing a bell of the doorbell; firmware answers here and
// stills the bell. Where there is no doorbell there is neither EINJ nor ERST.

import Bytes

/// The memory behind BERT, EINJ and ERST.
public struct ServiceRegion: Equatable, Sendable {
  /// Size in bytes: what kernels with the largest pages can map as a whole.
  public static let size: UInt64 = 0x1_0000
  /// Bytes of the boot error region: as many blocks as Linux prints, each of the size that it prints.
  public static let bootErrorsSize: UInt64 = 0x2000
  /// Bytes of the buffer through which records are written and read, the largest record's too.
  public static let exchangeSize: UInt64 = 0x4000

  /// Physical address, a multiple of 64 KiB.
  public let base: UInt64
  /// The register whose write firmware hears; nil where there is none.
  public var doorbell: UInt64?
  /// Whether there is memory that keeps records.
  public var hasStore = false

  /// A region without a doorbell; the address is brought to a multiple of 64 KiB.
  public init(base: UInt64) { self.base = base & ~0xffff }

  /// Where the BERT leads: error status blocks, one behind the other, up to one without a status.
  public var bootErrors: UInt64 { base }
  /// The registers of EINJ.
  public var injection: UInt64 { base + 0x2000 }
  /// The line that becomes bad where an operating system asks for an error of memory and names none.
  public var victim: UInt64 { injection + 0x800 }
  /// The registers of ERST.
  public var serialization: UInt64 { base + 0x3000 }
  /// The Error Log Address Range: `exchangeSize` bytes.
  public var exchange: UInt64 { base + 0x4000 }
}

/// The bells, a bit each.
public enum ServiceBell {
  /// EINJ: EXECUTE_OPERATION.
  public static let injection: UInt32 = 1 << 0
  /// EINJ: the trigger table's instruction.
  public static let trigger: UInt32 = 1 << 1
  /// ERST: EXECUTE_OPERATION.
  public static let serialization: UInt32 = 1 << 2
  /// ERST: GET_RECORD_IDENTIFIER, of the record after the one that was named last.
  public static let nextIdentifier: UInt32 = 1 << 3
}

/// The registers of EINJ: offsets from `ServiceRegion.injection`.
public enum InjectionRegister {
  /// SET_ERROR_TYPE_WITH_ADDRESS: the structure, 36 bytes (ACPI 6.5, table 18.36), and EINJv2's extension
  /// behind them (Linux 7.2, drivers/acpi/apei/einj-core.c).
  public static let parameters: UInt64 = 0x00
  /// Where what belongs to the parameters ends.
  public static let parametersEnd: UInt64 = 0x100
  /// SET_ERROR_TYPE.
  public static let type: UInt64 = 0x100
  /// GET_ERROR_TYPE: which there are.
  public static let available: UInt64 = 0x108
  /// GET_COMMAND_STATUS.
  public static let status: UInt64 = 0x110
  /// GET_EXECUTE_OPERATION_TIMINGS.
  public static let timings: UInt64 = 0x118
  /// GET_TRIGGER_ERROR_ACTION_TABLE: where that is.
  public static let trigger: UInt64 = 0x120
  /// EINJV2_GET_ERROR_TYPE: which of those there are.
  public static let availableComponents: UInt64 = 0x128
  /// The vendor extension, 16 bytes. ACPI 6.5, table 18.37.
  public static let vendor: UInt64 = 0x140
  /// The trigger table: a header and at most one entry.
  public static let triggerTable: UInt64 = 0x200
}

/// The structure of SET_ERROR_TYPE_WITH_ADDRESS: offsets from `InjectionRegister.parameters`. ACPI 6.5, table
/// 18.36.
public enum InjectionParameter {
  /// The error's type, and above it the vendor extension's offset, which is firmware's.
  public static let type: UInt64 = 0
  /// Flags, and above them the processor.
  public static let flags: UInt64 = 8
  /// The address.
  public static let address: UInt64 = 16
  /// The bits of the address that count.
  public static let mask: UInt64 = 24
  /// PCIe's SBDF, and above it the bytes of EINJv2's extension, which are firmware's.
  public static let extensionLength: UInt64 = 32
  /// Revision and number of components of the extension, and above them what the components begin with.
  public static let components: UInt64 = 40

  /// The most components of one injection.
  public static let componentCount = 4
  /// Bytes of a component: its identifier and its syndrome, 16 each.
  public static let componentSize: UInt64 = 32
  /// Bytes of the extension: its header, and room for the components.
  public static let extensionSize = 8 + UInt64(componentCount) * componentSize
  /// The extension's revision. Linux (drivers/acpi/apei/einj-core.c, 7.2) takes no other.
  public static let extensionRevision: UInt64 = 1
}

/// The registers of ERST: offsets from `ServiceRegion.serialization`.
public enum SerializationRegister {
  /// The operation that EXECUTE_OPERATION executes: `SerializationOperation`.
  public static let operation: UInt64 = 0x00
  /// SET_RECORD_OFFSET.
  public static let offset: UInt64 = 0x08
  /// SET_RECORD_IDENTIFIER.
  public static let identifier: UInt64 = 0x10
  /// GET_RECORD_IDENTIFIER.
  public static let nextIdentifier: UInt64 = 0x18
  /// GET_RECORD_COUNT.
  public static let count: UInt64 = 0x20
  /// GET_COMMAND_STATUS.
  public static let status: UInt64 = 0x28
  /// GET_EXECUTE_OPERATION_TIMINGS.
  public static let timings: UInt64 = 0x30
  /// GET_ERROR_LOG_ADDRESS_RANGE.
  public static let rangeBase: UInt64 = 0x38
  /// GET_ERROR_LOG_ADDRESS_RANGE_LENGTH.
  public static let rangeLength: UInt64 = 0x40
  /// GET_ERROR_LOG_ADDRESS_RANGE_ATTRIBUTES.
  public static let rangeAttributes: UInt64 = 0x48
  /// For GET_RECORD_IDENTIFIER's waiting: microseconds between two looks.
  public static let stall: UInt64 = 0x50
  /// For the same: the bell while it rings.
  public static let bell: UInt64 = 0x58
}

/// What an operating system begins. ACPI 6.5, table 18.25.
public enum SerializationOperation: UInt64, Sendable {
  /// Nothing.
  case none = 0
  /// BEGIN_WRITE_OPERATION.
  case write = 1
  /// BEGIN_READ_OPERATION.
  case read = 2
  /// BEGIN_CLEAR_OPERATION.
  case clear = 3
  /// BEGIN_DUMMY_WRITE_OPERATION: as a write, and nothing is kept.
  case dummyWrite = 4
}

/// How an ERST operation ended. ACPI 6.5, table 18.26.
public enum SerializationStatus: UInt64, Sendable {
  /// Done.
  case success = 0
  /// There is no place for another record.
  case notEnoughSpace = 1
  /// There is no store.
  case notAvailable = 2
  /// The record is none, or lost.
  case failed = 3
  /// There is no record at all.
  case empty = 4
  /// There is no such record.
  case notFound = 5
}

/// How an EINJ operation ended. ACPI 6.5, table 18.33.
public enum InjectionStatus: UInt64, Sendable {
  /// Done.
  case success = 0
  /// It could not be done.
  case failure = 1
  /// What was asked for is not allowed.
  case invalidAccess = 2
}

/// Error types of EINJ, a bit each. ACPI 6.5, table 18.34.
public enum InjectionType: UInt32, CaseIterable, Sendable {
  /// Processor, correctable.
  case processorCorrectable = 0x01
  /// Processor, uncorrectable and not fatal.
  case processorUncorrectable = 0x02
  /// Processor, uncorrectable and fatal.
  case processorFatal = 0x04
  /// Memory, correctable.
  case memoryCorrectable = 0x08
  /// Memory, uncorrectable and not fatal.
  case memoryUncorrectable = 0x10
  /// Memory, uncorrectable and fatal.
  case memoryFatal = 0x20

  /// All of them, EINJv2's and the vendor's.
  public static let all: UInt32 = 0x3f | components | vendor
  /// EINJV2_GET_ERROR_TYPE says which.
  public static let components: UInt32 = 1 << 30
  /// The vendor's: those of `VendorInjectionType`.
  public static let vendor: UInt32 = 1 << 31

  /// Whether it is an error of memory.
  public var isOfMemory: Bool { rawValue >= 0x08 }
}

/// Error types of the vendor, which is this firmware: the error states of Arm's records that ACPI's types have
/// no word for. The bits are those of `InjectionType`, of what the state comes next to.
public enum VendorInjectionType: UInt32, CaseIterable, Sendable {
  /// Processor, recoverable (UER): whoever runs there has lost its state.
  case processorRecoverable = 0x8000_0002
  /// Processor, unrecoverable (UEU).
  case processorUnrecoverable = 0x8000_0004
  /// Memory, deferred (DE): the line is bad, and whoever reads it finds that out by itself.
  case memoryDeferred = 0x8000_0008
  /// Memory, latent or restartable (UEO).
  case memoryRestartable = 0x8000_0010
  /// Memory, unrecoverable (UEU).
  case memoryUnrecoverable = 0x8000_0020

  /// Whether it is an error of memory.
  public var isOfMemory: Bool { rawValue & 0xff >= 0x08 }
}

/// Error types of EINJv2, a bit each: what a component is; how bad its error is says its syndrome. Linux 7.2,
/// include/acpi/actbl1.h.
public enum ComponentInjectionType: UInt32, Sendable {
  /// Components are processors, by their UID.
  case processor = 0x1
  /// The component is the memory, 0.
  case memory = 0x2

  /// All of them.
  public static let all: UInt32 = 0x3
}

/// What a component's syndrome means here, a bit each in the order of the severities of EINJ's types. The
/// meaning is this firmware's own: an operating system only hands a syndrome on.
public enum ComponentSyndrome {
  /// Correctable.
  public static let correctable: UInt64 = 0x1
  /// Uncorrectable and not fatal.
  public static let uncorrectable: UInt64 = 0x2
  /// Uncorrectable and fatal.
  public static let fatal: UInt64 = 0x4
}

/// Flags of SET_ERROR_TYPE_WITH_ADDRESS. ACPI 6.5, table 18.36.
public enum InjectionFlag {
  /// The processor is named.
  public static let processor: UInt32 = 1 << 0
  /// The address and its mask are.
  public static let address: UInt32 = 1 << 1
  /// PCIe's SBDF is.
  public static let pcie: UInt32 = 1 << 2
  /// The type is one of EINJv2's, and the components are named.
  public static let components: UInt32 = 1 << 3
}
