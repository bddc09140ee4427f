package dev.wiremesh.wireguard.linux.udp;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Numbers the states that the routes have been in. A change after a quiet while gives a new number
 * at once; of many in a row, as on a host where routes come and go by the hundred, the numbers are
 * some time apart, and the last one has its number in the end. Any thread.
 */
final class RouteGeneration {
  /** All that was known of the ways is asked anew so often at the most. */
  static final long SPACING_NANOS = Duration.ofMillis(100).toNanos();

  private final LongSupplier nanos;
  private final AtomicInteger changes = new AtomicInteger();
  private volatile int current;
  private long currentSinceNanos;

  RouteGeneration(LongSupplier nanos) {
    this.nanos = nanos;
    this.currentSinceNanos = nanos.getAsLong() - SPACING_NANOS;
  }

  void changed() {
    changes.incrementAndGet();
  }

  /** Looks at the clock only while there was a change that has no number yet. */
  int current() {
    return changes.get() == current ? current : advance();
  }

  private synchronized int advance() {
    long now = nanos.getAsLong();
    if (now - currentSinceNanos >= SPACING_NANOS) {
      current = changes.get();
      currentSinceNanos = now;
    }
    return current;
  }
}
