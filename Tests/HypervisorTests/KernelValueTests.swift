// What the kernel's values promise by themselves: signals that wait, the line discipline, ASIDs.

import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct KernelValueTests {
  private func signal(_ number: UInt64, from sender: Int32 = 1) -> SignalInformation {
    SignalInformation(number: number, code: SignalCode.user.rawValue, sender: sender)
  }

  private func busError(_ address: UInt64) -> SignalInformation {
    SignalInformation(.bus, .kernel, address: address)
  }

  @Test func standardSignalsWaitOnceAndOthersQueue() {
    var queue = SignalQueue()
    #expect([1, 2].map { queue.add(signal(10, from: $0)) } == [true, false])
    let queued = (0..<127 as Range<Int32>).map { queue.add(signal(40, from: $0)) }
    #expect(queued == [Bool](repeating: true, count: 127))
    // Full: of each number one more at most.
    #expect([40, 41, 41].map { queue.add(signal($0)) } == [false, true, false])
    #expect(queue.signals.count == 129)
    queue.drop(40)
    queue.drop(63)
    #expect(queue.signals.count == 128 && queue.signals[1].sender == 1)
    let first = queue.take(at: 0)
    #expect(first == signal(10) && !queue.contains(10) && queue.contains(41))
  }

  @Test func twoErrorsAreTwoSignalsOneAfterTheOther() {
    var forced = ForcedSignals()
    for address in [1, 2, 1] as [UInt64] { forced.add(busError(address)) }
    #expect(forced.signals.map(\.address) == [1, 2])
    // The first comes whatever is blocked, the second when the handler is left.
    #expect(forced.deliverable(.max)?.address == 1)
    forced.removeFirst()
    #expect(forced.deliverable(Signal.bus.bit) == nil && forced.deliverable(0)?.address == 2)
    for address in 10..<40 as Range<UInt64> { forced.add(busError(address)) }
    #expect(forced.signals.count == 16)
    forced.add(SignalInformation(.kill, .kernel))
    #expect(forced.signals.map(\.number) == [Signal.kill.rawValue])
    #expect(forced.deliverable(.max) != nil)
  }

  @Test func nobodyBlocksKillAndStop() {
    var signals = ThreadSignals()
    signals.mask = .max
    #expect(signals.mask == ~(Signal.kill.bit | Signal.stop.bit))
    #expect(signals.blocks(signal(64)) && !signals.blocks(signal(9)))
    signals.mask = 2
    signals.putAwayMask(for: .max)
    #expect(!signals.blocks(signal(9)) && signals.blocks(signal(19)) == false)
    signals.restoreMask()
    signals.restoreMask()
    #expect(signals.mask == 2)
    // The frame of a handler has the mask that was put away; nothing is restored before it returns.
    signals.putAwayMask(for: 4)
    var action = SignalAction()
    action.mask = 1 << 20
    signals.enterHandler(signal(7), action)
    #expect(signals.savedMask == nil && signals.mask == 4 | 1 << 20 | 1 << 6)
    action.flags = .noDefer
    signals.enterHandler(signal(12), action)
    #expect(signals.mask == 4 | 1 << 20 | 1 << 6)
  }

  /// What is seen of bytes that are typed.
  private func typed(_ bytes: [UInt8], _ console: inout ConsoleState) -> [UInt8] {
    var seen: [UInt8] = []
    for byte in bytes { console.type(byte) { seen.append($0) } }
    return seen
  }

  @Test func aLineIsReadWhenItIsWhole() {
    var console = ConsoleState()
    var seen = typed([0x61], &console)
    #expect(seen == [0x61] && console.input.isEmpty)
    seen = typed([127, 127], &console)
    #expect(seen == [8, 32, 8])
    seen = typed([0x62, 13], &console)
    #expect(seen == [0x62, 13, 10])
    _ = typed(Array("cd\n".utf8), &console)
    #expect(console.readable(1) == [0x62] && console.readable(100) == [0x62, 10])
    console.remove(2)
    #expect(console.readable(100) == Array("cd\n".utf8))
  }

  @Test func withoutLinesEveryByteIsReadAndAttributesComeBack() {
    var console = ConsoleState()
    _ = typed([0x61], &console)
    #expect(console.attributes.count == Int(Terminal.size))
    // All of them different; none of ICANON, ECHO and ISIG in c_lflag.
    var attributes = (0..<UInt8(Terminal.size)).map { $0 ^ 0xA5 }
    attributes[12] = 0
    console.setAttributes(attributes)
    #expect(console.attributes == attributes)
    let seen = typed([3], &console)
    #expect(seen.isEmpty && console.readable(9) == [0x61, 3])
    _ = typed([UInt8](repeating: 0x7A, count: 5000), &console)
    #expect(console.input.count == ConsoleState.most)
    #expect(console.readable(.max).count == ConsoleState.most)
  }

  @Test func aLineThatIsTooLongIsNotReadAndEndsNothing() {
    var console = ConsoleState()
    let long = [UInt8](repeating: 0x61, count: 3000) + [10]
    _ = typed(long + long, &console)
    #expect(console.input.count == 3001)
    console.remove(3001)
    _ = typed(Array("e\n".utf8), &console)
    #expect(console.readable(9) == Array("e\n".utf8))
  }

  @Test func everyASIDIsTakenOnce() {
    var numbers = AddressSpaceNumbers()
    for expected in 1...255 as ClosedRange<UInt16> {
      #expect(numbers.lowestFree == expected)
      numbers.take(expected)
    }
    #expect(numbers.lowestFree == nil)
    numbers.giveBack(17)
    #expect(numbers.lowestFree == 17)
  }
}
