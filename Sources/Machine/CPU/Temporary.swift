extension Decoder { static func decodeVectorOperation(_ w: UInt32) -> Operation? { VectorDecoder.decodeVector(w) } }
