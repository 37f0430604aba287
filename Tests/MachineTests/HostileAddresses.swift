// Guest code that means harm: what generated code computes of a guest's addresses must stay in the guest's
// memory, or be the interpreter's. Programs have bases at the edges of pages and of RAM, aliases that share a
// TLB entry's place, and addresses of this very process. Behind state, TLBs, RAM and code begins memory that
// nobody may access (HostMemory, CodeMemory), so that one byte too far ends the test process.
//
// `Fuzzer.addresses` says how many. The addresses of this process are others in each run: a finding tells them.

import Arm
import Foundation
import Support
import Testing

@testable import Machine

@Suite struct HostileAddresses {
  /// Addresses from which a mistake of the translator would lead out of the guest.
  private static func places(_ bench: InterpreterBench) -> [UInt64] {
    let ram = InterpreterBench.code
    let end = ram + InterpreterBench.ramSize
    var places = [
      0, .max, 1 << 63, TLBEntry.invalid, ram, end, ram - 1, end - 1, InterpreterBench.data + 0xFFF,
      InterpreterBench.data + 0x1FF8,
    ]
    // The same place in the TLB as a page that is there, and the same page in other gigabytes.
    for bit in [21, 22, 31, 32, 39, 47, 48, 55, 63] {
      places.append(InterpreterBench.data ^ 1 << UInt64(bit))
    }
    // Of this process: the state, its context, the TLB, RAM.
    let core = bench.board.cores[0]
    let words = unsafe UInt64(UInt(bitPattern: core.state.words))
    let table = core.fastTLB.table(TLBContext.el3)
    let memory = unsafe UInt64(UInt(bitPattern: table.data))
    places += [words, words - 128, words + 8192, memory]
    for index in 0..<TLB.entryCount {
      let entry = unsafe table.data[index]
      if entry.readTag != TLBEntry.invalid { places += [entry.addend, 0 &- entry.addend] }
    }
    return places
  }

  /// Two machines that have loaded from a page, so that their TLBs hold something.
  private static func pair() throws -> EngineLockstep.Pair {
    let pair = try EngineLockstep.Pair()
    try #require(pair.translated.board.engineStatistics.engine == .jit || !HostTranslator.exists)
    for bench in pair.both {
      bench.place([A64.ldr(0, 1), A64.str(0, 1), A64.b(-8)])
      bench.state[x: 1] = InterpreterBench.data
    }
    #expect(pair.run(100).isEmpty)
    return pair
  }

  @Test func noAddressLeadsOutOfTheGuest() throws {
    let pair = try Self.pair()
    let places = Self.places(pair.translated)
    var programs = EngineProgram(seed: Fuzzer.addresses.seed, wild: places)
    // A program may have written over the tables.
    let isSame = pair.expectTheSame(&programs, Fuzzer.addresses) { $0.enableMMU() }
    #expect(isSame, "with \(places.map { String($0, radix: 16) })")
  }

  /// A translator whose addresses are off, so that a store goes behind RAM: the process ends.
  @Test func canaryAStoreBehindMemoryEndsTheProcess() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let pair = try HostileAddresses.pair()
      let table = pair.translated.board.cores[0].fastTLB.table(TLBContext.el3)
      let behind = InterpreterBench.code + InterpreterBench.ramSize - InterpreterBench.data
      for index in 0..<TLB.entryCount { unsafe table.data[index].addend &+= behind }
      _ = pair.run(10)
    }
  }

  @Test(arguments: [1, 100, 4096, 8704, 1 << 21, 33 << 20]) func theLastByteIsTheLastOfItsPage(
    _ count: Int
  ) throws {
    let block = try HostMemory(count: count, isGuarded: true)
    block[0] = 1
    block[count - 1] = 2
    #expect(block[0] == (count == 1 ? 2 : 1))
    #expect(unsafe Int(bitPattern: block.start + count) % Int(getpagesize()) == 0)
    let code = try CodeMemory(count: 1 << 16)
    unsafe code.bytes[code.bytes.count - 1] = 3
  }

  /// Both ends of a guard behind; of whole pages, large ones among them, the one before as well.
  @Test func aByteBehindABlockEndsTheProcess() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let block = try HostMemory(count: 8704, isGuarded: true)
      unsafe block.start.storeBytes(of: 1, toByteOffset: 8704, as: UInt8.self)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let block = try HostMemory(count: 8704, isGuarded: true)
      let end = 8704 + HostMemory.guardSize
      unsafe block.start.storeBytes(of: 1, toByteOffset: end - 1, as: UInt8.self)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let block = try HostMemory(count: 1 << 21, isGuarded: true)
      unsafe block.start.storeBytes(of: 1, toByteOffset: -1, as: UInt8.self)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let block = try HostMemory(count: 33 << 20, isGuarded: true)
      unsafe block.start.storeBytes(of: 1, toByteOffset: 33 << 20, as: UInt8.self)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let block = try HostMemory(count: 33 << 20, isGuarded: true)
      unsafe block.start.storeBytes(of: 1, toByteOffset: -1, as: UInt8.self)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let code = try CodeMemory(count: 1 << 16)
      let start = unsafe try #require(UnsafeMutableRawPointer(code.bytes.baseAddress))
      unsafe start.storeBytes(of: 1, toByteOffset: 1 << 16, as: UInt8.self)
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let code = try CodeMemory(count: 1 << 16)
      let start = unsafe try #require(UnsafeMutableRawPointer(code.bytes.baseAddress))
      _ = unsafe (start + code.executableOffset).load(fromByteOffset: -1, as: UInt8.self)
    }
  }
}
