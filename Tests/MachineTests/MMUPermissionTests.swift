// Permissions of both stages, enumerated against the manual's tables.

import Arm
import Testing

@testable import Machine

@Suite struct MMUPermissions {
  /// Arm ARM D8.4.1: what AP[2:1] permits, as the manual's tables have it.
  static let privileged = ["RW", "RW", "RO", "RO"]
  static let unprivileged = ["--", "RW", "--", "RO"]

  static func allows(_ table: String, _ access: AccessKind) -> Bool {
    switch access {
    case .read: table != "--"
    case .write, .atomic: table == "RW"
    default: true
    }
  }

  @Test func everyPermissionBitAtEveryPrivilege() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25)
    let root = world.table()
    world.state[.ttbr0EL1] = root
    for granuleLevel in UInt64(1)...3 {
      for bits in UInt64(0)..<32 {
        let ap = bits & 3
        let isUXN = bits & 4 != 0
        let isPXN = bits & 8 != 0
        let isWXN = bits & 16 != 0
        world.tables.words.removeAll()
        world.map(
          .kib4, root: root, bits: 39, from: 1, to: granuleLevel, 0,
          leafBits | leafType(granuleLevel) | ap << 6 | (isUXN ? 1 << 54 : 0)
            | (isPXN ? 1 << 53 : 0))
        world.state[.sctlrEL1] = 0x1005 | (isWXN ? 1 << 19 : 0)
        for pan in [false, true] {
          for (level, table) in [
            (ExceptionLevel.el0, Self.unprivileged), (.el1, Self.privileged),
          ] {
            var data = table[Int(ap)]
            var fetch = level == .el0 ? !isUXN : !isPXN && ap != 1
            if isWXN, data == "RW" { fetch = false }
            if pan, level == .el1, Self.unprivileged[Int(ap)] != "--" { data = "--" }
            for access in [AccessKind.read, .write, .atomic, .execute] {
              let expected = access == .execute ? fetch : Self.allows(data, access)
              let result = world.walk(0x10, access, level, pan: pan)
              #expect(
                result.isSuccess == expected,
                "AP \(ap) UXN \(isUXN) PXN \(isPXN) WXN \(isWXN) PAN \(pan) \(level) \(access)")
              if !expected { #expect(result.kindAndLevel == "permission \(granuleLevel)") }
              if case .success(let translation) = result {
                #expect(translation.isReadable == (data != "--"))
                #expect(translation.isWritable == (data == "RW"))
                #expect(translation.isExecutable == fetch)
              }
            }
            // Cache maintenance: from EL0 as a load, from EL1 always; DC IVAC as a store.
            #expect(
              world.walk(0, .cacheMaintenance, level, pan: pan).isSuccess
                == (level == .el1 || Self.unprivileged[Int(ap)] != "--"))
            if level == .el1 {
              #expect(world.walk(0, .cacheInvalidate, level, pan: pan).isSuccess == (ap & 2 == 0))
            }
          }
        }
      }
    }
  }

  @Test func regimesWithOneRangeKnowAP2AndXNAlone() {
    let world = MMUWorld()
    world.state[.tcrEL3] = 25 | 5 << 16
    world.state[.tcrEL2] = 25 | 5 << 16
    let root = world.table()
    world.state[.ttbr0EL3] = root
    world.state[.ttbr0EL2] = root
    for bits in UInt64(0)..<32 {
      for secure in [false, true] {
        world.map(
          .kib4, root: root, bits: 39, from: 1, to: 3, 0,
          leafBits | 3 | (bits & 3) << 6 | (bits >> 2 & 3) << 53, secure: secure)
      }
      for level in [ExceptionLevel.el2, .el3] {
        let isWXN = bits & 16 != 0
        world.state[level == .el2 ? .sctlrEL2 : .sctlrEL3] = 5 | (isWXN ? 1 << 19 : 0)
        let isWritable = bits & 2 == 0
        #expect(world.walk(0, .read, level, pan: true).isSuccess)
        #expect(world.walk(0, .write, level, pan: true).isSuccess == isWritable)
        #expect(
          world.walk(0, .execute, level).isSuccess == (bits & 8 == 0 && !(isWXN && isWritable)))
      }
    }
  }

  @Test func tableAttributesRestrictUnlessHPD() {
    // Bits 63:59 of a table descriptor: NSTable, APTable[1:0], UXNTable, PXNTable.
    for bits in UInt64(0)..<16 {
      for hpd in [false, true] {
        let world = MMUWorld()
        world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | (hpd ? 1 << 41 : 0)
        let root = world.table()
        world.state[.ttbr0EL1] = root
        world.map(
          .kib4, root: root, bits: 39, from: 1, to: 3, 0, leafBits | 3 | 1 << 6,
          tableBits: bits << 59)
        // A page EL0 may read and write, UXN and PXN clear.
        let effective = hpd ? 0 : bits
        let isEL0 = effective & 4 == 0
        let isReadOnly = effective & 8 != 0
        #expect(world.walk(0, .read, .el0).isSuccess == isEL0)
        #expect(world.walk(0, .write, .el0).isSuccess == (isEL0 && !isReadOnly))
        #expect(world.walk(0, .execute, .el0).isSuccess == (effective & 2 == 0))
        #expect(world.walk(0, .read, .el1).isSuccess)
        #expect(world.walk(0, .write, .el1).isSuccess == !isReadOnly)
        #expect(
          world.walk(0, .execute, .el1).isSuccess
            == (effective & 1 == 0 && !(isEL0 && !isReadOnly)))
      }
    }
  }

  @Test func nsAndNSTableLeaveSecureMemoryAndSIFForbidsFetches() {
    for bits in UInt64(0)..<8 {
      let nsTable = bits & 1 != 0
      let ns = bits & 2 != 0
      let sif = bits & 4 != 0
      for (level, tcr, ttbr) in [
        (ExceptionLevel.el1, SystemRegister.tcrEL1, SystemRegister.ttbr0EL1),
        (.el3, .tcrEL3, .ttbr0EL3),
      ] {
        let world = MMUWorld()
        world.state[.scrEL3] = sif ? 1 << 9 : 0
        world.state[tcr] = level == .el1 ? MMUStage1Walk.tcr(.kib4, 34) : 34 | 5 << 16
        let root = world.table()
        let next = world.table()
        world.state[ttbr] = root
        // Level 2 is in Secure memory; level 3 is where NSTable says. The other copy is invalid.
        world.tables.words[1 << 63 | root] = next | 3 | (nsTable ? 1 << 63 : 0)
        world.tables.words[(nsTable ? 0 : 1 << 63) | next] =
          0x9000 | leafBits | 3 | (ns ? 1 << 5 : 0)
        let result = world.walk(0, .read, level)
        #expect(result.physical == 0x9000)
        if case .success(let translation) = result {
          #expect(translation.isSecure == !(ns || nsTable))
          #expect(translation.isGlobal == (level == .el3 || !nsTable))
        }
        #expect(world.walk(0, .execute, level).isSuccess == !((ns || nsTable) && sif))
      }
    }
  }

  @Test func aClearAccessFlagFaultsOrIsSet() {
    for hardware in [false, true] {
      for access in [AccessKind.read, .write, .execute] {
        let world = MMUWorld()
        world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | (hardware ? 1 << 39 : 0)
        let root = world.table()
        world.state[.ttbr0EL1] = root
        let leaf = 0x9000 | 3 | 3 << 8 as UInt64
        let places = world.map(.kib4, root: root, bits: 39, from: 1, to: 3, 0, leaf)
        let result = world.walk(0, access, .el1)
        #expect(result.isSuccess == hardware)
        if !hardware { #expect(result.kindAndLevel == "accessFlag 3") }
        #expect(world.tables.words[places[2]] == (hardware ? leaf | 1 << 10 : leaf))
      }
    }
  }

  @Test func aFaultLeavesTheDescriptorAlone() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | 3 << 39
    let root = world.table()
    world.state[.ttbr0EL1] = root
    // Clean, not accessed, not for EL0.
    world.map(.kib4, root: root, bits: 39, from: 1, to: 3, 0, 3 | 1 << 7 | 1 << 51)
    #expect(world.walk(0, .write, .el0).kindAndLevel == "permission 3")
    // APTable forbids writes: DBM does not help.
    world.tables.words[root] = (world.tables.words[root] ?? 0) | 1 << 62
    #expect(world.walk(0, .write, .el1).kindAndLevel == "permission 3")
    #expect(world.tables.updates == 0)
  }

  @Test func dirtyStateIsSetByStoresAlone() {
    // HD counts only with HA.
    for (controls, isManaged) in [(0, false), (1, false), (2, false), (3, true)] as [(UInt64, Bool)]
    {
      for access in [AccessKind.read, .write, .atomic, .execute] {
        let world = MMUWorld()
        world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | controls << 39
        let root = world.table()
        world.state[.ttbr0EL1] = root
        let leaf = 0x9000 | leafBits | 3 | 1 << 7 | 1 << 51
        let places = world.map(.kib4, root: root, bits: 39, from: 1, to: 3, 0, leaf)
        let stores = access == .write || access == .atomic
        let result = world.walk(0, access, .el1)
        #expect(result.isSuccess == (!stores || isManaged))
        let isNowDirty = stores && isManaged
        #expect(world.tables.words[places[2]] == (isNowDirty ? leaf & ~(1 << 7) : leaf))
        if case .success(let translation) = result {
          // A clean page is not for the fast path.
          #expect(translation.isWritable == isNowDirty)
        }
      }
    }
  }

  @Test func aCleanWritablePageIsWritableForWXNAndImpliedPXN() {
    let world = MMUWorld()
    let root = world.table()
    world.state[.ttbr0EL1] = root
    world.map(
      .kib4, root: root, bits: 39, from: 1, to: 3, 0, leafBits | 3 | 1 << 7 | 1 << 6 | 1 << 51)
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25)
    #expect(world.walk(0, .execute, .el1).isSuccess)
    world.state[.tcrEL1] |= 3 << 39
    #expect(world.walk(0, .execute, .el1).kindAndLevel == "permission 3")
  }

  @Test func anUpdateThatLosesARaceStartsAgain() {
    let world = MMUWorld()
    world.state[.tcrEL1] = MMUStage1Walk.tcr(.kib4, 25) | 1 << 39
    let root = world.table()
    world.state[.ttbr0EL1] = root
    let places = world.map(
      .kib4, root: root, bits: 39, from: 1, to: 3, 0, 0x9000 | 3 | 3 << 8)
    world.tables.interference = (places[2], 0xA000 | 3 | 3 << 8)
    #expect(world.walk(0, .read, .el1).physical == 0xA000)
    #expect(world.tables.words[places[2]] == 0xA000 | 3 | 3 << 8 | 1 << 10)
    // Or finds that nothing is mapped any more.
    world.tables.words[places[2]] = 0x9000 | 3 | 3 << 8
    world.tables.interference = (places[2], 0)
    #expect(world.walk(0, .read, .el1).kindAndLevel == "translation 3")
    world.tables.words[places[2]] = 0x9000 | 3 | 3 << 8
    world.tables.failsUpdates = true
    #expect(world.walk(0, .read, .el1).kindAndLevel == "externalAbort 3")
  }
}
