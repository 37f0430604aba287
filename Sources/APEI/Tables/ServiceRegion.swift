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
  /// SET_ERROR_TYPE_WITH_ADDRESS: the structure, 36 bytes. ACPI 6.5, table 18.36.
  public static let parameters: UInt64 = 0x00
  /// SET_ERROR_TYPE.
  public static let type: UInt64 = 0x40
  /// GET_ERROR_TYPE: which there are.
  public static let available: UInt64 = 0x48
  /// GET_COMMAND_STATUS.
  public static let status: UInt64 = 0x50
  /// GET_EXECUTE_OPERATION_TIMINGS.
  public static let timings: UInt64 = 0x58
  /// GET_TRIGGER_ERROR_ACTION_TABLE: where that is.
  public static let trigger: UInt64 = 0x60
  /// The trigger table: a header and at most one entry.
  public static let triggerTable: UInt64 = 0x200
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

  /// All of them.
  public static let all: UInt32 = 0x3f

  /// Whether it is an error of memory.
  public var isOfMemory: Bool { rawValue >= 0x08 }
}

/// Flags of SET_ERROR_TYPE_WITH_ADDRESS. ACPI 6.5, table 18.36.
public enum InjectionFlag {
  /// The processor is named.
  public static let processor: UInt32 = 1 << 0
  /// The address and its mask are.
  public static let address: UInt32 = 1 << 1
}
