// The command line.

import APEI
import KVM
import Testing
import VMM

/// Words as a program finds them.
final class CommandLine {
  private var storage: [[UInt8]]
  init(_ words: [String]) { storage = words.map { Array($0.utf8) + [0] } }
  func read<R>(_ body: (Int, (Int) -> Text) -> R) -> R {
    let words = storage.map { bytes in
      let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
      unsafe copy.initialize(from: bytes, count: bytes.count)
      return HostAddress(UInt64(UInt(bitPattern: copy)))
    }
    return body(words.count) { unsafe Text(address: words[$0]) }
  }
}

@Suite struct OptionsTests {
  func parse(_ words: String...) -> Result<Options, OptionError> {
    CommandLine(words).read { count, word in
      do throws(OptionError) {
        return .success(try Options(count: count, word: word))
      } catch {
        return .failure(error)
      }
    }
  }

  @Test func everyOptionIsRead() throws {
    let options = try parse(
      "--kernel", "/Image", "--initrd", "/i", "--append", "a b", "--memory", "1G", "--cpus", "4",
      "--hugepages", "--serror-esr", "0x411", "--sea-to-user", "--no-reboot",
      "--addresses",
      "--hwpoison-after", "at ", "--name", "a-1", "--events", "sdei",
      "--corrected-errors"
    ).get()
    #expect(options.kernel.equals("/Image"))
    #expect(options.initrd?.equals("/i") == true)
    #expect(options.commandLine.equals("a b"))
    #expect(options.memorySize == 1 << 30)
    #expect(options.cpuCount == 4 && options.usesHugePages && options.takesUnclaimedAborts)
    #expect(options.serrorSyndrome == 0x411 && options.stopsAtReset && options.saysAddresses)
    #expect(options.poisonMark?.equals("at ") == true && options.name?.equals("a-1") == true)
    #expect(options.events == .sdei && options.tellsCorrected)
    #expect(try parse("--kernel", "k").get().events == .gpio)
    #expect(try parse("--kernel", "k", "--events", "gpio").get().events == .gpio)
  }

  @Test func theDefaultSErrorIsImplementationDefined() throws {
    #expect(try parse("--kernel", "k").get().serrorSyndrome == 0x100_0000)
  }

  @Test func memoryIsInMiBWithoutASuffix() throws {
    #expect(try parse("--kernel", "k", "--memory", "64").get().memorySize == 64 << 20)
    #expect(try parse("--kernel", "k", "--memory", "65536k").get().memorySize == 64 << 20)
  }

  @Test(arguments: [
    ["--memory", "1M"], ["--memory", "33K"], ["--memory", "17M"], ["--memory", "x"],
    ["--memory", ""], ["--memory", "99999999999999999999G"], ["--cpus", "0"], ["--cpus", "9"],
    ["--serror-esr", "0x2000000"], ["--hwpoison-after", ""],
    ["--kernel", ""], ["--initrd", ""], ["--name", ""], ["--name", "a b"], ["--events", ""],
    ["--events", "polled"],
    ["--name", "seventeen-letters"],
  ])
  func aValueThatIsNotAcceptedIsNamed(_ words: [String]) {
    let result = CommandLine(["--kernel", "k"] + words).read { count, word in
      do throws(OptionError) {
        _ = try Options(count: count, word: word)
        return nil as OptionError?
      } catch {
        return error
      }
    }
    #expect(result == .badValue(2, accepted: ""))
  }

  @Test func mistakesAreToldApart() {
    #expect(throws: OptionError.noKernel) { try parse("--cpus", "1").get() }
    #expect(throws: OptionError.missingValue(0)) { try parse("--kernel").get() }
    #expect(throws: OptionError.unknown(0)) { try parse("--bogus", "x").get() }
    #expect(throws: OptionError.help) { try parse("--help").get() }
  }
}
