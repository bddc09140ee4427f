package dev.wiremesh.wireguard.handshake;

import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * TAI64N timestamp of an initiation: 8 bytes of seconds from 2^62 + 10 on and 4 bytes of
 * nanoseconds, big-endian, so that encoded timestamps compare like times.
 *
 * <p>Nanoseconds are rounded down to 2^24 (17 ms), so that the precise clock is not exposed.
 */
public record Tai64n(long seconds, int nanos) implements Comparable<Tai64n> {
  public static final int LENGTH = 12;

  /** Lower than the timestamp of any valid initiation. */
  public static final Tai64n LOWEST = new Tai64n(0, 0);

  private static final long BASE = 0x4000_0000_0000_000aL;
  private static final int WHITENED = ~((1 << 24) - 1);

  public static Tai64n of(Instant moment) {
    return new Tai64n(BASE + moment.getEpochSecond(), moment.getNano() & WHITENED);
  }

  public static Tai64n parse(byte[] bytes) {
    var buffer = ByteBuffer.wrap(bytes);
    return new Tai64n(buffer.getLong(), buffer.getInt());
  }

  public byte[] toBytes() {
    return ByteBuffer.allocate(LENGTH).putLong(seconds).putInt(nanos).array();
  }

  @Override
  public int compareTo(Tai64n other) {
    int bySeconds = Long.compareUnsigned(seconds, other.seconds);
    return bySeconds != 0 ? bySeconds : Integer.compareUnsigned(nanos, other.nanos);
  }
}
