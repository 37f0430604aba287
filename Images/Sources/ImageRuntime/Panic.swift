// What an image does when it cannot go on, and what every image has in common.

import CArch

/// Waits for ever.
public func halt() -> Never {
  while true { wait_for_interrupt() }
}
