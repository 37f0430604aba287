// What a failed translation says: ESR, FAR, HPFAR, and PAR of the AT instructions.

import Arm
import Testing

@testable import Machine

@Suite struct MMUSyndromes {
  @Test func everyFaultAndAccessHasItsSyndrome() {
    let kinds: [(TranslationFault.Kind, UInt64)] = [
      (.addressSize, 0x00), (.translation, 0x04), (.accessFlag, 0x08), (.permission, 0x0C),
      (.externalAbort, 0x14),
    ]
    let accesses: [(AccessKind, UInt64)] = [
      (.read, 0x9200_0000), (.write, 0x9200_0040), (.atomic, 0x9200_0040),
      (.execute, 0x8200_0000), (.cacheMaintenance, 0x9200_0140),
      (.cacheInvalidate, 0x9200_0140),
    ]
    for (kind, code) in kinds {
      for level in UInt8(0)...3 {
        for (access, base) in accesses {
          for stage in 0..<3 {
            let fault = TranslationFault(
              kind: kind, level: level, isStage2: stage > 0, isStage1Walk: stage == 2,
              intermediateAddress: IntermediatePhysicalAddress(stage > 0 ? 0xABC_D000 : 0))
            let exception = fault.exception(0x77, access, isWriteFault: access.writes)
            let s1ptw: UInt64 = stage == 2 ? 0x80 : 0
            #expect(exception.syndrome == base | code | UInt64(level) | s1ptw)
            #expect(exception.faultAddress == 0x77 && exception.hasFaultAddress)
            #expect(exception.hasIntermediateAddress == (stage > 0))
            #expect(exception.intermediateAddress.rawValue == (stage > 0 ? 0xABC_D000 : 0))
            #expect(exception.isStage2 == (stage > 0))
            #expect(
              exception.kind
                == (kind == .externalAbort ? .externalAbort : stage > 0 ? .stage2Fault : .fault))
          }
        }
      }
    }
  }

  @Test func wnrOfAnAtomicIsThatOfTheFirstFault() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25)
    let root = world.table()
    world.state[.ttbr0EL1] = root
    func wnr(_ level: ExceptionLevel) -> UInt64? {
      guard case .failure(let exception) = world.access(0, .atomic, level) else { return nil }
      return exception.syndrome >> 6 & 1
    }
    // Unmapped: the read would have faulted.
    #expect(wnr(.el1) == 0)
    world.map(.kib4, root: root, bits: 39, from: 1, to: 3, 0, leafBits | 3 | 1 << 7)
    #expect(wnr(.el1) == 1)
    #expect(wnr(.el0) == 0)
    // The question leaves no trace.
    world.state[.tcrEL1] |= 1 << 39
    world.map(.kib4, root: root, bits: 39, from: 1, to: 3, 0, leafBits & ~(1 << 10) | 3 | 1 << 7)
    #expect(wnr(.el1) == 1)
    #expect(world.tables.updates == 0)
  }

  @Test func theFaultAddressKeepsItsTag() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | 1 << 37
    guard case .failure(let exception) = world.access(0xAB00_0000_0000_1234, .read, .el0) else {
      Issue.record("no fault")
      return
    }
    #expect(exception.faultAddress == 0xAB00_0000_0000_1234)
    #expect(exception.syndrome == 0x9200_0005)
  }
}

@Suite struct MMUAddressTranslation {
  static func at(
    _ world: MMUWorld, _ operation: AddressTranslation, _ address: UInt64
  ) -> Result<UInt64, GuestException> {
    do { return .success(try world.walker.addressTranslate(operation, address)) } catch {
      return .failure(error)
    }
  }

