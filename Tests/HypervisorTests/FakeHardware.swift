// Hardware for host tests: RAM is an array, registers are numbers, and what the kernel asked for is
// counted. RAM lies where the board has it, so addresses look like the real ones.

import APEI
import Arm
import Boot
import KVM
import Testing

@testable import Hypervisor

/// What the fake remembers.
@safe final class FakeBoard {
  static let base: UInt64 = 0x4000_0000
  let size: Int
  let ram: UnsafeMutableRawPointer
  var core = 0
  var registers: [SystemRegister: UInt64] = [.cntfrqEL0: 62_500_000]
  var console: [UInt8] = []
  var invalidated: [(UInt64, UInt16)] = []
  var kicks: [UInt64] = []
  var isLocked = false
  /// Lines of RAM that abort when a copy reads them.
  var poison: Set<UInt64> = []
  /// Has the abort of a copy reach the kernel.
  var onAbort: ((UInt64) -> Void)?
  var firmwareCalls: [UInt32] = []
  /// What another core does when it gets the lock.
  var onUnlock: (() -> Void)?
  let guest = FakeGuest()
  /// What the real-time clock says.
  let seconds: UInt32 = 1_767_225_600

  init(size: Int) {
    self.size = size
    unsafe ram = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 1 << 22)
    unsafe ram.initializeMemory(as: UInt8.self, repeating: 0xee, count: size)
  }
  deinit { unsafe ram.deallocate() }
}

struct FakeHardware: HypervisorPlatform, @unchecked Sendable {
  let board: FakeBoard

  var core: Int { board.core }
  @unsafe func pointer(_ address: PhysicalAddress) -> UnsafeMutableRawPointer {
    let offset = Int(address.rawValue - FakeBoard.base)
    precondition(offset >= 0 && offset < board.size, "outside RAM")
    return unsafe board.ram + offset
  }
  private func isRAM(_ address: PhysicalAddress) -> Bool {
    address.rawValue >= FakeBoard.base
      && address.rawValue < FakeBoard.base + UInt64(board.size)
  }
  func load32(_ address: PhysicalAddress) -> UInt32 {
    if address.rawValue == 0x901_0000 { return board.seconds }
    return unsafe isRAM(address) ? pointer(address).load(as: UInt32.self) : 0x10
  }
  func load64(_ address: PhysicalAddress) -> UInt64 {
    unsafe isRAM(address) ? pointer(address).load(as: UInt64.self) : 1 << 4
  }
  func store8(_ address: PhysicalAddress, _ value: UInt8) {}
  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    if isRAM(address) {
      unsafe pointer(address).storeBytes(of: value, as: UInt32.self)
    } else if address.rawValue == 0x900_0000 {
      board.console.append(UInt8(truncatingIfNeeded: value))
    }
  }
  func store64(_ address: PhysicalAddress, _ value: UInt64) {
    if isRAM(address) { unsafe pointer(address).storeBytes(of: value, as: UInt64.self) }
  }
  func copyRecoverably(to: PhysicalAddress, from: PhysicalAddress, byteCount: Int) -> Int {
    unsafe copyRecoverably(to: pointer(to), from: from, byteCount: byteCount)
  }
  @unsafe func copyRecoverably(
    to: UnsafeMutableRawPointer, from: PhysicalAddress, byteCount: Int
  ) -> Int {
    for index in 0..<byteCount {
      let address = from.rawValue + UInt64(index)
      if board.poison.contains(address & ~63) {
        board.onAbort?(address)
        return byteCount - index
      }
      unsafe to.storeBytes(
        of: pointer(PhysicalAddress(address)).load(as: UInt8.self), toByteOffset: index,
        as: UInt8.self)
    }
    return 0
  }
  func clear(_ address: PhysicalAddress, byteCount: Int) {
    unsafe pointer(address).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }
  func read(_ register: SystemRegister) -> UInt64 {
    register == .iccIAR1EL1
      ? board.registers[register] ?? 1023 : board.registers[register] ?? 0
  }
  func write(_ register: SystemRegister, _ value: UInt64) {
    board.registers[register] = value
    if register == .iccEOIR1EL1 { board.registers[.iccIAR1EL1] = 1023 }
  }
  func synchronizeContext() {}
  func synchronizeData() {}
  func invalidateTranslation(_ address: VirtualAddress, asid: UInt16) {
    board.invalidated.append((address.rawValue, asid))
  }
  func invalidateTranslations(asid: UInt16) {}
  func synchronizeCode(_ address: PhysicalAddress, byteCount: Int) {}
  func callFirmware(_ function: UInt32, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    board.firmwareCalls.append(function)
    return 0
  }
  var secondaryEntry: PhysicalAddress { PhysicalAddress(FakeBoard.base) }
  func waitForInterrupt() { fatalError("idle: a test must leave something to run") }
  func kick(affinity: UInt64) { board.kicks.append(affinity) }
  func lock() {
    precondition(!board.isLocked)
    board.isLocked = true
  }
  func unlock() {
    precondition(board.isLocked)
    board.isLocked = false
    board.onUnlock?()
  }
  func saveVectors(_ state: VectorState) {}
  func loadVectors(_ state: VectorState) {}
  func stop() -> Never { fatalError("the kernel stopped") }
  func abandon(
    _ reason: AbandonReason, _ syndrome: Syndrome, elr: UInt64, far: UInt64
  ) -> Never { fatalError("the kernel gave itself up") }
}

