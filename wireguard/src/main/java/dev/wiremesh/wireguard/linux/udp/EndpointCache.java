package dev.wiremesh.wireguard.linux.udp;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * Cache of {@link UdpEndpoint} instances by their fields, so that packets of one peer allocate
 * nothing. A direct-mapped table: a colliding endpoint replaces the entry. Owned by the receiving
 * thread.
 */
final class EndpointCache {
  private static final int SLOTS = 1024;

  private final @Nullable UdpEndpoint[] slots = new UdpEndpoint[SLOTS];

  /** An address is {@code hi} and {@code lo} as in {@link IpAddress}. */
  UdpEndpoint get(
      Family family,
      long hi,
      long lo,
      int port,
      int scope,
      long sourceHi,
      long sourceLo,
      int sourceInterface) {
    int slot = slot(hi, lo, port);
    var known = slots[slot];
    if (known != null
        && known.port() == port
        && is(known.address(), family, hi, lo)
        && known.scope() == scope
        && known.sourceInterface() == sourceInterface
        && isSource(known.source(), family, sourceHi, sourceLo)) {
      return known;
    }
    var source = sourceHi == 0 && sourceLo == 0 ? null : new IpAddress(family, sourceHi, sourceLo);
    var endpoint =
        new UdpEndpoint(new IpAddress(family, hi, lo), port, scope, source, sourceInterface);
    slots[slot] = endpoint;
    return endpoint;
  }

  private static int slot(long hi, long lo, int port) {
    long hash = (hi * 31 + lo) * 31 + port;
    hash *= 0x9E3779B97F4A7C15L;
    return (int) (hash >>> 54);
  }

  private static boolean is(IpAddress address, Family family, long hi, long lo) {
    return address.lo() == lo && address.hi() == hi && address.family() == family;
  }

  private static boolean isSource(@Nullable IpAddress source, Family family, long hi, long lo) {
    return source == null ? hi == 0 && lo == 0 : is(source, family, hi, lo);
  }
}
