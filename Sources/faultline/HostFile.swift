// Files of the host: what to load, and where the defaults lie, of a checkout or of an installation.

import ArgumentParser
import Foundation
import Machine
import Scenario

/// Reading and writing files, with messages that say what to do.
enum HostFile {
  /// A file's bytes.
  static func read(_ path: String, as what: String, hint: String = "") throws -> [UInt8] {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw failure(
        .noInput, "\(what) '\(path)' does not exist" + (hint.isEmpty ? "" : "; " + hint))
    }
    if let bytes = contents(path) { return bytes }
    guard !isFolder.boolValue, let data = FileManager.default.contents(atPath: path) else {
      throw failure(.noInput, "\(what) '\(path)' cannot be read")
    }
    return [UInt8](data)
  }

  /// The bytes of a regular file, read to where they stay: a kernel has tens of megabytes. Nil for what is none, or
  /// changes while it is read.
  private static func contents(_ path: String) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int(status.st_size)
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size, let start = buffer.baseAddress {
        let part = unsafe Foundation.read(file, start + count, size - count)
        if part > 0 { count += part } else if part == 0 || errno != EINTR { return }
      }
    }
    return bytes.count == size ? bytes : nil
  }

  /// Writes a file; `-` is standard output.
  static func write(_ path: String, _ bytes: [UInt8]) throws {
    if path == "-" { return try StandardOutput.write(bytes) }
    // Also into pipes and devices, which must not be replaced by a file.
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
        != .typeRegular
    {
      let descriptor = isFolder.boolValue ? -1 : unsafe open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw failure(.cannotCreate, "cannot write '\(path)'") }
      defer { close(descriptor) }
      if let reason = Descriptor.write(descriptor, bytes), reason != EPIPE {
        throw failure(
          .cannotCreate, "cannot write '\(path)': \(unsafe String(cString: strerror(reason)))")
      }
      return
    }
    do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw failure(.cannotCreate, "cannot write '\(path)': \(error.localizedDescription)")
    }
  }

  /// Makes a folder, and those it is in, unless it is there.
  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch { throw failure(.cannotCreate, "cannot make the folder '\(path)'") }
  }

  /// Refuses a place that `write` could not write to, before a long run.
  static func checkWritable(_ path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard !(exists && isFolder.boolValue), FileManager.default.isWritableFile(atPath: folder)
    else { throw failure(.cannotCreate, "cannot write '\(path)'") }
  }

  /// What a record store held at the end of an earlier run; nil where there is no such file yet.
  static func records(_ path: String) throws -> [UInt8]? {
    try checkWritable(path)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let bytes = try read(path, as: "record store")
    guard bytes.count == Board.recordStoreSize else {
      throw failure(
        .badContent,
        "record store '\(path)' has \(bytes.count) bytes, not \(Board.recordStoreSize)")
    }
    return bytes
  }

  /// EL3 firmware.
  static func firmware(_ path: String?) throws -> [UInt8] {
    try read(
      path ?? find(".build/images/firmware.bin"), as: "firmware",
      hint: "`make images` builds it, --firmware names another")
  }

  /// Debian's kernel, as Scripts/fetch-kernel leaves it; or our hypervisor; nil for `none`, with which
  /// the firmware finds no kernel. `ours` says that our own firmware is to start it, which starts
  /// Images only; other firmware may know what to do with other files.
  static func kernel(
    _ path: String?, of host: Scenario.Host? = nil, starts ours: Bool
  ) throws -> [UInt8]? {
    if path == "none" { return nil }
    let isHypervisor = host == .faultline && path == nil
    let path =
      path ?? find(isHypervisor ? ".build/images/hypervisor.bin" : ".cache/linux/cloud/vmlinuz")
    let image = try read(
      path, as: "kernel",
      hint: (isHypervisor ? "`make images` builds it" : "`Scripts/fetch-kernel` fetches Debian's")
        + ", --kernel names another")
    if let mistake = BootFileCheck.mistake(inKernel: image) {
      throw failure(.badContent, "kernel '\(path)' \(mistake)")
    }
    // linux/Documentation/arm64/booting.rst: "ARM\x64" at byte 56.
    guard ours, image.count < 60 || !image[56..<60].elementsEqual("ARM\u{64}".utf8) else {
      return image
    }
    throw failure(.badContent, "kernel '\(path)' is not an arm64 Linux Image: \(remedy(image))")
  }

  /// What to do with a kernel's file that is no Image.
  private static func remedy(_ image: [UInt8]) -> String {
    if image.starts(with: [0x1F, 0x8B]) { return "it is compressed with gzip; gunzip it first" }
    if image.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
      return "it is an ELF file; give the Image made from it (objcopy -O binary)"
    }
    return "it has no header at byte 0 (linux/Documentation/arch/arm64/booting.rst), by which the "
      + "firmware knows where to load and enter it; put one before it, name a --firmware that "
      + "starts such files, or one that brings its own program, with --kernel none"
  }

  /// The initrd of `make images`, of a host with guests or of Linux alone; nil for `none`. What a kernel
  /// would not know what to do with is refused, unless other firmware than `ours` may.
  static func initrd(
    _ path: String?, of host: Scenario.Host? = nil, starts ours: Bool
  ) throws -> [UInt8]? {
    if path == "none" { return nil }
    let path =
      path ?? find(host == nil ? ".build/images/initrd.cpio" : ".build/images/host.cpio")
    let archive = try read(
      path, as: "initrd", hint: "`make images` builds it, --initrd names another")
    if ours, let mistake = BootFileCheck.mistake(inInitrd: archive) {
      throw failure(.badContent, "initrd '\(path)' \(mistake)")
    }
    return archive
  }

  /// A path that a scenario states: beside the scenario's file if there is something, else in the
  /// working folder.
  static func path(_ stated: String, statedIn scenario: String) -> String {
    guard !stated.hasPrefix("/"), stated != "none" else { return stated }
    let beside = URL(fileURLWithPath: scenario).deletingLastPathComponent()
      .appendingPathComponent(stated).path
    return FileManager.default.fileExists(atPath: beside) ? beside : find(stated)
  }

  /// The symbols of the programs that the scenario in a file names; without a file of their own, of
  /// those of `make images`, and of `kernel` those of the Linux Image itself.
  static func symbols(
    of scenario: Scenario, in file: String, kernel: String?
  ) throws -> [String: SymbolTable] {
    var tables: [String: SymbolTable] = [:]
    for (name, stated) in scenario.programs {
      let path =
        stated.map { Self.path($0, statedIn: file) }
        ?? (name == "kernel"
          ? kernel ?? find(".cache/linux/cloud/vmlinuz") : find(".build/images/\(name).elf"))
      let bytes = try read(
        path, as: "symbols of \(name)",
        hint:
          "`make images` builds those of firmware, hypervisor, vmm and guest; `kernel` is the Linux "
          + "Image that runs; boot.symbols names other files")
      do throws(SymbolTable.Mistake) { tables[name] = try SymbolTable(bytes) } catch {
        throw failure(.badContent, "symbols of \(name): '\(path)' \(error)")
      }
    }
    return tables
  }

  /// This program.
  static var executable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
  }

  /// A path of the checkout: in the working folder, or in the checkout whose `.build` holds this
  /// program, or of an image that `make install` put beside it; the first where there is none.
  static func find(_ relative: String) -> String {
    if FileManager.default.fileExists(atPath: relative) { return relative }
    var folder = URL(fileURLWithPath: executable)
    let installed = folder.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("share/faultline/images").appendingPathComponent(
        URL(fileURLWithPath: relative).lastPathComponent
      ).path
    if relative.hasPrefix(".build/images/"), FileManager.default.fileExists(atPath: installed) {
      return installed
    }
    while folder.path.count > 1 {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent(relative).path
      if folder.lastPathComponent != ".build", FileManager.default.fileExists(atPath: candidate) {
        return candidate
      }
    }
    return relative
  }
}
