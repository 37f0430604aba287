// The victim: maps memory, says where, waits a moment in which an experiment can poison it, and
// uses it.
//
//     reader [--handle | --recover] [--use read|exclusive|atomic|write|zero|fetch|copy]
//            [--times N] [--pages N] [--untouched] [--wait MICROSECONDS] [--hwpoison]
//            [--fork same|apart]
//
// Without --handle it has no SIGBUS handler. With it, it prints what the kernel told it and then
// dies of the same signal; with --recover it maps a fresh page in place of the bad one and goes
// on. --untouched leaves the pages as the kernel made them, mapped but in no TLB, so that the first
// use walks the tables. --hwpoison has the kernel itself declare the page bad: what the rest of the
// chain should look like, on any machine. --fork has a second process use the same physical pages at
// the same moment, or each its half of them.

import GuestEntry
import GuestRuntime
import Text

/// What the program does with its memory.
enum Use {
  case read, exclusive, atomic, write, zero, fetch
  /// The kernel reads it for the process: write(2) to a memory file.
  case copy
}

/// Who uses the memory.
enum Users {
  /// This process.
  case one
  /// It and its child, all of the memory.
  case same
  /// It the lower half, its child the upper one.
  case apart
}

/// What the signal handler needs to know.
nonisolated(unsafe) var recovers = false
/// Where the memory begins, for the handler that fills a page anew.
nonisolated(unsafe) var base: UInt64 = 0

@main enum Reader {
  static func main() {
    var use = Use.read
    var times: UInt64 = 1
    var pages: UInt64 = 1
    var wait: UInt64 = 2000
    var hwpoison = false
    var untouched = false
    var users = Users.one
    var arguments = Arguments()
    while !arguments.isEmpty {
      let option = arguments
      arguments = arguments.rest
      if option.first(is: "--handle") {
        Linux.handle(signal: Linux.sigbus, true)
      } else if option.first(is: "--recover") {
        unsafe recovers = true
        Linux.handle(signal: Linux.sigbus, true)
      } else if option.first(is: "--hwpoison") {
        hwpoison = true
      } else if option.first(is: "--untouched") {
        untouched = true
      } else if option.first(is: "--use"), let named = self.use(arguments) {
        use = named
        arguments = arguments.rest
      } else if option.first(is: "--fork"), arguments.first(is: "same") {
        users = .same
        arguments = arguments.rest
      } else if option.first(is: "--fork"), arguments.first(is: "apart") {
        users = .apart
        arguments = arguments.rest
      } else if option.first(is: "--times"), let number = arguments.number {
        times = number
        arguments = arguments.rest
      } else if option.first(is: "--pages"), let number = arguments.number, number > 0 {
        pages = number
        arguments = arguments.rest
      } else if option.first(is: "--wait"), let number = arguments.number {
        wait = number
        arguments = arguments.rest
      } else {
        print(
          "reader: usage: reader [--handle | --recover] [--use read|exclusive|atomic|write|zero|fetch|copy] [--times N] [--pages N] [--untouched] [--wait MICROSECONDS] [--hwpoison] [--fork same|apart]"
        )
        Linux.exit(64)
      }
    }
    guard let memory = Linux.map(pages * 4096, executable: use == .fetch) else {
      print("reader: no memory")
      Linux.exit(1)
    }
    unsafe base = memory
    Linux.refuseHugePages(memory, pages * 4096)
    if !untouched { fill(memory, pages * 4096, with: use) }
    announce(memory, pages * 4096)
    if hwpoison && Linux.poisonPage(memory) != 0 {
      print("reader: MADV_HWPOISON refused")
      Linux.exit(1)
    }
    let start = counter()
    var (first, count) = (memory, pages * 4096)
    if users != .one {
      let isChild = Linux.fork() == 0
      if users == .apart {
        count = pages / 2 * 4096
        if isChild { first += count }
      }
      if isChild { announce(first, count) }
    }
    // Busy, so that the announced address stays in the running context.
    while (counter() - start) * 16 < wait * 1000 {}
    for _ in 0..<times { self.use(first, count, as: use, filled: !untouched) }
    Linux.exit(0)
  }

