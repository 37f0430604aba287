// TLBI: what each instruction makes visible, and what it leaves alone.

import Arm
import Testing

@testable import Machine

@Suite struct MMUInvalidation {
  /// What TLBI an encoding is.
  static func operation(_ encoding: SystemRegisterEncoding) -> TLBOperation? {
    guard let instruction = SystemInstruction(encoding),
      case .invalidateTLB(let operation) = MaintenanceInstruction(instruction).action
    else { return nil }
    return operation
  }

  @Test func operationsDecodeAsTheManualEncodesThem() {
    // Arm ARM C5.5: op1, CRm, op2 of the Armv8.0 instructions.
    let table: [(UInt8, UInt8, TLBOperation.Kind)] = [
      (0, 0, .vmalle1), (0, 1, .vae1), (0, 2, .aside1), (0, 3, .vaae1), (0, 5, .vae1),
      (0, 7, .vaae1), (4, 0, .alle2), (4, 1, .vae2), (4, 4, .alle1), (4, 5, .vae2),
      (4, 6, .vmalls12e1), (6, 0, .alle3), (6, 1, .vae3), (6, 5, .vae3),
    ]
    for op1 in UInt8(0)..<8 {
      for crm in UInt8(0)..<16 {
        for op2 in UInt8(0)..<8 {
          var expected: TLBOperation?
          if crm == 3 || crm == 7, let row = table.first(where: { $0.0 == op1 && $0.1 == op2 }) {
            expected = TLBOperation(kind: row.2, isInnerShareable: crm == 3)
          }
          if op1 == 4, op2 == 1 || op2 == 5, crm == 0 || crm == 4 {
            expected = TLBOperation(kind: .ipas2e1, isInnerShareable: crm == 0)
          }
          #expect(Self.operation(SystemRegisterEncoding(1, op1, 8, crm, op2)) == expected)
        }
      }
    }
  }

  static let kinds: [TLBOperation.Kind] = [
    .vmalle1, .vmalls12e1, .vae1, .vaae1, .aside1, .ipas2e1, .alle1, .alle2, .vae2, .alle3, .vae3,
  ]

  /// Executes each kind after the table has changed, and says which made the change visible.
  static func effective(
    _ value: UInt64, _ prepare: () -> (world: MMUWorld, access: () -> UInt64?, change: () -> Void)
  ) -> [TLBOperation.Kind] {
    kinds.filter { kind in
      let (world, access, change) = prepare()
      let before = access()
      change()
      #expect(access() == before, "not cached")
      world.tlbi(kind, value)
      return access() != before
    }
  }

