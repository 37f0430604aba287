// Descriptors of stage 1 tables of EL0 processes: 4 KiB granule, four levels, 48 bits. Arm ARM
// D8.3, VMSAv8-64 descriptor formats. An invalid entry's other bits are software's: this kernel
// keeps there that a page was lost to a hardware error, so that every later touch is told.

import Arm

/// One entry of a translation table.
public struct TableEntry: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// An entry with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Valid.
  static let valid = Field("valid", 0)
  /// Table (levels 0 to 2) or page (level 3); clear for a block.
  static let table = Field("table", 1)
  /// Lost to a hardware error; only with `valid` clear.
  static let lost = Field("lost", 2)
  /// AttrIndx: the attribute of MAIR_EL2.
  static let attribute = Field("AttrIndx", 4, 2)
  /// AP[1]: accessible at EL0.
  static let user = Field("AP[1]", 6)
  /// AP[2]: read-only.
  static let readOnly = Field("AP[2]", 7)
  /// SH.
  static let shareability = Field("SH", 9, 8)
  /// AF.
  static let accessed = Field("AF", 10)
  /// nG.
  static let notGlobal = Field("nG", 11)
  /// Output address, of a page.
  static let output = Field("OA", 47, 12)
  /// PXN.
  static let privilegedExecuteNever = Field("PXN", 53)
  /// UXN.
  static let userExecuteNever = Field("UXN", 54)
  /// Software: shared until written.
  static let copyOnWrite = Field("COW", 55)
  /// All fields.
  static let fields = [
    valid, table, lost, attribute, user, readOnly, shareability, accessed, notGlobal, output,
    privilegedExecuteNever, userExecuteNever, copyOnWrite,
  ]

  /// Nothing.
  static let none = TableEntry(rawValue: 0)

  /// A table of the next level.
  init(table address: PhysicalAddress) { rawValue = address.rawValue | 3 }

  /// Normal memory at EL0. `isBlock`: 2 MiB at level 2, otherwise a page at level 3.
  init(
    memory address: PhysicalAddress, isBlock: Bool, isWritable: Bool, isExecutable: Bool
  ) {
    rawValue = address.rawValue | (isBlock ? 1 : 3)
    self[Self.attribute] = 1
    self[Self.user] = 1
    self[Self.readOnly] = isWritable ? 0 : 1
    self[Self.shareability] = 3
    self[Self.accessed] = 1
    self[Self.notGlobal] = 1
    self[Self.privilegedExecuteNever] = 1
    self[Self.userExecuteNever] = isExecutable ? 0 : 1
  }

  /// A page, or with `isBlock` a block, that was lost where it was.
  init(lost address: PhysicalAddress) { rawValue = address.rawValue & Self.output.mask | 4 }

  var isValid: Bool { isSet(Self.valid) }
  var isLost: Bool { rawValue & 5 == 4 }
  /// At levels 0 to 2.
  var isTable: Bool { rawValue & 3 == 3 }
  var address: PhysicalAddress { PhysicalAddress(rawValue & Self.output.mask) }
  var isWritable: Bool { !isSet(Self.readOnly) }
  var isExecutable: Bool { !isSet(Self.userExecuteNever) }
}
