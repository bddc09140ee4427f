package dev.wiremesh.lab.story;

import java.util.List;

/**
 * A connection that a story promises.
 *
 * @param address the address that {@code from} dials
 * @param way the machines that see the packet in clear text, from the first to the last
 * @param source the source address at the last machine of the way
 */
public record Reach(Kind kind, String address, List<String> way, String source) {

  /** The kinds of connections. */
  public enum Kind {
    PING,
    TCP
  }

  public Reach {
    way = List.copyOf(way);
  }

  static Reach ping(String address, String source, String... way) {
    return new Reach(Kind.PING, address, List.of(way), source);
  }

  static Reach tcp(String address, String source, String... way) {
    return new Reach(Kind.TCP, address, List.of(way), source);
  }

  public String from() {
    return way.getFirst();
  }

  public String to() {
    return way.getLast();
  }
}
