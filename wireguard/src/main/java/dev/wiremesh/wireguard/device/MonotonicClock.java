package dev.wiremesh.wireguard.device;

/** Time that only moves forward, in nanoseconds since an arbitrary moment not long ago. */
@FunctionalInterface
public interface MonotonicClock {
  long nanos();

  /** The system's clock, counted from now, so that values can be compared with {@code <}. */
  static MonotonicClock system() {
    long start = System.nanoTime();
    return () -> System.nanoTime() - start;
  }
}
