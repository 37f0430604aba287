// LD1-LD4, ST1-ST4 and LD1R-LD4R. Loads go to temporaries first and registers change only after
// the last access, so an instruction that faults in the middle can be restarted; stores before the
// fault stay, as the architecture allows.

extension Core {
  /// Transfers of whole registers.
  func vectorMultipleStructures(_ op: Operation, isLoad: Bool) throws(GuestException) {
    let structure: Int = op.vectorAmount &>> 8
    let repeats: Int = op.vectorAmount & 0xFF
    let size: Int = op.vectorSize
    let lanes: Int = op.vectorLanes
    let address: UInt64 = state[x: op.rn]
    let registers: Int = structure &* repeats
    if structure == 1 {
      let bytes: Int = lanes &<< size
      if isLoad {
        try loadRegisters(op, address, registers: registers, bytes: bytes)
      } else {
        try storeRegisters(op, address, registers: registers, bytes: bytes)
      }
    } else {
      var values = (VectorValue(), VectorValue(), VectorValue(), VectorValue())
      var next: UInt64 = address
      if !isLoad {
        values = (
          vector(op.rd), vector(Core.consecutive(op.rd, 1)), vector(Core.consecutive(op.rd, 2)),
          vector(Core.consecutive(op.rd, 3))
        )
      }
      for lane in 0..<lanes {
        for member in 0..<structure {
          if isLoad {
            let element: UInt64 = try load(next, size: 1 &<< size)
            Core.set(&values, member, lane, size, element)
          } else {
            try store(next, size: 1 &<< size, Core.get(values, member)[lane, size])
          }
          next &+= 1 &<< UInt64(size)
        }
      }
      if isLoad { setConsecutive(op.rd, values, count: structure) }
    }
    postIndex(op, bytes: (lanes &<< size) &* registers)
  }

  /// LD1 of whole registers: at once from a page in the fast TLB, else eight bytes at a time where
  /// no element straddles two such accesses.
  private func loadRegisters(
    _ op: Operation, _ address: UInt64, registers: Int, bytes: Int
  )
    throws(GuestException)
  {
    var values = (VectorValue(), VectorValue(), VectorValue(), VectorValue())
    if let pointer = unsafe dataTLB.readable(address, UInt64(bytes &* registers)) {
      for register in 0..<registers {
        let offset: Int = register &* bytes
        let low = unsafe pointer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        var high: UInt64 = 0
        if bytes > 8 {
          high = unsafe pointer.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
        }
        setVector(Core.consecutive(op.rd, register), VectorValue(low: low, high: high))
      }
      return
    }
    let step: Int = Core.accessSize(address, op.vectorSize)
    let lanes: Int = bytes &>> step
    var next: UInt64 = address
    for register in 0..<registers {
      for lane in 0..<lanes {
        let element: UInt64 = try load(next, size: 1 &<< step)
        Core.set(&values, register, lane, step, element)
        next &+= 1 &<< UInt64(step)
      }
    }
    setConsecutive(op.rd, values, count: registers)
  }

  private func storeRegisters(
    _ op: Operation, _ address: UInt64, registers: Int, bytes: Int
  )
    throws(GuestException)
  {
    if let pointer = unsafe dataTLB.writable(address, UInt64(bytes &* registers)) {
      for register in 0..<registers {
        let value = vector(Core.consecutive(op.rd, register))
        let offset: Int = register &* bytes
        unsafe pointer.storeBytes(of: value.low, toByteOffset: offset, as: UInt64.self)
        if bytes > 8 {
          unsafe pointer.storeBytes(of: value.high, toByteOffset: offset &+ 8, as: UInt64.self)
        }
      }
      return
    }
    let step: Int = Core.accessSize(address, op.vectorSize)
    let lanes: Int = bytes &>> step
    var next: UInt64 = address
    for register in 0..<registers {
      let value = vector(Core.consecutive(op.rd, register))
      for lane in 0..<lanes {
        try store(next, size: 1 &<< step, value[lane, step])
        next &+= 1 &<< UInt64(step)
      }
    }
  }

