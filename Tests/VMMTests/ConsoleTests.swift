// The guest's UART and what becomes of its characters.

import Arm
import KVM
import Testing
import Text
import VMM

@Suite struct ConsoleTests {
  @Test func theReceiveInterruptFollowsTheFIFO() {
    var uart = PL011()
    _ = uart.write(0x38, 0x10)
    #expect(!uart.interruptLine)
    uart.receive(0x41)
    uart.receive(0x42)
    #expect(uart.interruptLine)
    #expect(same(uart.read(0x18) & 0x10, 0))
    #expect(same(uart.read(0x00), 0x41))
    #expect(uart.interruptLine)
    #expect(same(uart.read(0x00), 0x42))
    #expect(!uart.interruptLine)
    #expect(!same(uart.read(0x18) & 0x10, 0))
    #expect(same(uart.read(0x00), 0))
  }

  @Test func whatWasTypedAheadInterruptsAgainWhenItMovesUp() {
    var uart = PL011()
    _ = uart.write(0x2C, 0x10)
    for index in 0..<40 { uart.receive(UInt8(index)) }
    // What Linux does as it opens the port: clears the interrupt, and reads 32 characters at most.
    _ = uart.write(0x44, 0x10)
    for _ in 0..<20 { _ = uart.read(0) }
    _ = uart.write(0x38, 0x10)
    #expect(uart.interruptLine)
    for _ in 0..<20 { _ = uart.read(0) }
    #expect(!uart.interruptLine)
  }

  @Test func aLongMessageStillEndsItsLine() {
    let host = FakeKernel()
    var message = Message()
    for _ in 0..<500 { message.put(0x61) }
    message.add("\n")
    message.write(host, to: 2)
    #expect(host.text(2) == String(repeating: "a", count: 399) + "\n")
  }

  @Test func theTransmitInterruptIsClearedAndComesAgain() {
    var uart = PL011()
    _ = uart.write(0x38, 0x20)
    #expect(same(uart.write(0x00, 0x141), .send(0x41)))
    #expect(uart.interruptLine)
    #expect(same(uart.read(0x40), 0x20))
    _ = uart.write(0x44, 0x20)
    #expect(!uart.interruptLine)
  }

  @Test func whatDoesNotFitIsLostAndNothingElse() {
    var uart = PL011()
    for index in 0..<300 { uart.receive(UInt8(truncatingIfNeeded: index)) }
    #expect(uart.room == 0)
    for index in 0..<256 { #expect(same(uart.read(0), UInt32(index))) }
    #expect(uart.room == 256)
  }

  @Test func theIdentificationIsThatOfAPL011() {
    var uart = PL011()
    let bytes = (0..<8).map { uart.read(0xFE0 + $0 * 4) }
    #expect(bytes == [0x11, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1])
  }

  @Test func linesAreWrittenAtOnceAndMessagesOnLinesOfTheirOwn() {
    let host = FakeKernel()
    var console = Console()
    #expect(same(console.send(host, 0x61), true))
    #expect(same(console.send(host, 0x62), false))
    #expect(host.text(1).isEmpty && console.isWaiting)
    #expect(same(console.send(host, 0x0A), false))
    #expect(host.text(1) == "ab\n" && !console.isWaiting)
    _ = console.send(host, 0x63)
    console.say(host, Message("vmm: x\n"))
    #expect(host.text(1) == "ab\n" && host.text(2) == "vmm: x\n")
    console.flush(host)
    console.say(host, Message("vmm: y\n"))
    #expect(host.text(1) == "ab\nc" && host.text(2) == "vmm: x\n\nvmm: y\n")
  }

  @Test func aNameBeginsEveryLineAndLinesAreWhole() {
    let host = FakeKernel()
    var console = Console(name: Text("a"))
    for byte in Array("one".utf8) { #expect(same(console.send(host, byte), false)) }
    #expect(!console.isWaiting && host.text(1).isEmpty)
    for byte in Array("\n\ntwo".utf8) { _ = console.send(host, byte) }
    console.say(host, Message("vmm: x\n"))
    #expect(host.text(1) == "a| one\na| \n")
    #expect(host.text(2) == "a| vmm: x\n")
    for byte in Array(String(repeating: "b", count: 600).utf8) { _ = console.send(host, byte) }
    _ = console.send(host, 0x0A)
    #expect(host.text(1).hasPrefix("a| one\na| \na| twobb"))
    #expect(host.text(1).filter { $0 == "b" }.count == 600)
  }

  @Test func anAnnouncedAddressIsFoundInItsLine() {
    var console = Console()
    func feed(_ text: String) -> UInt64? {
      var found: UInt64?
      for byte in text.utf8 {
        if let address = console.announcement(byte, after: Text("physical ")) {
          found = address.rawValue
        }
      }
      return found
    }
    #expect(same(feed("maps 0x10 physical 0x00000000419f9000 bytes\n"), 0x419F_9000))
    #expect(same(feed("physical\n"), nil))
    #expect(same(feed("physical xyz\n"), nil))
    #expect(same(feed("physical ff\n"), 0xFF))
    #expect(same(feed(String(repeating: "a", count: 1000) + "physical 1\n"), nil))
  }
}
