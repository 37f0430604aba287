// What our firmware publishes, as `faultline decode` tells it: the records of Tests/FirmwareTests/Goldens,
// byte for byte.

import APEI
import Foundation
import Support
import Testing

@testable import Decode

@Suite struct FirmwareRecordTests {
  /// The blocks of the golden file, by the name of their case.
  static func blocks() throws -> [(name: String, bytes: [UInt8])] {
    let text = try Checkout.text("Tests/FirmwareTests/Goldens/records.txt")
    return text.components(separatedBy: "\n\n").map { part in
      let lines = part.split(separator: "\n").map(String.init)
      let bytes = lines.filter { !$0.contains(":") && !$0.hasPrefix("source ") }
        .flatMap { $0.split(separator: " ") }.compactMap { UInt8($0, radix: 16) }
      return (lines.first ?? "", bytes)
    }.filter { !$0.1.isEmpty }
  }

  @Test func everyNodeOfAPublishedRecordIsShown() throws {
    let blocks = try Self.blocks()
    #expect(blocks.count > 10)
    var nodes = 0
    for (name, bytes) in blocks {
      let json = try JSON(Decoding(bytes, DecodeRequest(style: .json)).bytes)
      for entry in json["entries"]?.list ?? []
      where entry["type"]?.string == "bf32d4d5-b427-4025-8495-8a9e5d4030e4" {
        nodes += 1
        let section = entry["decoded"]
        let isProcessor = section?["componentTypeName"]?.string == "processor"
        #expect(section?["userData"]?.string == (isProcessor ? "PE" : "memory"), "\(name)")
        let records = section?["records"]?.list ?? []
        #expect(!records.isEmpty, "\(name)")
        #expect(records.allSatisfy { $0["status"]?.string?.hasPrefix("0x") == true }, "\(name)")
      }
      let text = Decoding(bytes, DecodeRequest()).text
      #expect(!text.contains("malformed"), "\(name): \(text)")
    }
    #expect(nodes >= blocks.count - 1, "only what no record has said is of no node")
  }

  @Test func aNodesRegistersAreExplained() throws {
    let block = try #require(try Self.blocks().first { $0.name.hasPrefix("load, recoverable") })
    let text = Decoding(block.bytes, DecodeRequest()).text
    #expect(text.contains("ARM RAS"))
    #expect(text.contains("system physical address"))
    #expect(text.contains("architecture 0, revision 1"))
  }
}
