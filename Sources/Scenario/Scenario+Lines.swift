// From the file to further lines that an injection hits: those that agree with its place in some bits of their
// addresses, as the lines of a DRAM's column or bank do, and those that are named one by one.

import Arm

extension Scenario.Injection {
  /// Reads `mask` and `also`.
  mutating func readFurtherLines(_ map: [String: ScenarioNode]) throws {
    for key in ["mask", "also"] {
      guard let value = map[key] else { continue }
      guard meeting == .use, finding == .use || key == "also" else {
        throw value.mistake("\(key) of lines that are met with their use", found: "at once")
      }
    }
    if let value = map["mask"] {
      if let length = map["length"] {
        throw length.mistake("length or mask, not both", found: "both")
      }
      let accepted = "the bits of an address in which lines agree, none below 0x40"
      let bits = try value.number(.count, in: 0...UInt64.max, accepted)
      guard bits % CacheLine.size == 0 else { throw value.mistake(accepted) }
      mask = bits
    }
    if let value = map["also"] {
      also = try value.list().map {
        try $0.number(.count, in: 0...UInt64.max, "a list of physical addresses")
      }
    }
  }
}
