// ErrorInformation of an ARM processor error, taken apart. UEFI 2.10, N.2.4.4.1: tables of cache, TLB
// and bus errors.
//
// Surprising: a micro-architectural error has no table. What its 64 bits mean the vendor knows, so that
// words made of them would be invented. And type 2 is a cache error for UEFI 2.10 and Linux, a
// bus error for UEFI 2.9: only valid bits that no cache error has tell them apart.

/// What 64 bits of ErrorInformation say.
struct ErrorInformationBits {
  /// The tables that a type leads to.
  enum Kind {
    case cache, translation, bus
    /// A micro-architectural error: IMPLEMENTATION DEFINED.
    case vendor
    /// Several tables at once: what they have in common can be read.
    case several
    /// A reserved type, or one that is micro-architectural as well.
    case unclear
  }
  let bits: UInt64
  let kind: Kind

  init(_ bits: UInt64, type: UInt64) {
    self.bits = bits
    // Bits 7 to 11 say that fields are valid that only bus errors have; 12 to 15 are reserved.
    let isBus = bits & 0xF80 != 0 && bits & 0xF000 == 0
    kind =
      switch type {
      case 0: .cache
      case 1: .translation
      case 2: isBus ? .bus : .cache
      // UEFI 2.9 counts to micro-architectural; 2.10A's bits say cache and TLB.
      case 3: .vendor
      case 4: isBus ? .bus : .translation
      case 8: .bus
      case 5..<8, 9..<0x10: .several
      case 0x10: .vendor
      default: .unclear
      }
  }

  /// Whether one of the validation bits is set.
  func has(_ bit: UInt64) -> Bool { bits >> bit & 1 != 0 }

  var transaction: UInt64 { bits >> 16 & 3 }
  var operation: UInt64 { bits >> 18 & 15 }
  /// Cache level, level of the translation, or for a bus the affinity level at which it is.
  var level: UInt64 { bits >> 22 & 7 }
  var participation: UInt64 { bits >> 29 & 3 }
  var addressSpace: UInt64 { bits >> 32 & 3 }
  /// Attributes of the memory access.
  var attributes: UInt64 { bits >> 34 & 0x1FF }

  var transactionName: StaticString {
    switch transaction {
    case 0: "instruction"
    case 1: "data"
    case 2: "generic"
    default: "reserved"
    }
  }

  var operationName: StaticString {
    switch (operation, kind) {
    case (0, _): "generic error"
    case (1, _): "generic read"
    case (2, _): "generic write"
    case (3, _): "data read"
    case (4, _): "data write"
    case (5, _): "instruction fetch"
    case (6, _): "prefetch"
    case (7, .cache): "eviction"
    case (8, .cache): "snooping"
    case (9, .cache): "snooped"
    case (10, .cache): "management"
    case (7, .translation): "local management"
    case (8, .translation): "external management"
    default: "reserved"
    }
  }

  var participationName: StaticString {
    switch participation {
    case 0: "originated by the processor"
    case 1: "responded by the processor"
    case 2: "observed by the processor"
    default: "generic"
    }
  }

  var addressSpaceName: StaticString {
    switch addressSpace {
    case 0: "external memory"
    case 1: "internal memory"
    case 3: "device memory"
    default: "reserved"
    }
  }

  var accessModeName: StaticString { bits >> 43 & 1 != 0 ? "normal" : "secure" }

  /// All in words, the valid fields only.
  var words: [String] {
    switch kind {
    case .vendor: return ["a micro-architectural error: only its vendor knows"]
    case .unclear: return []
    case .cache, .translation, .bus, .several: break
    }
    var words: [String] = []
    if has(0) { words.append("\(transactionName) transaction") }
    if has(1) { words.append("\(operationName)") }
    if has(2) { words.append((kind == .bus ? "affinity level" : "level") + " \(level)") }
    if has(3) { words.append(has(25) ? "context corrupt" : "context intact") }
    if has(4) { words.append(has(26) ? "corrected" : "not corrected") }
    if has(5) { words.append(has(27) ? "precise PC" : "imprecise PC") }
    if has(6) { words.append(has(28) ? "restartable" : "not restartable") }
    guard kind == .bus else { return words }
    if has(7) { words.append("\(participationName)") }
    if has(8) { words.append(has(31) ? "bus timeout" : "no bus timeout") }
    if has(9) { words.append("\(addressSpaceName)") }
    if has(10) { words.append("memory attributes 0x" + String(attributes, radix: 16)) }
    if has(11) { words.append("\(accessModeName) access") }
    return words
  }
}

extension Decoder {
  /// The fields of ErrorInformation: words in text, an object in JSON.
  mutating func errorInformation(bits: UInt64, type: UInt64) {
    let information = ErrorInformationBits(bits, type: type)
    if report.isText {
      let words = information.words.joined(separator: ", ")
      if !words.isEmpty { report.line("errorInfo says: " + words) }
      return
    }
    switch information.kind {
    case .vendor, .unclear: return report.null("errorInfoFields")
    case .cache, .translation, .bus, .several: break
    }
    report.object("errorInfoFields", "")
    if information.has(0) { report.derived("transaction", information.transactionName) }
    if information.has(1) { report.derived("operation", information.operationName) }
    if information.has(2) {
      report.derived(
        information.kind == .bus ? "affinityLevel" : "level", Int(information.level))
    }
    if information.has(3) { report.derived("contextCorrupt", information.has(25)) }
    if information.has(4) { report.derived("corrected", information.has(26)) }
    if information.has(5) { report.derived("precisePC", information.has(27)) }
    if information.has(6) { report.derived("restartable", information.has(28)) }
    if information.kind == .bus {
      if information.has(7) { report.derived("participation", information.participationName) }
      if information.has(8) { report.derived("timeout", information.has(31)) }
      if information.has(9) { report.derived("addressSpace", information.addressSpaceName) }
      if information.has(10) { report.hexadecimal("memoryAttributes", information.attributes) }
      if information.has(11) { report.derived("accessMode", information.accessModeName) }
    }
    report.end()
  }
}
