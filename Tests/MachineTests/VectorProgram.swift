// Single vector instructions on given registers, for QEMU: a `QEMUUserProgram` whose tests have one
// word each.

/// A program that runs vector instructions one at a time.
struct VectorProgram {
  private var program = QEMUUserProgram(memoryWords: 16)
  private(set) var words: [UInt32] = []
  private var allOperands: [VectorOperands] = []

  static let recordAddress = QEMUUserProgram.recordAddress

  /// The guest address of the scratch memory of the next test.
  var nextMemory: UInt64 { program.nextMemory }

  /// The guest address of the scratch memory of a test.
  func memory(_ test: Int) -> UInt64 {
    program.record(test) + UInt64(UserRecord.memoryWord * 8)
  }

  /// Adds a test.
  mutating func append(_ word: UInt32, _ operands: VectorOperands) {
    var record = UserRecord(memoryWords: 16)
    record.vectors = operands.vectors
    record.general.replaceSubrange(0..<16, with: operands.general)
    record.control = operands.control
    record.status = operands.status
    record.flags = operands.flags
    record.memory = operands.memory
    program.append([word], record)
    words.append(word)
    allOperands.append(operands)
  }

  /// The operands a test started from.
  func operands(_ test: Int) -> VectorOperands { allOperands[test] }

  /// What QEMU made of every test; `control` is 0, or 1 where the word is UNDEFINED.
  func runOnQEMU() throws -> [VectorOperands] {
    try program.run().map { record in
      var operands = VectorOperands()
      operands.vectors = record.vectors
      operands.general = Array(record.general[..<16])
      // SIGILL; any other signal is a number that no test expects.
      operands.control = record.signal == 4 ? 1 : record.signal
      operands.status = record.status
      operands.flags = record.flags
      operands.memory = record.memory
      return operands
    }
  }
}
