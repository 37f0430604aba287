// one_reg beside Linux: the list of Debian's kernel 6.1 on this machine, for a vCPU with PSCI 0.2, and what it
// makes of writes.

import Arm
import KVM
import Testing

@testable import Hypervisor

@Suite struct KVMRegisterTests {
  /// Encodings of the system registers in Linux's list.
  private static let systemRegisters = """
    8004 8005 8006 8007 800c 800d 800e 800f 8010 8012 8014 8015 8016 8017
    801c 801d 801e 801f 8024 8025 8026 8027 802c 802d 802e 802f 8034 8035
    8036 8037 803c 803d 803e 803f 8044 8045 8046 8047 804c 804d 804e 804f
    8054 8055 8056 8057 805c 805d 805e 805f 8064 8065 8066 8067 806c 806d
    806e 806f 8074 8075 8076 8077 807c 807d 807e 807f 808c a038 c000 c005
    c006 c008 c009 c00a c00b c00c c00d c00e c00f c010 c011 c012 c013 c014
    c015 c016 c017 c018 c019 c01a c01b c01c c01d c01e c01f c020 c021 c022
    c023 c024 c025 c026 c027 c028 c029 c02a c02b c02c c02d c02e c02f c030
    c031 c032 c033 c034 c035 c036 c037 c038 c039 c03a c03b c03c c03d c03e
    c03f c080 c081 c082 c100 c101 c102 c288 c289 c290 c300 c3a0 c510 c518
    c600 c609 c681 c684 c708 c801 c807 d000 d801 de82 de83 df02 df19 df1a
    e180 e281 e298
    """

  private static var linuxList: Set<UInt64> {
    var list: Set<UInt64> = []
    for number in 0..<41 as Range<UInt64> { list.insert(0x6030_0000_0010_0000 | number * 2) }
    for number in 0..<32 as Range<UInt64> {
      list.insert(0x6040_0000_0010_0000 + 0x54 + number * 4)
    }
    list.insert(0x6020_0000_0010_00D4)
    list.insert(0x6020_0000_0010_00D5)
    for number in 0..<3 as Range<UInt64> {
      list.insert(0x6020_0000_0011_0000 | number)
      list.insert(0x6030_0000_0016_0000 | number)
    }
    for number in 0..<4 as Range<UInt64> { list.insert(0x6030_0000_0014_0000 | number) }
    for word in systemRegisters.split(whereSeparator: \.isWhitespace) {
      list.insert(0x6030_0000_0013_0000 | (UInt64(word, radix: 16) ?? 0))
    }
    return list
  }

  @Test func theListIsLinuxs() throws {
    let vm = try TestMachine()
    let list = vm.world.kernel.guests.registerList()
    #expect(Set(list) == Self.linuxList)
    #expect(list.count == 242)
  }

