// What lies in guest memory before its first instruction: kernel, initrd, the ACPI tables, EFI stubs
// and device tree of Boot, and the memory of its error sources.

import APEI
import Arm
import Boot
import Bytes
import KVM
import Platform

/// A loaded guest.
public struct GuestBoot: Equatable, Sendable {
  /// Where its first instruction is.
  public var entry: GuestPhysicalAddress
  /// X0.
  public var deviceTree: GuestPhysicalAddress
  /// Its error sources.
  public var errors: ErrorRegion

  /// Loads a guest.
  public static func load<Host: HostKernel>(
    _ host: Host, _ options: Options, _ memory: GuestMemory
  ) throws(Failure) -> GuestBoot {
    let kernel = try File.open(host, options.kernel)
    defer { kernel.close(host) }
    let initrd: File? = try options.initrd.map { path throws(Failure) in
      try File.open(host, path)
    }
    defer { initrd?.close(host) }

    var header = InlineArray<64, UInt8>(repeating: 0)
    let headerSize = unsafe withUnsafeMutablePointer(to: &header) {
      kernel.read(host, into: HostAddress(UInt64(UInt(bitPattern: $0))), count: 64)
    }
    guard headerSize >= 0 else { throw .file(options.kernel, headerSize) }
    let image: LinuxImage
    do {
      image = try LinuxImage(
        Header(bytes: header, byteCount: Int(headerSize)), fileSize: kernel.size)
    } catch {
      throw .image(options.kernel, error)
    }

    var sources = ErrorSourceTable.guest(coreCount: options.cpuCount)
    sources.eventNotification = options.events
    sources.delegatedEvent = GuestEvent.errors.rawValue
    let placement: LinuxPlacement
    do {
      placement = try LinuxPlacement(
        image, initrdSize: initrd?.size ?? 0, ram: memory.ram,
        errorRegionSize: ErrorRegion(base: 0, sources: sources).size)
    } catch {
      throw .boot(error)
    }
    try kernel.load(host, memory, at: GuestPhysicalAddress(placement.kernel), image.imageSize)
    if let initrd {
      try initrd.load(host, memory, at: GuestPhysicalAddress(placement.initrd.base), initrd.size)
    }

    let errors = ErrorRegion(base: placement.errors.base, sources: sources)
    var configuration = BootConfiguration(
      coreCount: options.cpuCount, ram: memory.ram, tables: placement.tables,
      errorRegion: errors, initrd: initrd == nil ? nil : placement.initrd,
      board: .virtualMachine(coreCount: options.cpuCount))
    configuration.hasDelegatedExceptions = options.events == .sdei
    guard
      let tables = memory.bytes(
        at: GuestPhysicalAddress(placement.tables.base), count: Int(placement.tables.size)),
      let region = memory.bytes(at: GuestPhysicalAddress(errors.base), count: Int(errors.size))
    else { throw .boot(.tooLittleMemory) }
    do {
      var writer = ByteWriter(region)
      try writer.errorRegion(errors)
    } catch {
      throw .boot(.noRoom)
    }
    do {
      let boot = try BootImage.write(
        configuration, commandLine: options.commandLine, into: tables)
      return GuestBoot(
        entry: GuestPhysicalAddress(placement.kernel),
        deviceTree: GuestPhysicalAddress(boot.deviceTree), errors: errors)
    } catch {
      throw .boot(error)
    }
  }
}

/// The first bytes of a file.
struct Header: ByteSource {
  let bytes: InlineArray<64, UInt8>
  let byteCount: Int
  func byte(at offset: Int) -> UInt8 { bytes[offset] }
}

/// An open file.
struct File {
  let path: Text
  let descriptor: Int64
  /// Bytes.
  let size: UInt64

  static func open<Host: HostKernel>(_ host: Host, _ path: Text) throws(Failure) -> File {
    let descriptor = host.call(
      .openAt, currentDirectory, path.address.rawValue,
      OpenFlags([.readOnly, .closeOnExecute]).rawValue)
    guard descriptor >= 0 else { throw .file(path, descriptor) }
    let number = UInt64(bitPattern: descriptor)
    let size = host.call(.seek, number, 0, SeekOrigin.end.rawValue)
    let start = host.call(.seek, number, 0, SeekOrigin.start.rawValue)
    guard size >= 0, start == 0 else { throw .file(path, min(size, start)) }
    return File(path: path, descriptor: descriptor, size: UInt64(bitPattern: size))
  }

  func close<Host: HostKernel>(_ host: Host) {
    _ = host.call(.close, UInt64(bitPattern: descriptor))
  }

  /// Reads from where the file is at; how many bytes, or -errno.
  func read<Host: HostKernel>(_ host: Host, into address: HostAddress, count: UInt64) -> Int64 {
    var done: UInt64 = 0
    while done < count {
      let result = host.call(
        .read, UInt64(bitPattern: descriptor), address.rawValue + done, count - done)
      if result == -Int64(LinuxError.interrupted.rawValue) { continue }
      guard result >= 0 else { return result }
      if result == 0 { break }
      done += UInt64(bitPattern: result)
    }
    return Int64(bitPattern: done)
  }

  /// Reads all of it to a guest physical address, where there is room for `room` bytes.
  func load<Host: HostKernel>(
    _ host: Host, _ memory: GuestMemory, at guest: GuestPhysicalAddress, _ room: UInt64
  ) throws(Failure) {
    guard size <= room, let address = memory.hostAddress(of: guest, count: size) else {
      throw .boot(.tooLittleMemory)
    }
    guard host.call(.seek, UInt64(bitPattern: descriptor), 0, SeekOrigin.start.rawValue) == 0
    else { throw .file(path, -Int64(LinuxError.illegalSeek.rawValue)) }
    let result = read(host, into: address, count: size)
    guard result >= 0 else { throw .file(path, result) }
    // It was longer a moment ago.
    guard UInt64(bitPattern: result) == size else {
      throw .file(path, -Int64(LinuxError.inputOutput.rawValue))
    }
  }
}
