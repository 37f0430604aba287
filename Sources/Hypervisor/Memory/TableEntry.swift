// Descriptors of stage 1 tables of EL0 processes: 4 KiB granule, four levels, 48 bits. Arm ARM
// D8.3, VMSAv8-64 descriptor formats. An invalid entry's other bits are software's: this kernel
// keeps there that a page was lost to a hardware error, so that every later touch is told.

import Arm

/// One entry of a translation table of a process.
public typealias TableEntry = TranslationDescriptor

extension TableEntry {
  /// Lost to a hardware error; only with `valid` clear.
  static let lost = Field("lost", 2)
  /// Software: shared until written.
  static let copyOnWrite = Field("COW", 55)
  /// All fields of this kernel's entries.
  static let fields = [
    valid, table, lost, attrIndx, ap1, ap2, sh, af, ng, output, pxn, uxn, copyOnWrite,
  ]

  /// Nothing.
  static let none = TableEntry(rawValue: 0)

  /// Normal memory at EL0. `isBlock`: 2 MiB at level 2, otherwise a page at level 3.
  init(
    memory address: PhysicalAddress, isBlock: Bool, isWritable: Bool, isExecutable: Bool
  ) {
    self.init(rawValue: address.rawValue)
    self[Self.valid] = 1
    self[Self.table] = isBlock ? 0 : 1
    self[Self.attrIndx] = 1
    self[Self.ap1] = 1
    self[Self.ap2] = isWritable ? 0 : 1
    self[Self.sh] = 3
    self[Self.af] = 1
    self[Self.ng] = 1
    self[Self.pxn] = 1
    self[Self.uxn] = isExecutable ? 0 : 1
  }

  /// A page, or with `isBlock` a block, that was lost where it was.
  init(lost address: PhysicalAddress) {
    self.init(rawValue: address.rawValue & Self.output.mask | Self.lost.mask)
  }

  var isValid: Bool { isSet(Self.valid) }
  var isLost: Bool { !isValid && isSet(Self.lost) }
  /// At levels 0 to 2.
  var isTable: Bool { isValid && isSet(Self.table) }
  var address: PhysicalAddress { PhysicalAddress(rawValue & Self.output.mask) }
  var isWritable: Bool { !isSet(Self.ap2) }
  var isExecutable: Bool { !isSet(Self.uxn) }
}
