// The names that an arm64 Linux Image carries with it (kallsyms): whoever has a kernel has its symbols, without
// a System.map.
//
// The Image has no directory, so the tables are found by their shapes. Names are runs of tokens; the 256
// tokens are text, among them the ten digits in order, and an index of 256 ascending numbers follows them.
// Before them are the names, each a length and token numbers, behind their count; behind the names, where
// every 256th begins (the markers), which proves them. Addresses are offsets from a base that the Image's
// relocation entries say (R_AARCH64_RELATIVE). Linux, scripts/kallsyms.c, versions 6.1 to 6.12; the offsets lie
// before the names until 6.3, behind the tokens since 6.4.

/// A symbol of a Linux kernel.
struct KernelSymbol: Equatable {
  /// Its name.
  let name: String
  /// Its virtual address where the kernel is not moved (no KASLR).
  let address: UInt64
  /// nm's letter: `T` and `t` are functions.
  let type: Character

  var isFunction: Bool { "TtWw".contains(type) }

  /// Whether a file is an arm64 Image, by its header's magic number. Linux, arch/arm64/booting.rst.
  static func isImage(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 64 && bytes.littleEndian(56, 4) == 0x644D_5241
  }

  /// Those of an Image, by address; nil where it has none that can be found.
  static func all(_ image: [UInt8]) -> [KernelSymbol]? {
    var from = 0
    while let digits = image.firstDigits(from: from) {
      if let found = KernelNames(image, digits: digits)?.symbols() { return found }
      from = digits + 1
    }
    return nil
  }
}

/// The tables, found.
private struct KernelNames {
  let image: [UInt8]
  var tokens: [String] = []
  /// Where the tokens begin.
  var start = 0
  /// Where what is behind the tokens' index begins.
  var end = 0
  /// Where the names begin; their count is 8 bytes before.
  var names = 0
  /// Letter and name of each.
  var found: [Substring] = []

  /// `digits` is where the token "0" may be.
  init?(_ image: [UInt8], digits: Int) {
    self.image = image
    var place = digits
    for _ in 0x30..<256 {
      guard let next = image[place...].prefix(256).firstIndex(of: 0) else { return nil }
      place = next + 1
    }
    let index = (place + 7) & ~7
    guard index + 512 <= image.count else { return nil }
    let places = (0..<256).map { Int(image.littleEndian(index + $0 * 2, 2)) }
    guard places[0] == 0, zip(places, places.dropFirst()).allSatisfy(<) else { return nil }
    start = digits - places[0x30]
    end = index + 512
    guard start >= 0 else { return nil }
    for place in places {
      guard let zero = image[(start + place)...].prefix(256).firstIndex(of: 0), zero < index else {
        return nil
      }
      tokens.append(String(decoding: image[(start + place)..<zero], as: UTF8.self))
    }
    guard findNames() else { return nil }
  }

  /// Finds the names before the tokens, at most 16 MiB before.
  private mutating func findNames() -> Bool {
    var place = (start & ~7) - 8
    let lowest = max(16, place - 16 << 20)
    while place > lowest {
      let count = image.littleEndian(place - 8, 8)
      if count >= 256, count <= UInt64(start - place) / 2, readNames(at: place, Int(count)) {
        names = place
        return true
      }
      place -= 8
    }
    return false
  }

  /// Reads so many names; false where these are none.
  private mutating func readNames(at first: Int, _ count: Int) -> Bool {
    var place = first
    var markers: [Int] = []
    var read: [Substring] = []
    for number in 0..<count {
      if number % 256 == 0 { markers.append(place - first) }
      guard place + 2 <= start else { return false }
      var length = Int(image[place])
      place += 1
      if length & 0x80 != 0 {
        length = length & 0x7F | Int(image[place]) << 7
        place += 1
      }
      guard length > 0, place + length <= start else { return false }
      let name = image[place..<(place + length)].map { tokens[Int($0)] }.joined()
      guard let letter = name.first, letter.isASCII, letter.isLetter || letter == "?" else {
        return false
      }
      read.append(name[...])
      place += length
    }
    let table = (place + 7) & ~7
    guard table + markers.count * 4 <= start else { return false }
    for (number, marker) in markers.enumerated()
    where image.littleEndian(table + number * 4, 4) != UInt64(marker) {
      return false
    }
    found = read
    return true
  }

  /// Names and addresses together; nil without addresses.
  func symbols() -> [KernelSymbol]? {
    let length = (4 * found.count + 7) & ~7
    for (offsets, base) in [(names - 16 - length, names - 16), (end, end + length)] {
      guard offsets >= 0, base + 8 <= image.count, let start = self.base(at: base) else { continue }
      var last: UInt64 = 0
      var isAscending = true
      let all = found.enumerated().map { number, name in
        let offset = image.littleEndian(offsets + number * 4, 4)
        if offset < last { isAscending = false }
        last = offset
        return KernelSymbol(
          name: String(name.dropFirst()), address: start &+ offset, type: name.first ?? "?")
      }
      if isAscending, last > 0 { return all }
    }
    return nil
  }

  /// The base that the word at a place becomes when the kernel relocates itself: what is there, or the addend of
  /// the relocation entry for it. The kernel is linked to a multiple of 2 MiB.
  private func base(at place: Int) -> UInt64? {
    let stored = image.littleEndian(place, 8)
    if stored >> 48 == 0xFFFF { return stored }
    guard stored == 0 else { return nil }
    for entry in stride(from: 0, to: image.count - 24, by: 8)
    where image[entry + 8] == 3 && image[entry + 9] == 4
      && image.littleEndian(entry + 8, 8) == 0x403
    {
      let (text, isOut) = image.littleEndian(entry, 8).subtractingReportingOverflow(UInt64(place))
      let base = image.littleEndian(entry + 16, 8)
      if !isOut, text & 0x1F_FFFF == 0, base >= text, base - text < UInt64(image.count),
        base & 0xFFF == 0
      {
        return base
      }
    }
    return nil
  }
}

extension [UInt8] {
  /// Where the ten digits stand in order, each ended by a zero, from a place on.
  fileprivate func firstDigits(from: Int) -> Int? {
    var place = from
    while place + 20 <= count {
      guard let next = self[place..<(count - 19)].firstIndex(of: 0x30) else { return nil }
      if (0..<10).allSatisfy({
        self[next + $0 * 2] == 0x30 + UInt8($0) && self[next + $0 * 2 + 1] == 0
      }) {
        return next
      }
      place = next + 1
    }
    return nil
  }
}
