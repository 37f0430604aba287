// Guest registers in x86-64 ones.

extension X86Translator {
  /// SI, DI, R8 to R11, R13, R14, BP.
  static let pool: UInt16 = 0b0110_1111_1110_0000

  /// A register by its number: all sixteen have one.
  @inline(__always) private static func register(_ number: UInt8) -> X86Register {
    X86Register(rawValue: number & 15) ?? .ax
  }

  func load(_ host: UInt8, guest: UInt8) {
    x86.load(Self.register(host), .bx, Self.offset(Int(guest)))
  }

  func store(_ host: UInt8, guest: UInt8) {
    x86.store(Self.register(host), .bx, Self.offset(Int(guest)))
  }

  /// A register to read; zero comes in DX. Keeps the flags.
  func use(_ guest: UInt8) -> X86Register {
    if guest == CoreState.zeroRegister {
      x86.mov(.dx, imm: 0)
      return .dx
    }
    if let register = host(of: guest) { return Self.register(register) }
    let register = allocate(guest)
    load(register, guest: guest)
    return Self.register(register)
  }

  /// A register to write, with nothing in it yet; AX for a result that is discarded. Keeps the flags.
  func define(_ guest: UInt8) -> X86Register {
    if guest >= CoreState.zeroRegister { return .ax }
    return Self.register(host(of: guest) ?? allocate(guest))
  }
}
