// One core: its state, what is derived from it, and how the interpreter enters and leaves pages.

import Arm

/// One core of the machine.
///
/// The board owns its cores and outlives them: the reference back is never dangling.
@safe public final class Core {
  /// The architectural state.
  public let state: CoreState
  /// 0-based number; MPIDR_EL1.Aff0.
  public let index: Int
  /// The machine this core is part of.
  @inline(__always) public var board: Board { unsafe boardReference }
  private unowned(unsafe) let boardReference: Board
  /// The TLBs; derived from state, never part of it.
  public let mmu: MMUCaches
  /// The fast TLB of `mmu`.
  let fastTLB: TLB
  /// The translation cache of `mmu`.
  let translations: TranslationCache
  /// The board's memory and devices.
  let bus: Bus
  /// The board's interrupt controller.
  let gic: GIC
  /// One operation's room for instructions that must not be cached: `stepUncached`.
  let scratchPage: CodePage
  /// The words of `state` and `ContextWord`.
  private let memory: HostMemory
  private let scratchWords: UnsafeMutablePointer<UInt32>

  /// Instructions the current call of `executeLoop` may still execute.
  var budgetLeft = 0
  /// Instructions set aside while one is executed alone.
  var budgetReserve = 0
  /// Instructions the core may still execute in its turn, whether or not some are set aside.
  var turnLeft: Int { budgetLeft &+ budgetReserve }
  /// What instructions changed that the loop has derived state from.
  public var pendingEffects: ContextEffect = [
    .translation, .privilege, .interruptMask, .floatingPoint,
  ]
  /// The translation context of loads and stores now.
  private(set) var dataContext = TranslationContext(level: .el3)
  /// The fast TLB of loads, stores and fetches now.
  private(set) var dataTLB: TLBTable
  /// Whether FP and Advanced SIMD instructions must ask `checkFloatingPointAccess` first.
  ///
  /// It lies before the state, where generated code can ask it.
  private(set) var isFloatingPointTrapped: Bool {
    @inline(__always) get { self[context: ContextWord.isFloatingPointTrapped] != 0 }
    set { self[context: ContextWord.isFloatingPointTrapped] = newValue ? 1 : 0 }
  }
  /// Whether DC and IC by VA must ask what traps them first. It lies before the state too.
  var isMaintenanceTrapped: Bool {
    @inline(__always) get { self[context: ContextWord.isMaintenanceTrapped] != 0 }
    set { self[context: ContextWord.isMaintenanceTrapped] = newValue ? 1 : 0 }
  }
  /// Whether every instruction must be fetched and looked at alone: software step, breakpoints of
  /// the guest, Illegal Execution state, a misaligned SP.
  var isStepping = false
  /// Whether SP is misaligned where SCTLR_ELx.SA or SA0 has it checked.
  var isStackMisaligned = false
  /// Whether the instruction that executes now is the one being stepped.
  private(set) var isExecutingStep = false
  /// Whether it has waited for an interrupt (WFI): an observer's, who takes it back.
  public var hasWaited = false
  /// Where EL3 was entered by an external abort or SError, its preferred return address, while it
  /// has not returned yet.
  var errorReturnAddress: UInt64?
  /// Why EL3 was entered from below, while it has not returned yet.
  var monitorEntry: MonitorEntry?
  /// What handlers of delegated exceptions have interrupted, outermost first: an observer's.
  var delegatedReturns: [UInt64] = []
  /// Whether EL3 was entered by an external abort or SError and has not returned yet.
  public var isFirmwareHandlingError: Bool { errorReturnAddress != nil }
  /// Whether data accesses must be compared with the watchpoint registers.
  private(set) var areWatchpointsActive = false
  /// Virtual addresses the run stops before executing; those of the tool, not the guest's.
  public var breakpoints: Set<UInt64> = [] {
    didSet {
      breakpointPages = Set(breakpoints.map { $0 >> 12 })
      fastTLB.flushAll()
      pendingEffects.insert(.translation)
    }
  }
  /// The pages of `breakpoints`: none of them enters the fetch TLB, the others run as ever.
  private var breakpointPages: Set<UInt64> = []
  /// The breakpoint that was just reported and must not be reported again before it executes.
  var passedBreakpoint: UInt64?

  /// A core in its reset state.
  init(index: Int, board: Board) throws(MemoryError) {
    let count = CoreState.wordCount + ContextWord.count
    memory = try HostMemory(count: count * MemoryLayout<UInt64>.stride, isGuarded: true)
    unsafe state = CoreState(
      words: memory.start.bindMemory(to: UInt64.self, capacity: count) + ContextWord.count)
    self.index = index
    unsafe boardReference = board
    mmu = try MMUCaches()
    fastTLB = mmu.tlb
    translations = mmu.translations
    bus = board.bus
    gic = board.gic
    dataTLB = fastTLB.table(TLBContext.el3)
    unsafe scratchWords = .allocate(capacity: 1024)
    unsafe scratchWords.initialize(repeating: 0, count: 1024)
    unsafe scratchPage = CodePage(host: UnsafeMutableRawPointer(scratchWords))
    isFloatingPointTrapped = true
    isMaintenanceTrapped = true
    trapCounters()
  }

