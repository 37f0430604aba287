// Predecoded pages of code, keyed by physical page.

/// The predecoded code of the machine, shared by all cores.
public final class CodeCache {
  /// Forgets what was decoded from the 4 KiB page at this physical address.
  public func invalidate(page: UInt64) {}
}
