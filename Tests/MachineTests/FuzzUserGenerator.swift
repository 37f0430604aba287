// Random instruction sequences for user mode, from the rows of the decoder's table: registers have
// roles (bases that point into scratch memory, offsets that stay small, the rest) which change from
// test to test, so that what the architecture leaves UNPREDICTABLE is not generated and memory
// accesses stay where they may go.

import Machine

@testable import Machine

/// Makes tests for `QEMUUserProgram`.
struct FuzzUserGenerator {
  var random: FuzzRandom
  /// Rows a sequence may use anywhere.
  let ordinaryRows: [Encoding]
  /// Rows that end a sequence, or need a register to hold an address of code.
  private let specialRows: [Encoding]
  let exclusiveLoads: [Encoding]
  let exclusiveStores: [Encoding]
  /// All that a test of one word may be.
  var rows: [Encoding] { ordinaryRows + specialRows + exclusiveLoads + exclusiveStores }

  static let memoryWords = 256

  /// Which register does what in one test.
  struct Roles {
    /// Hold an address in the middle of the scratch memory; 31 is SP. In a sequence the first one
    /// stays aligned, for the accesses that need it.
    var bases: [UInt32]
    /// Hold small offsets: positive; 32 bits positive below rubbish; 32 bits negative below rubbish;
    /// negative.
    var offsets: [UInt32]
    /// May be overwritten.
    var writable: [UInt32]
    /// Whether the test has one word only: then bases may be overwritten too.
    var isSingle: Bool
    /// Whether SP is a base, and thus not to be overwritten by more than one word.
    var isStackBase: Bool
    /// Whether YIELD may be between a load and a store exclusive.
    var mayYield = true
  }

  init(seed: UInt64) {
    random = FuzzRandom(seed: seed)
    var ordinary: [Encoding] = []
    var special: [Encoding] = []
    var loads: [Encoding] = []
    var stores: [Encoding] = []
    for row in Decoder.rows {
      let name = row.name.description
      switch name {
      // A system call, or a register of the system: the bare-metal tests have them.
      case "SVC", "SYS", "SYSL", "MSR (register)", "MRS", "MSR (immediate)": continue
      case "BR", "BLR", "RET", "HVC", "SMC", "BRK", "HLT", "ERET": special.append(row)
      default:
        if name.hasPrefix("LDX") || name.hasPrefix("LDAX") {
          loads.append(row)
        } else if name.hasPrefix("STX") || name.hasPrefix("STLX") {
          stores.append(row)
        } else {
          ordinary.append(row)
        }
      }
    }
    ordinaryRows = ordinary
    specialRows = special
    exclusiveLoads = loads
    exclusiveStores = stores
  }

  /// Adds one test of `count` words to a program; one word of every row in turn when `count` is 1.
  mutating func append(to program: inout QEMUUserProgram, count: Int, index: Int) {
    var registers = (0..<31).map { UInt32($0) }.filter { $0 != 28 }
    registers.shuffle(using: &random)
    let isStackBase = random.isOne(in: 3)
    let bases = Array(registers[0..<3]) + (isStackBase ? [31] : [])
    let offsets = Array(registers[3..<7])
    let roles = Roles(
      bases: bases, offsets: offsets,
      writable: (count == 1 ? registers : Array(registers[7...])) + [31], isSingle: count == 1,
      isStackBase: isStackBase, mayYield: count == 1)

    var record = UserRecord(memoryWords: FuzzUserGenerator.memoryWords)
    for index in 0..<31 { record.general[index] = random.value() }
    for index in 0..<64 { record.vectors[index] = random.next() }
    for index in record.memory.indices { record.memory[index] = random.next() }
    record.stackPointer = random.value()
    record.flags = random.next() & 0xF000_0000
    let middle = program.nextMemory + UInt64(FuzzUserGenerator.memoryWords * 4)
    // Arm ARM B2.8.2: these fault when not aligned, whatever the monitor says. QEMU 7.2 lets LDAPR
    // through, and fails a store exclusive without an open monitor before it looks at the address.
    let rows = self.rows
    let row = rows[index % rows.count]
    let name = row.name.description
    let isAligned = count == 1 && ["STX", "STLX", "LDAPR"].contains { name.hasPrefix($0) }
    for base in bases {
      let isOdd = !isAligned && random.isOne(in: 4) && (count == 1 || base != bases[0])
      let address = middle &+ (isOdd ? UInt64(random.below(32)) : 16 * UInt64(random.below(2)))
      if base == 31 { record.stackPointer = address } else { record.general[Int(base)] = address }
    }
    let small = UInt64(random.below(8))
    record.general[Int(offsets[0])] = small
    record.general[Int(offsets[1])] = small | random.next() << 32
    record.general[Int(offsets[2])] = (0 &- small) & 0xFFFF_FFFF | random.next() << 32
    record.general[Int(offsets[3])] = 0 &- small

    var words: [UInt32] = []
    if count == 1 {
      guard let word = self.word(row, roles, left: 1) else { return }
      if ["BR", "BLR", "RET"].contains(name) {
        record.general[Int(word >> 5 & 31) % 31] =
          program.nextCode + (random.isOne(in: 4) ? 4 + UInt64(random.below(4)) : 4)
      }
      words.append(word)
    } else {
      while words.count < count {
        if count - words.count >= 3, random.isOne(in: 6) {
          words += exclusiveTriple(roles)
        } else {
          words.append(anyWord(roles, left: count - words.count))
        }
      }
    }
    program.append(words, record)
  }

