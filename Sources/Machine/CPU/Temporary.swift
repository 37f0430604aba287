// TEMPORARY: stands in for chapters that have not merged yet. Whoever merges one of these functions
// deletes it here; the file goes when it is empty.
import Arm
extension Core {
  func executeVector(_ op: Operation) throws(GuestException) { throw .undefined }
}
extension Decoder { static func decodeVectorOperation(_ w: UInt32) -> Operation? { nil } }
