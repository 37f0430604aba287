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

  /// The word by which it is asked for.
  public var word: StaticString {
    switch self {
    case .gpio: "gpio"
    case .gsiv: "gsiv"
    case .polled: "polled"
    case .sdei: "sdei"
    }
  }

  /// All words, in this order.
  public static var words: (StaticString, StaticString, StaticString, StaticString) {
    (Self.gpio.word, Self.gsiv.word, Self.polled.word, Self.sdei.word)
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
