// The vendors' sections whose parts depend on what stands in them: Ampere Altra's payloads, HiSilicon's
// registers, NVIDIA Vera's contexts.

import APEI

extension Decoder {
  /// Ampere Altra: bits 7:6 of the first byte say which payload it is.
  mutating func altraSection(at start: Int, before end: Int) {
    let payload = Int(load(start, 1) >> 6)
    let layout = Layout.altra[payload]
    guard fields(layout, at: start, before: end) else { return }
    if !report.isText {
      report.derived("typeWords", Layout.altraType(load(start, 1) & 0x3F))
      report.derived("payload", payload)
      report.derived("instanceNumber", Int(load(start + 2, 2) & 0x3FFF))
      report.derived("socket", Int(load(start + 2, 2) >> 14))
    }
    if end - start > layout.size {
      report.data("rest", bytes, at: start + layout.size, count: end - start - layout.size)
    }
  }

  /// HiSilicon: registers of 32 bits follow.
  mutating func hisiliconSection(at start: Int, before end: Int) {
    let valid = load(start, 4)
    guard fields(.hisilicon, at: start, before: end, valid: valid) else { return }
    let announced = valid >> 12 & 1 != 0 ? load(start + 28, 4) : 0
    let given = end - start - 32
    if announced > UInt64(given) {
      remark(
        .malformed, "HiSilicon section", at: start + 28, "{d} bytes of registers, {d} are there",
        announced, UInt64(given))
    }
    let size = Int(min(announced, UInt64(given))) & ~3
    report.list("registers")
    for place in stride(from: start + 32, to: start + 32 + size, by: 4) {
      report.item("")
      report.hexadecimal("value", load(place, 4), at: place)
      report.end()
    }
    report.endList()
    if size < given {
      report.data("rest", bytes, at: start + 32 + size, count: given - size)
    }
  }

  /// NVIDIA's events: a head, what the device says of itself, contexts.
  mutating func eventSection(at start: Int, before end: Int) {
    guard fields(.nvidiaEvent, at: start, before: end) else { return }
    let information = start + 32
    report.object("information", at: information, "information on the device")
    let size =
      fields(.nvidiaInformation, at: information, before: end)
      ? Int(load(information + 2, 1)) : 0
    if load(start + 2, 1) == 0, size >= 32 {
      fields(.nvidiaCPU, at: information, before: end)
    } else if size > 3 {
      report.data("data", bytes, at: information + 3, count: min(size, end - information) - 3)
    }
    report.end()
    guard size >= 3, information + size <= end else {
      return remark(
        .malformed, "NVIDIA event", at: information + 2,
        "{d} bytes of information on the device, {d} are there", UInt64(size),
        UInt64(max(0, end - information)))
    }
    contextsOfEvent(Int(load(start + 1, 1)), from: information + size, before: end)
  }

  private mutating func contextsOfEvent(_ count: Int, from first: Int, before end: Int) {
    report.list("contexts")
    defer { report.endList() }
    var place = first
    for number in 0..<count {
      guard has(16, at: place, before: end) else {
        report.mark("truncated")
        return remark(
          .malformed, "NVIDIA event", at: place, "{d} contexts are announced, {d} are there",
          UInt64(count), UInt64(number))
      }
      report.item(at: place, "context \(number)")
      fields(.nvidiaContext, at: place, before: end)
      let given = end - place - 16
      let announced = Int(load(place + 12, 4))
      let format = load(place + 8, 2)
      let size = min(announced, given)
      if announced > given {
        remark(
          .malformed, "NVIDIA event context", at: place + 12, "{d} bytes of data, {d} are there",
          UInt64(announced), UInt64(given))
      }
      dataOfContext(format, at: place + 16, size)
      report.end()
      // The size counts head and data; some firmware counts the head alone.
      let stated = Int(load(place, 4))
      guard stated >= 16, announced <= given else { return }
      place += max(stated, 16 + announced)
    }
  }

  /// Formats 1 and 2 are pairs of a key and a value, 3 and 4 values alone; others the vendor knows.
  private mutating func dataOfContext(_ format: UInt64, at start: Int, _ size: Int) {
    let width = format == 1 || format == 3 ? 8 : 4
    let isPair = format <= 2
    let step = isPair ? 2 * width : width
    guard (1...4).contains(format), size % step == 0 else {
      if size > 0 { report.data("data", bytes, at: start, count: size) }
      return
    }
    report.list("values")
    for place in stride(from: start, to: start + size, by: step) {
      report.item("")
      if isPair { report.hexadecimal("key", load(place, width), at: place) }
      let value = isPair ? place + width : place
      report.hexadecimal("value", load(value, width), at: value)
      report.end()
    }
    report.endList()
  }
}
