// Open files and descriptors. What a file does is decided by its kind, in `Kernel+Files*.swift`;
// these are plain objects.

import Arm
import KVM

/// What an open file is.
enum FileKind {
  /// /dev/console, /dev/tty*.
  case console
  /// /dev/null.
  case null
  /// /dev/zero.
  case zero
  /// /dev/urandom, /dev/random.
  case random
  /// A file of the initrd.
  case archive(ArchiveFile)
  /// Bytes that the kernel made up when the file was opened: /proc.
  case text([UInt8])
  /// /proc/self/pagemap of a process.
  case pageMap(AddressSpace)
  /// memfd_create.
  case memory(MemoryFile)
  /// eventfd2.
  case counter(EventCounterState)
  /// timerfd_create.
  case timer(TimerState)
  /// An end of pipe2.
  case pipe(Pipe, isWriter: Bool)
  /// A KVM object.
  case kvm(KVMObject)
}

/// An open file: what dup and fork share.
final class OpenFile {
  let kind: FileKind
  var offset: UInt64 = 0
  var flags: OpenFlags
  /// How many descriptors refer to it.
  var references = 0

  init(_ kind: FileKind, flags: OpenFlags = .readWrite) {
    self.kind = kind
    self.flags = flags
  }

  var isNonBlocking: Bool { flags.contains(.nonBlocking) }
}

/// A file in memory. Its bytes are the kernel heap's, in one piece: for small things.
final class MemoryFile {
  static let limit = 1 << 19
  var bytes: [UInt8] = []
}

/// eventfd.
final class EventCounterState {
  var value: UInt64
  let isSemaphore: Bool

  init(_ value: UInt64, isSemaphore: Bool) {
    self.value = value
    self.isSemaphore = isSemaphore
  }
}

/// timerfd. Times are counter ticks.
final class TimerState {
  /// The clock whose times it is set to.
  let clock: Clock
  var next: UInt64?
  var interval: UInt64 = 0

  init(_ clock: Clock) { self.clock = clock }

  /// How often it has gone off until `now`, and forgets that.
  func take(_ now: UInt64) -> UInt64 {
    guard let due = next, due <= now else { return 0 }
    guard interval > 0 else {
      next = nil
      return 1
    }
    let count = (now - due) / interval + 1
    let (after, overflow) = due.addingReportingOverflow(count &* interval)
    next = overflow ? .max : after
    return count
  }

  func isDue(_ now: UInt64) -> Bool { next.map { $0 <= now } ?? false }
}

/// A pipe.
final class Pipe {
  static let capacity = 65536
  var bytes: [UInt8] = []
  var readers = 1
  var writers = 1
}

/// The descriptors of a process, shared by CLONE_FILES.
final class FileTable {
  /// The most descriptors that there can be.
  static let limit = 256
  /// RLIMIT_NOFILE: how far descriptors go, and how far that may be raised again.
  var softLimit = FileTable.limit
  var hardLimit = FileTable.limit
  private(set) var files: [OpenFile?] = []
  private var closesOnExecute: [Bool] = []
  var users = 1

  /// The open file of a descriptor.
  func file(_ descriptor: UInt64) throws(CallEnd) -> OpenFile {
    guard descriptor < UInt64(files.count), let file = files[Int(descriptor)] else {
      throw .failed(.badDescriptor)
    }
    return file
  }

  /// A descriptor, the lowest free from `lowest` on, for a file.
  func add(
    _ file: OpenFile, lowest: Int = 0, closesOnExecute: Bool = false
  ) throws(CallEnd) -> UInt64 {
    var index = lowest
    while index < files.count, files[index] != nil { index += 1 }
    guard index < softLimit else { throw .failed(.tooManyFiles) }
    set(index, file, closesOnExecute)
    return UInt64(index)
  }

  func set(_ index: Int, _ file: OpenFile, _ closes: Bool) {
    while files.count <= index {
      files.append(nil)
      closesOnExecute.append(false)
    }
    file.references += 1
    files[index] = file
    closesOnExecute[index] = closes
  }

  /// Forgets a descriptor; the file, for the caller to close if nobody else has it.
  func remove(_ descriptor: UInt64) throws(CallEnd) -> OpenFile {
    let file = try file(descriptor)
    file.references -= 1
    files[Int(descriptor)] = nil
    return file
  }

  func closesOnExecute(_ descriptor: UInt64) -> Bool { closesOnExecute[Int(descriptor)] }
  func setClosesOnExecute(_ descriptor: UInt64, _ value: Bool) {
    closesOnExecute[Int(descriptor)] = value
  }

  /// The descriptors in use.
  var descriptors: [UInt64] {
    var list: [UInt64] = []
    for index in files.indices where files[index] != nil { list.append(UInt64(index)) }
    return list
  }

  /// A copy for fork.
  func copy() -> FileTable {
    let copy = FileTable()
    copy.softLimit = softLimit
    copy.hardLimit = hardLimit
    for index in files.indices {
      if let file = files[index] { copy.set(index, file, closesOnExecute[index]) }
    }
    return copy
  }
}
