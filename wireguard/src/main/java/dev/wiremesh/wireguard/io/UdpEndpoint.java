package dev.wiremesh.wireguard.io;

import dev.wiremesh.core.net.IpAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of a UDP path. Its source is the address that the last packet was sent to and the
 * interface that it arrived on; replies leave from there ("sticky source", WireGuard whitepaper
 * section 2.1).
 *
 * @param address IPv4 or IPv6, never an IPv4-mapped IPv6 address
 * @param port 1 to 65535; to 0 nothing can be sent
 * @param scope interface index of a link-local IPv6 address, else 0
 * @param source local address to send from; null leaves it to the routing table
 * @param sourceInterface index of the interface to send by; 0 leaves it to the routing table
 */
public record UdpEndpoint(
    IpAddress address, int port, int scope, @Nullable IpAddress source, int sourceInterface)
    implements Endpoint {

  /** A configured endpoint, without a source. */
  public static UdpEndpoint of(IpAddress address, int port) {
    return new UdpEndpoint(address, port, 0, null, 0);
  }

  /**
   * The endpoint as one that a UDP bind can send to.
   *
   * @throws IllegalArgumentException for one that belongs to another kind of bind
   */
  public static UdpEndpoint require(Endpoint endpoint) {
    if (endpoint instanceof UdpEndpoint udp) {
      return udp;
    }
    throw new IllegalArgumentException(endpoint + " is not an endpoint of a UDP socket");
  }

  @Override
  public byte[] destinationBytes() {
    byte[] host = address.toBytes();
    var bytes = Arrays.copyOf(host, host.length + Short.BYTES);
    bytes[host.length] = (byte) (port >>> 8);
    bytes[host.length + 1] = (byte) port;
    return bytes;
  }

  @Override
  public boolean sameDestination(Endpoint other) {
    return other instanceof UdpEndpoint udp
        && port == udp.port
        && scope == udp.scope
        && address.equals(udp.address);
  }

  @Override
  public UdpEndpoint withoutSource() {
    return source == null && sourceInterface == 0
        ? this
        : new UdpEndpoint(address, port, scope, null, 0);
  }

  /** A link-local address keeps its interface: it means nothing on another one. */
  @Override
  public UdpEndpoint withoutSourceInterface() {
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