  deinit {
    unsafe scratchWords.deallocate()
    scratchPage.deallocate()
  }

  /// The current exception level.
  public var exceptionLevel: ExceptionLevel {
    ExceptionLevel(rawValue: UInt8(state.el & 3)) ?? .el0
  }

  /// Whether the current security state is Secure: EL3, or SCR_EL3.NS = 0.
  public var isSecure: Bool { state.el == 3 || !isEL2Enabled }

  /// Whether EL2 is enabled in the current security state. FEAT_SEL2 is not implemented.
  public var isEL2Enabled: Bool { state.scr.isSet(SecureConfiguration.ns) }

  /// Whether EL0 and EL2 form a host regime: HCR_EL2.{E2H,TGE} = {1,1}, Non-secure.
  public var isHost: Bool { isEL2Enabled && state.hcr.isHost }

  /// Whether HCR_EL2.E2H is in force.
  public var isE2H: Bool { isEL2Enabled && state.hcr.isSet(HypervisorConfiguration.e2h) }

  /// Whether HCR_EL2.TGE is in force.
  public var isTGE: Bool { isEL2Enabled && state.hcr.isSet(HypervisorConfiguration.tge) }

  /// What the GIC must know about this core.
  public var interruptView: InterruptView {
    InterruptView(
      level: exceptionLevel, isSecure: isSecure, scrEL3: state[.scrEL3],
      hcrEL2: isEL2Enabled ? state[.hcrEL2] : 0)
  }

  // The loop's doors.

  /// Whether something asks the loop to stop and look.
  var needsToLeave: Bool {
    !pendingEffects.isEmpty || gic.attention &>> UInt64(index) & 1 != 0
      || bus.flushRequested || bus.hasEvents || board.hasStopRequest
      || bus.powerRequest != nil || !bus.unmodelled.isEmpty
  }

  /// Whether the last slow load or store asked the loop to leave after it.
  var wantsToLeave = false

  /// The first FP or Advanced SIMD instruction in a context: asks whether it may execute.
  @inline(never) func enableFloatingPoint(_ position: Position) throws(GuestException) {
    synchronize(position)
    try checkFloatingPointAccess()
    isFloatingPointTrapped = false
  }

  /// Stores the place for slow paths: `state.pc` is the current instruction, the budget is exact.
  @inline(__always) func synchronize(_ position: Position) {
    state.pc = position.pc
    budgetLeft = position.budgetLeft
    bus.now = board.sliceEnd &- UInt64(truncatingIfNeeded: budgetLeft &+ budgetReserve)
  }

  /// Leaves the loop at `position`, to continue at `pc`.
  @inline(__always) func leave(to pc: UInt64, _ position: Position) {
    state.pc = pc
    budgetLeft = position.budgetLeft
  }

  /// A taken branch to another page; false when the loop must be left for it.
  @inline(__always) func branch(
    by distance: UInt64, _ tlb: TLBTable, _ position: inout Position
  ) -> Bool {
    let target = position.pc &+ distance
    if position.jump(to: target, tlb) { return true }
    leave(to: target, position)
    return false
  }

  /// Decodes the operation the loop is about to execute.
  @inline(never) func decode(at position: Position) {
    let index = Int(position.nextPC & 0xFFF) / 4
    if let page = CodePage.watchStores(at: position.cursor, index: index) {
      board.codeWasAdded(PhysicalAddress(page))
    }
    CodePage.decode(at: position.cursor, index: index)
  }

  /// Brings derived state up to date, takes a pending interrupt. False when the core must not
  /// execute now: it waits, or the board has to look first.
  func prepareToExecute() -> Bool {
    wantsToLeave = false
    if bus.flushRequested { board.flushDirectAccess() }
    if bus.hasEvents { board.collectBusEvents(core: self, faultAddress: nil) }
    let effects = pendingEffects
    pendingEffects = []
    refreshDerivedState()
    takePendingInterrupt()
    // An interrupt was taken: its handler's first access is made in the new context.
    if !pendingEffects.isEmpty { refreshDerivedState() }
    return !effects.contains(.timers) && state.waiting == 0 && !board.hasStopRequest
      && bus.powerRequest == nil && bus.unmodelled.isEmpty
  }

  /// Recomputes what the loop keeps about the current context.
  func refreshDerivedState() {
    let level = exceptionLevel
    let hasPAN = level == .el1 || (level == .el2 && isE2H)
    dataContext = TranslationContext(level: level, isPANEnabled: hasPAN && state.pan != 0)
    dataTLB = fastTLB.table(TLBContext.index(dataContext, state))
    isFloatingPointTrapped = true
    isMaintenanceTrapped = true
    trapCounters()
    let hadWatchpoints = areWatchpointsActive
    areWatchpointsActive = hasHardwareWatchpoints
    if areWatchpointsActive != hadWatchpoints { fastTLB.flushAll() }
    isStackMisaligned = mustFaultOnStack
    isStepping =
      isSoftwareStepActive || hasHardwareBreakpoints || state.il != 0 || isStackMisaligned
  }

