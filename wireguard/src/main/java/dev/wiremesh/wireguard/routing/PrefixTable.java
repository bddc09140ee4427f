package dev.wiremesh.wireguard.routing;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * Map from IPv4 and IPv6 prefixes to values with longest-prefix match (allowed IPs). Immutable: a
 * change is a new table that shares all but one path with the old one, so readers need no lock and
 * a change costs the depth of a prefix.
 *
 * <p>A lookup allocates nothing.
 */
public final class PrefixTable<V> {
  private static final PrefixTable<?> EMPTY = new PrefixTable<Object>(null, null);

  private final @Nullable PrefixNode<V> v4;
  private final @Nullable PrefixNode<V> v6;

  private PrefixTable(@Nullable PrefixNode<V> v4, @Nullable PrefixNode<V> v6) {
    this.v4 = v4;
    this.v6 = v6;
  }

  @SuppressWarnings("unchecked")
  public static <V> PrefixTable<V> empty() {
    return (PrefixTable<V>) EMPTY;
  }

  /** The value of the longest prefix that contains an IPv4 address; null if none does. */
  public @Nullable V matchV4(int address) {
    return PrefixNode.match(v4, (long) address << 32, 0);
  }

  /** The value of the longest prefix that contains an IPv6 address; null if none does. */
  public @Nullable V matchV6(long hi, long lo) {
    return PrefixNode.match(v6, hi, lo);
  }

  public @Nullable V match(IpAddress address) {
    return address.isV4() ? matchV4((int) address.lo()) : matchV6(address.hi(), address.lo());
  }

  /** The value of exactly this prefix; null if there is none. */
  public @Nullable V get(IpPrefix prefix) {
    return PrefixNode.get(rootOf(prefix), hi(prefix), lo(prefix), prefix.length());
  }

  /** This table with {@code value} for the prefix, in place of a former value. */
  public PrefixTable<V> with(IpPrefix prefix, V value) {
    return withRoot(
        prefix, PrefixNode.insert(rootOf(prefix), hi(prefix), lo(prefix), prefix.length(), value));
  }

  public PrefixTable<V> without(IpPrefix prefix) {
    return withRoot(
        prefix, PrefixNode.remove(rootOf(prefix), hi(prefix), lo(prefix), prefix.length()));
  }

  private @Nullable PrefixNode<V> rootOf(IpPrefix prefix) {
    return prefix.address().isV4() ? v4 : v6;
  }

  private PrefixTable<V> withRoot(IpPrefix prefix, @Nullable PrefixNode<V> root) {
    return prefix.address().isV4() ? new PrefixTable<>(root, v6) : new PrefixTable<>(v4, root);
  }

  private static long hi(IpPrefix prefix) {
    var address = prefix.address();
    return address.isV4() ? address.lo() << 32 : address.hi();
  }

  private static long lo(IpPrefix prefix) {
    var address = prefix.address();
    return address.isV4() ? 0 : address.lo();
  }
}
