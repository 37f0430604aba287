// Archives for initrds.

import Scenario
import Testing

/// The initrd format, read back by an independent reader of the fixed-width headers.
@Suite struct CpioArchiveTests {
  /// Name, mode and contents of each entry up to the trailer.
  private func entries(_ bytes: [UInt8]) throws -> [(name: String, mode: UInt32, contents: [UInt8])]
  {
    var offset = 0
    var found: [(String, UInt32, [UInt8])] = []
    while true {
      try #require(offset + 110 <= bytes.count)
      #expect(String(decoding: bytes[offset..<offset + 6], as: UTF8.self) == "070701")
      func field(_ index: Int) throws -> Int {
        let start = offset + 6 + index * 8
        return try #require(
          Int(String(decoding: bytes[start..<start + 8], as: UTF8.self), radix: 16))
      }
      let size = try field(6)
      let nameSize = try field(11)
      let name = String(decoding: bytes[offset + 110..<offset + 110 + nameSize - 1], as: UTF8.self)
      #expect(bytes[offset + 110 + nameSize - 1] == 0)
      if name == "TRAILER!!!" { return found }
      let data = (offset + 110 + nameSize + 3) / 4 * 4
      found.append((name, UInt32(try field(1)), Array(bytes[data..<data + size])))
      offset = (data + size + 3) / 4 * 4
    }
  }

  @Test func foldersComeBeforeTheirFilesAndOnce() throws {
    var archive = CpioArchive()
    archive.add(file: "bin/a", [1, 2, 3])
    archive.add(link: "bin/b", to: "a")
    archive.add(file: "etc/deep/c", [], executable: false)
    let found = try entries(archive.bytes)
    #expect(found.map(\.name) == ["bin", "bin/a", "bin/b", "etc", "etc/deep", "etc/deep/c"])
    #expect(found[0].mode == 0o040755)
    #expect(found[1].mode == 0o100755 && found[1].contents == [1, 2, 3])
    #expect(found[2].mode == 0o120777 && found[2].contents == Array("a".utf8))
    #expect(found[5].mode == 0o100644)
  }

  @Test func theArchiveIsPaddedAndTheSameEveryTime() {
    func build() -> [UInt8] {
      var archive = CpioArchive()
      archive.add(characterDevice: "dev/console", major: 5, minor: 1)
      archive.add(file: "init", Array("#!/bin/sh".utf8))
      return archive.bytes
    }
    #expect(build().count % 512 == 0)
    #expect(build() == build())
  }

  @Test func archivesJoinOnAMultipleOfFour() {
    var second = CpioArchive()
    second.add(file: "script", [7])
    let joined = CpioArchive.joined([1, 2, 3], second.bytes)
    #expect(Array(joined[..<4]) == [1, 2, 3, 0])
    #expect(Array(joined[4...]) == second.bytes)
  }
}
