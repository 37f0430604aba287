// Corrected errors: what is understood of a kernel's log, whose they are, and what the guest is told.

import APEI
import Arm
import Boot
import KVM
import Testing

@testable import VMM

@Suite struct HostLogTests {
  let host = FakeKernel()

  func take(_ log: inout HostLog, _ line: String) -> HostLog.CorrectedError? {
    let bytes = Array(line.utf8)
    let block = host.allocate(8192)
    for (index, byte) in bytes.enumerated() { block.store(byte, at: UInt64(index)) }
    return log.take(block, byteCount: UInt64(bytes.count))
  }

  /// What Debian's kernel 6.1 prints of a record, as /dev/kmsg gives it.
  static func lines(
    number: Int = 1, type: String = "corrected", section: String = "memory error",
    address: String = "0x00000000bed99080", mask: String? = "0xffffffffffffffc0"
  ) -> [String] {
    var texts = [
      "Hardware error from APEI Generic Hardware Error Source: 4",
      "It has been corrected by h/w and requires no further action",
      "event severity: \(type)", " precise tstamp: 2026-01-01 00:00:01", " Error 0, type: \(type)",
      "  section_type: \(section)", "   error_status: 0x0000000000040400",
      "  physical_address: \(address)",
    ]
    if let mask { texts.append("  physical_address_mask: \(mask)") }
    texts.append("  error_type: 2, single-bit ECC")
    return texts.enumerated().map {
      "4,\(700 + $0),1447082,-;{\(number)}[Hardware Error]: \($1)\n"
    }
  }

  private func errors(_ lines: [String]) -> [HostLog.CorrectedError] {
    var log = HostLog()
    return lines.compactMap { take(&log, $0) }
  }

  @Test func aCorrectedErrorOfMemoryIsReadWithItsAddressAndSize() {
    let line = HostLog.CorrectedError(address: 0xBED9_9080, byteCount: 64)
    #expect(errors(Self.lines()) == [line])
    var page = line
    page.byteCount = 4096
    // Without a mask, or with one that is none, the page is meant.
    #expect(errors(Self.lines(mask: nil)) == [page])
    for mask in ["0xffffffffffffe000", "0xffffffffffffff5f", "0xffffffffffffffc0x", "0x", "0x1c0"] {
      #expect(errors(Self.lines(mask: mask)) == [page], "\(mask)")
    }
    #expect(errors(Self.lines(mask: "0xffffffffffffffff"))[0].byteCount == 1)
    #expect(errors(Self.lines() + Self.lines(number: 2)) == [line, line])
  }

  @Test func whatIsNotACorrectedErrorOfMemoryIsNot() {
    #expect(errors(Self.lines(type: "recoverable")).isEmpty)
    #expect(errors(Self.lines(type: "corrected, as it were")).isEmpty)
    #expect(errors(Self.lines(section: "ARM processor error")).isEmpty)
    for address in ["0x", "0x1ffffffffffffffff", "0x12g", "12", "-0x1"] {
      #expect(errors(Self.lines(address: address)).isEmpty, "\(address)")
    }
    // A second section of the record that is another's.
    var lines = Self.lines()
    lines.insert("4,1,1,-;{1}[Hardware Error]:   section type: unknown, 00000000\n", at: 6)
    #expect(errors(lines).isEmpty)
    // What a program has written has another facility.
    #expect(errors(Self.lines().map { "12" + $0.dropFirst() }).isEmpty)
    #expect(errors(Self.lines().map { $0.replacing(";", with: ":") }).isEmpty)
    // Not at the beginning of what is said.
    #expect(
      errors(Self.lines().map { $0.replacing(";{", with: ";who: {") }).isEmpty)
  }

  /// An address without a mask, behind which another section begins, or another record.
  @Test func anAddressIsCompleteWithWhateverComesNext() {
    let address = 8
    let head = Array(Self.lines(address: "0x1000", mask: nil).prefix(address))
    let other = Self.lines(type: "recoverable", address: "0x2000")
    #expect(errors(head).isEmpty)
    // The section behind it is not corrected, and is not taken for one that is.
    #expect(errors(head + other[4...]).map(\.address) == [0x1000])
    #expect(errors(head + Self.lines(address: "0x3000")[4...]).map(\.address) == [0x1000, 0x3000])
    #expect(
      errors(head + Self.lines(number: 2, address: "0x2000")).map(\.address) == [0x1000, 0x2000])
  }

  /// Of two records that two cores print at once the one that began last is read.
  @Test func recordsThatAreMixedAreNotMixedUp() {
    let first = Self.lines(address: "0x1000")
    let second = Self.lines(number: 2, address: "0x2000")
    let mixed = zip(first, second).flatMap { [$0, $1] }
    #expect(errors(mixed).map(\.address) == [0x2000])
    #expect(errors(Array(first.prefix(7)) + second).map(\.address) == [0x2000])
  }

  /// Every line cut at every place, and noise, is read to its end and no further.
  @Test func anyTextIsReadToItsEnd() {
    var found = 0
    for (index, line) in Self.lines().enumerated() {
      for count in 0..<line.count {
        var lines = Self.lines()
        lines[index] = String(line.prefix(count))
        found += errors(lines).count
      }
    }
    #expect(found > 0)
    var seed: UInt64 = 3
    var log = HostLog()
    let block = host.allocate(64)
    for _ in 0..<20_000 {
      for index in 0..<64 as Range<UInt64> {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1
        block.store(
          Array("{}4,;[Hardwe Error]:0x\n 19 pys_m".utf8)[Int(seed >> 33) % 30], at: index)
      }
      #expect(log.take(block, byteCount: seed >> 58) == nil)
    }
  }
}

