// The registers of one error record by name, whichever way they are reached: as ERX*_EL1 of the
// record that ERRSELR_EL1 selects, or in a node's memory-mapped group. RASSA (IHI0100) chapter 3.

/// A register of an error record.
public enum ErrorRecordRegister: UInt8, CaseIterable, Sendable {
  /// ERR<n>FR, `ErrorFeature`.
  case feature
  /// ERR<n>CTLR, `ErrorControl`.
  case control
  /// ERR<n>STATUS, `ErrorStatus`.
  case status
  /// ERR<n>ADDR, `ErrorAddress`.
  case address
  /// ERR<n>MISC0: the corrected error counter, when there is one.
  case misc0
  /// ERR<n>MISC1.
  case misc1
  /// ERR<n>MISC2.
  case misc2
  /// ERR<n>MISC3: the timestamp, when FR.TS is not zero.
  case misc3
  /// ERR<n>PFGF, `ErrorInjectionFeature`.
  case injectionFeature
  /// ERR<n>PFGCTL, `ErrorInjectionControl`.
  case injectionControl
  /// ERR<n>PFGCDN: the countdown of an injection.
  case injectionCountdown
}
