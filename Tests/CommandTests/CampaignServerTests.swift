// `faultline campaign serve`: what a browser and a program get of a campaign before, while and after it runs.

import Foundation
import Support
import Testing

/// A server of a folder, for as long as this value is there.
private final class Server {
  let port: Int
  private let process = Process()
  private let log: URL

  init(_ folder: String) throws {
    _ = try Checkout.required(".build/release/faultline-campaign-server")
    log = URL(fileURLWithPath: folder + "/server.log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    process.executableURL = URL(fileURLWithPath: Checkout.path(".build/release/faultline"))
    process.arguments = ["campaign", "serve", folder, "--port", "0"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: log)
    process.standardError = FileHandle.standardError
    try process.run()
    var found: Int?
    for _ in 0..<600 where found == nil {
      Thread.sleep(forTimeInterval: 0.1)
      let text = try String(contentsOf: log, encoding: .utf8)
      found = text.firstMatch(of: #/ at http:..[0-9.]+:(\d+)./#).flatMap { Int($0.1) }
    }
    port = try #require(found, "the server did not say where it is")
  }

  deinit {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }

  /// Ends it as Ctrl-C does; its status.
  func stop() -> Int32 {
    process.interrupt()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// The whole answer to a request, head and body.
  func ask(
    _ request: String, _ headers: String = "", host: String = "localhost"
  ) throws -> String {
    let text =
      "\(request) HTTP/1.1\\r\\nHost: \(host)\\r\\nConnection: close\\r\\n\(headers)\\r\\n"
    let outcome = try execute(
      "/bin/bash",
      ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port) && printf '\(text)' >&3 && timeout 60 cat <&3"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  /// Asks again until the answer has some words.
  func wait(_ request: String, for words: String) throws {
    var answer = ""
    for _ in 0..<300 {
      answer = try ask(request)
      if answer.contains(words) { return }
      Thread.sleep(forTimeInterval: 0.2)
    }
    Issue.record("\(request) never says '\(words)': \(answer.prefix(2000))")
  }

  /// What a browser makes of a page.
  func browse(_ path: String, _ folder: String, _ options: String...) throws -> String {
    let browser = "/usr/bin/chromium"
    try #require(
      FileManager.default.fileExists(atPath: browser), "\(browser) is missing: run `make test`")
    let outcome = try execute(
      "/usr/bin/timeout",
      [
        "120", browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--user-data-dir=\(folder)/browser", "--window-size=960,1600",
      ] + options + ["http://127.0.0.1:\(port)\(path)"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }
}

@Suite struct CampaignServerTests {
  @Test func aCampaignIsSeenWhileItRunsAndItsRowsTellTheirStory() throws {
    let folder = try CampaignFolder(most: 110)
    let server = try Server(folder.path)
    #expect(try server.ask("GET /").contains("0 of 110 rows in 0 files"))
    #expect(try server.ask("GET /rows/3").contains("It was not run yet."))
    #expect(try server.ask("POST /rows/3").hasPrefix("HTTP/1.1 404"))

    #expect(try faultline("campaign", "run", folder.path).status == 0)
    try server.wait("GET /status.json", for: "\"complete\": true")
    #expect(try server.ask("GET /report.json").contains("\"complete\": true"))

    let front = try server.browse("/", folder.path, "--dump-dom")
    #expect(front.contains("<h1>The small kernel</h1>") && front.contains("110 of 110 rows"))
    #expect(front.contains("Place by outcome"))
    let picture = folder.path + "/front.png"
    _ = try server.browse("/", folder.path, "--screenshot=\(picture)")
    #expect(try #require(FileManager.default.contents(atPath: picture)).count > 40_000)
    let list = try server.browse(
      "/rows?place=host%20process&outcome=latent", folder.path, "--dump-dom")
    #expect(list.contains("<td>host process</td>") == list.contains("latent, contained by"))
    #expect(!list.contains("<td>host tables</td>"))

    #expect(try server.ask("POST /rows/3").hasPrefix("HTTP/1.1 303"))
    try server.wait("GET /rows/3", for: "The same verdict and the same hash.")
    let row = try server.browse("/rows/3", folder.path, "--dump-dom")
    #expect(row.contains("row 3: ") && row.contains("poison planted") && row.contains("verdict: "))
    #expect(try server.ask("GET /rows/3.yaml").contains("containedBy: "))
    #expect(server.stop() == 0)
  }

  @Test func whatIsNotThereAndWhatMeansNothingIsSaid() throws {
    let folder = try CampaignFolder(most: 110)
    let server = try Server(folder.path)
    let answers = [
      ("GET /rows/110", "404", "accepted: 0 to 109"), ("GET /rows/x", "404", "is no row"),
      ("GET /rows/99999999999999999999", "404", "is no row"),
      ("GET /rows/-1.yaml", "404", "is no row"),
      ("GET /nothing", "404", "Not Found"), ("GET /../plan.db", "404", "Not Found"),
      ("GET /rows?outcome=<b>", "400", "accepted: corrected"),
      ("GET /rows?color=red", "400", "accepted are place"),
      ("GET /rows?start=-5", "400", "a number from 0"),
      ("GET /rows?start=500", "200", "0 rows; none"),
      ("GET /rows?start=9223372036854775807", "200", "0 rows; none"),
    ]
    for (request, status, words) in answers {
      let answer = try server.ask(request)
      #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(request): \(answer.prefix(200))")
      #expect(answer.contains(words), "\(request): \(answer)")
      #expect(!answer.contains("<b>"))
    }
    let scheme = "http:" + "//"
    for header in [
      "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: \(scheme)example.org",
      "Origin: null", "Origin: \(scheme)127.0.0.1",
    ] {
      let foreign = try server.ask("POST /rows/1", header + #"\r\n"#)
      #expect(foreign.hasPrefix("HTTP/1.1 403"), "\(header)")
    }
    let own = try server.ask("POST /rows/1", "Origin: \(scheme)localhost" + #"\r\n"#)
    #expect(own.hasPrefix("HTTP/1.1 404") && own.contains("was not run yet"))
    // A name that is somebody else's, whatever address it has.
    for (host, status) in [
      ("localhost", "200"), ("LOCALHOST:80", "200"), ("127.0.0.1:8080", "200"), ("[::1]:1", "200"),
      ("example.org", "421"), ("127.0.0.1.example.org", "421"), ("[::1].example.org", "421"),
      ("", "421"),
    ] {
      let answer = try server.ask("GET /status.json", host: host)
      #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(host): \(answer.prefix(200))")
    }
    let second = try faultline("campaign", "serve", folder.path, "--port", String(server.port))
    #expect(second.status == 73 && second.errors.contains("cannot listen at 127.0.0.1"))
    #expect(try faultline("campaign", "serve", "/nowhere").status == 66)
    #expect(try faultline("campaign", "serve", folder.path, "--port", "70000").status == 64)
  }
}
