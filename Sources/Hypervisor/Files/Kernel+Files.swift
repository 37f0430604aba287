// Reading, writing and closing, by the kind of file.

import Arm
import KVM

extension Kernel {
  /// Most bytes that one read or write moves through the kernel's heap.
  static var transferLimit: UInt64 { 1 << 18 }

  /// Whether a file can be read and written at once, without waiting.
  func readiness(_ file: OpenFile) -> PollEvents {
    switch file.kind {
    case .console: return console.input.isEmpty ? .writable : [.readable, .writable]
    case .null, .zero, .random, .archive, .text, .pageMap, .memory: return [.readable, .writable]
    case .counter(let counter):
      var events: PollEvents = []
      if counter.value > 0 { events.insert(.readable) }
      if counter.value < .max - 1 { events.insert(.writable) }
      return events
    case .timer(let timer): return timer.isDue(now) ? .readable : []
    case .pipe(let pipe, let isWriter):
      if isWriter {
        if pipe.readers == 0 { return [.writable, .error] }
        return pipe.bytes.count < Pipe.capacity ? .writable : []
      }
      var events: PollEvents = pipe.bytes.isEmpty ? [] : .readable
      if pipe.writers == 0 { events.insert(.hangUp) }
      return events
    case .kvm: return []
    }
  }

  /// Waits until any file's state changes, or for a deadline: the call is made again.
  func waitForFiles(
    _ thread: Thread, _ file: OpenFile, until deadline: UInt64? = nil
  ) -> CallEnd {
    if file.isNonBlocking { return .failed(.again) }
    if thread.wakeReason == .signal { return .failed(.interrupted) }
    sleep(thread, on: WaitChannel(.files), until: deadline)
    return .blocked
  }

