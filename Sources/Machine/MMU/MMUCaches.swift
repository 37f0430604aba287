// All that a core remembers of translations: the fast TLB and the translation cache. None of it is
// architectural state; it is dropped, not saved. Whoever saves or restores a machine calls
// `reset()` both times, so that the run that goes on and the run that is restored walk alike.

import Arm

/// A core's TLB and translation cache.
public final class MMUCaches {
  /// Host pointers for the interpreter.
  let tlb: TLB
  /// Translations by ASID and VMID.
  let translations = TranslationCache()

  /// Empty caches.
  ///
  /// - Throws: `MemoryError.cannotReserve` if the host has no room for the TLB.
  public init() throws(MemoryError) { tlb = try TLB() }

  /// Forgets everything, as after reset.
  public func reset() {
    tlb.flushAll()
    translations.removeAll()
  }

  /// Forgets what a TLBI names.
  func invalidate(_ invalidation: TLBInvalidation) {
    if invalidation.isByAddress {
      tlb.flushPage(invalidation.address, invalidation.contexts)
    } else if invalidation.asid != nil, !invalidation.includesGlobal {
      tlb.flushNonGlobal(invalidation.contexts)
    } else {
      tlb.flush(invalidation.contexts)
    }
    translations.invalidate(invalidation)
  }

  /// Drops from the fast TLB what a write to a system register outdated.
  ///
  /// The translation cache needs no such call: its entries name the ASID, the VMID and the controls they
  /// depend on.
  ///
  /// Call it after every write to one of the registers below; others are ignored.
  public func systemRegisterChanged(_ register: SystemRegister, from old: UInt64, to new: UInt64) {
    let changed = old ^ new
    guard changed != 0 else { return }
    switch register {
    case .ttbr0EL1: tableChanged(changed, upper: false, TLBContext.maskEL10)
    case .ttbr1EL1: tableChanged(changed, upper: true, TLBContext.maskEL10)
    case .ttbr0EL2: tableChanged(changed, upper: false, TLBContext.maskEL2)
    case .ttbr1EL2: tableChanged(changed, upper: true, TLBContext.maskEL2)
    case .ttbr0EL3: tlb.flush(TLBContext.maskEL3)
    case .sctlrEL1, .tcrEL1, .mairEL1, .vttbrEL2, .vtcrEL2: tlb.flush(TLBContext.maskEL10)
    // SCTLR_EL2.EE is stage 2's too.
    case .sctlrEL2: tlb.flush(TLBContext.maskEL2 | TLBContext.maskEL10)
    case .tcrEL2, .mairEL2: tlb.flush(TLBContext.maskEL2)
    case .sctlrEL3, .tcrEL3, .mairEL3: tlb.flush(TLBContext.maskEL3)
    case .hcrEL2:
      if changed & HypervisorConfiguration.e2h.mask != 0 { tlb.flush(TLBContext.maskEL2) }
      if changed & HypervisorConfiguration.translationMask != 0 { tlb.flush(TLBContext.maskEL10) }
    case .scrEL3:
      if changed & SecureConfiguration.ns.mask != 0 {
        tlb.flush(TLBContext.maskEL10 | TLBContext.maskEL2)
      }
      if changed & SecureConfiguration.sif.mask != 0 { tlb.flushAll() }
    default: break
    }
  }

  /// A new ASID outdates what is not global, a new table what it translates; CnP is a hint.
  private func tableChanged(_ changed: UInt64, upper: Bool, _ contexts: UInt8) {
    if changed & TableBase.asid.mask != 0 { tlb.flushNonGlobal(contexts) }
    if changed & TableBase.baddr.mask != 0 { tlb.flushHalf(upper: upper, contexts) }
  }

  /// Removes a physical page from the fast TLB: it became poisoned or watched.
  public func flushPhysicalPage(_ address: UInt64) { tlb.flushPhysicalPage(address) }

  /// Makes stores to a physical page ask again: it holds decoded code now, or is clean again.
  public func removeWriteAccess(physicalPage address: UInt64) {
    tlb.removeWriteAccess(physicalPage: address)
  }

  /// Makes all stores ask again: every page is clean again.
  public func removeWriteAccess() { tlb.removeWriteAccess() }
}
