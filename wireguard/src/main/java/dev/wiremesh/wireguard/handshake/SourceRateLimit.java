package dev.wiremesh.wireguard.handshake;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many handshake messages a proven source may have worked on while we are under load: 20 a
 * second, 5 at once; IPv6 sources count by their /64, since one host has all of it. Memory is
 * bounded: the source that was quiet the longest is forgotten first.
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

  /** True if this source may have one more message worked on now. */
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
