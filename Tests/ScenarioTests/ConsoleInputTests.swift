// The console in the other direction.

import Foundation
import Scenario
import Support
import Testing

/// What is typed reaches a shell in the guest.
@Suite struct ConsoleInputTests {
  @Test func aShellAnswersWhatIsTyped() throws {
    let target = try BoardTarget(
      cores: 1, memory: 512 << 20, firmware: Checkout.bytes(".build/images/firmware.bin"),
      kernel: Checkout.bytes(".cache/linux/cloud/vmlinuz"),
      initrd: Checkout.bytes(".build/images/initrd.cpio"),
      commandLine: "console=ttyAMA0 quiet")
    var text = ""
    func run(until wanted: String, _ limit: UInt64) -> Bool {
      let end = target.instructions + limit
      while target.instructions < end {
        let stop = target.run(instructions: 100_000)
        text += String(decoding: target.takeConsole(), as: UTF8.self)
        if text.contains(wanted) { return true }
        if stop == .powerOff { return false }
        // A shell that waits for keys leaves nothing to execute but the tick.
        if stop == .idle { return false }
      }
      return false
    }
    try #require(run(until: "/ # ", 4_000_000_000), "\(text.suffix(500))")
    text = ""
    target.type(Array("echo answer $((40 + 2))\r".utf8))
    #expect(run(until: "answer 42", 500_000_000), "\(text.suffix(500))")
    text = ""
    target.type(Array("poweroff -f\r".utf8))
    #expect(!run(until: "never", 500_000_000))
    #expect(text.contains("Power down"), "\(text.suffix(500))")
  }
}
