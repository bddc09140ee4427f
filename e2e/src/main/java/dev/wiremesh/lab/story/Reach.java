package dev.wiremesh.lab.story;

import java.util.List;

/**
 * A connection that a story promises.
 *
 * @param address the address that {@code from} dials
 * @param way the machines that see the packet in clear text, from the first to the last
 * @param source the source address at the last machine of the way
 * @param direct whether no tunnel carries the packets
 */
public record Reach(Kind kind, String address, List<String> way, String source, boolean direct) {

  /** The kinds of connections. */
  public enum Kind {
    PING,
    TCP
  }

  public Reach {
    way = List.copyOf(way);
  }

  static Reach ping(String address, String source, String... way) {
    return new Reach(Kind.PING, address, List.of(way), source, false);
  }

  static Reach tcp(String address, String source, String... way) {
    return new Reach(Kind.TCP, address, List.of(way), source, false);
  }

  static Reach direct(String address, String source, String... way) {
    return new Reach(Kind.PING, address, List.of(way), source, true);
  }

  public String from() {
    return way.getFirst();
  }

  public String to() {
    return way.getLast();
  }
}
