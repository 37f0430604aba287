// Records in words, for people; the images have no use for them.

#if !hasFeature(Embedded)
import Arm

// What a person reads of a record: one fact a line, names before numbers, unknown values said to
// be so.

extension ErrorSeverity: CustomStringConvertible {
  /// The name.
  public var description: String { name.description }
}

extension SectionFlags: CustomStringConvertible {
  /// The flags by name.
  public var description: String {
    let names = [
      "primary", "containment warning", "reset", "threshold exceeded", "resource not accessible",
      "latent", "propagated", "overflow",
    ]
    return (0..<8).filter { rawValue >> UInt8($0) & 1 != 0 }.map { names[$0] }
      .joined(separator: ", ")
  }
}

extension ProcessorErrorType: CustomStringConvertible {
  /// The names of the types.
  public var names: [String] {
    let names = ["cache", "TLB", "bus", "micro-architecture"]
    return (0..<4).filter { rawValue >> UInt8($0) & 1 != 0 }.map { names[$0] }
  }

  /// The types by name.
  public var description: String { names.joined(separator: ", ") }
}

extension MemorySection.Kind: CustomStringConvertible {
  /// The name, close to the specification's.
  public var description: String {
    switch self {
    case .unknown: "unknown"
    case .none: "no error"
    case .singleBitECC: "single-bit ECC"
    case .multiBitECC: "multi-bit ECC"
    case .singleSymbolChipkill: "single-symbol chipkill"
    case .multiSymbolChipkill: "multi-symbol chipkill"
    case .masterAbort: "master abort"
    case .targetAbort: "target abort"
    case .parity: "parity"
    case .watchdog: "watchdog"
    case .invalidAddress: "invalid address"
    case .mirrorBroken: "mirror broken"
    case .sparing: "sparing"
    case .scrubCorrected: "scrub corrected"
    case .scrubUncorrected: "scrub uncorrected"
    case .mapOut: "physical map-out"
    }
  }
}

extension Timestamp: CustomStringConvertible {
  /// ISO 8601 without a zone.
  public var description: String {
    func two(_ value: UInt8) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let century = two(UInt8(year / 100)) + two(UInt8(year % 100))
    return "\(century)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))"
  }
}

extension SectionErrorStatus: CustomStringConvertible {
  /// The type and the flags by name.
  public var description: String {
    var parts = [kind.map { "\($0)" } ?? "unknown type \(self[Self.type])"]
    let flags: [(Field, String)] = [
      (Self.address, "address"), (Self.control, "control"), (Self.data, "data"),
      (Self.responder, "responder"), (Self.requester, "requester"), (Self.first, "first"),
      (Self.overflow, "overflow"),
    ]
    parts += flags.filter { isSet($0.0) }.map(\.1)
    return parts.joined(separator: ", ")
  }
}

extension MemorySection {
  /// The valid fields, one a line.
  public var lines: [String] {
    var lines: [String] = []
    func add(_ name: String, _ value: String?) { if let value { lines.append("\(name) \(value)") } }
    add("physical address", physicalAddress.map { hex($0) })
    add("physical address mask", physicalAddressMask.map { hex($0) })
    add("error type", errorType.map { byte in kind.map { "\($0)" } ?? "unknown (\(byte))" })
    add("error status", status.map { "\($0)" })
    let places: [(String, UInt16?)] = [
      ("node", node), ("card", card), ("module", module), ("bank", bank), ("rank", rank),
      ("device", device), ("row", row), ("column", column), ("bit position", bitPosition),
      ("card handle", cardHandle), ("module handle", moduleHandle),
    ]
    for (name, value) in places { add(name, value.map { "\($0)" }) }
    add("requestor", requestor.map { hex($0) })
    add("responder", responder.map { hex($0) })
    add("target", target.map { hex($0) })
    return lines
  }
}

extension ProcessorErrorInformation {
  /// The valid fields, one a line, the Type byte read in an encoding.
  public func lines(_ encoding: ProcessorErrorTypeEncoding) -> [String] {
    var lines = [
      "error type \(encoding.type(of: type).map { "\($0)" } ?? "unknown (\(hex(type)))")"
    ]
    if let multipleError { lines.append("errors \(multipleError == 0 ? 1 : multipleError)") }
    if let flags {
      let names = ["first", "last", "propagated", "overflow"]
      let set = (0..<4).filter { flags.rawValue >> UInt8($0) & 1 != 0 }.map { names[$0] }
      lines.append("flags \(set.isEmpty ? "none" : set.joined(separator: ", "))")
    }
    if let detail {
      let value = ProcessorErrorDetail(rawValue: detail)
      let parts = ProcessorErrorDetail.validated.enumerated()
        .filter { value[ProcessorErrorDetail.valid] >> UInt64($0.offset) & 1 != 0 }
        .map { "\($0.element.name) \(value[$0.element])" }
      lines.append("details \(hex(detail)): \(parts.joined(separator: ", "))")
    }
    if let virtualAddress { lines.append("virtual address \(hex(virtualAddress))") }
    if let physicalAddress { lines.append("physical address \(hex(physicalAddress))") }
    return lines
  }
}

