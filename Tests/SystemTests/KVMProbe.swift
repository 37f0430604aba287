// /dev/kvm of our hypervisor beside that of Debian's kernel 6.1, on the same machine: a program asks both a thousand
// questions (Images/Sources/Probe), and what they answer otherwise has to stand here with its reason.

import Foundation
import Machine
import Scenario
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct KVMProbe {
  /// By question, all answers in the order in which they came.
  typealias Answers = [String: [String]]

  static func answers(kernel: String) throws -> Answers {
    var archive = CpioArchive()
    archive.add(file: "script", Array("run probe\n".utf8))
    archive.add(file: "bin/probe", try BuiltFiles.read(Checkout.path(".build/images/probe")))
    var run = ConsoleRun(
      try Board(
        BoardConfiguration(
          coreCount: 1, ramSize: 1 << 30, firmware: try BuiltFiles.read(BuiltFiles.firmware),
          kernel: try BuiltFiles.read(kernel),
          initrd: CpioArchive.joined(
            try BuiltFiles.read(HypervisorFiles.initrd), archive.bytes),
          commandLine: "console=ttyAMA0 quiet")))
    #expect(run.run(to: 10_000_000_000) == .powerOff, "\(run.text.suffix(500))")
    #expect(run.text.contains("probe: done"))
    var answers: Answers = [:]
    for line in run.text.split(whereSeparator: \.isNewline) {
      guard line.hasPrefix("probe: "), let colon = line.range(of: ": ", options: .backwards) else {
        continue
      }
      answers[String(line[..<colon.lowerBound].dropFirst(7)), default: []]
        .append(String(line[colon.upperBound...]))
    }
    return answers
  }

  /// How a question begins that the hosts answer otherwise, and why.
  private static let differences: [(question: String, reason: String)] = [
    ("size of kvm_run", "Linux has a page for coalesced MMIO behind it"),
    ("capability ", "what ours does not offer: dirty logs, eventfds, debugging, the PMU and more"),
    ("enabled capability 0xa8", "dirty logs"), ("enabled capability 0xb6", "dirty logs"),
    ("enabled capability 0xf5", "KVM_CAP_ARM_SEA_TO_USER is younger than 6.1"),
    ("memory 0x0 0x1 ", "dirty logs"),
    ("device for a test 0x4", "VFIO"), ("device for a test 0x8", "the ITS"),
    ("attribute of a machine ", "a filter of calls is younger than 6.1, whose machines have none"),
    ("attribute of the GIC 0x1 0xc230", "a place that is kept reads as zero"),
    ("attribute of the GIC 0x5 ", "a place that is kept reads as zero"),
    ("feature 0x3", "the PMU"),
    ("debug ", "KVM_SET_GUEST_DEBUG, which ours does not offer"),
    ("request 0x0 ", "dirty logs and more of which Linux says that arm64 has none"),
    ("request 0x1 ", "GICv2, eventfds, statistics, and lines where there is no GIC"),
    ("request 0x2 0x4008aeb7", "KVM_ARM_SET_SERROR_ESR is ours"),
    ("request 0x2 0xaece", "statistics"),
    ("register 0x603000000013d801", "Linux tells IDC where CLIDR_EL1 says as much: CTR_EL0"),
    ("register 0x603000000014000", "Linux has a workaround for Spectre-BHB on the N1"),
  ]

  /// Linux's mark of a register that reset leaves UNKNOWN: ours has zero there.
  private static let unknown = ["0x1de7ec7edbadc0de"]

  /// What is answered otherwise and has no reason; and reasons for nothing.
  static func complaints(_ ours: Answers, _ linuxs: Answers) -> [String] {
    var complaints: [String] = []
    var used: Set<String> = []
    for question in Set(ours.keys).union(linuxs.keys).sorted() {
      let (own, other) = (ours[question] ?? [], linuxs[question] ?? [])
      guard own != other, !(other == unknown && own == ["0x0"]) else { continue }
      if let difference = differences.first(where: { question.hasPrefix($0.question) }) {
        used.insert(difference.question)
      } else {
        complaints.append("\(question): \(own) here, \(other) on Linux")
      }
    }
    for difference in differences where !used.contains(difference.question) {
      complaints.append("\(difference.question): no difference any more")
    }
    return complaints
  }

  @Test func whatDebiansKernelAnswersIsAnswered() throws {
    let ours = try Self.answers(kernel: HypervisorFiles.kernel)
    let linuxs = try Self.answers(kernel: BuiltFiles.kernel("cloud"))
    #expect(ours.count > 900 && linuxs.count > 900)
    let complaints = Self.complaints(ours, linuxs)
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    // An answer that is another's is found.
    var wrong = ours
    wrong["memory 0x1 0x0 0x50008000 0x10000 0x0"] = ["0x0"]
    #expect(Self.complaints(wrong, linuxs).count == 1)
  }
}
