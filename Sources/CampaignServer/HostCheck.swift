// A page of somebody else's may name an address of this computer as its own (DNS rebinding), and then be
// read as this server's. Its requests bear its name, which is refused.

import Hummingbird

/// Lets pass what was asked of this server by a name that nobody else can have.
struct HostCheck: RouterMiddleware {
  /// Where the server listens, as the user said it.
  let address: String

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    guard Self.isOurs(request.head.authority ?? "", at: address) else {
      throw HTTPError(
        .misdirectedRequest,
        message: "this server has no such name; accepted are its address and localhost")
    }
    return try await next(request, context)
  }

  /// Whether an authority, `name` or `name:port`, is an address in numbers, `localhost`, or what the server was
  /// told to listen at.
  static func isOurs(_ authority: String, at address: String) -> Bool {
    var name = Substring(authority)
    if name.hasPrefix("[") {
      guard let end = name.firstIndex(of: "]") else { return false }
      let rest = name[name.index(after: end)...]
      return (rest.isEmpty || rest.hasPrefix(":"))
        && name[name.index(after: name.startIndex)..<end].allSatisfy {
          $0.isHexDigit || $0 == ":" || $0 == "."
        }
    }
    if let colon = name.lastIndex(of: ":") { name = name[..<colon] }
    if name.lowercased() == "localhost" || name == address { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
