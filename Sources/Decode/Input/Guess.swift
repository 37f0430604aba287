// What bytes are, when nobody says it: signatures first, then what fits.

import APEI
import Arm

/// What a decoder can be asked for.
public enum DecoderKind: String, CaseIterable, Sendable {
  case esr, errstatus, disr, spsr, cper, hest, bert, einj, erst, sdei, aest, log

  /// Whether it is a register, given as a number.
  public var isRegister: Bool {
    switch self {
    case .esr, .errstatus, .disr, .spsr: true
    default: false
    }
  }

  /// Whether it is an ACPI table.
  public var isTable: Bool {
    switch self {
    case .hest, .bert, .einj, .erst, .sdei, .aest: true
    default: false
    }
  }
}

/// A structure that bytes may be.
enum Structure: Sendable {
  /// An ACPI table of a kind.
  case table(DecoderKind)
  /// Another ACPI table.
  case otherTable
  /// EINJ's trigger table.
  case trigger
  /// CPER record.
  case record
  /// Error status block.
  case block
  /// An entry of a block.
  case dataEntry
  /// A section without anything around it.
  case section(SectionKind)
  /// One error information structure of an ARM processor section.
  case errorInformation
  /// The registers of a context of a type, without its head.
  case registers(UInt64)
  /// Bytes that only a vendor can read.
  case vendorData
  /// Nothing that is known.
  case unknown

  /// The kind of the decoder.
  var kind: DecoderKind? {
    switch self {
    case .table(let kind): kind
    case .trigger: .einj
    case .record, .block, .dataEntry, .section, .errorInformation, .registers, .vendorData: .cper
    case .otherTable, .unknown: nil
    }
  }

  /// In words.
  var description: String {
    switch self {
    case .table(let kind): kind.rawValue.uppercased() + " table"
    case .otherTable: "ACPI table of another kind"
    case .trigger: "EINJ trigger table"
    case .record: "CPER record"
    case .block: "error status block"
    case .dataEntry: "error data entry"
    case .section(let kind): "section: \(kind.name)"
    case .errorInformation: "ARM error information structure"
    case .registers(let type):
      (ContextRegisters.name(type)?.description ?? "registers") + " of a context"
    case .vendorData: "a vendor's bytes"
    case .unknown: "unknown bytes"
    }
  }
}

enum Guess {
  /// What bytes are most probably.
  static func structure(_ bytes: [UInt8]) -> Structure { best(bytes).structure }

  /// How sure that is: 0 to 100.
  static func score(_ bytes: [UInt8]) -> Int { best(bytes).score }

  static func best(_ bytes: [UInt8]) -> (structure: Structure, score: Int) {
    let decoder = Decoder(bytes, Report(.jsonLine))
    if bytes.starts(with: [0x43, 0x50, 0x45, 0x52]) { return (.record, 100) }
    if bytes.count >= 8, let found = table(bytes) { return found }
    var best: (structure: Structure, score: Int) = (.unknown, 0)
    func offer(_ structure: Structure, _ score: Int) {
      if score > best.score { best = (structure, score) }
    }
    offer(.block, block(decoder))
    if bytes.count >= 64, SectionKind.of(decoder.guid(at: 0)) != nil { offer(.dataEntry, 95) }
    for (kind, score) in sections(decoder) { offer(.section(kind), score) }
    offer(.errorInformation, errorInformation(decoder))
    offer(.trigger, trigger(decoder))
    return best
  }

