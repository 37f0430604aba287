// PrimeCell UART (PL011, DDI 0183), as QEMU's board has it: characters leave at once, whether or
// not the UART is enabled, and the receive interrupt comes with the first character instead of at
// the FIFO's trigger level. What the guest sends is kept for `takeOutput`; what it will receive
// waits in `pendingInput` until the FIFO has room, so that nothing typed is lost.

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
    var control: UInt32 = 0x300
    /// UARTIFLS.
    var fifoLevels: UInt32 = 0x12
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

  private static let receiveInterrupt: UInt32 = 1 << 4
  private static let transmitInterrupt: UInt32 = 1 << 5
  private static let implementedInterrupts: UInt32 = 0x7FF
  private static let fifoEnable: UInt32 = 1 << 4
  private static let breakEnable: UInt32 = 1 << 0
  private static let loopBack: UInt32 = 1 << 7
  private static let breakError: UInt16 = 1 << 10
  private static let identification: [UInt8] = [0x11, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1]

  /// UARTINTR, the combined interrupt.
  var interruptLines: UInt32 {
    state.interruptStatus & state.interruptMask & PL011.implementedInterrupts != 0 ? 1 : 0
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

  private var isLoopedBack: Bool { state.control & PL011.loopBack != 0 }

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
    var flags: UInt32 = 0x80 | state.modemInputs
    if state.receiveFIFO.isEmpty { flags |= 0x10 }
    if state.receiveFIFO.count >= fifoDepth { flags |= 0x40 }
    return flags
  }

  /// Reads a register.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    switch offset & ~3 {
    case 0x00:
      guard !state.receiveFIFO.isEmpty else { return 0 }
      let character = state.receiveFIFO.removeFirst()
      if state.receiveFIFO.isEmpty { state.interruptStatus &= ~PL011.receiveInterrupt }
      state.receiveStatus = UInt32(character >> 8)
      fillFIFO()
      return UInt32(character)
    case 0x04: return state.receiveStatus
    case 0x18: return flags
    case 0x20: return state.lowPower
    case 0x24: return state.integerDivisor
    case 0x28: return state.fractionalDivisor
    case 0x2C: return state.lineControl
    case 0x30: return state.control
    case 0x34: return state.fifoLevels
    case 0x38: return state.interruptMask
    case 0x3C: return state.interruptStatus
    case 0x40: return state.interruptStatus & state.interruptMask
    // Write-only; the manual says nothing about reads, QEMU reads zero.
    case 0x44: return 0
    case 0x48: return state.dmaControl
    case 0xFE0...0xFFC: return UInt32(PL011.identification[Int(offset - 0xFE0) >> 2])
    default:
      host.hasNoRegister(offset)
      return 0
    }
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    switch offset & ~3 {
    case 0x00:
      output.append(UInt8(truncatingIfNeeded: value))
      if tellsLineEnds, value & 0xFF == 0x0A { host.tellLineEnd() }
      if isLoopedBack { put(UInt16(value & 0xFF)) }
      state.interruptStatus |= PL011.transmitInterrupt
    case 0x04: state.receiveStatus = 0
    case 0x18, 0x3C, 0x40, 0xFE0...0xFFC: break
    case 0x20: state.lowPower = value & 0xFF
    case 0x24: state.integerDivisor = value & 0xFFFF
    case 0x28: state.fractionalDivisor = value & 0x3F
    case 0x2C: writeLineControl(value & 0xFF)
    case 0x30:
      state.control = value & 0xFFFF
      loopModemLines()
      fillFIFO()
    case 0x34: state.fifoLevels = value & 0x3F
    case 0x38: state.interruptMask = value & PL011.implementedInterrupts
    case 0x44: state.interruptStatus &= ~value
    case 0x48:
      state.dmaControl = value & 0x7
      if value & 0b11 != 0 { host.isNotModelled(offset, value, "there is no DMA controller") }
    default: host.hasNoRegister(offset, value)
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
    let control = state.control
    let ri: UInt32 = control >> 13 & 1
    let dcd: UInt32 = control >> 12 & 1
    let cts: UInt32 = control >> 11 & 1
    let dsr: UInt32 = control >> 10 & 1
    state.modemInputs = ri << 8 | dcd << 2 | dsr << 1 | cts
    state.interruptStatus =
      state.interruptStatus & ~0xF | (dsr << 3 | dcd << 2 | cts << 1 | ri)
  }
}
