// errno (linux/include/uapi/asm-generic/errno-base.h, errno.h). A system call returns it negated.

/// A Linux error number.
public enum LinuxError: Int32, Error, Equatable, Sendable, CaseIterable {
  case notPermitted = 1
  case noEntry = 2
  case noProcess = 3
  case interrupted = 4
  case inputOutput = 5
  case noDeviceOrAddress = 6
  case tooBig = 7
  case notExecutable = 8
  case badDescriptor = 9
  case noChild = 10
  case again = 11
  case noMemory = 12
  case accessDenied = 13
  case badAddress = 14
  case busy = 16
  case exists = 17
  case noDevice = 19
  case notDirectory = 20
  case isDirectory = 21
  case invalid = 22
  case tooManyFilesInSystem = 23
  case tooManyFiles = 24
  case notTerminal = 25
  case textBusy = 26
  case fileTooBig = 27
  case noSpace = 28
  case illegalSeek = 29
  case readOnly = 30
  case brokenPipe = 32
  case outOfDomain = 33
  case outOfRange = 34
  case deadlock = 35
  case nameTooLong = 36
  case notImplemented = 38
  case notEmpty = 39
  case loop = 40
  case overflow = 75
  case notSupported = 95
  case timedOut = 110
  case hardwarePoison = 133

  /// What the system call leaves in X0: -errno.
  public var result: UInt64 { UInt64(bitPattern: -Int64(rawValue)) }

  /// The highest error number that a result can carry (linux/include/linux/err.h).
  public static let highest: Int64 = 4095

  /// The name that programs know it by.
  public var name: StaticString {
    switch self {
    case .notPermitted: "EPERM"
    case .noEntry: "ENOENT"
    case .noProcess: "ESRCH"
    case .interrupted: "EINTR"
    case .inputOutput: "EIO"
    case .noDeviceOrAddress: "ENXIO"
    case .tooBig: "E2BIG"
    case .notExecutable: "ENOEXEC"
    case .badDescriptor: "EBADF"
    case .noChild: "ECHILD"
    case .again: "EAGAIN"
    case .noMemory: "ENOMEM"
    case .accessDenied: "EACCES"
    case .badAddress: "EFAULT"
    case .busy: "EBUSY"
    case .exists: "EEXIST"
    case .noDevice: "ENODEV"
    case .notDirectory: "ENOTDIR"
    case .isDirectory: "EISDIR"
    case .invalid: "EINVAL"
    case .tooManyFilesInSystem: "ENFILE"
    case .tooManyFiles: "EMFILE"
    case .notTerminal: "ENOTTY"
    case .textBusy: "ETXTBSY"
    case .fileTooBig: "EFBIG"
    case .noSpace: "ENOSPC"
    case .illegalSeek: "ESPIPE"
    case .readOnly: "EROFS"
    case .brokenPipe: "EPIPE"
    case .outOfDomain: "EDOM"
    case .outOfRange: "ERANGE"
    case .deadlock: "EDEADLK"
    case .nameTooLong: "ENAMETOOLONG"
    case .notImplemented: "ENOSYS"
    case .notEmpty: "ENOTEMPTY"
    case .loop: "ELOOP"
    case .overflow: "EOVERFLOW"
    case .notSupported: "EOPNOTSUPP"
    case .timedOut: "ETIMEDOUT"
    case .hardwarePoison: "EHWPOISON"
    }
  }
}
