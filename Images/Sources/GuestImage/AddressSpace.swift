// A program's half of the address space. It remembers what it mapped, so that tables that went bad
// can be built anew and a bad page be replaced.

import Arm
import Boot
import Bytes
import CArch
import GuestKernelEntry
import ImageRuntime

/// One page or block of a program.
struct Mapping {
  /// Where the program sees it.
  var address: UInt64 = 0
  /// Where it is.
  var physical: UInt64 = 0
  /// Its size: 4 KiB or 2 MiB.
  var size: UInt64 = 4096
  /// Descriptor bits.
  var attributes: UInt64 = 0
  /// What it holds at the start, so that it can be made again.
  var content = Content.zeros
}

/// What a page holds at the start.
enum Content {
  /// Zeros, or a part of the program's file: not known any more once the program has run.
  case zeros, file
  /// `Fill.word` for every word.
  case words
  /// `Fill.code`.
  case code
}

/// What the victims hold.
enum Fill {
  /// The word at an index of its page or block. Images/Sources/GuestProgram has the same.
  static func word(_ index: UInt64) -> UInt64 { 0x9E37_79B9_7F4A_7C15 &* (index &+ 1) }
  /// mov x0, #42; ret
  static let code: UInt64 = 0xD65F_03C0_D280_0540

  /// Writes the content of a page or block.
  static func fill(_ physical: UInt64, _ size: UInt64, _ content: Content, from first: UInt64 = 0) {
    let start = KernelMap.linear(physical)
    switch content {
    case .zeros, .file: break
    case .words:
      for index in 0..<size / 8 { store_64(start + index * 8, word(first + index)) }
    case .code:
      for index in 0..<size / 8 { store_64(start + index * 8, code) }
      for offset in stride(from: 0, to: size, by: Int(CacheLine.size)) {
        publish_code(start + offset)
      }
    }
  }
}

/// A program's memory.
struct AddressSpace {
  private var mappings: [Mapping] = []
  /// The level 1 table.
  private var root: UInt64 = 0
  /// The program's first instruction.
  private(set) var entry: UInt64 = 0

  /// A space with the program in it.
  static func make() -> AddressSpace {
    var space = AddressSpace()
    space.mappings.reserveCapacity(32)
    space.root = space.table()
    space.loadProgram()
    return space
  }

  /// Tables are frames, so that an experiment can hit one without hitting the kernel.
  private func table() -> UInt64 {
    let physical = state.frames.takePage()
    KernelMap.zero(KernelMap.linear(physical), 4096)
    return physical
  }

  /// Makes this the address space of this core.
  func activate() {
    publish_tables()
    SystemRegister.ttbr0EL1.write(root)
    instruction_barrier()
    invalidate_translations()
  }

  /// Adds a page or a block, filled.
  mutating func add(
    _ address: UInt64, size: UInt64 = 4096, _ content: Content, isExecutable: Bool = false,
    isReadOnly: Bool = false
  ) {
    let physical = size == 4096 ? state.frames.takePage() : state.frames.takeBlock()
    var attributes = Attributes.normal | Attributes.user
    if !isExecutable { attributes |= Attributes.uxn }
    if isReadOnly || isExecutable { attributes |= Attributes.readOnly }
    if content == .zeros || content == .file { KernelMap.zero(KernelMap.linear(physical), size) }
    Fill.fill(physical, size, content)
    let mapping = Mapping(
      address: address, physical: physical, size: size, attributes: attributes, content: content)
    mappings.append(mapping)
    enter(mapping)
  }

  private func enter(_ mapping: Mapping) {
    var level = KernelMap.linear(root)
    level = below(level, mapping.address >> 30 & 511)
    let slot = mapping.address >> 21 & 511
    if mapping.size == 4096 {
      level = below(level, slot)
      store_64(
        level + (mapping.address >> 12 & 511) * 8,
        mapping.physical | mapping.attributes | Attributes.table)
    } else {
      store_64(level + slot * 8, mapping.physical | mapping.attributes | Attributes.block)
    }
  }

  private func below(_ level: UInt64, _ index: UInt64) -> UInt64 {
    var entry = load_64(level + index * 8)
    if entry == 0 {
      entry = table() | Attributes.table
      store_64(level + index * 8, entry)
    }
    return KernelMap.linear(TranslationDescriptor(rawValue: entry).address)
  }

