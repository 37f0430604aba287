// Console lines: whose they are and what they mean.

import Testing

@testable import Scenario

/// What lines of the console mean, in the words of several kernels.
@Suite struct ConsoleLineTests {
  /// A kernel's line behind a process's, as one console has them.
  @Test func theRestOfAProcesssLineIsTheKernels() {
    let reader = "reader: SIGBUS si_code 4 (BUS_MCEERR_AR) si_addr 0x1 si_addr_lsb 12 pid 106"
    let death = KernelLine.busErrorOf(name: "reader", pid: 106)
    for (rest, meaning) in [
      ("", nil), ("[    0.9] usb 1-1: new device", nil),
      ("[    0.9] {1}[Hardware Error]:  Error 0, type: recoverable", .hardwareError),
      (
        "[    0.9] {1}[Hardware Error]:   physical_address: 0x419e4000", .recordAddress(0x419E_4000)
      ),
      (
        "[    0.9] Memory failure: 0x1: recovery action for dirty LRU page: Recovered",
        .recoveryAction(pageFrame: 1, page: "dirty LRU page", result: "Recovered")
      ),
      ("[    0.9] Kernel panic - not syncing: x", .panic("x")),
    ] as [(String, KernelLine?)] {
      #expect(
        KernelLine.all(in: reader + rest) == [death] + (meaning.map { [$0] } ?? []), "\(rest)")
    }
  }

  @Test(
    arguments: [
      (
        "[ 1.5] Memory failure: 0x40042: recovery action for dirty LRU page: Recovered",
        KernelLine.recoveryAction(pageFrame: 0x40042, page: "dirty LRU page", result: "Recovered")
      ),
      (
        "Memory failure: 40042: recovery action for huge page: still: Ignored.",
        .recoveryAction(pageFrame: 0x40042, page: "huge page: still", result: "Ignored")
      ),
      (
        "Memory failure: 0x1: Sending SIGBUS to a:b c:45 due to hardware memory corruption",
        .processSignalled(name: "a:b c", pid: 45, page: 1)
      ),
      (
        "Memory failure: 0x1: forcibly killing reader:7 because of failure to unmap corrupted page",
        .processSignalled(name: "reader", pid: 7, page: 1)
      ),
      (
        "MCE 0x1: Killing reader:7 due to hardware memory corruption",
        .processSignalled(name: "reader", pid: 7, page: nil)
      ),
      (
        "GHES: reader:9: synchronous unrecoverable error (SIGBUS)",
        .processSignalled(name: "reader", pid: 9, page: nil)
      ),
      ("Memory failure: 0x1: already hardware poisoned", .hardwareError),
      ("{2}[Hardware Error]:   physical_address: 0x0000000040042000", .recordAddress(0x4004_2000)),
      (
        "{2}[Hardware Error]: section physical fault address: 0x40042000",
        .recordAddress(0x4004_2000)
      ),
      ("{2}[Hardware Error]:   virtual fault address: 0x40042000", .hardwareError),
      (
        "[ 1.5] Memory failure: soft_offline: 0x419f2: invalidated",
        .softOffline(pageFrame: 0x419F2)
      ),
      ("[ 1.5] soft_offline_page: 0x419f2 page already poisoned", nil),
      ("HardwareCorrupted:     8 kB", .memoryGivenUp(kilobytes: 8)),
      ("HardwareCorrupted:     0 kB", nil),
      ("Kernel panic - not syncing: GHES: Fatal", .panic("GHES: Fatal")),
      ("---[ end Kernel panic - not syncing: GHES: Fatal ]---", .panicEnd),
      ("EL2 lost", .panic("EL2 lost")), ("reboot: Restarting system", .restart),
      ("[    5.1] reboot: Restarting system with command 'x'", .restart),
      (
        "Internal error: synchronous external abort: 96000410 [#1]",
        .oops("synchronous external abort: 96000410 [#1]")
      ),
      ("guest: section memory severity x address 0x40d000 mask 0xfff", .sectionAddress(0x40_D000)),
      ("guest: down x y", .panic("x y")), ("guest: page replaced at va 0x1", .lossRepaired),
      ("init: reader ended with status 135", .processEnded(name: "reader", status: 135)),
      ("init: two words ended with status 135", nil), ("firmware: x", .firmware),
      ("firmware: hardware error in the firmware, resetting", .firmwareError),
      ("firmware: hardware error in the firmware", .firmwareError),
      (
        "reader: SIGBUS si_code 4 (BUS_MCEERR_AR) si_addr 0x1 si_addr_lsb 12 pid 102[    1.0] x",
        .busErrorOf(name: "reader", pid: 102)
      ),
      ("reader: SIGBUS si_code 4", .busError), ("sh: Bus error", .busError), ("hello", nil),
      ("xinit: reader ended with status 1", nil), ("Killing time due to nothing", nil),
    ] as [(String, KernelLine?)])
  func aKernelsLineHasItsMeaning(line: String, meaning: KernelLine?) {
    #expect(KernelLine(line) == meaning)
  }

  @Test(
    arguments: [
      (
        "vmm: SIGBUS BUS_MCEERR_AR HVA 0xffff GPA 0x4040d000 lsb 12",
        VMMLine.guestMemoryLost(physical: 0x4040_D000, leastBit: 12)
      ),
      (
        "vmm: KVM_EXIT_ARM_SEA ESR 0x92000010 VA 0x1000 GPA 0x4040d000",
        .guestMemoryLost(physical: 0x4040_D000, leastBit: 0)
      ),
      (
        "vmm: SIGBUS without an address while the guest ran",
        .guestMemoryLost(physical: nil, leastBit: 0)
      ),
      ("vmm: SIGBUS BUS_MCEERR_AO HVA 0x7fff0000, not guest memory lsb 12", .ownMemoryNoticed),
      ("vmm: SIGBUS BUS_MCEERR_AR HVA 0x7fff0000, not guest memory lsb 12", .ownMemoryLost),
      ("vmm: record for GPA 0x40400000 written to error source 0", .record(physical: 0x4040_0000)),
      ("vmm: record for GPA unknown written to error source 0", .record(physical: nil)),
      ("vmm: record for GPA 0x40400000 waits: not acknowledged", .other),
      ("vmm: SEA into vCPU 0 ESR_EL1 0x1 FAR_EL1 0x2 ELR_EL1 0x3", .injected),
      ("vmm: the guest crashed", .guestEnded),
      ("vmm: hello", .other), ("avmm: hello", nil),
    ] as [(String, VMMLine?)])
  func aVMMsLineHasItsMeaning(line: String, meaning: VMMLine?) {
    #expect(VMMLine(line) == meaning)
  }

  @Test(
    arguments: [
      ("a| x", "a", "x"), ("a|x", "a", "x"), ("a.b-1_C|  x", "a.b-1_C", " x"),
      ("a b| x", nil, "a b| x"),
      ("| x", nil, "| x"), ("abcdefghijklmnopq| x", nil, "abcdefghijklmnopq| x"),
      ("abc", nil, "abc"),
    ] as [(String, String?, String)])
  func aMarkNamesTheGuest(line: String, guest: String?, text: String) {
    let voice = ConsoleVoice(line)
    #expect(voice.guest == guest && voice.text == text)
  }

  @Test(arguments: [
    ("[    1.5] {1}[Hardware Error]: x", "[Hardware Error]: x"), ("[1.5] x", "x"), ("{1}x", "x"),
    ("[    0.000000][    T0] x", "x"), ("[    1.5][  C12] x", "x"),
    ("[    1.5][ X1] x", "[    1.5][ X1] x"),
    ("[x] y", "[x] y"), ("[ 1] y", "[ 1] y"), ("x [ 1.5] y", "x [ 1.5] y"),
  ])
  func timesAndCountsAreLeftOut(line: String, text: String) {
    #expect(ConsoleVoice(line).withoutTime == text)
  }

  @Test(arguments: [
    ("pid 12 maps 0x1f physical deadbeef0", "pid # maps # physical #"),
    ("ab12cd 0x zz7", "ab#cd #x zz#"), ("12345678g", "#g"), ("", ""),
  ])
  func numbersAreLeftOutOfAComparison(line: String, text: String) {
    #expect(HostComparison.withoutNumbers(line) == text)
  }

  @Test(arguments: [
    ("guest: result 5[    0.811989] {2}[Hardware Error]:  x", "guest: result 5"),
    ("guest: a[0] is [1.5] of [ 12.34567]", "guest: a[0] is [1.5] of [ 12.34567]"),
    ("[    0.811989] first", "[    0.811989] first"), ("x[1234.000001]y", "x"), ("[", "["),
    ("", ""),
    ("a[ 1.123456", "a[ 1.123456"),
  ])
  func whatTheHostPrintsIntoALineIsNotTheGuests(line: String, text: String) {
    #expect(HostComparison.withoutKernel(line) == text)
  }
}
