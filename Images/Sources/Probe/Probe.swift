// What /dev/kvm answers, a line for each question, so that two hosts can be compared: capabilities, requests,
// devices, attributes, registers. No guest runs, and no answer depends on when it is asked for.
//
//     probe

import GuestEntry
import GuestRuntime
import KVM
import Text

@main enum Probe {
  /// One page for what requests point to, and one for what those point to.
  nonisolated(unsafe) static var scratch: UInt64 = 0
  nonisolated(unsafe) static var system: UInt64 = 0

  static func main() {
    let path: StaticString = "/dev/kvm"
    let file = unsafe linux_call(
      SystemCall.openAt.rawValue, UInt64(bitPattern: -100),
      UInt64(UInt(bitPattern: path.utf8Start)),
      2, 0, 0, 0)
    guard file >= 0, let memory = Linux.map(0x40_0000) else {
      print("probe: no /dev/kvm, or no memory")
      Linux.exit(1)
    }
    unsafe scratch = memory
    unsafe system = UInt64(file)
    askSystem()
    askMemory()
    askDevices()
    askProcessor()
    askState()
    askRegisters()
    askNumbers()
    print("probe: done")
    Linux.exit(0)
  }

  // MARK: Asking

  static func ask(_ file: UInt64, _ request: UInt64, _ argument: UInt64 = 0) -> Int64 {
    linux_call(SystemCall.ioctl.rawValue, file, request, argument, 0, 0, 0)
  }

  static func ask(_ file: UInt64, _ request: KVMRequest, _ argument: UInt64 = 0) -> Int64 {
    ask(file, request.rawValue, argument)
  }

  /// Whether an answer is this error.
  static func isError(_ answer: Int64, _ error: LinuxError) -> Bool {
    answer == -Int64(error.rawValue)
  }

  /// The first word of struct kvm_vcpu_init: the generic target, and features[0].
  static func target(_ features: UInt32) -> UInt64 {
    UInt64(KVMVCPUInitLayout.genericV8) | UInt64(features) << 32
  }

  /// Words of 64 bits, zeros behind them up to 512 bytes; where they are.
  static func store(_ words: UInt64...) -> UInt64 {
    let place = unsafe scratch
    for index in 0..<64 as Range<UInt64> { store_word(place + 8 * index, 0) }
    for (index, word) in words.enumerated() { store_word(place + 8 * UInt64(index), word) }
    return place
  }

  static func tell(_ what: StaticString, _ numbers: UInt64..., answer: Int64) {
    var line = Line("probe: ")
    line.add(what)
    for number in numbers { line.add(" ", hex: number) }
    line.add(": ")
    if answer < 0 {
      line.add("error ", decimal: UInt64(-answer))
    } else {
      line.add(hex: UInt64(answer))
    }
    line.print()
  }

  /// A new machine, 0 if there is none.
  static func machine() -> UInt64 {
    let file = unsafe ask(system, .createVM)
    return file < 0 ? 0 : UInt64(file)
  }

  /// A processor of a new machine, initialized if that is asked for.
  static func processor(
    _ features: UInt32? = KVMVCPUInitLayout.psci02
  ) -> (machine: UInt64, file: UInt64) {
    let machine = machine()
    let file = ask(machine, .createVCPU, 0)
    if file >= 0, let features { _ = ask(UInt64(file), .armVCPUInit, store(target(features))) }
    return (machine, UInt64(bitPattern: max(0, file)))
  }

  static func close(_ file: UInt64) {
    _ = linux_call(SystemCall.close.rawValue, file, 0, 0, 0, 0, 0)
  }

  // MARK: What there is

  static func askSystem() {
    let system = unsafe system
    tell("version", answer: ask(system, .getAPIVersion))
    tell("version of", 1, answer: ask(system, .getAPIVersion, 1))
    tell("size of kvm_run", answer: ask(system, .getVCPUMapSize))
    tell("size of kvm_run of", 1, answer: ask(system, .getVCPUMapSize, 1))
    let machine = machine()
    for number in 0..<260 as Range<UInt64> {
      let answer = ask(system, .checkExtension, number)
      if answer != 0 { tell("capability", number, answer: answer) }
      let own = ask(machine, .checkExtension, number)
      if own != answer { tell("capability of a machine", number, answer: own) }
    }
    for number in [0xFFFF_FFFF, 1 << 32, 1 << 32 | 3] as [UInt64] {
      tell("capability", number, answer: ask(system, .checkExtension, number))
    }
    for type in [0, 1, 31, 32, 36, 40, 44, 48, 52, 53, 256, 1 << 31] as [UInt64] {
      let file = ask(system, .createVM, type)
      tell("machine of type", type, answer: min(file, 0))
      if file >= 0 { close(UInt64(file)) }
    }
    tell("preferred target", answer: ask(machine, .armPreferredTarget, store()))
    tell("preferred target is", answer: Int64(bitPattern: load_word(unsafe scratch)))
    for number in 0..<260 as Range<UInt64> {
      let answer = ask(machine, .enableCapability, store(number))
      if !isError(answer, .invalid) { tell("enabled capability", number, answer: answer) }
    }
    close(machine)
  }

