package dev.wiremesh.wireguard.peer;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a peer's round trips are like, from handshakes and probes: smoothed, and how much they vary,
 * with the weights of RFC 6298 section 2. Guarded by the control lock.
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

  /** Null before the first one. */
  public @Nullable Duration smoothed() {
    return samples == 0 ? null : Duration.ofNanos(smoothedNanos);
  }

  /** Mean deviation from the smoothed one; null before the second one. */
  public @Nullable Duration jitter() {
    return samples < 2 ? null : Duration.ofNanos(variationNanos);
  }
}
