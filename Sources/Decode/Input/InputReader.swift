// What an input holds: bytes in one of their forms, registers, or a log.

/// Reads inputs.
enum InputReader {
  /// The items of an input, in order; none if it holds nothing that a decoder of the kind takes.
  ///
  /// Words of a command line may be a lone number, whatever its length, and a line of a log.
  static func items(
    _ input: [UInt8], kind: DecoderKind?, isInline: Bool = false
  ) -> [InputItem] {
    if input.isEmpty { return [] }
    if kind == .log {
      let text = PlainText.of(input, isLog: true) ?? input
      return [InputItem(content: .log(text), form: .log)]
    }
    guard let text = PlainText.of(input, isLog: kind == nil ? nil : false) else {
      return kind?.isRegister == true ? [] : [InputItem(content: .bytes(input), form: .binary)]
    }
    if kind?.isRegister == true { return registers(text, kind) }
    if kind == nil, KernelLog.isLog(text) { return [InputItem(content: .log(text), form: .log)] }
    let dumps = blocksJoined(TextReader(text).dumps())
    if kind == nil, let values = ValueReader.values(text),
      areRegisters(values, text, dumps, isInline: isInline)
    {
      return registers(text, nil)
    }
    let scores = dumps.map { item -> Int in
      if case .bytes(let bytes) = item.content { Guess.score(bytes) } else { 0 }
    }
    if let (bytes, form) = literal(text, atLeast: scores.max() ?? 0) {
      return [InputItem(content: .bytes(bytes), form: form)]
    }
    if kind == nil, isInline, (scores.max() ?? 0) == 0,
      !text.contains(0x0A),
      !LogRegisters.all(in: Substring(String(decoding: text, as: UTF8.self))).isEmpty
    {
      return [InputItem(content: .log(text), form: .log)]
    }
    if (scores.max() ?? 0) == 0, let bytes = Base64.decode(text),
      dumps.isEmpty || Guess.score(bytes) > 0
    {
      return [InputItem(content: .bytes(bytes), form: .base64)]
    }
    return dumps
  }

  /// Dumps of one paste with the parts of a block put together: its head, then dumps that fill it
  /// exactly, as QEMU's injector of errors prints them.
  private static func blocksJoined(_ items: [InputItem]) -> [InputItem] {
    guard items.count > 1 else { return items }
    var joined: [InputItem] = []
    var index = 0
    while index < items.count {
      var item = items[index]
      index += 1
      if case .bytes(let head) = item.content, head.count == 20, Guess.score(head) > 0 {
        let wanted = 20 + Int(Decoder(head, Report(.jsonLine)).load(12, 4))
        var whole = head
        var next = index
        while next < items.count, next - index < 16, whole.count < wanted,
          case .bytes(let part) = items[next].content
        {
          whole += part
          next += 1
        }
        if whole.count == wanted {
          item.content = .bytes(whole)
          for part in items[index..<next] { item.remarks += part.remarks }
          index = next
        }
      }
      joined.append(item)
    }
    return joined
  }

  /// The bytes of a literal or of a list of decimal numbers, if they are more than the same digits in
  /// hexadecimal: at least as sure as those, and sure at all.
  private static func literal(_ text: [UInt8], atLeast score: Int) -> ([UInt8], InputForm)? {
    if let bytes = Literals.string(text), Guess.score(bytes) > score { return (bytes, .literal) }
    guard let bytes = Literals.decimals(text) else { return nil }
    // A list with commas has decimal numbers rather than digits of bytes.
    let sure = Guess.score(bytes)
    return sure > score || sure == score && sure > 0 && text.contains(0x2C)
      ? (bytes, .decimal) : nil
  }

  /// Whether values are registers rather than the digits of a dump.
  private static func areRegisters(
    _ values: [NamedValue], _ text: [UInt8], _ dumps: [InputItem], isInline: Bool
  ) -> Bool {
    if values.contains(where: { !$0.name.isEmpty }) { return true }
    for item in dumps {
      if case .bytes(let bytes) = item.content, Guess.score(bytes) > 0 { return false }
    }
    if isInline, values.count == 1 { return true }
    let tokens = text.split { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    let lengths = tokens.map { token in
      token.starts(with: [0x30, 0x78]) || token.starts(with: [0x30, 0x58]) ? 0 : token.count
    }
    // 0x and more than a byte, or the digits of a register alone on a line.
    return lengths.enumerated().allSatisfy { index, length in
      length == 0 && tokens[index].count > 4 || length == 8 || length == 16
    } && values.count <= 64
  }

  /// One item a register; a status has its companions with it.
  private static func registers(_ text: [UInt8], _ kind: DecoderKind?) -> [InputItem] {
    guard let values = ValueReader.values(text) else { return [] }
    let companions: Set<String> = [
      "addr", "fr", "ctlr", "misc0", "misc1", "misc2", "misc3", "misc",
    ]
    var sets: [[NamedValue]] = []
    for var value in ValueReader.syndromesJoined(values) {
      if value.name == "misc" { value.name = "misc0" }
      if companions.contains(value.name), kind == nil || kind == .errstatus,
        let last = sets.last?.first,
        ["", "status"].contains(last.name)
          || companions.contains(last.name)
      {
        sets[sets.count - 1].append(value)
      } else {
        sets.append([value])
      }
    }
    return sets.map { InputItem(content: .values($0), form: .values) }
  }

  // MARK: Refusals

  /// Why an input holds nothing for a kind.
  static func refusal(of input: [UInt8], for kind: DecoderKind?) -> String {
    if input.isEmpty { return "found nothing: the input is empty" }
    if let kind, kind.isRegister {
      return "found \(start(of: input)); accepted are numbers: 0x and hexadecimal digits, 8 or 16 "
        + "hexadecimal digits, or a decimal number"
        + (kind == .errstatus ? ", each with a name if it is not the status: addr 0x..." : "")
    }
    return "found \(start(of: input)); " + accepted
  }

  /// Why bytes were not recognized.
  static func unknown(_ bytes: [UInt8], _ structure: Structure, _ form: InputForm) -> String {
    if case .otherTable = structure {
      let name = String(decoding: bytes.prefix(4), as: UTF8.self)
      return "found the ACPI table \(name), of which only the header is explained; " + accepted
    }
    return "found \(bytes.count) bytes (\(form.rawValue)) that start with \(digits(bytes)); "
      + accepted
  }

  private static let accepted =
    "accepted are a CPER record, an error status block, a section (name it with --section), an ACPI "
    + "table (HEST, BERT, EINJ, ERST, SDEI, AEST), a register or a kernel log; as binary, hexadecimal "
    + "digits, hexdump, xxd, acpidump, iasl or base64"

  private static func start(of input: [UInt8]) -> String {
    guard TextReader.isText(input) else { return "bytes that start with \(digits(input))" }
    let line = input.prefix { $0 != 0x0A && $0 != 0x0D }
    return "'" + String(decoding: line.prefix(40), as: UTF8.self) + (line.count > 40 ? "...'" : "'")
  }

  private static func digits(_ bytes: [UInt8]) -> String {
    bytes.prefix(8).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: " ")
  }
}
