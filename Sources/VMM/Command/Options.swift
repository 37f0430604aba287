// The command line, with the words and defaults of QEMU and kvmtool where they have one.

import APEI
import Arm
import Bytes
import KVM
import Text

/// What the user asked for.
public struct Options: Sendable {
  /// --kernel.
  public var kernel = Text("")
  /// --initrd.
  public var initrd: Text?
  /// --name.
  public var name: Text?
  /// --append.
  public var commandLine = Text("")
  /// --memory, in bytes; a multiple of 2 MiB.
  public var memorySize: UInt64 = 256 << 20
  /// --cpus.
  public var cpuCount = 1
  /// --hugepages.
  public var usesHugePages = false
  /// --serror-esr: ISS and IDS of the virtual SError; without the option IMPLEMENTATION DEFINED.
  public var serrorSyndrome: UInt64 = Options.defaultSerrorSyndrome
  /// IDS, the rest zero: all zero would say "RAS error, uncategorized".
  public static var defaultSerrorSyndrome: UInt64 { Syndrome.ids.mask }
  /// --events: how the guest is told of errors that nobody has touched, `gpio` or `sdei`.
  public var events = EventNotification.gpio
  /// --corrected-errors.
  public var tellsCorrected = false
  /// --sea-to-user.
  public var takesUnclaimedAborts = false
  /// --serror-by-host.
  public var leavesErrorsToHost = false
  /// --no-reboot.
  public var stopsAtReset = false
  /// --addresses.
  public var saysAddresses = false
  /// --hwpoison-after: the text before an address on the guest's console.
  public var poisonMark: Text?

  /// The defaults.
  public init() {}
}

/// Why a command line cannot be obeyed.
public enum OptionError: Error, Equatable, Sendable {
  /// --help: not an error.
  case help
  /// No such option; which word.
  case unknown(Int)
  /// An option without its value; which word.
  case missingValue(Int)
  /// A value that is not accepted; which word, and what is.
  case badValue(Int, accepted: StaticString)
  /// No --kernel.
  case noKernel

  /// Whether two say the same of the same word.
  public static func == (left: OptionError, right: OptionError) -> Bool {
    switch (left, right) {
    case (.help, .help), (.noKernel, .noKernel): true
    case (.unknown(let a), .unknown(let b)): a == b
    case (.missingValue(let a), .missingValue(let b)): a == b
    case (.badValue(let a, _), .badValue(let b, _)): a == b
    default: false
    }
  }
}

extension Options {
  /// What --help prints.
  public static let help: StaticString = """
    usage: vmm --kernel IMAGE [OPTION...]

    Boots a guest on /dev/kvm with an ACPI machine of its own: GICv3, PL011 console on standard
    input and output, PSCI, and a HEST through which it learns of hardware memory errors.

      --kernel IMAGE        an arm64 Linux Image, or anything with its header
      --initrd FILE         the initial RAM disk
      --name NAME           begin every line with NAME and "| ", so that guests can share a terminal
      --append TEXT         the kernel's command line
      --memory SIZE         guest RAM: bytes with K, M or G, plain numbers are MiB; default 256M
      --cpus N              1 to 8 vCPUs; default 1
      --hugepages           guest RAM from the host's pool of 2 MiB pages
      --events gpio|sdei    how the guest is told of errors that nobody touched yet: by the interrupt of
                            the error device, or by delegated exceptions (SDEI 1.1, by HVC), which need
                            a host with KVM_ARM_VM_SMCCC_FILTER (Linux 6.4); default gpio
      --corrected-errors    tell the guest of corrected errors in its memory as well, at most ten a second:
                            of those that the host's kernel logs (/dev/kmsg; /proc/self/pagemap tells root
                            whose they are), or hands up itself
      --serror-esr VALUE    syndrome of the virtual SError for an error without an address: IDS and
                            ISS, bits 24:0; default 0x1000000, IMPLEMENTATION DEFINED
      --serror-by-host      do not be asked about such an error, where the host asks its VMMs: it
                            gives the guest a virtual SError with a syndrome of its own
      --sea-to-user         handle aborts that the host cannot claim, where it lets its VMMs
                            (KVM_CAP_ARM_SEA_TO_USER)
      --no-reboot           end when the guest resets instead of booting it again
      --addresses           say where in this process the guest's RAM and the VMM's own state are, for
                            whoever injects errors
      --hwpoison-after TEXT when the guest's console shows TEXT and a hexadecimal number, have the
                            host treat that guest physical page as bad (MADV_HWPOISON)
      --help                this text

    A memory error in guest RAM becomes the guest's own: the vCPU that touched it gets a record in
    its error source (GHESv2) and a synchronous external abort; one that nobody touched yet gets a
    record and the interrupt of the error device, or an SDEI event. An error without an address
    becomes a virtual SError. Lost pages are replaced when the guest resets. What happens is said on
    standard error, in lines that begin with "vmm: ". Control-A x ends the VMM when standard input is
    a terminal.

    Exit status: 0 the guest powered off, was left by Control-A x, or reset with --no-reboot; 1 the
    host refused something or the VMM's own memory is bad; 2 the guest crashed, lost its exception
    vectors, or made no progress from one error to the next; 64 a wrong command line.

    """

