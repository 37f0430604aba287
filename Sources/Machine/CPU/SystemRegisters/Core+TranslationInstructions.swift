// Where system registers and system instructions meet the MMU.

import Arm

extension Core {
  /// DC and IC by VA: the address must translate, and the access be permitted. PSTATE.PAN does not
  /// concern them. Arm ARM D8.4.10.
  func maintainCache(_ address: UInt64, isInvalidate: Bool) throws(GuestException) {
    _ = try translateCached(
      address, isInvalidate ? .cacheInvalidate : .cacheMaintenance,
      TranslationContext(level: exceptionLevel, isPANEnabled: false))
  }

  /// AT: the result is in PAR_EL1.
  func translateAddress(
    _ address: UInt64, op1: UInt8, crm: UInt8, op2: UInt8
  ) throws(GuestException) {
    guard let operation = AddressTranslation.decode(op1: op1, crm: crm, op2: op2) else {
      throw .undefined
    }
    try addressTranslate(operation, address)
  }

  /// TLBI.
  func invalidateTLB(
    _ value: UInt64, op1: UInt8, crm: UInt8, op2: UInt8
  ) throws(GuestException) {
    guard let operation = TLBOperation.decode(op1: op1, crm: crm, op2: op2) else {
      throw .undefined
    }
    invalidateTLB(operation, value)
  }
}
