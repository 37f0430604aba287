// PrimeCell GPIO (PL061, DDI 0190), eight pins. On the board two of them: a Non-secure one whose
// pin 3 is the power button, and a Secure one whose pins 0 and 1 switch off and reset. Pins that
// are inputs read what was put on them; the outputs rest low (QEMU's pull-downs).

import Platform

/// A GPIO controller.
public final class PL061: WordDevice {
  /// All that changes.
  public struct State: DeviceState {
    /// GPIODATA: the level of each pin.
    var data: UInt8 = 0
    /// Levels of the input pins when they were last looked at.
    var oldInputs: UInt8 = 0
    /// GPIODIR: 1 is an output.
    var direction: UInt8 = 0
    /// GPIOIS: 1 is level-sensitive.
    var sense: UInt8 = 0
    /// GPIOIBE: both edges.
    var bothEdges: UInt8 = 0
    /// GPIOIEV: rising edge, or high level.
    var event: UInt8 = 0
    /// GPIOIE.
    var interruptEnable: UInt8 = 0
    /// GPIORIS.
    var interruptStatus: UInt8 = 0
    /// GPIOAFSEL.
    var alternateFunction: UInt8 = 0

    /// A controller in reset.
    public init() {}

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for byte in [
        data, oldInputs, direction, sense, bothEdges, event, interruptEnable, interruptStatus,
        alternateFunction,
      ] {
        hash.combine(byte)
      }
    }
  }

  /// All that changes.
  public var state = State()

  /// What a rising output asks of the board, the strongest request first.
  private let power: [(pin: Int, request: PowerRequest)]

  /// A controller in reset.
  ///
  /// - Parameter power: Output pins (0...7) that ask something of the board when they rise; if many
  ///   rise at once, the first in the list counts.
  init(power: [(pin: Int, PowerRequest)] = []) { self.power = power.map { ($0.pin, $0.1) } }

  /// GPIOINTR.
  var interruptLines: UInt32 { state.interruptStatus & state.interruptEnable != 0 ? 1 : 0 }

  /// Forgets everything.
  func reset() { state = State() }

  /// Levels that the output pins drive; inputs count as low.
  private var outputs: UInt8 { state.data & state.direction }

  /// Puts a level on an input pin (0...7).
  ///
  /// Whoever calls must let the bus `settle` it.
  func setInput(_ pin: Int, _ level: Bool) {
    let mask = UInt8(1) << UInt8(pin & 7)
    guard state.direction & mask == 0 else { return }
    state.data = level ? state.data | mask : state.data & ~mask
    update()
  }

  private func update() {
    let changed = (state.oldInputs ^ state.data) & ~state.direction
    if changed != 0 {
      state.oldInputs = state.data
      let edges = changed & ~state.sense
      state.interruptStatus |= edges & (state.bothEdges | ~(state.data ^ state.event))
    }
    state.interruptStatus |= ~(state.data ^ state.event) & state.sense
  }

  /// Reads a register.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    let value: UInt8
    switch PL061Register(rawValue: offset) {
    case .dir: value = state.direction
    case .is: value = state.sense
    case .ibe: value = state.bothEdges
    case .iev: value = state.event
    case .ie: value = state.interruptEnable
    case .ris: value = state.interruptStatus
    case .mis: value = state.interruptStatus & state.interruptEnable
    // Write-only.
    case .ic: value = 0
    case .afsel: value = state.alternateFunction
    case nil where PL061Register.data.contains(offset):
      value = state.data & PL061Register.pins(at: offset)
    case nil where PL061Register.identification.contains(offset):
      value = PL061Register.identification(at: offset)
    case nil:
      host.hasNoRegister(offset)
      return 0
    }
    return UInt32(value)
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    let before = outputs
    let byte = UInt8(truncatingIfNeeded: value)
    switch PL061Register(rawValue: offset) {
    case .dir: state.direction = byte
    case .is: state.sense = byte
    case .ibe: state.bothEdges = byte
    case .iev: state.event = byte
    case .ie: state.interruptEnable = byte
    case .ic: state.interruptStatus &= ~byte
    case .afsel: state.alternateFunction = byte
    case .ris, .mis: return
    case nil where PL061Register.data.contains(offset):
      let mask = PL061Register.pins(at: offset) & state.direction
      state.data = state.data & ~mask | byte & mask
    case nil where PL061Register.identification.contains(offset): return
    case nil: return host.hasNoRegister(offset, value)
    }
    update()
    let risen = outputs & ~before
    if let first = power.first(where: { risen >> UInt8($0.pin) & 1 == 1 }) {
      host.request(first.request)
    }
  }
}
