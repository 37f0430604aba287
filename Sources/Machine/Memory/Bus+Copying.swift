// A whole-line engine: what copies memory a line at a time and has a poison bit beside each, as a DMA or a page
// migration engine on a server has. It is none of the board's devices, and no core: who experiments sets it off.
//
//     the line it reads | what happens
//     good              | it is written
//     CE                | its controller corrects and records it; it is written
//     DE                | its controller records the deferral, if it has not yet; it is written with its poison
//     UEO ... UC        | its controller records it and answers with an error; the copy ends before it
//
// Nobody is told of what it forwards: the poison is consumed elsewhere, by whoever reads the copy, with PN = 1.

import Arm
import Platform

extension Bus {
  /// Copies lines of Non-secure memory.
  ///
  /// - Parameters:
  ///   - source: Any address in the first line to read.
  ///   - destination: Any address in the first line to write.
  ///   - lineCount: How many lines, ascending.
  /// - Returns: How many were copied; nil where there is not so much memory, and nothing happened.
  @discardableResult
  public func copyLines(
    from source: PhysicalAddress, to destination: PhysicalAddress, lineCount: Int
  ) -> Int? {
    let from = source.line.rawValue
    let to = destination.line.rawValue
    let size = lineCount * Int(CacheLine.size)
    guard memory(at: from, count: size, isSecure: false) != nil,
      let region = memory(at: to, count: size, isSecure: false), !region.isReadOnly
    else { return nil }
    for index in 0..<lineCount {
      let offset = UInt64(index) * CacheLine.size
      do {
        try copyLine(from: PhysicalAddress(from + offset), to: PhysicalAddress(to + offset))
      } catch {
        return index
      }
    }
    return lineCount
  }

  private func copyLine(
    from source: PhysicalAddress, to destination: PhysicalAddress
  ) throws(BusFault) {
    let engine = BusAccess(core: nil, isSecure: false)
    let size = Int(CacheLine.size)
    let forwarded = forwardedPoison(source)
    let bytes =
      forwarded == nil
      ? try dmaRead(source, count: size, engine) : readBytes(source, count: size) ?? []
    try dmaWrite(destination, bytes[...], engine)
    guard let forwarded, poisonLine(destination.rawValue, forwarded) else { return }
    pendingEvents.append(.poisonForwarded(from: source, to: destination, forwarded))
  }

  /// The poison of a line that its controller defers, and has recorded; nil if it does not.
  private func forwardedPoison(_ line: PhysicalAddress) -> Poison? {
    guard let poison = poison[line.rawValue],
      ras.defers(poison, of: line)
    else { return nil }
    if !poison.isDetected { detectPoison(line, cause: MemoryErrorCause.access) }
    return self.poison[line.rawValue]
  }
}

extension RASNodes {
  /// Whether the controller of a line takes its error for a deferred one.
  func defers(_ poison: Poison, of line: PhysicalAddress) -> Bool {
    state(
      poison.state, isCritical: poison.isCritical, in: ErrorNode.memory(of: line.rawValue), core: 0)
      == .deferred
  }
}
