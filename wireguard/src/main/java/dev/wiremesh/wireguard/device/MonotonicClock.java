package dev.wiremesh.wireguard.device;

/**
 * Time that only moves forward, in nanoseconds since an arbitrary moment not long ago, so that
 * values can be compared with {@code <}. It should not stop while the machine sleeps: sessions grow
 * old then too.
 */
@FunctionalInterface
public interface MonotonicClock {
  /** A deadline that never comes. */
  long NO_DEADLINE = Long.MAX_VALUE;

  long nanos();
}
