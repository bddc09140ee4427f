package dev.wiremesh.wireguard.peer;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * RTT estimator over handshakes and probes: smoothed RTT and jitter with the weights of RFC 6298
 * section 2. Guarded by the control lock.
 */
public final class RttEstimator {
  private static final int SMOOTHING = 8;
  private static final int VARIATION_SMOOTHING = 4;

  private long samples;
  private long smoothedNanos;
  private long variationNanos;

  public void add(Duration roundTrip) {
    long nanos = roundTrip.toNanos();
    if (samples++ == 0) {
      smoothedNanos = nanos;
      return;
    }
    long deviation = Math.abs(nanos - smoothedNanos);
    variationNanos =
        samples == 2
            ? deviation
            : variationNanos + (deviation - variationNanos) / VARIATION_SMOOTHING;
    smoothedNanos += (nanos - smoothedNanos) / SMOOTHING;
  }

  /** Null before the first sample. */
  public @Nullable Duration smoothed() {
    return samples == 0 ? null : Duration.ofNanos(smoothedNanos);
  }

  /** Mean deviation from the smoothed RTT; null before the second sample. */
  public @Nullable Duration jitter() {
    return samples < 2 ? null : Duration.ofNanos(variationNanos);
  }
}
