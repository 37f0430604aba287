// KVM_ARM_VM_SMCCC_FILTER (Documentation/virt/kvm/devices/vm.rst): what becomes of the calls of a range, which
// user space says before its VM runs: handled here, denied, or handed up as KVM_EXIT_HYPERCALL. The Arm
// Architecture Calls are not for user space to answer. As Linux has it, arch/arm64/kvm/hypercalls.c.

import Arm
import KVM

/// What becomes of a call.
enum CallAction: UInt8 {
  /// KVM_SMCCC_FILTER_HANDLE: what it would be without a filter; by SMC, which Linux handles as HVC, NOT_SUPPORTED.
  case handle = 0
  /// KVM_SMCCC_FILTER_DENY: NOT_SUPPORTED.
  case deny = 1
  /// KVM_SMCCC_FILTER_FWD_TO_USER.
  case toUser = 2
}

/// Calls from a first to a last.
private struct CallRange {
  var first: UInt32 = 0
  var last: UInt32 = 0
  var action = CallAction.handle
}

extension CallRange {
  /// A range that is handled here.
  fileprivate init(_ range: ClosedRange<UInt32>) {
    self.init(first: range.lowerBound, last: range.upperBound)
  }
}

/// The filter of a VM: at most 64 ranges, the two of the Arm Architecture Calls among them; Linux has no limit but
/// memory.
struct CallFilter {
  private var ranges = InlineArray<64, CallRange>(repeating: CallRange())
  private var count = 0

  /// What becomes of a call.
  func action(of function: UInt32) -> CallAction {
    for index in 0..<count
    where ranges[index].first <= function && function <= ranges[index].last {
      return ranges[index].action
    }
    return .handle
  }

  /// Adds a range.
  mutating func insert(_ first: UInt32, _ last: UInt32, _ action: CallAction) throws(LinuxError) {
    if count == 0 {
      ranges[0] = CallRange(SMCCC.architectureCalls32)
      ranges[1] = CallRange(SMCCC.architectureCalls64)
      count = 2
    }
    for index in 0..<count where first <= ranges[index].last && ranges[index].first <= last {
      throw .exists
    }
    guard count < ranges.count else { throw .noMemory }
    ranges[count] = CallRange(first: first, last: last, action: action)
    count += 1
  }
}

extension GuestMonitor {
  /// KVM_HAS_DEVICE_ATTR and KVM_SET_DEVICE_ATTR of a VM.
  func machineAttribute(
    _ machine: VirtualMachine, _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) {
    guard request != .getDeviceAttribute else { throw .failed(.invalid) }
    let input = try structure(thread, argument, KVMDeviceAttributeLayout.size)
    guard
      input.u32(KVMDeviceAttributeLayout.group) == KVMVMAttribute.callGroup,
      input.u64(KVMDeviceAttributeLayout.attribute) == KVMVMAttribute.callFilter
    else { throw .failed(.noDeviceOrAddress) }
    guard request == .setDeviceAttribute else { return }
    let filter = try structure(
      thread, input.u64(KVMDeviceAttributeLayout.address), KVMCallFilterLayout.size)
    let first = filter.u32(KVMCallFilterLayout.base)
    let count = filter.u32(KVMCallFilterLayout.count)
    for index in KVMCallFilterLayout.padding..<KVMCallFilterLayout.size
    where filter.u8(index) != 0 { throw .failed(.invalid) }
    let last = first &+ count &- 1
    guard count > 0, last >= first,
      let action = CallAction(rawValue: filter.u8(KVMCallFilterLayout.action))
    else { throw .failed(.invalid) }
    guard !machine.hasRun else { throw .failed(.busy) }
    do throws(LinuxError) {
      try machine.filter.insert(first, last, action)
    } catch { throw .failed(error) }
  }

  /// KVM_EXIT_HYPERCALL: user space reads the call's registers, and writes its result there. PC is behind the call.
  func handUp(_ processor: VirtualProcessor, _ function: UInt32, isSMC: Bool) -> GuestStep {
    // Its arguments and its result are x86's and POWER's.
    for word in 0..<8 as Range<UInt64> {
      setRunWord(processor, KVMRunLayout.hypercallNumber + word * 8, 0)
    }
    setRunWord(processor, KVMRunLayout.hypercallNumber, UInt64(function))
    setRunWord(
      processor, KVMRunLayout.hypercallFlags, isSMC ? KVMRunLayout.hypercallBySMC : 0)
    setExit(processor, .hypercall)
    return .leave
  }
}
