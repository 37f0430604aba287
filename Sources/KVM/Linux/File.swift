// Files, polling, terminals, vectors (linux/include/uapi/asm-generic/fcntl.h with arm64's own
// O_DIRECTORY.., poll.h, termbits.h, linux/uio.h; arch/arm64/include/uapi/asm/fcntl.h).

/// O_* of arm64.
public struct OpenFlags: OptionSet, Equatable, Sendable {
  /// The bits of the system call.
  public var rawValue: UInt64
  /// From the bits of the system call.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// O_RDONLY is 0.
  public static let readOnly: OpenFlags = []
  /// O_WRONLY.
  public static let writeOnly = OpenFlags(rawValue: 1)
  /// O_RDWR.
  public static let readWrite = OpenFlags(rawValue: 2)
  /// O_CREAT.
  public static let create = OpenFlags(rawValue: 0o100)
  /// O_EXCL.
  public static let exclusive = OpenFlags(rawValue: 0o200)
  /// O_TRUNC.
  public static let truncate = OpenFlags(rawValue: 0o1000)
  /// O_APPEND.
  public static let append = OpenFlags(rawValue: 0o2000)
  /// O_NONBLOCK.
  public static let nonBlocking = OpenFlags(rawValue: 0o4000)
  /// O_DIRECTORY.
  public static let directory = OpenFlags(rawValue: 0o40000)
  /// O_CLOEXEC, EFD_CLOEXEC, TFD_CLOEXEC.
  public static let closeOnExecute = OpenFlags(rawValue: 0o2000000)
}

/// What openat takes for "relative to the working directory": AT_FDCWD.
public let currentDirectory = UInt64(bitPattern: -100)

/// POLL*.
public struct PollEvents: OptionSet, Equatable, Sendable {
  /// The bits of struct pollfd.
  public var rawValue: UInt16
  /// From the bits of struct pollfd.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// POLLIN.
  public static let readable = PollEvents(rawValue: 0x01)
  /// POLLOUT.
  public static let writable = PollEvents(rawValue: 0x04)
  /// POLLERR.
  public static let error = PollEvents(rawValue: 0x08)
  /// POLLHUP.
  public static let hangUp = PollEvents(rawValue: 0x10)
  /// POLLNVAL.
  public static let invalid = PollEvents(rawValue: 0x20)
}

/// struct pollfd.
public enum PollLayout {
  /// Bytes of one.
  public static let size: UInt64 = 8
  /// fd, 32 bits, signed.
  public static let descriptor: UInt64 = 0
  /// events, 16 bits.
  public static let events: UInt64 = 4
  /// revents, 16 bits.
  public static let returned: UInt64 = 6
}

/// lseek's third argument.
public enum SeekOrigin: UInt64, Sendable {
  case start = 0
  case current = 1
  case end = 2
}

/// EFD_*, with `OpenFlags`'s.
public enum EventCounter {
  /// EFD_SEMAPHORE.
  public static let semaphore: UInt64 = 1
}

/// Terminals: TCGETS, TCSETS and struct termios of the kernel, 36 bytes.
public enum Terminal {
  /// TCGETS.
  public static let getAttributes: UInt64 = 0x5401
  /// TCSETS.
  public static let setAttributes: UInt64 = 0x5402
  /// TIOCGWINSZ.
  public static let getWindowSize: UInt64 = 0x5413
  /// FIONREAD.
  public static let bytesReadable: UInt64 = 0x541B
  /// Bytes of struct termios: c_iflag @0, c_oflag @4, c_cflag @8, c_lflag @12, c_line @16,
  /// c_cc[19] @17.
  public static let size: UInt64 = 36
  /// c_iflag: BRKINT, ICRNL, INPCK, ISTRIP, IXON, which a raw terminal does without.
  public static let cookedInput: UInt32 = 0x0002 | 0x0100 | 0x0010 | 0x0020 | 0x0400
  /// c_lflag: ISIG, ICANON, ECHO, IEXTEN, which a raw terminal does without.
  public static let cookedLines: UInt32 = 0x0001 | 0x0002 | 0x0008 | 0x8000
  /// VMIN, VTIME in c_cc.
  public static let minimumIndex: UInt64 = 6
  /// VTIME in c_cc.
  public static let timeIndex: UInt64 = 5
}

/// struct stat of arm64 (asm-generic/stat.h).
public enum StatLayout {
  /// Bytes.
  public static let size: UInt64 = 128
  /// st_mode, 32 bits.
  public static let mode: UInt64 = 16
  /// st_size, 64 bits.
  public static let byteCount: UInt64 = 48
  /// st_blksize, 32 bits.
  public static let blockSize: UInt64 = 56
}

/// The auxiliary vector that a program finds above its environment (linux/auxvec.h).
public enum AuxiliaryType: UInt64, Sendable {
  case end = 0
  case programHeaders = 3
  case programHeaderSize = 4
  case programHeaderCount = 5
  case pageSize = 6
  case base = 7
  case flags = 8
  case entry = 9
  case userID = 11
  case effectiveUserID = 12
  case groupID = 13
  case effectiveGroupID = 14
  case platform = 15
  case hardwareCapabilities = 16
  case clockTicks = 17
  case secure = 23
  case random = 25
  case executableName = 31
  case vDSO = 33
}
