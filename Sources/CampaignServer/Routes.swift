// What can be asked for. Everything is read, but for one thing: a row is run again by POST, and only from a page
// of this server.

import Campaign
import Foundation
import HTTPTypes
import Hummingbird
import Scenario

/// The paths.
enum Routes {
  /// GET /, /rows, /rows/K, /rows/K.yaml, /status.json, /report.json; POST /rows/K.
  static func router(_ site: Site, at address: String) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: HostCheck(address: address))
    router.get("/") { _, _ in try await page { try await site.front() } }
    router.get("/status.json") { _, _ in
      try await answer("application/json") { try await site.progress().json.text() + "\n" }
    }
    router.get("/report.json") { _, _ in
      try await answer("application/json") { try await site.reportJSON() }
    }
    router.get("/rows") { request, _ in
      var query: [String: String] = [:]
      for (key, value) in request.uri.queryParameters { query[String(key)] = String(value) }
      return try await page { [query] in try await site.rows(RowFilter(query)) }
    }
    router.get("/rows/:row") { _, context in
      let name = context.parameters.get("row") ?? ""
      if name.hasSuffix(".yaml") {
        return try await answer("text/plain; charset=utf-8") {
          try await site.scenario(try number(String(name.dropLast(5))))
        }
      }
      return try await page { try await site.row(try number(name)) }
    }
    router.post("/rows/:row") { request, context in
      guard isFromOurPage(request) else { return Response(status: .forbidden) }
      let name = context.parameters.get("row") ?? ""
      var answer = try await page {
        try await site.replay(try number(name))
        return ""
      }
      guard answer.status == .ok else { return answer }
      answer.status = .seeOther
      answer.headers[.location] = "/rows/" + name
      return answer
    }
    return router
  }

  /// Whether a request comes from a page of this server, or from no page at all. A browser names the page's
  /// origin with every POST, and its relation only where it trusts the connection.
  private static func isFromOurPage(_ request: Request) -> Bool {
    func value(_ name: String) -> String? {
      request.headers.first { $0.name.canonicalName == name }?.value
    }
    if let origin = value("origin"), origin != "http://" + (request.head.authority ?? "") {
      return false
    }
    let site = value("sec-fetch-site")
    return site == nil || site == "same-origin" || site == "none"
  }

  private static func number(_ text: String) throws -> UInt64 {
    guard let number = UInt64(text) else {
      throw SiteError.notFound("'\(text)' is no row; accepted are numbers")
    }
    return number
  }

  private static func page(
    _ body: @Sendable () async throws -> String
  ) async throws -> Response {
    try await answer("text/html; charset=utf-8", body)
  }

  /// An answer of a type, or why there is none.
  private static func answer(
    _ type: String, _ body: @Sendable () async throws -> String
  ) async throws -> Response {
    var headers: HTTPFields = [
      .contentType: type, .cacheControl: "no-store",
      .contentSecurityPolicy:
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff",
    ]
    do {
      return Response(
        status: .ok, headers: headers,
        body: ResponseBody(byteBuffer: ByteBuffer(string: try await body())))
    } catch {
      headers[.contentType] = "text/html; charset=utf-8"
      let (status, words) =
        switch error {
        case SiteError.notFound(let words): (HTTPResponse.Status.notFound, words)
        case SiteError.badQuery(let words): (HTTPResponse.Status.badRequest, words)
        case SiteError.busy(let words): (HTTPResponse.Status.serviceUnavailable, words)
        default: (HTTPResponse.Status.internalServerError, "\(error)")
        }
      let text = HTML.page(
        status.reasonPhrase,
        "<h1>\(HTML.escape(status.reasonPhrase))</h1><p>\(HTML.escape(words))</p><p><a href=\"/\">The campaign</a></p>"
      )
      return Response(
        status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
  }
}
