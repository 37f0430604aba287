// The physical address space: RAM, flash and devices, for both security states.
//
// Surprising: this is the slow path. The CPU goes straight to the host's memory through
// `DirectPage`s, and comes here for the first store to a page, for devices, and for pages on
// which somebody looks (poisoned, watched) - which is why poison costs nothing where there is
// none. Whatever changes a page's flags so that a fast TLB might hold too much sets
// `flushRequested`.

import Arm
import Platform

/// Who accesses the bus, and how.
public struct BusAccess: Sendable, Equatable {
  /// The core, or nil for a device's DMA.
  public var core: Int?
  /// Whether the access is to the Secure physical address space.
  public var isSecure: Bool
  /// What the access is for.
  public enum Purpose: UInt8, Sendable { case data, instructionFetch, tableWalk, debug }
  /// What the access is for.
  ///
  /// A `debug` access (loader, tests, the tool) has no side effect: it reaches no device, consumes
  /// and cures no poison, counts for no watch.
  public var purpose: Purpose

  /// An access.
  public init(core: Int?, isSecure: Bool, purpose: Purpose = .data) {
    self.core = core
    self.isSecure = isSecure
    self.purpose = purpose
  }
}

/// Why the bus did not complete an access.
public enum BusFault: Error, Equatable, Sendable {
  /// Nothing is there (in this security state): a synchronous external abort, not a RAS error.
  case unmapped
  /// The line holds poison; the nodes have recorded it.
  case error(ErrorResponse)

  /// The state in which it leaves the PE: ISS.SET comes from it.
  var state: ErrorState {
    switch self {
    case .unmapped: .recoverable
    case .error(let response): response.state
    }
  }

  /// Whether FAR_ELx is written: FnV = 0.
  var hasFaultAddress: Bool {
    if case .error(let response) = self { response.hasFaultAddress } else { true }
  }

  /// Whether the access is abandoned for an SError, and no abort follows.
  var isSystemError: Bool {
    if case .error(let response) = self, case .serror = response.signal { true } else { false }
  }
}

/// What the bus lets the CPU reach without a call: one 4 KiB page of RAM, ROM or secure RAM.
@unsafe public struct DirectPage {
  /// The page's first byte in the host.
  public var host: UnsafeMutableRawPointer
  /// The page's flags (`PageFlags`), one byte.
  public var flags: UnsafeMutablePointer<UInt8>
  /// Whether stores may go to it.
  public var isWritable: Bool
}

/// Flags of a 4 KiB page of memory.
///
/// A page with any of `poisoned` or `watched` is never in a fast TLB; one without `dirty` or with
/// `hasCode` is never in a fast TLB for stores.
public enum PageFlags {
  /// Written since the last snapshot.
  public static let dirty: UInt8 = 1
  /// The code cache holds operations decoded from it.
  public static let hasCode: UInt8 = 2
  /// At least one 64-byte line of it holds poison.
  public static let poisoned: UInt8 = 4
  /// An access to it is being counted or waited for.
  public static let watched: UInt8 = 8
}

/// The physical address space.
public final class Bus {
  /// Secure flash, flash, secure RAM, the record store and RAM.
  let regions: [MemoryRegion]
  /// The RAM, which is most of what is accessed.
  let ram: MemoryRegion
  /// Decoded code: told of every page that changes.
  public let codeCache: CodeCache
  /// The error records.
  public let ras: RASNodes
  /// The interrupt controller.
  public let gic: GIC
  /// The devices.
  public let devices: Devices
  /// The device tree that `load` put at the base of RAM; a reset puts it there again.
  var deviceTree: [UInt8] = []
  /// What the Secure GPIO's pins asked for; the run loop looks, acts, and clears it.
  public var powerRequest: PowerRequest?
  /// Poisoned lines.
  var poison = PoisonTable()
  /// The watches, in the order they were set.
  public internal(set) var watches: [Watch] = []
  /// Who looks at the first use of every line, if anybody does; every page is watched then.
  var firstUses: FirstUseRecorder?
  /// What happened that an observer may want to know, oldest first; the run loop takes it.
  var pendingEvents: [MachineEvent.Kind] = [] { didSet { hasEvents = !pendingEvents.isEmpty } }
  /// Whether `takeEvents` has something to give.
  public private(set) var hasEvents = false
  /// Whether the CPUs must empty their fast TLBs: a page was poisoned or watched, or a snapshot was
  /// taken or restored.
  ///
  /// The run loop looks, empties, and clears it.
  public var flushRequested = false
  /// Nanoseconds of virtual time at the access.
  ///
  /// The board keeps it up to date.
  public var now: UInt64 = 0
  /// Guest accesses that a device's model has no answer for, oldest first.
  ///
  /// They read as zero and write nothing (RAZ/WI), as hardware's reserved registers do. Each kind
  /// stands here once; with `isStrict` every access does.
  public internal(set) var unmodelled: [UnmodelledAccess] = []
  /// The kinds that were there.
  var unmodelledKinds: Set<UnmodelledAccess.Kind> = []
  /// Whether an access that is not modelled ends the run.
  public var isStrict = false