  /// Where an address of the program is in memory; from what was mapped, not from the tables.
  func physical(_ address: UInt64) -> UInt64? {
    mapping(address).map { mappings[$0].physical + address - mappings[$0].address }
  }

  private func mapping(_ address: UInt64) -> Int? {
    for index in mappings.indices
    where address >= mappings[index].address
      && address - mappings[index].address < mappings[index].size
    {
      return index
    }
    return nil
  }

  /// The program's address of a physical one, or nil if it is none of the program's.
  func address(ofPhysical physical: UInt64) -> UInt64? {
    for index in mappings.indices
    where physical >= mappings[index].physical
      && physical - mappings[index].physical < mappings[index].size
    {
      return mappings[index].address + physical - mappings[index].physical
    }
    return nil
  }

  /// Where the descriptor of an address is, at a level of 1 to 3.
  func descriptor(_ address: UInt64, level: UInt64) -> UInt64? {
    var table = root
    for current in 1...3 as ClosedRange<UInt64> {
      let index = address >> (39 - 9 * current) & 511
      if current == level { return table + index * 8 }
      let entry = TranslationDescriptor(rawValue: load_64(KernelMap.linear(table) + index * 8))
      guard entry.kind(level: current, stride: TranslationGranule.kib4.stride) == .table else {
        return nil
      }
      table = entry.address
    }
    return nil
  }

  /// Builds every table anew, from what was mapped; the old ones stay lost.
  mutating func rebuildTables() {
    root = table()
    for index in mappings.indices { enter(mappings[index]) }
    activate()
  }

  /// Puts a fresh page with the same content in the place of a bad one; a block is divided for it.
  /// False when the content is not known.
  mutating func replace(_ address: UInt64) -> Bool {
    guard let index = mapping(address) else { return false }
    let old = mappings[index]
    guard old.content == .words || old.content == .code else { return false }
    let page = address & ~0xFFF
    let fresh = state.frames.takePage()
    Fill.fill(fresh, 4096, old.content, from: (page - old.address) / 8)
    let new = Mapping(
      address: page, physical: fresh, size: 4096, attributes: old.attributes, content: old.content)
    if old.size == 4096 {
      mappings[index] = new
      enter(new)
    } else {
      divide(old, around: new)
    }
    invalidate_translations()
    return true
  }

  /// A level 3 table in the place of a block, with one page of its own. Break-before-make: the
  /// block's descriptor is invalid in between. Arm ARM D8.17.1.
  private mutating func divide(_ block: Mapping, around page: Mapping) {
    let pages = table()
    for index in 0..<512 as Range<UInt64> {
      let address = block.address + index * 4096
      let physical = address == page.address ? page.physical : block.physical + index * 4096
      store_64(
        KernelMap.linear(pages) + index * 8, physical | block.attributes | Attributes.table)
    }
    guard let slot = descriptor(block.address, level: 2) else { return }
    store_64(KernelMap.linear(slot), 0)
    invalidate_translations()
    store_64(KernelMap.linear(slot), pages | Attributes.table)
    publish_tables()
  }

  /// Loads the program's ELF file.
  private mutating func loadProgram() {
    let file = KernelMemoryView.program
    guard let program = try? ELF(file) else { down("the program is no ELF file") }
    entry = program.entry
    for index in 0..<program.programHeaderCount {
      guard let segment = try? program.segment(index), segment.memorySize > 0 else { continue }
      var page = segment.virtualAddress & ~0xFFF
      while page < segment.virtualAddress + segment.memorySize {
        if mapping(page) == nil {
          add(page, .file, isExecutable: segment.flags & 1 != 0, isReadOnly: segment.flags & 2 == 0)
        }
        page += 4096
      }
      var offset: UInt64 = 0
      while offset < segment.fileSize {
        let address = segment.virtualAddress + offset
        guard let place = physical(address) else { break }
        let count = min(segment.fileSize - offset, 4096 - (address & 0xFFF))
        for index in 0..<count {
          let byte = file.byte(at: Int(segment.fileOffset + offset + index))
          store_8(KernelMap.linear(place) + index, byte)
        }
        offset += count
      }
      var line = CacheLine.start(of: segment.virtualAddress)
      while segment.flags & 1 != 0, line < segment.virtualAddress + segment.fileSize {
        if let place = physical(line) { publish_code(KernelMap.linear(place)) }
        line += CacheLine.size
      }
    }
  }
}