  /// log2 of the size to access memory with: at least the element, more when the address is
  /// aligned to more, so that nothing but the number of accesses differs.
  @inline(__always) private static func accessSize(_ address: UInt64, _ size: Int) -> Int {
    max(size, min(3, address.trailingZeroBitCount))
  }

  /// Transfers of one lane.
  func vectorSingleStructure(_ op: Operation, isLoad: Bool) throws(GuestException) {
    let structure: Int = op.vectorAmount &>> 8
    let lane: Int = op.vectorAmount & 0xFF
    let size: Int = op.vectorSize
    var next: UInt64 = state[x: op.rn]
    var values = (
      vector(op.rd), vector(Core.consecutive(op.rd, 1)), vector(Core.consecutive(op.rd, 2)),
      vector(Core.consecutive(op.rd, 3))
    )
    for member in 0..<structure {
      if isLoad {
        let element: UInt64 = try load(next, size: 1 &<< size)
        Core.set(&values, member, lane, size, element)
      } else {
        try store(next, size: 1 &<< size, Core.get(values, member)[lane, size])
      }
      next &+= 1 &<< UInt64(size)
    }
    if isLoad { setConsecutive(op.rd, values, count: structure) }
    postIndex(op, bytes: structure &<< size)
  }

  /// LD1R-LD4R.
  func vectorReplicateStructure(_ op: Operation) throws(GuestException) {
    let structure: Int = op.vectorAmount &>> 8
    let size: Int = op.vectorSize
    var next: UInt64 = state[x: op.rn]
    var elements: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for member in 0..<structure {
      let element: UInt64 = try load(next, size: 1 &<< size)
      switch member {
      case 0: elements.0 = element
      case 1: elements.1 = element
      case 2: elements.2 = element
      default: elements.3 = element
      }
      next &+= 1 &<< UInt64(size)
    }
    var values = (
      VectorValue.replicate(elements.0, size), VectorValue.replicate(elements.1, size),
      VectorValue.replicate(elements.2, size), VectorValue.replicate(elements.3, size)
    )
    if op.vectorIsShort {
      values.0.high = 0
      values.1.high = 0
      values.2.high = 0
      values.3.high = 0
    }
    setConsecutive(op.rd, values, count: structure)
    postIndex(op, bytes: structure &<< size)
  }

  /// Writes back the base: by the bytes transferred, or by a register unless it is 31.
  private func postIndex(_ op: Operation, bytes: Int) {
    if !op.vectorIsIndexed { return }
    let offset: UInt64 = op.rm == 31 ? UInt64(bytes) : state[x: op.rm]
    state[x: op.rn] = state[x: op.rn] &+ offset
  }

  /// The register some places after another, wrapping after V31.
  @inline(__always) private static func consecutive(_ register: UInt8, _ distance: Int) -> UInt8 {
    (register &+ UInt8(truncatingIfNeeded: distance)) & 31
  }

  private typealias FourValues = (VectorValue, VectorValue, VectorValue, VectorValue)

  @inline(__always) private static func get(_ values: FourValues, _ index: Int) -> VectorValue {
    switch index {
    case 0: values.0
    case 1: values.1
    case 2: values.2
    default: values.3
    }
  }

  @inline(__always)
  private static func set(
    _ values: inout FourValues, _ index: Int, _ lane: Int, _ size: Int, _ element: UInt64
  ) {
    switch index {
    case 0: values.0[lane, size] = element
    case 1: values.1[lane, size] = element
    case 2: values.2[lane, size] = element
    default: values.3[lane, size] = element
    }
  }

  private func setConsecutive(_ register: UInt8, _ values: FourValues, count: Int) {
    for index in 0..<count {
      setVector(Core.consecutive(register, index), Core.get(values, index))
    }
  }
}
