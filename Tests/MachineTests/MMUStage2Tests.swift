// Stage 2: starting levels, concatenated tables, what it does to stage 1's walks.

import Arm
import Testing

@testable import Machine

@Suite struct MMUStage2Walk {
  /// A guest: stage 2 on with 4 KiB tables and 39-bit IPAs from level 1; stage 1 off.
  static func guest(stage1: Bool = false) -> (world: MMUWorld, root2: UInt64) {
    let world = MMUWorld()
    world.state[.hcrEL2] = 1
    world.state[.vtcrEL2] = 25 | 1 << 6 | 5 << 16
    let root = world.table()
    world.state[.vttbrEL2] = root
    world.state[.sctlrEL1] = stage1 ? 0x1005 : 0x1004
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25)
    return (world, root)
  }

  /// Maps a 4 KiB IPA page of a guest; returns the place of its descriptor.
  static func map2(
    _ world: MMUWorld, _ root: UInt64, _ ipa: UInt64, _ leaf: UInt64
  ) -> UInt64 {
    world.map(.kib4, root: root, bits: 39, from: 1, to: 3, ipa, leaf)[2]
  }

  /// A fault of stage 2 as a string.
  static func describe(_ result: Result<Translation, TranslationFault>) -> String {
    guard case .failure(let fault) = result else { return "success" }
    let place = fault.isStage2 ? " stage 2 \(fault.isStage1Walk ? "of a walk " : "")" : " stage 1 "
    let ipa = String(fault.intermediateAddress.rawValue, radix: 16)
    return "\(fault.kind) \(fault.level)\(place)\(fault.isStage2 ? ipa : "")"
  }

  /// Arm ARM D8.2.2, tables of the starting level: least and greatest IPA size with up to 16
  /// concatenated tables, by granule and SL0.
  static func allowedSizes(_ granule: Granule, _ sl0: UInt64) -> ClosedRange<UInt64>? {
    switch (granule, sl0) {
    case (.kib4, 0): 22...34
    case (.kib4, 1): 31...43
    case (.kib4, 2): 40...52
    case (.kib16, 0): 15...29
    case (.kib16, 1): 26...40
    case (.kib16, 2): 37...51
    case (.kib64, 0): 17...33
    case (.kib64, 1): 30...46
    case (.kib64, 2): 43...59
    default: nil
    }
  }

  @Test func startingLevelSizeAndConcatenationFollowTheManual() {
    for granule in Granule.allCases {
      for sl0 in UInt64(0)...3 {
        for t0sz in UInt64(0)...63 {
          let world = MMUWorld()
          world.state[.sctlrEL1] = 0
          world.state[.hcrEL2] = 1
          world.state[.vtcrEL2] = t0sz | sl0 << 6 | granule.tg0 << 14 | 5 << 16
          let root = world.table()
          world.state[.vttbrEL2] = root
          let bits = 64 - t0sz
          let sizes = Self.allowedSizes(granule, sl0)
          let isAllowed = (16...39).contains(t0sz) && (sizes?.contains(bits) ?? false)
          guard isAllowed else {
            #expect(Self.describe(world.walk(0, .read, .el1)) == "translation 0 stage 2 0")
            continue
          }
          let start = granule == .kib4 ? 2 - sl0 : 3 - sl0
          // The last page of the IPA space is in the last of the concatenated tables.
          let address = ((1 << bits) - 1) & 0xFFFF_FFFF_FFFF & ~0xFFFF as UInt64
          for level in granule.leafLevels where level >= start {
            world.tables.words.removeAll()
            let mask = (1 << granule.size(level)) - 1 as UInt64
            let output = 0x0000_1234_0000_0000 & ~mask
            world.map(
              granule, root: root, bits: bits, from: start, to: level, address,
              output | stage2Bits | leafType(level))
            #expect(world.walk(address | 8, .read, .el1).physical == output | address & mask | 8)
          }
          if bits < 48 {
            let beyond = 1 << bits as UInt64
            #expect(
              Self.describe(world.walk(beyond, .read, .el1))
                == "translation 0 stage 2 \(String(beyond, radix: 16))")
          }
        }
      }
    }
  }

  @Test func everyS2APAndXNForEveryAccessAndPrivilege() {
    let (world, root) = Self.guest()
    for bits in UInt64(0)..<16 {
      let s2ap = bits & 3
      let xn = bits >> 2
      let place = Self.map2(
        world, root, 0x5000, 0x9000 | (stage2Bits & ~(3 << 6)) | 3 | s2ap << 6 | xn << 53)
      for level in [ExceptionLevel.el0, .el1] {
        // FEAT_XNX: 0 both, 1 EL0, 2 none, 3 EL1.
        let fetch = xn == 0 || xn == 1 && level == .el0 || xn == 3 && level == .el1
        let expected: [(AccessKind, Bool)] = [
          (.read, s2ap & 1 != 0), (.write, s2ap & 2 != 0), (.atomic, s2ap == 3), (.execute, fetch),
          (.cacheMaintenance, level == .el1 || s2ap & 1 != 0),
        ]
        for (access, isAllowed) in expected {
          let result = world.walk(0x5678, access, level)
          #expect(result.isSuccess == isAllowed, "S2AP \(s2ap) XN \(xn) \(level) \(access)")
          if !isAllowed { #expect(Self.describe(result) == "permission 3 stage 2 5678") }
        }
      }
      #expect(world.tables.words[place] != nil)
    }
    // With stage 2, DC IVAC cleans and needs no write permission.
    _ = Self.map2(world, root, 0x5000, 0x9000 | (stage2Bits & ~(3 << 6)) | 3 | 1 << 6)
    #expect(world.walk(0x5000, .cacheInvalidate, .el1).isSuccess)
  }

  @Test func stage1FaultsComeBeforeStage2Faults() {
    let (world, root) = Self.guest(stage1: true)
    let root1 = 0x10_0000 as UInt64
    world.state[.ttbr0EL1] = root1
    // The guest's tables lie at IPA = PA.
    for page in [root1, root1 + 0x1000, root1 + 0x2000] {
      _ = Self.map2(world, root, page, page | stage2Bits | 3)
    }
    world.tables.words[root1] = root1 + 0x1000 | 3
    world.tables.words[root1 + 0x1000] = root1 + 0x2000 | 3
    // A page that is read-only at stage 1 and not mapped at stage 2.
    world.tables.words[root1 + 0x2000] = 0x7000 | leafBits | 3 | 1 << 7
    #expect(Self.describe(world.walk(0x123, .write, .el1)) == "permission 3 stage 1 ")
    #expect(Self.describe(world.walk(0x123, .read, .el1)) == "translation 3 stage 2 7123")
  }

  @Test func theNthReadOfANestedWalkFailsWhereItIs() {
    // Three levels of stage 1, each found through three of stage 2, then the page itself.
    var expected: [String] = []
    let stage1 = [0x10_0000, 0x10_1000, 0x10_2000] as [UInt64]
    for (index, table) in stage1.enumerated() {
      for level in 1...3 {
        expected.append("externalAbort \(level) stage 2 of a walk \(String(table, radix: 16))")
      }
      expected.append("externalAbort \(index + 1) stage 1 ")
    }
    for level in 1...3 { expected.append("externalAbort \(level) stage 2 7123") }

    for (read, text) in expected.enumerated() {
      for access in [AccessKind.read, .write, .execute] {
        let (world, root) = Self.guest(stage1: true)
        world.state[.ttbr0EL1] = stage1[0]
        for page in stage1 { _ = Self.map2(world, root, page, page | stage2Bits | 3) }
        _ = Self.map2(world, root, 0x7000, 0x9000 | stage2Bits | 3)
        world.tables.words[stage1[0]] = stage1[1] | 3
        world.tables.words[stage1[1]] = stage1[2] | 3
        world.tables.words[stage1[2]] = 0x7000 | leafBits | 3
        #expect(world.walk(0x123, access, .el1).physical == 0x9123)
        #expect(world.tables.reads == expected.count)
        world.tables.reads = 0
        world.tables.failingRead = read
        world.tables.fault = poisoned(PhysicalAddress(0))
        #expect(Self.describe(world.walk(0x123, access, .el1)) == text)
      }
    }
  }

  @Test func aWalkThroughStage2NeedsPermissionFlagAndNormalMemory() {
    let root1 = 0x10_0000 as UInt64
    func outcome(
      _ leaf: UInt64, hcr: UInt64 = 1, vtcr: UInt64 = 0, tcr: UInt64 = 0,
      af: UInt64 = 1 << 10, _ access: AccessKind = .read
    ) -> String {
      let (world, root) = Self.guest(stage1: true)
      world.state[.hcrEL2] = hcr
      world.state[.vtcrEL2] |= vtcr
      world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 34) | tcr
      world.state[.ttbr0EL1] = root1
      _ = Self.map2(world, root, root1, root1 | leaf)
      world.state[.ttbr0EL1] = root1
      _ = Self.map2(world, root, 0x11_0000, 0x11_0000 | stage2Bits | 3)
      _ = Self.map2(world, root, 0x7000, 0x9000 | stage2Bits | 3)
      // Level 2 block or level 3 page: level 2 table in the page under test.
      world.tables.words[root1] = 0x11_0000 | 3
      world.tables.words[0x11_0000] = 0x7000 | 3 << 8 | 3 | af
      return Self.describe(world.walk(0x123, access, .el1))
    }
    let walk = " stage 2 of a walk 100000"
    #expect(outcome(stage2Bits | 3) == "success")
    #expect(outcome(stage2Bits & ~(1 << 6) | 3) == "permission 3" + walk)
    #expect(outcome(stage2Bits & ~(1 << 10) | 3) == "accessFlag 3" + walk)
    #expect(outcome(stage2Bits & ~(1 << 10) | 3, vtcr: 1 << 21) == "success")
    // XN does not matter to a walk, not even one for a fetch.
    #expect(outcome(stage2Bits | 2 << 53 | 3, .execute) == "success")
    // HCR_EL2.PTW and Device memory.
    let device = stage2Bits & ~(15 << 2) | 1 << 2 | 3
    #expect(outcome(device) == "success")
    #expect(outcome(device, hcr: 1 | 1 << 2) == "permission 3" + walk)
    #expect(outcome(stage2Bits | 3, hcr: 1 | 1 << 2) == "success")
  }

  @Test func aStage1UpdateNeedsStage2WritePermission() {
    for (isWritable, isManaged) in [(true, false), (false, false), (false, true)] {
      let (world, root) = Self.guest(stage1: true)
      let root1 = 0x10_0000 as UInt64
      world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 39) | 1 << 39
      world.state[.ttbr0EL1] = root1
      world.state[.vtcrEL2] |= 3 << 21
      let leaf =
        root1 | stage2Bits & ~(1 << 7) | 3 | (isWritable ? 1 << 7 : 0)
        | (isManaged ? 1 << 51 : 0)
      let place = Self.map2(world, root, root1, leaf)
      _ = Self.map2(world, root, 0x20_0000, 0x40_0000 | stage2Bits | 3)
      // A 2 MiB block of stage 1 without AF.
      world.tables.words[root1] = 0x20_0000 | 1 | 3 << 8
      let result = world.walk(0x123, .read, .el1)
      if isWritable || isManaged {
        #expect(result.physical == 0x40_0123)
        #expect(world.tables.words[root1] == 0x20_0000 | 1 | 3 << 8 | 1 << 10)
        // The update made the page of the table dirty for stage 2.
        #expect(world.tables.words[place] == (isManaged ? leaf | 1 << 7 : leaf))
      } else {
        #expect(Self.describe(result) == "permission 3 stage 2 of a walk 100000")
        #expect(world.tables.words[root1] == 0x20_0000 | 1 | 3 << 8)
      }
    }
  }

  @Test func stage2AccessFlagAndDirtyState() {
    for bits in UInt64(0)..<16 {
      let ha = bits & 1 != 0
      let hd = bits & 2 != 0
      let af = bits & 4 != 0
      let dbm = bits & 8 != 0
      for access in [AccessKind.read, .write, .atomic] {
        let (world, root) = Self.guest()
        world.state[.vtcrEL2] |= (ha ? 1 << 21 : 0) | (hd ? 1 << 22 : 0)
        let leaf =
          0x9000 | stage2Bits & ~(1 << 7 | 1 << 10) | 3 | (af ? 1 << 10 : 0)
          | (dbm ? 1 << 51 : 0)
        let place = Self.map2(world, root, 0x5000, leaf)
        let stores = access != .read
        let isManaged = ha && hd && dbm
        let result = world.walk(0x5000, access, .el1)
        var expected = leaf
        if !af, !ha {
          #expect(Self.describe(result) == "accessFlag 3 stage 2 5000")
        } else if stores, !isManaged {
          #expect(Self.describe(result) == "permission 3 stage 2 5000")
        } else {
          #expect(result.physical == 0x9000)
          expected |= 1 << 10
          if stores { expected |= 1 << 7 }
          if case .success(let translation) = result { #expect(translation.isWritable == stores) }
        }
        #expect(world.tables.words[place] == expected)
      }
    }
  }

  @Test func outputAndBaseBeyondPSAreAddressSizeFaults() {
    let (world, root) = Self.guest()
    world.nextTable = 0x1000_0000
    let low = world.table()
    world.state[.vtcrEL2] = 25 | 1 << 6 | 0 << 16
    world.state[.vttbrEL2] = root
    #expect(Self.describe(world.walk(0, .read, .el1)) == "addressSize 0 stage 2 0")
    world.state[.vttbrEL2] = low
    for level in UInt64(1)...3 {
      world.tables.words.removeAll()
      world.map(
        .kib4, root: low, bits: 39, from: 1, to: level, 0,
        1 << 32 | stage2Bits | leafType(level))
      #expect(Self.describe(world.walk(0, .read, .el1)) == "addressSize \(level) stage 2 0")
    }
  }

  @Test func blocksOfBothStagesCombine() {
    let (world, root) = Self.guest(stage1: true)
    let root1 = 0x10_0000 as UInt64
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 34)
    world.state[.ttbr0EL1] = root1
    _ = Self.map2(world, root, root1, root1 | stage2Bits | 3)
    world.tables.words[root1] = 0x20_0000 | leafBits | 1
    _ = Self.map2(world, root, 0x20_3000, 0x9000 | stage2Bits | 3)
    guard case .success(let translation) = world.walk(0x3210, .read, .el1) else {
      Issue.record("no translation")
      return
    }
    #expect(translation.physicalAddress.rawValue == 0x9210)
    #expect(translation.blockSizeLog2 == 21 && translation.mappingSizeLog2 == 12)
  }
}
