// A checker of what all ACPI tables have in common: signature, length, checksum.

import Bytes

#if !hasFeature(Embedded)
/// Checks what all ACPI tables have in common. ACPI 6.5, 5.2.6.
public struct TableChecker: Sendable {
  /// A checker.
  public init() {}

  /// What is wrong with the header of the table that fills a source.
  public func check(_ source: some ByteSource) -> [Finding] {
    guard let header = try? TableHeader(source) else {
      return [Finding("table", at: 0, "\(source.byteCount) bytes: shorter than a table header")]
    }
    var findings = Findings(Self.name(header.signature))
    findings.require(
      Int(header.length) == source.byteCount, at: TableHeaderLayout.length.offset,
      "length \(header.length), but there are \(source.byteCount) bytes")
    findings.require(header.revision > 0, at: TableHeaderLayout.revision.offset, "revision 0")
    if Int(header.length) <= source.byteCount, header.length >= TableHeader.size {
      let sum = (try? source.checksum(0, count: Int(header.length))) ?? 1
      findings.require(
        sum == 0, at: TableHeaderLayout.checksum.offset, "the bytes sum up to \(hex(sum)), not 0")
    }
    findings.require(
      Self.letters(header.signature).allSatisfy { (0x30...0x5a).contains($0) },
      at: 0, "the signature is not four capital letters or digits")
    return findings.list
  }

  private static func letters(_ signature: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { (shift: UInt32) -> UInt8 in
      UInt8(truncatingIfNeeded: signature >> shift)
    }
  }

  /// The letters of a signature.
  static func name(_ signature: UInt32) -> String {
    let visible = letters(signature).map { (letter: UInt8) -> UInt8 in
      letter >= 0x20 && letter < 0x7f ? letter : UInt8(ascii: "?")
    }
    return String(decoding: visible, as: UTF8.self)
  }
}
#endif
