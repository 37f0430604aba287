// Stage 1: granules, levels, address sizes, both ranges.

import Arm
import Testing

@testable import Machine

@Suite struct MMUStage1Walk {
  /// A TCR_EL1 with the same granule and size for both halves, 48-bit IPS.
  static func tcr(_ granule: Granule, _ txsz: UInt64) -> UInt64 {
    txsz | txsz << 16 | granule.tg0 << 14 | granule.tg1 << 30 | 5 << 32
  }

  @Test func everyGranuleSizeAndLevelTranslatesInBothHalves() {
    for granule in Granule.allCases {
      for txsz in UInt64(16)...39 {
        let start = granule.startLevel(txsz)
        for level in granule.leafLevels where level >= start {
          for upper in [false, true] {
            let world = MMUWorld()
            world.state[.tcrEL1] = Self.tcr(granule, txsz)
            let root = world.table()
            world.state[upper ? .ttbr1EL1 : .ttbr0EL1] = root | 1 | 0x1234 << 48
            let low: UInt64 = 0x5A_5A5A_5A5A_5A5A & ((1 << (64 - txsz)) - 1)
            let address = upper ? low | ~((1 << (64 - txsz)) - 1) : low
            let mask = (1 << granule.size(level)) - 1 as UInt64
            let output = 0x0000_8765_4321_0000 & ~mask
            world.map(
              granule, root: root, bits: 64 - txsz, from: start, to: level, low,
              output | leafBits | leafType(level))
            let result = world.walk(address, .read, .el1)
            #expect(result.physical == output | address & mask)
            #expect(world.tables.reads == Int(level - start + 1))
            guard case .success(let translation) = result else { continue }
            #expect(UInt64(translation.blockSizeLog2) == granule.size(level))
            #expect(translation.isGlobal && translation.isReadable && translation.isWritable)
            #expect(!translation.isDevice && !translation.isSecure)
            #expect(translation.attributes == 0xFF && translation.shareability == 3)
          }
        }
      }
    }
  }

