package dev.wiremesh.wireguard.linux.udp;

import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.BootClock;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks sticky sources of IPv4: a learned source is valid while the route to the endpoint leaves
 * by the interface that its packets arrive on. When another interface has the better route, the
 * source is dropped, as in the kernel; otherwise packets would use the old interface for as long as
 * it has any route. An IPv6 source is valid while the address is assigned to this host, which
 * sending itself shows.
 *
 * <p>The kernel is asked once for each endpoint, and again after routes, addresses or interfaces of
 * the network namespace have changed. Any thread may ask.
 */
final class StickySourceCheck implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StickySourceCheck.class);

  private final Rtnetlink netlink;
  private final NetlinkMonitor monitor;
  private final RouteGeneration generation = new RouteGeneration(BootClock::nanos);
  private final int port;
  private volatile int mark;
  private boolean closed;

  private StickySourceCheck(Rtnetlink netlink, NetlinkMonitor monitor, int port, int mark) {
    this.netlink = netlink;
    this.monitor = monitor;
    this.port = port;
    this.mark = mark;
  }

  /**
   * Subscribes to the network namespace of the calling thread.
   *
   * @param port source port, by which multipath routing may choose
   */
  static StickySourceCheck open(int port, int mark) throws SystemCallException {
    var monitor =
        NetlinkMonitor.open(
            NetlinkMonitor.Topic.ROUTES,
            NetlinkMonitor.Topic.RULES,
            NetlinkMonitor.Topic.ADDRESSES,
            NetlinkMonitor.Topic.LINKS);
    try {
      var routes = new StickySourceCheck(Rtnetlink.open(), monitor, port, mark);
      Thread.ofPlatform().name("wg-routes").daemon().start(routes::watch);
      return routes;
    } catch (SystemCallException e) {
      monitor.close();
      throw e;
    }
  }

  private void watch() {
    try (monitor) {
      monitor.run(change -> generation.changed());
    } catch (SystemCallException e) {
      log.atWarn().setCause(e).log("Route changes are no longer seen");
    }
  }

  /**
   * Number of the current routing state; results of {@link #checked} are valid within one
   * generation.
   */
  int generation() {
    return generation.current();
  }

  void setMark(int newMark) {
    mark = newMark;
    generation.changed();
  }

  /** The endpoint itself if its source is valid, else without the source. */
  synchronized UdpEndpoint checked(UdpEndpoint to) {
    var source = to.source();
    if (closed || source == null || !source.isV4() || to.sourceInterface() == 0) {
      return to;
    }
    try {
      int link = netlink.routes().interfaceTo(to.address(), to.port(), source, port, mark);
      return link == 0 || link == to.sourceInterface() ? to : to.withoutSource();
    } catch (SystemCallException e) {
      // EINVAL: the source is not assigned here any more. Else there is no route: sending will
      // fail.
      return e.errno() == Errno.EINVAL ? to.withoutSource() : to;
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    monitor.stop();
    netlink.close();
  }
}
