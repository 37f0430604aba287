// What a record says of a processor: which one, and what state it is in.

import Bytes

/// ARM Processor Error Section: the fixed part. UEFI 2.10, N.2.4.4.
public struct ProcessorSection: Equatable, Sendable {
  /// Size of the fixed part in bytes.
  public static let fixedSize = ProcessorSectionLayout.size

  /// MPIDR_EL1 of the processor.
  public var mpidr: UInt64?
  /// The affinity level the error is of: 0 (the processor) to 3.
  public var affinityLevel: UInt8?
  /// Whether the processor is running.
  public var isRunning: Bool?
  /// PSCI state, if it is not running.
  public var psciState: UInt32
  /// MIDR_EL1; there is no valid bit for it, so it is always given.
  public var midr: UInt64

  /// The error of a running processor.
  public init(
    mpidr: UInt64?, midr: UInt64, affinityLevel: UInt8? = 0, isRunning: Bool? = true,
    psciState: UInt32 = 0
  ) {
    self.mpidr = mpidr
    self.midr = midr
    self.affinityLevel = affinityLevel
    self.isRunning = isRunning
    self.psciState = psciState
  }

  /// Validation Bits, without the one for vendor data.
  public var validationBits: UInt32 {
    (mpidr != nil ? 1 : 0) | (affinityLevel != nil ? 2 : 0) | (isRunning != nil ? 4 : 0)
  }

  /// Size of a section with these contexts and one error information structure.
  static func size(_ contexts: some ProcessorContextRegisters) -> Int {
    var size = fixedSize + ProcessorErrorInformation.size
    if contexts.provides(.el1) { size += 144 }
    if contexts.provides(.el2) { size += 128 }
    if contexts.provides(.general) { size += 272 }
    return size
  }
}

extension ByteWriter {
  /// Writes an Arm processor section with one error and the contexts provided, which come in the
  /// order 5, 6, 4 (see `ProcessorContextType`).
  public mutating func processorSection(
    _ value: borrowing ProcessorSection, _ information: borrowing ProcessorErrorInformation,
    _ contexts: some ProcessorContextRegisters
  ) throws(ByteError) {
    var count: UInt16 = 0
    if contexts.provides(.el1) { count += 1 }
    if contexts.provides(.el2) { count += 1 }
    if contexts.provides(.general) { count += 1 }
    try u32(value.validationBits)
    try u16(1)
    try u16(count)
    try u32(UInt32(truncatingIfNeeded: ProcessorSection.size(contexts)))
    try u8(value.affinityLevel ?? 0)
    try zeros(ProcessorSectionLayout.reserved.size)
    try u64(value.mpidr ?? 0)
    try u64(value.midr)
    try u32(value.isRunning == true ? 1 : 0)
    try u32(value.isRunning == true ? 0 : value.psciState)
    try processorErrorInformation(information)
    try context(.el1, contexts)
    try context(.el2, contexts)
    try context(.general, contexts)
  }

  private mutating func context(
    _ type: ProcessorContextType, _ contexts: some ProcessorContextRegisters
  ) throws(ByteError) {
    guard let count = type.registerCount, contexts.provides(type) else { return }
    try u16(0)
    try u16(type.rawValue)
    try u32(UInt32(truncatingIfNeeded: count * 8))
    var index = 0
    while index < count {
      try u64(contexts.register(index, of: type))
      index += 1
    }
    try zeros(
      ProcessorContextType.paddedSize(arraySize: count * 8) - ProcessorContextLayout.size
        - count * 8)
  }
}

/// A decoded Arm processor section.
public struct DecodedProcessorSection: Equatable, Sendable {
  /// The fixed part.
  public var section: ProcessorSection
  /// Validation Bits as they were found.
  public var validationBits: UInt32
  /// Section Length as it was found.
  public var sectionLength: UInt32
  /// Running State as it was found.
  public var runningState: UInt32
  /// The errors.
  public var information: [ProcessorErrorInformation]
  /// The contexts.
  public var contexts: [ProcessorContext]
  /// Offset of each context in the section.
  public var contextOffsets: [Int]
  /// Bytes after the contexts: vendor data.
  public var vendorBytes: Int

  /// The section that fills a source.
  public init(_ source: some ByteSource) throws(ByteError) {
    try source.require(ProcessorSection.fixedSize, at: 0)
    validationBits = try source.u32(at: ProcessorSectionLayout.validation.offset)
    let informationCount = Int(
      try source.u16(at: ProcessorSectionLayout.informationCount.offset))
    let contextCount = Int(try source.u16(at: ProcessorSectionLayout.contextCount.offset))
    sectionLength = try source.u32(at: ProcessorSectionLayout.sectionLength.offset)
    runningState = try source.u32(at: ProcessorSectionLayout.runningState.offset)
    section = ProcessorSection(
      mpidr: validationBits & 1 != 0
        ? try source.u64(at: ProcessorSectionLayout.mpidr.offset) : nil,
      midr: try source.u64(at: ProcessorSectionLayout.midr.offset),
      affinityLevel: validationBits & 2 != 0
        ? try source.u8(at: ProcessorSectionLayout.affinityLevel.offset) : nil,
      isRunning: validationBits & 4 != 0 ? runningState & 1 != 0 : nil,
      psciState: try source.u32(at: ProcessorSectionLayout.psciState.offset))
    let body = try source.slice(0, count: min(Int(sectionLength), source.byteCount))
    var offset = ProcessorSection.fixedSize
    information = []
    for _ in 0..<informationCount {
      information.append(try ProcessorErrorInformation(body, at: offset))
      offset += ProcessorErrorInformation.size
    }
    contexts = []
    contextOffsets = []
    for _ in 0..<contextCount {
      let context = try ProcessorContext(body, at: offset)
      contexts.append(context)
      contextOffsets.append(offset)
      offset += ProcessorContextType.paddedSize(arraySize: Int(context.arraySize))
    }
    vendorBytes = max(0, body.byteCount - offset)
  }
}
