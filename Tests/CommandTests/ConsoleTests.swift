// The console of `faultline boot`: a person at a terminal, and a script through a pipe.

import Foundation
import Support
import Testing

@testable import faultline

@Suite struct PaceTests {
  @Test func aWaitTakesAsLongAsItSaysAndNothingIsOwed() {
    var pace = Pace()
    let start = ContinuousClock().now
    #expect(pace.waitLimit(at: 5_000, start) == 5_000)
    #expect(pace.waits(until: 20_005_000, at: 5_000, start) == 20)
    #expect(pace.waitLimit(at: 5_000, start + .milliseconds(12)) == 12_005_000)
    #expect(pace.waits(until: 20_005_000, at: 12_005_000, start + .milliseconds(12)) == 8)
    #expect(pace.waits(until: 20_005_000, at: 20_000_000, start + .milliseconds(30)) == 0)
    // It computes for ten seconds of ours, in two of its own: the next wait is as long as it says.
    pace.computes()
    let later = start + .seconds(10)
    #expect(pace.waitLimit(at: 2_000_000_000, later) == 2_000_000_000)
    #expect(pace.waits(until: 2_050_000_000, at: 2_000_000_000, later) == 50)
    #expect(pace.waits(until: .max, at: 2_000_000_000, later) == 1000)
  }
}

@Suite(.serialized) struct ConsoleTests {
  private func requireInputs() throws -> String {
    for file in [
      ".build/images/firmware.bin", ".build/images/initrd.cpio", ".cache/linux/cloud/vmlinuz",
    ] {
      _ = try Checkout.required(file)
    }
    return try Checkout.required(".build/release/faultline")
  }

  @Test func aScriptThroughAPipeReachesTheShell() throws {
    let tool = try requireInputs()
    let outcome = try execute(
      "/bin/bash",
      [
        "-c",
        "printf 'echo answer $((40 + 2))\\npoweroff -f\\n' | '\(tool)' boot --append 'console=ttyAMA0 quiet'",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("answer 42"), "\(outcome.output.suffix(500))")
    #expect(outcome.output.contains("Power down"))
  }

  /// A person: waits for the prompt, is idle, has a loop run, sleeps a second, asks for help, leaves.
  private static let person = """
    import os, pty, sys, time, select
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], [sys.argv[1], 'boot', '--append', 'console=ttyAMA0 quiet'])
    seen = b''
    def wait(word, limit):
        global seen
        start = time.time()
        while word not in seen:
            if time.time() - start > limit: print('no', word, seen[-300:]); os.kill(pid, 9); sys.exit(1)
            if select.select([fd], [], [], 0.1)[0]:
                try: seen += os.read(fd, 4096)
                except OSError: break
        seen = seen[seen.find(word) + len(word):] if word in seen else seen
        return time.time() - start
    wait(b'Ctrl-A x leaves, Ctrl-A h helps', 60)
    wait(b'/ # ', 300)
    time.sleep(3)
    os.write(fd, b'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo lo""op\\r')
    loop = wait(b'\\nloop\\r', 120)
    wait(b'/ # ', 60)
    os.write(fd, b'sleep 1; echo sl""ept\\r')
    slept = wait(b'\\nslept\\r', 60)
    wait(b'/ # ', 60)
    os.write(fd, b'\\x01h')
    wait(b'this help', 60)
    os.write(fd, b'\\x01x')
    print('loop %.2f' % loop, 'slept %.2f' % slept, 'status', os.waitpid(pid, 0)[1])
    """

  @Test func anIdleShellDoesNotMakeTheMachineSlowAndASecondIsASecond() throws {
    let tool = try requireInputs()
    let outcome = try execute("/usr/bin/python3", ["-c", Self.person, tool])
    #expect(outcome.status == 0, "\(outcome.output)")
    let words = outcome.output.split(whereSeparator: \.isWhitespace)
    try #require(words.count == 6, "\(outcome.output)")
    // The loop is less than a second's work; it took a hundred times as long as the waiting before.
    #expect(try #require(Double(words[1])) < 30)
    #expect(try #require(Double(words[3])) > 0.9)
    #expect(words[5] == "0")
  }
}
