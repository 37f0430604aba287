// An access as the rest of the core sees it: through the translation cache, with a fault turned
// into the exception.

import Arm

extension TableWalker {
  /// Translates an address for an access, remembering the translation.
  ///
  /// - Throws: the Data or Instruction Abort, before routing; ISV and what goes with it are the
  ///   caller's to add.
  func translate(
    _ address: UInt64, _ access: AccessKind, _ context: TranslationContext,
    _ cache: TranslationCache
  ) throws(GuestException) -> Translation {
    let regime = TranslationRegime(context.level, state)
    // Without translation there is nothing to remember.
    guard regime.hasStage2 || regime.isStage1Enabled(regime.sctlr(state)) else {
      return try translateUncached(address, access, regime, context)
    }
    // The cache knows VA[55:0]: an address with another top byte than bit 55 says is either a
    // tagged one or faults.
    let isCanonical = UInt64(bitPattern: Int64(bitPattern: address << 8) >> 8) == address
    guard isCanonical || regime.ignoresTopByte(address, regime.tcr(state)) else {
      return try translateUncached(address, access, regime, context)
    }
    let tag = cache.tag(TLBContext.index(context, state), regime, state)
    if let known = cache.lookup(
      address, access, tag, isPrivileged: !regime.isUnprivileged)
    {
      return known
    }
    let translation = try translateUncached(address, access, regime, context)
    cache.insert(address, translation, tag)
    return translation
  }

  private func translateUncached(
    _ address: UInt64, _ access: AccessKind, _ regime: TranslationRegime,
    _ context: TranslationContext
  ) throws(GuestException) -> Translation {
    do {
      return try translate(
        address, access, regime, isPANEnabled: context.isPANEnabled, stage1Only: false)
    } catch {
      throw error.exception(
        address, access, isWriteFault: isWriteFault(error, address, access, regime, context))
    }
  }

  /// WnR of a fault.
  ///
  /// That of an atomic is 0 if a plain read would have had the same fault; an External abort
  /// leaves it UNKNOWN, and asking the tables again could consume the error again.
  private func isWriteFault(
    _ fault: TranslationFault, _ address: UInt64, _ access: AccessKind,
    _ regime: TranslationRegime, _ context: TranslationContext
  ) -> Bool {
    guard access == .atomic, fault.kind != .externalAbort else { return access.writes }
    var observer = self
    observer.purpose = .observation
    do {
      _ = try observer.translate(
        address, .read, regime, isPANEnabled: context.isPANEnabled, stage1Only: false)
      return true
    } catch { return error != fault }
  }
}