/// A kernel on fake hardware, with an initrd and a process to act in.
@safe final class World {
  let board: FakeBoard
  let kernel: Kernel<FakeHardware>
  private let memory: UnsafeMutablePointer<KernelMemory>

  /// `files`: name and contents.
  init(megabytes: Int = 32, cores: Int = 2, files: [(String, [UInt8])] = []) throws {
    board = FakeBoard(size: megabytes << 20)
    let hardware = FakeHardware(board: board)
    var machine = MachineInventory()
    for core in 0..<cores { machine.addCore(mpidr: UInt64(core)) }
    machine.distributor = 0x800_0000
    machine.redistributors = MemoryRange(base: 0x80a_0000, size: 0x10_0000)
    machine.console = 0x900_0000
    machine.clock = 0x901_0000
    machine.conduit = .smc
    machine.addRange(MemoryRange(base: FakeBoard.base, size: UInt64(megabytes) << 20))
    let archive = cpio(files)
    let initrd = MemoryRange(base: FakeBoard.base + 0x10_0000, size: UInt64(archive.count))
    unsafe hardware.pointer(PhysicalAddress(initrd.base)).copyMemory(
      from: archive, byteCount: archive.count)
    let layout = BootMemory(
      machine: machine, image: MemoryRange(base: FakeBoard.base, size: 0x10_0000), initrd: initrd)
    let table = try #require(layout.placeForTable())
    unsafe memory = .allocate(capacity: 1)
    unsafe memory.initialize(
      to: KernelMemory(
        frames: layout.makeFrames(
          table: table, at: hardware.pointer(PhysicalAddress(table.base)))))
    kernel = unsafe try Kernel(hardware, memory: memory, machine: machine, initrd: initrd)
    board.isLocked = true
  }

  deinit { unsafe memory.deallocate() }

  /// A process with one thread that runs on core 0, its memory empty but for a stack.
  func process() throws -> Thread {
    // 1 is /init, with rules of its own.
    kernel.nextProcessID = max(kernel.nextProcessID, 2)
    let id = kernel.takeID()
    let process = Process(id: id, parent: 1, files: FileTable(), actions: SignalActions())
    process.space = try kernel.makeSpace()
    process.name = Array("test".utf8)
    process.files.set(0, OpenFile(.console), false)
    process.files.set(1, OpenFile(.console), false)
    kernel.processes.append(process)
    let thread = kernel.addThread(process, id: id)
    thread.state = .running(0)
    return thread
  }

  /// A system call of a thread; the result as the program sees it, nil when it sleeps.
  @discardableResult
  func call(_ thread: Thread, _ number: SystemCall, _ arguments: UInt64...) -> Int64? {
    thread.context.x[8] = number.rawValue
    for index in 0..<6 {
      thread.context.x[index] = index < arguments.count ? arguments[index] : 0
    }
    thread.wakeReason = .none
    thread.callState = nil
    kernel.performCall(thread)
    return thread.hasPendingCall ? nil : Int64(bitPattern: thread.x(0))
  }

  /// mmap of private anonymous memory.
  func map(_ thread: Thread, pages: UInt64, flags: MappingFlags = []) -> UInt64 {
    let all = flags.union([.anonymous]).union(flags.contains(.shared) ? [] : [.private])
    return UInt64(
      bitPattern: call(thread, .map, 0, pages * 4096, 3, all.rawValue, .max, 0) ?? -1)
  }

  var text: String { String(decoding: board.console, as: UTF8.self) }
}

/// A cpio "newc" archive.
func cpio(_ files: [(String, [UInt8])]) -> [UInt8] {
  var bytes: [UInt8] = []
  func entry(_ name: String, _ data: [UInt8], mode: Int) {
    func hex(_ value: Int) -> [UInt8] {
      let digits = String(value, radix: 16, uppercase: true)
      return Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
    bytes += Array("070701".utf8)
    for field in [1, mode, 0, 0, 1, 0, data.count, 0, 0, 0, 0, name.utf8.count + 1, 0] {
      bytes += hex(field)
    }
    bytes += Array(name.utf8) + [0]
    while bytes.count % 4 != 0 { bytes.append(0) }
    bytes += data
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
  for (name, data) in files { entry(name, data, mode: 0o100755) }
  entry("TRAILER!!!", [], mode: 0)
  return bytes
}

/// A static ELF64 whose one segment is `code` at 0x400000, with `bss` zeros behind.
func program(_ code: [UInt8], bss: Int = 0) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: 0x1000)
  func put(_ value: UInt64, _ at: Int, _ count: Int) {
    for index in 0..<count { bytes[at + index] = UInt8(truncatingIfNeeded: value >> (index * 8)) }
  }
  put(0x0001_0102_464c_457f, 0, 8)
  put(2, 16, 2)
  put(183, 18, 2)
  put(1, 20, 4)
  put(0x40_0000, 24, 8)
  put(64, 32, 8)
  put(64, 52, 2)
  put(56, 54, 2)
  put(1, 56, 2)
  put(1, 64, 4)
  put(7, 68, 4)
  put(0x1000, 72, 8)
  put(0x40_0000, 80, 8)
  put(0x40_0000, 88, 8)
  put(UInt64(code.count), 96, 8)
  put(UInt64(code.count + bss), 104, 8)
  put(0x1000, 112, 8)
  return bytes + code
}
