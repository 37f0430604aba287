// MRS and MSR for every register that Arm names. The switch over registers that one would expect here
// is not needed: the encoding is part of the name, and a constant wherever these are inlined.

import Arm
import CArch

extension SystemRegister {
  /// MRS.
  @inline(__always) public func read() -> UInt64 { read_system_register(rawValue) }

  /// MSR; takes effect after an ISB.
  @inline(__always) public func write(_ value: UInt64) { write_system_register(rawValue, value) }

  /// MRS of <register>_EL12 or _EL02, at EL2 with HCR_EL2.E2H = 1.
  @inline(__always) public func readHostAlias() -> UInt64 {
    read_system_register(encoding.hostAlias.digits)
  }
}

/// Sends a software-generated interrupt of Group 1, after all stores so far: ICC_SGI1R_EL1.
@inline(__always) public func sendSoftwareInterrupt(_ request: SoftwareGeneratedInterrupt) {
  store_barrier()
  SystemRegister.iccSGI1REL1.write(request.rawValue)
  instruction_barrier()
}
