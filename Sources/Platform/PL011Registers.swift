// The registers of the UART, a PrimeCell PL011: where they are and what is in them. They are here and not
// in Arm because the UART is a device of the board; the VMM's guests have the same one.

import Arm

/// The registers of a PL011 by their offset. DDI 0183, 3.2.
public enum PL011Register: UInt64, CaseIterable, Sendable {
  /// UARTDR: a character to send, or received with its errors.
  case dr = 0x000
  /// UARTRSR and UARTECR: errors of the last character that was read; a write clears them.
  case rsr = 0x004
  /// UARTFR, `PL011Flags`.
  case fr = 0x018
  /// UARTILPR: IrDA low-power counter.
  case ilpr = 0x020
  /// UARTIBRD: baud rate divisor, integer part.
  case ibrd = 0x024
  /// UARTFBRD: baud rate divisor, fractional part.
  case fbrd = 0x028
  /// UARTLCR_H, `PL011LineControl`.
  case lcrH = 0x02C
  /// UARTCR, `PL011Control`.
  case cr = 0x030
  /// UARTIFLS: levels of the FIFOs.
  case ifls = 0x034
  /// UARTIMSC, `PL011Interrupts`: which are let through.
  case imsc = 0x038
  /// UARTRIS, `PL011Interrupts`: which are pending.
  case ris = 0x03C
  /// UARTMIS, `PL011Interrupts`: which are pending and let through.
  case mis = 0x040
  /// UARTICR, `PL011Interrupts`: clears.
  case icr = 0x044
  /// UARTDMACR: what is asked of a DMA controller.
  case dmacr = 0x048

  /// UARTPeriphID0 to UARTPCellID3, a byte in each word: a PL011 of Arm, a PrimeCell.
  public static let identification: ClosedRange<UInt64> = 0xFE0...0xFFC

  /// The byte of an identification register.
  @inlinable public static func identification(at offset: UInt64) -> UInt32 {
    let bytes: UInt64 = 0xB105_F00D_0014_1011
    return UInt32(truncatingIfNeeded: bytes >> (8 &* ((offset &- 0xFE0) / 4 & 7)) & 0xFF)
  }

  /// UARTCR after reset: RXE and TXE.
  public static let resetControl: UInt32 = 0x300
  /// UARTIFLS after reset: half full, half empty.
  public static let resetLevels: UInt32 = 0x12
}

/// UARTFR. DDI 0183, 3.3.3.
public struct PL011Flags: Register {
  /// The bits; 9 are in use.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Clear to send.
  public static let cts = Field("CTS", 0)
  /// Data set ready.
  public static let dsr = Field("DSR", 1)
  /// Data carrier detect.
  public static let dcd = Field("DCD", 2)
  /// It is sending.
  public static let busy = Field("BUSY", 3)
  /// Nothing was received.
  public static let rxfe = Field("RXFE", 4)
  /// No room to send.
  public static let txff = Field("TXFF", 5)
  /// No room to receive.
  public static let rxff = Field("RXFF", 6)
  /// Nothing is left to send.
  public static let txfe = Field("TXFE", 7)
  /// Ring indicator.
  public static let ri = Field("RI", 8)
  /// All fields.
  public static let fields = [cts, dsr, dcd, busy, rxfe, txff, rxff, txfe, ri]
}

/// UARTLCR_H. DDI 0183, 3.3.7.
public struct PL011LineControl: Register {
  /// The bits; 8 are in use.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Send a break.
  public static let brk = Field("BRK", 0)
  /// Parity enable.
  public static let pen = Field("PEN", 1)
  /// Even parity.
  public static let eps = Field("EPS", 2)
  /// Two stop bits.
  public static let stp2 = Field("STP2", 3)
  /// FIFO enable.
  public static let fen = Field("FEN", 4)
  /// Bits of a character: 3 eight.
  public static let wlen = Field("WLEN", 6, 5)
  /// Stick parity.
  public static let sps = Field("SPS", 7)
  /// All fields.
  public static let fields = [brk, pen, eps, stp2, fen, wlen, sps]

  /// Eight bits, with FIFOs.
  @inlinable public static var eightBits: PL011LineControl {
    PL011LineControl(rawValue: 0).with(wlen, 3).with(fen, 1)
  }
}

/// UARTCR. DDI 0183, 3.3.8.
public struct PL011Control: Register {
  /// The bits; 16 are in use.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// UART enable.
  public static let uarten = Field("UARTEN", 0)
  /// Loopback.
  public static let lbe = Field("LBE", 7)
  /// Transmit enable.
  public static let txe = Field("TXE", 8)
  /// Receive enable.
  public static let rxe = Field("RXE", 9)
  /// Data transmit ready.
  public static let dtr = Field("DTR", 10)
  /// Request to send.
  public static let rts = Field("RTS", 11)
  /// An output that serves as data carrier detect.
  public static let out1 = Field("Out1", 12)
  /// An output that serves as ring indicator.
  public static let out2 = Field("Out2", 13)
  /// All fields that somebody here looks at.
  public static let fields = [uarten, lbe, txe, rxe, dtr, rts, out1, out2]

  /// On, sending, and receiving if wanted.
  @inlinable public static func enabled(receives: Bool) -> PL011Control {
    PL011Control(rawValue: 0).with(uarten, 1).with(txe, 1).with(rxe, receives ? 1 : 0)
  }
}

/// UARTIMSC, UARTRIS, UARTMIS and UARTICR. DDI 0183, 3.3.10 to 3.3.13.
public struct PL011Interrupts: Register {
  /// The bits; 11 are in use.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Ring indicator.
  public static let ri = Field("RI", 0)
  /// Clear to send.
  public static let cts = Field("CTS", 1)
  /// Data carrier detect.
  public static let dcd = Field("DCD", 2)
  /// Data set ready.
  public static let dsr = Field("DSR", 3)
  /// Received.
  public static let rx = Field("RX", 4)
  /// Sent.
  public static let tx = Field("TX", 5)
  /// Received, and nothing has followed.
  public static let rt = Field("RT", 6)
  /// Errors: framing, parity, break, overrun.
  public static let errors = Field("FE, PE, BE, OE", 10, 7)
  /// All fields.
  public static let fields = [ri, cts, dcd, dsr, rx, tx, rt, errors]
  /// All bits in use.
  public static let implemented: UInt32 = 0x7FF
}
