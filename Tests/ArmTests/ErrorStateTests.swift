// The states of a PE as AET and SET write them.

import Arm
import Testing

@Suite struct ErrorStateTests {
  /// Arm ARM D24.2, ESR_EL1: AET of an SError.
  static let asynchronous: [(bits: UInt64, mnemonic: String)] = [
    (0b000, "UC"), (0b001, "UEU"), (0b010, "UEO"), (0b011, "UER"), (0b110, "CE"),
  ]
  /// Arm ARM D24.2, ESR_EL1: SET of a Data or Instruction Abort.
  static let synchronous: [(bits: UInt64, mnemonic: String)] = [
    (0b00, "UER"), (0b10, "UC"), (0b11, "UEO"),
  ]

  @Test func everyValueOfAETIsTheManualsAndComesBack() {
    for bits in 0...7 as ClosedRange<UInt64> {
      let state = ErrorState(asynchronousErrorType: bits)
      let expected = Self.asynchronous.first { $0.bits == bits }?.mnemonic
      #expect(state.map { "\($0.mnemonic)" } == expected)
      let syndrome = Syndrome(.serror, iss: 0x11 | bits << 10)
      #expect(syndrome.asynchronousErrorType == state)
      #expect(syndrome.synchronousErrorType == nil)
      guard let state else { continue }
      #expect(state.asynchronousErrorType == bits)
      #expect(Syndrome.serror(state).rawValue == syndrome.rawValue)
    }
  }

  @Test func everyValueOfSETIsTheManualsAndComesBack() {
    for bits in 0...3 as ClosedRange<UInt64> {
      let state = ErrorState(synchronousErrorType: bits)
      let expected = Self.synchronous.first { $0.bits == bits }?.mnemonic
      #expect(state.map { "\($0.mnemonic)" } == expected)
      let syndrome = Syndrome(.dataAbortLower, iss: 0x10 | bits << 11)
      #expect(syndrome.synchronousErrorType == state)
      #expect(syndrome.asynchronousErrorType == nil)
      guard let state else { continue }
      #expect(state.synchronousErrorType == bits)
      #expect(
        Syndrome.dataAbort(.externalAbort, isWrite: false, state: state).rawValue
          == syndrome.rawValue)
    }
  }

  @Test func whatASyndromeCannotSayItSaysAsTheNext() {
    #expect(ErrorState.deferred.asynchronousErrorType == 0b011)
    for state in [ErrorState.deferred, .corrected] {
      #expect(state.synchronousErrorType == 0b00)
    }
    // AArch64.PEErrorState: UC.
    #expect(ErrorState.unrecoverable.synchronousErrorType == 0b10)
  }

  @Test func noStateIsReadWhereTheManualHasTheFieldInvalid() {
    // IDS, an uncategorized SError, an abort on a walk, a translation fault.
    #expect(Syndrome(.serror, iss: 1 << 24 | 0xC11).asynchronousErrorType == nil)
    #expect(Syndrome(.serror, iss: 0xC00).asynchronousErrorType == nil)
    #expect(Syndrome(.dataAbortLower, iss: 0x15 | 0b11 << 11).synchronousErrorType == nil)
    #expect(Syndrome(.dataAbortLower, iss: 0x05).synchronousErrorType == nil)
  }

  @Test func anSErrorLeavesIESBToThePEAndIsRestartedOnlyAtOnce() {
    #expect(SystemError(iss: 0x2C11).syndrome.rawValue == 0xBE00_0C11)
    for state in ErrorState.allCases {
      let isResumable = state == .recoverable || state == .restartable || state == .deferred
      #expect(SystemError(state).isRestarted == isResumable)
      #expect(!SystemError(state, delay: 1).isRestarted)
    }
    #expect(!SystemError(iss: 0x100_0C11).isRestarted)
  }
}
