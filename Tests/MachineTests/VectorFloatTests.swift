// Special cases of floating point, value by value from the Arm ARM's shared pseudocode.

import Testing

@testable import Machine

@Suite struct VectorFloatTests {
  private static let invalid: UInt64 = 1
  private static let divideByZero: UInt64 = 2
  private static let overflow: UInt64 = 4
  private static let underflow: UInt64 = 8
  private static let inexact: UInt64 = 16
  private static let inputDenormal: UInt64 = 128

  private func unit(_ control: UInt64 = 0) -> SoftFloat { SoftFloat(control: control, flags: 0) }

  @Test func aSignallingNaNWinsOverAnEarlierQuietOneAndIsQuieted() {
    var unit = unit()
    #expect(unit.add(0x7FC0_0001, 0x7F80_0002, .single) == 0x7FC0_0002)
    #expect(unit.flags == VectorFloatTests.invalid)
  }

  @Test func defaultNaNReplacesPayloadAndSign() {
    var unit = unit(1 << 25)
    #expect(unit.add(0xFFC0_0001, 0, .single) == 0x7FC0_0000)
    #expect(unit.flags == 0)
  }

  @Test func aQuietAddendLosesToInfinityTimesZero() {
    var unit = unit()
    let infinity: UInt64 = 0x7F80_0000
    #expect(unit.multiplyAdd(0x7FC0_0005, infinity, 0, .single) == 0x7FC0_0000)
    #expect(unit.flags == VectorFloatTests.invalid)
    // A signalling addend wins.
    #expect(unit.multiplyAdd(0x7F80_0005, infinity, 0, .single) == 0x7FC0_0005)
  }

  @Test func flushToZeroIsNotInexact() {
    var unit = unit(1 << 24)
    // The smallest normal number times one half.
    #expect(unit.multiply(0x8080_0000, 0x3F00_0000, .single) == 0x8000_0000)
    #expect(unit.flags == VectorFloatTests.underflow)
    unit.flags = 0
    #expect(unit.add(0x8000_0001, 0x8000_0001, .single) == 0x8000_0000)
    #expect(unit.flags == VectorFloatTests.inputDenormal)
  }

