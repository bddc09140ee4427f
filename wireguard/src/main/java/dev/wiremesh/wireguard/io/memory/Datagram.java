package dev.wiremesh.wireguard.io.memory;

import dev.wiremesh.core.net.IpAddress;
import java.util.Comparator;

/**
 * A datagram of a {@link MemoryNetwork}.
 *
 * @param trafficClass of its IP header
 * @param arrivalNanos time of its arrival
 * @param number sequence number that breaks ties: first sent, first delivered
 */
public record Datagram(
    Address from, Address to, byte[] payload, int trafficClass, long arrivalNanos, long number)
    implements Comparable<Datagram> {
  private static final Comparator<Datagram> ORDER =
      Comparator.comparingLong(Datagram::arrivalNanos).thenComparingLong(Datagram::number);

  /** A datagram that has not been sent yet. */
  public Datagram(Address from, Address to, byte[] payload) {
    this(from, to, payload, 0, 0, 0);
  }

  /** The same datagram after a router has marked it. */
  public Datagram withTrafficClass(int marked) {
    return new Datagram(from, to, payload, marked, arrivalNanos, number);
  }

  /** Address and port of a socket. */
  public record Address(IpAddress host, int port) {}

  /** The type of a WireGuard message, which is its first byte. */
  public int type() {
    return payload.length == 0 ? 0 : payload[0];
  }

  @Override
  public int compareTo(Datagram other) {
    return ORDER.compare(this, other);
  }
}
