// A plan in its file, plan.db, with the texts of campaign and scenario; the images lie beside it, in images/.
// What a shard needs is all in the folder.

import Foundation
import GRDB
import Machine
import Scenario

/// What a plan was made from.
public struct PlanSource: Sendable {
  /// The campaign's file, as the user named it.
  public var campaignName: String
  /// Its text.
  public var campaign: String
  /// The scenario's file.
  public var scenarioName: String
  /// Its text.
  public var scenario: String
  /// The host; nil for what the scenario boots by itself.
  public var host: Scenario.Host?
  /// The tool that made it, and its digest.
  public var tool: String
  /// The images by name, `firmware`, `kernel`, `initrd`: where they came from, and their bytes.
  public var images: [Image]
  /// The functions of those images that are ours, for names in reports.
  public var symbols: [CodeSymbol]

  /// An image.
  public struct Image: Sendable {
    /// What it is for.
    public var name: String
    /// Where it came from.
    public var path: String
    /// Its bytes.
    public var bytes: [UInt8]

    /// An image.
    public init(name: String, path: String, bytes: [UInt8]) {
      self.name = name
      self.path = path
      self.bytes = bytes
    }
  }

  /// These parts.
  public init(
    campaignName: String, campaign: String, scenarioName: String, scenario: String,
    host: Scenario.Host?, tool: String, images: [Image], symbols: [CodeSymbol]
  ) {
    self.campaignName = campaignName
    self.campaign = campaign
    self.scenarioName = scenarioName
    self.scenario = scenario
    self.host = host
    self.tool = tool
    self.images = images
    self.symbols = symbols
  }

  /// What a machine starts with.
  public var files: BootFiles {
    func bytes(_ name: String) -> [UInt8]? { images.first { $0.name == name }?.bytes }
    return BootFiles(
      firmware: bytes("firmware") ?? [], kernel: bytes("kernel"), initrd: bytes("initrd"))
  }

  /// The digest of all of it: rows of one fingerprint belong together.
  public var fingerprint: String {
    let parts =
      [campaign, scenario, host?.rawValue ?? "", tool]
      + images.flatMap { [$0.name, SHA256($0.bytes).text] }
    return SHA256(Array(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8)).text
  }

  /// The campaign.
  func campaignFile() throws -> CampaignFile {
    try CampaignFile(yaml: campaign, file: campaignName)
  }

  /// The scenario.
  public func machine() throws -> Scenario { try Scenario(yaml: scenario, file: scenarioName) }
}

/// A folder with a plan.
public struct PlanStore {
  /// The folder.
  public let folder: String
  /// What the plan was made from.
  public let source: PlanSource
  /// The plan.
  public let plan: Plan

  private static let tables = """
    CREATE TABLE campaign (fingerprint TEXT NOT NULL, title TEXT NOT NULL, name TEXT NOT NULL,
      file TEXT NOT NULL, scenarioName TEXT NOT NULL, scenario TEXT NOT NULL, host TEXT NOT NULL,
      tool TEXT NOT NULL, created TEXT NOT NULL) STRICT;
    CREATE TABLE image (name TEXT PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT;
    CREATE TABLE moment (id INTEGER PRIMARY KEY, instructions INTEGER NOT NULL, hash INTEGER NOT NULL,
      goldenEnd TEXT NOT NULL, goldenLength INTEGER NOT NULL, goldenHash INTEGER NOT NULL,
      nanoseconds INTEGER NOT NULL, goldenNanoseconds INTEGER NOT NULL) STRICT;
    CREATE TABLE stratum (id INTEGER PRIMARY KEY, moment INTEGER NOT NULL, mode TEXT NOT NULL,
      place TEXT NOT NULL, lines INTEGER NOT NULL, used INTEGER NOT NULL, cured INTEGER NOT NULL, method TEXT NOT NULL)
      STRICT;
    CREATE TABLE used (id INTEGER PRIMARY KEY, moment INTEGER NOT NULL, mode TEXT NOT NULL,
      place TEXT NOT NULL,
      line INTEGER NOT NULL, first INTEGER NOT NULL, who TEXT NOT NULL, pc INTEGER NOT NULL,
      at INTEGER NOT NULL) STRICT;
    CREATE TABLE symbol (program TEXT NOT NULL, address INTEGER NOT NULL, size INTEGER NOT NULL,
      name TEXT NOT NULL) STRICT;
    """

