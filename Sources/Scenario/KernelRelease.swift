// Which Linux a kernel's file is, and what is expected of that one. The file is asked and not the console, which
// may be quiet, and on which guests begin like hosts.

/// The releases of Linux.
enum KernelRelease {
  private static let banner = Array("Linux version ".utf8)

  /// The release of a kernel as `uname -r` says it, from the banner in its Image (init/version.c); nil for what is no
  /// Linux.
  static func release(of image: [UInt8]) -> String? {
    var index = 0
    while index + banner.count < image.count {
      guard image[index] == banner[0], image[index...].starts(with: banner) else {
        index += 1
        continue
      }
      index += banner.count
      let release = image[index...].prefix(64).prefix { (0x21...0x7E).contains($0) }
      if let first = release.first, (0x30...0x39).contains(first) {
        return String(decoding: release, as: UTF8.self)
      }
    }
    return nil
  }
}

extension Scenario.Expectation {
  /// What is expected of a kernel: that of the first of `kernels` which its release fits, or what is said for all.
  func on(kernel: [UInt8]?) -> Self {
    var own = self
    own.kernels = []
    guard !kernels.isEmpty, let release = kernel.flatMap(KernelRelease.release) else { return own }
    return kernels.first { $0.release.matches(release) }?.expectation ?? own
  }
}