  @Test func whatLinuxHasNotIsNotThere() throws {
    let vm = try TestMachine()
    for (id, error) in [
      // CNTP_CTL_EL0, CNTP_CVAL_EL0, FW_REG 4, FW_FEAT_BMAP 3, a cache that there is not, no encoding.
      (0x6030_0000_0013_DF11, -2), (0x6030_0000_0013_DF12, -2), (0x6030_0000_0014_0004, -2),
      (0x6030_0000_0016_0003, -2), (0x6020_0000_0011_0003, -2), (0x6030_0000_0011_0000, -2),
      (0x6030_0000_0012_0000, -2), (0x6020_0000_0014_0000, -2), (0x6020_0000_0013_C000, -2),
      // Behind struct kvm_regs; in the middle of a register; of the wrong size.
      (0x6020_0000_0010_00D7, -2), (0x6030_0000_0010_0003, -22), (0x6020_0000_0010_0000, -22),
      (0x6030_0000_0010_00D4, -22), (0x6030_0000_1010_0000, -2),
      // Another architecture; bits that mean nothing.
      (0x7030_0000_0014_0000, -22), (0x6030_0001_0014_0000, -22), (0x6130_0000_0014_0000, -22),
    ] as [(UInt64, Int64)] {
      try vm.store([id, vm.scratch + 4096])
      #expect(
        vm.call(vm.processor, .getOneRegister, vm.scratch) == error, "\(String(id, radix: 16))")
      #expect(
        vm.call(vm.processor, .setOneRegister, vm.scratch) == error, "\(String(id, radix: 16))")
    }
  }

  @Test func storageIsKept() throws {
    let vm = try TestMachine()
    var registers: [OneRegister] = [
      .system(.actlrEL1), .system(.mpidrEL1), .system(.dbgvcr32EL2), .system(.csselrEL1),
    ]
    for number in 0..<4 as Range<UInt64> { registers.append(.bankedSPSR(number)) }
    for encoding in GuestSystemRegister.ofAArch32 { registers.append(.system(encoding)) }
    for number in 0..<16 as Range<UInt8> {
      for op2 in 4...7 as ClosedRange<UInt8> {
        registers.append(.system(SystemRegisterEncoding(2, 0, 0, number, op2)))
      }
    }
    for (index, register) in registers.enumerated() {
      #expect(try vm.set(register, 0xABCD_0000_1234_0000 + UInt64(index)) == 0)
    }
    for (index, register) in registers.enumerated() where register != .system(.dbgvcr32EL2) {
      #expect(try vm.get(register) == 0xABCD_0000_1234_0000 + UInt64(index))
    }
    // KVM_ARM_VCPU_INIT is a reset.
    try vm.store([5 | 4 << 32, 0, 0, 0])
    #expect(vm.call(vm.processor, .armVCPUInit, vm.scratch) == 0)
    #expect(try vm.get(.system(SystemRegisterEncoding(3, 4, 5, 3, 0))) == 0x700)
    #expect(try vm.get(.system(.mpidrEL1)) == 1 << 31)
    #expect(try vm.get(.system(.sctlrEL1)) == 0x00C5_0078)
    #expect(try vm.get(.bankedSPSR(3)) == 0)
  }

  @Test func writesAreRefusedAsLinuxRefusesThem() throws {
    let vm = try TestMachine()
    // OSLSR_EL1: the lock alone.
    #expect(try vm.get(.system(.oslsrEL1)) == 8)
    #expect(try vm.set(.system(.oslsrEL1), 9) == -22)
    #expect(try vm.set(.system(.oslsrEL1), 10) == 0)
    #expect(try vm.get(.system(.oslsrEL1)) == 10)
    // The host's own.
    for register in [SystemRegister.midrEL1, .clidrEL1, .ctrEL0, .idAA64PFR0EL1, .idAFR0EL1] {
      let value = try vm.get(.system(register))
      #expect(try vm.set(.system(register), value ^ 1) == -22)
      #expect(try vm.set(.system(register), value) == 0)
    }
    #expect(try vm.get(.cacheSize(2)) & 0xFFFF_FFFF == 0x70FF_E03A)
    #expect(try vm.set(.cacheSize(2), 0x70FF_E03B) == -22)
    // AArch32's ID registers.
    #expect(try vm.set(.system(.idISAR0EL1), 0x1234) == 0)
    #expect(try vm.get(.system(.idISAR0EL1)) == 0)
    // Workarounds: not required, and not more than that.
    #expect(try [1, 2, 3].map { try vm.get(.firmware($0)) } == [2, 3, 2])
    for (number, value, result) in [
      (1, 3, -22), (1, 0, 0), (1, 0x12, -22), (2, 4, -22), (2, 0x12, 0), (2, 0x13, -22), (3, 1, 0),
    ] as [(UInt64, UInt64, Int64)] {
      #expect(try vm.set(.firmware(number), value) == result, "\(number) \(value)")
    }
  }

  @Test func servicesAreChosenBeforeTheFirstRun() throws {
    let vm = try TestMachine()
    #expect(try [0, 1, 2].map { try vm.get(.firmwareFeatures($0)) } == [1, 1, 3])
    #expect(try vm.set(.firmwareFeatures(2), 4) == -22)
    #expect(try vm.set(.firmwareFeatures(2), 1) == 0)
    #expect(try vm.set(.firmwareFeatures(0), 0) == 0)
    func call(_ function: UInt32, _ first: UInt64 = 0) throws -> [UInt64] {
      try vm.guestCall(UInt64(function), first)
      return try (0..<4).map { try vm.get(.x($0)) }
    }
    let unsupported = UInt64(bitPattern: -1)
    #expect(try call(SMCCC.randomVersion)[0] == unsupported)
    #expect(try call(SMCCC.kvmClock)[0] == unsupported)
    #expect(try call(SMCCC.kvmFeatures)[0] == 1)
    #expect(
      try call(SMCCC.vendorHypervisorUID) == [0xB66F_B428, 0xE911_C52E, 0x564B_CAA9, 0x743A_004D])
    #expect(try vm.set(.firmwareFeatures(2), 3) == -16)
    #expect(try vm.set(.firmwareFeatures(2), 1) == 0)
  }

  @Test func randomNumbersHaveAsManyBitsAsWereAskedFor() throws {
    let vm = try TestMachine()
    func call(_ function: UInt32, _ first: UInt64) throws -> [UInt64] {
      try vm.guestCall(UInt64(function), first)
      return try (0..<4).map { try vm.get(.x($0)) }
    }
    #expect(try call(SMCCC.randomVersion, 0)[0] == 0x1_0000)
    #expect(try call(SMCCC.randomFeatures, UInt64(SMCCC.random64))[0] == 0)
    #expect(try call(SMCCC.randomFeatures, 0x8400_0054)[0] == UInt64(bitPattern: -1))
    for (function, bits, isRight) in [
      (SMCCC.random64, 192, true), (SMCCC.random64, 193, false), (SMCCC.random64, 0, false),
      (SMCCC.random32, 96, true), (SMCCC.random32, 97, false), (SMCCC.random64, 65, true),
    ] as [(UInt32, UInt64, Bool)] {
      let result = try call(function, bits)
      #expect(result[0] == (isRight ? 0 : UInt64(bitPattern: -2)))
      #expect((result[3] != 0) == isRight)
      if bits == 65 { #expect(result[2] <= 1 && result[1] == 0) }
      if function == SMCCC.random32 { #expect(result[1...].allSatisfy { $0 >> 32 == 0 }) }
    }
    // The clock of 2026, and both counters.
    let clock = try call(SMCCC.kvmClock, 1)
    #expect((clock[0] << 32 | clock[1]) / 1_000_000_000 == 1_767_225_600)
    #expect(try call(SMCCC.kvmClock, 2)[0] == UInt64(bitPattern: -1))
  }

  /// LORSA_EL1 to LORC_EL1 and LORID_EL1, as ID_AA64MMFR1_EL1.LO has them; no register between them.
  @Test func aGuestHasNoLORegions() throws {
    for (op2, isRead, isThere) in [
      (0, true, true), (0, false, true), (3, false, true), (4, true, false), (7, true, true),
      (7, false, false),
    ] as [(UInt64, Bool, Bool)] {
      let vm = try TestMachine()
      #expect(try vm.set(.x(5), 77) == 0)
      var places: [UInt64] = []
      vm.guest.onEntry = { registers in
        places.append(registers[.pc])
        guard places.count < 2 else {
          return dataAbort(registers, 0x900_0000, isWrite: true, register: 5)
        }
        registers[.exitESR] =
          Syndrome(
            .systemRegister,
            iss: 3 << 20 | op2 << 17 | 10 << 10 | 5 << 5 | 4 << 1 | (isRead ? 1 : 0)
          ).rawValue
        return GuestExitCode.trap
      }
      #expect(vm.run() == 0)
      #expect((places[1] == places[0] + 4) == isThere, "\(op2)")
      if isThere { #expect(try vm.get(.x(5)) == (isRead ? 0 : 77)) }
    }
  }
}

extension TestMachine {
  /// The guest makes a call by HVC, then stores to a device.
  func guestCall(_ function: UInt64, _ first: UInt64 = 0) throws {
    var isFirst = true
    guest.onEntry = { registers in
      guard isFirst else { return dataAbort(registers, 0x900_0000, isWrite: true, register: 31) }
      isFirst = false
      registers[.exitESR] = Syndrome.call(.hvc, immediate: 0).rawValue
      registers[.x(0)] = function
      registers[.x(1)] = first
      return GuestExitCode.trap
    }
    #expect(run() == 0)
  }
}
