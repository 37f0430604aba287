// Where Swift's own allocations come from: the kernel heap, on the frames of RAM. SErrors wait meanwhile: their
// handler allocates too, and would find a list that is half changed.

import Arm
import Hypervisor
import HypervisorEntry

/// The frames and the heap, once `main` has made them.
nonisolated(unsafe) var memory: UnsafeMutablePointer<KernelMemory>?

@c(hypervisor_allocate)
func allocateMemory(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: UInt64,
  _ byteCount: UInt64
) -> Int32 {
  let masks = suspend_errors()
  defer { resume_errors(masks) }
  guard let memory = unsafe memory,
    let pointer = unsafe memory.pointee.heap.allocate(
      byteCount: Int(byteCount), alignment: Int(alignment), hardware, &memory.pointee.frames)
  else { return 12 }  // ENOMEM
  unsafe result.pointee = unsafe pointer
  return 0
}

@c(hypervisor_release)
func freeMemory(_ pointer: UnsafeMutableRawPointer?) {
  guard let memory = unsafe memory, let pointer = unsafe pointer else { return }
  let masks = suspend_errors()
  defer { resume_errors(masks) }
  let address = PhysicalAddress(UInt64(UInt(bitPattern: pointer)) & ~directMap)
  unsafe memory.pointee.heap.free(pointer, at: address, &memory.pointee.frames)
}
