// Where the kernel calls the KVM objects, and what they are to it. Every function runs with the
// kernel lock held.

import Arm
import KVM

/// What an open file of /dev/kvm, of a VM, a vCPU or a device refers to.
public final class KVMObject {
  /// An object.
  init() {}
}

extension Kernel {
  /// open("/dev/kvm").
  func openKVM() throws(CallEnd) -> KVMObject { throw .failed(.noDevice) }

  /// ioctl on a KVM file: the value for X0, or how else the call ends. Descriptors for new objects
  /// come from `thread.process.files.add(OpenFile(.kvm(object)))`.
  func ioctl(
    _ object: KVMObject, _ request: UInt64, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    throw .failed(.notTerminal)
  }

  /// mmap of a KVM file: frames that stay the object's, `size` bytes from `offset`.
  func frames(
    of object: KVMObject, offset: UInt64, size: UInt64
  ) throws(CallEnd) -> PhysicalAddress {
    throw .failed(.noDevice)
  }

  /// The last descriptor of a KVM object was closed.
  func close(_ object: KVMObject) {}

  /// User addresses `start ..< end` of a space are about to change what they map (unmapped, made
  /// read-only, lost to a hardware error): every stage 2 forgets them before this returns, with
  /// TLB maintenance. Their next use comes through `resolve`.
  func guestsForget(_ space: AddressSpace, _ start: UInt64, _ end: UInt64) {}

  /// An interrupt that only guests cause: maintenance, virtual timer. Acknowledged already; its
  /// end (priority drop and deactivation) follows when this returns.
  func guestInterrupt(_ number: UInt32) {}
}
