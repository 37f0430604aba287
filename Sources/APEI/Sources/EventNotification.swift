// How an operating system is told of the source of events: of what no core took an exception for. ACPI 6.5,
// 18.3.2.9. SCI, GPIO and GSIV are one to Linux: the error device's driver asks all such sources. A delegated exception
// has two sources, as it has two priorities.

/// How the operating system is told of events.
public enum EventNotification: UInt8, CaseIterable, Sendable {
  /// By the error device's interrupt, through the generic event device.
  case gpio
  /// The same, with the number of that interrupt in the HEST.
  case gsiv
  /// Not at all: it looks every second.
  case polled
  /// By a delegated exception: a normal one, or a critical one for errors that are not corrected.
  case sdei

  /// The words of the setting, in this order.
  public static var words: (StaticString, StaticString, StaticString, StaticString) {
    ("gpio", "gsiv", "polled", "sdei")
  }

  /// The notification structure, where the error device's interrupt, or the delegated exception, has this
  /// number.
  func structure(interrupt: UInt32, delegated event: UInt32) -> ErrorNotification {
    switch self {
    case .gpio: ErrorNotification(.gpio)
    case .gsiv: ErrorNotification(.gsiv, vector: interrupt)
    case .polled: ErrorNotification(.polled, pollInterval: 1000)
    case .sdei: ErrorNotification(.sdei, vector: event)
    }
  }
}
