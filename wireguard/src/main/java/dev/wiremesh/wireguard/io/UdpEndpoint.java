package dev.wiremesh.wireguard.io;

import dev.wiremesh.core.net.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * The other end of a UDP path, and our own end of it as far as we know it: the address that the
 * last packet was sent to, and the interface that it came by, so that answers leave from there
 * ("sticky source", WireGuard whitepaper section 2.1).
 *
 * <p>Immutable. A socket gives out the same instance for as long as nothing changes, so that the
 * packet path can compare by reference first.
 *
 * @param address IPv4 or IPv6, never an IPv4-mapped IPv6 address
 * @param port 1 to 65535; to 0 nothing can be sent
 * @param scope interface index of a link-local IPv6 address, else 0
 * @param source local address to send from; null leaves it to the routing table
 * @param sourceInterface index of the interface to send by; 0 leaves it to the routing table
 */
public record UdpEndpoint(
    IpAddress address, int port, int scope, @Nullable IpAddress source, int sourceInterface) {

  /** An endpoint as it is configured: nothing is known about our own end. */
  public static UdpEndpoint of(IpAddress address, int port) {
    return new UdpEndpoint(address, port, 0, null, 0);
  }

  public boolean sameRemote(UdpEndpoint other) {
    return port == other.port && scope == other.scope && address.equals(other.address);
  }

  /** The same remote end with our own end forgotten: the routing table decides again. */
  public UdpEndpoint withoutSource() {
    return source == null && sourceInterface == 0
        ? this
        : new UdpEndpoint(address, port, scope, null, 0);
  }

  /**
   * The same with the interface left to the routing table, but where the address is good on one
   * link alone: nothing has to be asked before sending, which a stranger is not worth.
   */
  public UdpEndpoint byAnyInterface() {
    return scope == 0 ? new UdpEndpoint(address, port, 0, source, 0) : this;
  }

  /** {@code 192.0.2.1:51820}, {@code [2001:db8::1]:51820}, {@code [fe80::1%3]:51820}. */
  @Override
  public String toString() {
    if (address.isV4()) {
      return address + ":" + port;
    }
    return "[" + address + (scope == 0 ? "" : "%" + scope) + "]:" + port;
  }
}
