// A process that means harm: child after child makes random system calls with random arguments, on
// whatever files it has opened or been given, until it dies or is killed. The kernel below must
// answer or refuse, and go on.
//
//     hostile [--children N] [--seed N]

import GuestEntry
import GuestRuntime
import KVM

@main enum Hostile {
  nonisolated(unsafe) static var state: UInt64 = 1

  static func main() {
    var children: UInt64 = 20
    var seed: UInt64 = 1
    var arguments = Arguments()
    while !arguments.isEmpty {
      let option = arguments
      arguments = arguments.rest
      if option.first(is: "--children"), let number = arguments.number {
        children = number
      } else if option.first(is: "--seed"), let number = arguments.number {
        seed = number
      } else {
        print("hostile: usage: hostile [--children N] [--seed N]")
        Linux.exit(64)
      }
      arguments = arguments.rest
    }
    for child in 0..<children {
      let pid = call(.clone, 17)
      if pid == 0 { attack(seed &* 1000 &+ child &+ 1) }
      guard pid > 0 else { continue }
      let time = (0 as UInt64, 20_000_000 as UInt64)
      _ = unsafe withUnsafePointer(to: time) {
        call(.nanosleep, UInt64(UInt(bitPattern: $0)))
      }
      _ = call(.kill, UInt64(pid), 9)
      _ = call(.wait4, UInt64(pid))
    }
    print("hostile: done")
    Linux.exit(0)
  }

  static func call(
    _ call: SystemCall, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0
  ) -> Int64 {
    linux_call(call.rawValue, a, b, c, d, 0, 0)
  }

  static func random() -> UInt64 {
    unsafe state = unsafe state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let value = unsafe state
    return value >> 24 ^ value << 40
  }

  /// A number that a kernel may stumble over.
  static func argument(_ memory: UInt64) -> UInt64 {
    switch random() % 12 {
    case 0, 1: random() % 16
    case 2: memory
    case 3: memory + random() % 0x1_0000
    case 4: memory + 0x1_0000 - random() % 32
    case 5: random() % 64 << 12
    case 6: UInt64.max - random() % 0x2000
    case 7: 1 << (random() % 64)
    case 8: 0xffff_0000_4000_0000 + random() % 0x1000_0000
    case 9: random() % 0x100
    // An ioctl of KVM: its direction, size and number.
    case 10: 0xAE00 + random() % 0x100 | (random() % 4) << 30 | (random() % 128) << 16
    default: random()
    }
  }

  /// Children and threads in all the ways there are, sharing what the flags say, and signals for
  /// whoever waits for them. What a child does next is the attack again, for a while.
  static func multiply(_ memory: UInt64) {
    // fork, vfork, shared memory, shared files and handlers, a thread that has no stack.
    let ways: InlineArray<6, UInt64> = [17, 0x4111, 0x111, 0x0f11, 0x0411, 0x5_0f00]
    let way = ways[Int(random() % 6)]
    let pid = call(.clone, way, way == 0x5_0f00 ? memory : 0)
    if pid == 0 {
      _ = call(.kill, UInt64(bitPattern: linux_call(173, 0, 0, 0, 0, 0, 0)), random() % 2 * 17)
      for _ in 0..<random() % 200 { step(memory) }
      if random() % 4 == 0 { execute(memory) }
      Linux.exit(1)
    }
    if random() % 3 == 0 { _ = call(.wait4, .max, 0, random() % 2) }
    if pid > 0 { _ = call(.kill, UInt64(pid), random() % 3 == 0 ? 9 : 10 + random() % 54) }
  }

  /// execve of this program itself, with arguments that may be anything.
  static func execute(_ memory: UInt64) {
    let path: StaticString = "/bin/hostile"
    _ = unsafe call(
      .execute, UInt64(UInt(bitPattern: path.utf8Start)), random() % 2 == 0 ? 0 : memory, 0)
  }

  static func attack(_ seed: UInt64) -> Never {
    unsafe state = seed
    guard let memory = Linux.map(0x1_0000) else { Linux.exit(1) }
    let path: StaticString = "/dev/kvm"
    let here = UInt64(bitPattern: -100)
    let file = unsafe call(.openAt, here, UInt64(UInt(bitPattern: path.utf8Start)), 2)
    if file >= 0 { _ = call(.ioctl, UInt64(file), 0xAE01) }
    // The console would be slept on.
    for descriptor in 0..<3 as Range<UInt64> { _ = call(.close, descriptor) }
    while true {
      if random() % 64 == 0 { multiply(memory) }
      step(memory)
    }
  }

  /// One call.
  static func step(_ memory: UInt64) {
    var number = random() % 300
    // Half of the calls are those that reach the most code.
    if random() % 2 == 0 {
      let common: InlineArray<8, UInt64> = [29, 222, 215, 226, 233, 63, 64, 134]
      number = common[Int(random() % 8)]
    }
    // Not these: they end the experiment, not the kernel.
    if number == SystemCall.reboot.rawValue || number == SystemCall.kill.rawValue
      || number == SystemCall.clone.rawValue
      || number == SystemCall.exit.rawValue || number == SystemCall.exitGroup.rawValue
      || number == SystemCall.threadKill.rawValue
      || number == SystemCall.threadGroupKill.rawValue
      || (number == SystemCall.write.rawValue && random() % 16 != 0)
    {
      return
    }
    // Nor often these: whoever sleeps does no harm, nor does who returns from no signal.
    if [98, 73, 101, 115, 133, 139, 260].contains(number), random() % 64 != 0 { return }
    store_word(memory + random() % 0x2000 * 8, argument(memory))
    _ = linux_call(
      number, argument(memory), argument(memory), argument(memory), argument(memory),
      argument(memory), argument(memory))
  }
}
