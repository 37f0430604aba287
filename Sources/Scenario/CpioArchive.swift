// The archive that Linux unpacks as its first root file system: cpio "newc", uncompressed.
// linux/Documentation/driver-api/early-userspace/buffer-format.rst.
//
// Surprising: times, owners and inode numbers are fixed, so that the same files always give the
// same archive; and archives may follow one another, the later file of a name winning, which is
// how a scenario adds its script to an initrd it did not build.

/// A cpio archive in the making.
public struct CpioArchive: Sendable {
  /// The archive so far, without its trailer.
  private var body: [UInt8] = []
  private var nextInode: UInt32 = 1
  private var folders: Set<String> = []

  /// An empty archive.
  public init() {}

  /// Adds a file, and the folders above it. `path` has no leading slash.
  public mutating func add(
    file path: String, _ contents: [UInt8], executable: Bool = true
  ) {
    addFolders(above: path)
    entry(path, mode: executable ? 0o100755 : 0o100644, contents)
  }

  /// Adds a symbolic link.
  public mutating func add(link path: String, to target: String) {
    addFolders(above: path)
    entry(path, mode: 0o120777, Array(target.utf8))
  }

  /// Adds an empty folder.
  public mutating func add(folder path: String) {
    addFolders(above: path)
    if folders.insert(path).inserted { entry(path, mode: 0o040755, []) }
  }

  /// Adds a character device.
  public mutating func add(characterDevice path: String, major: UInt32, minor: UInt32) {
    addFolders(above: path)
    entry(path, mode: 0o020600, [], device: (major, minor))
  }

  /// The finished archive, padded to 512 bytes.
  public var bytes: [UInt8] {
    var copy = self
    copy.nextInode = 0
    copy.entry("TRAILER!!!", mode: 0, [])
    copy.pad(to: 512)
    return copy.body
  }

  /// One archive after another: the later file of a name wins. Archives begin on multiples of 4
  /// bytes; a compressed one may stand first.
  public static func joined(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    first + [UInt8](repeating: 0, count: (4 - first.count % 4) % 4) + second
  }

  private mutating func addFolders(above path: String) {
    var prefix = ""
    for part in path.split(separator: "/").dropLast() {
      prefix += (prefix.isEmpty ? "" : "/") + part
      if folders.insert(prefix).inserted { entry(prefix, mode: 0o040755, []) }
    }
  }

  private mutating func entry(
    _ name: String, mode: UInt32, _ contents: [UInt8], device: (UInt32, UInt32) = (0, 0)
  ) {
    // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    let fields: [UInt32] = [
      nextInode, mode, 0, 0, 1, 0, UInt32(contents.count), 0, 0, device.0, device.1,
      UInt32(name.utf8.count + 1), 0,
    ]
    body += Array("070701".utf8)
    for field in fields {
      let digits = String(field, radix: 16, uppercase: true)
      body += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
    body += Array(name.utf8) + [0]
    pad(to: 4)
    body += contents
    pad(to: 4)
    nextInode += 1
  }

  private mutating func pad(to alignment: Int) {
    while body.count % alignment != 0 { body.append(0) }
  }
}
