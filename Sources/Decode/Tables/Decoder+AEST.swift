// Arm Error Source Table. Arm DEN0085: revision 1 of the table has one form of the interface, revision
// 2 another whose bitmaps depend on the size of the record group.

import APEI

extension Layout {
  static let errorNode = Layout(
    "node", ErrorNodeLayout.size,
    [
      Row(ErrorNodeLayout.type, .decimal, .names(ErrorNodeLayout.name), nameKey: "typeName"),
      Row(ErrorNodeLayout.length), Row(ErrorNodeLayout.reserved, .reserved),
      Row(ErrorNodeLayout.dataOffset), Row(ErrorNodeLayout.interfaceOffset),
      Row(ErrorNodeLayout.interruptOffset), Row(ErrorNodeLayout.interruptCount),
      Row(
        ErrorNodeLayout.timestampRate, .decimal,
        .words { $0 == 0 ? "no timestamp, or that of the generic timer" : "Hz" }),
      Row(ErrorNodeLayout.reserved1, .reserved),
      Row(ErrorNodeLayout.injectionRate, .decimal, .words { _ in "Hz" }),
    ])

  static let nodeProcessor = Layout(
    "processor", ErrorNodeDataLayout.processorSize, fields: ErrorNodeDataLayout.processor)
  static let nodeCache = Layout(
    "cache", ErrorNodeDataLayout.processorSize + ErrorNodeDataLayout.resourceSize,
    fields: ErrorNodeDataLayout.cache)
  static let nodeTLB = Layout(
    "TLB", ErrorNodeDataLayout.processorSize + ErrorNodeDataLayout.resourceSize,
    fields: ErrorNodeDataLayout.tlb)
  static let nodeGeneric = Layout(
    "resource", ErrorNodeDataLayout.processorSize + ErrorNodeDataLayout.genericSize,
    fields: ErrorNodeDataLayout.generic)
  static let nodeMemory = Layout(
    "memory", ErrorNodeDataLayout.memorySize, fields: ErrorNodeDataLayout.memory)
  static let nodeSMMU = Layout(
    "SMMU", ErrorNodeDataLayout.smmuSize, fields: ErrorNodeDataLayout.smmu)
  static let nodeVendor1 = Layout(
    "vendor", ErrorNodeDataLayout.vendor1Size, fields: ErrorNodeDataLayout.vendor1)
  static let nodeVendor2 = Layout(
    "vendor", ErrorNodeDataLayout.vendor2Size, fields: ErrorNodeDataLayout.vendor2)
  static let nodeGIC = Layout(
    "GIC", ErrorNodeDataLayout.gicSize, fields: ErrorNodeDataLayout.gic)
  static let nodePCIe = Layout(
    "PCIe", ErrorNodeDataLayout.pcieSize, fields: ErrorNodeDataLayout.pcie)
  static let nodeProxy = Layout(
    "proxy", ErrorNodeDataLayout.proxySize, fields: ErrorNodeDataLayout.proxy)

  static let nodeInterface1 = Layout(
    "interface", ErrorNodeInterfaceLayout.version1Size, fields: ErrorNodeInterfaceLayout.version1)
  static let nodeInterface2 = Layout(
    "interface", ErrorNodeInterfaceLayout.version2Size, fields: ErrorNodeInterfaceLayout.version2)
  static let nodeInterface2Common = Layout(
    "interface", ErrorNodeInterfaceLayout.version2CommonSize,
    fields: ErrorNodeInterfaceLayout.version2Common)

  static let nodeInterrupt = Layout(
    "interrupt", ErrorNodeInterruptLayout.size,
    [
      Row(
        ErrorNodeInterruptLayout.type, .decimal,
        .names { $0 == 0 ? "fault handling" : $0 == 1 ? "error recovery" : nil },
        nameKey: "typeName"),
      Row(ErrorNodeInterruptLayout.reserved, .reserved),
      Row(ErrorNodeInterruptLayout.flags, .decimal, .flags([Flag(0, "level")])),
      Row(ErrorNodeInterruptLayout.interrupt, .decimal, .words { "GSIV \($0)" }),
      Row(ErrorNodeInterruptLayout.iortId),
    ])

  /// The part of a node that its type has.
  static func nodeData(_ type: UInt64, isSecondVersion: Bool) -> Layout? {
    switch type {
    case 0: nodeProcessor
    case 1: nodeMemory
    case 2: nodeSMMU
    case 3: isSecondVersion ? nodeVendor2 : nodeVendor1
    case 4: nodeGIC
    case 5: nodePCIe
    case 6: nodeProxy
    default: nil
    }
  }
}

extension Decoder {
  /// Arm Error Source Table.
  mutating func nodeTable() {
    guard let end = tableHeader() else { return }
    let isSecond = load(TableHeaderLayout.revision, at: 0) >= 2
    report.list("nodes")
    var offset = TableHeaderLayout.size
    var count = 0
    while offset < end {
      guard has(ErrorNodeLayout.size, at: offset, before: end) else {
        truncatedNode(at: offset, before: end, count)
        break
      }
      let length = Int(load(ErrorNodeLayout.length, at: offset))
      guard length >= ErrorNodeLayout.size, has(length, at: offset, before: end) else {
        truncatedNode(at: offset, before: end, count)
        break
      }
      node(at: offset, length, count, isSecond: isSecond)
      offset += length
      count += 1
    }
    report.endList()
    report.derived("nodeCount", count)
    report.derived("endOffset", offset)
  }

