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
    guard let instruction = SystemInstruction(SystemRegisterEncoding(rawValue: encoding)) else {
      throw undefinedEncoding(encoding, rt: rt, isRead: false)
    }
    let maintenance = MaintenanceInstruction(instruction)
    guard maintenance.level <= exceptionLevel else {
      throw undefinedEncoding(encoding, rt: rt, isRead: false)
    }
    if !maintenance.traps.isEmpty {
      try checkTraps(maintenance.traps, encoding, rt: rt, isRead: false)
    }
    switch maintenance.action {
    case .nothing: return
    case .cleanByAddress: try maintainCache(value, isInvalidate: false)
    case .invalidateByAddress: try maintainCache(value, isInvalidate: true)
    case .zeroBlock: try zeroBlock(value)
    case .translateAddress(let operation):
      // Without an enabled EL2 its regime has no translations to ask for.
      if operation.isEL2s, state.el == 3, !isEL2Enabled { throw .undefined }
      try addressTranslate(operation, value)
    case .invalidateTLB(let operation):
      invalidateTLB(operation, value)
      // The code that executes may have lost its translation too.
      contextChanged(.privilege)
    }
  }

  /// DC and IC by VA: the address must translate, and the access be permitted. PSTATE.PAN does not
  /// concern them. Arm ARM D8.4.10.
  private func maintainCache(_ address: UInt64, isInvalidate: Bool) throws(GuestException) {
    _ = try translateCached(
      address, isInvalidate ? .cacheInvalidate : .cacheMaintenance,
      TranslationContext(level: exceptionLevel, isPANEnabled: false))
  }

  /// Whether a DC or IC by VA is done already: its page is in the fast TLB, and nothing traps it.
  @inline(__always) func isMaintainedAtOnce(
    _ encoding: UInt16, _ address: UInt64, _ tlb: TLBTable
  ) -> Bool {
    guard let maintenance = QuickMaintenance(encoding), !isMaintenanceTrapped || enableMaintenance()
    else { return false }
    switch maintenance {
    case .clean: return unsafe tlb.readable(address, 1) != nil
    case .zeroBlock:
      guard let block = unsafe tlb.writable(address & ~63, 64) else { return false }
      unsafe block.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
      return true
    }
  }

  /// The first DC or IC by VA in a context: whether nothing traps any of them.
  @inline(never) private func enableMaintenance() -> Bool {
    do throws(GuestException) {
      try checkTraps([.tpcp, .tpu, .tdz, .uci], 0, rt: 0, isRead: false)
      isMaintenanceTrapped = false
      return true
    } catch {
      return false
    }
  }

  /// SYSL. No instruction of Armv8.2 is one.
  func executeSystemInstructionWithResult(
    _ encoding: UInt16, rt: UInt8
  ) throws(GuestException) -> UInt64 {
    throw undefinedEncoding(encoding, rt: rt, isRead: true)
  }
}

/// What asks nothing but the fast TLB.
enum QuickMaintenance {
  /// DC CVAC, CVAU, CVAP, CIVAC; IC IVAU.
  case clean
  /// DC ZVA.
  case zeroBlock

