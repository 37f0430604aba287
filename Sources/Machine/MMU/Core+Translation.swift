// The MMU as a core uses it: translation through its caches, AT, and TLBI with broadcast. The look
// from outside is in `Core+DebugTranslation.swift`.

import Arm

extension Core {
  /// The walker of this core's registers and the board's memory.
  private var walker: TableWalker<BusTableMemory> {
    TableWalker(state: state, memory: BusTableMemory(bus, core: index))
  }

  /// Translates an address for an access, through the translation cache.
  ///
  /// - Throws: the Data or Instruction Abort, before routing.
  func translateCached(
    _ address: UInt64, _ access: AccessKind, _ context: TranslationContext
  ) throws(GuestException) -> Translation {
    try walker.translate(address, access, context, translations)
  }

  /// Carries out an AT instruction; the result is in PAR_EL1.
  ///
  /// - Throws: what PAR_EL1 cannot report, see `TableWalker.addressTranslate`.
  func addressTranslate(
    _ operation: AddressTranslation, _ address: UInt64
  )
    throws(GuestException)
  {
    state[.parEL1] = try walker.addressTranslate(operation, address)
  }

  /// Carries out a TLBI instruction on this core, and on the others if it is broadcast: by its
  /// form, or by HCR_EL2.FB at EL1.
  func invalidateTLB(_ operation: TLBOperation, _ value: UInt64) {
    let invalidation = TLBInvalidation(operation, value, state)
    let isForced =
      exceptionLevel == .el1 && isEL2Enabled
      && state.hcr.isSet(HypervisorConfiguration.fb)
    if operation.isInnerShareable || isForced {
      for core in board.cores { core.mmu.invalidate(invalidation) }
    } else {
      mmu.invalidate(invalidation)
    }
  }
}