  static func use(_ arguments: Arguments) -> Use? {
    if arguments.first(is: "read") { return .read }
    if arguments.first(is: "exclusive") { return .exclusive }
    if arguments.first(is: "atomic") { return .atomic }
    if arguments.first(is: "write") { return .write }
    if arguments.first(is: "zero") { return .zero }
    if arguments.first(is: "fetch") { return .fetch }
    if arguments.first(is: "copy") { return .copy }
    return nil
  }

  /// Word i holds i + 1; code is `mov w0, #42; ret` in every line.
  static func fill(_ memory: UInt64, _ count: UInt64, with use: Use) {
    var offset: UInt64 = 0
    while offset < count {
      store_word(
        memory + offset, use == .fetch ? 0xD65F_03C0_5280_0540 : offset / 8 + 1)
      offset += 8
    }
    if use == .fetch {
      offset = 0
      while offset < count {
        publish_code(memory + offset)
        offset += 64
      }
    }
  }

  static func announce(_ memory: UInt64, _ count: UInt64) {
    var line = Line("reader: pid ")
    line.add(decimal: Linux.processID)
    line.add(" maps ")
    line.add(hex: memory, digits: 16)
    line.add(" physical ")
    if let physical = Linux.physicalAddress(of: memory) {
      line.add(hex: physical, digits: 16)
    } else {
      line.add("unknown")
    }
    line.add(" bytes ")
    line.add(decimal: count)
    line.print()
  }

  static func use(_ memory: UInt64, _ count: UInt64, as use: Use, filled: Bool) {
    print("reader: uses it")
    if use == .copy {
      let written = Linux.writeToMemoryFile(memory, count)
      var line = Line("reader: the kernel copied ")
      line.add(decimal: UInt64(bitPattern: written))
      line.add(written == Int64(count) ? " bytes, all" : " bytes, not all")
      line.print()
      return
    }
    var sum: UInt64 = 0
    var right: UInt64 = 0
    var offset: UInt64 = 0
    while offset < count {
      let address = memory + offset
      let word = unsafe (address - base) / 8 + 1
      switch use {
      case .read: sum &+= load_word(address)
      case .exclusive: sum &+= exclusive_word(address)
      case .atomic: sum &+= atomic_word(address)
      case .write:
        store_word(address, word)
        sum &+= word
      case .zero:
        if offset % 64 == 0 { zero_line(address) }
        sum &+= load_word(address) &+ word
      case .fetch: sum &+= call_code(address)
      case .copy: break
      }
      if filled || use == .write || use == .zero { right &+= use == .fetch ? 42 : word }
      offset += 8
    }
    var line = Line("reader: sum ")
    line.add(hex: sum, digits: 16)
    line.add(sum == right ? " right" : " WRONG")
    line.print()
    if sum != right { Linux.exit(1) }
  }
}

/// SIGBUS. siginfo_t on a 64-bit kernel: si_code at 8, si_addr at 16, si_addr_lsb at 24.
@c(guest_signal) func guestSignal(_ number: Int32, _ information: UInt64, _ context: UInt64) {
  let code = load_word(information + 8) & 0xFFFF_FFFF
  let address = load_word(information + 16)
  var line = Line()
  line.add(.processSignalled, Linux.processID) { (line, gap) in
    guard gap == 1 else { return line.add("reader") }
    line.add("si_code ", decimal: code)
    line.add(
      code == 4
        ? " (BUS_MCEERR_AR)"
        : code == 5 ? " (BUS_MCEERR_AO)" : code == 3 ? " (BUS_OBJERR)" : " (other)")
    line.add(" si_addr ", hex: address, digits: 16)
    line.add(" si_addr_lsb ", decimal: load_word(information + 24) & 0xFFFF)
  }
  line.print()
  guard unsafe recovers, code == 4, let page = Linux.map(4096, fixed: address & ~4095) else {
    // Back to the same instruction without a handler: the process dies of the signal.
    Linux.handle(signal: Linux.sigbus, false)
    return
  }
  var offset: UInt64 = 0
  while offset < 4096 {
    let word = unsafe (page + offset - base) / 8 + 1
    store_word(page + offset, word)
    offset += 8
  }
  print("reader: replaced the page and goes on")
}
