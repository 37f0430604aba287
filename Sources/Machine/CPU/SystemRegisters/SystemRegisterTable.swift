// The register table as the interpreter uses it: an index by encoding into flat rows. The rows
// themselves are in `SystemRegisterTable+Rows.swift`.

import Arm

/// All system registers that exist, by encoding.
final class SystemRegisterTable: Sendable {
  /// The one table; cores look a register up in it by encoding.
  static let shared = SystemRegisterTable()

  /// The rows.
  let rows: ContiguousArray<SystemRegisterRow>
  /// The rows' encodings, in the same order.
  let encodings: ContiguousArray<SystemRegisterEncoding>
  /// Row number + 1 by `encoding - 0x8000`, 0 for none.
  private let index: ContiguousArray<UInt16>
  /// Of registers whose reading is only a word of state, by `encoding - 0x8000`: the word, and in bits 13:12
  /// the lowest level that may; `notPlain` for all others.
  private let plain: ContiguousArray<UInt16>
  private static let notPlain = UInt16.max

  private init() {
    var rows = ContiguousArray<SystemRegisterRow>()
    var encodings = ContiguousArray<SystemRegisterEncoding>()
    var index = ContiguousArray<UInt16>(repeating: 0, count: 0x8000)
    func add(_ encoding: SystemRegisterEncoding, _ row: SystemRegisterRow) {
      guard encoding.rawValue >= 0x8000 else { return }
      rows.append(row)
      encodings.append(encoding)
      index[Int(encoding.rawValue) - 0x8000] = UInt16(rows.count)
    }
    for row in SystemRegisterTable.definitions { add(row.encoding, row) }
    // The rest of the feature ID space reads as zero. Arm ARM D23.3.1; op2 up to 7, CRm 1...7.
    let reserved = SystemRegisterRow(
      register: .idReserved, hostRegister: .idReserved, kind: .constant,
      access: .reads(from: .el1), traps: .tid3)
    for crm: UInt8 in 1...7 {
      for op2: UInt8 in 0...7 {
        let encoding = SystemRegisterEncoding(3, 0, 0, crm, op2)
        if index[Int(encoding.rawValue) - 0x8000] == 0 { add(encoding, reserved) }
      }
    }
    for number in rows.indices where rows[number].hostRegister != rows[number].register {
      let target = rows[number].hostRegister
      guard let host = rows.firstIndex(where: { $0.register == target }) else { continue }
      rows[number].hostRow = UInt16(host + 1)
    }
    self.rows = rows
    self.encodings = encodings
    self.index = index
    plain = ContiguousArray(
      index.map { number in
        guard number != 0 else { return Self.notPlain }
        let row = rows[Int(number) - 1]
        guard row.kind == .stored, row.hostRow == 0, row.traps.isEmpty, !row.needsE2H,
          let level = (0...3).first(where: { row.access.allows(level: $0, isRead: true) })
        else { return Self.notPlain }
        return UInt16(CoreState.systemRegisters + row.register.ordinal) | UInt16(level) << 12
      })
  }

  /// Where an encoding's value is if reading it is only that, from a level on: no trap, no redirection.
  func plainWord(_ encoding: UInt16) -> (word: Int, level: UInt8)? {
    guard encoding >= 0x8000 else { return nil }
    let entry = plain[Int(encoding) &- 0x8000]
    return entry == Self.notPlain ? nil : (Int(entry & 0xFFF), UInt8(entry >> 12))
  }

  /// The same for reading at a level.
  @inline(__always) func plainWord(_ encoding: UInt16, level: UInt64) -> Int? {
    guard encoding >= 0x8000 else { return nil }
    let entry = plain[Int(encoding) &- 0x8000]
    // `notPlain` asks for level 15.
    return level >= UInt64(entry >> 12) ? Int(entry & 0xFFF) : nil
  }

  /// The row of an encoding of MRS or MSR, if there is such a register.
  @inline(__always) func row(_ encoding: UInt16) -> SystemRegisterRow? {
    guard encoding >= 0x8000 else { return nil }
    let number = index[Int(encoding) &- 0x8000]
    return number == 0 ? nil : rows[Int(number) &- 1]
  }
}
