// openat, close, lseek, ioctl, stat and the rest of what names or describes files.

import Arm
import KVM

extension Kernel {
  private static func bytes(_ text: StaticString) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<text.utf8CodeUnitCount { bytes.append(unsafe text.utf8Start[index]) }
    return bytes
  }

  /// What a path leads to, outside the archive: devices and /proc.
  private func special(_ path: [UInt8], _ thread: Thread) throws(CallEnd) -> FileKind? {
    func isPath(_ text: StaticString) -> Bool { path == Self.bytes(text) }
    if isPath("dev/console") || isPath("dev/tty") || isPath("dev/ttyAMA0") { return .console }
    if isPath("dev/null") { return .null }
    if isPath("dev/zero") { return .zero }
    if isPath("dev/urandom") || isPath("dev/random") { return .random }
    if isPath("dev/kvm") { return .kvm(try guests.open()) }
    if isPath("proc/self/pagemap"), let space = thread.process.space { return .pageMap(space) }
    if isPath("proc/self/comm") { return .text(thread.process.name + [10]) }
    return nil
  }

  /// openat. Paths are absolute or relative to /, which is every process's folder.
  func open(
    _ thread: Thread, _ folder: UInt64, _ path: UInt64, _ bits: UInt64
  ) throws(CallEnd) -> UInt64 {
    let name = try readString(thread, path)
    if name.isEmpty { throw .failed(.noEntry) }
    let flags = OpenFlags(rawValue: bits)
    let normal = Archive.normalized(name)
    let kind: FileKind
    if let known = try special(normal, thread) {
      kind = known
    } else if let file = archive.file(platform, normal) {
      if file.isCharacterDevice {
        switch file.device {
        case (5, 1), (5, 0), (204, 64): kind = .console
        case (1, 3): kind = .null
        case (1, 5): kind = .zero
        default: throw .failed(.noDeviceOrAddress)
        }
      } else {
        if flags.contains(.directory), !file.isFolder { throw .failed(.notDirectory) }
        if bits & 3 != 0 { throw .failed(file.isFolder ? .isDirectory : .readOnly) }
        kind = .archive(file)
      }
    } else {
      throw .failed(flags.contains(.create) ? .readOnly : .noEntry)
    }
    return try thread.process.files.add(
      OpenFile(kind, flags: flags), closesOnExecute: flags.contains(.closeOnExecute))
  }

  func close(_ thread: Thread, _ descriptor: UInt64) throws(CallEnd) -> UInt64 {
    closed(try thread.process.files.remove(descriptor))
    return 0
  }

  func duplicate(
    _ process: Process, _ old: UInt64, _ new: UInt64, _ flags: UInt64
  ) throws(CallEnd) -> UInt64 {
    let file = try process.files.file(old)
    guard old != new else { throw .failed(.invalid) }
    guard new < UInt64(process.files.softLimit) else { throw .failed(.badDescriptor) }
    if let replaced = try? process.files.remove(new) { closed(replaced) }
    process.files.set(Int(new), file, OpenFlags(rawValue: flags).contains(.closeOnExecute))
    return new
  }

  /// fcntl: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC.
  func fileControl(
    _ process: Process, _ descriptor: UInt64, _ command: UInt64, _ argument: UInt64
  ) throws(CallEnd) -> UInt64 {
    let file = try process.files.file(descriptor)
    switch command {
    case 0, 1030:
      guard argument < UInt64(process.files.softLimit) else { throw .failed(.invalid) }
      return try process.files.add(file, lowest: Int(argument), closesOnExecute: command != 0)
    case 1: return process.files.closesOnExecute(descriptor) ? 1 : 0
    case 2: process.files.setClosesOnExecute(descriptor, argument & 1 != 0)
    case 3: return file.flags.rawValue
    case 4:
      let changeable = OpenFlags([.nonBlocking, .append]).rawValue
      file.flags = OpenFlags(
        rawValue: file.flags.rawValue & ~changeable | argument & changeable)
    default: throw .failed(.invalid)
    }
    return 0
  }

  func seek(_ file: OpenFile, _ offset: UInt64, _ origin: UInt64) throws(CallEnd) -> UInt64 {
    let size: UInt64
    switch file.kind {
    case .archive(let contents): size = contents.size
    case .text(let text): size = UInt64(text.count)
    case .memory(let memory): size = UInt64(memory.bytes.count)
    case .pageMap, .null, .zero, .random: size = 0
    default: throw .failed(.illegalSeek)
    }
    let base: UInt64
    switch SeekOrigin(rawValue: origin) {
    case .start: base = 0
    case .current: base = file.offset
    case .end: base = size
    case nil: throw .failed(.invalid)
    }
    let (result, overflow) = Int64(bitPattern: base).addingReportingOverflow(
      Int64(bitPattern: offset))
    guard !overflow, result >= 0 else { throw .failed(.invalid) }
    file.offset = UInt64(result)
    return file.offset
  }

  func control(
    _ thread: Thread, _ descriptor: UInt64, _ request: UInt64, _ argument: UInt64
  ) throws(CallEnd) -> UInt64 {
    // KVM_RUN that is made again is its vCPU's, whatever became of the descriptor.
    if let processor = thread.guest { return try guests.run(processor, thread) }
    // Linux takes the request as an unsigned int.
    let request = request & 0xffff_ffff
    switch try thread.process.files.file(descriptor).kind {
    case .console: return try consoleControl(request, argument, thread)
    case .kvm(let object): return try guests.ioctl(object, request, argument, thread)
    default: throw .failed(.notTerminal)
    }
  }

  /// readv and writev: the buffers one after the other, up to the first short one.
  func vector(
    _ thread: Thread, _ descriptor: UInt64, _ list: UInt64, _ count: UInt64, isWrite: Bool
  ) throws(CallEnd) -> UInt64 {
    let file = try thread.process.files.file(descriptor)
    guard count <= 1024 else { throw .failed(.invalid) }
    var total: UInt64 = 0
    for index in 0..<count {
      do throws(CallEnd) {
        let base = try read64(thread, list &+ index * 16)
        let size = try read64(thread, list &+ index * 16 &+ 8)
        if size == 0 { continue }
        let done =
          isWrite
          ? try write(thread, file, base, size, at: nil)
          : try read(thread, file, base, size, at: nil)
        total += done
        if done < size || total >= Self.transferLimit { break }
      } catch {
        if total > 0 {
          thread.state = .running(platform.core)
          break
        }
        throw error
      }
    }
    return total
  }

  // MARK: Descriptions.

  func status(
    _ thread: Thread, _ file: OpenFile, _ address: UInt64
  ) throws(CallEnd) -> UInt64 {
    switch file.kind {
    case .archive(let contents):
      try writeStatus(thread, address, mode: contents.mode, size: contents.size)
    case .text(let text):
      try writeStatus(thread, address, mode: 0o100444, size: UInt64(text.count))
    case .memory(let memory):
      try writeStatus(thread, address, mode: 0o100777, size: UInt64(memory.bytes.count))
    case .pageMap: try writeStatus(thread, address, mode: 0o100400, size: 0)
    case .pipe: try writeStatus(thread, address, mode: 0o010600, size: 0)
    case .console, .null, .zero, .random:
      try writeStatus(thread, address, mode: 0o020666, size: 0)
    case .counter, .timer, .kvm: try writeStatus(thread, address, mode: 0o600, size: 0)
    }
    return 0
  }

  /// newfstatat.
  func status(
    _ thread: Thread, path: UInt64, _ address: UInt64, flags: UInt64, descriptor: UInt64
  ) throws(CallEnd) -> UInt64 {
    let name = try readString(thread, path)
    if name.isEmpty {
      // AT_EMPTY_PATH.
      guard flags & 0x1000 != 0 else { throw .failed(.noEntry) }
      return try status(thread, thread.process.files.file(descriptor), address)
    }
    let normal = Archive.normalized(name)
    if normal.isEmpty {
      try writeStatus(thread, address, mode: 0o040755, size: 0)
    } else if normal != Self.bytes("dev/kvm"), let kind = try special(normal, thread) {
      return try status(thread, OpenFile(kind), address)
    } else if normal == Self.bytes("dev/kvm") {
      try writeStatus(thread, address, mode: 0o020666, size: 0)
    } else if let file = archive.file(platform, normal, followsLinks: flags & 0x100 == 0) {
      try writeStatus(thread, address, mode: file.mode, size: file.size)
    } else {
      throw .failed(.noEntry)
    }
    return 0
  }

  private func writeStatus(
    _ thread: Thread, _ address: UInt64, mode: UInt32, size: UInt64
  ) throws(CallEnd) {
    try write(thread, address, [UInt8](repeating: 0, count: Int(StatLayout.size)))
    try write32(thread, address &+ StatLayout.mode, mode)
    try write32(thread, address &+ StatLayout.mode &+ 4, 1)  // st_nlink
    try write64(thread, address &+ StatLayout.byteCount, size)
    try write32(thread, address &+ StatLayout.blockSize, 4096)
  }

  /// faccessat.
  func access(_ thread: Thread, _ path: UInt64) throws(CallEnd) -> UInt64 {
    let normal = Archive.normalized(try readString(thread, path))
    if normal.isEmpty || normal == Self.bytes("dev/kvm") { return 0 }
    if try special(normal, thread) != nil || archive.file(platform, normal) != nil { return 0 }
    throw .failed(.noEntry)
  }

  func readLink(
    _ thread: Thread, _ path: UInt64, _ buffer: UInt64, _ size: UInt64
  ) throws(CallEnd) -> UInt64 {
    let normal = Archive.normalized(try readString(thread, path))
    if normal == Self.bytes("proc/self/exe") {
      let target = thread.process.executable.prefix(Int(min(size, 4096)))
      try write(thread, buffer, Array(target))
      return UInt64(target.count)
    }
    guard let file = archive.file(platform, normal, followsLinks: false) else {
      throw .failed(.noEntry)
    }
    guard file.isLink else { throw .failed(.invalid) }
    let count = min(file.size, size)
    try write(thread, buffer, from: file.contents, count: Int(count))
    return count
  }

  func currentFolder(
    _ thread: Thread, _ buffer: UInt64, _ size: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard size >= 2 else { throw .failed(.outOfRange) }
    try write(thread, buffer, [0x2f, 0])
    return 2
  }

  /// Calls that change a file system, which is read-only here, or that have nothing to do.
  func fileSystemCall(_ call: SystemCall, _ process: Process) throws(CallEnd) -> UInt64 {
    switch call {
    case .sync: return 0
    case .umask: return 0o022
    case .setSession: return UInt64(process.id)
    case .mount: return 0  // /proc and /dev are there already
    default: throw .failed(.readOnly)
    }
  }

  // MARK: Pipes and events.

  func makePipe(_ thread: Thread, _ address: UInt64, _ bits: UInt64) throws(CallEnd) -> UInt64 {
    let files = thread.process.files
    let flags = OpenFlags(rawValue: bits)
    let pipe = Pipe()
    let mode: OpenFlags = flags.contains(.nonBlocking) ? .nonBlocking : []
    let closes = flags.contains(.closeOnExecute)
    let first = try files.add(
      OpenFile(.pipe(pipe, isWriter: false), flags: mode), closesOnExecute: closes)
    do throws(CallEnd) {
      let second = try files.add(
        OpenFile(.pipe(pipe, isWriter: true), flags: mode.union(.writeOnly)),
        closesOnExecute: closes)
      do throws(CallEnd) {
        try write32(thread, address, UInt32(first))
        try write32(thread, address &+ 4, UInt32(second))
      } catch {
        _ = try? files.remove(second)
        throw error
      }
    } catch {
      _ = try? files.remove(first)
      throw error
    }
    return 0
  }

  func makeCounter(
    _ process: Process, _ value: UInt64, _ bits: UInt64
  ) throws(CallEnd) -> UInt64 {
    var flags = OpenFlags(rawValue: bits)
    let isSemaphore = bits & EventCounter.semaphore != 0
    flags.remove(.writeOnly)
    flags.insert(.readWrite)
    return try process.files.add(
      OpenFile(
        .counter(EventCounterState(value & 0xffff_ffff, isSemaphore: isSemaphore)), flags: flags),
      closesOnExecute: flags.contains(.closeOnExecute))
  }

  func makeTimer(
    _ process: Process, clock number: UInt64, _ bits: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard let clock = Clock(rawValue: number) else { throw .failed(.invalid) }
    let flags = OpenFlags(rawValue: bits).union(.readWrite)
    return try process.files.add(
      OpenFile(.timer(TimerState(clock)), flags: flags),
      closesOnExecute: flags.contains(.closeOnExecute))
  }
}
