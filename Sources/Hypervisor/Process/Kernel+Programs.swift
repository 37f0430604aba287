// Programs: loading a static ELF64 from the initrd, and the stack that it finds. System V ABI,
// chapter 5; Linux, fs/binfmt_elf.c.

import Arm
import Boot
import Bytes
import KVM

extension Kernel {
  /// Top of a program's first stack, and its size.
  static var stackTop: UInt64 { AddressSpace.limit - 0x1000 }
  static var stackSize: UInt64 { 8 << 20 }
  /// Where position-independent programs go.
  static var programBase: UInt64 { 0x5555_0000_0000 }

  /// A program in memory.
  struct LoadedProgram {
    var space: AddressSpace
    var entry: UInt64
    var programHeaders: UInt64
    var programHeaderCount: UInt64
  }

  /// Loads a file of the initrd into an address space of its own.
  func load(_ file: ArchiveFile) throws(CallEnd) -> LoadedProgram {
    guard !file.isFolder else { throw .failed(.accessDenied) }
    let source = PhysicalBytes(platform, file.contents, byteCount: Int(file.size))
    guard let elf = try? ELF(source) else { throw .failed(.notExecutable) }
    let bias = elf.isPositionIndependent ? Self.programBase : 0
    let space = try makeSpace()
    do throws(CallEnd) {
      var highest: UInt64 = 0
      var headers: UInt64 = 0
      for index in 0..<elf.programHeaderCount {
        // PT_INTERP: there is no dynamic linker.
        let header = Int(elf.programHeadersOffset) + index * 56
        if (try? source.u32(at: header)) == 3 { throw .failed(.notExecutable) }
        let segment: ELFSegment?
        do throws(ELFError) {
          segment = try elf.segment(index)
        } catch {
          throw .failed(.notExecutable)
        }
        guard let segment, segment.memorySize > 0 else { continue }
        let end = try add(segment, bias, file, to: space)
        highest = max(highest, end)
        if elf.programHeadersOffset >= segment.fileOffset,
          elf.programHeadersOffset < segment.fileOffset + segment.fileSize
        {
          headers =
            bias + segment.virtualAddress + (elf.programHeadersOffset - segment.fileOffset)
        }
      }
      guard highest > 0 else { throw .failed(.notExecutable) }
      space.breakStart = (highest + 4095) & ~4095
      space.breakEnd = space.breakStart
      space.insert(
        Area(
          start: Self.stackTop - Self.stackSize, end: Self.stackTop, protection: [.read, .write],
          isShared: false, backing: .anonymous))
      guard let page = space.gap(4096) else { throw .failed(.noMemory) }
      space.insert(
        Area(
          start: page, end: page + 4096, protection: [.read, .execute], isShared: false,
          backing: .frames(trampolineFrame)))
      space.trampoline = page
      return LoadedProgram(
        space: space, entry: bias &+ elf.entry, programHeaders: headers,
        programHeaderCount: UInt64(elf.programHeaderCount))
    } catch {
      destroy(space)
      throw error
    }
  }

  /// Adds a segment's areas; answers where it ends.
  private func add(
    _ segment: ELFSegment, _ bias: UInt64, _ file: ArchiveFile, to space: AddressSpace
  ) throws(CallEnd) -> UInt64 {
    let (address, overflow) = segment.virtualAddress.addingReportingOverflow(bias)
    guard !overflow, segment.memorySize <= AddressSpace.limit, address >= AddressSpace.lowest,
      address <= AddressSpace.limit - segment.memorySize - 4096,
      segment.fileSize == 0 || address & 4095 == segment.fileOffset & 4095
    else { throw .failed(.notExecutable) }
    var protection: MemoryProtection = []
    if segment.flags & 4 != 0 { protection.insert(.read) }
    if segment.flags & 2 != 0 { protection.insert(.write) }
    if segment.flags & 1 != 0 { protection.insert(.execute) }
    let start = address & ~4095
    let fileEnd =
      segment.fileSize == 0 ? start : (address + segment.fileSize + 4095) & ~4095
    let end = (address + segment.memorySize + 4095) & ~4095
    guard space.isFree(start, end) else { throw .failed(.notExecutable) }
    if fileEnd > start {
      space.insert(
        Area(
          start: start, end: fileEnd, protection: protection, isShared: false,
          backing: .file(
            file.contents, size: segment.fileOffset + segment.fileSize,
            offset: segment.fileOffset & ~4095)))
    }
    if end > fileEnd {
      space.insert(
        Area(
          start: fileEnd, end: end, protection: protection, isShared: false,
          backing: .anonymous))
    }
    return address + segment.memorySize
  }

