// What only guests need of the hardware.

import Arm

/// The hardware under guests.
public protocol GuestPlatform: Sendable {}