  /// Reads the words after the program's name.
  public init(count: Int, word: (Int) -> Text) throws(OptionError) {
    var index = 0
    var hasKernel = false
    while index < count {
      let option = word(index)
      let place = index
      index += 1
      func value() throws(OptionError) -> Text {
        guard index < count else { throw .missingValue(place) }
        index += 1
        return word(index - 1)
      }
      if option.equals("--help") || option.equals("-h") { throw .help }
      func file() throws(OptionError) -> Text {
        let path = try value()
        guard path.byteCount > 0 else { throw .badValue(place, accepted: "a file") }
        return path
      }
      if option.equals("--kernel") {
        kernel = try file()
        hasKernel = true
      } else if option.equals("--initrd") {
        initrd = try file()
      } else if option.equals("--name") {
        let text = try value()
        guard text.isName else {
          throw .badValue(place, accepted: "1 to 16 letters, digits, '-', '_' and '.'")
        }
        name = text
      } else if option.equals("--append") {
        commandLine = try value()
      } else if option.equals("--memory") {
        guard let size = Options.size(try value()), size >= 16 << 20, size <= 1 << 38,
          size & 0x1F_FFFF == 0
        else { throw .badValue(place, accepted: "16M to 256G in steps of 2M") }
        memorySize = size
      } else if option.equals("--cpus") {
        guard let number = try value().number, number >= 1, number <= 8 else {
          throw .badValue(place, accepted: "1 to 8")
        }
        cpuCount = Int(number)
      } else if option.equals("--hugepages") {
        usesHugePages = true
      } else if option.equals("--events") {
        let word = try value()
        let isDelegated = word.equals(EventNotification.sdei.word)
        guard isDelegated || word.equals(EventNotification.gpio.word) else {
          throw .badValue(place, accepted: "gpio or sdei")
        }
        events = isDelegated ? .sdei : .gpio
      } else if option.equals("--corrected-errors") {
        tellsCorrected = true
      } else if option.equals("--serror-esr") {
        guard let number = try value().number,
          number & ~KVMVCPUEventsLayout.serrorESRMask == 0
        else { throw .badValue(place, accepted: "0 to 0x1ffffff") }
        serrorSyndrome = number
      } else if option.equals("--serror-by-host") {
        leavesErrorsToHost = true
      } else if option.equals("--sea-to-user") {
        takesUnclaimedAborts = true
      } else if option.equals("--addresses") {
        saysAddresses = true
      } else if option.equals("--no-reboot") {
        stopsAtReset = true
      } else if option.equals("--hwpoison-after") {
        let mark = try value()
        guard mark.byteCount > 0, mark.byteCount < 100 else {
          throw .badValue(place, accepted: "1 to 99 bytes")
        }
        poisonMark = mark
      } else {
        throw .unknown(place)
      }
    }
    guard hasKernel else { throw .noKernel }
  }

  /// A size: a number with K, M or G; MiB without. Nil when it is none.
  static func size(_ text: Text) -> UInt64? {
    guard text.byteCount > 0 else { return nil }
    let last = text.byte(at: text.byteCount - 1)
    let shift: UInt64? =
      switch last | 0x20 {
      case UInt8(ascii: "k"): 10
      case UInt8(ascii: "m"): 20
      case UInt8(ascii: "g"): 30
      default: nil
      }
    let end = shift == nil ? text.byteCount : text.byteCount - 1
    guard let number = text.number(from: 0, to: end), number < 1 << 33 else { return nil }
    return number << (shift ?? 20)
  }
}

extension OptionError {
  /// Says what is wrong, and what is accepted.
  public func explain<Host: HostKernel>(_ host: Host, word: (Int) -> Text) {
    if case .help = self {
      let text = Text(Options.help)
      _ = host.call(.write, 1, text.address.rawValue, UInt64(text.byteCount))
      return
    }
    var message = Message(Sentence.vmm.form)
    switch self {
    case .help: break
    case .unknown(let place):
      message.add("unknown option '")
      message.add(word(place))
      message.add("'")
    case .missingValue(let place):
      message.add(word(place))
      message.add(" needs a value")
    case .badValue(let place, let accepted):
      message.add(word(place))
      message.add(" '")
      message.add(word(place + 1))
      message.add("': accepted is ")
      message.add(accepted)
    case .noKernel: message.add("--kernel is missing")
    }
    message.add("; see vmm --help\n")
    message.write(host, to: 2)
  }
}