  /// A load exclusive, something that does not touch memory, and a store exclusive of that size.
  mutating func exclusiveTriple(_ roles: Roles) -> [UInt32] {
    let load = random.pick(exclusiveLoads)
    let stores = exclusiveStores.filter {
      ($0.value ^ load.value) & 0xC020_0000 == 0
    }
    guard
      let first = word(load, roles, left: 3), let last = word(random.pick(stores), roles, left: 1)
    else { return [anyWord(roles, left: 1)] }
    var middle = anyWord(roles, left: 1)
    while middle & 0x0A00_0000 == 0x0800_0000 { middle = anyWord(roles, left: 1) }
    return [first, middle, last]
  }

  /// An ordinary word for a sequence. UNDEFINED ones are left to the tests of single words.
  private mutating func anyWord(_ roles: Roles, left: Int) -> UInt32 {
    while true {
      if let word = word(random.pick(ordinaryRows), roles, left: left),
        Decoder.decode(word).opcode != .unallocated || random.isOne(in: 100)
      {
        return word
      }
    }
  }

  // MARK: One word

  /// What a row's text says, found once for each row: texts are slow, and programs many.
  private struct Traits {
    /// The lowest bits of its register fields.
    var registers: [UInt32] = []
    var name: String
    /// Whether bits 20:16 are a status register.
    var hasStatus: Bool
    /// Where its distance is, of a branch.
    var distance: (low: UInt32, width: UInt32)?
    var movesBase: Bool
    var isCompareAndSwapPair: Bool
    var isLoadExclusivePair: Bool
    var isStoreExclusive: Bool
    var isStoreExclusivePair: Bool
    /// Whether Rd = 31 is SP.
    var writesStack: Bool

    init(_ row: Encoding) {
      let letters = Array(row.pattern.description)
      func letter(_ bit: UInt32) -> Character { letters[Int(31 - bit)] }
      for (low, names) in [(0, "dt"), (10, "ua"), (16, "ms"), (5, "n")] as [(UInt32, String)]
      where names.contains(letter(low)) && (low..<low + 5).allSatisfy({ letter($0) == letter(low) })
      {
        registers.append(low)
      }
      let name = row.name.description
      self.name = name
      hasStatus = letter(16) == "s"
      distance =
        switch name {
        case "B", "BL": (0, 26)
        case "B.cond", "CBZ", "CBNZ": (5, 19)
        case "TBZ", "TBNZ": (5, 14)
        default: nil
        }
      movesBase = name.contains("index")
      isCompareAndSwapPair = name.hasPrefix("CASP")
      isLoadExclusivePair = name.hasPrefix("LDXP") || name.hasPrefix("LDAXP")
      isStoreExclusive = name.hasPrefix("STX") || name.hasPrefix("STLX")
      isStoreExclusivePair = isStoreExclusive && name.contains("XP")
      writesStack =
        (name.hasSuffix("(immediate)") || name.hasSuffix("(extended register)"))
        && letter(0) == "d" && registers.contains(0) && !name.contains("S (")
    }
  }

  private static let traits: [UInt64: Traits] = Dictionary(
    Decoder.rows.map { (key($0), Traits($0)) }, uniquingKeysWith: { first, _ in first })
  private static func key(_ row: Encoding) -> UInt64 { UInt64(row.mask) << 32 | UInt64(row.value) }
  private static func traits(_ row: Encoding) -> Traits { traits[key(row)] ?? Traits(row) }
  private static let readable = (0..<32 as Range<UInt32>).filter { $0 != 28 }

  private static func set(_ word: inout UInt32, _ low: UInt32, _ width: UInt32, _ value: UInt32) {
    let mask = (UInt32(1) << width - 1) << low
    word = word & ~mask | value << low & mask
  }

  /// A word of a row; nil when the roles forbid it. `left` is how many words there are from this
  /// one to the end of the test.
  mutating func word(_ row: Encoding, _ roles: Roles, left: Int) -> UInt32? {
    let traits = Self.traits(row)
    for _ in 0..<100 {
      let word = candidate(row, traits, roles, left: left)
      if isPredictable(word, traits, roles) { return word }
    }
    return nil
  }

