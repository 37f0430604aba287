// A campaign's page in a browser: headless Chromium shows it in light, in dark and on paper.

import Foundation
import Testing

@Suite struct CampaignPageTests {
  @Test func aBrowserShowsThePageInLightInDarkAndOnPaper() throws {
    let browser = "/usr/bin/chromium"
    try #require(
      FileManager.default.fileExists(atPath: browser), "\(browser) is missing: run `make test`")
    let folder = try CampaignFolder(most: 110)
    #expect(try faultline("campaign", "run", folder.path).status == 0)
    let page = folder.path + "/page.html"
    #expect(try faultline("campaign", "report", folder.path, "--html", page).status == 0)
    func show(_ name: String, _ options: [String]) throws -> Data {
      let outcome = try execute(
        "/usr/bin/timeout",
        [
          "120", browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
          "--user-data-dir=\(folder.path)/browser", "--window-size=960,1600",
        ] + options + ["file://\(page)"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try #require(FileManager.default.contents(atPath: folder.path + "/" + name))
    }
    let light = try show("light.png", ["--screenshot=\(folder.path)/light.png"])
    let dark = try show(
      "dark.png",
      ["--blink-settings=preferredColorScheme=0", "--screenshot=\(folder.path)/dark.png"])
    let paper = try show("paper.pdf", ["--print-to-pdf=\(folder.path)/paper.pdf"])
    // An empty page of this size is a few kilobytes.
    #expect(light.count > 40_000 && dark.count > 40_000)
    #expect(light != dark)
    #expect(paper.starts(with: Data("%PDF".utf8)) && paper.count > 20_000)
  }
}
