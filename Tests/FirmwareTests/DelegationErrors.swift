// Errors that are told by delegated exceptions: a normal one for what is corrected or deferred, a critical one for
// what is not.

import APEI
import Arm
import Platform
import Testing

@testable import Firmware

@Suite struct DelegationErrors {
  var board = DelegationBoard()
  let sources = DelegationBoard.sources

  init() {
    board.platform.records = [ErrorRecord(), ErrorRecord()]
    board.platform.recordFeatures = [ErrorFeature(rawValue: 0), ErrorFeature(rawValue: 0)]
    board.platform.recordControls = [ErrorControl(rawValue: 1), ErrorControl(rawValue: 1)]
    board.platform.registers[.vbarEL2] = 0x2000
    board.listen(800, entry: 0x9000)
    board.listen(801, entry: 0xa000)
  }

  private func record(_ state: ErrorState, _ address: UInt64 = 0x5000_0040) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(address), isSecure: false)
    board.platform.records[1].record(
      error, feature: board.platform.recordFeatures[1], version: .v1p1)
  }

  private func block(_ source: Int) throws -> ErrorStatusBlock? {
    let base = board.monitor.errors.region.block(source)
    let bytes = board.platform.bytes(base, 4096)
    guard bytes[0..<4] != [0, 0, 0, 0] else { return nil }
    return try ErrorStatusBlock.decode(bytes)
  }

  @Test func theHESTHasASourceForEachEvent() {
    let region = ErrorRegion(base: 0, sources: sources)
    let notifications = (0..<sources.count).map { region.errorSource($0).notification }
    #expect(notifications.suffix(2).map(\.kind) == [.sdei, .sdei])
    #expect(notifications.suffix(2).map(\.vector) == [801, 800])
    #expect(notifications.dropLast(2).allSatisfy { $0.kind == .sea })
  }

  @Test(
    arguments: [
      (ErrorState.corrected, 800), (.deferred, 800), (.restartable, 801), (.recoverable, 801),
      (.unrecoverable, 801), (.uncontainable, 801),
    ] as [(ErrorState, UInt64)])
  mutating func aStateHasItsEvent(_ state: ErrorState, _ event: UInt64) throws {
    record(state)
    board.interrupt(UInt64(Interrupt.memoryFault))
    #expect(board.context.x[0] == event)
    #expect(board.context.elr == (event == 800 ? 0x9000 : 0xa000))
    let source = event == 800 ? sources.events : sources.events - 1
    #expect(try block(source) != nil)
    #expect(try block(event == 800 ? sources.events - 1 : sources.events) == nil)
    #expect(board.platform.devices[MemoryMap.gicDistributor + 0x204, default: 0] == 0, "no SPI")
  }

  @Test mutating func aCriticalErrorInterruptsTheHandlerOfANormalOne() throws {
    record(.corrected)
    board.interrupt(UInt64(Interrupt.memoryFault))
    board.context.elr = 0x9010
    record(.restartable, 0x5100_0000)
    board.interrupt(UInt64(Interrupt.memoryRecovery))
    #expect(board.context.elr == 0xa000 && board.context.x[2] == 0x9010)
    record(.deferred, 0x5200_0000)
    board.interrupt(UInt64(Interrupt.memoryFault))
    #expect(board.context.elr == 0xa000, "its block is not read, and nothing interrupts it")
    board.call(.eventComplete)
    #expect(board.context.elr == 0x9010)
    board.call(.eventComplete)
    #expect(board.context.elr == 0x1000)
  }

  @Test mutating func anAbortIsForgedAndItsSourceIsTheCores() throws {
    record(.recoverable)
    var context = LowerContext(elr: 0x40_1000, spsr: 0x0, esr: 0x9200_0010, far: 0xffff_a000)
    _ = board.monitor.handle(slot: 8, core: 0, context: &context)
    #expect(context.elr == 0x2400)
    #expect(try block(0) != nil)
  }

  @Test mutating func anSErrorIsForgedAndTheHandlerComesFirst() throws {
    record(.recoverable)
    let syndrome = Syndrome(.serror, iss: 3 << 10 | 0x11).rawValue
    var context = LowerContext(elr: 0x40_1000, spsr: 0x0, esr: syndrome)
    _ = board.monitor.handle(slot: 11, core: 0, context: &context)
    #expect(context.elr == 0xa000, "the critical event's")
    #expect(context.x[2] == 0x2580, "which has interrupted the first instruction of the vector")
    #expect(board.platform.registers[.elrEL2] == 0x40_1000)
    board.context = context
    board.call(.eventComplete)
    #expect(board.context.elr == 0x2580)
  }

  @Test mutating func aRecordThatCameBeforeTheClientIsToldToIt() throws {
    board = DelegationBoard()
    board.platform.records = [ErrorRecord(), ErrorRecord()]
    board.platform.recordFeatures = [ErrorFeature(rawValue: 0), ErrorFeature(rawValue: 0)]
    record(.corrected)
    board.interrupt(UInt64(Interrupt.memoryFault))
    #expect(try block(sources.events) != nil)
    board.listen(800)
    #expect(board.context.elr == 0x9000)
  }
}
