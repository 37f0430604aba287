// TLBI: what each instruction makes the caches forget. Arm ARM D8.17.5, C5.5.
//
// An instruction is resolved on the core that executes it (its VMID, security state and
// HCR_EL2.{E2H,TGE} decide the regime) and then applied to one core or to all of them.

import Arm

/// A TLBI instruction.
public struct TLBOperation: Equatable, Sendable {
  /// What is invalidated.
  public enum Kind: UInt8, Sendable {
    /// VMALLE1: stage 1 of EL1&0 for the current VMID; of EL2&0 in a host.
    case vmalle1
    /// VMALLS12E1: both stages of EL1&0 for the current VMID.
    case vmalls12e1
    /// VAE1, VALE1: one VA, by ASID or global, of EL1&0; of EL2&0 in a host.
    case vae1
    /// VAAE1, VAALE1: one VA, any ASID.
    case vaae1
    /// ASIDE1: one ASID.
    case aside1
    /// IPAS2E1, IPAS2LE1: stage 2 of one IPA.
    case ipas2e1
    /// ALLE1: EL1&0 for all VMIDs.
    case alle1
    /// ALLE2.
    case alle2
    /// VAE2, VALE2.
    case vae2
    /// ALLE3.
    case alle3
    /// VAE3, VALE3.
    case vae3
  }

  /// What is invalidated.
  public var kind: Kind
  /// Whether every core of the Inner Shareable domain does it: all of the board's.
  public var isInnerShareable: Bool
}

/// A TLBI instruction, resolved: what a core has to forget.
struct TLBInvalidation: Equatable {
  /// The TLB contexts, as a mask.
  var contexts: UInt8
  /// The security state of EL1&0; the other regimes have but one.
  var isSecure: Bool
  /// The VMID, or nil for all.
  var vmid: UInt16?
  /// The ASID, or nil for all.
  var asid: UInt16?
  /// The bits of an ASID that count: 8 or 16 by TCR_ELx.AS.
  var asidMask: UInt16 = 0xFFFF
  /// Whether translations for all ASIDs go too, when `asid` is given.
  var includesGlobal = false
  /// Whether only one VA is meant.
  var isByAddress = false
  /// That VA, bits 55:12.
  var address: UInt64 = 0

  /// An operation with its register, on a core with these registers.
  init(_ operation: TLBOperation, _ value: UInt64, _ state: CoreState) {
    let hcr = state.hcr
    isSecure = !state.scr.isSet(SecureConfiguration.ns)
    contexts = TLBContext.maskEL10
    let operand = InvalidationOperand(rawValue: value)
    let page = operand[InvalidationOperand.page] << 12
    let asid = UInt16(truncatingIfNeeded: operand[InvalidationOperand.asid])
    switch operation.kind {
    case .alle1: return
    case .alle2:
      contexts = TLBContext.maskEL2
      return
    case .alle3:
      contexts = TLBContext.maskEL3
      return
    case .vae3:
      contexts = TLBContext.maskEL3
      isByAddress = true
      address = page
      return
    case .vae2:
      contexts = TLBContext.maskEL2
      isByAddress = true
      address = page
      if hcr.isSet(HypervisorConfiguration.e2h) {
        take(asid, state[.tcrEL2], includesGlobal: true)
      }
      return
    case .vmalle1, .vae1, .vaae1, .aside1, .vmalls12e1, .ipas2e1: break
    }
    // At EL1 the regime is EL1's own; at EL2 and EL3 a host's VA operations are EL2&0's.
    let isHost =
      !isSecure && state.el != 1 && hcr.isHost && operation.kind != .vmalls12e1
      && operation.kind != .ipas2e1
    if isHost {
      contexts = TLBContext.maskEL2
    } else if !isSecure {
      vmid = state.vmid
    }
    let tcr = isHost ? state[.tcrEL2] : state[.tcrEL1]
    switch operation.kind {
    case .vae1:
      isByAddress = true
      address = page
      take(asid, tcr, includesGlobal: true)
    case .vaae1:
      isByAddress = true
      address = page
    case .aside1: take(asid, tcr, includesGlobal: false)
    // An IPA may be behind any VA of the VMID.
    default: break
    }
  }

  private mutating func take(_ asid: UInt16, _ tcr: UInt64, includesGlobal: Bool) {
    asidMask = TranslationControl(rawValue: tcr).asidMask
    self.asid = asid & asidMask
    self.includesGlobal = includesGlobal
  }

  /// Whether an entry of the translation cache has to go.
  func covers(_ entry: TranslationCache.Entry) -> Bool {
    guard contexts & entry.contextMask != 0 else { return false }
    if entry.contextMask & TLBContext.maskEL10 != 0 {
      guard entry.isSecureState == isSecure else { return false }
      if let vmid, entry.vmid != vmid { return false }
    }
    if isByAddress {
      let difference = (address >> 12) ^ entry.page
      guard difference >> UInt64(entry.blockSizeLog2 &- 12) == 0 else { return false }
    }
    guard let asid else { return true }
    return entry.isGlobal ? includesGlobal : entry.asid & asidMask == asid
  }
}
