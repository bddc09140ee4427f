package dev.wiremesh.core.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;

/**
 * An IPv4 or IPv6 address as two longs, so that comparing, counting and masking do not allocate.
 *
 * <p>An IPv4 address is the low 32 bits of {@code lo}; {@code hi} is then zero. Parsing accepts the
 * strict forms of RFC 4291 section 2.2 (no names, no zone, no leading zeros in IPv4); output
 * follows RFC 5952.
 */
public record IpAddress(Family family, long hi, long lo) implements Comparable<IpAddress> {

  /** The address family, with its number of bits. */
  public enum Family {
    IPV4(32),
    IPV6(128);

    private final int bits;

    Family(int bits) {
      this.bits = bits;
    }

    public int bits() {
      return bits;
    }
  }

  private static final Comparator<IpAddress> ORDER =
      Comparator.comparing(IpAddress::family)
          .thenComparing(IpAddress::hi, Long::compareUnsigned)
          .thenComparing(IpAddress::lo, Long::compareUnsigned);

  public IpAddress {
    if (family == Family.IPV4 && (hi != 0 || lo >>> 32 != 0)) {
      throw new IllegalArgumentException("an IPv4 address has 32 bits");
    }
  }

  public static IpAddress v4(int bits) {
    return new IpAddress(Family.IPV4, 0, Integer.toUnsignedLong(bits));
  }

  public static IpAddress v6(long hi, long lo) {
    return new IpAddress(Family.IPV6, hi, lo);
  }

  /**
   * Reads an address in network order.
   *
   * @param bytes 4 or 16 bytes
   */
  public static IpAddress of(byte[] bytes) {
    return switch (bytes.length) {
      case 4 -> v4((int) bigEndian(bytes, 0, 4));
      case 16 -> v6(bigEndian(bytes, 0, 8), bigEndian(bytes, 8, 8));
      default ->
          throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length);
    };
  }

  /**
   * Parses the text of an address; a DNS name is refused.
   *
   * @throws InvalidAddressException saying what is wrong and what to write instead
   */
  public static IpAddress parse(String text) {
    return IpText.parseAddress(text);
  }

  public boolean isV4() {
    return family == Family.IPV4;
  }

  /** The 4 or 16 bytes in network order. */
  public byte[] toBytes() {
    var bytes = new byte[family.bits() / 8];
    for (int i = 0; i < bytes.length; i++) {
      int fromEnd = bytes.length - 1 - i;
      bytes[i] = (byte) ((fromEnd < 8 ? lo : hi) >>> (8 * (fromEnd % 8)));
    }
    return bytes;
  }

  public InetAddress toInetAddress() {
    try {
      return InetAddress.getByAddress(toBytes());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + family.bits() + " bits was refused", e);
    }
  }

  /** The address as a prefix of full length: a /32 or a /128. */
  public IpPrefix toPrefix() {
    return new IpPrefix(this, family.bits());
  }

  /** The address plus {@code n}, wrapping around at the end of the family. */
  public IpAddress plus(long n) {
    if (isV4()) {
      return v4((int) (lo + n));
    }
    long newLo = lo + n;
    long carry =
        n >= 0
            ? (Long.compareUnsigned(newLo, lo) < 0 ? 1 : 0)
            : (Long.compareUnsigned(newLo, lo) > 0 ? -1 : 0);
    return v6(hi + carry, newLo);
  }

  @Override
  public int compareTo(IpAddress other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return IpText.format(this);
  }

  private static long bigEndian(byte[] bytes, int from, int count) {
    long value = 0;
    for (int i = from; i < from + count; i++) {
      value = value << 8 | (bytes[i] & 0xff);
    }
    return value;
  }
}
