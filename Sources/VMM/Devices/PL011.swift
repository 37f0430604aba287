// PrimeCell UART (PL011, DDI 0183) for a guest: a character leaves at once, the receive interrupt
// comes with the first character. Every access to the transmit FIFO finds it empty, so the transmit
// interrupt is pending whenever something was sent. Interrupt levels are the caller's to put on the
// line.

/// A UART.
public struct PL011: Sendable {
  /// What an access asks of the VMM besides its value.
  public enum Effect: Equatable, Sendable {
    /// Nothing.
    case none
    /// A character to send.
    case send(UInt8)
  }

  private var receiveStatus: UInt32 = 0
  private var lowPower: UInt32 = 0
  private var integerDivisor: UInt32 = 0
  private var fractionalDivisor: UInt32 = 0
  private var lineControl: UInt32 = 0
  private var control: UInt32 = 0x300
  private var fifoLevels: UInt32 = 0x12
  private var interruptMask: UInt32 = 0
  private var interruptStatus: UInt32 = 0
  private var dmaControl: UInt32 = 0
  /// Characters that wait for the guest, a ring: what was typed ahead and the FIFO in one.
  private var waiting = InlineArray<256, UInt8>(repeating: 0)
  private var first = 0
  private var waitingCount = 0

  /// A UART in reset.
  public init() {}

  private static let receiveInterrupt: UInt32 = 1 << 4
  private static let transmitInterrupt: UInt32 = 1 << 5
  private static let implemented: UInt32 = 0x7FF

  /// UARTINTR.
  public var interruptLine: Bool { interruptStatus & interruptMask & PL011.implemented != 0 }

  /// How many characters can still arrive.
  public var room: Int { 256 - waitingCount }

  /// A character arrives; lost when there is no room.
  public mutating func receive(_ character: UInt8) {
    guard waitingCount < 256 else { return }
    waiting[(first + waitingCount) & 255] = character
    waitingCount += 1
    interruptStatus |= PL011.receiveInterrupt
  }

  private mutating func take() -> UInt32 {
    guard waitingCount > 0 else { return 0 }
    let character = waiting[first]
    first = (first + 1) & 255
    waitingCount -= 1
    if waitingCount == 0 { interruptStatus &= ~PL011.receiveInterrupt }
    // What was typed ahead moves up into the FIFO: a character arrives.
    if waitingCount >= fifoDepth { interruptStatus |= PL011.receiveInterrupt }
    return UInt32(character)
  }

  private var fifoDepth: Int { lineControl & 0x10 != 0 ? 16 : 1 }

  /// UARTFR: transmit FIFO empty; receive FIFO empty or full; CTS, DSR and DCD asserted, since
  /// a guest with flow control would wait for them for ever.
  private var flags: UInt32 {
    0x87 | (waitingCount == 0 ? 0x10 : 0) | (waitingCount >= fifoDepth ? 0x40 : 0)
  }

  private static func identification(_ index: UInt64) -> UInt32 {
    // Peripheral 0x0034_1011 as Arm's, then PrimeCell 0xB105_F00D.
    let low: UInt64 = 0x0014_1011
    let high: UInt64 = 0xB105_F00D
    let word = index < 4 ? low : high
    return UInt32(truncatingIfNeeded: word >> (8 * (index & 3)) & 0xFF)
  }

  /// Reads the register at an offset; 0 where there is none.
  public mutating func read(_ offset: UInt64) -> UInt32 {
    switch offset & ~3 {
    case 0x00: take()
    case 0x04: receiveStatus
    case 0x18: flags
    case 0x20: lowPower
    case 0x24: integerDivisor
    case 0x28: fractionalDivisor
    case 0x2C: lineControl
    case 0x30: control
    case 0x34: fifoLevels
    case 0x38: interruptMask
    case 0x3C: interruptStatus
    case 0x40: interruptStatus & interruptMask
    case 0x48: dmaControl
    case 0xFE0...0xFFC: PL011.identification((offset - 0xFE0) >> 2)
    default: 0
    }
  }

  /// Writes the register at an offset; nothing happens where there is none.
  public mutating func write(_ offset: UInt64, _ value: UInt32) -> Effect {
    switch offset & ~3 {
    case 0x00:
      interruptStatus |= PL011.transmitInterrupt
      return .send(UInt8(truncatingIfNeeded: value))
    case 0x04: receiveStatus = 0
    case 0x20: lowPower = value & 0xFF
    case 0x24: integerDivisor = value & 0xFFFF
    case 0x28: fractionalDivisor = value & 0x3F
    case 0x2C: lineControl = value & 0xFF
    case 0x30: control = value & 0xFFFF
    case 0x34: fifoLevels = value & 0x3F
    case 0x38: interruptMask = value & PL011.implemented
    case 0x44: interruptStatus &= ~value
    case 0x48: dmaControl = value & 7
    default: break
    }
    return .none
  }
}
