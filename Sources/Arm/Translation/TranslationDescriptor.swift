// A descriptor of a translation table, VMSAv8-64. Arm ARM D8.3.
//
// The same bits say different things at the two stages, and in tables and leaves: each field's
// comment says where it holds.

/// A translation table descriptor.
public struct TranslationDescriptor: Register {
  /// The 64 bits, as a little-endian load gives them.
  public var rawValue: UInt64
  /// A descriptor with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Whether it is one.
  public static let valid = Field("valid", 0)
  /// At levels 0 to 2 set in a table and clear in a block; at level 3 set in a page.
  public static let table = Field("table", 1)
  /// Table, block and page: the address of what comes next, of which the granule masks low bits.
  public static let output = Field("OA", 47, 12)

  // Blocks and pages of stage 1.
  /// The byte of MAIR_ELx with the memory type.
  public static let attrIndx = Field("AttrIndx", 4, 2)
  /// Whether the output address is Non-secure.
  public static let ns = Field("NS", 5)
  /// Whether EL0 may access.
  public static let ap1 = Field("AP[1]", 6)
  /// Whether it is read-only.
  public static let ap2 = Field("AP[2]", 7)
  /// Shareability: 0 none, 2 outer, 3 inner. Of both stages.
  public static let sh = Field("SH", 9, 8)
  /// The Access flag. Of both stages.
  public static let af = Field("AF", 10)
  /// Whether it holds for one ASID.
  public static let ng = Field("nG", 11)
  /// Dirty bit modifier. Of both stages (FEAT_HAFDBS).
  public static let dbm = Field("DBM", 51)
  /// One of a run that a TLB may hold as one. Of both stages.
  public static let contiguous = Field("Contiguous", 52)
  /// Not executable at the privileged level.
  public static let pxn = Field("PXN", 53)
  /// Not executable at EL0; XN in a regime with one range.
  public static let uxn = Field("UXN", 54)
  /// For software. Of both stages.
  public static let software = Field("software", 58, 55)

  // Tables of stage 1.
  /// PXN of all below.
  public static let pxnTable = Field("PXNTable", 59)
  /// UXN or XN of all below.
  public static let uxnTable = Field("UXNTable", 60)
  /// APTable[0]: no access from EL0 below.
  public static let apTable0 = Field("APTable[0]", 61)
  /// APTable[1]: no writes below.
  public static let apTable1 = Field("APTable[1]", 62)
  /// NS of the tables below.
  public static let nsTable = Field("NSTable", 63)

  // Blocks and pages of stage 2.
  /// The memory type without FEAT_S2FWB: outer, then inner cacheability.
  public static let memAttr = Field("MemAttr", 5, 2)
  /// S2AP[0]: readable.
  public static let s2ap0 = Field("S2AP[0]", 6)
  /// S2AP[1]: writable.
  public static let s2ap1 = Field("S2AP[1]", 7)
  /// Who may not execute: 0 all may, 1 EL1 not, 2 nobody may, 3 EL0 not (FEAT_XNX).
  public static let xn = Field("XN", 54, 53)

  /// The fields of a block or page of stage 1.
  public static let stage1Fields = [
    valid, table, attrIndx, ns, ap1, ap2, sh, af, ng, output, dbm, contiguous, pxn, uxn, software,
  ]
  /// The fields of a table of stage 1.
  public static let tableFields = [
    valid, table, output, pxnTable, uxnTable, apTable0, apTable1, nsTable,
  ]
  /// The fields of a block or page of stage 2.
  public static let stage2Fields = [
    valid, table, memAttr, s2ap0, s2ap1, sh, af, output, dbm, contiguous, xn, software,
  ]

  /// A table, or a page without attributes.
  @inlinable public init(table address: PhysicalAddress) {
    rawValue =
      address.rawValue | TranslationDescriptor.valid.mask | TranslationDescriptor.table.mask
  }

  /// The address of what comes next, with the bits that a larger granule or block masks.
  @inlinable public var address: UInt64 { rawValue & TranslationDescriptor.output.mask }

  /// What kind of descriptor it is.
  public enum Kind: Sendable {
    /// Its level has no such descriptor, or it is invalid: a Translation fault.
    case invalid
    /// A table of the next level.
    case table
    /// A block or a page.
    case leaf
  }

  /// What it is at a level of 0 to 3. Blocks are at levels 1 and 2 of 4 KiB tables, and at level 2
  /// of 16 KiB and 64 KiB ones. Arm ARM D8.3.1.
  @inlinable public func kind(level: UInt64, stride: UInt64) -> Kind {
    switch rawValue & 3 {
    case 3: level < 3 ? .table : .leaf
    case 1: level == 2 || level == 1 && stride == 9 ? .leaf : .invalid
    default: .invalid
    }
  }
}