  /// KVM_SET_USER_MEMORY_REGION: slot, flags, guest address, bytes, where.
  static func region(
    _ machine: UInt64, _ slot: UInt64, _ flags: UInt64, _ guest: UInt64, _ count: UInt64,
    _ user: UInt64
  ) {
    let answer = ask(
      machine, .setUserMemoryRegion,
      store(slot | flags << 32, guest, count, user + (unsafe scratch) + 0x10_0000))
    tell("memory", slot, flags, guest, count, user, answer: answer)
  }

  static func askMemory() {
    let machine = machine()
    region(machine, 0, 0, 0x4000_0000, 0, 0)
    region(machine, 0, 0, 0x4000_0000, 0x1_0000, 0)
    region(machine, 0, 0, 0x4000_0000, 0x1_0000, 0)
    region(machine, 0, 2, 0x4000_0000, 0x1_0000, 0)
    region(machine, 0, 0, 0x4000_0000, 0x2_0000, 0)
    region(machine, 0, 0, 0x4000_0000, 0x1_0000, 0x1000)
    region(machine, 0, 1, 0x4000_0000, 0x1_0000, 0)
    region(machine, 0, 0, 0x5000_0000, 0x1_0000, 0)
    region(machine, 1, 0, 0x5000_8000, 0x1_0000, 0)
    region(machine, 1, 0, 0x5001_0000, 0x1_0000, 0)
    region(machine, 2, 2, 0x6000_0000, 0x1_0000, 0)
    region(machine, 3, 4, 0x7000_0000, 0x1_0000, 0)
    region(machine, 3, 0, 0x7000_0800, 0x1_0000, 0)
    region(machine, 3, 0, 0x7000_0000, 0x1_0800, 0)
    region(machine, 3, 0, 0x7000_0000, 0x1_0000, 0x800)
    region(machine, 3, 0, 0x7000_0000, 1 << 63, 0)
    region(machine, 3, 0, 1 << 63, 0x1_0000, 0)
    region(machine, 3, 0, 0xFF_FFFF_0000, 0x1_0000, 0)
    region(machine, 3, 0, 0xFF_FFFF_0000, 0x2_0000, 0)
    region(machine, 3, 0, .max - 0xFFFF, 0x1_0000, 0)
    region(machine, 0x1_0000, 0, 0x7100_0000, 0x1_0000, 0)
    region(machine, 0x7FFF, 0, 0x7200_0000, 0x1_0000, 0)
    region(machine, 0, 0, 0, 0, 0)
    region(machine, 0, 0, 0, 0, 0)
    close(machine)
  }

  // MARK: Devices

  static func attribute(
    _ file: UInt64, _ request: KVMRequest, _ group: UInt64, _ attribute: UInt64, _ value: UInt64 = 0
  ) -> Int64 {
    let place = unsafe scratch
    store_word(place + 4096, value)
    return ask(file, request, store(group << 32, attribute, place + 4096))
  }

