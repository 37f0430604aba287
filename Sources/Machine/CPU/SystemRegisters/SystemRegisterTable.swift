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
  }

  /// The row of an encoding of MRS or MSR, if there is such a register.
  @inline(__always) func row(_ encoding: UInt16) -> SystemRegisterRow? {
    guard encoding >= 0x8000 else { return nil }
    let number = index[Int(encoding) &- 0x8000]
    return number == 0 ? nil : rows[Int(number) &- 1]
  }
}
