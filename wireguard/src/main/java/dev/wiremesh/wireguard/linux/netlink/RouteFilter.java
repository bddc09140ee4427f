package dev.wiremesh.wireguard.linux.netlink;

/**
 * Which routes to list; 0 stands for any.
 *
 * @param table also of routes that the kernel made
 */
public record RouteFilter(int table, int protocol, int linkIndex) {
  public static RouteFilter any() {
    return new RouteFilter(0, 0, 0);
  }

  public static RouteFilter ofTable(int table) {
    return new RouteFilter(table, 0, 0);
  }

  public RouteFilter withProtocol(int protocol) {
    return new RouteFilter(table, protocol, linkIndex);
  }

  public RouteFilter withLink(int linkIndex) {
    return new RouteFilter(table, protocol, linkIndex);
  }

  boolean matches(Route route) {
    return (table == 0 || table == route.table())
        && (protocol == 0 || protocol == route.protocol())
        && (linkIndex == 0 || linkIndex == route.linkIndex());
  }
}