  static func askDevices() {
    let machine = machine()
    let gicType = UInt64(KVMCreateDeviceLayout.vgicV3)
    for type in 0..<20 as Range<UInt64> {
      let answer = ask(
        machine, .createDevice, store(type, UInt64(KVMCreateDeviceLayout.test)))
      if !isError(answer, .noDevice) { tell("device for a test", type, answer: answer) }
    }
    let other = Self.machine()
    tell("device with flags", answer: min(0, ask(other, .createDevice, store(gicType, 2))))
    close(other)
    for group in 0..<4 as Range<UInt64> {
      for number in 0..<4 as Range<UInt64> {
        let answer = attribute(machine, .hasDeviceAttribute, group, number)
        if !isError(answer, .noDeviceOrAddress) {
          tell("attribute of a machine", group, number, answer: answer)
        }
      }
    }
    let created = ask(machine, .createDevice, store(gicType, 0))
    tell("GIC", answer: min(created, 0))
    let gic = load_word((unsafe scratch)) >> 32
    tell("second GIC", answer: min(0, ask(machine, .createDevice, store(gicType, 0))))
    for count in [0, 31, 32, 63, 64, 100, 992, 1023, 1024, 1056] as [UInt64] {
      tell("interrupts", count, answer: attribute(gic, .setDeviceAttribute, 3, 0, count))
    }
    _ = attribute(gic, .getDeviceAttribute, 3, 0)
    tell("interrupts are", answer: Int64(load_word((unsafe scratch) + 4096) & 0xFFFF_FFFF))
    for address in [0x800_0001, 0x800_8000, 1 << 44, 0x800_0000, 0x801_0000]
      as [UInt64]
    {
      tell("distributor", address, answer: attribute(gic, .setDeviceAttribute, 0, 2, address))
    }
    tell("processor", answer: min(0, ask(machine, .createVCPU, 0)))
    for group in 0..<12 as Range<UInt64> {
      for number in [
        0, 1, 2, 3, 4, 5, 8, 12, 0x80, 0x100, 0xC005, 0xC230, 0xFFE8, 1 << 16, 1 << 32,
      ] as [UInt64] {
        let answer = attribute(gic, .hasDeviceAttribute, group, number)
        if !isError(answer, .noDeviceOrAddress) {
          tell("attribute of the GIC", group, number, answer: answer)
        }
      }
    }
    for address in [0x800_0000, 0x800_1000, 0x80A_0000, 0x80B_0000] as [UInt64] {
      tell("redistributors", address, answer: attribute(gic, .setDeviceAttribute, 0, 3, address))
    }
    tell("initialized", answer: attribute(gic, .setDeviceAttribute, 4, 0))
    tell("initialized again", answer: attribute(gic, .setDeviceAttribute, 4, 0))
    tell("interrupts then", 64, answer: attribute(gic, .setDeviceAttribute, 3, 0, 64))
    for line in [
      0, 0x0100_0020, 0x0100_0010, 0x0200_0010, 0x0200_0020, 0x0100_03FF, 0x0300_0020, 0x0000_0001,
      0x0201_0010, 0x1200_0010,
    ] as [UInt64] {
      tell("line", line, answer: ask(machine, .irqLine, store(line | 1 << 32)))
      tell("line low", line, answer: ask(machine, .irqLine, store(line)))
    }
    close(machine)
  }

  // MARK: Processors

  static func askProcessor() {
    let machine = machine()
    for number in [512, 1024, 1 << 32, 0, 0, 1] as [UInt64] {
      tell("processor", number, answer: min(0, ask(machine, .createVCPU, number)))
    }
    close(machine)
    let (first, file) = processor(nil)
    tell("run before it is initialized", answer: ask(file, .run))
    tell("list before", answer: ask(file, .getRegisterList, store(0)))
    tell("events before", answer: ask(file, .getVCPUEvents, store()))
    tell("state before", answer: ask(file, .getMPState, store()))
    tell(
      "register before",
      answer: ask(file, .getOneRegister, store(OneRegister.pc.id, 4096 + (unsafe scratch))))
    tell("target", 6, answer: ask(file, .armVCPUInit, store(6)))
    for feature in 0..<12 as Range<UInt64> {
      let (machine, file) = processor(nil)
      tell("feature", feature, answer: ask(file, .armVCPUInit, store(target(1 << UInt32(feature)))))
      close(file)
      close(machine)
    }
    tell("feature in the second word", answer: ask(file, .armVCPUInit, store(target(0), 1)))
    let (psci, off) = (KVMVCPUInitLayout.psci02, KVMVCPUInitLayout.powerOff)
    tell("initialized", answer: ask(file, .armVCPUInit, store(target(psci))))
    tell("initialized otherwise", answer: ask(file, .armVCPUInit, store(target(psci | off))))
    tell("initialized alike", answer: ask(file, .armVCPUInit, store(target(psci))))
    for number in 0..<260 as Range<UInt64> {
      let answer = ask(file, .enableCapability, store(number))
      if !isError(answer, .invalid) {
        tell("enabled capability of a processor", number, answer: answer)
      }
    }
    for group in 0..<5 as Range<UInt64> {
      for number in 0..<6 as Range<UInt64> {
        let answer = attribute(file, .hasDeviceAttribute, group, number)
        if !isError(answer, .noDeviceOrAddress) {
          tell("attribute of a processor", group, number, answer: answer)
        }
        let value = attribute(file, .getDeviceAttribute, group, number)
        if value == 0 {
          tell(
            "attribute is", group, number,
            answer: Int64(load_word((unsafe scratch) + 4096) & 0xFFFF_FFFF))
        } else if !isError(value, .noDeviceOrAddress) {
          tell("attribute is not read", group, number, answer: value)
        }
      }
    }
    for interrupt in [0, 15, 16, 27, 30, 31, 32] as [UInt64] {
      tell("timer's", interrupt, answer: attribute(file, .setDeviceAttribute, 1, 0, interrupt))
    }
    for address in [1, 0x4000_0020, 0x4000_0000, 0x4000_0040] as [UInt64] {
      tell("stolen time at", address, answer: attribute(file, .setDeviceAttribute, 2, 0, address))
    }
    close(file)
    close(first)
  }

