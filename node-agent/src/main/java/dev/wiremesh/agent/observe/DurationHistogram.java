package dev.wiremesh.agent.observe;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** Durations, counted in fixed steps. Any thread adds, any thread reads. */
public final class DurationHistogram {
  private final double[] upperBounds;
  private final AtomicLongArray counts;
  private final AtomicLong nanos = new AtomicLong();

  /**
   * @param upperBounds in seconds, growing; what is longer than the last has a step of its own
   */
  DurationHistogram(double... upperBounds) {
    this.upperBounds = upperBounds.clone();
    this.counts = new AtomicLongArray(upperBounds.length + 1);
  }

  void add(Duration duration) {
    double seconds = duration.toNanos() / 1e9;
    int step = 0;
    while (step < upperBounds.length && seconds > upperBounds[step]) {
      step++;
    }
    nanos.addAndGet(duration.toNanos());
    counts.incrementAndGet(step);
  }

  /** Upper bounds in seconds, the last one infinite. */
  public double[] upperBounds() {
    var bounds = new double[upperBounds.length + 1];
    System.arraycopy(upperBounds, 0, bounds, 0, upperBounds.length);
    bounds[upperBounds.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** How many lie within each step, those before it not included. */
  public long[] counts() {
    var read = new long[counts.length()];
    for (int i = 0; i < read.length; i++) {
      read[i] = counts.get(i);
    }
    return read;
  }

  public double sumSeconds() {
    return nanos.get() / 1e9;
  }
}
