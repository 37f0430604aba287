// The queue of waiting reports, beside a plain array.

import APEI
import Support
import Testing

@Suite struct ErrorQueueTests {
  @Test func everySequenceOfEventsEndsAsInAPlainArray() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<200 {
      var queue = ErrorQueue<5>()
      var model: [(place: Int, source: Int)] = []
      var lossy: Set<Int> = []
      for _ in 0..<100 {
        let source = [0, 1, 31, 32, 33, 255][Int.random(in: 0..<6, using: &random)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1:
          if let place = queue.freePlace {
            #expect(!model.contains { $0.place == place })
            queue.wait(place, for: source)
            model.append((place, source))
          } else {
            #expect(model.count == 5)
            queue.noteLoss(for: source)
            lossy.insert(source)
          }
        case 2:
          let oldest = model.firstIndex { $0.source == source }
          #expect(queue.oldest(for: source) == oldest.map { model[$0].place })
          if let oldest { queue.remove(model.remove(at: oldest).place) }
        default:
          let isLossy = queue.takeLoss(for: source)
          #expect(isLossy == (lossy.remove(source) != nil))
        }
        #expect(queue.waitingCount == model.count)
      }
    }
  }

  @Test func aLossIsToldForItsOwnSourceOnly() {
    var queue = ErrorQueue<1>()
    queue.noteLoss(for: 33)
    let told = [1, 33, 33].map { queue.takeLoss(for: $0) }
    #expect(told == [false, true, false])
  }
}