  @Test func parOfASuccessHasAddressAttributesAndShareability() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25)
    let root = world.table()
    world.state[.ttbr0EL1] = root
    let types: [(index: UInt64, type: UInt64, shareability: UInt64)] = [
      (0, 0xFF, 3), (1, 0x04, 2), (2, 0x44, 2),
    ]
    for (index, type, shareability) in types {
      let expected = type << 56 | shareability << 7
      world.map(
        .kib4, root: root, bits: 39, from: 1, to: 3, 0x5000,
        0x1234_5678_9000 | leafBits | 3 | index << 2)
      let par: UInt64 = expected | 0x1234_5678_9000 | 1 << 11 | 1 << 9
      #expect(Self.at(world, .s1e1r, 0x5678) == .success(par))
    }
    // Secure: NS is 0.
    world.state[.scrEL3] = 0
    world.state[.sctlrEL1] = 0
    let flat: UInt64 = 0x7000 | 1 << 11 | 2 << 7
    #expect(Self.at(world, .s1e1w, 0x7000) == .success(flat))
  }

  @Test func eachOperationAsksForItsPrivilege() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25)
    world.state[.tcrEL2] = 25 | 5 << 16
    world.state[.tcrEL3] = 25 | 5 << 16
    for (index, ttbr) in [SystemRegister.ttbr0EL1, .ttbr0EL2, .ttbr0EL3].enumerated() {
      let root = world.table()
      world.state[ttbr] = root
      // EL1: readable by EL0, read-only. EL2 and EL3: read-only.
      world.map(
        .kib4, root: root, bits: 39, from: 1, to: 3, 0,
        UInt64(index + 1) << 12 | leafBits | 3 | 3 << 6, secure: index == 2)
    }
    world.state.pan = 1
    world.state.el = 3
    let expected: [(AddressTranslation, UInt64)] = [
      (.s1e1r, 1), (.s1e1w, 0), (.s1e0r, 1), (.s1e0w, 0), (.s1e1rp, 0), (.s1e1wp, 0),
      (.s1e2r, 2), (.s1e2w, 0), (.s12e1r, 1), (.s12e1w, 0), (.s12e0r, 1), (.s12e0w, 0),
      (.s1e3r, 3), (.s1e3w, 0),
    ]
    #expect(expected.count == AddressTranslation.allCases.count)
    for (operation, page) in expected {
      guard case .success(let par) = Self.at(world, operation, 0x123) else {
        Issue.record("\(operation)")
        continue
      }
      if page == 0 {
        // Permission fault, level 3: FST 0x0F.
        let fault: UInt64 = 1 << 11 | 0x0F << 1 | 1
        #expect(par == fault, "\(operation)")
      } else {
        #expect(par & 1 == 0 && par & 0xFFFF_FFFF_F000 == page << 12, "\(operation)")
      }
    }
    // Without PSTATE.PAN the PAN forms are the plain ones.
    world.state.pan = 0
    #expect(Self.at(world, .s1e1rp, 0) == Self.at(world, .s1e1r, 0))
    // In a host the EL1 forms are about EL2&0.
    world.state[.hcrEL2] = 1 << 34 | 1 << 27
    world.state[.tcrEL2] = MMUStage1Walk.tcr(.kib4, 25)
    guard case .success(let par) = Self.at(world, .s1e1r, 0) else { return }
    #expect(par & 0xFFFF_FFFF_F000 == 2 << 12)
  }

  @Test func operationsDecodeAsTheManualEncodesThem() {
    var found: [AddressTranslation] = []
    for op1 in UInt8(0)..<8 {
      for crm in UInt8(0)..<16 {
        for op2 in UInt8(0)..<8 {
          if let instruction = SystemInstruction(SystemRegisterEncoding(1, op1, 7, crm, op2)),
            case .translateAddress(let operation) = MaintenanceInstruction(instruction).action
          {
            found.append(operation)
            #expect(operation.isWrite == (op2 & 1 != 0))
            #expect(operation.isStage1Only == !(op1 == 4 && op2 >= 4))
          }
        }
      }
    }
    #expect(found.count == AddressTranslation.allCases.count)
  }

  /// A guest whose level 2 table has IPA 0x100000, and a page at IPA 0x200000 that is not mapped.
  static func guest() -> (world: MMUWorld, place: UInt64) {
    let (world, root) = MMUStage2Walk.guest(stage1: true)
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 34)
    world.state[.ttbr0EL1] = 0x10_0000
    let place = MMUStage2Walk.map2(world, root, 0x10_0000, 0x10_0000 | stage2Bits | 3)
    world.tables.words[0x10_0000] = 0x20_0000 | leafBits | 1
    return (world, place)
  }

  @Test func stage1FormsGiveTheIPAAndBothStageFormsStage2Faults() {
    let (world, _) = Self.guest()
    world.state.el = 2
    let success: UInt64 = 0xFF << 56 | 0x20_1000 | 1 << 11 | 1 << 9 | 3 << 7
    #expect(Self.at(world, .s1e1r, 0x1234) == .success(success))
    // Stage 2 Translation fault, level 2: S is 1, PTW is 0.
    let fault: UInt64 = 1 << 11 | 1 << 9 | 0x06 << 1 | 1
    #expect(Self.at(world, .s12e1r, 0x1234) == .success(fault))
  }

  @Test func aStage2FaultOfTheWalkIsAnExceptionFromEL1AndPARFromEL2() {
    let (world, place) = Self.guest()
    world.tables.words[place] = 0
    world.state.el = 1
    for operation in [AddressTranslation.s1e1r, .s1e1w, .s1e0r, .s1e0w, .s1e1rp, .s1e1wp] {
      guard case .failure(let exception) = Self.at(world, operation, 0x1234) else {
        Issue.record("\(operation)")
        continue
      }
      #expect(exception.kind == .stage2Fault && exception.isStage2)
      let syndrome: UInt64 = 0x9200_0000 | 1 << 8 | 1 << 7 | 1 << 6 | 0x07
      #expect(exception.syndrome == syndrome)
      #expect(exception.faultAddress == 0x1234)
      #expect(exception.intermediateAddress.rawValue == 0x10_0000)
    }
    for el in [2, 3] as [UInt64] {
      world.state.el = el
      // PTW is 1, S is 1.
      let par: UInt64 = 1 << 11 | 1 << 9 | 1 << 8 | 0x07 << 1 | 1
      #expect(Self.at(world, .s1e1r, 0x1234) == .success(par))
      #expect(Self.at(world, .s12e0w, 0x1234) == .success(par))
    }
  }

  @Test func anExternalAbortOfTheWalkIsAlwaysAnException() {
    for el in UInt64(1)...3 {
      // Reads: three of stage 2, one of stage 1.
      for (read, isStage2) in [(0, true), (3, false)] {
        let (world, _) = Self.guest()
        world.state.el = el
        world.tables.failingRead = read
        guard case .failure(let exception) = Self.at(world, .s1e1r, 0x1234) else {
          Issue.record("EL\(el)")
          continue
        }
        #expect(exception.kind == .externalAbort && exception.isStage2 == isStage2)
        #expect(
          exception.syndrome == 0x9200_0140 | (isStage2 ? 0x80 | 0x15 : 0x16))
      }
    }
  }

  @Test func atWritesNoDescriptor() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | 3 << 39
    let root = world.table()
    world.state[.ttbr0EL1] = root
    world.map(
      .kib4, root: root, bits: 39, from: 1, to: 3, 0,
      0x9000 | leafBits & ~(1 << 10) | 3 | 1 << 7 | 1 << 51)
    for operation in [AddressTranslation.s1e1r, .s1e1w] {
      guard case .success(let par) = Self.at(world, operation, 0) else { return }
      #expect(par & 1 == 0)
    }
    #expect(world.tables.updates == 0)
  }
}
