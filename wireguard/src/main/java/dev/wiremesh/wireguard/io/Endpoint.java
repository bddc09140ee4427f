package dev.wiremesh.wireguard.io;

import dev.wiremesh.core.net.IpAddress;

/**
 * The remote end of a path to a peer, with the local end as far as it is known: {@code Endpoint} in
 * wireguard-go's {@code conn}.
 *
 * <p>Each kind of {@link Bind} has its own kind of endpoint and makes one for every datagram that
 * it receives; configuration makes the others. Device, peers and packet paths only keep endpoints,
 * compare them and give them back to the bind.
 *
 * <p>Immutable, with {@code equals} over both ends. A bind gives out the same instance for as long
 * as nothing changes, so that the packet path allocates nothing and compares by reference first.
 *
 * <p>{@code toString} is the destination as {@code wg} shows it, without the source.
 */
public interface Endpoint {
  /**
   * IP address that packets on this path carry as their destination; never an IPv4-mapped IPv6
   * address. Handshake rate limits are kept by it.
   */
  IpAddress address();

  /** Destination port, 1 to 65535. */
  int port();

  /**
   * The destination as bytes, which cookies are bound to: address and port for UDP (whitepaper
   * section 5.4.7). Equal bytes mean {@link #sameDestination}, but for the scope of an address.
   */
  byte[] destinationBytes();

  /** True if both have the same remote end, whatever their sources. */
  boolean sameDestination(Endpoint other);

  /** The same destination without the learned source: the routing table chooses one again. */
  Endpoint withoutSource();

  /**
   * The same destination and source address without the learned interface. The bind then sends
   * without a route lookup of its own, which is enough for a reply to an unauthenticated sender.
   */
  Endpoint withoutSourceInterface();
}
