// Which guest registers are in which registers of the host, inside a block.
//
// Between blocks, and wherever anybody else looks, all are in the state: a block writes back what is
// dirty before it ends, and its stubs do before they call anybody.

/// Which host registers hold which guest registers, and a choice of them.
struct CachedRegisters {
  /// The guest register in each of the host's; -1 for none.
  var guests = SIMD16<Int8>(repeating: -1)
  /// The host registers that are meant.
  var chosen: UInt16 = 0
}

extension Translator {
  /// The registers that may hold guest registers: SI, DI, R8 to R11, R13, R14, BP.
  private static let pool: UInt16 = 0b0110_1111_1110_0000

  private func bit(_ register: HostRegister) -> UInt16 { 1 << UInt16(register.rawValue) }

  /// Calls a closure with each register of a mask.
  @inline(__always) private func forEach(_ mask: UInt16, _ body: (HostRegister) -> Void) {
    var mask = mask
    while mask != 0 {
      let number = UInt8(truncatingIfNeeded: mask.trailingZeroBitCount)
      mask &= mask &- 1
      if let register = HostRegister(rawValue: number) { body(register) }
    }
  }

  private func touch(_ register: HostRegister) {
    useCount += 1
    lastUse[Int(register.rawValue)] = useCount
    locked |= bit(register)
  }

  /// A host register for a guest register that has none: a free one, or the one not used for longest.
  private func allocate(_ guest: UInt8) -> HostRegister {
    var best = HostRegister.si
    var oldest = Int32.max
    forEach(Self.pool & ~locked) { register in
      let number = Int(register.rawValue)
      let age = cached.guests[number] < 0 ? -1 : lastUse[number]
      if age < oldest { (best, oldest) = (register, age) }
    }
    let number = Int(best.rawValue)
    let old = cached.guests[number]
    if old >= 0 {
      if dirty & bit(best) != 0 {
        x86.store(best, .bx, Self.offset(Int(old)))
        dirty &= ~bit(best)
      }
      hostOf[Int(old)] = -1
    }
    cached.guests[number] = Int8(guest)
    hostOf[Int(guest)] = Int8(number)
    touch(best)
    return best
  }

  /// Where a guest register is, if it is in the host's.
  private func host(of guest: UInt8) -> HostRegister? {
    let number = hostOf[Int(guest)]
    return number < 0 ? nil : HostRegister(rawValue: UInt8(number))
  }

  /// A register to read; zero comes in DX. Keeps the flags.
  func use(_ guest: UInt8) -> HostRegister {
    if guest == CoreState.zeroRegister {
      x86.mov(.dx, imm: 0)
      return .dx
    }
    if let register = host(of: guest) {
      touch(register)
      return register
    }
    let register = allocate(guest)
    x86.load(register, .bx, Self.offset(Int(guest)))
    return register
  }

  /// A register to write, with nothing in it yet; AX for a result that is discarded. Keeps the flags.
  func define(_ guest: UInt8) -> HostRegister {
    if guest >= CoreState.zeroRegister { return .ax }
    if let register = host(of: guest) {
      touch(register)
      return register
    }
    return allocate(guest)
  }

  /// What `define` gave has the register's value now.
  func commit(_ guest: UInt8) {
    if guest < CoreState.zeroRegister { dirty |= 1 << UInt16(hostOf[Int(guest)]) }
  }

  /// Those whose value is not in the state.
  func dirtyRegisters() -> CachedRegisters {
    CachedRegisters(guests: cached.guests, chosen: dirty)
  }

  /// All that hold a guest register.
  func mappedRegisters() -> CachedRegisters {
    var mask: UInt16 = 0
    forEach(Self.pool) { if cached.guests[Int($0.rawValue)] >= 0 { mask |= bit($0) } }
    return CachedRegisters(guests: cached.guests, chosen: mask)
  }

  /// Writes registers to the state. Keeps the flags.
  func spill(_ registers: CachedRegisters) {
    forEach(registers.chosen) {
      x86.store($0, .bx, Self.offset(Int(registers.guests[Int($0.rawValue)])))
    }
  }

  /// Reads registers from the state.
  func reload(_ registers: CachedRegisters) {
    forEach(registers.chosen) {
      x86.load($0, .bx, Self.offset(Int(registers.guests[Int($0.rawValue)])))
    }
  }

  /// Writes what is not in the state; they stay dirty.
  func writeBack() { spill(dirtyRegisters()) }

  /// Nothing is in the host's registers.
  func forgetRegisters() {
    forEach(Self.pool) {
      let guest = cached.guests[Int($0.rawValue)]
      if guest >= 0 { hostOf[Int(guest)] = -1 }
    }
    cached.guests = SIMD16(repeating: -1)
    dirty = 0
  }

  /// Makes the host's registers hold what they did at the head of the loop.
  func restoreLoopRegisters() {
    forEach(Self.pool & dirty) {
      let number = Int($0.rawValue)
      if loopRegisters.guests[number] != cached.guests[number] {
        x86.store($0, .bx, Self.offset(Int(cached.guests[number])))
      }
    }
    forEach(Self.pool) {
      let number = Int($0.rawValue)
      let guest = loopRegisters.guests[number]
      if guest >= 0, cached.guests[number] != guest {
        x86.load($0, .bx, Self.offset(Int(guest)))
      }
    }
  }
}