extension ProcessorContext {
  /// The registers, one a line.
  public var lines: [String] {
    guard let kind else { return ["context of unknown type \(type), \(arraySize) bytes"] }
    if registers.isEmpty { return ["context \(kind), \(arraySize) bytes"] }
    return registers.enumerated().map { index, value in
      let general = index == 31 ? "SP" : "X\(index)"
      let name = kind.registerName(index).map { "\($0)" } ?? general
      return "\(name) 0x\(hexadecimal(value, digits: 16))"
    }
  }
}

extension DecodedProcessorSection {
  /// The fixed part, errors and contexts, one fact a line.
  public func lines(_ encoding: ProcessorErrorTypeEncoding) -> [String] {
    var lines = ["MIDR_EL1 \(hex(section.midr))"]
    if let mpidr = section.mpidr { lines.append("MPIDR_EL1 \(hex(mpidr))") }
    if let level = section.affinityLevel { lines.append("affinity level \(level)") }
    if let running = section.isRunning {
      lines.append(running ? "running" : "not running, PSCI state \(hex(section.psciState))")
    }
    for item in information { lines += item.lines(encoding) }
    for context in contexts {
      lines.append("context \(context.kind.map { "\($0)" } ?? "unknown (\(context.type))"):")
      lines += context.lines.map { "  " + $0 }
    }
    if vendorBytes > 0 { lines.append("\(vendorBytes) bytes of vendor data") }
    return lines
  }
}

extension DecodedErrorNode {
  /// The node and its records, one fact a line.
  public var lines: [String] {
    var lines = ["component \(component.map { "\($0)" } ?? "unknown (\(componentType))")"]
    switch instanceFormat {
    case 0: lines.append("MPIDR_EL1 \(hex(instance))")
    case 1: lines.append("registers at \(hex(instance))")
    default: break
    }
    for record in records {
      lines.append("record \(record.index):")
      lines += record.lines.map { "  " + $0 }
    }
    return lines
  }
}

extension ErrorRecordDescriptor {
  /// The registers, one a line.
  public var lines: [String] {
    [
      ("FR", feature), ("CTLR", control), ("STATUS", status.rawValue), ("ADDR", address),
      ("MISC0", misc0), ("MISC1", misc1), ("MISC2", misc2), ("MISC3", misc3),
    ].map { "ERR<\(index)>\($0.0) 0x\(hexadecimal($0.1, digits: 16))" }
  }
}

extension DecodedEntry {
  /// What the entry says, one fact a line.
  public func lines(_ encoding: ProcessorErrorTypeEncoding) -> [String] {
    let name = SectionType.name(of: sectionType).map { "\($0)" } ?? "unknown \(sectionType)"
    let severity = severity.map { "\($0)" } ?? "unknown severity \(severityValue)"
    var lines = ["section: \(name), \(severity), \(dataLength) bytes"]
    var facts: [String] = []
    if !flags.isEmpty { facts.append("flags \(flags)") }
    if let timestampValue {
      let text = timestamp.map { "\($0)" } ?? "malformed (\(hex(timestampValue)))"
      facts.append("time \(text)")
    }
    if let fruID { facts.append("FRU \(fruID)") }
    if validationBits & 2 != 0 {
      let letters = fruText.prefix { $0 != 0 }
        .map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: "?") }
      facts.append("FRU text \(String(decoding: letters, as: UTF8.self))")
    }
    switch payload {
    case .memory(let section): facts += section.lines
    case .processor(let section): facts += section.lines(encoding)
    case .errorNode(let section): facts += section.lines
    case .other: break
    }
    lines += facts.map { "  " + $0 }
    return lines
  }
}

extension ErrorStatusBlock {
  /// What the block says, one fact a line; entries indented.
  public func lines(_ encoding: ProcessorErrorTypeEncoding = .bitmapFromBit1) -> [String] {
    if blockStatus == 0 { return ["error status block: empty"] }
    let names = ["uncorrected", "corrected", "several uncorrected", "several corrected"]
    let bits = (0..<4).filter { blockStatus >> UInt32($0) & 1 != 0 }.map { names[$0] }
    let severity = severity.map { "\($0)" } ?? "unknown severity \(severityValue)"
    var lines = [
      "error status block: \(severity), \(bits.joined(separator: ", ")), \(entries.count) sections"
    ]
    for entry in entries { lines += entry.lines(encoding).map { "  " + $0 } }
    return lines
  }
}
#endif
