// TEMPORARY: stands in for chapters that have not merged yet. Whoever merges one of these functions
// deletes it here; the file goes when it is empty.
import Arm
public struct ContextEffect: OptionSet, Sendable { public var rawValue: UInt8; public init(rawValue: UInt8) { self.rawValue = rawValue }
 public static let translation = ContextEffect(rawValue: 1), privilege = ContextEffect(rawValue: 2), interruptMask = ContextEffect(rawValue: 4), floatingPoint = ContextEffect(rawValue: 8), timers = ContextEffect(rawValue: 16), debug = ContextEffect(rawValue: 32) }
extension Core {
  func checkFloatingPointAccess() throws(GuestException) {}
  func readSystemRegister(_ e: UInt16, rt: UInt8) throws(GuestException) -> UInt64 { throw .undefined }
  func writeSystemRegister(_ e: UInt16, _ v: UInt64, rt: UInt8) throws(GuestException) { throw .undefined }
  func executeSystemInstruction(_ e: UInt16, _ v: UInt64, rt: UInt8) throws(GuestException) { throw .undefined }
  func executeSystemInstructionWithResult(_ e: UInt16, rt: UInt8) throws(GuestException) -> UInt64 { throw .undefined }
  func writePSTATEImmediate(op1: UInt8, op2: UInt8, _ i: UInt64) throws(GuestException) { throw .undefined }
  func executeVector(_ op: Operation) throws(GuestException) { throw .undefined }
  func resetState() { state.el = 3; state.spSel = 1; state[.scrEL3] = 1 }
}
extension Decoder { static func decodeVectorOperation(_ w: UInt32) -> Operation? { nil } }
