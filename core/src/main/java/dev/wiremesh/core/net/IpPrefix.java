package dev.wiremesh.core.net;

import dev.wiremesh.core.net.IpAddress.Family;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An address block in CIDR notation (RFC 4632), without host bits.
 *
 * @param address the first address of the block
 * @param length 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record IpPrefix(IpAddress address, int length) implements Comparable<IpPrefix> {
  private static final Comparator<IpPrefix> ORDER =
      Comparator.comparing(IpPrefix::address).thenComparingInt(IpPrefix::length);

  public IpPrefix {
    if (length < 0 || length > address.family().bits()) {
      throw new InvalidAddressException(
          address + "/" + length + " is no prefix: the length is 0 to " + address.family().bits());
    }
    var masked = mask(address, length);
    if (!masked.equals(address)) {
      throw new InvalidAddressException(
          address
              + "/"
              + length
              + " has host bits: write "
              + masked
              + "/"
              + length
              + ", or "
              + address
              + "/"
              + address.family().bits()
              + " for the one address");
    }
  }

  /**
   * Parses {@code address/length}; a bare address is its /32 or /128.
   *
   * @throws InvalidAddressException saying what is wrong and what to write instead
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return IpAddress.parse(text).toPrefix();
    }
    return new IpPrefix(IpAddress.parse(text.substring(0, slash)), parseLength(text, slash));
  }

  /**
   * Like {@link #parse}, but host bits are cleared instead of refused, as {@code wg} does with
   * allowed IPs.
   */
  public static IpPrefix parseMasked(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return parse(text);
    }
    return containing(IpAddress.parse(text.substring(0, slash)), parseLength(text, slash));
  }

  /** The block of the given length that contains {@code address}. */
  public static IpPrefix containing(IpAddress address, int length) {
    if (length < 0 || length > address.family().bits()) {
      throw new InvalidAddressException(
          address + "/" + length + " is no prefix: the length is 0 to " + address.family().bits());
    }
    return new IpPrefix(mask(address, length), length);
  }

  private static int parseLength(String text, int slash) {
    var digits = text.substring(slash + 1);
    if (digits.isEmpty()
        || digits.length() > 3
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new InvalidAddressException(
          "'"
              + text
              + "' is not a prefix: behind the slash stands a number of bits, as in 10.70.0.0/16");
    }
    return Integer.parseInt(digits);
  }

  public Family family() {
    return address.family();
  }

  public boolean isDefault() {
    return length == 0;
  }

  public boolean isSingleAddress() {
    return length == family().bits();
  }

  /** Whether the address lies in the block; does not allocate. */
  public boolean contains(IpAddress other) {
    int hostBits = family().bits() - length;
    return other.family() == family()
        && (other.lo() & ~lowMask(Math.min(hostBits, 64))) == address.lo()
        && (hostBits > 64 ? other.hi() & ~lowMask(hostBits - 64) : other.hi()) == address.hi();
  }

  public boolean contains(IpPrefix other) {
    return other.length >= length && contains(other.address);
  }

  public boolean overlaps(IpPrefix other) {
    return contains(other) || other.contains(this);
  }

  /** The last address of the block, in IPv4 the broadcast address. */
  public IpAddress last() {
    int hostBits = family().bits() - length;
    long lo = address.lo() | lowMask(Math.min(hostBits, 64));
    long hi = hostBits > 64 ? address.hi() | lowMask(hostBits - 64) : address.hi();
    return new IpAddress(family(), hi, lo);
  }

  /**
   * This block without {@code hole}, as the smallest sorted list of prefixes: the block itself
   * without overlap, empty if {@code hole} contains it.
   */
  public List<IpPrefix> minus(IpPrefix hole) {
    if (!overlaps(hole)) {
      return List.of(this);
    }
    if (hole.contains(this)) {
      return List.of();
    }
    var left = new ArrayList<IpPrefix>();
    var rest = this;
    while (rest.length < hole.length) {
      var low = new IpPrefix(rest.address, rest.length + 1);
      var high = new IpPrefix(low.last().plus(1), rest.length + 1);
      boolean holeIsLow = low.contains(hole);
      left.add(holeIsLow ? high : low);
      rest = holeIsLow ? low : high;
    }
    left.sort(null);
    return List.copyOf(left);
  }

  @Override
  public int compareTo(IpPrefix other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return address + "/" + length;
  }

  private static IpAddress mask(IpAddress address, int length) {
    int hostBits = address.family().bits() - length;
    long lo = address.lo() & ~lowMask(Math.min(hostBits, 64));
    long hi = hostBits > 64 ? address.hi() & ~lowMask(hostBits - 64) : address.hi();
    return new IpAddress(address.family(), hi, lo);
  }

  private static long lowMask(int bits) {
    return bits == 0 ? 0 : -1L >>> (64 - bits);
  }
}
