// PrimeCell UART (PL011, DDI 0183), as QEMU's board has it: characters leave at once, whether or
// not the UART is enabled, and the receive interrupt comes with the first character instead of at
// the FIFO's trigger level. What the guest sends is kept for `takeOutput`; what it will receive
// waits in `pendingInput` until the FIFO has room, so that nothing typed is lost.

import Arm
import Platform

/// A UART.
public final class PL011: WordDevice {
  /// All that changes, but for the output.
  public struct State: DeviceState {
    /// UARTRSR: errors of the last character read.
    var receiveStatus: UInt32 = 0
    /// UARTILPR.
    var lowPower: UInt32 = 0
    /// UARTIBRD, 16 bits.
    var integerDivisor: UInt32 = 0
    /// UARTFBRD, 6 bits.
    var fractionalDivisor: UInt32 = 0
    /// UARTLCR_H.
    var lineControl: UInt32 = 0
    /// UARTCR.
    var control = PL011Register.resetControl
    /// UARTIFLS.
    var fifoLevels = PL011Register.resetLevels
    /// UARTIMSC.
    var interruptMask: UInt32 = 0
    /// UARTRIS.
    var interruptStatus: UInt32 = 0
    /// UARTDMACR.
    var dmaControl: UInt32 = 0
    /// The modem inputs in UARTFR: RI, DCD, DSR, CTS.
    ///
    /// Not connected unless looped back.
    var modemInputs: UInt32 = 0
    /// The receive FIFO, oldest first: characters with UARTDR's error bits.
    var receiveFIFO: [UInt16] = []
    /// Characters that arrived and do not fit the FIFO yet, oldest first.
    public internal(set) var pendingInput: [UInt8] = []

