// What the built firmware promises: at most 2 KiB of stack and no heap from an exception to its end,
// 192 KiB of flash, no floating point. Run by `make test`, which builds the images first.

import Foundation
import Support
import Testing

@Suite struct ImageBudgets {
  let image: FirmwareImageFile

  init() throws {
    image = try #require(FirmwareImageFile(), "the images are not built; run `make images`")
  }

  @Test func errorPathStaysWithinTwoKiBOfStackAndNeedsNoHeap() throws {
    let deepest = try #require(
      image.deepest(from: "firmware_exception"),
      "recursion or a call through a pointer: the stack cannot be bounded")
    let vectors = try #require(image.function("firmware_vectors"))
    // The saved context, which each of the slots of lower levels takes with its first instruction.
    let context = FirmwareImageFile.stack(image.instruction(vectors.start + 0x400))
    #expect(context == 288)
    #expect(deepest.bytes + context <= 2048, "\(deepest.path)")
    #expect(deepest.bytes > 500, "the call graph was not followed")
    for name in ["posix_memalign", "swift_allocObject", "swift_slowAlloc"] {
      #expect(!deepest.reached.contains(name))
    }
    #expect(deepest.reached.contains { $0.contains("ErrorReporter") })
  }

  @Test func theImageFitsIts192KiB() throws {
    let size = try Checkout.bytes(".build/images/firmware.bin").count
    #expect(size <= 192 << 10)
    #expect(size > 64 << 10, "that is no whole image")
  }

  @Test func noInstructionUsesFloatingPointOrSIMDRegisters() {
    for function in image.functions.values {
      for address in stride(from: function.start, to: function.end & ~3, by: 4) {
        let code = image.instruction(address)
        // Arm ARM C4.1: op0 x111 is FP and SIMD data processing, x1x0 with V (bit 26) a load or store.
        let isProcessing = code >> 25 & 0b111 == 0b111
        let isMemory = code >> 25 & 0b101 == 0b100 && code & 1 << 26 != 0
        #expect(!isProcessing && !isMemory, "\(function.name) \(code)")
      }
    }
  }
}