  private static func table(_ bytes: [UInt8]) -> (structure: Structure, score: Int)? {
    let letters = bytes[..<4]
    let name = String(decoding: letters, as: UTF8.self)
    if let kind = DecoderKind(rawValue: name.lowercased()), kind.isTable,
      name == kind.rawValue.uppercased()
    {
      return (.table(kind), 100)
    }
    if bytes.starts(with: Layout.pointerSignature), bytes.count >= 20 { return (.otherTable, 90) }
    guard letters.allSatisfy({ (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }),
      bytes.count >= 36
    else { return nil }
    let length = Decoder(bytes, Report(.jsonLine)).load(4, 4)
    guard length >= 36, length <= 1 << 24 else { return nil }
    return (.otherTable, length == UInt64(bytes.count) ? 90 : 60)
  }

  private static func block(_ decoder: borrowing Decoder) -> Int {
    let count = decoder.bytes.count
    guard count >= 20 else { return 0 }
    var score = 0
    if count >= 84, SectionKind.of(decoder.guid(at: 20)) != nil { score += 70 }
    if decoder.load(16, 4) <= 3 { score += 5 }
    if decoder.load(0, 4) >> 14 == 0 { score += 5 }
    let entries = decoder.load(0, 4) >> 4
    let length = decoder.load(12, 4)
    if length > 0, length == UInt64(count - 20) { score += 15 }
    if entries > 0, entries < 16, decoder.load(0, 4) & 3 != 0, length >= 64 { score += 15 }
    let revision = count >= 42 ? decoder.load(40, 2) : 0
    if revision == 0x300 || revision == 0x201 { score += 20 }
    // A head alone, as QEMU's injector prints it.
    if count == 20, decoder.load(0, 4) != 0, length >= 64, length < 1 << 20,
      decoder.load(4, 8) == 0
    {
      score += 20
    }
    return score >= 30 ? score : 0
  }

  /// Sections without a GUID: their length and their own fields must fit.
  private static func sections(_ decoder: borrowing Decoder) -> [(SectionKind, Int)] {
    let count = decoder.bytes.count
    var found: [(SectionKind, Int)] = []
    func offer(_ guid: GUID, _ score: Int) {
      if let kind = SectionKind.of(guid) { found.append((kind, score)) }
    }
    let validation = decoder.load(0, 8)
    if count >= 72, decoder.load(8, 4) == UInt64(count), decoder.load(0, 4) < 16,
      (1...255).contains(decoder.load(4, 2))
    {
      offer(SectionType.processorArm, decoder.load(41, 1) == 32 ? 90 : 50)
    }
    if count == 80 || count == 73, validation != 0, validation >> 22 == 0 {
      offer(SectionType.memory, decoder.load(72, 1) < 16 ? 60 : 30)
    }
    if count == Memory2Layout.size, validation != 0, validation >> 22 == 0 {
      offer(SectionType.memory2, decoder.load(61, 1) < 16 ? 60 : 30)
    }
    if count == PCIeLayout.size, validation != 0, validation >> 10 == 0 {
      offer(SectionType.pcie, decoder.load(8, 4) < 11 ? 60 : 30)
    }
    if count == 192, validation != 0, validation >> 13 == 0 {
      offer(SectionType.processorGeneric, decoder.load(8, 1) < 3 ? 60 : 30)
    }
    if count >= 152, decoder.load(0, 4) == 1, decoder.load(12, 2) >= 80,
      decoder.load(8, 4) >= 1,
      decoder.load(12, 2) + decoder.load(8, 4) * 72 <= UInt64(count)
    {
      offer(SectionType.armRASNode, 80)
    }
    if count >= 116, validation != 0, validation >> 7 == 0,
      116 + decoder.load(108, 2) + decoder.load(110, 2) == UInt64(count)
    {
      offer(SectionType.cxlProtocol, 70)
    }
    return found
  }

  /// 32 bytes that Linux dumps when it does not like them: version 0, and nothing that is reserved.
  private static func errorInformation(_ decoder: borrowing Decoder) -> Int {
    guard decoder.bytes.count == 32, decoder.load(0, 1) == 0 else { return 0 }
    if decoder.load(1, 1) == 32, decoder.load(2, 2) < 32 { return 80 }
    return decoder.load(2, 2) < 32 ? 40 : 0
  }

  private static func trigger(_ decoder: borrowing Decoder) -> Int {
    let count = UInt64(decoder.bytes.count)
    guard count >= 16, decoder.load(0, 4) == 16, decoder.load(8, 4) == count,
      16 + decoder.load(12, 4) * 32 == count
    else { return 0 }
    return 85
  }

  /// What a register's value is, when nobody says its name; and what else it may be.
  ///
  /// A status that is valid has bit 30 set, which an exception class has too where its bits 31:26
  /// are 0x10 to 0x1F or above 0x2F; most of those are reserved or do not come with a 32-bit
  /// instruction length.
  static func register(_ value: UInt64) -> (kind: DecoderKind, other: DecoderKind?) {
    let syndrome = Syndrome(rawValue: value)
    let status = ErrorStatus(rawValue: value)
    let title = syndrome.exceptionClass.title
    var asSyndrome = title == nil || value >> 56 != 0 ? 0 : 40
    if syndrome.exceptionClass == .unknown, value != 0 { asSyndrome = 5 }
    if syndrome.isSet(Syndrome.il) { asSyndrome += 20 }
    switch syndrome.exceptionClass {
    case .dataAbortLower, .dataAbortSame, .instructionAbortLower, .instructionAbortSame, .serror:
      asSyndrome += 30
    default: break
    }
    let lines = SyndromeDescription(syndrome).lines
    asSyndrome -= 10 * lines.filter { $0.isUnknown }.count
    var asStatus = 0
    if status.isSet(ErrorStatus.v), value >> 32 == 0 {
      asStatus = 30
      if status.highestState != nil { asStatus += 25 }
      if status.code.name != nil, status.code != .none { asStatus += 20 }
      if status.isSet(ErrorStatus.av) { asStatus += 5 }
      if value & 0x0001_0000 != 0 { asStatus -= 30 }
      if !status.isSet(ErrorStatus.ue), status.isSet(ErrorStatus.uet) { asStatus -= 15 }
      if status.isSet(ErrorStatus.ierr) { asStatus -= 5 }
    }
    if asStatus > asSyndrome { return (.errstatus, asSyndrome > 20 ? .esr : nil) }
    return (.esr, asStatus > 20 ? .errstatus : nil)
  }
}
