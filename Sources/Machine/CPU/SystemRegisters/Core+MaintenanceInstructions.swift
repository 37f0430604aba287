// SYS and SYSL: cache and TLB maintenance, address translation. Arm ARM C5.4, C5.5 and D24.2.
//
// Caches are coherent here with everything, so that maintenance only has to fault as it should:
// a DC or IC by VA that translates has nothing left to do. DC ZVA writes, and so cures poison.

import Arm

extension Core {
  /// SYS.
  func executeSystemInstruction(
    _ encoding: UInt16, _ value: UInt64, rt: UInt8
  ) throws(GuestException) {
    let name = SystemRegisterEncoding(rawValue: encoding)
    guard let instruction = MaintenanceInstruction(name),
      instruction.level.rawValue <= UInt8(truncatingIfNeeded: state.el)
    else { throw undefinedEncoding(encoding, rt: rt, isRead: false) }
    if !instruction.traps.isEmpty {
      try checkTraps(instruction.traps, encoding, rt: rt, isRead: false)
    }
    switch instruction.action {
    case .nothing: return
    case .cleanByAddress: try maintainCache(value, isInvalidate: false)
    case .invalidateByAddress: try maintainCache(value, isInvalidate: true)
    case .zeroBlock: try zeroBlock(value)
    case .translateAddress:
      // Without an enabled EL2 its regime has no translations to ask for.
      if name.op1 == 4, name.op2 < 2, state.el == 3, !isEL2Enabled { throw .undefined }
      try translateAddress(value, op1: name.op1, crm: name.crm, op2: name.op2)
    case .invalidateTLB:
      try invalidateTLB(value, op1: name.op1, crm: name.crm, op2: name.op2)
      // The code that executes may have lost its translation too.
      contextChanged(.privilege)
    }
  }

  /// SYSL. No instruction of Armv8.2 is one.
  func executeSystemInstructionWithResult(
    _ encoding: UInt16, rt: UInt8
  ) throws(GuestException) -> UInt64 {
    throw undefinedEncoding(encoding, rt: rt, isRead: true)
  }
}

/// A system instruction of Armv8.2, decoded.
struct MaintenanceInstruction: Equatable {
  /// What it does.
  enum Action: Equatable {
    /// Nothing that can be observed: by set and way, IC IALLU.
    case nothing
    /// DC CVAC, CVAU, CVAP, CIVAC; IC IVAU: checks the address.
    case cleanByAddress
    /// DC IVAC: needs write permission.
    case invalidateByAddress
    /// DC ZVA.
    case zeroBlock
    /// AT.
    case translateAddress
    /// TLBI.
    case invalidateTLB
  }

  /// What it does.
  var action: Action
  /// The lowest exception level that may execute it.
  var level: ExceptionLevel
  /// What traps it.
  var traps: SystemRegisterTraps = []

  private init(_ action: Action, _ level: ExceptionLevel, _ traps: SystemRegisterTraps = []) {
    self.action = action
    self.level = level
    self.traps = traps
  }

  /// The instruction with this encoding (op0 = 1), nil if Armv8.2 has none.
  init?(_ encoding: SystemRegisterEncoding) {
    guard encoding.op0 == 1 else { return nil }
    switch (encoding.op1, encoding.crn, encoding.crm, encoding.op2) {
    // IC IALLUIS, IALLU, IVAU.
    case (0, 7, 1, 0), (0, 7, 5, 0): self.init(.nothing, .el1, .tpu)
    case (3, 7, 5, 1): self.init(.cleanByAddress, .el0, [.tpu, .uci])
    // DC IVAC, ISW, CSW, CISW.
    case (0, 7, 6, 1): self.init(.invalidateByAddress, .el1, .tpcp)
    case (0, 7, 6, 2), (0, 7, 10, 2), (0, 7, 14, 2): self.init(.nothing, .el1, .tsw)
    // DC ZVA, CVAC, CVAU, CVAP, CIVAC.
    case (3, 7, 4, 1): self.init(.zeroBlock, .el0, .tdz)
    case (3, 7, 11, 1): self.init(.cleanByAddress, .el0, [.tpu, .uci])
    case (3, 7, 10, 1), (3, 7, 12, 1), (3, 7, 14, 1):
      self.init(.cleanByAddress, .el0, [.tpcp, .uci])
    // AT S1E1R, S1E1W, S1E0R, S1E0W, S1E1RP, S1E1WP.
    case (0, 7, 8, 0...3), (0, 7, 9, 0...1): self.init(.translateAddress, .el1)
    // AT S1E2R, S1E2W, S12E1R, S12E1W, S12E0R, S12E0W.
    case (4, 7, 8, 0...1), (4, 7, 8, 4...7): self.init(.translateAddress, .el2)
    // AT S1E3R, S1E3W.
    case (6, 7, 8, 0...1): self.init(.translateAddress, .el3)
    // TLBI of EL1: VMALLE1, VAE1, ASIDE1, VAAE1, VALE1, VAALE1, and IS.
    case (0, 8, 3, 0...3), (0, 8, 3, 5), (0, 8, 3, 7), (0, 8, 7, 0...3), (0, 8, 7, 5),
      (0, 8, 7, 7):
      self.init(.invalidateTLB, .el1, .ttlb)
    // TLBI of EL2: IPAS2E1, IPAS2LE1; ALLE2, VAE2, ALLE1, VALE2, VMALLS12E1, and IS.
    case (4, 8, 0, 1), (4, 8, 0, 5), (4, 8, 4, 1), (4, 8, 4, 5), (4, 8, 3, 0...1),
      (4, 8, 3, 4...6), (4, 8, 7, 0...1), (4, 8, 7, 4...6):
      self.init(.invalidateTLB, .el2)
    // TLBI of EL3: ALLE3, VAE3, VALE3, and IS.
    case (6, 8, 3, 0...1), (6, 8, 3, 5), (6, 8, 7, 0...1), (6, 8, 7, 5):
      self.init(.invalidateTLB, .el3)
    default: return nil
    }
  }
}
