// Actions and instructions of ERST and EINJ by name. ACPI 6.5, tables 18.25, 18.27, 18.32 and 18.34.

/// Actions of the Error Record Serialization Table.
public enum SerializationAction {
  /// The specification's name, or nil for a value without one.
  public static func name(_ value: UInt64) -> StaticString? {
    switch value {
    case 0x0: "BEGIN_WRITE_OPERATION"
    case 0x1: "BEGIN_READ_OPERATION"
    case 0x2: "BEGIN_CLEAR_OPERATION"
    case 0x3: "END_OPERATION"
    case 0x4: "SET_RECORD_OFFSET"
    case 0x5: "EXECUTE_OPERATION"
    case 0x6: "CHECK_BUSY_STATUS"
    case 0x7: "GET_COMMAND_STATUS"
    case 0x8: "GET_RECORD_IDENTIFIER"
    case 0x9: "SET_RECORD_IDENTIFIER"
    case 0xA: "GET_RECORD_COUNT"
    case 0xB: "BEGIN_DUMMY_WRITE_OPERATION"
    case 0xD: "GET_ERROR_LOG_ADDRESS_RANGE"
    case 0xE: "GET_ERROR_LOG_ADDRESS_RANGE_LENGTH"
    case 0xF: "GET_ERROR_LOG_ADDRESS_RANGE_ATTRIBUTES"
    case 0x10: "GET_EXECUTE_OPERATION_TIMINGS"
    default: nil
    }
  }

  /// An instruction's name, or nil.
  public static func instruction(_ value: UInt64) -> StaticString? {
    switch value {
    case 0x00: "READ_REGISTER"
    case 0x01: "READ_REGISTER_VALUE"
    case 0x02: "WRITE_REGISTER"
    case 0x03: "WRITE_REGISTER_VALUE"
    case 0x04: "NOOP"
    case 0x05: "LOAD_VAR1"
    case 0x06: "LOAD_VAR2"
    case 0x07: "STORE_VAR1"
    case 0x08: "ADD"
    case 0x09: "SUBTRACT"
    case 0x0A: "ADD_VALUE"
    case 0x0B: "SUBTRACT_VALUE"
    case 0x0C: "STALL"
    case 0x0D: "STALL_WHILE_TRUE"
    case 0x0E: "SKIP_NEXT_INSTRUCTION_IF_TRUE"
    case 0x0F: "GOTO"
    case 0x10: "SET_SRC_ADDRESS_BASE"
    case 0x11: "SET_DST_ADDRESS_BASE"
    case 0x12: "MOVE_DATA"
    default: nil
    }
  }
}

/// Actions of the Error Injection Table.
public enum InjectionAction {
  /// The specification's name, or nil for a value without one.
  public static func name(_ value: UInt64) -> StaticString? {
    switch value {
    case 0x00: "BEGIN_INJECTION_OPERATION"
    case 0x01: "GET_TRIGGER_ERROR_ACTION_TABLE"
    case 0x02: "SET_ERROR_TYPE"
    case 0x03: "GET_ERROR_TYPE"
    case 0x04: "END_OPERATION"
    case 0x05: "EXECUTE_OPERATION"
    case 0x06: "CHECK_BUSY_STATUS"
    case 0x07: "GET_COMMAND_STATUS"
    case 0x08: "SET_ERROR_TYPE_WITH_ADDRESS"
    case 0x09: "GET_EXECUTE_OPERATION_TIMINGS"
    case 0x10: "EINJV2_SET_ERROR_TYPE"
    case 0x11: "EINJV2_GET_ERROR_TYPE"
    case 0xFF: "TRIGGER_ERROR"
    default: nil
    }
  }

  /// An instruction's name, or nil.
  public static func instruction(_ value: UInt64) -> StaticString? {
    switch value {
    case 0: "READ_REGISTER"
    case 1: "READ_REGISTER_VALUE"
    case 2: "WRITE_REGISTER"
    case 3: "WRITE_REGISTER_VALUE"
    case 4: "NOOP"
    default: nil
    }
  }
}
