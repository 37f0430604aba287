// HVC beyond PSCI: services that user space can take away from a VM before it runs
// (KVM_REG_ARM_FW_FEAT_BMAP, Documentation/virt/kvm/arm/hypercalls.rst): random numbers (DEN 0098),
// stolen time (DEN 0057), and what KVM offers as a vendor.

import Arm
import KVM

/// The calls that a VM may make: one word of bits for each of KVM_REG_ARM_STD_BMAP,
/// KVM_REG_ARM_STD_HYP_BMAP and KVM_REG_ARM_VENDOR_HYP_BMAP.
struct GuestServiceSet {
  /// How many words there are.
  static let count = 3
  /// All that there are: TRNG; PV_TIME; FUNC_FEAT and PTP.
  static let all: InlineArray<3, UInt64> = [1, 1, 3]

  private var words = GuestServiceSet.all

  subscript(index: Int) -> UInt64 {
    get { words[index] }
    set { words[index] = newValue }
  }

  /// Whether a function is one of those.
  func contains(_ function: UInt32) -> Bool {
    switch function {
    case SMCCC.randomVersion, SMCCC.randomFeatures, SMCCC.randomSource, SMCCC.random32,
      SMCCC.random64:
      words[0] & 1 != 0
    case SMCCC.timeFeatures, SMCCC.stolenTime: words[1] & 1 != 0
    case SMCCC.vendorHypervisorUID, SMCCC.kvmFeatures: words[2] & 1 != 0
    case SMCCC.kvmClock: words[2] & 2 != 0
    default: false
    }
  }
}

extension GuestMonitor {
  /// A function of `GuestServiceSet`: what X0 gets; X1 to X3 are written here.
  func serviceCall(_ processor: VirtualProcessor, _ function: UInt32, _ first: UInt64) -> Int64 {
    switch function {
    case SMCCC.timeFeatures:
      let feature = UInt32(truncatingIfNeeded: first)
      return processor.stolenTimeAddress != nil
        && (feature == SMCCC.timeFeatures || feature == SMCCC.stolenTime)
        ? SMCCC.success : SMCCC.notSupported
    case SMCCC.stolenTime: return startStolenTime(processor)
    case SMCCC.randomVersion: return SMCCC.randomVersion1Dot0
    case SMCCC.randomFeatures:
      switch UInt32(truncatingIfNeeded: first) {
      case SMCCC.randomVersion, SMCCC.randomFeatures, SMCCC.randomSource, SMCCC.random32,
        SMCCC.random64:
        return SMCCC.success
      default: return SMCCC.notSupported
      }
    case SMCCC.randomSource:
      // This generator and no other: bc8d6e1f-2c35-4e9a-a47b-90d158f263e4.
      return answer(processor, 0x1F6E_8DBC, 0x9A4E_352C, 0x905B_7BA4, 0xE463_F258)
    case SMCCC.random32: return randomBits(processor, first, wordBits: 32)
    case SMCCC.random64: return randomBits(processor, first, wordBits: 64)
    case SMCCC.vendorHypervisorUID:
      // 28b46fb6-2ec5-11e9-a9ca-4b564d003a74: KVM.
      return answer(processor, 0xB66F_B428, 0xE911_C52E, 0x564B_CAA9, 0x743A_004D)
    case SMCCC.kvmFeatures: return answer(processor, Int64(processor.machine.services[2]), 0, 0, 0)
    case SMCCC.kvmClock:
      // The virtual counter (0) or the physical one (1).
      guard first & 0xFFFF_FFFF <= 1 else { return SMCCC.notSupported }
      let time = kernel.calendarTime
      let count = kernel.now &- (first & 1 == 0 ? processor.registers[.cntvoffEL2] : 0)
      return answer(
        processor, Int64(time >> 32), time & 0xFFFF_FFFF, count >> 32, count & 0xFFFF_FFFF)
    default: return SMCCC.notSupported
    }
  }

  private func answer(
    _ processor: VirtualProcessor, _ x0: Int64, _ x1: UInt64, _ x2: UInt64, _ x3: UInt64
  ) -> Int64 {
    processor.setX(1, x1)
    processor.setX(2, x2)
    processor.setX(3, x3)
    return x0
  }

  /// TRNG_RND: so many bits, the lowest in X3. DEN 0098, 2.5.
  private func randomBits(
    _ processor: VirtualProcessor, _ count: UInt64, wordBits: UInt64
  ) -> Int64 {
    guard count >= 1, count <= 3 * wordBits else {
      return answer(processor, Int64(PSCI.Result.invalidParameters.rawValue), 0, 0, 0)
    }
    var left = count
    @inline(never) func next() -> UInt64 {
      let bits = min(left, wordBits)
      left -= bits
      return bits == 0 ? 0 : kernel.random() >> (64 - bits)
    }
    let low = next()
    let middle = next()
    return answer(processor, SMCCC.success, next(), middle, low)
  }
}
