package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.net.IpAddress;

/**
 * An ICMP echo request inside the tunnel, which is sent once, whether there is other traffic or
 * not. It is answered by the kernel of the destination, or by the data plane of another device of
 * this implementation.
 *
 * @param from a local address that the destination accepts
 * @param to an address of the same family that the allowed IPs lead to a peer
 * @param lengthBytes length of the inner packet, IP header included; shorter ones are filled up to
 *     {@link #LEAST_BYTES}, so that a path MTU can be probed
 * @param token a random value, which the {@link EchoReply} carries
 */
public record EchoRequest(IpAddress from, IpAddress to, int lengthBytes, long token) {
  /** Length of the shortest request, of either family. */
  public static final int LEAST_BYTES = 72;

  public EchoRequest {
    if (from.family() != to.family()) {
      throw new IllegalArgumentException("a request from " + from + " cannot reach " + to);
    }
    if (lengthBytes > 65_535) {
      throw new IllegalArgumentException("a packet of " + lengthBytes + " bytes is too long");
    }
  }

  /** The shortest request. */
  public static EchoRequest small(IpAddress from, IpAddress to, long token) {
    return new EchoRequest(from, to, LEAST_BYTES, token);
  }
}