  @Test func anInvalidDescriptorFaultsAtItsLevel() {
    for granule in Granule.allCases {
      for txsz in [16, 25, 33, 39] as [UInt64] {
        let start = granule.startLevel(txsz)
        for level in start...3 {
          // 0 and 2 are invalid; 1 is reserved at level 3 and where there are no blocks.
          for type in [0, 1, 2] as [UInt64] {
            let world = MMUWorld()
            world.state[.tcrEL1] = Self.tcr(granule, txsz)
            let root = world.table()
            world.state[.ttbr0EL1] = root
            world.map(
              granule, root: root, bits: 64 - txsz, from: start, to: level, 0x1000,
              leafBits | type)
            let isBlock = type == 1 && level < 3 && granule.leafLevels.contains(level)
            let result = world.walk(0x1000, .read, .el1)
            #expect(result.isSuccess == isBlock)
            if !isBlock { #expect(result.kindAndLevel == "translation \(level)") }
          }
        }
      }
    }
  }

  @Test func txszOutsideItsRangeIsATranslationFaultAtLevel0() {
    let world = MMUWorld()
    for txsz in UInt64(0)...63 where !(16...39).contains(txsz) {
      world.state[.tcrEL1] = Self.tcr(.kib4, txsz)
      #expect(world.walk(0, .read, .el1).kindAndLevel == "translation 0")
      #expect(world.walk(~0xFFF, .read, .el1).kindAndLevel == "translation 0")
    }
    #expect(world.tables.reads == 0)
  }

  @Test func anAddressOutsideTheTwoRangesIsATranslationFaultAtLevel0() {
    for txsz in UInt64(16)...39 {
      let world = MMUWorld()
      world.state[.tcrEL1] = Self.tcr(.kib4, txsz)
      for bit in (64 - txsz)...63 {
        // One bit that differs from bit 55; bit 55 itself chooses the other half, which is empty.
        for base in [0, UInt64.max << (64 - txsz)] {
          let result = world.walk(base ^ 1 << bit, .read, .el1)
          #expect(result.kindAndLevel == "translation 0", "bit \(bit) of \(txsz)")
        }
      }
      #expect(world.tables.reads == 0)
    }
  }

  @Test func theTopByteIsIgnoredWhereTBISaysSo() {
    let world = MMUWorld()
    let root = world.table()
    world.state[.ttbr0EL1] = root
    world.state[.ttbr1EL1] = root
    world.map(.kib4, root: root, bits: 48, from: 0, to: 3, 0x7000, 0x9000 | leafBits | 3)
    world.map(
      .kib4, root: root, bits: 48, from: 0, to: 3, 0xFFFF_FFFF_7000, 0xA000 | leafBits | 3)
    for tbi in UInt64(0)...3 {
      world.state[.tcrEL1] = Self.tcr(.kib4, 16) | tbi << 37
      #expect(world.walk(0xAB00_0000_0000_7008, .read, .el1).isSuccess == (tbi & 1 != 0))
      #expect(world.walk(0x12FF_FFFF_FFFF_7008, .read, .el1).isSuccess == (tbi & 2 != 0))
      #expect(world.walk(0x7008, .read, .el1).physical == 0x9008)
      #expect(world.walk(0xFFFF_FFFF_FFFF_7008, .read, .el1).physical == 0xA008)
      // Bit 55 still chooses, and the bits below the tag still count.
      #expect(!world.walk(0xAB01_0000_0000_7008, .read, .el1).isSuccess)
    }
  }

  @Test func epdForbidsTheWalkOfItsHalf() {
    let world = MMUWorld()
    let root = world.table()
    world.state[.ttbr0EL1] = root
    world.state[.ttbr1EL1] = root
    world.map(.kib4, root: root, bits: 48, from: 0, to: 3, 0, 0x9000 | leafBits | 3)
    for (bit, address) in [(7, 0), (23, 0xFFFF_0000_0000_0000)] as [(UInt64, UInt64)] {
      world.state[.tcrEL1] = Self.tcr(.kib4, 16)
      #expect(world.walk(address, .read, .el1).isSuccess)
      world.state[.tcrEL1] |= 1 << bit
      #expect(world.walk(address, .read, .el1).kindAndLevel == "translation 0")
    }
  }

  @Test func anOutputBeyondIPSIsAnAddressSizeFaultAtItsLevel() {
    let widths: [UInt64] = [32, 36, 40, 42, 44, 48, 48, 48]
    for (ips, width) in widths.enumerated() where width < 48 {
      for granule in Granule.allCases {
        let start = granule.startLevel(16)
        for level in start...3 {
          let world = MMUWorld()
          world.nextTable = 0x1000_0000
          world.state[.tcrEL1] = Self.tcr(granule, 16) & ~(7 << 32) | UInt64(ips) << 32
          let root = world.table()
          world.state[.ttbr0EL1] = root
          let type: UInt64 = granule.leafLevels.contains(level) ? leafType(level) : 3
          for bit in [width - 1, width] where bit >= granule.size(level) {
            world.map(
              granule, root: root, bits: 48, from: start, to: level, 0,
              1 << bit | leafBits | type)
            let result = world.walk(0, .read, .el1)
            if bit == width {
              #expect(result.kindAndLevel == "addressSize \(level)")
            } else {
              #expect(result.kindAndLevel != "addressSize \(level)")
            }
          }
        }
      }
      let world = MMUWorld()
      world.state[.tcrEL1] = Self.tcr(.kib4, 16) & ~(7 << 32) | UInt64(ips) << 32
      world.state[.ttbr0EL1] = 1 << width
      #expect(world.walk(0, .read, .el1).kindAndLevel == "addressSize 0")
    }
  }

  @Test func bigEndianTablesAreRead() {
    let world = MMUWorld()
    world.state[.tcrEL1] = Self.tcr(.kib4, 16) | 1 << 39
    world.state[.sctlrEL1] |= 1 << 25
    let root = world.table()
    world.state[.ttbr0EL1] = root
    let places = world.map(
      .kib4, root: root, bits: 48, from: 0, to: 3, 0x7000,
      0x9000 | (leafBits & ~(1 << 10)) | 3)
    for place in places { world.tables.words[place] = world.tables.words[place]?.byteSwapped }
    #expect(world.walk(0x7000, .read, .el1).physical == 0x9000)
    // The update is written big-endian too.
    #expect(world.tables.words[places[3]] == (0x9000 | leafBits | 3 as UInt64).byteSwapped)
  }

  @Test func everyFailedReadIsAnExternalAbortAtItsLevel() {
    for (read, level) in (0...3).enumerated() {
      let world = MMUWorld()
      world.state[.tcrEL1] = Self.tcr(.kib4, 16)
      let root = world.table()
      world.state[.ttbr0EL1] = root
      world.map(.kib4, root: root, bits: 48, from: 0, to: 3, 0, 0x9000 | leafBits | 3)
      world.tables.failingRead = read
      world.tables.fault = read & 1 == 0 ? .unmapped : poisoned(PhysicalAddress(root))
      #expect(world.walk(0, .read, .el1).kindAndLevel == "externalAbort \(level)")
    }
  }

  @Test func regimesWithOneRangeReadTheirOwnTables() {
    for (level, tcr, ttbr) in [
      (ExceptionLevel.el2, SystemRegister.tcrEL2, SystemRegister.ttbr0EL2),
      (.el3, .tcrEL3, .ttbr0EL3),
    ] {
      let secure = level == .el3
      for ps in UInt64(0)...7 {
        let world = MMUWorld()
        world.nextTable = 0x100_0000
        world.state[tcr] = 16 | ps << 16
        let root = world.table()
        world.state[ttbr] = root
        world.map(
          .kib4, root: root, bits: 48, from: 0, to: 3, 0x5000, 0x9000 | leafBits | 3 | 1 << 11,
          secure: secure)
        let result = world.walk(0x5010, .write, level)
        #expect(result.physical == 0x9010)
        if case .success(let translation) = result {
          // nG means nothing without ASIDs.
          #expect(translation.isGlobal && translation.isSecure == secure)
        }
        // There is no upper half; TBI is bit 20.
        #expect(world.walk(1 << 55, .read, level).kindAndLevel == "translation 0")
        #expect(world.walk(0xAB << 56 | 0x5000, .read, level).kindAndLevel == "translation 0")
        world.state[tcr] |= 1 << 20
        #expect(world.walk(0xAB << 56 | 0x5000, .read, level).physical == 0x9000)
        world.state[tcr] &= ~63
        #expect(world.walk(0x5000, .read, level).kindAndLevel == "translation 0")
      }
    }
  }

  @Test func aHostIsTranslatedByEL2WithTwoRanges() {
    let world = MMUWorld()
    world.state[.hcrEL2] = 1 << 34 | 1 << 27 | 1
    world.state[.tcrEL2] = Self.tcr(.kib4, 16)
    let lower = world.table()
    let upper = world.table()
    world.state[.ttbr0EL2] = lower
    world.state[.ttbr1EL2] = upper
    world.map(
      .kib4, root: lower, bits: 48, from: 0, to: 3, 0, 0x9000 | leafBits | 3 | 1 << 6 | 1 << 11)
    world.map(.kib4, root: upper, bits: 48, from: 0, to: 3, 0, 0xA000 | leafBits | 3)
    #expect(world.walk(0, .read, .el0).physical == 0x9000)
    #expect(world.walk(0xFFFF << 48, .read, .el2).physical == 0xA000)
    #expect(world.walk(0xFFFF << 48, .read, .el0).kindAndLevel == "permission 3")
    #expect(world.walk(0, .read, .el2, pan: true).kindAndLevel == "permission 3")
    // Without TGE, EL0 is a guest's: EL1's registers, stage 1 and stage 2.
    world.state[.hcrEL2] = 1 << 34
    #expect(world.walk(0, .read, .el0).kindAndLevel == "translation 0")
  }
}

@Suite struct MMUStage1Off {
  @Test func theAddressIsTheOutputAndDataIsDevice() {
    for level in [ExceptionLevel.el0, .el1, .el2, .el3] {
      let world = MMUWorld()
      for sctlr in [SystemRegister.sctlrEL1, .sctlrEL2, .sctlrEL3] { world.state[sctlr] = 0 }
      for access in [AccessKind.read, .write, .atomic, .cacheMaintenance] {
        guard case .success(let data) = world.walk(0x8765_4321_0ABC, access, level) else {
          Issue.record("\(level)")
          continue
        }
        #expect(data.physicalAddress.rawValue == 0x8765_4321_0ABC)
        #expect(data.isDevice && data.attributes == 0 && data.shareability == 2)
        #expect(data.isReadable && data.isWritable && !data.isExecutable)
        #expect(data.isSecure == (level == .el3))
      }
      guard case .success(let code) = world.walk(0x1000, .execute, level) else { continue }
      #expect(!code.isDevice && code.attributes == 0x44 && code.isExecutable && !code.isReadable)
      for bit in UInt64(48)...63 {
        #expect(world.walk(1 << bit, .read, level).kindAndLevel == "addressSize 0")
      }
    }
  }