  private mutating func candidate(
    _ row: Encoding, _ traits: Traits, _ roles: Roles, left: Int
  ) -> UInt32 {
    var word = UInt32(truncatingIfNeeded: random.next()) & ~row.mask | row.value
    let isVector = word & 1 << 26 != 0
    let isMemory = word & 0x0A00_0000 == 0x0800_0000
    for low in traits.registers {
      if isMemory && isVector && low != 5 && low != 16 { continue }
      let isSource = low == 5 || (!isMemory && low != 0) || (isMemory && low == 16)
      let isStatus = low == 16 && traits.hasStatus
      FuzzUserGenerator.set(
        &word, low, 5, random.pick(isSource && !isStatus ? Self.readable : roles.writable))
    }
    if isMemory { placeAccess(&word, traits, roles) }
    if let field = traits.distance {
      FuzzUserGenerator.set(&word, field.low, field.width, distance(left))
    }
    return word
  }

  /// To the next word, or over some.
  private mutating func distance(_ left: Int) -> UInt32 { UInt32(1 + random.below(left)) }

  /// Gives a load or store a base, and offsets that stay inside the scratch memory.
  private mutating func placeAccess(_ word: inout UInt32, _ traits: Traits, _ roles: Roles) {
    let isLiteral = word & 0x3B00_0000 == 0x1800_0000
    if isLiteral {
      return FuzzUserGenerator.set(
        &word, 5, 19, UInt32(truncatingIfNeeded: random.below(33) - 16) & 0x7FFFF)
    }
    let needsAlignment =
      word & 0x3F00_0000 == 0x0800_0000 || word & 0x3B20_0C00 == 0x3820_0000
    let bases =
      roles.isSingle
      ? roles.bases
      : needsAlignment
        ? Array(roles.bases[..<1])
        : traits.movesBase ? Array(roles.bases[1...]) : roles.bases
    FuzzUserGenerator.set(&word, 5, 5, random.pick(bases))
    let limit = roles.isSingle ? 256 : 64
    if word & 0x3A00_0000 == 0x2800_0000 {
      // Pairs: imm7, scaled by 4 to 16.
      let scaled = limit / 16
      FuzzUserGenerator.set(
        &word, 15, 7, UInt32(truncatingIfNeeded: random.below(2 * scaled) - scaled) & 0x7F)
    } else if word & 0x3B00_0000 == 0x3900_0000 {
      // imm12, scaled by 1 to 16.
      FuzzUserGenerator.set(&word, 10, 12, UInt32(random.below(limit / 16)))
    } else if word & 0x3B20_0C00 == 0x3820_0800 {
      switch word >> 13 & 7 {
      case 0b010: FuzzUserGenerator.set(&word, 16, 5, random.pick([roles.offsets[1], 31]))
      case 0b011, 0b111:
        FuzzUserGenerator.set(&word, 16, 5, random.pick([roles.offsets[0], roles.offsets[3], 31]))
      case 0b110:
        FuzzUserGenerator.set(&word, 16, 5, random.pick([roles.offsets[1], roles.offsets[2], 31]))
      default: break
      }
    } else if word & 0x3B20_0000 == 0x3800_0000 {
      // imm9.
      FuzzUserGenerator.set(
        &word, 12, 9, UInt32(truncatingIfNeeded: random.below(2 * limit) - limit) & 0x1FF)
    }
    if traits.isCompareAndSwapPair, !random.isOne(in: 4) {
      word &= ~(1 << 16 | 1)
    }
  }

  /// Whether the word is neither CONSTRAINED UNPREDICTABLE nor destroys a role.
  private func isPredictable(_ word: UInt32, _ traits: Traits, _ roles: Roles) -> Bool {
    let d = word & 31
    let n = word >> 5 & 31
    let second = word >> 10 & 31
    let status = word >> 16 & 31
    let isMemory = word & 0x0A00_0000 == 0x0800_0000
    let isVector = word & 1 << 26 != 0
    if isMemory {
      let isLiteral = word & 0x3B00_0000 == 0x1800_0000
      let isPair = word & 0x3A00_0000 == 0x2800_0000
      let isWriteBack = traits.movesBase
      if !isVector, isWriteBack, n != 31, d == n || (isPair && second == n) { return false }
      if isPair, word & 1 << 22 != 0, d == second { return false }
      if traits.isLoadExclusivePair, d == second { return false }
      if traits.isStoreExclusive {
        if status == d || (status == n && n != 31) { return false }
        if traits.isStoreExclusivePair, status == second { return false }
      }
      if traits.isCompareAndSwapPair {
        let isAllowed = [status, status + 1].allSatisfy {
          $0 != 28 && (roles.isSingle || roles.writable.contains($0 % 32))
        }
        if !isAllowed { return false }
      }
      return isLiteral || n != 28
    }
    switch traits.name {
    case "HINT":
      // WFE and WFI wait. YIELD leaves the loop of QEMU's user mode, which forgets the exclusive monitor then: a
      // store behind it fails there, as it may.
      let number = word >> 5 & 0x7F
      return number != 2 && number != 3 && (number != 1 || roles.mayYield)
    case "HLT": return word >> 5 & 0xFFFF != 0xF000  // semihosting
    case "BL": return roles.isSingle || roles.writable.contains(30)
    case "BR", "BLR", "RET": return n != 31
    default: break
    }
    return !(traits.writesStack && d == 31 && roles.isStackBase && !roles.isSingle)
  }
}
