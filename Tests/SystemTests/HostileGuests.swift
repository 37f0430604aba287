// Guests of random code on our hypervisor: whatever they execute, the host goes on, a guest and a
// process beside them end with exactly the registers and memory that they have without them, and the
// VMM of each ends, by itself or killed.
//
// `Fuzzer.guests` says how many of each kind.

import Foundation
import Machine
import Support
import Testing

@Suite(.timeLimit(.minutes(60)))
struct HostileGuests {
  /// Milliseconds that a hostile guest may live: on one core it shares them with the others, in turns
  /// of ten.
  static func lifetime(cores: Int) -> UInt64 { cores == 1 ? 100 : 5 }

  static var count: UInt64 { UInt64(Fuzzer.guests.runs) }

  /// A guest and a process that compute, then what else the script has.
  static func witnesses(rounds: UInt64) -> (script: String, files: [String: [UInt8]]) {
    (
      "run vmm --name w --kernel /witness.bin --memory 16M &\nrun witness &\n",
      [
        "witness.bin": Witness.guest(rounds: rounds),
        "bin/witness": Witness.process(rounds: rounds),
      ]
    )
  }

  @Test(arguments: [1, 3]) func harmNobody(cores: Int) throws {
    let (script, files) = Self.witnesses(rounds: 500)
    let quiet = try GuestHost(script: script, files: files, cores: cores)
    let guest = try #require(quiet.state(marked: Mark.guest), "\(quiet.text.suffix(500))")
    let process = try #require(quiet.state(marked: Mark.process))
    for weakness in HostileStream.Weakness.allCases {
      try attack(weakness, cores: cores, guest, process)
    }
  }

  /// A witness that computed one round more: the comparison must see it.
  @Test func canaryAWitnessThatNoticedIsFound() throws {
    func end(rounds: UInt64) throws -> WholeState {
      let (script, files) = Self.witnesses(rounds: rounds)
      let host = try GuestHost(script: script, files: files, cores: 1)
      return try #require(host.state(marked: Mark.guest), "\(host.text.suffix(500))")
    }
    let guest = try end(rounds: 20)
    #expect(try end(rounds: 20).differences(from: guest).isEmpty)
    #expect(try !end(rounds: 21).differences(from: guest).isEmpty)
  }

  private func attack(
    _ weakness: HostileStream.Weakness, cores: Int, _ guest: WholeState, _ process: WholeState
  ) throws {
    var (script, files) = Self.witnesses(rounds: 500)
    files["bin/limit"] = BareProgram.limit(milliseconds: Self.lifetime(cores: cores))
    for seed in 0..<Self.count {
      var stream = HostileStream(
        weakness, seed: Fuzzer.guests.seed + seed * 100 + UInt64(cores), cores: 3)
      files["hostile\(seed).bin"] = stream.image()
      script +=
        "run limit /bin/vmm --name h\(seed) --kernel /hostile\(seed).bin --memory 16M --cpus 3\n"
    }
    script += "echo the last one is gone\nrun neighbour --rounds 3\necho all is well\n"
    let host = try GuestHost(script: script, files: files, cores: cores)
    // Where the hostile ones are, by samples: they must get somewhere. The witness, and what they do
    // before their random code, are in the first 16 KiB of an image.
    var places: Set<UInt64> = []
    while !host.isMarked(Mark.guest) || !host.text.contains("all is well") {
      try #require(host.board.instructions < 4_000_000_000, "\(host.text.suffix(500))")
      guard host.run(10_007) else { break }
      for index in host.board.cores.indices {
        if let place = host.guestPlace(index), place >> 14 != 0x4020_0000 >> 14 {
          places.insert(place)
        }
      }
    }
    #expect(host.text.contains("all is well"), "\(host.stop.debugDescription)")
    #expect(places.count > Int(Self.count), "the guests got nowhere")
    let lines = host.lines
    #expect(!lines.contains { $0.contains("panic") })
    // By itself, refused by its host, or killed.
    let ends = lines.filter { $0.hasPrefix("init: limit ended with status ") }
    #expect(ends.count == Int(Self.count))
    for end in ends {
      let status = end.split(separator: " ").last.map(String.init) ?? ""
      #expect(["0", "1", "2", "137"].contains(status), "\(end)")
    }
    #expect(host.state(marked: Mark.guest)?.differences(from: guest) == [])
    #expect(host.state(marked: Mark.process)?.differences(from: process) == [])
  }
}
