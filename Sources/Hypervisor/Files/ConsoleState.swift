// A terminal's line discipline, as far as a shell and a VMM need one: Linux's drivers/tty/n_tty.c.

/// What was typed, and how it is to be read.
struct ConsoleState {
  /// As many bytes typed wait at most.
  static let most = 4096

  /// Bytes typed that a read may take.
  private(set) var input: [UInt8] = []
  /// The line that is being typed, in canonical mode.
  private var line: [UInt8] = []
  /// c_iflag, c_oflag, c_cflag, c_lflag as Linux has them for a fresh terminal.
  private var inputFlags: UInt32 = 0x500
  private var outputFlags: UInt32 = 0x5
  private var controlFlags: UInt32 = 0xcbd
  private var localFlags: UInt32 = 0x8a3b
  /// c_line and c_cc.
  private var control: [UInt8] = [
    0, 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0,
  ]

  private var isCanonical: Bool { localFlags & 2 != 0 }
  private var echoes: Bool { localFlags & 8 != 0 }
  private var translatesReturn: Bool { inputFlags & 0x100 != 0 }
  /// Whether a line feed is sent as carriage return and line feed.
  var translatesLineFeed: Bool { outputFlags & 5 == 5 }

  /// A byte is typed; `show` gets what is to be seen of it.
  mutating func type(_ raw: UInt8, show: (UInt8) -> Void) {
    let byte = raw == 13 && translatesReturn ? 10 : raw
    guard isCanonical else {
      if input.count < Self.most { input.append(byte) }
      return
    }
    switch byte {
    case 127, 8:
      guard line.popLast() != nil, echoes else { return }
      show(8)
      show(32)
      show(8)
    case 10:
      if input.count + line.count < Self.most {
        input += line
        input.append(byte)
      }
      line = []
      if echoes, translatesLineFeed { show(13) }
      if echoes { show(byte) }
    default:
      if line.count < Self.most - 1 { line.append(byte) }
      if echoes { show(byte) }
    }
  }

  /// What a read of so many bytes gets: in canonical mode to the end of a line.
  func readable(_ count: UInt64) -> [UInt8] {
    var end = min(Int(min(count, UInt64(Self.most))), input.count)
    if isCanonical, let feed = input.firstIndex(of: 10) { end = min(end, feed + 1) }
    return Array(input[..<end])
  }

  /// So many bytes were read.
  mutating func remove(_ count: Int) { input.removeFirst(count) }

  /// struct termios: the flags, c_line, c_cc.
  var attributes: [UInt8] {
    var bytes: [UInt8] = []
    for word in [inputFlags, outputFlags, controlFlags, localFlags] {
      for shift in 0..<4 as Range<UInt32> {
        bytes.append(UInt8(truncatingIfNeeded: word >> (8 * shift)))
      }
    }
    return bytes + control
  }

  /// Sets them: 36 bytes. What was typed of a line can be read if lines are nothing any more.
  mutating func setAttributes(_ bytes: [UInt8]) {
    func word(_ at: Int) -> UInt32 {
      UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
        | UInt32(bytes[at + 3]) << 24
    }
    inputFlags = word(0)
    outputFlags = word(4)
    controlFlags = word(8)
    localFlags = word(12)
    for index in control.indices { control[index] = bytes[16 + index] }
    if !isCanonical {
      input += line
      line = []
    }
  }
}