  /// Finds the operations at `pc`; nil when they must be executed one by one.
  @inline(__always) func enter(_ pc: UInt64, _ tlb: TLBTable) throws(GuestException) -> Position? {
    var operations = isStepping ? 0 : tlb.operations(for: pc)
    if operations == 0 {
      operations = try findCode(pc)
      if operations == 0 { return nil }
    }
    return Position(pc: state.pc, operations: operations, budget: budgetLeft)
  }

  /// The slow path of `enter`: translates and looks into the code cache. 0: not to be cached.
  @inline(never) func findCode(_ pc: UInt64) throws(GuestException) -> Int {
    // A fetch or its walk may meet an error, which is recorded with the time.
    bus.now = board.sliceEnd &- UInt64(truncatingIfNeeded: turnLeft)
    let address = canonicalBranchTarget(pc)
    state.pc = address
    if isStepping || breakpointPages.contains(address >> 12) { return 0 }
    try checkAlignment(ofFetch: address)
    let translation = try translateForFetch(address)
    let page = PhysicalAddress(translation.physicalAddress.rawValue & ~0xFFF)
    guard let direct = unsafe bus.directPage(page, isSecure: translation.isSecure) else {
      return 0
    }
    if board.codeCache.isFull { board.emptyCodeCache() }
    let code = unsafe board.codeCache.page(at: page.rawValue, direct)
    fastTLB.fillFetch(
      TLBContext.index(dataContext, state), address, translation, payload: UInt64(code.address))
    return code.address
  }

  /// PC alignment fault, EC 0x22.
  private func checkAlignment(ofFetch address: UInt64) throws(GuestException) {
    guard address & 3 != 0 else { return }
    throw GuestException(.fault, Syndrome(.pcAlignment, iss: 0), faultAddress: address)
  }

  /// Executes one instruction that is fetched anew each time: from a device, a poisoned or
  /// watched page, or while stepping.
  @inline(never) func stepUncached() {
    bus.now = board.sliceEnd &- UInt64(truncatingIfNeeded: turnLeft)
    let pc = state.pc
    if breakpoints.contains(pc), passedBreakpoint != pc {
      passedBreakpoint = pc
      board.stopRequest = .breakpoint(core: index, pc: pc)
      pendingEffects.insert(.interruptMask)
      return
    }
    passedBreakpoint = nil
    if isSoftwareStepActive, state.ss == 0 {
      budgetLeft &-= 1
      takeException(softwareStepException())
      return
    }
    let wasStepping = isSoftwareStepActive
    do throws(GuestException) {
      // A misaligned PC, an abort of the fetch, a breakpoint, and Illegal Execution state have
      // priority in this order. Arm ARM D1.4.5.6.
      try checkAlignment(ofFetch: pc)
      let word = try fetchWord(pc)
      if let exception = hardwareBreakpointException(pc) { throw exception }
      if state.il != 0 { throw GuestException(.fault, Syndrome(.illegalState, iss: 0)) }
      let slot = Int(pc & 0xFFF) / 4
      unsafe scratchWords[slot] = word
      let operation = Decoder.localise(Decoder.decode(word), at: slot)
      if isStackMisaligned { try checkStackAlignment(word, operation) }
      unsafe scratchPage.operations[slot] = operation
    } catch {
      budgetLeft &-= 1
      takeException(error)
      return
    }
    if wasStepping {
      state.ss = 0
      state.steppedInstruction = isLoadExclusive(pc) ? 2 : 1
    }
    isExecutingStep = wasStepping
    defer { isExecutingStep = false }
    // It may itself be one that is executed alone.
    let (outer, rest) = (budgetReserve, budgetLeft &- 1)
    budgetReserve = outer &+ rest
    budgetLeft = 1
    executeLoop(single: Position(pc: pc, operations: scratchPage.address, budget: 1))
    budgetLeft = rest
    budgetReserve = outer
    if mustFaultOnStack != isStackMisaligned { pendingEffects.insert(.debug) }
  }

  /// Whether the instruction fetched for `stepUncached` is LDXR or LDXP.
  private func isLoadExclusive(_ pc: UInt64) -> Bool {
    let word = unsafe scratchWords[Int(pc & 0xFFF) / 4]
    let opcode = Decoder.decode(word).opcode
    return opcode == .loadExclusive || opcode == .loadExclusivePair
  }

  /// Fetches one instruction word through the bus.
  private func fetchWord(_ pc: UInt64) throws(GuestException) -> UInt32 {
    let translation = try translateForFetch(pc)
    do throws(BusFault) {
      return UInt32(
        truncatingIfNeeded: try bus.read(
          translation.physicalAddress, size: 4,
          BusAccess(core: index, isSecure: translation.isSecure, purpose: .instructionFetch)))
    } catch {
      throw GuestException(
        error, .instructionAbort(.externalAbort, state: error.state), faultAddress: pc)
    }
  }

  private func translateForFetch(_ address: UInt64) throws(GuestException) -> Translation {
    try translateCached(
      address, .execute, TranslationContext(level: exceptionLevel, isPANEnabled: false))
  }
}
