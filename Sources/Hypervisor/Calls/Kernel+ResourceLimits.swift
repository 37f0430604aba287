// getrlimit, setrlimit, prlimit64: what this kernel limits, as it does. Only how many files a process
// may have open can be changed; any other change is EPERM, since it would have no effect.

import KVM

extension Kernel {
  /// rlim_cur and rlim_max of a process.
  private func limits(
    _ process: Process, _ resource: ResourceLimit
  ) -> (soft: UInt64, hard: UInt64) {
    switch resource {
    case .files: (UInt64(process.files.softLimit), UInt64(process.files.hardLimit))
    case .stack: (Self.stackSize, Self.stackSize)
    case .fileSize: (UInt64(MemoryFile.limit), UInt64(MemoryFile.limit))
    case .processes: (UInt64(Self.threadLimit), UInt64(Self.threadLimit))
    case .core, .nice, .realTimePriority: (0, 0)
    default: (ResourceLimit.infinity, ResourceLimit.infinity)
    }
  }

  /// prlimit64 of a process, 0 for the caller's own. getrlimit and setrlimit are half of it.
  func resourceLimits(
    _ thread: Thread, _ id: UInt64, _ resource: UInt64, new: UInt64?, old: UInt64?
  ) throws(CallEnd) -> UInt64 {
    guard let resource = ResourceLimit(rawValue: resource & 0xFFFF_FFFF) else {
      throw .failed(.invalid)
    }
    let number = Int32(truncatingIfNeeded: id)
    guard let process = number == 0 ? thread.process : process(number), !process.isZombie else {
      throw .failed(.noProcess)
    }
    let known = limits(process, resource)
    if let new {
      let soft = try read64(thread, new)
      let hard = try read64(thread, new &+ 8)
      guard soft <= hard else { throw .failed(.invalid) }
      if (soft, hard) != known {
        guard resource == .files, hard <= known.hard else { throw .failed(.notPermitted) }
        process.files.softLimit = Int(soft)
        process.files.hardLimit = Int(hard)
      }
    }
    if let old {
      try write64(thread, old, known.soft)
      try write64(thread, old &+ 8, known.hard)
    }
    return 0
  }
}
