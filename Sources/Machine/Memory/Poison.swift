// Poison: a 64-byte line of memory whose contents are known to be wrong. The line's bytes stay
// what they were; who reads them gets an error instead.

import Arm

/// What a record says of where its error is: ERR<n>ADDR. RASSA, ERR<n>STATUS.AV and ERR<n>ADDR.AI.
public enum RecordedAddress: String, CaseIterable, Sendable {
  /// Where it is.
  case valid
  /// Nothing: AV is 0.
  case invalid
  /// Where it is, and that it may be elsewhere: AI is 1.
  case imprecise
  /// Another place, 64 KiB from it, as a decoder says that mistakes a bit of the row.
  case wrong

  /// ADDR of an error of a line; nil where there is none.
  func address(of line: PhysicalAddress, isSecure: Bool) -> ErrorAddress? {
    var address = ErrorAddress(line, isSecure: isSecure)
    switch self {
    case .valid: break
    case .invalid: return nil
    case .imprecise: address[ErrorAddress.ai] = 1
    case .wrong: address[ErrorAddress.paddr] ^= 1 << 16
    }
    return address
  }
}

/// What a poisoned line will report when it is consumed.
public struct Poison: Sendable, Equatable {
  /// The error state that the memory node records.
  public var state: ErrorState
  /// ERR<n>STATUS.SERR.
  public var code: ErrorCode
  /// What ERR<n>ADDR says.
  public var address: RecordedAddress
  /// ERR<n>STATUS.PN: the value was deferred before it came to this node.
  public var isPoisonedBefore: Bool
  /// Whether the exception of an abort tells the address of the access: FnV = 0. Real cores often do not.
  public var hasFaultAddress: Bool
  /// How the core that uses the line is told; a corrected error aborts nothing.
  public var signal: ErrorSignal
  /// Whether a corrected error is gone once it was corrected: a cell that flipped, not one that is stuck.
  public var isTransient = false
  /// ERR<n>STATUS.CI: whether it is a critical error of the memory node, which cannot contain it to an access.
  public var isCritical = false
  /// Whether the memory node has found the line without an access, and will not look at it again.
  public internal(set) var isDetected = false

  /// Poison as an uncorrectable ECC error of the memory leaves it: recoverable (UER), "data from
  /// external memory", with its address, detected first by the memory node itself (PN = 0),
  /// answered by a synchronous External abort.
  public init(
    state: ErrorState = .recoverable, code: ErrorCode = .externalMemoryData,
    address: RecordedAddress = .valid, isPoisonedBefore: Bool = false, hasFaultAddress: Bool = true,
    signal: ErrorSignal = .abort
  ) {
    self.state = state
    self.code = code
    self.address = address
    self.isPoisonedBefore = isPoisonedBefore
    self.hasFaultAddress = hasFaultAddress
    self.signal = signal
  }

  /// STATUS.CE of the line's corrected errors.
  var correctedKind: CorrectedErrorKind { isTransient ? .transient : .persistent }

  /// Whether reading the line makes it good: what was corrected is written back, and stays.
  var isMendedByReading: Bool { state == .corrected && isTransient }
}

/// A line that holds poison.
struct PoisonedLine: Sendable {
  /// What its use will report, and how.
  var poison: Poison
  /// A bit for each byte that was stored to since it went bad.
  var storedBytes: UInt64 = 0

  /// Mixes in all of it; a property added later only where it is not what it always was, so that old
  /// hashes stay.
  func hash(into hash: inout StateHash) {
    hash.combine(poison.state.rawValue)
    hash.combine(poison.code.rawValue)
    hash.combine(poison.address != .invalid)
    hash.combine(poison.isPoisonedBefore)
    hash.combine(storedBytes)
    switch poison.signal {
    case .abort: break
    case .serror(let error):
      hash.combine(error.syndrome.rawValue)
      hash.combine(error.delay)
    case .silent: hash.combine(true)
    }
    switch poison.address {
    case .valid, .invalid: break
    case .imprecise: hash.combine(ErrorAddress.ai.mask)
    case .wrong: hash.combine(ErrorAddress.paddr.mask)
    }
    if !poison.hasFaultAddress { hash.combine(Syndrome.fnv.mask) }
    if poison.isTransient { hash.combine(CorrectedErrorKind.transient.rawValue) }
    if poison.isCritical { hash.combine(ErrorStatus.ci.mask) }
    if poison.isDetected { hash.combine(ErrorStatus.pn.mask) }
  }
}
