// A core's addresses as a debugger translates them: see `TranslationObserver`.

import Arm

extension Core {
  private var observer: TranslationObserver<BusTableMemory> {
    TranslationObserver(
      state: state, memory: BusTableMemory(board.bus, core: nil, purpose: .debug),
      level: exceptionLevel)
  }

  /// Whether a guest runs here: EL1 or EL0 with stage 2 on.
  public var runsGuest: Bool { observer.runsGuest }

  /// The physical address of a virtual one in the current context; nil where there is none, and
  /// where stage 1 is off.
  public func translateForDebug(_ address: VirtualAddress) -> PhysicalAddress? {
    observer.translate(address)
  }

  /// Where the stage 1 descriptor of a virtual address is, at a level of 0 to 3; nil where a walk
  /// does not come so far, and where stage 1 is off.
  public func descriptorForDebug(_ address: VirtualAddress, level: Int) -> PhysicalAddress? {
    observer.descriptor(address, level: level)
  }

  /// The physical address of an intermediate one in the guest that runs here; nil where there is
  /// none, and where no guest runs.
  public func translateForDebug(_ address: IntermediatePhysicalAddress) -> PhysicalAddress? {
    observer.translate(address)
  }

  /// Where the stage 2 descriptor of an intermediate physical address is, at a level of 0 to 3; nil
  /// where a walk does not come so far, and where no guest runs.
  public func descriptorForDebug(
    _ address: IntermediatePhysicalAddress, level: Int
  ) -> PhysicalAddress? {
    observer.descriptor(address, level: level)
  }

  /// The lowest intermediate physical address that leads to a physical one in the guest that runs
  /// here, or ran when EL3 took the core; nil where there is none.
  public func guestAddressForDebug(_ address: PhysicalAddress) -> IntermediatePhysicalAddress? {
    observer.guestAddress(address)
  }
}
