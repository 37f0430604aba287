// The registers of the two devices that are our own (Machine/Devices/Doorbell.swift and
// ErrorInjector.swift): where they are and what is in them.

import Arm

/// The registers of the doorbell by their offset.
public enum DoorbellRegister {
  /// Which bells ring; a write of 1 rings one.
  public static let ring: UInt64 = 0x0
  /// A Secure write of 1 stills one.
  public static let done: UInt64 = 0x4
  /// How many bells there are.
  public static let count: UInt64 = 0x8
  /// How many there are.
  public static let bellCount: UInt32 = 4
  /// A bit for each.
  public static let bells: UInt32 = 0xF
}

/// The registers of the error injector by their offset.
public enum ErrorInjectorRegister {
  /// Address, bits 31 to 0.
  public static let addressLow: UInt64 = 0x00
  /// Address, bits 63 to 32.
  public static let addressHigh: UInt64 = 0x04
  /// What is recorded.
  public static let state: UInt64 = 0x08
  /// The core.
  public static let core: UInt64 = 0x0C
  /// Instructions until the SError.
  public static let delay: UInt64 = 0x10
  /// Injects.
  public static let command: UInt64 = 0x14
  /// What came of it: 0 is done.
  public static let result: UInt64 = 0x18

  /// CORE: the core's error has an address.
  public static let coreHasAddress: UInt32 = 1 << 31
  /// COMMAND: a line of memory becomes bad.
  public static let memory: UInt32 = 1
  /// COMMAND: a core meets an error of its own.
  public static let processor: UInt32 = 2

  /// What a value of STATE stands for; nil for none.
  public static func state(_ value: UInt32) -> ErrorState? {
    switch value {
    case 0: .corrected
    case 1: .restartable
    case 2: .recoverable
    case 3: .unrecoverable
    case 4: .uncontainable
    case 5: .deferred
    default: nil
    }
  }

  /// The value of STATE for an error state; a deferred one is a memory's own, and no core's.
  public static func value(_ state: ErrorState) -> UInt32 {
    switch state {
    case .corrected: 0
    case .restartable: 1
    case .recoverable: 2
    case .unrecoverable: 3
    case .uncontainable: 4
    case .deferred: 5
    }
  }
}
