// The files that a test's own machine code goes into: an arm64 Image, which any VMM boots as a
// guest, and a static ELF, which any arm64 Linux host runs as a process.

/// A guest's kernel made of code alone.
enum BareGuest {
  /// An Image whose code begins 64 bytes behind its start (Linux, Documentation/arch/arm64/
  /// booting.rst) and which owns `size` bytes of memory from its start; X0 is the device tree.
  ///
  /// `write` gets the code with the header already in it, so that `adr` to `start` finds the image.
  static func image(
    size: UInt64 = 8 << 20, _ write: (inout Assembly, _ start: Assembly.Label) -> Void
  ) -> [UInt8] {
    var code = Assembly()
    let start = code.here()
    let entry = code.label()
    code.b(entry)
    for word: UInt32 in [
      0, 0, 0, UInt32(truncatingIfNeeded: size), UInt32(size >> 32), 0xA, 0, 0, 0, 0, 0, 0, 0,
      0x644D_5241, 0,
    ] {
      code.emit(word)
    }
    code.place(entry)
    write(&code, start)
    return code.bytes
  }

  /// Vectors that step over the instruction that was taken: X`scratch` is lost.
  ///
  /// An UNDEFINED register is then one that leaves the instruction's target as it was.
  static func skippingVectors(_ code: inout Assembly, scratch: UInt32) -> Assembly.Label {
    code.align(2048)
    let vectors = code.here()
    for _ in 0..<16 {
      code.align(128)
      code.mrs(scratch, .elr)
      code.add(scratch, scratch, 4)
      code.msr(.elr, scratch)
      code.eret()
    }
    code.align(128)
    return vectors
  }
}

/// A process made of code alone.
enum BareProgram {
  /// Where its one segment is: read, write and execute.
  static let base: UInt64 = 0x40_0000
  /// The offset of the first instruction.
  static let headerSize = 128

  /// A program that owns `size` bytes from `base`, of which those behind its code are zero.
  static func file(
    size: UInt64 = 0x1_0000, _ write: (inout Assembly) -> Void
  ) -> [UInt8] {
    var code = Assembly()
    write(&code)
    let body = code.bytes
    func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (UInt64($0) * 8)) }
    }
    // Elf64_Ehdr, then one Elf64_Phdr.
    var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    file += bytes(2, 2) + bytes(183, 2) + bytes(1, 4)
    file += bytes(base + UInt64(headerSize), 8) + bytes(64, 8) + bytes(0, 8)
    file += bytes(0, 4) + bytes(64, 2) + bytes(56, 2) + bytes(1, 2) + bytes(64, 2) + bytes(0, 4)
    let fileSize = UInt64(headerSize + body.count)
    file += bytes(1, 4) + bytes(7, 4) + bytes(0, 8) + bytes(base, 8) + bytes(base, 8)
    file += bytes(fileSize, 8) + bytes(max(size, fileSize), 8) + bytes(0x1000, 8)
    file += [UInt8](repeating: 0, count: headerSize - file.count)
    return file + body
  }

  /// A program that runs another with its own arguments, kills it if it lives longer than so many
  /// milliseconds, and ends as that did: 128 + n for signal n.
  static func limit(milliseconds: UInt64) -> [UInt8] {
    file { code in
      let child = code.label()
      let ended = code.label()
      code.moveSP(19, 31)  // argc, argv[0], argv[1]...
      for register: UInt32 in 1...4 { code.mov(register, 0) }
      code.mov(0, 17)  // SIGCHLD
      code.mov(8, 220)  // clone
      code.svc()
      code.cbz(0, child)
      code.move(20, 0)
      code.mov(21, base + 0x8000)
      code.mov(1, milliseconds / 1000)
      code.mov(2, milliseconds % 1000 * 1_000_000)
      code.str(1, 21)
      code.str(2, 21, 8)
      code.move(0, 21)
      code.mov(1, 0)
      code.mov(8, 101)  // nanosleep
      code.svc()
      code.move(0, 20)
      code.mov(1, 9)  // SIGKILL
      code.mov(8, 129)  // kill
      code.svc()
      code.move(0, 20)
      code.move(1, 21)
      code.mov(2, 0)
      code.mov(3, 0)
      code.mov(8, 260)  // wait4
      code.svc()
      code.loadWord(0, 21)
      code.mov(1, 0x7F)
      code.and(1, 0, 1)
      code.cbz(1, ended)
      code.add(0, 1, 128)
      code.mov(8, 94)  // exit_group
      code.svc()
      code.place(ended)
      code.emit(0xD348_FC00)  // LSR X0, X0, #8
      code.mov(8, 94)
      code.svc()
      code.place(child)
      code.ldr(0, 19, 16)
      code.add(1, 19, 16)
      code.mov(2, 0)
      code.mov(8, 221)  // execve
      code.svc()
      code.mov(0, 127)
      code.mov(8, 94)
      code.svc()
    }
  }
}

extension Assembly {
  /// X11 = the value of an entry of the auxiliary vector, 0 without it. SP is what it was at the
  /// start; X9 and X10 are lost.
  mutating func find(auxiliary type: UInt32) {
    let found = label()
    let missing = label()
    moveSP(9, 31)
    ldr(10, 9)  // argc
    emit(0x8B0A_0D29)  // ADD X9, X9, X10, LSL #3
    add(9, 9, 16)
    let environment = here()
    emit(0xF840_852A)  // LDR X10, [X9], #8
    cbnz(10, environment)
    let pair = here()
    popPair(10, 11, 9)
    cbz(10, missing)
    subtract(10, 10, type)
    b(.ne, pair)
    b(found)
    place(missing)
    mov(11, 0)
    place(found)
  }

  /// Wipes the 16 random bytes that Linux gives a process (AT_RANDOM), which are not the same in every
  /// run. X9 to X11 are lost.
  mutating func wipeRandomBytes() {
    let done = label()
    find(auxiliary: 25)
    cbz(11, done)
    mov(10, 0)
    str(10, 11)
    str(10, 11, 8)
    place(done)
  }
}
