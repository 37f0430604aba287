// How the firmware ends a run that cannot go on. An exception of EL3 itself comes here on a stack of its
// own (FirmwareEntry/boot.S), once: whatever it meets then resets the board without a word more.
//
// The error records are read and left as they are: they survive the reset, and tell the next run.

import APEI
import Arm
import CArch
import Firmware
import FirmwareEntry
import ImageRuntime
import Text

/// What boot.S gives in place of a slot for an SError that was found before a return from EL3.
let foundAtExit: UInt64 = 16

/// An exception of EL3 itself. Whatever it was doing is unfinished, and it may hold the lock: nothing
/// can go on. A hardware error resets the machine, so that its records can be found.
@c(firmware_fail) func fail(_ slot: UInt64) -> Never {
  let syndrome = Syndrome(rawValue: SystemRegister.esrEL3.read())
  let isHardwareError =
    slot == foundAtExit || syndrome.isSynchronousExternalAbort
    || syndrome.exceptionClass == .serror
  if isHardwareError {
    describe(Sentence.firmwareError.form, slot, ", resetting")
    keepLastWords(Sentence.firmwareError.form, slot)
    PowerController(hardware).reset()
  } else {
    describe("unexpected exception in the firmware", slot)
    keepLastWords("unexpected exception in the firmware", slot)
    PowerController(hardware).powerOff()
  }
  halt()
}

/// Whether EL3 has met an error that it cannot go on with, where no exit looks for one: an SError is pending,
/// and it is neither corrected nor restartable. Where EL3 takes no SErrors they are not its own.
@inline(never) func hasOwnError() -> Bool {
  let routing = SecureConfiguration(rawValue: SystemRegister.scrEL3.read())
  guard ProcessorFeatures(hardware).ras, routing.isSet(SecureConfiguration.ea) else {
    return false
  }
  error_barrier()
  let deferred = DeferredError(rawValue: SystemRegister.disrEL1.read())
  guard deferred.isSet(DeferredError.a) else { return false }
  guard SystemErrorClass(Syndrome(.serror, iss: deferred.rawValue)) == .harmless else {
    return true
  }
  SystemRegister.disrEL1.write(0)
  return false
}

/// Says so at the end of a run that its user wanted to end.
func tellOwnError() {
  guard hasOwnError() else { return }
  describe(Sentence.firmwareError.form, foundAtExit)
  keepLastWords(Sentence.firmwareError.form, foundAtExit)
}

/// The same for the next boot, which a reset by whoever turns the board on again leads to as well.
@inline(never) func keepLastWords(_ what: StaticString, _ slot: UInt64) {
  var words = FirmwareLastWords(reason: what)
  words.core = UInt32(hardware.core)
  words.vector = slot == foundAtExit ? .max : UInt32(slot * 0x80)
  words.syndrome = SystemRegister.esrEL3.read()
  words.faultAddress = SystemRegister.farEL3.read()
  words.returnAddress = SystemRegister.elrEL3.read()
  words.savedState = SystemRegister.spsrEL3.read()
  if slot == foundAtExit { words.deferred = SystemRegister.disrEL1.read() }
  KeptRecords(hardware, ProcessorFeatures(hardware)).keep(words)
}

/// Says on the console what happened and where, and what the error records hold. General registers of the
/// levels below stay theirs: this console is Non-secure.
@inline(never) func describe(_ what: StaticString, _ slot: UInt64, _ end: StaticString = "") {
  var console = console
  console.add("\n")
  console.add(Sentence.firmware.form)
  console.add(what)
  console.add(end)
  console.add("\n")
  console.add(Sentence.firmware.form)
  console.add("core ", decimal: UInt64(hardware.core))
  if slot == foundAtExit {
    register(" DISR_EL1 ", SystemRegister.disrEL1.read())
  } else {
    console.add(" vector ")
    console.add(hex: slot * 0x80, digits: 3)
    register(" ESR_EL3 ", SystemRegister.esrEL3.read())
    register(" FAR_EL3 ", SystemRegister.farEL3.read())
    register(" ELR_EL3 ", SystemRegister.elrEL3.read())
  }
  register(" SPSR_EL3 ", SystemRegister.spsrEL3.read())
  console.add("\n")
  describeRecords(ProcessorFeatures(hardware))
}

/// Says what the error records of this core hold.
func describeRecords(_ features: ProcessorFeatures) {
  ErrorRecords(hardware, features).forEachValid(describeRecord)
}

/// Says what an error record holds, or held.
@inline(never)
func describeRecord(_ index: UInt16, _ status: ErrorStatus, _ address: ErrorAddress?) {
  var console = console
  console.add(Sentence.firmware.form)
  console.add("error record ", decimal: UInt64(index))
  register(" STATUS ", status.rawValue)
  if let address { register(" ADDR ", address.rawValue) }
  console.add("\n")
}

private func register(_ name: StaticString, _ value: UInt64) {
  var console = console
  console.add(name, hex: value, digits: 16)
}