  /// Puts a thread at the start of a program: a fresh context, and a stack with arguments,
  /// environment and auxiliary vector.
  func start(
    _ thread: Thread, _ program: LoadedProgram, _ arguments: [[UInt8]], _ environment: [[UInt8]]
  ) throws(CallEnd) {
    var strings: [UInt8] = []
    var argumentOffsets: [Int] = []
    var environmentOffsets: [Int] = []
    for argument in arguments {
      argumentOffsets.append(strings.count)
      strings += argument + [0]
    }
    for variable in environment {
      environmentOffsets.append(strings.count)
      strings += variable + [0]
    }
    let randomOffset = strings.count
    for _ in 0..<16 { strings.append(UInt8(truncatingIfNeeded: random() >> 16)) }
    let stringBase = (Self.stackTop - UInt64(strings.count) - 16) & ~15
    var words: [UInt64] = [UInt64(arguments.count)]
    for offset in argumentOffsets { words.append(stringBase + UInt64(offset)) }
    words.append(0)
    for offset in environmentOffsets { words.append(stringBase + UInt64(offset)) }
    words.append(0)
    let auxiliary: [(AuxiliaryType, UInt64)] = [
      (.programHeaders, program.programHeaders), (.programHeaderSize, 56),
      (.programHeaderCount, program.programHeaderCount), (.pageSize, 4096),
      (.entry, program.entry), (.userID, 0), (.effectiveUserID, 0), (.groupID, 0),
      (.effectiveGroupID, 0), (.clockTicks, 100), (.secure, 0),
      (.hardwareCapabilities, 0x3), (.random, stringBase + UInt64(randomOffset)),
      (.executableName, stringBase), (.end, 0),
    ]
    for (type, value) in auxiliary {
      words.append(type.rawValue)
      words.append(value)
    }
    let sp = (stringBase - UInt64(words.count * 8)) & ~15
    var bytes: [UInt8] = []
    for word in words {
      for shift in [0, 8, 16, 24, 32, 40, 48, 56] as [UInt64] {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    try write(thread, stringBase, strings)
    try write(thread, sp, bytes)
    var context = UserContext()
    context.sp = sp
    context.pc = program.entry
    thread.context = context
    releaseVectors()
    for word in 0..<66 { thread.vectors[word] = 0 }
  }

  private func name(of path: [UInt8]) -> [UInt8] {
    var start = path.count
    while start > 0, path[start - 1] != 0x2f { start -= 1 }
    return Array(path[start...].prefix(15))
  }

  /// The strings of an argument list at a user address, 0 ending it; `room` is what they may take,
  /// their pointers included.
  private func strings(
    _ thread: Thread, _ list: UInt64, _ room: inout Int
  ) throws(CallEnd) -> [[UInt8]] {
    var strings: [[UInt8]] = []
    guard list != 0 else { return [] }
    while true {
      let pointer = try read64(thread, list &+ UInt64(strings.count) * 8)
      if pointer == 0 { return strings }
      let string = try readString(thread, pointer)
      room -= string.count + 9
      guard room >= 0 else { throw .failed(.tooBig) }
      strings.append(string)
    }
  }

  /// execve.
  func execute(
    _ thread: Thread, _ path: UInt64, _ arguments: UInt64, _ environment: UInt64
  ) throws(CallEnd) -> UInt64 {
    let process = thread.process
    let name = try readString(thread, path)
    guard let file = archive.file(platform, name) else { throw .failed(.noEntry) }
    var room = 128 << 10
    let arguments = try strings(thread, arguments, &room)
    let environment = try strings(thread, environment, &room)
    // The other threads end first; the call is made again until they have. One of them may have been
    // here first.
    if thread.mustExit { throw .failed(.interrupted) }
    if process.threads.count > 1 {
      for other in process.threads where other !== thread {
        other.mustExit = true
        kick(other)
      }
      throw .again
    }
    let program = try load(file)
    leaveSpace(process)
    process.space = program.space
    process.name = self.name(of: name)
    process.executable = name
    // Handlers are the old program's; what was ignored stays ignored.
    let old = process.actions.table
    process.actions = SignalActions()
    for number in 1...64 where old[number].handler == 1 {
      process.actions.table[number].handler = 1
    }
    thread.signals.alternateStack = (0, 0)
    thread.clearThreadID = 0
    thread.toldEarly = nil
    for descriptor in process.files.descriptors where process.files.closesOnExecute(descriptor) {
      closed(try process.files.remove(descriptor))
    }
    do throws(CallEnd) {
      try start(thread, program, arguments, environment)
    } catch {
      endProcess(process, status: Int32(Signal.kill.rawValue))
    }
    throw .replaced
  }

  /// The first process: /init, with the console as its files 0, 1 and 2.
  public func startInit() throws(BootFailure) {
    let path: [UInt8] = [0x2f, 0x69, 0x6e, 0x69, 0x74]
    guard let file = archive.file(platform, path), let program = try? load(file) else {
      throw .noInit
    }
    let id = takeID()
    let process = Process(id: id, parent: 0, files: FileTable(), actions: SignalActions())
    process.space = program.space
    process.name = name(of: path)
    process.executable = path
    process.exitSignal = 0
    let console = OpenFile(.console)
    for descriptor in 0..<3 { process.files.set(descriptor, console, false) }
    processes.append(process)
    let thread = addThread(process, id: id)
    do throws(CallEnd) {
      try start(thread, program, [path], [])
    } catch {
      throw .noMemory
    }
    makeReady(thread)
    log("Run /init as init process")
  }
}
