package dev.wiremesh.wireguard.handshake;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Rate limit under load for handshake messages with a valid MAC2: a token bucket per source of 20
 * per second with a burst of 5. IPv6 sources are limited per /64, since one host has all of it.
 * Memory is bounded: the least recently used source is evicted. Guarded by the control lock.
 */
public final class SourceRateLimit {
  private static final long COST_NANOS = Duration.ofSeconds(1).toNanos() / 20;
  private static final long BURST_NANOS = 5 * COST_NANOS;
  private static final int IPV6_SOURCE_BITS = 64;
  private static final int MAX_SOURCES = 8192;

  private final Map<IpAddress, Bucket> buckets =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<IpAddress, Bucket> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  /** Takes a token of the source; false if it has none. */
  public boolean admit(IpAddress from, long now) {
    var source = from.isV4() ? from : IpPrefix.containing(from, IPV6_SOURCE_BITS).address();
    var bucket = buckets.computeIfAbsent(source, s -> new Bucket(now));
    bucket.credit = Math.min(BURST_NANOS, bucket.credit + (now - bucket.since));
    bucket.since = now;
    if (bucket.credit < COST_NANOS) {
      return false;
    }
    bucket.credit -= COST_NANOS;
    return true;
  }

  private static final class Bucket {
    private long credit = BURST_NANOS;
    private long since;

    Bucket(long now) {
      since = now;
    }
  }
}
