// swift-tools-version: 6.3
import PackageDescription

// The images: what runs inside the machine, Embedded Swift for aarch64-none-none-elf. Build with
// `make images`; a host `swift build` in the root package never sees them.

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableExperimentalFeature("Volatile"),
  .enableExperimentalFeature("Extern"),
]

/// A static Linux program for the scenarios' initrd: no C library, raw system calls. Its segments
/// are aligned for kernels with pages of up to 64 KiB.
func guest(_ name: String, _ libraries: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: ["GuestEntry", "GuestRuntime"] + libraries, swiftSettings: settings,
    linkerSettings: [
      .unsafeFlags(["-Xlinker", "-static", "-Xlinker", "-z", "-Xlinker", "max-page-size=65536"])
    ])
}

let package = Package(
  name: "images",
  dependencies: [.package(name: "faultline", path: "..")],
  targets: [
    // Instructions Swift cannot spell, and the memory functions a compiler may call.
    .target(name: "CArch"),
    .target(
      name: "ImageRuntime", dependencies: ["CArch", .product(name: "Arm", package: "faultline")],
      swiftSettings: settings),
    // The EL3 firmware: reset code and vectors, then the hardware side of `Firmware`.
    .target(name: "FirmwareEntry", dependencies: ["CArch"]),
    .executableTarget(
      name: "FirmwareImage",
      dependencies: [
        "CArch", "FirmwareEntry", "ImageRuntime",
        .product(name: "Arm", package: "faultline"),
        .product(name: "APEI", package: "faultline"),
        .product(name: "Boot", package: "faultline"),
        .product(name: "Platform", package: "faultline"),
        .product(name: "Firmware", package: "faultline"),
        .product(name: "Text", package: "faultline"),
      ],
      swiftSettings: settings,
      linkerSettings: [.unsafeFlags(["-Xlinker", "-T", "-Xlinker", "Linker/FirmwareImage.ld"])]),
    // The small guest: an EL1 kernel, and the EL0 program that `make images` puts into it.
    .target(name: "GuestTouch"),
    .target(name: "GuestKernelEntry", dependencies: ["CArch"]),
    .executableTarget(
      name: "GuestImage",
      dependencies: [
        "CArch", "GuestKernelEntry", "GuestTouch", "ImageRuntime",
        .product(name: "Arm", package: "faultline"),
        .product(name: "APEI", package: "faultline"),
        .product(name: "Boot", package: "faultline"),
        .product(name: "Bytes", package: "faultline"),
        .product(name: "DeviceTree", package: "faultline"),
        .product(name: "Platform", package: "faultline"),
        .product(name: "Text", package: "faultline"),
      ],
      swiftSettings: settings,
      linkerSettings: [.unsafeFlags(["-Xlinker", "-T", "-Xlinker", "Linker/GuestImage.ld"])]),
    .target(name: "ProgramEntry"),
    .executableTarget(
      name: "GuestProgram", dependencies: ["GuestTouch", "ProgramEntry"], swiftSettings: settings,
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "-static", "-Xlinker", "-z", "-Xlinker", "max-page-size=4096"])
      ]),
    // The EL2 hypervisor: entry and vectors, then the hardware side of `Hypervisor`.
    .target(name: "HypervisorEntry", dependencies: ["CArch"]),
    .executableTarget(
      name: "HypervisorImage",
      dependencies: [
        "CArch", "HypervisorEntry", "ImageRuntime",
        .product(name: "Arm", package: "faultline"),
        .product(name: "APEI", package: "faultline"),
        .product(name: "Boot", package: "faultline"),
        .product(name: "Bytes", package: "faultline"),
        .product(name: "DeviceTree", package: "faultline"),
        .product(name: "Hypervisor", package: "faultline"),
      ],
      swiftSettings: settings,
      linkerSettings: [
        .unsafeFlags([
          "-Xlinker", "-T", "-Xlinker", "Linker/HypervisorImage.ld", "-Xlinker", "--icf=all",
        ])
      ]),
    .target(name: "GuestEntry"),
    .target(
      name: "GuestRuntime",
      dependencies: ["GuestEntry", .product(name: "Text", package: "faultline")],
      swiftSettings: settings),
    guest("Reader", [.product(name: "Text", package: "faultline")]),
    guest("Neighbour", [.product(name: "Text", package: "faultline")]),
    guest("Hostile", [.product(name: "KVM", package: "faultline")]),
    guest(
      "Probe",
      [.product(name: "KVM", package: "faultline"), .product(name: "Text", package: "faultline")]),
    guest(
      "HostInit",
      [.product(name: "KVM", package: "faultline"), .product(name: "Text", package: "faultline")]),
    guest(
      "VMMImage",
      [
        .product(name: "KVM", package: "faultline"), .product(name: "Text", package: "faultline"),
        .product(name: "VMM", package: "faultline"),
      ]),
  ]
)
