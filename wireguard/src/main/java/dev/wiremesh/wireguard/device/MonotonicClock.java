package dev.wiremesh.wireguard.device;

/**
 * Monotonic clock in nanoseconds since an arbitrary recent moment, so that values can be compared
 * with {@code <}. It should not stop while the machine is suspended: sessions age then too.
 */
@FunctionalInterface
public interface MonotonicClock {
  /** No deadline: later than any time. */
  long NO_DEADLINE = Long.MAX_VALUE;

  long nanos();
}
