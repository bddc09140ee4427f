package dev.wiremesh.wireguard.linux.udp;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Generation number of the routing state. A change after a quiet period starts a new generation at
 * once; during a burst of changes, as on a host with frequent route updates, generations are at
 * least {@link #SPACING_NANOS} apart, and the last change always starts one. Any thread.
 */
final class RouteGeneration {
  /** Least interval between generations, each of which invalidates all cached route lookups. */
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

  /** Reads the clock only while a change is pending. */
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
