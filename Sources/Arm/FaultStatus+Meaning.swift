// The fault status codes in words. Arm ARM D24.2, ESR_EL1 (DFSC, IFSC).

#if !hasFeature(Embedded)

extension FaultStatus {
  /// What the code means, or `nil` when it is reserved.
  public var meaning: String? {
    let level = rawValue & 3
    switch rawValue {
    case 0x00...0x03: return "Address size fault, level \(level)"
    case 0x04...0x07: return "Translation fault, level \(level)"
    case 0x08...0x0B: return "Access flag fault, level \(level)"
    case 0x0C...0x0F: return "Permission fault, level \(level)"
    case 0x10: return "Synchronous External abort, not on a translation table walk"
    case 0x11: return "Synchronous Tag Check Fault"
    case 0x12: return "Synchronous External abort on a translation table walk, level -2"
    case 0x13: return "Synchronous External abort on a translation table walk, level -1"
    case 0x14...0x17:
      return "Synchronous External abort on a translation table walk, level \(level)"
    case 0x18: return "Synchronous parity or ECC error, not on a translation table walk"
    case 0x1A: return "Synchronous parity or ECC error on a translation table walk, level -2"
    case 0x1B: return "Synchronous parity or ECC error on a translation table walk, level -1"
    case 0x1C...0x1F:
      return "Synchronous parity or ECC error on a translation table walk, level \(level)"
    case 0x21: return "Alignment fault"
    case 0x22: return "Granule Protection Fault on a translation table walk, level -2"
    case 0x23: return "Granule Protection Fault on a translation table walk, level -1"
    case 0x24...0x27: return "Granule Protection Fault on a translation table walk, level \(level)"
    case 0x28: return "Granule Protection Fault, not on a translation table walk"
    case 0x29: return "Address size fault, level -1"
    case 0x2A: return "Translation fault, level -2"
    case 0x2B: return "Translation fault, level -1"
    case 0x2C: return "Address size fault, level -2"
    case 0x30: return "TLB conflict abort"
    case 0x31: return "Unsupported atomic hardware update fault"
    case 0x34: return "IMPLEMENTATION DEFINED fault (Lockdown)"
    case 0x35: return "IMPLEMENTATION DEFINED fault (Unsupported Exclusive or Atomic access)"
    case 0x3D: return "Section Domain fault (PAR_EL1 only)"
    case 0x3E: return "Page Domain fault (PAR_EL1 only)"
    default: return nil
    }
  }
}

#endif