@Suite struct CorrectedErrorTests {
  typealias Machine = VirtualMachine<FakeKernel>
  typealias Step = (Machine, HostBlock) -> Int64

  let rig = VirtualMachineTests()
  var host: FakeKernel { rig.host }
  var options = Options()

  init() {
    options = rig.options
    options.tellsCorrected = true
  }

  /// Frames from 0x80000 on are the guest's, in order, from the second page of its RAM.
  private func giveFrames(_ machine: Machine) {
    let first = machine.memory.hostBase.rawValue / 4096 + 1
    host.pageMap = { $0 >= first && $0 < first + 4000 ? 1 << 63 | (0x8_0000 + $0 - first) : 0 }
  }

  private func say(_ address: String) {
    host.log? += HostLogTests.lines(address: address).map { Array($0.utf8) }
  }

  private func section(
    _ machine: Machine
  ) throws -> (severity: UInt64, flags: UInt8, address: UInt64) {
    let block = try #require(
      machine.memory.block(
        at: GuestPhysicalAddress(machine.table.region.block(machine.table.interruptSource)),
        count: 4096))
    return (UInt64(block.u32(at: 36)), block.u8(at: 43), block.u64(at: 20 + 72 + 16))
  }

  @Test func anErrorInTheLogIsTheGuestsIfItsFrameIs() throws {
    host.log = []
    var seen: (severity: UInt64, flags: UInt8, address: UInt64)?
    let (status, _) = try rig.run(
      with: options,
      [
        { machine, _ in
          self.giveFrames(machine)
          // The guest has no such frame; the page behind its first has.
          self.say("0x0000000000000240")
          self.say("0x0000000080123240")
          machine.readHostLog()
          seen = try? self.section(machine)
          return -4
        }
      ])
    #expect(status == 0 && host.enabled.isEmpty)
    #expect(
      host.text(2).contains(
        "vmm: corrected error at GPA 0x40124240: record written to error source 1\n"))
    #expect(host.text(2).contains("vmm: error interrupt raised\n"))
    #expect(!host.text(2).contains("vmm: record for"))
    let edge = host.lines.filter { $0.line == KVMInterruptLine.spi(41).rawValue }
    #expect(edge.map(\.level) == [1, 0])
    #expect(seen?.severity == UInt64(ErrorSeverity.corrected.rawValue))
    #expect(seen?.flags == 0 && seen?.address == 0x4012_4240)
  }

  @Test func theLogIsReadWhenItHasSomethingToSay() throws {
    host.log = [[], Array("4,1,1,-;noise\n".utf8)]
    _ = try rig.run(
      with: options,
      [
        { machine, _ in
          self.giveFrames(machine)
          self.say("0x0000000080000000")
          return -4
        }
      ])
    #expect(host.log == [])
    #expect(host.text(2).contains("vmm: corrected error at GPA 0x40001000: record written"))
  }

  @Test func whoMayNotKnowFramesIsToldOnce() throws {
    host.log = []
    host.pageMap = { _ in 1 << 63 }
    let look: Step = { machine, _ in
      self.say("0x0000000080000000")
      machine.readHostLog()
      return -4
    }
    #expect(try rig.run(with: options, [look, look]).status == 0)
    #expect(host.text(2).components(of: "names no frames") == 1)
    #expect(!host.text(2).contains("corrected error at"))
    host.pageMap = nil
    #expect(try rig.run(with: options, [look]).status == 0)
    #expect(host.text(2).contains("vmm: /proc/self/pagemap: ENOENT\n"))
  }

  @Test func aHostThatTellsNobodyIsSaidToBeSo() throws {
    #expect(try rig.run(with: options, []).status == 0)
    #expect(
      host.text(2).contains("vmm: nobody tells of corrected errors here: /dev/kmsg: ENOENT\n"))
    // Nobody listens who was not asked to.
    host.log = [Array("4,1,1,-;noise\n".utf8)]
    #expect(try rig.run([]).status == 0)
    #expect(host.log?.count == 1)
  }

  private func exit(_ address: UInt64, size: UInt64 = 64, flags: UInt64 = 0) -> Step {
    { _, place in
      place.store(KVMExitReason.armCorrected.rawValue, at: KVMRunLayout.exitReason)
      place.store(flags, at: KVMRunLayout.correctedFlags)
      place.store(address, at: KVMRunLayout.correctedAddress)
      place.store(size, at: KVMRunLayout.correctedSize)
      return 0
    }
  }

  @Test func aHostThatTellsItselfIsAskedTo() throws {
    host.capabilities.insert(KVMCapability.armCorrectedToUser.rawValue)
    host.log = [Array("4,1,1,-;noise\n".utf8)]
    var seen: (severity: UInt64, flags: UInt8, address: UInt64)?
    let (status, machine) = try rig.run(
      with: options,
      [
        exit(0x4030_0279, flags: KVMRunLayout.correctedOverThreshold),
        { machine, _ in
          seen = try? self.section(machine)
          return -4
        },
      ])
    #expect(status == 0 && !machine.isLost(0x4030_0240) && host.log?.count == 1)
    #expect(host.enabled == [KVMCapability.armCorrectedToUser.rawValue])
    #expect(seen?.flags == SectionFlags.thresholdExceeded.rawValue && seen?.address == 0x4030_0240)
  }

  @Test func whatCannotBeTheGuestsIsNot() throws {
    host.capabilities.insert(KVMCapability.armCorrectedToUser.rawValue)
    let (status, _) = try rig.run(
      with: options,
      [
        exit(0), exit(0x4100_0000), exit(.max), exit(0x4030_0000, size: 0),
        exit(0x4030_0000, size: 8192), exit(0x4030_0000, size: 48), exit(0x4030_0000, size: .max),
      ])
    #expect(status == 0 && !host.text(2).contains("corrected error at") && host.lines.isEmpty)
  }

  private func acknowledge(_ machine: Machine) {
    let word = GuestPhysicalAddress(
      machine.table.region.acknowledgeLocation(machine.table.interruptSource))
    machine.memory.block(at: word, count: 8)?.store(1 as UInt64, at: 0)
  }

  /// Ten a second, of which eight can wait; the next that is told says that others were not.
  @Test func aStormIsNotTheGuests() throws {
    host.capabilities.insert(KVMCapability.armCorrectedToUser.rawValue)
    var flags: [UInt8] = []
    let (status, machine) = try rig.run(
      with: options,
      Array(repeating: exit(0x4030_0000), count: 50) + [
        { machine, _ in
          // The guest reads its records, one by one.
          while machine.table.waitingCount > 0 {
            self.acknowledge(machine)
            machine.publishWaiting()
            flags.append((try? self.section(machine).flags) ?? 0xFF)
          }
          self.acknowledge(machine)
          self.host.seconds += 1
          return -4
        },
        exit(0x4030_1000),
      ])
    #expect(status == 0)
    #expect(flags.count == GuestErrorTable.correctedCapacity)
    #expect(
      flags.map { $0 & SectionFlags.overflow.rawValue != 0 } == [true]
        + Array(repeating: false, count: 7))
    #expect(host.text(2).components(of: "corrected error at GPA") == 1 + flags.count + 1)
    #expect(machine.table.waitingCount == 0)
  }

  /// An uncorrected error finds a place, however many corrected ones nobody has looked at.
  @Test func correctedErrorsLeaveRoomForTheOthers() throws {
    host.capabilities.insert(KVMCapability.armCorrectedToUser.rawValue)
    var steps: [Step] = []
    for _ in 0..<20 {
      steps += Array(repeating: exit(0x4030_0000), count: 10)
      steps.append { _, _ in
        self.host.seconds += 1
        return -4
      }
    }
    let (status, machine) = try rig.run(
      with: options,
      steps + [
        { machine, _ in
          machine.publish(
            GuestErrorReport(vcpu: nil, lost: GuestRange(base: 0x4038_0000, size: 4096)))
          return -4
        }
      ])
    #expect(status == 0)
    #expect(host.text(2).contains("vmm: record for GPA 0x40380000 waits"))
    #expect(machine.table.waitingCount == GuestErrorTable.correctedCapacity + 1)
  }

  /// What the host has dropped is said, though the guest is told of nothing else.
  @Test func whatTheHostHasDroppedIsSaid() throws {
    host.capabilities.insert(KVMCapability.armCorrectedToUser.rawValue)
    var flags: UInt8 = 0
    _ = try rig.run(
      with: options,
      [
        exit(0x4030_0000, flags: KVMRunLayout.correctedDropped),
        { machine, _ in
          flags = (try? self.section(machine).flags) ?? 0
          return -4
        },
      ])
    #expect(flags & SectionFlags.overflow.rawValue != 0)
  }
}

extension String {
  /// How often a text is in it.
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
