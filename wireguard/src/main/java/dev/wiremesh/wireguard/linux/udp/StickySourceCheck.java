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
 * Whether the way to an IPv4 endpoint still leads out by the interface that its packets come in by.
 * When another one has the better route now, the source that was learned is no longer good, as in
 * the kernel: packets would go on by the old interface for as long as it has any route at all. An
 * IPv6 source is good as long as it is ours, wherever the way leads: sending tells.
 *
 * <p>The kernel is asked once an endpoint, and again after the routes, addresses or interfaces of
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
   * Watches the network namespace of this thread.
   *
   * @param port that packets leave from: routers of several ways may choose by it
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
      log.atWarn().setCause(e).log("Changes of the routes are not seen any more");
    }
  }

  /** Another one than before: what was known of the ways is to be asked anew. */
  int generation() {
    return generation.current();
  }

  void setMark(int newMark) {
    mark = newMark;
    generation.changed();
  }

  /** The endpoint itself if its source is good, else without it. */
  synchronized UdpEndpoint checked(UdpEndpoint to) {
    var source = to.source();
    if (closed || source == null || !source.isV4() || to.sourceInterface() == 0) {
      return to;
    }
    try {
      int link = netlink.routes().interfaceTo(to.address(), to.port(), source, port, mark);
      return link == 0 || link == to.sourceInterface() ? to : to.withoutSource();
    } catch (SystemCallException e) {
      // The source is not ours any more; or there is no way at all, which sending will tell.
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
