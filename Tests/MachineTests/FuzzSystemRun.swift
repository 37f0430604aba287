// Running the system fuzzer's program on QEMU and on our board.

import Arm
import Foundation
import Machine
import Support

@testable import Machine

extension FuzzSystemProgram {
  private static func words(_ bytes: some Collection<UInt8>) -> [UInt64] {
    let bytes = Array(bytes)
    return unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: UInt64.self)) }
  }

  private static func results(_ bytes: some Collection<UInt8>, count: Int) -> [FuzzSystemResult] {
    let words = words(bytes)
    let size = Int(outputBytes / 8)
    return (0..<count).map { FuzzSystemResult(words: Array(words[$0 * size..<($0 + 1) * size])) }
  }

  /// What QEMU makes of the tests.
  ///
  /// - Throws: `OracleFailure`; it names the test in which QEMU did not come back.
  static func runOnQEMU(_ tests: [FuzzSystemTest]) throws -> [FuzzSystemResult] {
    try withFolder { folder in
      let file = folder.appendingPathComponent("ram")
      try Data(memory(tests)).write(to: file)
      let handle = try FileHandle(forUpdating: file)
      try handle.truncate(atOffset: ramSize)
      let size = ramSize >> 20
      let (status, _) = try Oracle.qemu(
        mebibytes: size, more: ",memory-backend=ram",
        Oracle.bareProgram + [
          "-object", "memory-backend-file,id=ram,size=\(size)M,mem-path=\(file.path),share=on",
          "-serial", "none", "-device", "loader,addr=\(code),cpu-num=0",
        ], timeoutSeconds: 30 + tests.count / 100)
      try handle.seek(toOffset: area - ram)
      let variables = words(try handle.read(upToCount: 0x100) ?? Data())
      guard status == 0, variables[16] == 1 else {
        let stopped = tests.count - Int(clamping: variables[3])
        throw OracleFailure(
          "\(Oracle.qemuName) ended with status \(status) in test \(stopped) of \(tests.count): "
            + (tests.indices.contains(stopped) ? FuzzSystemMode.describe(tests[stopped]) : ""))
      }
      try handle.seek(toOffset: output - ram)
      let bytes = try handle.read(upToCount: tests.count * Int(outputBytes)) ?? Data()
      return results(bytes, count: tests.count)
    }
  }

  /// What our board makes of them; fewer results when it did not come back from a test.
  static func runHere(
    _ tests: [FuzzSystemTest], engine: ExecutionEngine = .standard
  ) throws -> [FuzzSystemResult] {
    run(tests, on: try Board(coreCount: 1, ramSize: ramSize, engine: engine))
  }

  /// What a board of one core, as it is after reset, makes of them.
  static func run(_ tests: [FuzzSystemTest], on board: Board) -> [FuzzSystemResult] {
    board.bus.writeBytes(PhysicalAddress(ram), memory(tests))
    let core = board.cores[0]
    core.state.pc = code
    var variables: [UInt64] = []
    for _ in 0..<tests.count + 2 {
      _ = board.run(instructions: 40_000)
      variables = words(board.bus.readBytes(PhysicalAddress(area), count: 0x100) ?? [])
      if variables[16] == 1 { break }
    }
    // HLT at the very end is one more exception here.
    let done = variables[16] == 1 ? tests.count : tests.count - Int(clamping: variables[3])
    let bytes =
      board.bus.readBytes(PhysicalAddress(output), count: tests.count * Int(outputBytes)) ?? []
    return results(bytes, count: done)
  }
}
