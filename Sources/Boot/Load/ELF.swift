// ELF64 executables for AArch64, as far as a loader of static programs needs them. System V ABI,
// chapter 4 and 5; ELF for the Arm 64-bit Architecture.

import Bytes

/// Why bytes are not a program that can be loaded.
public enum ELFError: Error, Equatable, Sendable {
  /// No ELF64 little-endian header.
  case notELF
  /// For another machine.
  case wrongMachine(UInt16)
  /// Neither an executable nor a position-independent one.
  case notExecutable
  /// A header or a segment reaches outside the file or wraps around.
  case malformed
}

/// A loadable segment.
public struct ELFSegment: Equatable, Sendable {
  /// Offset of its bytes in the file.
  public var fileOffset: UInt64
  /// How many bytes the file has.
  public var fileSize: UInt64
  /// Where it goes.
  public var virtualAddress: UInt64
  /// Its physical address, for images that are loaded without translation.
  public var physicalAddress: UInt64
  /// Its size in memory; what the file does not have is zero.
  public var memorySize: UInt64
  /// Alignment.
  public var alignment: UInt64
  /// Bits: 0 execute, 1 write, 2 read.
  public var flags: UInt32
}

/// An ELF64 executable.
public struct ELF<Source: ByteSource> {
  let source: Source
  /// The first instruction.
  public let entry: UInt64
  /// Whether it may be loaded anywhere (ET_DYN).
  public let isPositionIndependent: Bool
  /// Offset of the program headers in the file.
  public let programHeadersOffset: UInt64
  /// Number of program headers.
  public let programHeaderCount: Int

  /// The program in a file.
  public init(_ source: Source) throws(ELFError) {
    guard let magic = try? source.u32(at: 0), magic == 0x464c_457f,
      let format = try? source.u16(at: 4), format == 0x0102,
      let type = try? source.u16(at: 16), let machine = try? source.u16(at: 18),
      let entry = try? source.u64(at: 24), let headers = try? source.u64(at: 32),
      let entrySize = try? source.u16(at: 54), let count = try? source.u16(at: 56)
    else { throw .notELF }
    guard machine == 183 else { throw .wrongMachine(machine) }
    guard type == 2 || type == 3 else { throw .notExecutable }
    let (end, overflow) = headers.addingReportingOverflow(UInt64(count) * 56)
    guard entrySize == 56, !overflow, end <= UInt64(source.byteCount) else { throw .malformed }
    self.source = source
    self.entry = entry
    isPositionIndependent = type == 3
    programHeadersOffset = headers
    programHeaderCount = Int(count)
  }

  /// The segment of a program header, or nil if that is not loadable or out of range.
  public func segment(_ index: Int) throws(ELFError) -> ELFSegment? {
    guard index >= 0, index < programHeaderCount else { return nil }
    let offset = Int(programHeadersOffset) + index * 56
    guard let type = try? source.u32(at: offset), let flags = try? source.u32(at: offset + 4),
      let fileOffset = try? source.u64(at: offset + 8),
      let virtualAddress = try? source.u64(at: offset + 16),
      let physicalAddress = try? source.u64(at: offset + 24),
      let fileSize = try? source.u64(at: offset + 32),
      let memorySize = try? source.u64(at: offset + 40),
      let alignment = try? source.u64(at: offset + 48)
    else { throw .malformed }
    guard type == 1 else { return nil }
    let (fileEnd, fileOverflow) = fileOffset.addingReportingOverflow(fileSize)
    let (_, memoryOverflow) = virtualAddress.addingReportingOverflow(memorySize)
    guard !fileOverflow, !memoryOverflow, fileEnd <= UInt64(source.byteCount),
      fileSize <= memorySize
    else { throw .malformed }
    return ELFSegment(
      fileOffset: fileOffset, fileSize: fileSize, virtualAddress: virtualAddress,
      physicalAddress: physicalAddress, memorySize: memorySize, alignment: alignment,
      flags: flags)
  }
}
