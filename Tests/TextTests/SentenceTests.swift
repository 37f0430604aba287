// What our programs print is what the judge reads.

import Support
import Testing
import Text

@Suite struct SentenceTests {
  /// Every sentence, and how it comes out with 0x10, 11, 12 and 13 in its gaps.
  static let sentences: [(Sentence, String)] = [
    (.guestMemoryUsed, "vmm: SIGBUS BUS_MCEERR_AR HVA 0x10 GPA 0xb lsb 12"),
    (.guestMemoryNoticed, "vmm: SIGBUS BUS_MCEERR_AO HVA 0x10 GPA 0xb lsb 12"),
    (.ownMemoryUsed, "vmm: SIGBUS BUS_MCEERR_AR HVA 0x10, not guest memory lsb 11"),
    (.ownMemoryNoticed, "vmm: SIGBUS BUS_MCEERR_AO HVA 0x10, not guest memory lsb 11"),
    (
      .ownMemoryLost,
      "vmm: SIGBUS HVA 0x10: hardware error in memory of the VMM's own, it cannot go on"
    ),
    (.foreignSignal, "vmm: SIGBUS from another process"),
    (.memoryUnknown, "vmm: SIGBUS without an address while the guest ran"),
    (.abortUnclaimed, "vmm: KVM_EXIT_ARM_SEA ESR 0x10 VA 0xb GPA 0xc"),
    (.abortUnclaimedNowhere, "vmm: KVM_EXIT_ARM_SEA ESR 0x10 VA 0xb, no GPA"),
    (.recordWritten, "vmm: record for GPA 0x10 written to error source 11"),
    (.recordWrittenNowhere, "vmm: record for GPA unknown written to error source 16"),
    (
      .waitingRecordWritten,
      "vmm: waiting record for GPA 0x10 written to error source 11"
    ),
    (
      .waitingRecordWrittenNowhere,
      "vmm: waiting record for GPA unknown written to error source 16"
    ),
    (.abortInjected, "vmm: SEA into vCPU 16 ESR_EL1 0xb FAR_EL1 0xc ELR_EL1 0xd"),
    (.errorInjected, "vmm: virtual SError into vCPU 16 "),
    (.guestCrashed, "vmm: the guest crashed"),
    (.programKilled, "guest: program killed on core 16"),
    (.tablesRebuilt, "guest: tables built anew"),
    (.pageReplaced, "guest: page replaced at va 0x10"),
    (.recordSection, "guest: section word 0 address 0x10"),
    (.guestDown, "guest: down word 0"), (.programEnded, "init: word 0 ended with status 16"),
    (.processSignalled, "word 0: SIGBUS word 1 pid 16"), (.hypervisorLost, "EL2 lost"),
  ]

  /// What others begin with, or are the rest of.
  static let parts: [(Sentence, String)] = [
    (.vmm, "vmm: "), (.guest, "guest: "), (.initProcess, "init: "), (.firmware, "firmware: "),
    (.firmwareError, "hardware error in the firmware"),
    (.recordSectionNowhere, "guest: section word 0"),
  ]

  static func printed(_ sentence: Sentence, _ numbers: [UInt64]) -> String {
    var letters = Letters()
    letters.add(sentence, numbers[0], numbers[1], numbers[2], numbers[3]) { writer, gap in
      writer.add("word ", decimal: UInt64(gap))
    }
    return letters.text
  }

  @Test func sentencesArePrintedAsTheirFormsSay() {
    for (sentence, text) in Self.sentences + Self.parts {
      #expect(Self.printed(sentence, [16, 11, 12, 13]) == text)
    }
  }

  /// A line may go on behind a sentence, and of all sentences only one reads it.
  @Test func whatIsPrintedIsReadBackByItsSentenceAlone() throws {
    let values: [[UInt64]] = [[16, 11, 12, 13], [0, .max, 1, 1 << 63], [.max, 0, .max, 7]]
    for (sentence, _) in Self.sentences {
      for numbers in values {
        let line = Self.printed(sentence, numbers)
        let gaps = try #require(sentence.gaps(in: line), "\(line)")
        #expect(gaps.numbers == Array(numbers.prefix(gaps.numbers.count)), "\(line)")
        #expect(gaps.words == gaps.words.indices.map { "word \($0)" })
        #expect(sentence.gaps(in: line + " and more") != nil)
        let readers = Self.sentences.filter { $0.0.gaps(in: line) != nil }
        #expect(readers.count == 1, "\(line)")
      }
    }
  }

  /// And what follows it is left, however it is read.
  @Test func whatFollowsASentenceIsTheRest() throws {
    for (sentence, _) in Self.sentences {
      let line = Self.printed(sentence, [16, 11, 12, 13])
      let reading = try #require(sentence.reading(of: line + "[    0.9] x"), "\(line)")
      // Words without anything behind them are all that there is.
      let takesAll = line.hasSuffix("word 0")
      #expect(reading.rest == (takesAll ? "" : "[    0.9] x"), "\(line)")
    }
    #expect(Sentence.firmware.begins("firmware: x") && !Sentence.firmware.begins("firmware"))
    #expect(!Sentence.guest.begins(" guest: x"))
  }

  /// It has no program to print it, but twelve stores.
  @Test func theHypervisorsLastLettersAreItsSentence() throws {
    let start = ".irp letter, "
    let lines = try Checkout.text("Images/Sources/HypervisorEntry/emergency.S")
      .split(separator: "\n").map { $0.drop { $0 == " " } }.filter { $0.hasPrefix(start) }
    try #require(lines.count == 1)
    let letters = lines[0].dropFirst(start.count).prefix { $0 != "/" }
      .split { $0 == "," || $0 == " " }.compactMap { UInt8($0) }
    #expect(
      String(decoding: letters, as: UTF8.self) == "\r\n\(Sentence.hypervisorLost.form)\r\n")
  }

  @Test func anotherLineIsNotRead() {
    #expect(Sentence.guestMemoryUsed.gaps(in: "vmm: SIGBUS BUS_MCEERR_AR HVA 0x") == nil)
    #expect(Sentence.programKilled.gaps(in: "guest: program killed on core x") == nil)
    #expect(Sentence.guestCrashed.gaps(in: " vmm: the guest crashed") == nil)
    #expect(Sentence.recordWritten.gaps(in: "") == nil)
    // 65 bits.
    #expect(Sentence.pageReplaced.gaps(in: "guest: page replaced at va 0x10000000000000000") == nil)
  }

  @Test func wordsReachToTheNextLettersOfTheSentence() {
    let line = "guest: section platform memory severity recoverable address 0x40 mask 0xfff"
    #expect(
      Sentence.recordSection.gaps(in: line)
        == Sentence.Gaps(numbers: [0x40], words: ["platform memory severity recoverable"]))
    #expect(
      Sentence.guestDown.gaps(in: "guest: down hardware error in the kernel")?.words
        == ["hardware error in the kernel"])
  }
}
