// swift-tools-version: 6.3
import PackageDescription

// The libraries that the images use too, which are the products below but Machine, Decode and the two
// programs, stay free of Foundation, existentials and untyped throws: Images/ compiles them as Embedded Swift.
// What each room may know is a table in Documentation/Architecture.md; Tests/TidyTests compares.
//
// Tests run optimised, against the same build as the command: whole kernels go through the
// interpreter. So every library is testable in release builds too.
let settings: [SwiftSetting] = [
  .unsafeFlags(["-enable-testing"]),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// Test code itself need not be fast, and optimising it is most of what a build of the tests costs.
let testSettings = settings + [SwiftSetting.unsafeFlags(["-Onone"])]

let package = Package(
  name: "faultline",
  products: [
    .library(name: "Arm", targets: ["Arm"]),
    .library(name: "Bytes", targets: ["Bytes"]),
    .library(name: "DeviceTree", targets: ["DeviceTree"]),
    .library(name: "Text", targets: ["Text"]),
    .library(name: "APEI", targets: ["APEI"]),
    .library(name: "Boot", targets: ["Boot"]),
    .library(name: "KVM", targets: ["KVM"]),
    .library(name: "Platform", targets: ["Platform"]),
    .library(name: "Firmware", targets: ["Firmware"]),
    .library(name: "VMM", targets: ["VMM"]),
    .library(name: "Hypervisor", targets: ["Hypervisor"]),
    .library(name: "Machine", targets: ["Machine"]),
    .library(name: "Decode", targets: ["Decode"]),
    .executable(name: "faultline", targets: ["faultline"]),
    .executable(name: "faultline-campaign-server", targets: ["CampaignServer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // Fields and register names are constants for whoever uses them: the interpreter's inner paths too.
    .target(
      name: "Arm",
      swiftSettings: settings + [
        .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
      ]),
    .target(name: "Platform", dependencies: ["Arm"], swiftSettings: settings),
    .target(name: "Bytes", swiftSettings: settings),
    .target(name: "DeviceTree", dependencies: ["Bytes"], swiftSettings: settings),
    .target(name: "Text", swiftSettings: settings),
    .target(name: "APEI", dependencies: ["Arm", "Bytes"], swiftSettings: settings),
    .target(
      name: "Boot", dependencies: ["Arm", "APEI", "Bytes", "DeviceTree", "Platform"],
      swiftSettings: settings),
    .target(name: "Decode", dependencies: ["Arm", "APEI"], swiftSettings: settings),
    .target(name: "KVM", dependencies: ["Arm"], swiftSettings: settings),
    .target(
      name: "VMM", dependencies: ["Arm", "APEI", "Boot", "Bytes", "KVM", "Platform", "Text"],
      swiftSettings: settings),
    .target(
      name: "Firmware",
      dependencies: ["Arm", "APEI", "Boot", "Bytes", "DeviceTree", "Platform", "Text"],
      swiftSettings: settings),
    .target(
      name: "Hypervisor",
      dependencies: ["Arm", "APEI", "Boot", "Bytes", "KVM", "Platform", "Text"],
      swiftSettings: settings),
    // The interpreter is optimised in debug builds as well, though file by file.
    .target(
      name: "Machine", dependencies: ["Arm", "DeviceTree", "Platform"],
      swiftSettings: settings + [
        .unsafeFlags(["-O", "-enforce-exclusivity=unchecked"])
      ]),
    .target(
      name: "Scenario",
      dependencies: [
        "Arm", "APEI", "Boot", "Bytes", "Platform", "Text", "Machine",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),
    // Many experiments, and what they say together. Nobody else knows SQLite.
    .target(
      name: "Campaign",
      dependencies: [
        "Arm", "Machine", "Platform", "Scenario",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "faultline",
      dependencies: [
        "Campaign", "Decode", "Machine", "Scenario",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    // A campaign for a browser. Nobody else knows the network, and `faultline` need not be built with it.
    .executableTarget(
      name: "CampaignServer",
      dependencies: [
        "Campaign", "Scenario",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: settings),
    // `make bench`.
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "APEI", "Arm", "Campaign", "Decode", "Platform", "Machine", "Scenario",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks", exclude: ["README.md"], swiftSettings: settings),
    // What several test targets share.
    .target(
      name: "Support", dependencies: ["Arm", "Machine"], path: "Tests/Support",
      swiftSettings: settings),
    // The form of the repository: of every file, of the documents, of who imports whom.
    .testTarget(
      name: "TidyTests", dependencies: ["Support"], exclude: ["LongFiles.txt", "UnusedNames.txt"],
      swiftSettings: testSettings),
    .testTarget(name: "TextTests", dependencies: ["Support", "Text"], swiftSettings: testSettings),
    .testTarget(name: "ArmTests", dependencies: ["Arm", "Support"], swiftSettings: testSettings),
    .testTarget(
      name: "APEITests", dependencies: ["Arm", "APEI", "Bytes", "Support"],
      swiftSettings: testSettings),
    .testTarget(
      name: "BootTests",
      dependencies: ["Arm", "APEI", "Boot", "Bytes", "DeviceTree", "Platform", "Support"],
      swiftSettings: testSettings),
    .testTarget(name: "KVMTests", dependencies: ["Arm", "KVM"], swiftSettings: testSettings),
    // Its fuzzer spends its time in the tests' own checker of JSON.
    .testTarget(
      name: "DecodeTests", dependencies: ["Arm", "APEI", "Decode", "Support"], exclude: ["Inputs"],
      swiftSettings: settings),
    .testTarget(
      name: "HypervisorTests",
      dependencies: ["Arm", "APEI", "Boot", "KVM", "Hypervisor", "Support"],
      swiftSettings: testSettings),
    .testTarget(
      name: "VMMTests",
      dependencies: ["Arm", "APEI", "Boot", "Bytes", "KVM", "Support", "Text", "VMM"],
      exclude: ["Goldens"], swiftSettings: testSettings),
    .testTarget(
      name: "FirmwareTests",
      dependencies: [
        "Arm", "APEI", "Boot", "Bytes", "DeviceTree", "Platform", "Firmware", "Support",
      ],
      exclude: ["Goldens"], swiftSettings: testSettings),
    .testTarget(
      name: "MachineTests",
      dependencies: ["Arm", "APEI", "Boot", "Platform", "Machine", "Support"],
      swiftSettings: testSettings),
    .testTarget(
      name: "ScenarioTests",
      dependencies: ["Arm", "APEI", "Machine", "Platform", "Scenario", "Support"],
      swiftSettings: testSettings),
    .testTarget(
      name: "CampaignTests",
      dependencies: [
        "Campaign", "Machine", "Platform", "Scenario", "Support",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: testSettings),
    // Whole machines: Debian's kernel, side by side with QEMU.
    .testTarget(
      name: "SystemTests",
      dependencies: ["Arm", "APEI", "Platform", "Machine", "Scenario", "Support"],
      swiftSettings: testSettings),
    .testTarget(
      name: "CommandTests",
      dependencies: ["Support", "faultline", .product(name: "Yams", package: "Yams")],
      exclude: ["Goldens"], swiftSettings: testSettings),
  ]
)
