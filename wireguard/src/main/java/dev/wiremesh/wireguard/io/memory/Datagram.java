package dev.wiremesh.wireguard.io.memory;

import dev.wiremesh.core.net.IpAddress;
import java.util.Comparator;

/**
 * One datagram on the wire.
 *
 * @param trafficClass of its IP header
 * @param arrivalNanos when it gets there
 * @param number breaks ties: first sent, first there
 */
public record Datagram(
    Address from, Address to, byte[] payload, int trafficClass, long arrivalNanos, long number)
    implements Comparable<Datagram> {
  private static final Comparator<Datagram> ORDER =
      Comparator.comparingLong(Datagram::arrivalNanos).thenComparingLong(Datagram::number);

  /** A datagram that is yet to be put on the wire. */
  public Datagram(Address from, Address to, byte[] payload) {
    this(from, to, payload, 0, 0, 0);
  }

  /** The same datagram after a router has marked it. */
  public Datagram withTrafficClass(int marked) {
    return new Datagram(from, to, payload, marked, arrivalNanos, number);
  }

  /** One end of a path. */
  public record Address(IpAddress host, int port) {}

  /** The first byte: what kind of WireGuard message it is. */
  public int type() {
    return payload.length == 0 ? 0 : payload[0];
  }

  @Override
  public int compareTo(Datagram other) {
    return ORDER.compare(this, other);
  }
}
