// PrimeCell UART (PL011, DDI 0183) for a guest: a character leaves at once, the receive interrupt
// comes with the first character. Every access to the transmit FIFO finds it empty, so the transmit
// interrupt is pending whenever something was sent. Interrupt levels are the caller's to put on the
// line.

import Arm
import Platform

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
  private var control = PL011Register.resetControl
  private var fifoLevels = PL011Register.resetLevels
  private var interruptMask: UInt32 = 0
  private var interruptStatus: UInt32 = 0
  private var dmaControl: UInt32 = 0
  /// Characters that wait for the guest, a ring: what was typed ahead and the FIFO in one.
  private var waiting = InlineArray<256, UInt8>(repeating: 0)
  private var first = 0
  private var waitingCount = 0

  /// A UART in reset.
  public init() {}

  private static var receiveInterrupt: UInt32 { UInt32(PL011Interrupts.rx.mask) }
  private static var transmitInterrupt: UInt32 { UInt32(PL011Interrupts.tx.mask) }

  /// UARTINTR.
  public var interruptLine: Bool {
    interruptStatus & interruptMask & PL011Interrupts.implemented != 0
  }

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

  private var fifoDepth: Int {
    UInt64(lineControl) & PL011LineControl.fen.mask != 0 ? 16 : 1
  }

  /// UARTFR: nothing is left to send; CTS, DSR and DCD asserted, since a guest with flow control
  /// would wait for them for ever.
  private var flags: UInt32 {
    var flags = PL011Flags(
      rawValue: PL011Flags.txfe.mask | PL011Flags.cts.mask | PL011Flags.dsr.mask
        | PL011Flags.dcd.mask)
    flags[PL011Flags.rxfe] = waitingCount == 0 ? 1 : 0
    flags[PL011Flags.rxff] = waitingCount >= fifoDepth ? 1 : 0
    return UInt32(flags.rawValue)
  }

  /// Reads the register at an offset; 0 where there is none.
  public mutating func read(_ offset: UInt64) -> UInt32 {
    guard let register = PL011Register(rawValue: offset & ~3) else {
      return PL011Register.identification.contains(offset & ~3)
        ? PL011Register.identification(at: offset) : 0
    }
    return switch register {
    case .dr: take()
    case .rsr: receiveStatus
    case .fr: flags
    case .ilpr: lowPower
    case .ibrd: integerDivisor
    case .fbrd: fractionalDivisor
    case .lcrH: lineControl
    case .cr: control
    case .ifls: fifoLevels
    case .imsc: interruptMask
    case .ris: interruptStatus
    case .mis: interruptStatus & interruptMask
    case .icr: 0
    case .dmacr: dmaControl
    }
  }

  /// Writes the register at an offset; nothing happens where there is none.
  public mutating func write(_ offset: UInt64, _ value: UInt32) -> Effect {
    switch PL011Register(rawValue: offset & ~3) {
    case .dr:
      interruptStatus |= PL011.transmitInterrupt
      return .send(UInt8(truncatingIfNeeded: value))
    case .rsr: receiveStatus = 0
    case .ilpr: lowPower = value & 0xFF
    case .ibrd: integerDivisor = value & 0xFFFF
    case .fbrd: fractionalDivisor = value & 0x3F
    case .lcrH: lineControl = value & 0xFF
    case .cr: control = value & 0xFFFF
    case .ifls: fifoLevels = value & 0x3F
    case .imsc: interruptMask = value & PL011Interrupts.implemented
    case .icr: interruptStatus &= ~value
    case .dmacr: dmaControl = value & 7
    case .fr, .ris, .mis, nil: break
    }
    return .none
  }
}
