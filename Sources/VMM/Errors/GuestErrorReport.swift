// One memory error of the guest, and the block that tells the guest: an Arm processor section for
// the vCPU that met it, a memory section for what is lost. The processor section comes first: Linux
// reports to its caller what the last section queued, and only a memory section queues recovery
// whatever the error type (drivers/acpi/apei/ghes.c).

import APEI
import Arm
import Bytes

/// A memory error of the guest.
public struct GuestErrorReport: Sendable {
  /// The vCPU that touched it; nil when nobody has.
  public var vcpu: Int?
  /// What is lost, or was corrected; nil when no address is known.
  public var lost: GuestRange?
  /// Whether nothing is lost.
  var isCorrected = false
  /// Whether there were too many corrected errors there, as the host says.
  var isOverThreshold = false
  /// The exception that the vCPU takes for it; nil when nobody touched it.
  public var syndrome: Syndrome?
  /// FAR_EL1 of that exception.
  public var faultAddress = VirtualAddress(0)
  /// MPIDR_EL1 of the vCPU.
  public var affinity: UInt64 = 0
  /// MIDR_EL1 of the vCPU.
  public var identification: UInt64 = 0
  /// Seconds since 1970; 0 where nobody knows the time, which is then not stated.
  public var seconds: UInt64 = 0
  /// Counts reports: no two blocks are alike, since Linux drops one that repeats the last.
  public var sequence: UInt32 = 0

  /// An error of a range.
  public init(vcpu: Int?, lost: GuestRange?) {
    self.vcpu = vcpu
    self.lost = lost
  }

  /// No block is larger: a header of 20 bytes and two sections of at most 152; whole lines.
  static var largestSize: UInt64 { 384 }

  /// Writes everything but BlockStatus, which stays 0, and gives its value.
  func compose<Sink: ByteSink>(
    into sink: Sink, hasOverflowed: Bool
  ) throws(ByteError) -> UInt32 {
    var block = try ErrorStatusBlockWriter(into: sink)
    let time: Timestamp? =
      seconds == 0 ? nil : Timestamp(secondsSince1970: seconds, isPrecise: true)
    let id = GUID(sequence, 0, 0, seconds)
    var flags: SectionFlags = hasOverflowed ? .overflow : []
    if let syndrome {
      let isFetch = syndrome.exceptionClass.isInstructionAbort
      let information = ProcessorErrorInformation(
        .bus,
        detail: ProcessorErrorDetail(
          transaction: isFetch ? 0 : 1,
          operation: isFetch ? 5 : syndrome.isSet(Syndrome.wnr) ? 4 : 3, level: nil,
          state: .recoverable),
        virtualAddress: syndrome.isSet(Syndrome.fnv) ? nil : faultAddress.rawValue)
      try block.append(
        ProcessorSection(
          mpidr: affinity & MultiprocessorAffinity.affinityMask, midr: identification),
        information,
        DataEntry(severity: .recoverable, flags: flags, timestamp: time, fruID: id))
    } else if !isCorrected {
      flags.insert(.latent)
    } else if isOverThreshold {
      flags.insert(.thresholdExceeded)
    }
    if let lost {
      try block.append(
        MemorySection(
          physicalAddress: lost.base.rawValue, granule: lost.size, kind: .unknown,
          status: SectionErrorStatus(.memory)),
        DataEntry(
          severity: isCorrected ? .corrected : .recoverable, flags: flags, timestamp: time,
          fruID: id))
    }
    return try block.finish().blockStatus
  }
}