  @Test func hcrDCAndTGETurnStage1Off() {
    let world = MMUWorld()
    // TGE without E2H: EL0 has no stage 1.
    world.state[.hcrEL2] = 1 << 27
    #expect(world.walk(0x1234, .read, .el0).physical == 0x1234)
    // TGE with E2H: EL0 is EL2's.
    world.state[.sctlrEL2] = 0
    world.state[.hcrEL2] = 1 << 27 | 1 << 34
    #expect(world.walk(0x1234, .read, .el0).physical == 0x1234)
    // DC: flat and cacheable, and stage 2 is on even without VM.
    world.state[.hcrEL2] = 1 << 12
    world.state[.vtcrEL2] = 16 | 2 << 6 | 5 << 16
    let root = world.table()
    world.state[.vttbrEL2] = root
    world.map(.kib4, root: root, bits: 48, from: 0, to: 3, 0x1000, 0x9000 | stage2Bits | 3)
    let result = world.walk(0x1234, .read, .el1)
    #expect(result.physical == 0x9234)
    if case .success(let translation) = result {
      #expect(translation.attributes == 0xFF && translation.shareability == 3)
    }
    // In Secure state HCR_EL2 has no effect.
    world.state[.scrEL3] = 0
    #expect(world.walk(0x1234, .read, .el1).kindAndLevel == "translation 0")
  }
}
