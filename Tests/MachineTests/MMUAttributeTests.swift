// Memory attributes of both stages together, enumerated against the manual's tables.

import Arm
import Testing

@testable import Machine

@Suite struct MMUAttributes {
  /// What a nibble of MAIR_ELx means: the cacheability and the hints. Arm ARM D24.2, MAIR_EL1.
  static func cacheability(_ nibble: UInt8) -> String {
    switch nibble {
    case 4: "NC"
    case 0...3: "WT transient"
    case 5...7: "WB transient"
    case 8...11: "WT"
    default: "WB"
    }
  }

  @Test func everyStage1AttributeWithEveryStage2Attribute() {
    // dd of Device, by strictness.
    for s1 in UInt8(0)...255 {
      // Reserved: Device with low bits, and Normal with an inner 0.
      if s1 & 0xF0 == 0 ? s1 & 3 != 0 : s1 & 15 == 0 { continue }
      for s2 in UInt8(0)..<16 where s2 < 4 || s2 & 3 != 0 {
        for shareability in UInt8(0)..<16 {
          let sh1 = shareability & 3
          let sh2 = shareability >> 2
          if sh1 == 1 || sh2 == 1 { continue }
          let result = MemoryAttributes.stage1(mairByte: s1, shareability: sh1).combined(
            withStage2: .stage2(memoryAttribute: s2, shareability: sh2))
          let isDevice = s1 < 16 || s2 < 4
          #expect(result.isDevice == isDevice)
          if isDevice {
            let types = (s1 < 16 ? [s1 >> 2] : []) + (s2 < 4 ? [s2] : [])
            #expect(result.type == (types.min() ?? 0) << 2)
            #expect(result.shareability == 2)
            continue
          }
          for (from1, from2, out) in [
            (s1 >> 4, s2 >> 2, result.type >> 4), (s1 & 15, s2 & 3, result.type & 15),
          ] {
            let one = Self.cacheability(from1)
            let two = ["", "NC", "WT", "WB"][Int(from2)]
            if one == "NC" || two == "NC" {
              #expect(out == 4)
            } else {
              let isTransient = one.hasSuffix("transient")
              let base = one.hasPrefix("WT") || two == "WT" ? "WT" : "WB"
              // A transient Write-Through without hints is what Write-Back 0b01xx becomes.
              #expect(Self.cacheability(out) == base + (isTransient ? " transient" : ""))
              #expect(out & 3 == from1 & 3)
            }
          }
          let expected: UInt8 =
            result.type == 0x44 || sh1 == 2 || sh2 == 2 ? 2 : sh1 == 3 || sh2 == 3 ? 3 : 0
          #expect(result.shareability == expected)
        }
      }
    }
  }

  /// A guest with one 4 KiB page, its MAIR byte and MemAttr.
  static func world(_ mair: UInt8, _ memoryAttribute: UInt64, hcr: UInt64) -> MMUWorld {
    let (world, root) = MMUStage2Walk.guest(stage1: true)
    world.state[.hcrEL2] = hcr
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 34)
    world.state[.mairEL1] = UInt64(mair)
    let root1 = 0x10_0000 as UInt64
    world.state[.ttbr0EL1] = root1
    _ = MMUStage2Walk.map2(world, root, root1, root1 | stage2Bits | 3)
    world.tables.words[root1] = 0x20_0000 | leafBits | 1
    _ = MMUStage2Walk.map2(
      world, root, 0x20_0000, 0x9000 | stage2Bits & ~(15 << 2) | memoryAttribute << 2 | 3)
    return world
  }

  static func type(_ world: MMUWorld, _ access: AccessKind) -> UInt8? {
    guard case .success(let translation) = world.walk(0, access, .el1) else { return nil }
    return translation.attributes
  }

  @Test func hcrCDAndIDMakeOneSideOfStage2NonCacheable() {
    for bits in UInt64(0)..<4 {
      let world = Self.world(0xFF, 15, hcr: 1 | bits << 32)
      #expect(Self.type(world, .read) == (bits & 1 != 0 ? 0x44 : 0xFF))
      #expect(Self.type(world, .execute) == (bits & 2 != 0 ? 0x44 : 0xFF))
      // Device stays Device for data.
      #expect(Self.type(Self.world(0x04, 15, hcr: 1 | bits << 32), .read) == 0x04)
    }
  }

  @Test func sctlrCAndIMakeOneSideOfStage1NonCacheable() {
    for bits in UInt64(0)..<4 {
      let world = Self.world(0xFF, 15, hcr: 1)
      world.state[.sctlrEL1] = 1 | (bits & 1) << 2 | (bits & 2) << 11
      #expect(Self.type(world, .read) == (bits & 1 == 0 ? 0x44 : 0xFF))
      #expect(Self.type(world, .execute) == (bits & 2 == 0 ? 0x44 : 0xFF))
    }
  }

  @Test func aFetchFromDeviceMemoryIsNormalNonCacheableAndSharesNothing() {
    for (mair, s2) in [(0x04, 15), (0xFF, 1)] as [(UInt8, UInt64)] {
      let world = Self.world(mair, s2, hcr: 1)
      guard case .success(let code) = world.walk(0, .execute, .el1),
        case .success(let data) = world.walk(0, .read, .el1)
      else {
        Issue.record("no translation")
        return
      }
      #expect(!code.isDevice && code.attributes == 0x44 && code.isExecutable)
      #expect(!code.isReadable && !code.isWritable)
      #expect(data.isDevice && data.isReadable && data.isWritable && !data.isExecutable)
    }
  }
}