  static func askState() {
    let (machine, file) = processor()
    tell("state", answer: ask(file, .getMPState, store()))
    tell("state is", answer: Int64(load_word((unsafe scratch))))
    for state in 0..<12 as Range<UInt64> {
      tell("state", state, answer: ask(file, .setMPState, store(state)))
    }
    tell("events", answer: ask(file, .getVCPUEvents, store(.max)))
    for word in 0..<8 as Range<UInt64> {
      tell("events are", word, answer: Int64(bitPattern: load_word((unsafe scratch) + 8 * word)))
    }
    // serror_pending, serror_has_esr, ext_dabt_pending, and padding; the syndrome.
    for (flags, syndrome) in [
      (1, 0), (0, 0), (0x101, 0), (0x101, 0x11), (0x101, 1 << 24), (0x101, 1 << 25),
      (0x101, 0xBE00_0011), (0x100, 0x11), (2, 0), (0x1_0000, 0), (0x0100_0000, 0), (0x1_0001, 0),
    ] as [(UInt64, UInt64)] {
      tell("events", flags, syndrome, answer: ask(file, .setVCPUEvents, store(flags, syndrome)))
      _ = ask(file, .getVCPUEvents, store(.max))
      tell(
        "events are then", answer: Int64(bitPattern: load_word((unsafe scratch)) & 0xFF_FFFF_FFFF))
    }
    for control in [0, 1, 3, 0x1_0001, 0x2_0001, 0x4_0001, 0x8_0000, 1 << 31]
      as [UInt64]
    {
      tell("debug", control, answer: ask(file, .setGuestDebug, store(control)))
    }
    tell("finalized", answer: ask(file, .armVCPUFinalize, store(4)))
    close(file)
    close(machine)
  }

  static func askRegisters() {
    let (machine, file) = processor()
    let place = unsafe scratch
    tell("list too short", answer: ask(file, .getRegisterList, store(3)))
    let count = load_word(place)
    tell("list has", answer: Int64(count))
    store_word(place + 0x8000, count)
    tell("list", answer: ask(file, .getRegisterList, place + 0x8000))
    for index in 0..<min(count, 1000) {
      let id = load_word(place + 0x8008 + 8 * index)
      store_word(place + 4096, 0)
      let answer = ask(file, .getOneRegister, store(id, place + 4096))
      let value = load_word(place + 4096)
      // The counts of the timer go on.
      let isCount = id == OneRegister.timerCount.id
      tell("register", id, answer: answer < 0 || isCount ? answer : Int64(bitPattern: value))
      tell("register set", id, answer: ask(file, .setOneRegister, store(id, place + 4096)))
      store_word(place + 4096, ~value)
      tell("register inverted", id, answer: ask(file, .setOneRegister, store(id, place + 4096)))
    }
    close(file)
    close(machine)
  }

  /// Every request of the type that KVM uses, without and with a structure.
  static func askNumbers() {
    let (machine, file) = processor()
    for number in 0..<256 as Range<UInt64> where ![0x01, 0x41, 0x80].contains(number) {
      for form in [0, 0x4000_0000, 0x8000_0000, 0xC000_0000] as [UInt64] {
        let request = form | 0xAE00 | number | (form == 0 ? 0 : 8 << 16)
        for (index, target) in ([(unsafe system), machine, file] as [UInt64])
          .enumerated()
        {
          let answer = ask(target, request, store())
          if !isError(answer, .invalid), !isError(answer, .notTerminal) {
            tell("request", UInt64(index), request, answer: answer)
          }
        }
      }
    }
    close(file)
    close(machine)
  }
}
