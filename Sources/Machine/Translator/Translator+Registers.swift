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
  private func bit(_ register: UInt8) -> UInt16 { 1 << UInt16(register) }

  /// Calls a closure with each register of a mask.
  @inline(__always) private func forEach(_ mask: UInt16, _ body: (UInt8) -> Void) {
    var mask = mask
    while mask != 0 {
      body(UInt8(truncatingIfNeeded: mask.trailingZeroBitCount))
      mask &= mask &- 1
    }
  }

  private func touch(_ register: UInt8) {
    useCount += 1
    lastUse[Int(register)] = useCount
    locked |= bit(register)
  }

  /// A host register for a guest register that has none: a free one, or the one not used for longest. What
  /// it held is written to the state, which keeps the flags.
  func allocate(_ guest: UInt8) -> UInt8 {
    var best = UInt8(truncatingIfNeeded: Self.pool.trailingZeroBitCount)
    var oldest = Int32.max
    forEach(Self.pool & ~locked) { register in
      let age = cached.guests[Int(register)] < 0 ? -1 : lastUse[Int(register)]
      if age < oldest { (best, oldest) = (register, age) }
    }
    let old = cached.guests[Int(best)]
    if old >= 0 {
      if dirty & bit(best) != 0 {
        store(best, guest: UInt8(old))
        dirty &= ~bit(best)
      }
      hostOf[Int(old)] = -1
    }
    cached.guests[Int(best)] = Int8(guest)
    hostOf[Int(guest)] = Int8(best)
    touch(best)
    return best
  }

  /// Where a guest register is, if it is in the host's: then the current operation uses it.
  func host(of guest: UInt8) -> UInt8? {
    let number = hostOf[Int(guest)]
    guard number >= 0 else { return nil }
    touch(UInt8(number))
    return UInt8(number)
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
    forEach(Self.pool) { if cached.guests[Int($0)] >= 0 { mask |= bit($0) } }
    return CachedRegisters(guests: cached.guests, chosen: mask)
  }

  /// Writes registers to the state. Keeps the flags.
  func spill(_ registers: CachedRegisters) {
    forEach(registers.chosen) { store($0, guest: UInt8(registers.guests[Int($0)])) }
  }

  /// Reads registers from the state.
  func reload(_ registers: CachedRegisters) {
    forEach(registers.chosen) { load($0, guest: UInt8(registers.guests[Int($0)])) }
  }

  /// Writes what is not in the state; registers stay dirty.
  func writeBack() {
    spill(dirtyRegisters())
    writeBackFlags()
  }

  /// Writes the flags that are not in the state.
  func writeBackFlags() {
    store(flags: pendingFlags)
    pendingFlags = []
  }

  /// Nothing is in the host's registers.
  func forgetRegisters() {
    forEach(Self.pool) {
      let guest = cached.guests[Int($0)]
      if guest >= 0 { hostOf[Int(guest)] = -1 }
    }
    cached.guests = SIMD16(repeating: -1)
    dirty = 0
  }

  /// Makes the host's registers hold what they did at the head of the loop.
  func restoreLoopRegisters() {
    forEach(Self.pool & dirty) {
      let number = Int($0)
      if loopRegisters.guests[number] != cached.guests[number] {
        store($0, guest: UInt8(cached.guests[number]))
      }
    }
    forEach(Self.pool) {
      let number = Int($0)
      let guest = loopRegisters.guests[number]
      if guest >= 0, cached.guests[number] != guest {
        load($0, guest: UInt8(guest))
      }
    }
  }
}
