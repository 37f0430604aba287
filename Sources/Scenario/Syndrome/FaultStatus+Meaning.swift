// Fault status codes in words: IFSC and DFSC of aborts, and xFSC of Granule Protection Check
// exceptions. Arm ARM D24.2.40.

import Arm

extension FaultStatus {
  /// What a code means.
  public var meaning: String {
    if let name = FaultStatus.names[rawValue] { return name }
    return "reserved fault status code"
  }

  private static let names: [UInt8: String] = {
    var names: [UInt8: String] = [
      0x10: "synchronous external abort, not on a translation table walk",
      0x11: "synchronous tag check fault",
      0x12: "synchronous external abort on a translation table walk, level -2",
      0x13: "synchronous external abort on a translation table walk, level -1",
      0x18: "synchronous parity or ECC error, not on a translation table walk",
      0x1B: "synchronous parity or ECC error on a translation table walk, level -1",
      0x21: "alignment fault",
      0x22: "Granule Protection Fault on a translation table walk, level -2",
      0x23: "Granule Protection Fault on a translation table walk, level -1",
      0x28: "Granule Protection Fault, not on a translation table walk",
      0x29: "address size fault, level -1",
      0x2A: "translation fault, level -2",
      0x2B: "translation fault, level -1",
      0x2C: "address size fault, level -2",
      0x30: "TLB conflict abort",
      0x31: "unsupported atomic hardware update fault",
      0x34: "IMPLEMENTATION DEFINED fault (lockdown)",
      0x35: "IMPLEMENTATION DEFINED fault (unsupported exclusive or atomic access)",
    ]
    for level: UInt8 in 0...3 {
      names[0x00 + level] = "address size fault, level \(level)"
      names[0x04 + level] = "translation fault, level \(level)"
      names[0x08 + level] = "access flag fault, level \(level)"
      names[0x0C + level] = "permission fault, level \(level)"
      names[0x14 + level] =
        "synchronous external abort on a translation table walk, level \(level)"
      names[0x1C + level] =
        "synchronous parity or ECC error on a translation table walk, level \(level)"
      names[0x24 + level] = "Granule Protection Fault on a translation table walk, level \(level)"
    }
    return names
  }()
}