    /// A UART in reset.
    public init() {}

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for word in [
        receiveStatus, lowPower, integerDivisor, fractionalDivisor, lineControl, control,
        fifoLevels, interruptMask, interruptStatus, dmaControl, modemInputs,
      ] {
        hash.combine(word)
      }
      hash.combine(contentsOf: receiveFIFO)
      hash.combine(contentsOf: pendingInput)
    }
  }

  /// All that changes, but for the output.
  public var state = State()
  /// What was sent and not taken yet.
  private var output: [UInt8] = []
  /// Whether the bus is told of every end of a line.
  var tellsLineEnds = false

  /// A UART in reset.
  public init() {}

  private static var receiveInterrupt: UInt32 { UInt32(PL011Interrupts.rx.mask) }
  private static var transmitInterrupt: UInt32 { UInt32(PL011Interrupts.tx.mask) }
  private static var fifoEnable: UInt32 { UInt32(PL011LineControl.fen.mask) }
  private static var breakEnable: UInt32 { UInt32(PL011LineControl.brk.mask) }
  /// UARTDR.BE.
  private static let breakError: UInt16 = 1 << 10

  /// UARTINTR, the combined interrupt.
  var interruptLines: UInt32 {
    state.interruptStatus & state.interruptMask & PL011Interrupts.implemented != 0 ? 1 : 0
  }

  /// Forgets everything but what it has sent.
  func reset() { state = State() }

  /// The bytes sent since the last call.
  public func takeOutput() -> [UInt8] {
    defer { output.removeAll() }
    return output
  }

  /// Characters arrive.
  ///
  /// Whoever calls must let the bus `settle` it.
  public func receive(_ bytes: [UInt8]) {
    state.pendingInput += bytes
    fillFIFO()
  }

  /// Whether a character that arrives interrupts, and none waits.
  var isListening: Bool {
    state.interruptMask & PL011.receiveInterrupt != 0 && state.receiveFIFO.isEmpty
      && state.pendingInput.isEmpty
  }

  private var fifoDepth: Int { state.lineControl & PL011.fifoEnable != 0 ? 16 : 1 }

  private var isLoopedBack: Bool { UInt64(state.control) & PL011Control.lbe.mask != 0 }

  private func put(_ character: UInt16) {
    guard state.receiveFIFO.count < fifoDepth else { return }
    state.receiveFIFO.append(character)
    if state.receiveFIFO.count == 1 { state.interruptStatus |= PL011.receiveInterrupt }
  }

  private func fillFIFO() {
    // In loopback the receive pin is disconnected; what arrives waits.
    guard !isLoopedBack, !state.pendingInput.isEmpty else { return }
    let count = min(fifoDepth - state.receiveFIFO.count, state.pendingInput.count)
    for byte in state.pendingInput.prefix(count) { put(UInt16(byte)) }
    state.pendingInput.removeFirst(count)
  }

  private var flags: UInt32 {
    var flags = PL011Flags(rawValue: PL011Flags.txfe.mask | UInt64(state.modemInputs))
    if state.receiveFIFO.isEmpty { flags[PL011Flags.rxfe] = 1 }
    if state.receiveFIFO.count >= fifoDepth { flags[PL011Flags.rxff] = 1 }
    return UInt32(flags.rawValue)
  }

  /// Reads a register.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    guard let register = PL011Register(rawValue: offset & ~3) else {
      if PL011Register.identification.contains(offset & ~3) {
        return PL011Register.identification(at: offset)
      }
      host.hasNoRegister(offset)
      return 0
    }
    switch register {
    case .dr:
      guard !state.receiveFIFO.isEmpty else { return 0 }
      let character = state.receiveFIFO.removeFirst()
      if state.receiveFIFO.isEmpty { state.interruptStatus &= ~PL011.receiveInterrupt }
      state.receiveStatus = UInt32(character >> 8)
      fillFIFO()
      return UInt32(character)
    case .rsr: return state.receiveStatus
    case .fr: return flags
    case .ilpr: return state.lowPower
    case .ibrd: return state.integerDivisor
    case .fbrd: return state.fractionalDivisor
    case .lcrH: return state.lineControl
    case .cr: return state.control
    case .ifls: return state.fifoLevels
    case .imsc: return state.interruptMask
    case .ris: return state.interruptStatus
    case .mis: return state.interruptStatus & state.interruptMask
    // Write-only; the manual says nothing about reads, QEMU reads zero.
    case .icr: return 0
    case .dmacr: return state.dmaControl
    }
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    switch PL011Register(rawValue: offset & ~3) {
    case .dr:
      output.append(UInt8(truncatingIfNeeded: value))
      if tellsLineEnds, value & 0xFF == 0x0A { host.tellLineEnd() }
      if isLoopedBack { put(UInt16(value & 0xFF)) }
      state.interruptStatus |= PL011.transmitInterrupt
    case .rsr: state.receiveStatus = 0
    case .fr, .ris, .mis: break
    case .ilpr: state.lowPower = value & 0xFF
    case .ibrd: state.integerDivisor = value & 0xFFFF
    case .fbrd: state.fractionalDivisor = value & 0x3F
    case .lcrH: writeLineControl(value & 0xFF)
    case .cr:
      state.control = value & 0xFFFF
      loopModemLines()
      fillFIFO()
    case .ifls: state.fifoLevels = value & 0x3F
    case .imsc: state.interruptMask = value & PL011Interrupts.implemented
    case .icr: state.interruptStatus &= ~value
    case .dmacr:
      state.dmaControl = value & 0x7
      if value & 0b11 != 0 { host.isNotModelled(offset, value, "there is no DMA controller") }
    case nil where PL011Register.identification.contains(offset & ~3): break
    case nil: host.hasNoRegister(offset, value)
    }
  }

  /// Switching the FIFOs on or off empties them.
  ///
  /// DDI 0183 3.3.7.
  private func writeLineControl(_ value: UInt32) {
    let changed = state.lineControl ^ value
    if changed & PL011.fifoEnable != 0 { state.receiveFIFO.removeAll() }
    state.lineControl = value
    if changed & value & PL011.breakEnable != 0, isLoopedBack { put(PL011.breakError) }
    fillFIFO()
  }

  /// In loopback, the modem outputs drive the modem inputs.
  ///
  /// DDI 0183 3.3.8, LBE.
  private func loopModemLines() {
    guard isLoopedBack else { return }
    let control = PL011Control(rawValue: UInt64(state.control))
    var inputs = PL011Flags(rawValue: 0)
    inputs[PL011Flags.ri] = control[PL011Control.out2]
    inputs[PL011Flags.dcd] = control[PL011Control.out1]
    inputs[PL011Flags.cts] = control[PL011Control.rts]
    inputs[PL011Flags.dsr] = control[PL011Control.dtr]
    state.modemInputs = UInt32(inputs.rawValue)
    var status = PL011Interrupts(rawValue: UInt64(state.interruptStatus))
    status[PL011Interrupts.ri] = inputs[PL011Flags.ri]
    status[PL011Interrupts.dcd] = inputs[PL011Flags.dcd]
    status[PL011Interrupts.cts] = inputs[PL011Flags.cts]
    status[PL011Interrupts.dsr] = inputs[PL011Flags.dsr]
    state.interruptStatus = UInt32(truncatingIfNeeded: status.rawValue)
  }
}