  /// The memory of a board.
  ///
  /// - Parameters:
  ///   - ramSize: Bytes of RAM, a multiple of 4 KiB. It costs what is touched.
  ///   - coreCount: Cores, 1...8.
  ///   - codeCache: The cache to tell about changed pages.
  ///   - gic: The interrupt controller, for its registers and for the devices' lines.
  ///   - errorNodes: The error nodes: the board's, all or the first of them.
  ///   - epoch: What the real-time clock shows at virtual time 0, in seconds since 1970.
  /// - Throws: `MemoryError` if the size is not possible.
  public init(
    ramSize: UInt64, coreCount: Int, codeCache: CodeCache, gic: GIC,
    errorNodes: [ErrorNodeRow] = ErrorNodeRow.machine, epoch: UInt32 = PL031.defaultEpoch
  ) throws(MemoryError) {
    ram = try MemoryRegion(
      "RAM", base: MemoryMap.ram, size: ramSize, isSecureOnly: false, isReadOnly: false,
      isGuarded: true)
    regions = [
      ram,
      try MemoryRegion(
        "secure flash", base: MemoryMap.secureFlash, size: MemoryMap.flashSize,
        isSecureOnly: true, isReadOnly: true),
      try MemoryRegion(
        "flash", base: MemoryMap.flash, size: MemoryMap.flashSize, isSecureOnly: false,
        isReadOnly: true),
      try MemoryRegion(
        "secure RAM", base: MemoryMap.secureRAM, size: MemoryMap.secureRAMSize,
        isSecureOnly: true, isReadOnly: false, isGuarded: true),
      try MemoryRegion(
        "record store", base: MemoryMap.recordStore, size: MemoryMap.recordStoreSize,
        isSecureOnly: true, isReadOnly: false, isGuarded: true),
    ]
    self.codeCache = codeCache
    self.gic = gic
    ras = RASNodes(coreCount: coreCount, rows: errorNodes)
    devices = Devices(coreCount: coreCount, epoch: epoch, gic: gic)
    devices.errorInjector.bus = self
    for controller in devices.memoryControllers { controller.bus = self }
  }

  /// Bytes of RAM.
  public var ramSize: UInt64 { ram.size }

  /// The region of memory that holds all `count` bytes at an address, in a security state.
  @inline(__always) func memory(
    at address: UInt64, count: Int = 1, isSecure: Bool
  ) -> MemoryRegion? {
    if address &- ram.base < ram.size {
      return ram.size &- (address &- ram.base) >= UInt64(count) ? ram : nil
    }
    return otherMemory(at: address, count: count, isSecure: isSecure)
  }

  @inline(never) private func otherMemory(
    at address: UInt64, count: Int, isSecure: Bool
  ) -> MemoryRegion? {
    for region in regions where address &- region.base < region.size {
      guard isSecure || !region.isSecureOnly else { return nil }
      return region.size &- (address &- region.base) >= UInt64(count) ? region : nil
    }
    return nil
  }

  /// Reads 1, 2, 4 or 8 naturally aligned bytes, zero-extended.
  ///
  /// - Throws: `unmapped`, or `error` after the nodes have recorded the consumption.
  public func read(
    _ address: PhysicalAddress, size: Int, _ access: BusAccess
  ) throws(BusFault) -> UInt64 {
    guard let region = memory(at: address.rawValue, count: size, isSecure: access.isSecure) else {
      return try readDevice(address, size: size, access)
    }
    let offset = Int(address.rawValue &- region.base)
    if region.flags[offset &>> 12] & (PageFlags.poisoned | PageFlags.watched) != 0 {
      try observeRead(address, size: size, access)
    }
    return region.bytes.load(offset, size: size)
  }

