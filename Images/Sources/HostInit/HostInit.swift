// The first process of a host: the same file on Debian's kernel and on our hypervisor. Mounts what
// programs expect, runs the experiment's /script (Script.swift), says how each program ended, and
// switches the machine off. The lines are those of Images/Initrd/init.

import GuestEntry
import GuestRuntime
import KVM
import Text

@main enum HostInit {
  /// Bytes of the script, at most.
  static let scriptLimit: UInt64 = 0x1_0000

  static func main() {
    mount("/dev", "devtmpfs")
    mount("/proc", "proc")
    mount("/sys", "sysfs")
    sayHello()
    guard let memory = Linux.map(scriptLimit + 4096), let size = readScript(memory) else {
      print("init: no /script")
      powerOff()
    }
    var programs = Programs(scratch: memory + scriptLimit)
    var start = memory
    var number: UInt64 = 1
    while start < memory + size {
      var end = start
      while end < memory + size, load_byte(end) != 0x0A { end += 1 }
      obey(ScriptLine(start, end), number, &programs)
      start = end + 1
      number += 1
    }
    programs.wait(for: 0)
    print("init: script ended")
    powerOff()
  }

  /// It may be there already, and a kernel that is ours needs none.
  private static func mount(_ folder: StaticString, _ kind: StaticString) {
    _ = call(.makeDirectoryAt, here, address(folder), 0o755)
    _ = call(.mount, address(kind), address(folder), address(kind), 0)
  }

  /// AT_FDCWD.
  static let here = UInt64(bitPattern: -100)

  static func call(
    _ call: SystemCall, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0
  ) -> Int64 {
    linux_call(call.rawValue, a, b, c, d, 0, 0)
  }

  /// Where a text is; it ends with a zero, as every literal does.
  static func address(_ text: StaticString) -> UInt64 {
    unsafe UInt64(UInt(bitPattern: text.utf8Start))
  }

  /// The kernel's name and release: struct new_utsname has six fields of 65 bytes.
  private static func sayHello() {
    var names = InlineArray<390, UInt8>(repeating: 0)
    _ = unsafe withUnsafeMutablePointer(to: &names) {
      call(.uname, UInt64(UInt(bitPattern: $0)))
    }
    var line = Line(Sentence.initProcess.form)
    for field in 0..<2 {
      // sysname is the first, release the third.
      var index = field * 130
      while index < field * 130 + 64, names[index] != 0 {
        line.put(names[index])
        index += 1
      }
      line.add(" ")
    }
    line.add("is up")
    line.print()
  }

  /// Reads /script; its size, or nil without one.
  private static func readScript(_ memory: UInt64) -> UInt64? {
    let file = call(.openAt, here, address("/script"), 0)
    guard file >= 0 else { return nil }
    var size: UInt64 = 0
    while size < scriptLimit - 1 {
      let count = call(.read, UInt64(file), memory + size, scriptLimit - 1 - size)
      guard count > 0 else { break }
      size += UInt64(count)
    }
    _ = call(.close, UInt64(file))
    return size
  }

  private static func obey(_ line: ScriptLine, _ number: UInt64, _ programs: inout Programs) {
    if line.isMalformed {
      complain(number, "a quote without its end, words after &, or too many words")
    } else if line.count == 0 {
      return
    } else if line.word(0, is: "run"), line.count > 1 {
      programs.run(line)
    } else if line.word(0, is: "wait"), line.count == 1 {
      programs.wait(for: 0)
    } else if line.word(0, is: "sleep"), let seconds = line.number(1) {
      sleep(seconds)
    } else if line.word(0, is: "echo") {
      echo(line)
    } else {
      complain(number, "accepted are run, wait, sleep and echo")
    }
  }

  private static func complain(_ number: UInt64, _ what: StaticString) {
    var line = Line("init: /script:")
    line.add(decimal: number)
    line.add(": ")
    line.add(what)
    line.print()
  }

  private static func echo(_ words: ScriptLine) {
    var line = Line("")
    for index in 1..<max(words.count, 1) {
      if index > 1 { line.add(" ") }
      line.add(from: words.word(index))
    }
    line.print()
  }

  private static func sleep(_ seconds: UInt64) {
    let time = (seconds, 0 as UInt64)
    _ = unsafe withUnsafePointer(to: time) {
      call(.nanosleep, UInt64(UInt(bitPattern: $0)), 0)
    }
  }

  /// Switches the machine off. LINUX_REBOOT_CMD_POWER_OFF.
  private static func powerOff() -> Never {
    _ = call(.sync)
    _ = call(.reboot, 0xFEE1_DEAD, 672_274_793, 0x4321_FEDC)
    Linux.exit(1)
  }
}

extension Line {
  /// Adds the text at an address, which ends with a zero.
  mutating func add(from address: UInt64) {
    var place = address
    while load_byte(place) != 0 {
      put(load_byte(place))
      place += 1
    }
  }
}
