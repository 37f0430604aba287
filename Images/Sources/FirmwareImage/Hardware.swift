// The hardware side of FirmwarePlatform: an instruction for every request.

import Arm
import CArch
import Firmware
import FirmwareEntry
import ImageRuntime

/// The core this code runs on, and the board around it.
struct Hardware: FirmwarePlatform, Sendable {
  @inline(__always) func read(_ register: SystemRegister) -> UInt64 { register.read() }
  @inline(__always) func write(_ register: SystemRegister, _ value: UInt64) {
    register.write(value)
  }

  func load8(_ address: PhysicalAddress) -> UInt8 { load_8(address.rawValue) }
  func load32(_ address: PhysicalAddress) -> UInt32 { load_32(address.rawValue) }
  func load64(_ address: PhysicalAddress) -> UInt64 { load_64(address.rawValue) }
  func store8(_ address: PhysicalAddress, _ value: UInt8) { store_8(address.rawValue, value) }
  func store16(_ address: PhysicalAddress, _ value: UInt16) { store_16(address.rawValue, value) }
  func store32(_ address: PhysicalAddress, _ value: UInt32) { store_32(address.rawValue, value) }
  func store64(_ address: PhysicalAddress, _ value: UInt64) { store_64(address.rawValue, value) }
  func translate(_ address: UInt64, _ query: TranslationQuery) -> UInt64? {
    let result = firmware_translate(address, query.rawValue)
    return result == .max ? nil : result
  }

  func load64IfPresent(_ address: PhysicalAddress) -> UInt64? {
    let loaded = firmware_load(address.rawValue)
    return loaded.isLost == 0 ? loaded.value : nil
  }
  func zeroLine(_ address: PhysicalAddress) { zero_line(address.rawValue) }

  func synchronizeContext() { instruction_barrier() }
  func synchronizeData() { data_barrier() }

  func cleanCaches(_ address: PhysicalAddress, byteCount: UInt64) {
    var line = address.line.rawValue
    while line < address.rawValue + byteCount {
      clean_line(line)
      line += CacheLine.size
    }
    data_barrier()
  }

  /// The number of this core.
  var core: Int { Int(SystemRegister.mpidrEL1.read() & 0xff) }
}