  /// Writes the low 1, 2, 4 or 8 bytes of `value`, naturally aligned.
  ///
  /// A store to part of a poisoned line is merged into it and the line stays poisoned, until stores
  /// have written all of it.
  ///
  /// - Throws: `unmapped`.
  public func write(
    _ address: PhysicalAddress, size: Int, _ value: UInt64, _ access: BusAccess
  ) throws(BusFault) {
    guard let region = memory(at: address.rawValue, count: size, isSecure: access.isSecure) else {
      return try writeDevice(address, size: size, value, access)
    }
    guard !region.isReadOnly || access.purpose == .debug else {
      return writeFlash(address, size: size, value, access)
    }
    let offset = Int(address.rawValue &- region.base)
    region.prepareWrite(offset &>> 12, codeCache)
    region.bytes.store(offset, size: size, value)
    if region.flags[offset &>> 12] & PageFlags.watched != 0 {
      count(.write, address, size: size, access)
    }
    if region.flags[offset &>> 12] & PageFlags.poisoned != 0, access.purpose != .debug {
      mergeStore(address, size: size)
    }
  }

  /// Atomically replaces `size` naturally aligned bytes of RAM by `desired` if they equal
  /// `expected`.
  ///
  /// A table walker's descriptor update is one.
  ///
  /// - Returns: The old value, whether or not it was replaced.
  /// - Throws: `unmapped` where there is no RAM, or `error`.
  public func compareExchange(
    _ address: PhysicalAddress, size: Int, expected: UInt64, desired: UInt64, _ access: BusAccess
  ) throws(BusFault) -> UInt64 {
    guard let region = memory(at: address.rawValue, count: size, isSecure: access.isSecure),
      !region.isReadOnly
    else { throw .unmapped }
    let old = try read(address, size: size, access)
    if old == expected { try write(address, size: size, desired, access) }
    return old
  }

  /// Writes a whole line of 64 zero bytes (DC ZVA), which cures its poison.
  ///
  /// - Parameters:
  ///   - address: Any address in the line.
  ///   - access: Who does it.
  /// - Throws: `unmapped` where there is no memory.
  public func zeroBlock(_ address: PhysicalAddress, _ access: BusAccess) throws(BusFault) {
    let line = address.line
    guard
      let region = memory(at: line.rawValue, count: Int(CacheLine.size), isSecure: access.isSecure)
    else { throw .unmapped }
    guard !region.isReadOnly else { return writeFlash(line, size: 8, 0, access) }
    let offset = Int(line.rawValue &- region.base)
    region.prepareWrite(offset &>> 12, codeCache)
    region.bytes.zero(offset, count: Int(CacheLine.size))
    let flags = region.flags[offset &>> 12]
    if flags & PageFlags.watched != 0 {
      count(.write, line, size: Int(CacheLine.size), access)
    }
    if flags & PageFlags.poisoned != 0, access.purpose != .debug { curePoison(line) }
  }

  /// The page that holds an address, for accesses without the bus; nil for devices, for what is
  /// not there, and for pages on which somebody looks (poisoned or watched).
  ///
  /// The holder must not store to a page that is not writable, not dirty, or has code: call
  /// `touchForWrite` first. It must forget the page when `flushRequested` is set.
  public func directPage(_ address: PhysicalAddress, isSecure: Bool) -> DirectPage? {
    guard let region = memory(at: address.rawValue, isSecure: isSecure) else {
      return unsafe Optional<DirectPage>.none
    }
    let page = Int((address.rawValue &- region.base) >> 12)
    guard region.flags[page] & (PageFlags.poisoned | PageFlags.watched) == 0 else {
      return unsafe Optional<DirectPage>.none
    }
    return unsafe DirectPage(
      host: region.bytes.start + page << 12,
      flags: (region.flags.start + page).assumingMemoryBound(to: UInt8.self),
      isWritable: !region.isReadOnly)
  }

  /// Makes the page of an address ready for direct stores: marks it dirty and forgets the code that
  /// was decoded from it.
  ///
  /// Nothing happens where stores do not reach memory.
  public func touchForWrite(_ address: PhysicalAddress, isSecure: Bool) {
    guard let region = memory(at: address.rawValue, isSecure: isSecure), !region.isReadOnly else {
      return
    }
    region.prepareWrite(Int((address.rawValue &- region.base) >> 12), codeCache)
  }
}
