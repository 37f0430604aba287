// The table of error sources, for every number of cores and every choice of rows.

import APEI
import Testing

@Suite struct ErrorSourceTableTests {
  @Test(arguments: [1, 2, 3, 8, 15, 16, 31, 32, 33, 63, 64, 100, 127])
  func everySourceHasOneRowAndOneOwner(_ coreCount: Int) {
    for hasSystemErrors in [false, true] {
      var table = ErrorSourceTable(coreCount: coreCount)
      if hasSystemErrors { table.insert(.systemError) }
      #expect(table.count == coreCount * (hasSystemErrors ? 2 : 1) + 1)
      // The order of the HEST: aborts, SErrors, events.
      var seen: [Int] = []
      for kind in ErrorSourceKind.allCases where table.contains(kind) {
        for core in 0..<(kind.isOfEachCore ? coreCount : 1) {
          let source = table.source(for: kind, core: core)
          #expect(table.kind(of: source) == kind)
          seen.append(source)
        }
      }
      #expect(seen == Array(0..<table.count))
      #expect(table.events == table.count - 1)
      #expect(table.kind(of: -1) == nil && table.kind(of: table.count) == nil)
    }
  }

  @Test func whatHasNoSourceOfItsOwnGoesToTheEvents() {
    let table = ErrorSourceTable(coreCount: 2)
    #expect(table.source(for: .systemError, core: 1) == table.events)
    #expect(table.source(for: .synchronousAbort, core: 2) == table.events)
    #expect(table.source(for: .synchronousAbort, core: -1) == table.events)
    #expect(table.source(for: .event, core: 1) == table.events)
  }

  @Test func onlyWhatIsToldByInterruptNeedsOneRaised() {
    var table = ErrorSourceTable.firmware(coreCount: 2, hasSystemErrors: true)
    table.eventInterrupt = 41
    for (notification, kind) in [(.gpio, .gpio), (.gsiv, .gsiv), (.polled, .polled)]
      as [(EventNotification, ErrorNotification.Kind)]
    {
      table.eventNotification = notification
      for source in 0..<table.count {
        #expect(
          table.isToldByInterrupt(source) == (source == table.events && notification != .polled))
      }
      let structure = table.notification(of: table.events)
      #expect(structure.kind == kind)
      #expect(structure.vector == (kind == .gsiv ? 41 : 0))
      #expect(structure.pollInterval == (kind == .polled ? 1000 : 0))
    }
  }

  @Test func delegatedExceptionsTellOfTwoSources() {
    var table = ErrorSourceTable.firmware(coreCount: 2, hasSystemErrors: true)
    table.eventNotification = .sdei
    table.insert(.criticalEvent)
    (table.delegatedEvent, table.criticalDelegatedEvent) = (800, 801)
    let critical = table.source(for: .criticalEvent, core: 1)
    #expect((critical, table.events) == (4, 5))
    for source in 0..<table.count {
      let isEvent = source >= critical
      #expect(table.isToldByDelegation(source) == isEvent)
      #expect(!table.isToldByInterrupt(source))
      let notification = table.notification(of: source)
      #expect(notification.vector == (isEvent ? source == critical ? 801 : 800 : 0))
      // What an abort or an SError cannot tell any more, the critical one does.
      #expect(table.source(after: source) == (isEvent ? source : critical))
    }
    let plain = ErrorSourceTable(coreCount: 2)
    #expect(plain.source(for: .criticalEvent, core: 0) == plain.events)
    #expect(plain.source(after: 0) == plain.events)
  }

  @Test func theHESTIsTheTable() throws {
    var table = ErrorSourceTable(coreCount: 3)
    table.insert(.systemError)
    let region = ErrorRegion(base: 0x5f00_0000, sources: table)
    for source in 0..<table.count {
      let entry = region.errorSource(source)
      #expect(Int(entry.sourceID) == source)
      #expect(entry.notification == table.notification(of: source))
    }
  }

  @Test func noFlagOfASetStandsForTwoSources() {
    for source in 0..<ErrorSourceTable.maximumCount {
      var set = ErrorSourceSet()
      set[source] = true
      for other in 0..<ErrorSourceTable.maximumCount {
        #expect(set[other] == (other == source))
      }
      set[source] = false
      #expect(set == ErrorSourceSet())
    }
  }
}