  @Test func halfPrecisionFlushesByFZ16AndWithoutIDC() {
    var flushing = unit(1 << 19)
    #expect(flushing.add(0x0001, 0x0001, .half) == 0)
    #expect(flushing.flags == 0)
    var other = unit(1 << 24)
    #expect(other.add(0x0001, 0x0001, .half) == 0x0002)
    // Conversions do not flush halves.
    #expect(
      flushing.convert(0x0001, from: .half, to: .single, .tieToEven) == 0x3380_0000)
  }

  @Test func tininessIsDetectedBeforeRounding() {
    var unit = unit()
    // (1 - 2^-24) * 2^-126 rounds up to the smallest normal number, and still underflows.
    #expect(unit.multiply(0x3F7F_FFFF, 0x0080_0000, .single) == 0x0080_0000)
    #expect(unit.flags == VectorFloatTests.underflow | VectorFloatTests.inexact)
  }

  @Test func overflowGoesWhereTheRoundingModeSays() {
    let largest: UInt64 = 0x7FEF_FFFF_FFFF_FFFF
    let infinity: UInt64 = 0x7FF0_0000_0000_0000
    let results: [UInt64] = [infinity, infinity, largest, largest]
    for (mode, result) in results.enumerated() {
      var unit = unit(UInt64(mode) << 22)
      #expect(unit.add(largest, largest, .double) == result)
      #expect(unit.flags == VectorFloatTests.overflow | VectorFloatTests.inexact)
    }
  }

  @Test func exactCancellationIsMinusZeroOnlyTowardMinusInfinity() {
    for mode in 0..<4 as Range<UInt64> {
      var unit = unit(mode << 22)
      let sum: UInt64 = unit.add(0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, .double)
      #expect(sum == (mode == 2 ? 1 << 63 : 0))
      #expect(unit.flags == 0)
    }
  }

  @Test func fusedMultiplyAddRoundsOnce() {
    // (1 + 2^-52)^2 - (1 + 2^-51) = 2^-104 exactly.
    let a: UInt64 = 0x3FF0_0000_0000_0001
    var unit = unit()
    #expect(unit.multiplyAdd(0xBFF0_0000_0000_0002, a, a, .double) == 0x3970_0000_0000_0000)
    #expect(unit.flags == 0)
    unit.flags = VectorFloatTests.inexact
    #expect(unit.multiplyAdd(0xBFF0_0000_0000_0002, a, a, .double) == 0x3970_0000_0000_0000)
  }

  @Test func toIntegerSaturatesAndRoundsAsAsked() {
    var unit = unit()
    // 2.5 to nearest even, away, and up; -0.5 unsigned.
    let x: UInt64 = 0x4004_0000_0000_0000
    func convert(_ rounding: FloatRounding) -> UInt64 {
      unit.toFixed(x, .double, fractionBits: 0, width: 32, isSigned: true, rounding)
    }
    #expect(convert(.tieToEven) == 2)
    #expect(convert(.tieAway) == 3)
    #expect(convert(.towardPlusInfinity) == 3)
    #expect(unit.flags == VectorFloatTests.inexact)
    unit.flags = 0
    #expect(
      unit.toFixed(
        0xBFE0_0000_0000_0000, .double, fractionBits: 0, width: 32, isSigned: false,
        .towardMinusInfinity) == 0)
    #expect(unit.flags == VectorFloatTests.invalid)
    #expect(
      unit.toFixed(
        0xC1E0_0000_0020_0000, .double, fractionBits: 0, width: 32, isSigned: true, .towardZero)
        == 0x8000_0000)
  }

  @Test func roundingToOddKeepsTheStickyBit() {
    var unit = unit()
    // 1 + 2^-52 to single: 1 + 2^-23, so that a second rounding to half cannot double round.
    let single = unit.convert(0x3FF0_0000_0000_0001, from: .double, to: .single, .toOdd)
    #expect(single == 0x3F80_0001)
    #expect(unit.flags == VectorFloatTests.inexact)
    // And never to infinity.
    #expect(
      unit.convert(0x7FEF_FFFF_FFFF_FFFF, from: .double, to: .single, .toOdd) == 0x7F7F_FFFF)
  }

  @Test func alternativeHalfPrecisionHasNoInfinitiesOrNaNs() {
    var unit = unit(1 << 26)
    #expect(unit.convert(0x7C00, from: .half, to: .single, .tieToEven) == 0x4780_0000)
    #expect(unit.convert(0x7F80_0000, from: .single, to: .half, .tieToEven) == 0x7FFF)
    #expect(unit.flags == VectorFloatTests.invalid)
    #expect(unit.convert(0xFFC0_0000, from: .single, to: .half, .tieToEven) == 0x8000)
  }

  @Test func maximumNumberPrefersANumberToAQuietNaNOnly() {
    var unit = unit()
    #expect(
      unit.extremumNumber(0x7FC0_0000, 0xC000_0000, .single, isMaximum: true) == 0xC000_0000)
    #expect(unit.flags == 0)
    #expect(
      unit.extremumNumber(0x7F80_0001, 0xC000_0000, .single, isMaximum: true) == 0x7FC0_0001)
    #expect(unit.flags == VectorFloatTests.invalid)
    #expect(unit.extremum(0, 0x8000_0000, .single, isMaximum: false) == 0x8000_0000)
  }

  @Test func estimatesFollowTheManualsFormulas() {
    var unit = unit()
    #expect(unit.reciprocalEstimate(0x3F80_0000, .single) == 0x3F7F_8000)
    #expect(unit.reciprocalSquareRootEstimate(0x3F80_0000, .single) == 0x3F7F_8000)
    #expect(unit.flags == 0)
    #expect(unit.reciprocalEstimate(0x8000_0000, .single) == 0xFF80_0000)
    #expect(unit.flags == VectorFloatTests.divideByZero)
    #expect(SoftFloat.unsignedReciprocalEstimate(0x8000_0000) == 0xFF80_0000)
  }

  @Test func multiplyExtendedMakesTwoOfInfinityTimesZero() {
    var unit = unit()
    #expect(unit.multiplyExtended(0xFF80_0000, 0, .single) == 0xC000_0000)
    #expect(unit.flags == 0)
  }

  /// The host's FPU is only a shortcut: with it, bits and flags are those of the integers.
  @Test func hostArithmeticEqualsIntegerArithmetic() {
    var random = FuzzRandom(seed: 3)
    for _ in 0..<20_000 {
      for format in [FloatFormat.single, .double] {
        let a: UInt64 = random.float(bits: format.bits)
        let b: UInt64 = random.float(bits: format.bits)
        let flags: UInt64 = random.next() & VectorFloatTests.inexact
        var host = SoftFloat(control: 0, flags: flags)
        var integers = SoftFloat(control: 0, flags: flags)
        let sum: UInt64 = host.add(a, b, format)
        #expect(sum == integers.addInIntegers(a, b, format, negatingSecond: false))
        #expect(host.flags == integers.flags)
        let product: UInt64 = host.multiply(a, b, format)
        #expect(product == integers.multiplyInIntegers(a, b, format, isExtended: false))
        #expect(host.flags == integers.flags)
      }
    }
  }
}

/// What an instruction does to the rest of the register, and to memory when it fails.
@Suite struct VectorRegisterTests {
  @Test func aScalarResultZeroesTheRestOfTheRegister() throws {
    let world = try VectorWorld()
    var operands = VectorOperands()
    operands.vectors[0] = ~0
    operands.vectors[1] = ~0
    // FADD H0, H1, H2
    let result = try world.run(0x1EE2_2820, operands, memory: VectorProgram.recordAddress)
    #expect(result.vectors[0] == 0)
    #expect(result.vectors[1] == 0)
  }

  @Test func aFaultInTheMiddleOfALoadChangesNoRegister() throws {
    let world = try VectorWorld()
    let state = world.core.state
    // The last bytes of the mapped RAM, then nothing: LD1 {V0.16B-V3.16B}, [X1], #64
    let end: UInt64 = 512 << 20
    let operation = try #require(VectorDecoder.decodeVector(0x4CDF_2020))
    state[x: 1] = end - 32
    for index in 0..<4 as Range<UInt8> {
      state[v: index, 0] = UInt64(index) + 1
      state[v: index, 1] = UInt64(index) + 101
    }
    #expect(throws: GuestException.self) { try world.core.executeVector(operation) }
    #expect(state[x: 1] == end - 32)
    for index in 0..<4 as Range<UInt8> {
      #expect(state[v: index, 0] == UInt64(index) + 1)
      #expect(state[v: index, 1] == UInt64(index) + 101)
    }
  }
}
