// The hardware side of HypervisorPlatform: an instruction for every request.

import Arm
import CArch
import Hypervisor
import HypervisorEntry
import ImageRuntime

/// Where the direct map begins: what is added to a physical address.
let directMap: UInt64 = 0xffff_0000_0000_0000

/// The core this code runs on, and the board around it.
struct Hardware: HypervisorPlatform, Sendable {
  var core: Int { Int(hypervisor_core()) }

  @inline(__always)
  func address(_ address: PhysicalAddress) -> UInt64 { directMap | address.rawValue }

  @unsafe @inline(__always)
  func pointer(_ address: PhysicalAddress) -> UnsafeMutableRawPointer {
    // Never zero: the direct map's bits are set.
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(self.address(address))).unsafelyUnwrapped
  }

  func load32(_ address: PhysicalAddress) -> UInt32 { load_32(self.address(address)) }
  func load64(_ address: PhysicalAddress) -> UInt64 { load_64(self.address(address)) }
  func store8(_ address: PhysicalAddress, _ value: UInt8) { store_8(self.address(address), value) }
  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    store_32(self.address(address), value)
  }
  func store64(_ address: PhysicalAddress, _ value: UInt64) {
    store_64(self.address(address), value)
  }

  func copyRecoverably(to: PhysicalAddress, from: PhysicalAddress, byteCount: Int) -> Int {
    Int(hypervisor_copy(address(to), address(from), UInt64(byteCount)))
  }
  @unsafe func copyRecoverably(
    to: UnsafeMutableRawPointer, from: PhysicalAddress, byteCount: Int
  ) -> Int {
    Int(hypervisor_copy(UInt64(UInt(bitPattern: to)), address(from), UInt64(byteCount)))
  }
  func clear(_ address: PhysicalAddress, byteCount: Int) {
    hypervisor_clear(self.address(address), UInt64(byteCount))
  }

  @inline(__always) func read(_ register: SystemRegister) -> UInt64 { register.read() }
  @inline(__always) func write(_ register: SystemRegister, _ value: UInt64) {
    register.write(value)
  }
  func synchronizeContext() { instruction_barrier() }
  func synchronizeData() { shareable_barrier() }
  func invalidateTranslation(_ address: VirtualAddress, asid: UInt16) {
    invalidate_page(
      InvalidationOperand(rawValue: 0).with(InvalidationOperand.asid, UInt64(asid))
        .with(InvalidationOperand.page, address.rawValue >> 12).rawValue)
  }
  func invalidateTranslations(asid: UInt16) {
    invalidate_asid(
      InvalidationOperand(rawValue: 0).with(InvalidationOperand.asid, UInt64(asid)).rawValue)
  }
  func synchronizeCode(_ address: PhysicalAddress, byteCount: Int) {
    var line = CacheLine.start(of: self.address(address))
    let end = self.address(address) + UInt64(byteCount)
    while line < end {
      clean_line_unification(line)
      line += CacheLine.size
    }
    shareable_barrier()
    invalidate_instruction_caches()
  }

  func callFirmware(_ function: UInt32, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    call_firmware(UInt64(function), a, b, c)
  }
  var secondaryEntry: PhysicalAddress {
    PhysicalAddress(hypervisor_image_place() + (secondary_entry() - image_start()))
  }
  func waitForInterrupt() { hypervisor_wait() }
  func kick(affinity: UInt64) {
    sendSoftwareInterrupt(
      SoftwareGeneratedInterrupt(0, to: MultiprocessorAffinity(rawValue: affinity)))
  }
  func lock() { hypervisor_lock() }
  func unlock() { hypervisor_unlock() }
  func saveVectors(_ state: VectorState) {
    unsafe hypervisor_save_vectors(UInt64(UInt(bitPattern: state.base)))
  }
  func loadVectors(_ state: VectorState) {
    unsafe hypervisor_load_vectors(UInt64(UInt(bitPattern: state.base)))
  }
  func stop() -> Never { stop_core() }
  func abandon(
    _ reason: AbandonReason, _ syndrome: Syndrome, elr: UInt64, far: UInt64
  ) -> Never {
    hypervisor_abandon(reason.rawValue, elr, syndrome.rawValue, far)
  }
}