  private mutating func truncatedNode(at offset: Int, before end: Int, _ number: Int) {
    let type = load(ErrorNodeLayout.type, at: offset)
    let length = load(ErrorNodeLayout.length, at: offset)
    report.item(at: offset, "node \(number), cut off")
    report.derived("offset", offset)
    if has(ErrorNodeLayout.length.end, at: offset, before: end) {
      report.decimal(
        ErrorNodeLayout.type.name, type, at: offset,
        ErrorNodeLayout.name(type)?.description ?? "unknown")
      report.decimal(
        ErrorNodeLayout.length.name, length, at: offset + ErrorNodeLayout.length.offset)
    }
    report.derived("truncated", true)
    report.end()
    remark(
      .malformed, "node", at: offset, "a length of {d}, {d} bytes are left; a node has 44 or more",
      length, UInt64(end - offset))
  }

  private mutating func node(at offset: Int, _ length: Int, _ number: Int, isSecond: Bool) {
    let type = load(ErrorNodeLayout.type, at: offset)
    report.item(
      at: offset, "node \(number): \(ErrorNodeLayout.name(type)?.description ?? "type \(type)")")
    report.derived("offset", offset)
    let end = offset + length
    fields(.errorNode, at: offset, before: end)
    nodeData(type, at: offset, before: end, isSecond: isSecond)
    nodeInterface(at: offset, before: end, isSecond: isSecond)
    nodeInterrupts(at: offset, before: end)
    report.end()
  }

  /// Where a part of a node starts; nil with a remark when its offset leads outside.
  private mutating func part(
    _ field: ByteField, of offset: Int, _ size: Int, before end: Int, _ subject: StaticString
  ) -> Int? {
    let value = Int(load(field, at: offset))
    let place = offset + value
    guard value >= ErrorNodeLayout.size || size == 0, has(size, at: place, before: end) else {
      remark(
        .malformed, subject, at: offset + field.offset,
        "the offset {d} leads outside the node's {d} bytes", UInt64(value), UInt64(end - offset))
      return nil
    }
    return place
  }

  private mutating func nodeData(
    _ type: UInt64, at offset: Int, before end: Int, isSecond: Bool
  ) {
    guard let layout = Layout.nodeData(type, isSecondVersion: isSecond),
      let place = part(
        ErrorNodeLayout.dataOffset, of: offset, layout.size, before: end, "node data")
    else { return }
    report.object("data", at: place, layout.name.description)
    fields(layout, at: place, before: end)
    if type == 0 {
      let resource: Layout =
        switch load(ErrorNodeDataLayout.resourceType, at: place) {
        case 0: .nodeCache
        case 1: .nodeTLB
        default: .nodeGeneric
        }
      fields(resource, at: place, before: end)
    }
    report.end()
  }

  private mutating func nodeInterface(at offset: Int, before end: Int, isSecond: Bool) {
    let layout: Layout = isSecond ? .nodeInterface2 : .nodeInterface1
    guard
      let place = part(
        ErrorNodeLayout.interfaceOffset, of: offset, layout.size, before: end, "interface")
    else { return }
    let type = load(ErrorNodeInterfaceLayout.type, at: place)
    let name: StaticString? =
      switch type {
      case 0: "system registers"
      case 1: "memory-mapped group"
      case 2: "single memory-mapped record"
      default: nil
      }
    report.object("interface", at: place, "interface: \(name?.description ?? "type \(type)")")
    defer { report.end() }
    if let name { report.derived("typeName", name) }
    require(name != nil, "interface", at: place, "type {d} is reserved", type)
    fields(layout, at: place, before: end)
    let address = load(ErrorNodeInterfaceLayout.address, at: place)
    require(
      type == 0 ? address == 0 : address != 0, "interface",
      at: place + ErrorNodeInterfaceLayout.address.offset,
      "the address {x} does not fit an interface of type {d}", address, type)
    guard isSecond else { return }
    let format = load(ErrorNodeInterfaceLayout.groupFormat, at: place)
    guard let words = ErrorNodeInterfaceLayout.bitmapWords(groupFormat: format) else {
      remark(
        .malformed, "interface", at: place + ErrorNodeInterfaceLayout.groupFormat.offset,
        "group format {d} is reserved", format)
      return
    }
    let size = words * 8
    var rest = place + layout.size
    for name in ["recordImplemented", "statusReporting", "addressingMode"] as [StaticString] {
      guard has(size, at: rest, before: end) else {
        remark(
          .malformed, "interface", at: rest, "the bitmap {s} is cut off", detail: name.description)
        return
      }
      report.data(name, bytes, at: rest, count: size)
      rest += size
    }
    fields(.nodeInterface2Common, at: rest, before: end)
  }

  private mutating func nodeInterrupts(at offset: Int, before end: Int) {
    let count = Int(load(ErrorNodeLayout.interruptCount, at: offset))
    report.list("interrupts")
    defer { report.endList() }
    guard count > 0,
      let first = part(ErrorNodeLayout.interruptOffset, of: offset, 0, before: end, "interrupts")
    else { return }
    for number in 0..<count {
      let place = first + number * ErrorNodeInterruptLayout.size
      guard has(ErrorNodeInterruptLayout.size, at: place, before: end) else {
        report.mark("truncated")
        remark(
          .malformed, "interrupts", at: offset + ErrorNodeLayout.interruptCount.offset,
          "{d} interrupts are announced, {d} are there",
          UInt64(count), UInt64(number))
        return
      }
      report.item(at: place, "interrupt \(number)")
      fields(.nodeInterrupt, at: place, before: end)
      report.end()
    }
  }
}