  /// read and pread64.
  func read(
    _ thread: Thread, _ file: OpenFile, _ address: UInt64, _ wanted: UInt64, at place: UInt64?
  ) throws(CallEnd) -> UInt64 {
    let count = min(wanted, Self.transferLimit)
    if file.flags.rawValue & 3 == 1 { throw .failed(.badDescriptor) }
    let offset = place ?? file.offset
    var done: UInt64 = 0
    switch file.kind {
    case .null: return 0
    case .zero, .random:
      var bytes = [UInt8](repeating: 0, count: Int(count))
      if case .random = file.kind {
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random() >> 32) }
      }
      try write(thread, address, bytes)
      return count
    case .console:
      guard count > 0 else { return 0 }
      guard !console.input.isEmpty else { throw waitForFiles(thread, file) }
      let bytes = console.readable(count)
      try write(thread, address, bytes)
      console.remove(bytes.count)
      return UInt64(bytes.count)
    case .archive(let contents):
      guard !contents.isFolder else { throw .failed(.isDirectory) }
      guard offset < contents.size else { return 0 }
      // Without the heap: four times as much at once.
      done = min(wanted, Self.transferLimit * 4, contents.size - offset)
      try write(
        thread, address, from: PhysicalAddress(contents.contents.rawValue + offset),
        count: Int(done))
    case .text(let text): done = try copy(thread, text, offset, address, count)
    case .memory(let memory): done = try copy(thread, memory.bytes, offset, address, count)
    case .pageMap(let space): done = try readPageMap(thread, space, offset, address, count)
    case .counter(let counter):
      guard count >= 8 else { throw .failed(.invalid) }
      guard counter.value > 0 else { throw waitForFiles(thread, file) }
      try write64(thread, address, counter.isSemaphore ? 1 : counter.value)
      counter.value = counter.isSemaphore ? counter.value - 1 : 0
      wake(WaitChannel(.files))
      return 8
    case .timer(let timer):
      guard count >= 8 else { throw .failed(.invalid) }
      guard timer.isDue(now) else { throw waitForFiles(thread, file, until: timer.next) }
      try write64(thread, address, timer.take(now))
      return 8
    case .pipe(let pipe, let isWriter):
      guard !isWriter else { throw .failed(.badDescriptor) }
      guard !pipe.bytes.isEmpty else {
        if pipe.writers == 0 || count == 0 { return 0 }
        throw waitForFiles(thread, file)
      }
      let taken = min(Int(count), pipe.bytes.count)
      try write(thread, address, Array(pipe.bytes[0..<taken]))
      pipe.bytes.removeFirst(taken)
      wake(WaitChannel(.files))
      return UInt64(taken)
    case .kvm: throw .failed(.invalid)
    }
    if place == nil { file.offset = offset + done }
    return done
  }

  private func copy(
    _ thread: Thread, _ bytes: [UInt8], _ offset: UInt64, _ address: UInt64, _ count: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard offset < UInt64(bytes.count) else { return 0 }
    let end = min(UInt64(bytes.count) - offset, count) + offset
    try write(thread, address, Array(bytes[Int(offset)..<Int(end)]))
    return end - offset
  }

  /// /proc/self/pagemap: a word a page, present in bit 63, the frame in bits 54:0. Linux,
  /// Documentation/admin-guide/mm/pagemap.rst.
  private func readPageMap(
    _ thread: Thread, _ space: AddressSpace, _ offset: UInt64, _ address: UInt64, _ count: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard offset % 8 == 0, count % 8 == 0 else { throw .failed(.invalid) }
    // The file may outlive the memory.
    guard space.users > 0 else { return 0 }
    var done: UInt64 = 0
    while done < count, (offset + done) / 8 < AddressSpace.limit >> 12 {
      let page = ((offset + done) / 8) << 12
      let leaf = leaf(space, page)
      var entry: UInt64 = 0
      if leaf.isMapped {
        entry = 1 << 63 | (leaf.entry.address.rawValue + page & (leaf.size - 1)) >> 12
      }
      try write64(thread, address &+ done, entry)
      done += 8
    }
    return done
  }

  /// write and pwrite64.
  func write(
    _ thread: Thread, _ file: OpenFile, _ address: UInt64, _ wanted: UInt64, at place: UInt64?
  ) throws(CallEnd) -> UInt64 {
    let count = min(wanted, Self.transferLimit)
    if file.flags.rawValue & 3 == 0 { throw .failed(.badDescriptor) }
    switch file.kind {
    case .null, .zero, .random: return min(wanted, 0x7fff_f000)  // MAX_RW_COUNT
    case .console:
      // At most a page at once, so that nobody holds the lock for long.
      let part = min(count, 4096)
      writeConsole(try read(thread, address, count: Int(part)))
      return part
    case .archive, .text, .pageMap: throw .failed(.readOnly)
    case .memory(let memory):
      if frames.isScarce { throw .failed(.noSpace) }
      let bytes = try read(thread, address, count: Int(count))
      let offset = place ?? file.offset
      guard offset + count <= UInt64(MemoryFile.limit) else { throw .failed(.fileTooBig) }
      while UInt64(memory.bytes.count) < offset + count { memory.bytes.append(0) }
      for index in bytes.indices { memory.bytes[Int(offset) + index] = bytes[index] }
      if place == nil { file.offset = offset + count }
      return count
    case .counter(let counter):
      guard count >= 8 else { throw .failed(.invalid) }
      let value = try read64(thread, address)
      guard value < .max else { throw .failed(.invalid) }
      guard counter.value < .max - value else { throw waitForFiles(thread, file) }
      counter.value += value
      wake(WaitChannel(.files))
      return 8
    case .pipe(let pipe, let isWriter):
      guard isWriter else { throw .failed(.badDescriptor) }
      guard pipe.readers > 0 else {
        send(SignalInformation(.pipe, .kernel), to: thread)
        throw .failed(.brokenPipe)
      }
      if frames.isScarce { throw .failed(.noMemory) }
      let room = UInt64(Pipe.capacity - pipe.bytes.count)
      // Up to 4096 bytes are written as one.
      guard room > 0, room >= min(count, 4096) else { throw waitForFiles(thread, file) }
      let part = min(count, room)
      pipe.bytes += try read(thread, address, count: Int(part))
      wake(WaitChannel(.files))
      return part
    case .timer, .kvm: throw .failed(.invalid)
    }
  }

  /// Closes a file whose descriptor was removed.
  func closed(_ file: OpenFile) {
    guard file.references == 0 else { return }
    switch file.kind {
    case .pipe(let pipe, let isWriter):
      if isWriter { pipe.writers -= 1 } else { pipe.readers -= 1 }
      wake(WaitChannel(.files))
    case .kvm(let object): guests.close(object)
    default: break
    }
  }

  /// A process has ended, or shares its files no longer.
  func leave(_ files: FileTable) {
    files.users -= 1
    guard files.users == 0 else { return }
    for descriptor in files.descriptors {
      if let file = try? files.remove(descriptor) { closed(file) }
    }
  }

  /// A number that nobody can foresee, for what this machine is: a generator seeded by the counter.
  func random() -> UInt64 {
    randomState = randomState &+ 0x9E37_79B9_7F4A_7C15
    var mixed = randomState ^ (now &<< 17)
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