  @Test func eachOperationReachesItsRegimeAndNoOther() {
    let value: UInt64 = 5 | 1 << 48
    func regime(
      _ level: ExceptionLevel, _ tcr: SystemRegister, _ ttbr: SystemRegister, _ hcr: UInt64,
      el: UInt64, ng: Bool
    ) -> [TLBOperation.Kind] {
      Self.effective(value) {
        let world = MMUWorld()
        let isTwoRanges = level != .el3 && (level != .el2 || hcr >> 34 & 1 != 0)
        world.state[.hcrEL2] = hcr
        world.state.el = el
        world.state[tcr] =
          isTwoRanges ? MMUStage1Walk.tcr(.kib4, 25) | 1 << 36 : 25 | 5 << 16
        let root = world.table()
        world.state[ttbr] = root | (isTwoRanges ? 1 << 48 : 0)
        func map(_ page: UInt64) {
          world.map(
            .kib4, root: root, bits: 39, from: 1, to: 3, 0x5000,
            page | leafBits | 3 | (ng ? 1 << 11 : 0), secure: level == .el3)
        }
        map(0x9000)
        return (world, { world.access(0x5000, .read, level).physical }, { map(0xA000) })
      }
    }
    let el1: [TLBOperation.Kind] = [.vmalle1, .vmalls12e1, .vae1, .vaae1, .ipas2e1, .alle1]
    #expect(regime(.el1, .tcrEL1, .ttbr0EL1, 0, el: 1, ng: false) == el1)
    #expect(
      regime(.el1, .tcrEL1, .ttbr0EL1, 0, el: 1, ng: true)
        == [.vmalle1, .vmalls12e1, .vae1, .vaae1, .aside1, .ipas2e1, .alle1])
    #expect(regime(.el2, .tcrEL2, .ttbr0EL2, 0, el: 2, ng: false) == [.alle2, .vae2])
    #expect(regime(.el3, .tcrEL3, .ttbr0EL3, 0, el: 3, ng: false) == [.alle3, .vae3])
    // A host's EL1 operations are EL2&0's.
    let host: UInt64 = 1 << 34 | 1 << 27
    #expect(
      regime(.el2, .tcrEL2, .ttbr0EL2, host, el: 2, ng: false)
        == [.vmalle1, .vae1, .vaae1, .alle2, .vae2])
    #expect(
      regime(.el2, .tcrEL2, .ttbr0EL2, host, el: 2, ng: true)
        == [.vmalle1, .vae1, .vaae1, .aside1, .alle2, .vae2])
    // E2H without TGE: EL1's operations are EL1's.
    #expect(regime(.el2, .tcrEL2, .ttbr0EL2, 1 << 34, el: 2, ng: true) == [.alle2, .vae2])
  }

  @Test func anotherASIDAnotherVAOrAnotherVMIDIsLeftAlone() {
    func effect(
      _ value: UInt64, ng: Bool, tcr: UInt64 = 1 << 36, block: Bool = false,
      _ between: @escaping (MMUWorld) -> Void = { _ in }
    ) -> [TLBOperation.Kind] {
      Self.kinds.filter { kind in
        let world = MMUWorld()
        world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | tcr
        let root = world.table()
        world.state[.ttbr0EL1] = root | 0x101 << 48
        world.state[.vttbrEL2] = 0x203 << 48
        world.state[.vtcrEL2] = 1 << 19
        func map(_ page: UInt64) {
          world.map(
            .kib4, root: root, bits: 39, from: 1, to: block ? 2 : 3, 0x20_0000,
            page | leafBits | (block ? 1 : 3) | (ng ? 1 << 11 : 0))
        }
        map(0x20_0000)
        let before = world.access(0x20_5000, .read, .el1).physical
        map(0x60_0000)
        let registers = (world.state[.vttbrEL2], world.state[.vtcrEL2])
        between(world)
        world.tlbi(kind, value)
        (world.state[.vttbrEL2], world.state[.vtcrEL2]) = registers
        world.state[.scrEL3] = 1
        return world.access(0x20_5000, .read, .el1).physical != before
      }
    }
    let page: UInt64 = 0x205
    let all: [TLBOperation.Kind] = [.vmalle1, .vmalls12e1, .ipas2e1, .alle1]
    func sorted(_ kinds: [TLBOperation.Kind]) -> [TLBOperation.Kind] {
      Self.kinds.filter { kinds.contains($0) }
    }
    // Blocks go with any VA inside, pages only with their own.
    #expect(
      effect(page | 0x101 << 48, ng: true, block: true) == sorted(all + [.vae1, .vaae1, .aside1]))
    #expect(
      effect(0x3FF | 0x101 << 48, ng: true, block: true) == sorted(all + [.vae1, .vaae1, .aside1]))
    #expect(effect(0x400 | 0x101 << 48, ng: true, block: true) == sorted(all + [.aside1]))
    // ASIDs: 16 bits with AS, 8 without; a global entry goes by VA for any ASID.
    #expect(effect(page | 0x001 << 48, ng: true, block: true) == sorted(all + [.vaae1]))
    #expect(
      effect(page | 0x001 << 48, ng: true, tcr: 0, block: true)
        == sorted(all + [.vae1, .vaae1, .aside1]))
    #expect(effect(page | 0x077 << 48, ng: false, block: true) == sorted(all + [.vae1, .vaae1]))
    // VMIDs: 16 bits with VS.
    let right = page | 0x101 << 48
    #expect(
      effect(right, ng: true, block: true) { $0.state[.vttbrEL2] = 0x003 << 48 } == [.alle1])
    // The other security state.
    #expect(effect(right, ng: true, block: true) { $0.state[.scrEL3] = 0 } == [])
  }

  @Test func aBlockThatStage2SplitsGoesAsAWhole() {
    let (world, root) = MMUStage2Walk.guest(stage1: true)
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 34)
    world.state[.ttbr0EL1] = 0x10_0000
    _ = MMUStage2Walk.map2(world, root, 0x10_0000, 0x10_0000 | stage2Bits | 3)
    world.tables.words[0x10_0000] = 0x20_0000 | leafBits | 1
    for page in UInt64(0)..<8 {
      _ = MMUStage2Walk.map2(
        world, root, 0x20_0000 + page << 12, 0x9000 + page << 12 | stage2Bits | 3)
      #expect(world.access(page << 12, .read, .el1).physical == 0x9000 + page << 12)
    }
    world.tables.words[0x10_0000] = 0
    #expect(world.access(0x7000, .read, .el1).isSuccess)
    // Any VA in the 2 MiB block, mapped or not.
    world.tlbi(.vaae1, 0x1FF)
    for page in UInt64(0)..<8 { #expect(!world.access(page << 12, .read, .el1).isSuccess) }
  }

  @Test func softwareThatInvalidatesAsItMustNeverSeesAStaleTranslation() {
    // Two VMIDs with two ASIDs of four pages each; a linear congruential generator chooses.
    let world = MMUWorld()
    world.state[.hcrEL2] = 1
    world.state[.vtcrEL2] = 25 | 1 << 6 | 5 << 16
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 34) | 1 << 36
    world.state.el = 2
    var seed: UInt64 = 1
    func random(_ count: UInt64) -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed >> 33 % count
    }
    let roots2 = [world.table(), world.table()]
    /// Stage 1 tables at IPA 0x100000 (ASID 1) and 0x102000 (ASID 2), their PA by VMID.
    func tablePA(_ vmid: UInt64, _ asid: UInt64) -> UInt64 {
      0x100_0000 + vmid << 20 + asid << 14
    }
    func map2(_ vmid: UInt64, _ ipa: UInt64, _ physical: UInt64) {
      _ = MMUStage2Walk.map2(world, roots2[Int(vmid)], ipa, physical | stage2Bits | 3)
    }
    func map1(_ vmid: UInt64, _ asid: UInt64, _ page: UInt64, _ ipaPage: UInt64, global: Bool) {
      let root = tablePA(vmid, asid)
      world.tables.words[root] = 0x110_000 + asid << 12 | 3
      world.tables.words[root + 0x1000 + page << 3] =
        ipaPage << 12 | leafBits | 3 | (global ? 0 : 1 << 11)
    }
    func enter(_ vmid: UInt64, _ asid: UInt64) {
      world.state[.vttbrEL2] = roots2[Int(vmid)] | (vmid + 1) << 48
      world.state[.ttbr0EL1] = 0x100_000 + asid << 12 | (asid + 1) << 48
    }
    for vmid in UInt64(0)..<2 {
      for asid in UInt64(0)..<2 {
        map2(vmid, 0x100_000 + asid << 12, tablePA(vmid, asid))
        map2(vmid, 0x110_000 + asid << 12, tablePA(vmid, asid) + 0x1000)
        for page in UInt64(0)..<4 { map1(vmid, asid, page, 16 + random(4), global: page == 3) }
      }
      for page in UInt64(16)..<20 { map2(vmid, page << 12, random(64) << 12) }
      // A global page must be the same for all ASIDs.
      for asid in UInt64(0)..<2 { map1(vmid, asid, 3, 16, global: true) }
    }
    for _ in 0..<3000 {
      let vmid = random(2)
      let asid = random(2)
      let page = random(4)
      enter(vmid, asid)
      if random(3) == 0 {
        map2(vmid, (16 + random(4)) << 12, random(64) << 12)
        switch random(3) {
        case 0: world.tlbi(.vmalls12e1)
        case 1: world.tlbi(.alle1)
        default:
          world.tlbi(.ipas2e1, page)
          world.tlbi(.vmalle1)
        }
      } else if page == 3 {
        let target = 16 + random(4)
        for asid in UInt64(0)..<2 { map1(vmid, asid, 3, target, global: true) }
        world.tlbi(random(2) == 0 ? .vae1 : .vaae1, 3 | random(9) << 48)
      } else {
        map1(vmid, asid, page, 16 + random(4), global: false)
        switch random(4) {
        case 0: world.tlbi(.vae1, page | (asid + 1) << 48)
        case 1: world.tlbi(.vaae1, page)
        case 2: world.tlbi(.aside1, (asid + 1) << 48)
        default: world.tlbi(.vmalle1)
        }
      }
      for _ in 0..<4 {
        enter(random(2), random(2))
        let address = random(4) << 12 | 0x123
        let access = random(2) == 0 ? AccessKind.read : .write
        #expect(
          world.access(address, access, .el1).physical == world.walk(address, access, .el1).physical
        )
      }
    }
  }
}