  /// Nil for all other encodings.
  @inline(__always) init?(_ encoding: UInt16) {
    let name = SystemRegisterEncoding(rawValue: encoding)
    guard name.op0 == 1, name.op1 == 3, name.crn == 7, name.op2 == 1 else { return nil }
    switch name.crm {
    case 4: self = .zeroBlock
    case 5, 10, 11, 12, 14: self = .clean
    default: return nil
    }
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
    case translateAddress(AddressTranslation)
    /// TLBI.
    case invalidateTLB(TLBOperation)
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

  /// What an instruction does, and who may execute it.
  init(_ instruction: SystemInstruction) {
    switch instruction {
    case .icIALLUIS, .icIALLU: self.init(.nothing, .el1, .tpu)
    case .icIVAU, .dcCVAU: self.init(.cleanByAddress, .el0, [.tpu, .uci])
    case .dcIVAC: self.init(.invalidateByAddress, .el1, .tpcp)
    case .dcISW, .dcCSW, .dcCISW: self.init(.nothing, .el1, .tsw)
    case .dcZVA: self.init(.zeroBlock, .el0, .tdz)
    case .dcCVAC, .dcCVAP, .dcCIVAC: self.init(.cleanByAddress, .el0, [.tpcp, .uci])

    case .atS1E1R: self.init(.translateAddress(.s1e1r), .el1)
    case .atS1E1W: self.init(.translateAddress(.s1e1w), .el1)
    case .atS1E0R: self.init(.translateAddress(.s1e0r), .el1)
    case .atS1E0W: self.init(.translateAddress(.s1e0w), .el1)
    case .atS1E1RP: self.init(.translateAddress(.s1e1rp), .el1)
    case .atS1E1WP: self.init(.translateAddress(.s1e1wp), .el1)
    case .atS1E2R: self.init(.translateAddress(.s1e2r), .el2)
    case .atS1E2W: self.init(.translateAddress(.s1e2w), .el2)
    case .atS12E1R: self.init(.translateAddress(.s12e1r), .el2)
    case .atS12E1W: self.init(.translateAddress(.s12e1w), .el2)
    case .atS12E0R: self.init(.translateAddress(.s12e0r), .el2)
    case .atS12E0W: self.init(.translateAddress(.s12e0w), .el2)
    case .atS1E3R: self.init(.translateAddress(.s1e3r), .el3)
    case .atS1E3W: self.init(.translateAddress(.s1e3w), .el3)

    case .tlbiVMALLE1: self.init(invalidating: .vmalle1, .el1)
    case .tlbiVMALLE1IS: self.init(invalidating: .vmalle1, .el1, isInnerShareable: true)
    case .tlbiVAE1, .tlbiVALE1: self.init(invalidating: .vae1, .el1)
    case .tlbiVAE1IS, .tlbiVALE1IS: self.init(invalidating: .vae1, .el1, isInnerShareable: true)
    case .tlbiASIDE1: self.init(invalidating: .aside1, .el1)
    case .tlbiASIDE1IS: self.init(invalidating: .aside1, .el1, isInnerShareable: true)
    case .tlbiVAAE1, .tlbiVAALE1: self.init(invalidating: .vaae1, .el1)
    case .tlbiVAAE1IS, .tlbiVAALE1IS:
      self.init(invalidating: .vaae1, .el1, isInnerShareable: true)
    case .tlbiIPAS2E1, .tlbiIPAS2LE1: self.init(invalidating: .ipas2e1, .el2)
    case .tlbiIPAS2E1IS, .tlbiIPAS2LE1IS:
      self.init(invalidating: .ipas2e1, .el2, isInnerShareable: true)
    case .tlbiALLE1: self.init(invalidating: .alle1, .el2)
    case .tlbiALLE1IS: self.init(invalidating: .alle1, .el2, isInnerShareable: true)
    case .tlbiVMALLS12E1: self.init(invalidating: .vmalls12e1, .el2)
    case .tlbiVMALLS12E1IS: self.init(invalidating: .vmalls12e1, .el2, isInnerShareable: true)
    case .tlbiALLE2: self.init(invalidating: .alle2, .el2)
    case .tlbiALLE2IS: self.init(invalidating: .alle2, .el2, isInnerShareable: true)
    case .tlbiVAE2, .tlbiVALE2: self.init(invalidating: .vae2, .el2)
    case .tlbiVAE2IS, .tlbiVALE2IS: self.init(invalidating: .vae2, .el2, isInnerShareable: true)
    case .tlbiALLE3: self.init(invalidating: .alle3, .el3)
    case .tlbiALLE3IS: self.init(invalidating: .alle3, .el3, isInnerShareable: true)
    case .tlbiVAE3, .tlbiVALE3: self.init(invalidating: .vae3, .el3)
    case .tlbiVAE3IS, .tlbiVALE3IS: self.init(invalidating: .vae3, .el3, isInnerShareable: true)
    }
  }

  /// A TLBI; HCR_EL2.TTLB traps those of EL1.
  private init(
    invalidating kind: TLBOperation.Kind, _ level: ExceptionLevel, isInnerShareable: Bool = false
  ) {
    self.init(
      .invalidateTLB(TLBOperation(kind: kind, isInnerShareable: isInnerShareable)), level,
      level == .el1 ? .ttlb : [])
  }
}
