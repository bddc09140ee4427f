package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * A route.
 *
 * @param table 1 to 2^32 - 1 as an unsigned int; 254 is main
 * @param protocol origin of the route ({@code rt_protocol}), 1 to 255; see {@code
 *     /etc/iproute2/rt_protos}
 * @param hop {@link Hop#NONE} for a route with several
 * @param metric the lower wins; IPv6 makes 1024 of 0
 * @param preferredSource source address of packets that have none yet; null leaves the choice
 */
public record Route(
    Type type,
    IpPrefix destination,
    int table,
    int protocol,
    Hop hop,
    int metric,
    @Nullable IpAddress preferredSource) {

  public static final int MAIN_TABLE = 254;

  /** The {@code rt_protocol} of routes that the kernel itself keeps for addresses. */
  public static final int KERNEL_PROTOCOL = 2;

  /** The {@code rt_protocol} of routes that an administrator adds. */
  public static final int STATIC_PROTOCOL = 4;

  /**
   * The interface and the neighbour that packets are sent to.
   *
   * @param linkIndex interface that they leave by; 0 for routes without one, such as throw
   * @param gateway null if the destination is on the link
   */
  public record Hop(int linkIndex, @Nullable IpAddress gateway) {
    public static final Hop NONE = new Hop(0, null);

    static Hop onLink(int linkIndex) {
      return new Hop(linkIndex, null);
    }
  }

  /** Treatment of packets that match a route. */
  public enum Type {
    /** Sent by the interface. */
    UNICAST(1),
    /** Delivered to this host. */
    LOCAL(2),
    BROADCAST(3),
    ANYCAST(4),
    MULTICAST(5),
    /** Dropped silently. */
    BLACKHOLE(6),
    UNREACHABLE(7),
    PROHIBIT(8),
    /** The lookup continues with the next rule. */
    THROW(9);

    private final int number;

    Type(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }

    boolean hasLink() {
      return number <= MULTICAST.number;
    }
  }

  /** A static route in table main; the {@code with} methods change single properties. */
  public static Route unicast(IpPrefix destination, int linkIndex) {
    return new Route(
        Type.UNICAST, destination, MAIN_TABLE, STATIC_PROTOCOL, Hop.onLink(linkIndex), 0, null);
  }

  /** Like {@link #unicast}, for types that need no interface. */
  public static Route without(Type type, IpPrefix destination) {
    return new Route(type, destination, MAIN_TABLE, STATIC_PROTOCOL, Hop.NONE, 0, null);
  }

  public int linkIndex() {
    return hop.linkIndex();
  }

  public @Nullable IpAddress gateway() {
    return hop.gateway();
  }

  public Route withTable(int table) {
    return new Route(type, destination, table, protocol, hop, metric, preferredSource);
  }

  public Route withProtocol(int protocol) {
    return new Route(type, destination, table, protocol, hop, metric, preferredSource);
  }

  public Route withMetric(int metric) {
    return new Route(type, destination, table, protocol, hop, metric, preferredSource);
  }

  public Route withGateway(IpAddress gateway) {
    return new Route(
        type, destination, table, protocol, new Hop(linkIndex(), gateway), metric, preferredSource);
  }

  public Route withPreferredSource(IpAddress preferredSource) {
    return new Route(type, destination, table, protocol, hop, metric, preferredSource);
  }
}