  /// Writes a plan into a folder that has none. Throws CampaignError.
  public init(_ plan: Plan, _ source: PlanSource, in folder: String) throws {
    (self.folder, self.source, self.plan) = (folder, source, plan)
    let final = folder + "/plan.db"
    let partial = folder + "/plan.db.part"
    let manager = FileManager.default
    try? manager.removeItem(atPath: partial)
    do {
      try manager.createDirectory(atPath: folder + "/images", withIntermediateDirectories: true)
      for image in source.images {
        try Data(image.bytes).write(
          to: URL(fileURLWithPath: folder + "/images/" + image.name), options: .atomic)
      }
    } catch {
      throw CampaignError.cannotWrite("cannot write '\(folder)': \(error.localizedDescription)")
    }
    let store = try StoreFile(partial) { try $0.execute(sql: Self.tables) }
    try store.write { db in
      try db.execute(
        sql: "INSERT INTO campaign VALUES (?, ?, ?, ?, ?, ?, ?, ?, datetime('now'))",
        arguments: [
          plan.fingerprint, plan.file.title, source.campaignName, source.campaign,
          source.scenarioName, source.scenario, source.host?.rawValue ?? "", source.tool,
        ])
      for image in source.images {
        try db.execute(
          sql: "INSERT INTO image VALUES (?, ?, ?)",
          arguments: [image.name, image.path, SHA256(image.bytes).text])
      }
      for (id, moment) in plan.moments.enumerated() {
        try db.execute(
          sql: "INSERT INTO moment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            id, moment.instructions.stored, moment.hash.stored, moment.end.rawValue,
            moment.length.stored, moment.endHash.stored, moment.nanoseconds.lowerBound.stored,
            moment.nanoseconds.upperBound.stored,
          ])
      }
      for (id, stratum) in plan.strata.enumerated() {
        try db.execute(
          sql: "INSERT INTO stratum VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            id, stratum.moment, plan.file.pattern.modes[stratum.mode].name, stratum.place.rawValue,
            stratum.lines.stored, stratum.used.stored,
            stratum.cured.stored, plan.file.census.contains(stratum.place) ? "census" : "sample",
          ])
      }
      let symbol = try db.makeStatement(sql: "INSERT INTO symbol VALUES (?, ?, ?, ?)")
      for item in source.symbols {
        try symbol.execute(arguments: [
          item.program, item.address.stored, item.size.stored, item.name,
        ])
      }
      let insert = try db.makeStatement(sql: "INSERT INTO used VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      for (id, line) in plan.used.enumerated() {
        try insert.execute(arguments: [
          id, line.moment, plan.file.pattern.modes[line.mode].name, line.place.rawValue,
          line.line.stored, Int(line.first.rawValue),
          line.who, line.pc.stored, line.at.stored,
        ])
      }
    }
    do { try manager.moveItem(atPath: partial, toPath: final) } catch {
      throw CampaignError.cannotWrite("cannot write '\(final)': \(error.localizedDescription)")
    }
  }

  /// Reads the plan of a folder. Throws CampaignError, ScenarioError.
  public init(folder: String) throws {
    self.folder = folder
    guard FileManager.default.fileExists(atPath: folder + "/plan.db") else {
      throw CampaignError.missing(
        "'\(folder)' has no plan.db; `faultline campaign plan FILE --to '\(folder)'` makes one")
    }
    let store = try StoreFile(folder + "/plan.db")
    let (head, images) = try store.read { db in
      (
        try GRDB.Row.fetchOne(db, sql: "SELECT * FROM campaign"),
        try GRDB.Row.fetchAll(db, sql: "SELECT * FROM image ORDER BY rowid")
      )
    }
    guard let head else { throw CampaignError.badContent("'\(store.path)' is empty") }
    let stored = try images.map { row in
      let (name, path): (String, String) = (row["name"], row["path"])
      guard let data = FileManager.default.contents(atPath: folder + "/images/" + name) else {
        throw CampaignError.missing("'\(folder)/images/\(name)' does not exist")
      }
      guard SHA256([UInt8](data)).text == row["sha256"] as String else {
        throw CampaignError.badContent("'\(folder)/images/\(name)' is not the image of the plan")
      }
      return PlanSource.Image(name: name, path: path, bytes: [UInt8](data))
    }
    source = PlanSource(
      campaignName: head["name"], campaign: head["file"], scenarioName: head["scenarioName"],
      scenario: head["scenario"], host: Scenario.Host(rawValue: head["host"]), tool: head["tool"],
      images: stored, symbols: try store.read { try Self.symbols($0) })
    let file = try source.campaignFile()
    let fingerprint: String = head["fingerprint"]
    guard fingerprint == source.fingerprint else {
      throw CampaignError.badContent("'\(store.path)' was changed: its fingerprint is another one")
    }
    let memory = try source.machine().machine.memory
    let modes = Dictionary(
      uniqueKeysWithValues: file.pattern.modes.enumerated().map { ($1.name, $0) })
    plan = try store.read { db in
      Plan(
        file: file, fingerprint: fingerprint, memory: memory, moments: try Self.moments(db),
        strata: try Self.strata(db, modes), used: try Self.used(db, modes))
    }
  }

  private static func symbols(_ db: Database) throws -> [CodeSymbol] {
    try GRDB.Row.fetchAll(db, sql: "SELECT * FROM symbol ORDER BY rowid").map { row in
      CodeSymbol(
        program: row["program"], address: UInt64(stored: row["address"]),
        size: UInt64(stored: row["size"]), name: row["name"])
    }
  }

  private static func moments(_ db: Database) throws -> [Plan.Moment] {
    try GRDB.Row.fetchAll(db, sql: "SELECT * FROM moment ORDER BY id").map { row in
      let (begin, end) = (
        UInt64(stored: row["nanoseconds"]), UInt64(stored: row["goldenNanoseconds"])
      )
      return Plan.Moment(
        instructions: UInt64(stored: row["instructions"]), hash: UInt64(stored: row["hash"]),
        end: ExperimentEnd(rawValue: row["goldenEnd"]) ?? .limit,
        length: UInt64(stored: row["goldenLength"]), endHash: UInt64(stored: row["goldenHash"]),
        nanoseconds: min(begin, end)...max(begin, end))
    }
  }

  private static func strata(_ db: Database, _ modes: [String: Int]) throws -> [Plan.Stratum] {
    try GRDB.Row.fetchAll(db, sql: "SELECT * FROM stratum ORDER BY id").map { row in
      Plan.Stratum(
        moment: row["moment"], mode: modes[row["mode"]] ?? 0,
        place: Place(rawValue: row["place"]) ?? .free,
        lines: UInt64(stored: row["lines"]), used: UInt64(stored: row["used"]),
        cured: UInt64(stored: row["cured"]))
    }
  }

  private static func used(_ db: Database, _ modes: [String: Int]) throws -> [Plan.UsedLine] {
    try GRDB.Row.fetchAll(db, sql: "SELECT * FROM used ORDER BY id").map { row in
      Plan.UsedLine(
        moment: row["moment"], mode: modes[row["mode"]] ?? 0,
        place: Place(rawValue: row["place"]) ?? .free,
        line: UInt64(stored: row["line"]),
        first: FirstUse.Kind(rawValue: row["first"]) ?? .read, who: row["who"],
        pc: UInt64(stored: row["pc"]), at: UInt64(stored: row["at"]))
    }
  }
}
